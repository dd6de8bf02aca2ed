"""Automatic numbers of Word's lists, as text: 一、（一）1. ① and so on (ECMA-376, part 1, 17.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{_W}val"
_PLACE = re.compile(r"%([1-9])")
_MOST = 9_999
_CONTENTS = re.compile(r"(?:toc|目录) ?\d\Z", re.IGNORECASE)


def chinese(number: int, digits: str = "〇一二三四五六七八九", units: str = "十百千") -> str:
    """A whole number below 10,000 in Chinese: 12 → 十二, 105 → 一百零五."""
    if number < 10:
        return digits[number]
    written = ""
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), map(int, str(number)), strict=True):
        if digit:
            written += digits[digit] + (units[place - 1] if place else "")
        elif not written.endswith("零"):
            written += "零"
    written = written.rstrip("零")
    return written.removeprefix("一") if units[0] == "十" and 10 <= number < 20 else written


_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"),
    (1, "I"),
)  # fmt: skip


def _roman(number: int) -> str:
    pairs = (
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    )
    written = ""
    for value, sign in pairs:
        count, number = divmod(number, value)
        written += sign * count
    return written


def _letters(number: int) -> str:
    return chr(65 + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)


def _digit_by_digit(number: int) -> str:
    return "".join("〇一二三四五六七八九"[int(d)] for d in str(number))


def _full_width(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda number: signs[(number - 1) % len(signs)]


def _legal(number: int) -> str:
    return chinese(number, "零壹贰叁肆伍陆柒捌玖", "拾佰仟")


_COUNTING = ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand", "koreanCounting")
_FORMATS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(_COUNTING, chinese),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"), _digit_by_digit),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"), _legal),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), _circled),
    **dict.fromkeys(("decimalFullWidth", "decimalFullWidth2"), _full_width),
    "ideographEnclosedCircle": lambda n: chr(0x3280 + n - 1) if 1 <= n <= 10 else chinese(n),
    "decimalEnclosedParen": lambda n: chr(0x2474 + n - 1) if 1 <= n <= 20 else f"({n})",
    "decimalEnclosedFullstop": lambda n: chr(0x2488 + n - 1) if 1 <= n <= 20 else f"{n}.",
    "ideographTraditional": _cycle("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _cycle("子丑寅卯辰巳午未申酉戌亥"),
    "decimalZero": lambda n: f"{n:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
    "upperLetter": _letters,
    "lowerLetter": lambda n: _letters(n).lower(),
}  # fmt: skip


def written_number(number: int, number_format: str) -> str:
    """A counter as a list's level writes it; formats that this table lacks are decimal, `none` and `bullet` are nothing."""
    if number_format in {"none", "bullet"}:
        return ""
    if not 1 <= number <= _MOST:
        return str(number)
    return _FORMATS.get(number_format, str)(number)


@dataclass(slots=True)
class _Level:
    """A level of a list: its format, its pattern (`第%1章`), where it starts, which level resets it."""

    number_format: str = "decimal"
    pattern: str = ""
    start: int = 1
    suffix: str = ""
    legal: bool = False
    restart: int | None = None


@dataclass(slots=True)
class _List:
    """An abstract list's levels, shared counters, and the levels that one use of it overrides."""

    levels: dict[int, _Level]
    counters: dict[int, int]
    starts: dict[int, int] = field(default_factory=dict)
    fresh: bool = True


