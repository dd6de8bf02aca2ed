"""Questions about spans that do not overlap, answered by bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from pipeline.layers import Offsets


class SpanIndex:
    """Spans in order, none overlapping another."""

    def __init__(self, spans: Iterable[Offsets]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _ in self._spans]
        self._ends = [end for _, end in self._spans]

    def touched(self, start: int, end: int) -> range:
        """Indices of the spans that share a character with `start`–`end`."""
        return range(bisect_right(self._ends, start), bisect_left(self._starts, end))

    def is_clear(self, start: int, end: int) -> bool:
        """Whether no span shares a character with `start`–`end`."""
        return not self.touched(start, end)


def split_at(spans: Sequence[Offsets], edges: Collection[int]) -> list[Offsets]:
    """Spans, in order and none overlapping another, cut in two wherever an edge lies inside one."""
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    cuts = np.array(sorted(edges), dtype=np.int64)
    inside = np.searchsorted(starts, cuts, side="left") != np.searchsorted(ends, cuts, side="right")
    cuts = cuts[inside]
    return list(zip(np.sort(np.append(starts, cuts)).tolist(), np.sort(np.append(ends, cuts)).tolist(), strict=True))
