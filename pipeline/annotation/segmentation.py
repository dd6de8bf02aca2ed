"""The segmentation set: sentences whose words are separated by spaces, every fourth one held out for measuring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import AnnotationError
from pipeline.language import tr

FILE = "sentences.txt"
_HELD_OUT = 4
_LONGEST_WORD = 30


@dataclass(frozen=True, slots=True)
class SegmentationSet:
    """Sentences as lists of words: those to train on and those held out."""

    train: list[list[str]]
    held_out: list[list[str]]


def read_segmentation(folder: Path) -> SegmentationSet:
    """The set in a folder's `sentences.txt`; lines that begin with `#` are comments.

    Raises:
        AnnotationError: the file is missing, or lines are twice there, not segmented or oddly spaced; each with its number.
    """
    path = folder / FILE
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AnnotationError(
            tr("{path}: no segmentation set ({error}): one sentence a line, its words separated by spaces", path=path, error=error)
        ) from error
    faults: list[str] = []
    seen: dict[str, int] = {}
    sentences: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(" ")
        faults += [f"{path}:{number}: {fault}" for fault in _faults(line, words)]
        earlier = seen.setdefault("".join(words), number)
        if earlier != number:
            faults.append(tr("{path}:{number}: the same sentence as in line {earlier}", path=path, number=number, earlier=earlier))
        sentences.append(words)
    if faults:
        raise AnnotationError("\n".join(faults))
    held_out = sentences[_HELD_OUT - 1 :: _HELD_OUT]
    return SegmentationSet([s for index, s in enumerate(sentences) if index % _HELD_OUT != _HELD_OUT - 1], held_out)


def _faults(line: str, words: list[str]) -> list[str]:
    found = []
    if "" in words or re.search(r"[^\S ]", line):
        found.append(tr("words are separated by one space, nothing else"))
    if len(words) < 2:
        found.append(tr("the sentence is not segmented"))
    found += [tr("{word!r} is too long for a word", word=word) for word in words if len(word) > _LONGEST_WORD]
    return found
