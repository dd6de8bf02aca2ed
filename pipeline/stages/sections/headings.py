"""Headings by numbering and position, whatever marks the source put on them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.layers import Offsets
from pipeline.stages.sections.cues import Cues
from pipeline.stages.sections.numbering import Marker, marker_at, markers_inside
from pipeline.view import View

_SENTENCE_END = re.compile(r"[。！!]")
_SENTENCE_BREAK = re.compile(r"[。；！!]")
_CLAUSE = re.compile(r"[，。；：、]")
_FIGURES = re.compile(r"\d")
_NO_FIGURES = re.compile(r"“[^”]*”|(?:19|20)\d{2}年?|\A\d+(?:\.\d+)*")  # figures that a title may have
_STRIP_END = "。：:；;，,、 \t\n"
_MAX_TITLE = {1: 90, 2: 70, 3: 48, 4: 40}
_MAX_RUN_IN = {1: 68, 2: 52, 3: 36, 4: 30}
_MAX_INLINE = {1: 40, 2: 40, 3: 20}
_MAX_LABEL, _MAX_BEHIND_LABEL, _MAX_CATCH, _MAX_BOLD = 14, 26, 44, 46
_MAX_ITEM = 20
_MIN_BODY, _MIN_LEAD_BODY = 24, 15


@dataclass(slots=True)
class Heading:
    """A heading in view offsets; `number` as written, without marks (`一`, `1`); level 0: not known yet."""

    start: int
    end: int
    level: int
    number: str | None
    title: str
    mark: str = ""


class _Finder:
    """Goes through a report's paragraphs once and keeps the count of each level."""

    def __init__(self, view: View, cues: Cues) -> None:
        self.view = view
        self.cues = cues
        self.found: list[Heading] = []
        self.counts: dict[int, int] = {}
        self.last_item: tuple[int, int] | None = None

    def run(self, paragraphs: Sequence[Offsets]) -> list[Heading]:
        for index, (start, end) in enumerate(paragraphs):
            previous = paragraphs[index - 1] if index else None
            following = paragraphs[index + 1] if index + 1 < len(paragraphs) else None
            self._read(start, end, previous, following)
        return _with_levels(self.found, self.cues)

    def _read(self, start: int, end: int, previous: Offsets | None, following: Offsets | None) -> None:
        marker = marker_at(self.view, start, end)
        heading = None
        if marker:
            heading = self._numbered(marker, end, previous, following)
        if heading is None and (marker is None or not marker.sure):
            heading = self._catch_line(start, end, following) or self._bold_lead(start, end)
            marker = None
        if heading:
            self._add(heading, marker)
            self.last_item = None
        if "\t" not in self.view.text[start:end]:
            for inner in self._inside(start, end, heading):
                self._add(*inner)

    def _add(self, heading: Heading, marker: Marker | None) -> None:
        self.found.append(heading)
        if marker:
            self.counts[marker.level] = marker.ordinal
            for level in [level for level in self.counts if level > marker.level]:
                del self.counts[level]

    def _goes_on(self, marker: Marker) -> bool:
        """Whether a number is the next of its level."""
        return marker.ordinal == self.counts.get(marker.level, 0) + 1

    def _numbered(self, marker: Marker, end: int, previous: Offsets | None, following: Offsets | None) -> Heading | None:
        view = self.view
        if "\t" in view.text[marker.start : end] or self.cues.list_lead.match(view.norm, marker.end, end):
            return None
        in_table = bool(previous and following) and self._is_row(previous) and self._is_row(following)
        if (in_table or not marker.sure) and not self._goes_on(marker):
            return None
        title = self._title(marker, end)
        if title is None:
            return None
        if marker.level >= 2 and self._is_list_item(marker, title, end, previous):
            self.last_item = marker.level, marker.ordinal
            return None
        start, stop = title
        return Heading(marker.start, stop, marker.level, marker.number, view.surface(start, stop), view.marks.get(marker.start, ""))

    def _is_row(self, paragraph: Offsets | None) -> bool:
        return paragraph is not None and "\t" in self.view.text[slice(*paragraph)]

    def _title(self, marker: Marker, end: int) -> Offsets | None:
        """The first sentence behind a number, where it is short enough for a title; else a label before a colon."""
        norm = self.view.norm
        start = marker.end
        while start < end and norm[start].isspace():
            start += 1
        inner = next((m.start for m in markers_inside(self.view, start, end) if m.level == marker.level + 1 and m.ordinal == 1), end)
        stop = _SENTENCE_END.search(norm, start, min(end, inner))
        title_end = stop.start() if stop else inner
        alone = title_end >= end - 1
        level = min(marker.level, 4)
        if not marker.sure and not alone and title_end - start > _MAX_INLINE.get(level, 20):
            return None
        colon = norm.find("：", start, start + _MAX_LABEL + 1)
        is_label = colon > start and level <= 3 and not _CLAUSE.search(norm, start, colon) and title_end - colon > _MAX_BEHIND_LABEL
        if is_label:
            title_end = colon
        elif title_end - start > (_MAX_TITLE if alone else _MAX_RUN_IN)[level]:
            return None
        while title_end > start and norm[title_end - 1] in _STRIP_END:
            title_end -= 1
        return (start, title_end) if title_end > start else None

    def _is_list_item(self, marker: Marker, title: Offsets, end: int, previous: Offsets | None) -> bool:
        """A sentence of a numbered list: alone, and announced by a colon or by the item before it, or too long for a title."""
        norm = self.view.norm
        if "；" in norm[title[0] : title[1]]:
            return marker.level >= 3
        if title[1] < end - 1:
            return False
        closing = norm[end - 1]
        goes_on = self.last_item == (marker.level, marker.ordinal - 1)
        announced = previous is not None and norm[previous[1] - 1] in "：；"
        is_long = title[1] - title[0] > _MAX_ITEM
        by_length = announced and is_long if marker.level == 2 else announced or is_long
        return closing == "；" or (closing == "。" and (goes_on or by_length))

    def _catch_line(self, start: int, end: int, following: Offsets | None) -> Heading | None:
        """A line without number: short, without closing punctuation, over a paragraph or another heading; or a marked line."""
        view, line = self.view, self.view.norm[start:end]
        mark = view.marks.get(start, "")
        if following is None or "\t" in line or not 2 <= len(line) <= _MAX_CATCH or self.cues.not_a_title.match(line):
            return None
        if (len(line) < 3 and not mark.startswith("#")) or not self.cues.wordy.search(line):
            return None
        if not mark and _FIGURES.search(_NO_FIGURES.sub("", line)):
            return None
        if (line[-1] in "。；，：！？、;,:!?” " and not (line[-1] == "”" and mark)) or _SENTENCE_BREAK.search(line):
            return None
        body = view.norm[slice(*following)]
        over_prose = len(body) >= max(_MIN_BODY, 1.5 * len(line)) and bool(_CLAUSE.search(body)) and "\t" not in body
        next_marker = marker_at(view, *following)
        over_heading = next_marker is not None and next_marker.sure and next_marker.ordinal == 1 and next_marker.level >= 2
        part = len(line) <= 22 and bool(self.cues.part.search(line))
        if not (over_prose or over_heading or mark.startswith("#") or (mark and "\t" not in body) or (part and following[0] in view.marks)):
            return None
        return Heading(start, end, 0, None, view.surface(start, end), mark)

    def _bold_lead(self, start: int, end: int) -> Heading | None:
        """A bold first sentence over the rest of its paragraph (`**稳住外贸基本盘。**全年…`)."""
        view = self.view
        stop = view.bold.get(start, start)
        lead = view.norm[start:stop]
        if not 4 <= len(lead) <= _MAX_BOLD or end - stop < _MIN_LEAD_BODY or self.cues.not_a_title.match(lead) or self.cues.list_lead.match(lead):
            return None
        if lead[-1] not in "。！" or _SENTENCE_BREAK.search(lead[:-1]) or self.cues.enumeration.match(lead):
            return None
        return Heading(start, stop - 1, 0, None, view.surface(start, stop - 1), "**…")

    def _inside(self, start: int, end: int, heading: Heading | None) -> Iterator[tuple[Heading, Marker]]:
        """Headings inside a paragraph: a number that goes on the count behind a sentence's end, a short title, and a text of its own."""
        view = self.view
        heading_end = heading.end if heading else -1
        markers = [m for m in markers_inside(view, start, end) if m.start > start]
        for marker, following in itertools.pairwise([*markers, None]):
            assert marker is not None
            limit = following.start if following else end
            inner = following if following and following.level == marker.level + 1 and following.ordinal == 1 else None
            behind_heading = heading_end >= 0 and marker.start - heading_end <= 2
            second = any(m.level == 1 and m.ordinal == 2 for m in markers)
            first_part = marker.level == 1 and not self.found and (inner is not None or second)
            if not self._goes_on(marker) or (marker.ordinal == 1 and not behind_heading and not first_part):
                continue
            if marker.level == 3 and 2 in self.counts and heading_end < 0:
                continue
            stop = _SENTENCE_END.search(view.norm, marker.end, limit)
            title_end = stop.start() if stop else limit
            if title_end - marker.end > _MAX_INLINE[marker.level]:
                title_end = view.norm.find("：", marker.end, min(limit, marker.end + _MAX_LABEL))
            closes = stop is None and limit == end and marker.level < 3
            if not 2 <= title_end - marker.end <= _MAX_INLINE[marker.level] or (limit - title_end < 8 and not (inner or closes)):
                continue
            title = view.norm[marker.end : title_end]
            if "；" in title or (marker.level == 3 and "，" in title):
                continue
            heading = Heading(marker.start, title_end, marker.level, marker.number, view.surface(marker.end, title_end))
            heading_end = title_end
            yield heading, marker


