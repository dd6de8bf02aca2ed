"""The grammar of Chinese quantities: where a number with its unit stands, and what it says.

Works on `View.norm` (half-width digits, full-width punctuation). One pass of one expression finds what may be a
number; what only looks like one (dates, ordinals, document numbers, names) is consumed by its first branches.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from pipeline.layers import Bound
from pipeline.stages.quantities.context import PAIRS, is_name
from pipeline.stages.quantities.numbers import parse_number, to_text
from pipeline.stages.quantities.units import measure_words, measured_units, read_lines, words

_DISTANT = re.compile(
    r"(差不多|约|接近|近|超过|超|不足|不到|不及|不低于|不少于|不超过)(?:(?:占|为|有|合|需|计)[^\d，。；、]{0,10}|[^\d，。；、]{0,8}(?:\d{4}年[^\d，。；、]{0,6})?的)\Z"
)

# possessive throughout: no digit is given back, so that no string takes more than linear time
_D = r"\d++(?:,\d{3})*+(?: \d++)*+(?:\.\d++)?+"
_C = "零〇一二三四五六七八九十百千万亿两"
_MULT = r"(?:[十百千](?=[万亿余多来个名人户家元]))?[万亿]{0,2}"
_CAPITALS = "[壹贰叁肆伍陆柒捌玖][拾佰仟萬万億亿](?:[壹贰叁肆伍陆柒捌玖零拾佰仟萬万億亿])*+"
_LONGEST_NUMERAL = 40
_NUMERAL = re.compile(rf"[0-9○半几数{_C}壹贰叁肆伍陆柒捌玖]")
_LONGEST_PREFIX = 8
_BARE = re.compile(rf"\d{{1,9}}/\d{{1,9}}|[0-9.,点分之几数{_C}壹贰叁肆伍陆柒捌玖拾佰仟萬億]+")
_CHINESE_DIGITS = frozenset("一二三四五六七八九两")
_AFTER_ONE = re.compile("月|小时|工作日|学时")
_JOINS = frozenset({"和", "、", "及", "与"})
_PAIR = re.compile(rf"{PAIRS}[十百千万]*")
_MULTIPLIER = re.compile(r"[十百千]?[万亿]+\Z")
_VAGUE = r"余|多(?!元化|部门|方面|层次|样化|民族)|来(?=[个项件名次家户种类条份场人万])"


@dataclass(slots=True)
class Parsed:
    """A quantity of a text: offsets, value and bound, before anything is linked."""

    start: int
    end: int
    value: str
    value_max: str | None
    unit: str | None
    bound: Bound


def _any(alternatives: Iterator[str] | list[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(alternatives, key=lambda w: (-len(w), w)))


@cache
def _unit_pattern() -> str:
    plain = _any([*measured_units(), *measure_words()])
    counted = _any(list(measure_words()))
    return (
        rf"(?:(?:{counted}|[\u4e00-\u9fff])次(?!数|序|生|要|品)|(?:{plain})(?:（(?:{counted})(?:次)?）)?(?:次(?=（)（(?:{counted})次）)?"
        rf"(?:/(?:[十百千万]?(?:{plain})))?)"
    )


@cache
def _scanner() -> re.Pattern[str]:
    names = _any(read_lines("not_quantities.txt"))
    number = (
        rf"(?:\d++(?:\.\d++)?万零?\d++[千百](?![万亿])|{_CAPITALS}|{_D}{_MULT}"
        rf"|{PAIRS}[十百千万]*+|(?!数[^十百千万亿])[{_C}几数]++(?:点[零〇一二三四五六七八九]++)?)"
    )
    fraction = rf"(?:(?:百|千|万|[{_C}]++|\d++)分之(?:{_D}|[{_C}]++(?:点[零〇一二三四五六七八九]++)?)|\d{{1,2}}/\d{{1,2}}(?![\d/年月]))"
    unit = _unit_pattern()
    before = _any(list(words().before))
    after = _any(list(words().after))
    one = rf"(?:{fraction}|{number})"
    latin = _any([name for name in measured_units() if name.isascii() and name.isalpha()])
    duration = r"(?<![用由需仅满约近超])"
    return re.compile(
        rf"(?P<date>(?:(?:19|20)\d{{2}}|[一二三四五六七八九〇○零]{{4}})[-—–~至、/.](?:(?:19|20)\d{{2}}(?![\d万亿])|[一二三四五六七八九〇○零]{{4}})年?"
        rf"|(?:19|20)\d{{2}}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?(?![\d%万亿])|(?:\d{{4}}|[12二一][0-9〇○零一二三四五六七八九]{{3}})年[度底初末中前内]?(?:\d{{1,2}}[-/.月](?:\d{{1,2}}日?)?|[一二三四五六七八九十]{{1,3}}月(?:[一二三四五六七八九十]{{1,3}}日)?)?"
        rf"|\d{{1,2}}[至到—–-]\d{{1,2}}月|\d{{1,2}}月(?:份|\d{{1,2}}日)?(?:[至—-]\d{{1,2}}(?:月(?:\d{{1,2}}日)?|日))?|[一二三四五六七八九十]{{1,2}}月(?:份|[一二三四五六七八九十]{{1,3}}日)?"
        rf"|\d{{1,2}}[:：]\d{{2}}(?:[:：]\d{{2}})?|\d{{1,2}}[时点]\d{{1,2}}分|(?:(?<=人大)|(?<=大会)|(?<=委会))[{_C}]{{1,3}}次(?=会议|全会)|[前上下第]?[一二三四]季度|[前上下]半年|{duration}\d{{1,2}}日(?!内|以内|之内|前|压|缩|降|减)"
        rf"|\d{{2,4}}年代|\d0后|十[一二三四五六]五|[七八九]五(?=规划|普法|”)|\d++周年|[{_C}]++周年)"
        rf"|(?P<ordinal>第[{_C}几]++(?:[至到—-]第?[{_C}]++)?|第\d++(?:\.\d++)?|[{_C}\d]{{1,12}}+(?:届|中全会|次全会|大(?=精神|报告|以来|召开|和|、|胜利|之))|[{_C}]++(?:大以来)"
        rf"|（\d{{4}}）第?\d++号?|\[\d{{4}}\]\d++号?|\d++号(?!楼)|[{_C}]++号(?:文|令)?|\d++(?:\+[\dA-Za-z]++)++|\d++(?!(?:{latin})(?![A-Za-z0-9]))[A-Za-z](?![a-z])(?<![PK])"
        rf"|[A-Za-z]++[-—]?\d++(?:\.\d++)?|\d++[·]\d++|\d++[-—]\d{{5,}}+|(?:0\d{{2,3}}|[48]00)[-—]\d{{3,8}}(?:[-—]\d{{3,4}})?)"
        rf"|(?P<name>{names})"
        rf"|(?P<every>每[{_C}\d]{{1,12}}+(?:{unit})?)"
        rf"|(?P<half>(?P<hbound>{before})?(?P<hword>半数|一半|(?<=近)半(?![年天日月个数]))(?P<hafter>以上|多|左右)?|过半(?:数)?"
        rf"|(?<![每上下前过一])半(?P<hunit>个?(?:小时|工作日|学时)|个月|天|日)(?P<hwithin>以内|之内|内(?![部外容涵在])|以上|左右)?)"
        rf"|(?P<quantity>(?P<bound>{before})?"
        rf"(?:(?<![由从])(?P<first>{one})(?P<vague1>{_VAGUE})?(?P<mult1>{_MULT})(?P<unit1>{unit})?(?P<dash>——|[-—–~～至到]))?"
        rf"(?P<last>{one})(?P<vague2>{_VAGUE})?(?P<mult2>[万亿]*+)(?P<unit>{unit})?"
        rf"(?P<halfmore>半|(?<=成)[一二三四五六七八九](?![个件项名家户人次]))?(?P<after>{after})?)"
    )


@cache
def _prefix() -> re.Pattern[str]:
    """What may stand in front of the first numeral of a match: bound words, 第, 每, codes, and the beginnings of names."""
    names = {name[: match.start()] for name in read_lines("not_quantities.txt") if (match := _NUMERAL.search(name)) and match.start()}
    return re.compile(rf"(?:{_any([*words().before, *names])}|[第每前上下（\[]|[A-Za-z]++[-—]?)\Z")


@cache
def _before_numeral() -> frozenset[str]:
    """The characters with which such a beginning may end."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-—"
    names = {name[match.start() - 1] for name in read_lines("not_quantities.txt") if (match := _NUMERAL.search(name)) and match.start()}
    return frozenset({word[-1] for word in words().before} | names | set("第每前上下（[") | set(letters))


