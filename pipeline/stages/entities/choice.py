"""Which of the tagger's possible spans are names: each judged as a whole, by its boundaries and its rivals, then the best that do not overlap.

The tagger sees characters; a governing verb at the front or a half of a quotation it does not. This second look does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline import knowledge
from pipeline.layers import Label, Offsets
from pipeline.learning.crf import CharCrf
from pipeline.learning.features import tag_of_word
from pipeline.learning.hashing import Ints, Places, places, word_hashes

KINDS: tuple[Label, ...] = ("LAW", "AGENCY", "MEASURE")
_LEAST = 0.1
_LONGEST = 60
_MARGIN = 4
_CLAUSE_ENDS = [ord(mark) for mark in "，。；：、\n\t（"]


@dataclass(slots=True)
class Spans:
    """Possible names of a text, as arrays, in order; `kind` is an index into `KINDS`, `score` the tagger's."""

    start: Ints
    end: Ints
    kind: Ints
    score: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def possible(cls, tagger: CharCrf, marginals: npt.NDArray[np.float32]) -> Spans:
        """All spans that the tagger holds possible, overlapping ones too."""
        found = sorted(
            (start, end, kind, score)
            for kind, label in enumerate(KINDS)
            for start, end, score in tagger.likely_spans(marginals, label, least=_LEAST, longest=_LONGEST)
        )
        return cls(
            np.array([f[0] for f in found], dtype=np.int64),
            np.array([f[1] for f in found], dtype=np.int64),
            np.array([f[2] for f in found], dtype=np.int64),
            np.array([f[3] for f in found], dtype=np.float32),
        )

    def only(self, kept: npt.NDArray[np.bool_]) -> Spans:
        """Some of the spans."""
        return Spans(self.start[kept], self.end[kept], self.kind[kept], self.score[kept])


def span_features(norm: str, words: Sequence[Offsets], spans: Spans) -> Places:
    """Features of every span, shape `(spans, templates)`."""
    codes = np.pad(np.frombuffer(norm.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64), _MARGIN)
    start, end, kind = spans.start, spans.end, spans.kind

    def at(position: Ints, offset: int = 0) -> Ints:
        return codes[position + (_MARGIN + offset)]

    def pair(position: Ints, offset: int) -> Ints:
        return at(position, offset) << 21 | at(position, offset + 1)

    texts = [norm[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True)]
    left, first, second, last, right = _words_around(norm, words, spans)
    score = (spans.score * 10).astype(np.int64)
    rank, rivals = _rivals(spans)
    length = np.minimum(end - start, 20)
    opens = np.isin(at(start, -1), _CLAUSE_ENDS).astype(np.int64)
    shape, head, joined = _quotes(texts), word_hashes(_head(text) for text in texts), _joints(texts)
    columns = [
        places(200, kind), places(201, kind, score), places(202, kind, score, rank), places(203, kind, length), places(204, kind, pair(start, 0)),
        places(205, kind, first.word), places(206, kind, pair(end, -2)), places(207, kind, at(end, -1)), places(208, kind, at(start, -1)),
        places(209, kind, pair(start, -2)), places(210, kind, at(end)), places(211, kind, pair(end, 0)), places(212, kind, left.word),
        places(213, kind, right.word), places(214, kind, at(start, -1), at(start)), places(215, kind, at(end, -1), at(end)),
        places(216, kind, left.tag, first.tag), places(217, kind, last.tag, right.tag), places(218, kind, first.whole, last.whole),
        places(219, kind, shape), places(220, kind, joined), places(221, kind, head), places(222, word_hashes(texts), kind),
        places(223, kind, opens, first.tag), places(224, kind, opens, first.word), places(225, kind, first.tag, second.tag, opens),
        places(226, kind, left.word, first.word), places(228, kind, head, shape), places(229, kind, head, at(end)),
        places(230, kind, first.word, second.word), places(231, kind, opens, first.tag, shape), places(232, kind, last.word, at(end)),
        places(233, kind, first.tag, second.tag, last.tag), places(234, kind, head, length),
        *(places(235 + index, kind, rival, score) for index, rival in enumerate(rivals)),
        places(240, kind, rivals[0], rivals[1], first.tag), places(241, kind, rivals[0], first.word),
        places(242, kind, rivals[2], rivals[3], at(end)),
    ]  # fmt: skip
    return np.stack(columns, axis=1) if len(spans) else np.zeros((0, len(columns)), dtype=np.int32)


@dataclass(slots=True)
class _Word:
    """A word beside or at the edge of each span: its hash, its part of speech, and whether the edge is the word's own."""

    word: Ints
    tag: Ints
    whole: Ints