def find_headings(view: View, zones: Sequence[Offsets], cues: Cues) -> list[Heading]:
    """All headings of the given stretches of the view, in order."""
    found: list[Heading] = []
    for zone in zones:
        found += _Finder(view, cues).run([(s, e) for s, e in view.paragraphs() if zone[0] <= s < zone[1]])
    return found


def _with_levels(found: list[Heading], cues: Cues) -> list[Heading]:
    """Headings without number get the level of their look: of marks, of the parts of a report, or below the last number.

    A single bold lead in a report is an emphasis, no heading.
    """
    if sum(h.mark == "**…" for h in found) < 2:
        found = [h for h in found if h.mark != "**…"]
    by_mark = _levels_of_marks(found)
    numbered = any(h.level for h in found)
    part_before = False
    last: int | None = None
    for heading in found:
        if heading.level:
            last = heading.level
            continue
        if len(heading.title) <= 22 and cues.part.search(heading.title):
            heading.level, part_before = 1, True
        elif heading.mark in by_mark:
            heading.level = by_mark[heading.mark]
        elif last is not None:
            heading.level = min(last + 1, 4)
        else:
            heading.level = 2 if part_before and not numbered else 1
    return found


def _levels_of_marks(found: Sequence[Heading]) -> dict[str, int]:
    """The level that a mark of `#` stands for: that of its numbered headings, else by its depth."""
    numbered = Counter((h.mark, h.level) for h in found if h.level and h.mark.startswith("#"))
    levels = {mark: max((n, level) for (m, level), n in numbered.items() if m == mark)[1] for mark, _ in numbered}
    depths = sorted({len(h.mark) for h in found if h.mark.startswith("#")})
    for depth in depths:
        mark = "#" * depth
        if mark in levels:
            continue
        known = [(d, levels["#" * d]) for d in depths if "#" * d in levels]
        nearest = min(known, key=lambda item: abs(item[0] - depth), default=None)
        level = depths.index(depth) + 1 if nearest is None else nearest[1] + depth - nearest[0]
        levels[mark] = min(max(level, 1), 4)
    return levels
