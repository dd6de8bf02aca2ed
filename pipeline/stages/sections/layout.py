"""The large parts of a report by its form: title block, body, signature and copy line, appendices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.layers import Offsets
from pipeline.stages.sections.cues import Cues
from pipeline.stages.sections.numbering import marker_at
from pipeline.view import View

_DATE = re.compile(r"[（(]?(?:\d{4}|[一二三四五六七八九〇○零O]{4})年.{1,6}月.{1,4}日(?:印发)?[）)]?\Z")
_DOC_NUMBER = re.compile(r"[^，。；]{0,20}[（〔\[]\d{4}[）〕\]]第?\d+号")
_ADDRESSEE = re.compile(r"[^。；：]{2,60}：\Z")
_BODY_END = re.compile(r"[。；！]\Z")
_NUMBERED = re.compile(r"[一二三四五六七八九十]{1,2}、|（[一二三四五六七八九十]{1,3}）|第[一二三四五六七八九十]+部分|\d")
_MAX_FRONT_LINES, _MAX_BACK_LINES = 25, 16

Kind = Literal["front", "body", "back", "appendix"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of the view, and what it is."""

    start: int
    end: int
    kind: Kind


def find_layout(view: View, cues: Cues) -> list[Zone]:
    """The parts of a report in order; together they cover the view from its first to its last paragraph."""
    spans = list(view.paragraphs())
    lines = [view.norm[s:e] for s, e in spans]
    first = _front_end(view, spans, lines, cues)
    if first == len(lines):
        return [Zone(0, len(view.text), "body")]
    opened = _appendix_start(lines, first, cues)
    body_last = _back_start(lines, first, opened, cues)
    tail = _back_start(lines, opened, len(lines), cues) if opened < len(lines) else len(lines)
    more = [index for index in range(opened + 1, tail) if cues.appendix.match(lines[index])]
    cuts: list[tuple[int, Kind]] = [(0, "front"), (first, "body"), (body_last, "back"), (opened, "appendix")]
    cuts += [(index, "appendix") for index in more] + [(tail, "back")]
    ends = [place for place, _ in cuts[1:]] + [len(lines)]
    zones = []
    for (place, kind), end in zip(cuts, ends, strict=True):
        if place < end:
            zones.append(Zone(spans[place][0], spans[end][0] if end < len(spans) else len(view.text), kind))
    return zones


def _front_end(view: View, spans: Sequence[Offsets], lines: Sequence[str], cues: Cues) -> int:
    """Index of the first line of the body. Lines of unknown kind belong to the title block only where it goes on behind them."""
    sure = count = 0
    while count < min(len(lines), _MAX_FRONT_LINES):
        line = lines[count]
        marker = marker_at(view, *spans[count])
        begins = marker is not None and (marker.sure or marker.ordinal == 1) and marker.level <= 3
        if begins or _is_part(line) or _is_prose(line, cues):
            break
        count += 1
        if _is_front(line, cues) or view.marks.get(spans[count - 1][0]) == "#":
            sure = count
        elif sure and _is_catch_line(lines, count - 1):
            break
    if sure:
        return sure
    return min(count, len(lines))


def _is_prose(line: str, cues: Cues) -> bool:
    if cues.front.match(line) or _DOC_NUMBER.fullmatch(line) or _ADDRESSEE.fullmatch(line):
        return False
    return len(line) > 60 or bool(_BODY_END.search(line)) or line.endswith("：")


def _is_front(line: str, cues: Cues) -> bool:
    """Whether a short line at the head of a report is surely of its title block."""
    return bool(
        cues.front.match(line)
        or _DOC_NUMBER.fullmatch(line)
        or _ADDRESSEE.fullmatch(line)
        or _DATE.match(line)
        or line.startswith(("——", "（", "—"))
        or (cues.title.search(line) and not _BODY_END.search(line))
        or (re.search(r"文件\Z|(?:省|市|县|区|州|镇|乡|旗|盟)长|主席|院长|主任|局长", line) and len(line) <= 30)
        or cues.organ.search(line)
    )


def _is_part(line: str) -> bool:
    return bool(re.search(r"工作回顾|工作安排|工作打算", line)) and "报告" not in line


def _is_catch_line(lines: Sequence[str], index: int) -> bool:
    """A short line right over the body's prose."""
    following = lines[index + 1] if index + 1 < len(lines) else ""
    return len(following) > 60 and not _ADDRESSEE.fullmatch(following)


def _appendix_start(lines: Sequence[str], first: int, cues: Cues) -> int:
    """Index of the line that opens the appendices: `附件` with a text or a table under it, not a list of their names."""
    for index in range(first + 1, len(lines) - 1):
        if not cues.appendix.match(lines[index]):
            continue
        under = []
        for line in lines[index + 1 :]:
            if _is_back(line, cues):
                break
            under.append(line)
        rows = sum("\t" in line for line in under)
        if rows >= 2 or sum(len(line) for line in under if "。" in line) > 120:
            return index
    return len(lines)


def _back_start(lines: Sequence[str], first: int, end: int, cues: Cues) -> int:
    """Index of the first line of the back matter before `end`: furniture of any kind may stand behind signature and date."""
    start = end
    for index in range(end - 1, max(first, end - _MAX_BACK_LINES), -1):
        line = lines[index]
        if _is_back(line, cues):
            start = index
        elif len(line) > 120 or "\t" in line or (_BODY_END.search(line) and len(line) > 30):
            break
    return start


def _is_back(line: str, cues: Cues) -> bool:
    if (cues.back.match(line) and len(line) < 120) or _DATE.match(line):
        return True
    return 4 <= len(line) <= 40 and not re.search(r"[，。；：\d]", line) and bool(cues.organ.search(line)) and not _NUMBERED.match(line)
