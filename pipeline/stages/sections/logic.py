"""The section tree of a view: front matter, headings, back matter. (Closings without heading: the topic stage.)"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline.layers import Section
from pipeline.stages.sections.headings import Heading, find_headings
from pipeline.stages.tree import nest
from pipeline.view import View

_DATE = re.compile(r"[（(]?(?:\d{4}|[一二三四五六七八九〇○零Ｏ]{4})年.{1,6}月.{1,4}日(?:印发)?[）)]?\Z")
_ORGAN = re.compile(r"[^，。；：\d]{3,40}\Z")
_DOC_NUMBER = re.compile(r"[^，。；]{0,20}[（〔\[]\d{4}[）〕\]]第?\d+号")
_ADDRESSEE = re.compile(r"[^，。；]{2,40}：\Z")
_BODY_END = re.compile(r"[。；！]\Z")


@dataclass(frozen=True, slots=True)
class _Cues:
    front: re.Pattern[str]
    back: re.Pattern[str]
    not_a_title: re.Pattern[str]


@cache
def _cues() -> _Cues:
    data = tomllib.loads((files(__package__) / "data" / "cues.toml").read_text("utf-8"))
    return _Cues(
        front=re.compile(data["front"]["line"]),
        back=re.compile(data["back"]["line"]),
        not_a_title=re.compile(data["heading"]["not_a_title"]),
    )


def find_sections(view: View) -> list[Section]:
    """All sections in the order of the text; every character of the view lies in at least one."""
    if not view.text.strip():
        return []
    cues = _cues()
    paragraphs = list(view.paragraphs())
    body_start, body_end = _body(view, paragraphs, cues)
    headings = find_headings(view, (body_start, body_end), cues.not_a_title)
    starts: dict[int, Heading | None] = {h.start: h for h in headings}
    for position in (paragraphs[0][0], body_start, body_end):
        if position < len(view.text):
            starts.setdefault(position, None)
    nodes = [(start, heading.level if heading else 1) for start, heading in sorted(starts.items(), key=lambda item: item[0])]
    sections = []
    for (start, level), (end, parent) in zip(nodes, nest(nodes, len(view.text)), strict=True):
        while end > start + 1 and view.text[end - 1].isspace():
            end -= 1
        heading = starts[start]
        section = Section(start, end, level, parent=parent)
        if heading:
            section.heading, section.number, section.title = (heading.start, heading.end), heading.number, heading.title
        if start < body_start or start >= body_end:
            section.topic = "meta"
        sections.append(section)
    return sections


def _body(view: View, paragraphs: list[tuple[int, int]], cues: _Cues) -> tuple[int, int]:
    """View offsets where the front matter ends and where the back matter starts."""
    first = 0
    while first < len(paragraphs) and _is_front(view.norm[slice(*paragraphs[first])], first, cues):
        first += 1
    last = _back_start([view.norm[s:e] for s, e in paragraphs], first, cues)
    if first == len(paragraphs):
        return 0, len(view.text)
    return paragraphs[first][0], paragraphs[last][0] if last < len(paragraphs) else len(view.text)


def _back_start(lines: list[str], first: int, cues: _Cues) -> int:
    """Index of the first line of the back matter: furniture of any kind may stand behind signature and date."""
    start = len(lines)
    for index in range(len(lines) - 1, max(first, len(lines) - 16), -1):
        if _is_back(lines[index], cues):
            start = index
        elif len(lines[index]) > 120 or (_BODY_END.search(lines[index]) and len(lines[index]) > 30):
            break
    return start


def _is_front(line: str, index: int, cues: _Cues) -> bool:
    if re.match(r"[一二三四五六七八九十]{1,2}、|（[一二三四五六七八九十]）|第[一二三四五六七八九十]+部分", line):
        return False
    if cues.front.match(line) or _DOC_NUMBER.fullmatch(line) or _ADDRESSEE.fullmatch(line):
        return True
    if _BODY_END.search(line) or (line.endswith("：") and len(line) > 40):
        return False
    if re.search(r"20\d\d年(?:工作回顾|工作安排)|工作回顾", line) and "报告" not in line:
        return False
    return len(line) <= 60 and index < 25


def _is_back(line: str, cues: _Cues) -> bool:
    if (cues.back.match(line) and len(line) < 120) or _DATE.match(line):
        return True
    return (
        bool(_ORGAN.match(line))
        and bool(re.search(r"(?:府|局|委|办|厅|会|院|处|所|关|署|部|队|中心|室|站|社|行|司|集团)(?:（.*）)?\Z", line))
        and not re.match(r"[一二三四五六七八九十]、|（[一二三四五六七八九十]）|\d", line)
    )
