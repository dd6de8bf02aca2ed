"""From characters with boxes to a page's lines in reading order. Units: points, y upwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]

_CELL_GAP = 1.5  # in heights of a character: wider than this, what follows is another cell of the row
_WORD_GAP = 0.4
_FULL = 0.8  # a line of running text fills this share of its column's width
_COLUMN_LINES = 4
_ENDS = frozenset("。！？；：")
_STARTS_PART = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[)）、]|[（(]?\d{1,2}[)）、．.](?!\d)|第[一二三四五六七八九十]{1,3}[章节条]|附件|附：")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of characters on one line without a wide gap."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page as it is read, with its place; `left_edge` and `right_edge` are its column's."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    left_edge: float = 0.0
    right_edge: float = 0.0

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def is_full(self) -> bool:
        """Whether it runs to its column's right edge (punctuation may be set narrow, or hang over)."""
        return self.right >= self.right_edge - 1.6 * self.height

    @property
    def is_flush(self) -> bool:
        """Whether it begins at its column's left edge."""
        return self.left <= self.left_edge + 0.8 * self.height


def segments_of(text: str, boxes: Boxes) -> list[Segment]:
    """Runs of characters in the order given, cut where the line ends or a gap is wide.

    Args:
        text: the characters, white space among them where the page has it.
        boxes: left, bottom, right, top of each, shape `(len(text), 4)`.
    """
    inked = np.array([not c.isspace() for c in text], dtype=bool)
    places = np.flatnonzero(inked)
    if not len(places):
        return []
    left, bottom, right, top = boxes[places].T
    height = np.maximum(top - bottom, 1.0)
    size = np.maximum(height, np.median(height))[:-1]
    overlap = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
    same_line = overlap > 0.3 * np.minimum(height[1:], height[:-1])
    gap = left[1:] - right[:-1]
    cuts = np.flatnonzero(~(same_line & (gap < _CELL_GAP * size) & (gap > -size))) + 1
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(places)], strict=True):
        run = text[places[start] : places[end - 1] + 1]
        box = (left[start:end].min(), bottom[start:end].min(), right[start:end].max(), top[start:end].max())
        found.append(Segment("".join(c if not c.isspace() or c in " \u3000" else " " for c in run), *map(float, box)))
    return found


def reading_order(segments: Sequence[Segment]) -> list[Line]:
    """The lines of a page: columns of running text one after the other, the cells of a table's row in one line."""
    if not segments:
        return []
    gutter = _gutter(segments)
    if gutter is None:
        return _with_edges(_rows(segments))
    lines: list[Line] = []
    across = sorted((s for s in segments if s.left < gutter < s.right), key=lambda s: -s.middle)
    rest = [s for s in segments if not s.left < gutter < s.right]
    for floor in [*(s.middle for s in across), float("-inf")]:
        band = [s for s in rest if s.middle > floor]
        rest = [s for s in rest if s.middle <= floor]
        lines.extend(reading_order([s for s in band if s.right <= gutter]))
        lines.extend(reading_order([s for s in band if s.left >= gutter]))
        if floor != float("-inf"):
            lines.extend(_rows([s for s in across if s.middle == floor]))
    return lines


def _gutter(segments: Sequence[Segment]) -> float | None:
    """The x of a blank strip between two columns of running text; cells of a table fill their columns too seldom."""
    left, right = min(s.left for s in segments), max(s.right for s in segments)
    narrow = sorted((s for s in segments if s.right - s.left < 0.6 * (right - left)), key=lambda s: s.left)
    if len(narrow) < 2 * _COLUMN_LINES:
        return None
    strip = 0.8 * median(s.height for s in narrow)
    reach = narrow[0].right
    for segment in narrow[1:]:
        if segment.left - reach >= strip:
            middle = (reach + segment.left) / 2
            if all(_is_column(side) for side in ([s for s in narrow if s.right < middle], [s for s in narrow if s.left > middle])):
                return middle
        reach = max(reach, segment.right)
    return None


def _is_column(segments: Sequence[Segment]) -> bool:
    if len(segments) < _COLUMN_LINES:
        return False
    width = max(s.right for s in segments) - min(s.left for s in segments)
    full = sum(s.right - s.left >= _FULL * width for s in segments)
    return full >= 0.5 * len(segments) and median(len(s.text) for s in segments) >= 8


def _rows(segments: Sequence[Segment]) -> list[Line]:
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: (-s.middle, s.left)):
        if rows and _on_row(rows[-1], segment):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [_line(sorted(row, key=lambda s: s.left)) for row in rows]


def _on_row(row: Sequence[Segment], segment: Segment) -> bool:
    first = row[0]
    overlap = min(first.top, segment.top) - max(first.bottom, segment.bottom)
    return overlap > 0.5 * min(first.height, segment.height) and all(s.right <= segment.left + 1 or segment.right <= s.left + 1 for s in row)


def _line(row: Sequence[Segment]) -> Line:
    text = row[0].text
    for before, after in pairwise(row):
        gap = (after.left - before.right) / max(before.height, after.height, 1.0)
        text += ("\t" if gap >= _CELL_GAP else " " if gap >= _WORD_GAP else "") + after.text
    return Line(text.strip(), row[0].left, min(s.bottom for s in row), max(s.right for s in row), max(s.top for s in row))


def _with_edges(lines: Sequence[Line]) -> list[Line]:
    """Lines with the edges of their column: where many begin and end, single ones that stick out left aside."""
    left = _edge([line.left for line in lines])
    right = -_edge([-line.right for line in lines])
    return [replace(line, left_edge=left, right_edge=right) for line in lines]


def _edge(places: Sequence[float]) -> float:
    """The outermost place (the smallest) that at least two in ten share within three points, else the outermost of all."""
    ordered = sorted(places)
    needed = max(2, len(ordered) // 5)
    return next((place for place in ordered if sum(place <= other <= place + 3 for other in ordered) >= needed), ordered[0])


def continues(before: Line, after: Line) -> bool:
    """Whether a line goes on in the next: it is full, the next begins at the edge, in type of the same size and no table's row."""
    if "\t" in before.text or "\t" in after.text or not before.is_full or not after.is_flush:
        return False
    same_size = abs(before.height - after.height) <= 0.25 * max(before.height, after.height)
    return same_size and before.right - before.left > 10 * before.height and not (before.text[-1] in _ENDS and _STARTS_PART.match(after.text))


def joined(before: str, after: str) -> str:
    """Two lines of one paragraph as one: a space only between Latin words."""
    return before + (" " if before[-1:].isascii() and after[:1].isascii() and before[-1:].isalpha() and after[:1].isalpha() else "") + after