def _matches(norm: str) -> Iterator[re.Match[str]]:
    """All matches of the scanner, in order. Only places around numerals are tried: no match is without one."""
    match_at, next_numeral, prefix, tails = _scanner().match, _NUMERAL.search, _prefix(), _before_numeral()
    position = 0
    while numeral := next_numeral(norm, position):
        at = numeral.start()
        found = None
        if at > position and norm[at - 1] in tails and (before := prefix.search(norm, max(position, at - _LONGEST_PREFIX), at)):
            found = match_at(norm, before.start())
        if found is None or found.end() <= at:
            found = match_at(norm, at)
        if found is None:
            position = at + 1
            continue
        yield found
        position = found.end()


def find_quantities(norm: str) -> list[Parsed]:
    """All quantities of a normalised text, in order, never overlapping. Linear in the length of the text."""
    found = [parsed for match in _matches(norm) if (parsed := _read(norm, match)) is not None]
    for first, second in itertools.pairwise(found):
        if first.unit == "个" and second.unit == "百分点" and norm[first.end : second.start] in _JOINS:
            first.unit = second.unit  # 0.6个和2.8个百分点
    return found


def read_bare_number(norm: str) -> Parsed | None:
    """A text that is nothing but a number (`一百五十五`, `3.14`): no quantity in a report, but a value to one who asks for it."""
    text = norm.strip()
    value = _number(text) if _BARE.fullmatch(text) else None
    if value is None:
        return None
    start = norm.index(text)
    return Parsed(start, start + len(text), to_text(value), None, None, _bound(norm, start, "", None, None, text))


