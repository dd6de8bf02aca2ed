"""Dates of official documents, Arabic and Chinese, and the year that a report is on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

_HALF = str.maketrans("０１２３４５６７８９", "0123456789")
_CN_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | dict.fromkeys("○零ＯO0◯", "0")
_SMALL = "零一二三四五六七八九"
_DIGIT = "一二三四五六七八九〇○零ＯO0◯"
_DATE = re.compile(r"((?:19|20)\d{2})[年./-](\d{1,2})(?:[月./-](\d{1,2})(?:日|号|(?!\d)))")
_CN_DATE = re.compile(rf"([{_DIGIT}]{{4}})年([一二三四五六七八九十]{{1,3}})月([一二三四五六七八九十廿卅]{{1,3}})[日号]")
_YEAR = re.compile(r"((?:19|20)\d{2})(?:年度?|(?=[\u4e00-\u9fff]))(?!以来)")
_CN_YEAR = re.compile(rf"([二一][{_DIGIT}]{{3}})年")
_NAMES_AND_RANGES = re.compile(
    r"《[^》]*》|“[^”]*”|〔[^〕]*〕|（(?:19|20)\d{2}[—\-－~至年]+(?:19|20)\d{2}年?）|[自从到至于截比较](?:19|20)\d{2}年|(?:19|20)\d{2}年以[来前后]"
)
_YEAR_IN_TEXT = re.compile(r"((?:19|20)\d{2})年度?(?!\d{1,2}月\d{1,2}日发布|[—\-])")
_PART_YEAR = re.compile(r"((?:19|20)\d{2})年(?:[和与及]“[^”]{2,6}”时期)?(?:的)?(?:政府)?工作(?:的)?(?:回顾|总结|情况|和)")
_LAST_YEAR = re.compile(r"去年|过去一年|上一?年度")
_CONGRESS = re.compile(r"政府工作报告|人民代表大会")


def half_width(text: str) -> str:
    """Digits in half-width form."""
    return text.translate(_HALF)


def read_date(text: str) -> str | None:
    """The first date of a text, Arabic or Chinese, as ISO; None where there is none, or none that the calendar has."""
    for year, month, day in _dates(half_width(text)):
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            continue
    return None


def impossible_date(text: str) -> str | None:
    """The first date of a text that no calendar has (`2022年2月30日`), as written."""
    text = half_width(text)
    for match in (*_DATE.finditer(text), *_CN_DATE.finditer(text)):
        if read_date(match.group()) is None:
            return match.group()
    return None


def _dates(text: str) -> list[tuple[int, int, int]]:
    found = [(m.start(), (int(m[1]), int(m[2]), int(m[3]))) for m in _DATE.finditer(text)]
    found += [(m.start(), (_cn_year(m[1]), _cn_small(m[2]), _cn_small(m[3]))) for m in _CN_DATE.finditer(text)]
    return [parts for _, parts in sorted(found)]


def _cn_year(text: str) -> int:
    return int("".join(_CN_DIGITS[c] for c in text))


def _cn_small(text: str) -> int:
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, has_ten, ones = text.partition("十")
    if not has_ten:
        return _SMALL.index(text) if text in _SMALL else 0
    return (_SMALL.index(tens) if tens else 1) * 10 + (_SMALL.index(ones) if ones else 0)


def year_in_title(title: str) -> str | None:
    """The year that a title names."""
    found = _YEAR.search(half_width(title))
    if found:
        return found.group(1)
    chinese = _CN_YEAR.search(title)
    return str(_cn_year(chinese.group(1))) if chinese else None


def reported_year(title: str | None, signed: str | None, body: str, headings: Sequence[str]) -> str | None:
    """The year that a report is on: in its title, else in its text, else the one before the signature's.

    A work report to a congress bears the year in which it is given: what it reports is in the heading of its first
    part, else the year before.
    """
    title_year = year_in_title(title) if title else None
    part = next((m.group(1) for h in headings if (m := _PART_YEAR.match(h))), None)
    given_that_year = signed is None or signed[:4] == title_year
    if title and title_year and _CONGRESS.search(title) and f"{title_year}年度" not in title and (part or given_that_year):
        return part or str(int(title_year) - 1)
    if title_year:
        return title_year
    if part:
        return part
    before = str(int(signed[:4]) - 1) if signed else None
    years = [m.group(1) for m in _YEAR_IN_TEXT.finditer(_NAMES_AND_RANGES.sub(" ", body))]
    if before and (before in years or _LAST_YEAR.search(body)):
        return before
    if not years:
        years = re.findall(r"((?:19|20)\d{2})年", body) if not before else []
    counts = Counter(years)
    return max(counts, key=counts.__getitem__) if counts else before
