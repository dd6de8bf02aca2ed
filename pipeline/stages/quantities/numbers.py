"""Chinese and Arabic numerals as exact numbers."""

from __future__ import annotations

import re
from fractions import Fraction

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "几": 1, "数": 1}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_CAPITALS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬億", "一二三四五六七八九十百千万亿")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)万零?(\d+)([千百])\Z")
_MIXED = re.compile(r"(\d[\d,， ]*(?:\.\d+)?)([十百千万亿]*)\Z")


def parse_number(text: str) -> Fraction | None:
    """The value of a numeral (`1,234`, `5629万`, `两千三`, `百分之八十五` is none of it); None when it is no numeral."""
    if text.isascii() and text.isdigit():
        return Fraction(int(text))
    parts = _PARTS.match(text)
    if parts:
        return Fraction(parts.group(1)) * 10**4 + int(parts.group(2)) * _SMALL[parts.group(3)]
    mixed = _MIXED.match(text)
    if mixed:
        value = Fraction(mixed.group(1).replace(",", "").replace("，", "").replace(" ", ""))
        for char in mixed.group(2):
            value *= _SMALL.get(char) or _LARGE[char]
        return value
    if "点" in text:
        whole, _, decimals = text.partition("点")
        base = parse_chinese(whole)
        if base is None or not decimals or any(c not in _DIGITS for c in decimals):
            return None
        return base + Fraction(int("".join(str(_DIGITS[c]) for c in decimals)), 10 ** len(decimals))
    return parse_chinese(text)


def parse_chinese(text: str) -> Fraction | None:
    """The value of a Chinese numeral: `一百二十`, `两千三` (2300), `二〇二二` (2022), `数百` (100), `上万` is none of it."""
    if not text:
        return None
    text = text.translate(_CAPITALS)
    if all(c in _DIGITS for c in text):
        return Fraction(int("".join(str(_DIGITS[c]) for c in text)))
    total = section = digit = 0
    last_unit = 1
    has_digit = False
    for char in text:
        if char in _DIGITS:
            digit, has_digit = _DIGITS[char], True
            if char in "零〇○":
                last_unit = 1
        elif char in _SMALL:
            section += (digit if has_digit else 1) * _SMALL[char]
            digit, has_digit, last_unit = 0, False, _SMALL[char]
        elif char in _LARGE:
            section += digit if has_digit else 0
            total = (total + (section or 1)) * _LARGE[char] if char == "亿" else total + (section or 1) * _LARGE[char]
            section, digit, has_digit, last_unit = 0, 0, False, _LARGE[char]
        else:
            return None
    if has_digit:
        section += digit * (last_unit // 10 if last_unit > 10 else 1)
    return Fraction(total + section)


def to_text(value: Fraction) -> str:
    """A decimal string without trailing zeros, or `n/m` where no finite decimal is equal."""
    denominator = value.denominator
    if denominator == 1:
        return str(value.numerator)
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    scaled = abs(int(value * 10**digits))
    sign = "-" if value < 0 else ""
    text = str(scaled).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"