def _read(norm: str, match: re.Match[str]) -> Parsed | None:
    if match.lastgroup and match.group("half"):
        return _read_half(norm, match)
    if not match.group("quantity"):
        return None
    start, end = match.span()
    bound_word = match.group("bound") or ""
    if bound_word and (
        _belongs_to_word_before(norm, start, bound_word)
        or (bound_word in {"过", "上"} and (match.group("first") or match.group("last"))[0].isdigit())
    ):
        start += len(bound_word)
        bound_word = ""
    first, last, unit = match.group("first"), match.group("last"), match.group("unit")
    end, unit, after = _trim(norm, match, unit)
    values = _values(match, first, last)
    if values is None:
        return None
    number_start = match.start("first") if first else match.start("last")
    if is_name(norm, match, number_start, end, unit, last, bound_word):
        return None
    bound = _bound(norm, start, bound_word, match.group("vague1") or match.group("vague2"), after, last)
    value, value_max = values
    value, value_max, unit = _fold_percent(last, value, value_max, unit, match)
    if more := match.group("halfmore"):
        value += Fraction(1, 2) if more == "半" else (parse_number(more) or Fraction(0)) / 10
    low = to_text(value)
    return Parsed(start, end, low, None if value_max is None else to_text(value_max), unit, bound)


def _read_half(norm: str, match: re.Match[str]) -> Parsed | None:
    start, end = match.span()
    word = match.group("hbound") or ""
    if norm[end : end + 1] in {"年", "天", "月", "径", "岛", "路"} and match.group("half").startswith("过半"):
        return None
    if unit := match.group("hunit"):
        closing = match.group("hwithin")
        return Parsed(start, end, "0.5", None, unit, words().after[closing] if closing else _distant_bound(norm, start))
    if match.group("half").startswith("过半"):
        return Parsed(start, end, "1/2", None, None, "above")
    if word and _belongs_to_word_before(norm, start, word):
        start, word = start + len(word), ""
    after = match.group("hafter") or ""
    bound = words().before.get(word) or words().after.get(after) or _distant_bound(norm, start)
    return Parsed(start, end, "1/2", None, None, bound)


