"""`gongwen train`: from labelled pieces to a model folder, which replaces the old one only once it is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.annotation.notes import Piece, compile_folder
from pipeline.errors import AnnotationError
from pipeline.model import CARD, checksums, config_and_settings
from pipeline.training.corpus import make_examples
from pipeline.training.fit import fit_entities, fit_links, fit_ranks, fit_topics
from pipeline.version import __version__

_LIBRARIES = ("spacy", "numpy", "scikit-learn", "python-crfsuite", "jieba")

Say = Callable[[str], None]


def train(annotations: Path, config_path: Path, output: Path, say: Say) -> dict[str, Any]:
    """Train every part and write the model to `output`; returns its card.

    Raises:
        AnnotationError: faults in the notes, each with file and line, or too little to learn from.
        ModelError: the configuration cannot be read.
    """
    from spacy.util import load_model_from_config

    config, settings = config_and_settings(config_path)
    pieces = compile_folder(annotations)
    if not pieces:
        raise AnnotationError(f"{annotations}: no notes (*.notes) with a report beside them: nothing to learn from")
    characters = sum(len(p.record.text) for p in pieces)
    say(f"{len(pieces)} pieces by {len({p.pen for p in pieces})} pens, {characters} characters")
    card = _card(pieces, characters, config_path)
    nlp = load_model_from_config(config, auto_fill=True)
    examples = make_examples(pieces, nlp)
    entities: Any = nlp.get_pipe("entities")
    entities.models = fit_entities(examples, settings["entities"], say)
    links: Any = nlp.get_pipe("links")
    links.models = fit_links(examples, settings["links"], say)
    say("topics and ranks")
    topics: Any = nlp.get_pipe("topics")
    topics.model = fit_topics(examples, settings["topics"])
    names: Any = nlp.get_pipe("names")
    names.ranks = fit_ranks(examples, settings["names"])
    return _install(nlp, output, card)


def _card(pieces: Sequence[Piece], characters: int, config_path: Path) -> dict[str, Any]:
    return {
        "name": "gongwen",
        "version": __version__,
        "config_sha256": hashlib.sha256(config_path.read_bytes()).hexdigest(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "data": {
            "pieces": len(pieces),
            "pens": len({p.pen for p in pieces}),
            "characters": characters,
            "sha256": {p.record.id: piece_sum(p) for p in pieces},
        },
    }


def piece_sum(piece: Piece) -> str:
    """Checksum of a piece's text and notes."""
    notes = piece.path.with_suffix(".notes")
    return hashlib.sha256(piece.path.read_bytes() + notes.read_bytes()).hexdigest()[:16]


def _install(nlp: Any, output: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Write beside the old model, then put the new one in its place: a broken run leaves the old one as it was."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".train-") as folder:
        fresh = Path(folder) / "model"
        # a new vocabulary: what was seen while training leaves no trace in the files
        nlp.to_disk(fresh, exclude=["vocab"])
        (fresh / "vocab").mkdir()
        type(nlp)().vocab.to_disk(fresh / "vocab")
        card["files"] = checksums(fresh)
        (fresh / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
        if output.exists():
            old = Path(folder) / "old"
            output.rename(old)
        shutil.move(fresh, output)
    return card
