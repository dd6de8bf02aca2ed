"""Headings by numbering and position, whatever marks the source put on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.view import View

_CN = "一二三四五六七八九十"
_NUMBERED = re.compile(
    rf"(?P<l1>第[{_CN}]{{1,3}}(?:部分|章|篇)[、：]?|[{_CN}]{{1,3}}[、．.])"
    rf"|(?P<l2>（[{_CN}]{{1,3}}）[、．.]?)|(?P<l3>\d{{1,2}}[、．.](?![\d%]))|(?P<l4>（\d{{1,2}}）[、．.]?|\d{{1,2}}）)"
)
_INLINE_L2 = re.compile(
    rf"(?<=[。；！])（([{_CN}]{{1,3}})）(?=[^，。；]{{2,40}}(?:[。\n]|\Z))|(?<=[。；！])（([{_CN}]{{1,3}})）(?=[^。\n]{{2,40}}(?:[。\n]|\Z))"
)
_SENTENCE_END = re.compile(r"[。！!]")
_MAX_TITLE = {1: 90, 2: 70, 3: 48, 4: 40}
_STRIP_END = "。：:；;，,、 "
_LIST_LEAD = re.compile(r"[是要，]")


@dataclass(slots=True)
class Heading:
    """A heading in view offsets; `number` as written, without marks (`一`, `1`)."""

    start: int
    end: int
    level: int
    number: str | None
    title: str


def find_headings(view: View, body: tuple[int, int], not_a_title: re.Pattern[str]) -> list[Heading]:
    """All headings between the front and the back matter, in order."""
    paragraphs = [(s, e) for s, e in view.paragraphs() if body[0] <= s < body[1]]
    found: list[Heading] = []
    for index, (start, end) in enumerate(paragraphs):
        following = paragraphs[index + 1] if index + 1 < len(paragraphs) else None
        heading = _numbered(view, start, end) or _unnumbered(view, start, end, following, found, not_a_title)
        if heading:
            found.append(heading)
        found.extend(_inline(view, start, end, found))
    return found


def _numbered(view: View, start: int, end: int) -> Heading | None:
    match = _NUMBERED.match(view.norm, start, end)
    if match is None or match.end() >= end:
        return None
    level = next(i for i in (1, 2, 3, 4) if match.group(f"l{i}"))
    title_start = match.end()
    while title_start < end and view.text[title_start].isspace():
        title_start += 1
    stop = _SENTENCE_END.search(view.norm, title_start, end)
    title_end = stop.start() if stop else end
    if "\t" in view.text[start:end] or _LIST_LEAD.match(view.norm, title_start):
        return None
    alone = title_end >= end - 1
    if title_end - title_start > _MAX_TITLE[level] * (1 if alone else 0.75) or (level >= 3 and not alone and title_end - title_start > 36):
        return None
    while title_end > title_start and view.norm[title_end - 1] in _STRIP_END:
        title_end -= 1
    if title_end <= title_start:
        return None
    number = match.group().strip("、（）()．. ：")
    return Heading(start, title_end, level, number, view.surface(title_start, title_end))


def _unnumbered(
    view: View, start: int, end: int, following: tuple[int, int] | None, before: list[Heading], not_a_title: re.Pattern[str]
) -> Heading | None:
    """A catch line: short, without closing punctuation, over a longer paragraph; or a marked line."""
    line = view.norm[start:end]
    marked = start in view.marks
    if following is None or "\t" in line or not 3 < len(line) <= 44 or not_a_title.match(line):
        return None
    if (line[-1] in "。；，：！？、;,:!?” " and not (line[-1] == "”" and marked)) or re.search(r"[。；]", line):
        return None
    next_is_heading = bool(_NUMBERED.match(view.norm, *following))
    if not (following[1] - following[0] > 1.5 * len(line) or next_is_heading or marked):
        return None
    if re.fullmatch(r"[\d年月日\s]+", line):
        return None
    level = _unnumbered_level(view, start, line, before)
    return Heading(start, end, level, None, view.surface(start, end))


def _unnumbered_level(view: View, start: int, line: str, before: list[Heading]) -> int:
    """Level 1 for the parts of a work report and under nothing; else one below the last numbered level."""
    if re.search(r"工作回顾|工作安排|工作打算|主要工作|总体要求|目标任务|重点工作|主要问题|工作情况|过去[一五]年", line) and len(line) <= 22:
        return 1
    mark = view.marks.get(start, "")
    if mark.startswith("#"):
        return 1 if len(mark) <= 2 else 2
    last = next((h.level for h in reversed(before) if h.number is not None), None)
    if last is not None:
        return min(last + 1, 4)
    return 2 if any(h.level == 1 for h in before) else 1


def _inline(view: View, start: int, end: int, before: list[Heading]) -> Iterator[Heading]:
    """`（二）…。` after a sentence's end inside a paragraph, where it goes on the count."""
    last = next((h.number for h in reversed(before) if h.level == 2 and h.number), None)
    for match in _INLINE_L2.finditer(view.norm, start, end):
        number = match.group(1) or match.group(2)
        if last is None or _ordinal(number) != _ordinal(last) + 1:
            continue
        stop = re.compile(r"[。\n]").search(view.norm, match.end())
        title_end = min(stop.start() if stop else end, end)
        last = number
        yield Heading(match.start(), title_end, 2, number, view.surface(match.end(), title_end))


def _ordinal(number: str) -> int:
    tens, _, ones = number.rpartition("十")
    if "十" not in number:
        return _CN.index(number) + 1 if number in _CN else 0
    return ((_CN.index(tens) + 1) if tens else 1) * 10 + ((_CN.index(ones) + 1) if ones else 0)