def _trim(norm: str, match: re.Match[str], unit: str | None) -> tuple[int, str | None, str | None]:
    """Where the quantity ends, with its unit and closing bound word, once words that only begin like them are given back."""
    after = match.group("after")
    end = match.end()
    if unit is None:
        if after and after not in {"以上", "以下", "左右", "以内"}:
            return end - len(after) - len(match.group("halfmore") or ""), None, None
        return end, None, after
    unit_end = match.end("unit")
    rest = norm[unit_end : unit_end + 1]
    if not after and not match.group("halfmore") and rest and rest in words().begins_word.get(unit, ""):
        return match.start("unit"), None, None
    if after == "内" and (not _is_time(unit) or _next_in(norm, end, "部外容涵在")):
        return unit_end, unit, None
    if after == "多" and _next_in(norm, end, "部元方层样种数次为了"):
        return unit_end, unit, None
    if after in {"多", "余"} and unit in {"个", "项"} and (whole := _AFTER_ONE.match(norm, end)):
        return whole.end(), f"个{whole.group()}", after
    if unit == "个" and match.group("halfmore") and (whole := _AFTER_ONE.match(norm, end)):
        return whole.end(), f"个{whole.group()}", after
    if after == "上下" and _next_in(norm, end, "班级游联"):
        return unit_end, unit, None
    return end, unit, after


def _next_in(norm: str, position: int, characters: str) -> bool:
    return position < len(norm) and norm[position] in characters


def _is_time(unit: str) -> bool:
    known = measured_units().get(unit)
    return bool(known and known.dimension == "time")


def _belongs_to_word_before(norm: str, start: int, word: str) -> bool:
    before = norm[start - 1 : start]
    if before and before in words().part_of_word.get(word, ""):
        return True
    return norm.endswith(words().nouns, max(0, start - _LONGEST_PREFIX), start + len(word))


def _values(match: re.Match[str], first: str | None, last: str) -> tuple[Fraction, Fraction | None] | None:
    """The value, and the upper one of a range, with multipliers (万, 亿) applied."""
    high = _number(last + (match.group("mult2") or ""))
    if high is None:
        return None
    if first:
        low_text = first + (match.group("mult1") or "")
        low = _number(low_text)
        if low is None:
            return None
        shared = _MULTIPLIER.search(last + (match.group("mult2") or ""))
        if shared and low_text[-1] not in "万亿" and not match.group("unit1"):
            low *= parse_number("1" + shared.group()) or 1
        return low, high
    if last[0] in _CHINESE_DIGITS and _PAIR.fullmatch(last):
        bottom, top = _number(last[0] + last[2:]), _number(last[1:])
        if bottom is not None and top is not None:
            return bottom, top
    return high, None


def _number(text: str) -> Fraction | None:
    if len(text) > _LONGEST_NUMERAL:
        return None
    if "/" in text:
        above, _, below = text.partition("/")
        return Fraction(int(above), int(below)) if int(below) else None
    if "分之" in text:
        below, _, above = text.partition("分之")
        numerator, denominator = parse_number(above), parse_number(below)
        if numerator is None or not denominator:
            return None
        return numerator if below in {"百", "千"} else numerator / denominator
    return parse_number(text[:-1] if text.endswith("几") and len(text) > 1 else text)


def _fold_percent(
    last: str, value: Fraction, value_max: Fraction | None, unit: str | None, match: re.Match[str]
) -> tuple[Fraction, Fraction | None, str | None]:
    """`百分之八十五` is 85 `%`, `千分之三` 3 `‰`; a unit behind the first number of a range serves both."""
    if last.startswith("百分之") or (match.group("first") or "").startswith("百分之"):
        return value, value_max, "%"
    if last.startswith("千分之"):
        return value, value_max, "‰"
    if unit in {"个百分点", "个基点"}:
        return value, value_max, unit[1:]
    return value, value_max, unit or (match.group("unit1") if match.group("first") else None)


def _bound(norm: str, start: int, word: str, vague: str | None, after: str | None, last: str) -> Bound:
    if word:
        return words().before[word]
    if after:
        return words().after[after]
    if vague or last[:1] in "数几" or last.endswith("几"):
        return "above"
    return _distant_bound(norm, start)


def _distant_bound(norm: str, start: int) -> Bound:
    first = max(0, start - 16)
    match = _DISTANT.search(norm, first, start)
    if match is None or _belongs_to_word_before(norm, match.start(), match.group(1)):
        return "exact"
    return words().distant[match.group(1)]
