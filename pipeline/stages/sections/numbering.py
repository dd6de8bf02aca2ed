"""The numbers of headings: 一、 （一） 1. （1） in every form that sources give them, and what they count to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.stages.tree import ordinal
from pipeline.view import View

_CN = "一二三四五六七八九十"
_N = rf"[{_CN}]{{1,3}}"
# a digit after "1." makes a decimal, unless a year or a long number (a hotline) begins the title
_NO_DECIMAL = r"(?!\d{1,3}(?!\d)|\d{4}(?!年)[^\d]|%)"
_MARKER = re.compile(
    rf"(?P<l1>第{_N}(?:部分|章|篇)[、：]?|{_N}[、．.])"
    rf"|(?P<l2>[（【]{_N}[）】][、．.]?|{_N}）)"
    rf"|(?P<deep>\d{{1,2}}(?:\.\d{{1,2}}){{1,4}}(?=[\u4e00-\u9fff“《])(?![万亿千倍]))"
    rf"|(?P<l3>\d{{1,2}}[、．.]{_NO_DECIMAL})"
    rf"|(?P<l4>（\d{{1,2}}）[、．.]?|\d{{1,2}}）)"
)
_OPEN_ONLY = re.compile(rf"（({_N})(?=[^）]{{2,60}})")
_BARE = re.compile(rf"({_N}|\d{{1,2}})(?=[\u4e00-\u9fff“])")
_INLINE = re.compile(rf"(?<=[。；！\u4e00-\u9fff])（{_N}）|(?<=[。！])(?:{_N}、|\d{{1,2}}[、．.]{_NO_DECIMAL})")
_NOT_BEFORE = re.compile(r"(?:第|条|款|项|见|附表|本文|上述)\Z")
_NOT_AFTER = re.compile(r"[项款目类级是至和、，）]")


@dataclass(frozen=True, slots=True)
class Marker:
    """A heading's number in view offsets: `number` as written without its marks, `ordinal` what it counts to.

    `sure`: its form alone shows it; what is not sure must go on the count.
    """

    start: int
    end: int
    level: int
    number: str
    ordinal: int
    sure: bool = True


def marker_at(view: View, start: int, end: int) -> Marker | None:
    """The number that a paragraph begins with."""
    match = _MARKER.match(view.norm, start, end)
    if match:
        number = match.group().strip("、（）【】．. ：")
        name = str(match.lastgroup)
        level = 3 + number.count(".") if name == "deep" else int(name[1])
        return Marker(start, match.end(), level, number, ordinal(number))
    match = _OPEN_ONLY.match(view.norm, start, end)
    if match and "）" not in view.norm[match.end() : min(end, match.end() + 12)]:
        return Marker(start, match.end(), 2, match.group(1), ordinal(match.group(1)), sure=False)
    match = _BARE.match(view.norm, start, end)
    if match and _space_follows(view, match.end() - 1):
        number = match.group(1)
        return Marker(start, match.end(), 3 if number.isdecimal() else 1, number, ordinal(number), sure=False)
    return None


def _space_follows(view: View, last: int) -> bool:
    """Whether the source has white space behind a character of the view."""
    behind = int(view.offsets[last]) + 1
    return behind < len(view.raw) and view.raw[behind].isspace()


def markers_inside(view: View, start: int, end: int) -> Iterator[Marker]:
    """Numbers inside a paragraph that may begin a heading there."""
    for match in _INLINE.finditer(view.norm, start, end):
        if _NOT_BEFORE.search(view.norm, max(start, match.start() - 2), match.start()) or _NOT_AFTER.match(view.norm, match.end(), end):
            continue
        written = match.group()
        number = written.strip("、（）．.")
        level = 2 if written.startswith("（") else 3 if number.isdecimal() else 1
        yield Marker(match.start(), match.end(), level, number, ordinal(number), sure=False)
