"""A report's text cut into pieces that each carry one set of marks, so that overlaps and marks across line and page breaks show right."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.record import Record, RecordSection
from pipeline.view import View

LOW = 0.7  # a score below this is shown as doubtful
_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
_KINDS = {"LAW": "law", "AGENCY": "agency", "MEASURE": "measure"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something found in the text. `id` is its anchor: `e1`, `q1`, and of a quantity its item `q1i` and its action `q1a`."""

    id: str
    kind: str
    start: int
    end: int
    low: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch within one line: its marks (classes and ids), the ids that begin here, and whether it is no part of what is read."""

    text: str
    kinds: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    debris: bool = False


@dataclass(slots=True)
class Block:
    """A paragraph (or lines of page noise): its lines of pieces, the sections that begin in it, and its heading's level, 0 where it is none."""

    kind: str  # "p", "heading", "title" or "noise"
    lines: list[list[Piece]] = field(default_factory=list)
    sections: list[RecordSection] = field(default_factory=list)
    level: int = 0


def marks_of(record: Record) -> list[Mark]:
    """All marks of a record in the order of the text."""
    found = [Mark(e.id, _KINDS[e.label], e.start, e.end, _is_low(e.score)) for e in record.entities]
    for q in record.quantities:
        found.append(Mark(q.id, "quantity", q.start, q.end, _is_low(q.score)))
        found.extend(Mark(q.id + role[0], role, m.start, m.end) for role, m in (("item", q.item), ("action", q.action)) if m)
    found.extend(Mark(f"{s.id}h", "heading", s.heading.start, s.heading.end) for s in record.sections if s.heading)
    return sorted(found, key=lambda mark: (mark.start, -mark.end))


def _is_low(score: float | None) -> bool:
    return score is not None and score < LOW


def blocks_of(record: Record, view: View) -> list[Block]:
    """The text as published, paragraph by paragraph, nothing left out but line ends."""
    lines = [match.span() for match in _LINE.finditer(record.text)]
    cutter = _Cutter(record, view)
    paragraphs = [view.raw_span(start, end) for start, end in view.paragraphs()]
    starts = [start for start, _ in paragraphs]
    blocks: list[Block] = []
    last: int | None = None
    for start, end in lines:
        index = bisect_right(starts, end - 1) - 1
        inside = index >= 0 and start < paragraphs[index][1]
        if inside and index == last:
            blocks[-1].lines.append(cutter.pieces(start, end))
            continue
        if not inside and not record.text[start:end].strip():
            continue
        blocks.append(Block("p" if inside else "noise", [cutter.pieces(start, end)]))
        last = index if inside else None
        if inside:
            _describe(blocks[-1], record, view, paragraphs[index])
    _place_sections(blocks, record, cutter.starts)
    return blocks


class _Cutter:
    """Cuts lines at every place where a mark or a stretch of debris begins or ends."""

    def __init__(self, record: Record, view: View) -> None:
        self.text = record.text
        self.marks = marks_of(record)
        self.starts: list[int] = []
        kept = np.zeros(len(record.text) + 1, dtype=bool)
        kept[view.offsets] = True
        for space in re.finditer(r"\s+", record.text):  # white space goes with what stands before it, it is no debris
            kept[space.start() : space.end()] = kept[space.start() - 1] if space.start() else True
        self._kept = kept
        edges = {edge for mark in self.marks for edge in (mark.start, mark.end)}
        edges.update(int(i) + 1 for i in np.flatnonzero(kept[1:] != kept[:-1]))
        edges.update(section.start for section in record.sections)
        self._edges = sorted(edges)
        self._next = 0
        self._open: list[Mark] = []

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The pieces of a line; lines must come in order."""
        inner = self._edges[bisect_right(self._edges, start) : bisect_left(self._edges, end)]
        bounds = [start, *inner, end]
        self.starts.append(start)
        return [self._piece(a, b) for a, b in itertools.pairwise(bounds)]

    def _piece(self, start: int, end: int) -> Piece:
        begins: list[str] = []
        while self._next < len(self.marks) and self.marks[self._next].start < end:
            mark = self.marks[self._next]
            self._open.append(mark)
            begins.append(mark.id)
            self._next += 1
        self._open = [mark for mark in self._open if mark.end > start]
        kinds = dict.fromkeys(kind for mark in self._open for kind in (mark.kind, *(["low"] if mark.low else [])))
        text = self.text[start:end]
        debris = not self._kept[start:end].any() and not text.isspace()
        return Piece(text, tuple(kinds), tuple(mark.id for mark in self._open), tuple(begins), debris)


def _describe(block: Block, record: Record, view: View, span: tuple[int, int]) -> None:
    """Whether a paragraph is the title, or a heading through and through."""
    start, end = span
    for section in record.sections:
        if section.heading and start <= section.heading.start < end:
            rest = view.surface(*view.view_span(section.heading.end, end)) if section.heading.end < end else ""
            block.level = section.level
            if len(rest) <= 1:
                block.kind = "heading"
            return
    title = record.metadata.title
    if title and view.surface(*view.view_span(start, end)) == "".join(title.split()):
        block.kind = "title"


def _place_sections(blocks: list[Block], record: Record, line_starts: list[int]) -> None:
    """Put each section on the block of the line in which it begins."""
    owners = [block for block in blocks for _ in block.lines]
    for section in record.sections:
        index = bisect_right(line_starts, section.start) - 1
        if owners:
            owners[max(index, 0)].sections.append(section)


def shown_number(section: RecordSection) -> str:
    """A heading's number as headings of its level are printed: `一、`, `（一）`, `1.`, `（1）`; a number with marks of its own stays."""
    number = section.number or ""
    if not number or not number.isalnum():
        return number
    return {1: f"{number}、", 2: f"（{number}）", 3: f"{number}. ", 4: f"（{number}）"}.get(section.level, number)


def section_tree(record: Record) -> Iterator[tuple[int, RecordSection]]:
    """Sections in order, each with its depth in the tree."""
    depth: dict[str, int] = {}
    for section in record.sections:
        depth[section.id] = depth.get(section.parent, -1) + 1 if section.parent else 0
        yield depth[section.id], section