def _words_around(norm: str, words: Sequence[Offsets], spans: Spans) -> list[_Word]:
    starts = np.array([s for s, _ in words] or [0], dtype=np.int64)
    ends = np.array([e for _, e in words] or [0], dtype=np.int64)
    texts = [norm[s:e] for s, e in words] or [""]
    hashes = np.append(word_hashes(texts), 0)
    tags = np.append(np.array([tag_of_word(text) if text else 0 for text in texts], dtype=np.int64), 0)

    def word(index: Ints, whole: Ints) -> _Word:
        inside = np.where((index >= 0) & (index < len(texts)), index, len(texts))
        return _Word(hashes[inside], tags[inside], whole.astype(np.int64))

    first = np.searchsorted(starts, spans.start, side="right") - 1
    last = np.searchsorted(ends, spans.end, side="left")
    begins = starts[np.maximum(first, 0)] == spans.start
    closes = ends[np.minimum(last, len(ends) - 1)] == spans.end
    left, right = np.where(begins, first - 1, first), np.where(closes, last + 1, last)
    return [word(left, begins), word(first, begins), word(first + 1, begins), word(last, closes), word(right, closes)]


def _rivals(spans: Spans) -> tuple[Ints, list[Ints]]:
    """The rank of a span among those it overlaps; and in tenths, how sure the tagger is of the best rival
    with the same end that starts later, earlier, and with the same start that ends later, earlier."""
    count = len(spans)
    rank = np.zeros(count, dtype=np.int64)
    rivals = [np.zeros(count, dtype=np.int64) for _ in range(4)]
    start, end, score = spans.start.tolist(), spans.end.tolist(), spans.score.tolist()
    first = 0
    while first < count:
        after, reach = first + 1, end[first]
        while after < count and start[after] < reach:
            reach = max(reach, end[after])
            after += 1
        for i in range(first, after):
            for j in range(first, after):
                if i == j or start[j] >= end[i] or end[j] <= start[i]:
                    continue
                rank[i] += score[j] > score[i]
                sure = int(score[j] * 10) + 1
                if end[j] == end[i]:
                    side = 0 if start[j] > start[i] else 1
                    rivals[side][i] = max(rivals[side][i], sure)
                elif start[j] == start[i]:
                    side = 2 if end[j] > end[i] else 3
                    rivals[side][i] = max(rivals[side][i], sure)
        first = after
    return np.minimum(rank, 4), rivals


def _quotes(texts: Sequence[str]) -> Ints:
    """How quotation marks stand in a span: whole, at the front, at the back, inside, unbalanced, none."""
    shapes = []
    for text in texts:
        opening, closing = text.count("“"), text.count("”")
        if opening != closing:
            shapes.append(5)
        elif not opening:
            shapes.append(0)
        else:
            shapes.append((1 if text[0] == "“" else 0) + (2 if text[-1] == "”" else 0) + 6)
    return np.array(shapes, dtype=np.int64)


def _joints(texts: Sequence[str]) -> Ints:
    return np.array([sum(1 << bit for bit, mark in enumerate("等、和与及的，") if mark in text) for text in texts], dtype=np.int64)


def _head(text: str) -> str:
    """The instrument head that a name ends with, else its last two characters."""
    return next((text[-n:] for n in (4, 3, 2, 1) if text[-n:] in _heads()), text[-2:])


@cache
def _heads() -> frozenset[str]:
    return frozenset(knowledge.measure_heads())


def best_spans(spans: Spans, probability: npt.NDArray[np.float64], threshold: float) -> list[int]:
    """Indices of the spans above the threshold that do not overlap and together are the most probable (weighted interval scheduling)."""
    probability = np.clip(probability, 1e-6, 1 - 1e-6)
    worth = np.log(probability / (1 - probability)) - np.log(threshold / (1 - threshold))
    order = [int(i) for i in np.lexsort((spans.start, spans.end)) if worth[i] > 0]
    ends = [int(spans.end[i]) for i in order]
    best: list[float] = [0.0]
    for place, index in enumerate(order):
        before = bisect_right(ends, int(spans.start[index]), 0, place)
        best.append(max(best[-1], best[before] + float(worth[index])))
    chosen: list[int] = []
    place = len(order)
    while place:
        index = order[place - 1]
        if best[place] > best[place - 1]:
            chosen.append(index)
            place = bisect_right(ends, int(spans.start[index]), 0, place - 1)
        else:
            place -= 1
    return chosen[::-1]
