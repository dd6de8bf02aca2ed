"""Texts to measure on: the training reports, and reports of a wanted length made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import GongwenError

TRAINING_SET = Path("annotations/train")


def training_texts(characters: int | None = None) -> list[str]:
    """The training reports, or as many of them as hold so many characters, spread evenly over the pens.

    Raises:
        GongwenError: this is not the repository.
    """
    paths = sorted(path for path in TRAINING_SET.rglob("*.*") if path.suffix in {".md", ".txt"} and path.with_suffix(".notes").exists())
    if not paths:
        raise GongwenError(f"{TRAINING_SET}: no training reports there; run the benchmark in the repository")
    texts = [path.read_text("utf-8") for path in paths]
    if characters is None:
        return texts
    step = max(1, sum(map(len, texts)) // characters)
    return texts[::step]


def reports_of(length: int, total: int) -> list[str]:
    """Reports of `length` characters, cut out of the training reports one after the other: as many as hold about `total` characters.

    They are taken from evenly spread places, so that short and long reports are made of the same kinds of text.
    """
    whole = _repeated("\n".join(training_texts()), max(length, total))
    pieces = [whole[start : start + length] for start in range(0, len(whole) - length + 1, length)]
    return _spread(pieces, max(1, total // length))


def lines_of(length: int, total: int) -> list[str]:
    """Lines of `length` characters without a break, as `reports_of` makes reports."""
    whole = _repeated("".join("".join(training_texts()).split()), max(length, total))
    pieces = [whole[start : start + length] for start in range(0, len(whole) - length + 1, length)]
    return _spread(pieces, max(1, total // length))


def _repeated(text: str, length: int) -> str:
    return text * -(-length // len(text))


def _spread(pieces: Sequence[str], count: int) -> list[str]:
    """`count` pieces at even distances."""
    step = max(1.0, len(pieces) / count)
    return [pieces[int(index * step)] for index in range(min(count, len(pieces)))]


def paragraphs(text: str) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, each with its offset."""
    found = []
    position = 0
    for line in text.split("\n"):
        if line.strip():
            found.append((position, line))
        position += len(line) + 1
    return found