class Numbering:
    """Counts the paragraphs of a document as Word does. Asked for each paragraph once, in order."""

    def __init__(self, document: Document) -> None:
        self._styles = {style.get(f"{_W}styleId"): style for style in document.styles.element.iterfind(f"{_W}style")}
        self._lists: dict[str, _List] = {}
        relations = [r for r in document.part.rels.values() if not r.is_external and r.reltype.endswith("/numbering")]
        if relations:
            from docx.oxml import parse_xml

            self._read(parse_xml(relations[0].target_part.blob))

    def _read(self, root: Any) -> None:
        abstracts = {a.get(f"{_W}abstractNumId"): a for a in root.iterfind(f"{_W}abstractNum")}
        links = {link.get(_VAL): a for a in abstracts.values() if (link := a.find(f"{_W}styleLink")) is not None}
        shared: dict[str, dict[int, int]] = {}
        for num in root.iterfind(f"{_W}num"):
            key = _value(num, "abstractNumId")
            abstract = abstracts.get(key)
            if abstract is None or key is None:
                continue
            linked = _value(abstract, "numStyleLink")
            abstract = links.get(linked, abstract) if linked else abstract
            levels = {_integer(level.get(f"{_W}ilvl")): _read_level(level) for level in abstract.iterfind(f"{_W}lvl")}
            one = _List(levels, shared.setdefault(key, {}))
            for override in num.iterfind(f"{_W}lvlOverride"):
                at = _integer(override.get(f"{_W}ilvl"))
                if (level := override.find(f"{_W}lvl")) is not None:
                    levels[at] = _read_level(level)
                if (start := _value(override, "startOverride")) is not None:
                    one.starts[at] = _integer(start)
            self._lists[num.get(f"{_W}numId") or ""] = one

    def is_contents(self, paragraph: Any) -> bool:
        """Whether a paragraph is a line of a table of contents."""
        style = self._styles.get(_value(paragraph.find(f"{_W}pPr"), "pStyle") or "")
        return style is not None and bool(_CONTENTS.match(_value(style, "name") or ""))

    def next_number(self, paragraph: Any) -> str:
        """The number that Word sets before a paragraph, with what follows it (a tab is a space here); empty for most."""
        identifier, at = self._place(paragraph)
        one = self._lists.get(identifier or "")
        level = one.levels.get(at) if one else None
        if one is None or level is None:
            return ""
        self._count(one, at, level)

        def place(match: re.Match[str]) -> str:
            inner = int(match.group(1)) - 1
            other = one.levels.get(inner, _Level())
            return written_number(one.counters.get(inner, other.start), "decimal" if level.legal else other.number_format)

        written = "" if level.number_format == "bullet" else _PLACE.sub(place, level.pattern)
        return written + level.suffix if written and written[-1].isascii() and written[-1] not in ".)" else written

    def _count(self, one: _List, at: int, level: _Level) -> None:
        if one.fresh:
            for where in one.starts:
                one.counters.pop(where, None)
            one.fresh = False
        counters = one.counters
        counters[at] = counters[at] + 1 if at in counters else one.starts.get(at, level.start)
        for deeper in [d for d in counters if d > at]:
            restart = one.levels.get(deeper, _Level()).restart
            if restart is None or (restart and at < restart):
                del counters[deeper]

    def _place(self, paragraph: Any) -> tuple[str | None, int]:
        """The list and level of a paragraph: its own, else its style's and that style's bases'."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return None, 0
        identifier, at = _list_of(properties)
        style_id = _value(properties, "pStyle")
        for _ in range(20):
            style = self._styles.get(style_id or "")
            if style is None or identifier is not None:
                break
            identifier, inherited = _list_of(style.find(f"{_W}pPr"))
            at = inherited if at is None else at
            style_id = _value(style, "basedOn")
        return identifier, at or 0


def _list_of(properties: Any) -> tuple[str | None, int | None]:
    number = properties.find(f"{_W}numPr") if properties is not None else None
    if number is None:
        return None, None
    at = _value(number, "ilvl")
    return _value(number, "numId"), None if at is None else _integer(at)


def _read_level(element: Any) -> _Level:
    suffix = {"space": " ", "nothing": ""}.get(_value(element, "suff") or "tab", " ")
    restart = _value(element, "lvlRestart")
    legal = element.find(f"{_W}isLgl")
    return _Level(
        number_format=_value(element, "numFmt") or "decimal",
        pattern=_value(element, "lvlText") or "",
        start=_integer(_value(element, "start") or "1"),
        suffix=suffix,
        legal=legal is not None and legal.get(_VAL, "1") not in {"0", "false"},
        restart=None if restart is None else _integer(restart),
    )


def _value(parent: Any, tag: str) -> str | None:
    child = parent.find(f"{_W}{tag}") if parent is not None else None
    return None if child is None else child.get(_VAL)


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0
