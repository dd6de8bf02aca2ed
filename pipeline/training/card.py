"""A model's card: what it was trained on and how, what it scores, and the checksum of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.annotation.piece import Piece
from pipeline.model import CARD, checksums, digest
from pipeline.version import __version__

_LIBRARIES = ("spacy", "numpy", "scikit-learn", "python-crfsuite", "jieba", "spacy-pkuseg")


def new_card(old: dict[str, Any], pieces: Sequence[Piece], config_path: Path, settings: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """The card of a model whose `parts` have been trained; what `old` says of other parts is kept.

    `data` and `settings` are those of this run; each part names the date, data and configuration that it was trained with.
    """
    sums = {piece.record.id: piece_sum(piece) for piece in pieces}
    config_sum = hashlib.sha256(config_path.read_bytes()).hexdigest()
    trained = {"date": datetime.now(UTC).date().isoformat(), "data": digest(sums)[:16], "config": config_sum[:16]}
    return {
        "name": old.get("name", "gongwen"),
        "version": __version__,
        "date": trained["date"],
        "config_sha256": config_sum,
        "settings": settings,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "parts": {**old.get("parts", {}), **dict.fromkeys(parts, trained)},
        "data": {
            "pieces": len(pieces),
            "pens": len({piece.pen for piece in pieces}),
            "characters": sum(len(piece.record.text) for piece in pieces),
            "sha256": sums,
        },
    }


def piece_sum(piece: Piece) -> str:
    """Checksum of a piece's text and labels."""
    labels = piece.record.to_json().encode() if piece.line else piece.path.with_suffix(".notes").read_bytes()
    data = labels if piece.line else piece.path.read_bytes() + labels
    return hashlib.sha256(data).hexdigest()[:16]


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Put a model's card beside its files, their checksums on it."""
    card["files"] = checksums(folder)
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
