"""A text, its quantities, its mentions and their pairs, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.layers import Entity, Offsets, Quantity
from pipeline.learning.hashing import Ints, word_hashes
from pipeline.stages.links.mentions import Mention

_SHARES = frozenset({"%", "‰", "成", "百分点", "倍", "番", "折", None})
_MARGIN = 8

Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Text:
    """A text with its quantities, as arrays from which features are made."""

    norm: str
    codes: Ints
    clauses: Ints
    stops: Ints
    lines: Ints
    starts: Ints
    ends: Ints
    units: Ints
    is_share: Ints
    entities: Ints

    @classmethod
    def of(cls, norm: str, quantities: Sequence[Quantity], entities: Sequence[Entity]) -> Text:
        """`codes`: characters with a margin on both sides; `clauses`, `stops`, `lines`: how many marks stand before a position."""
        codes = np.frombuffer(norm.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
        kinds = np.zeros(len(norm) + 1, dtype=np.int64)
        for entity in entities:
            kinds[entity.start : entity.end] = ord(entity.label[0])
        return cls(
            norm,
            np.pad(codes, _MARGIN),
            _counts(codes, "，；：\t"),
            _counts(codes, "。\n"),
            _counts(codes, "\n"),
            np.array([q.start for q in quantities], dtype=np.int64),
            np.array([q.end for q in quantities], dtype=np.int64),
            word_hashes(q.unit or "-" for q in quantities),
            np.array([q.unit in _SHARES for q in quantities], dtype=np.int64),
            kinds,
        )

    def at(self, positions: Ints, offset: int = 0) -> Ints:
        """The characters at some positions; 0 outside the text."""
        return self.codes.take(positions + (_MARGIN + offset), mode="clip")

    def around(self, positions: Ints, *offsets: int) -> Ints:
        """Several characters at fixed distances, as one number."""
        key = self.at(positions, offsets[0])
        for offset in offsets[1:]:
            key = key << 21 | self.at(positions, offset)
        return key


def _counts(codes: Ints, marks: str) -> Ints:
    return np.concatenate([[0], np.cumsum(np.isin(codes, [ord(mark) for mark in marks]))])


class Mentions:
    """Mentions of one kind in order, as arrays; mentions that overlap form a cluster."""

    def __init__(self, text: Text, mentions: Sequence[Mention], others: Sequence[Mention]) -> None:
        self.starts = np.array([m.start for m in mentions], dtype=np.int64)
        self.ends = np.array([m.end for m in mentions], dtype=np.int64)
        self.scores = np.array([m.score for m in mentions], dtype=np.float32)
        reach = np.maximum.accumulate(self.ends) if len(mentions) else self.ends
        opens = np.ones(len(mentions), dtype=bool)
        opens[1:] = self.starts[1:] >= reach[:-1]
        self.first = np.append(np.flatnonzero(opens), len(mentions))
        self.cluster_starts = self.starts[self.first[:-1]]
        self.cluster = np.cumsum(opens) - 1
        self.words = word_hashes(text.norm[m.start : m.end] for m in mentions)
        self.rank = self._ranks()
        self.heads = text.around(self.ends, -2, -1)
        other_starts = np.array(sorted(m.start for m in others), dtype=np.int64)
        other_ends = np.array(sorted(m.end for m in others), dtype=np.int64)
        self.others_start, self.others_end = _chances(others, "start", len(text.norm)), _chances(others, "end", len(text.norm))
        self.other_clusters = _openings(other_starts, other_ends, others)

    def _ranks(self) -> Ints:
        order = np.lexsort((-self.scores, self.cluster))
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order)) - self.first[self.cluster[order]]
        return ranks

    def __len__(self) -> int:
        return len(self.starts)

    def linked(self, chosen: Ints) -> Linked:
        """The spans of chosen mentions; -1 is none."""
        if not len(self):
            return Linked(np.full(len(chosen), -1), np.full(len(chosen), -1))
        return Linked(np.where(chosen < 0, -1, self.starts[chosen]), np.where(chosen < 0, -1, self.ends[chosen]))


def _chances(mentions: Sequence[Mention], end: str, length: int) -> Ints:
    """In quarters, how likely a mention starts (or ends) at each position."""
    chances = np.zeros(length + 1, dtype=np.float32)
    for mention in mentions:
        position = getattr(mention, end)
        chances[position] = max(chances[position], mention.score)
    return (chances * 4).astype(np.int64)


def _openings(starts: Ints, ends: Ints, mentions: Sequence[Mention]) -> Ints:
    """Where clusters of mentions begin."""
    ordered = sorted((m.start, m.end) for m in mentions)
    found, reach = [], -1
    for start, end in ordered:
        if start >= reach:
            found.append(start)
        reach = max(reach, end)
    return np.array(found, dtype=np.int64)


@dataclass(slots=True)
class Pairs:
    """Quantities paired with their candidates, quantity by quantity; the null candidate has mention -1 and stands last."""

    quantity: Ints
    mention: Ints
    first: Ints


@dataclass(slots=True)
class Linked:
    """What each quantity is linked to: starts and ends, -1 for nothing."""

    starts: Ints
    ends: Ints

    def span(self, index: int) -> Offsets | None:
        """The span that a quantity is linked to."""
        start = int(self.starts[index])
        return None if start < 0 else (start, int(self.ends[index]))
