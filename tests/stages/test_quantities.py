"""The grammar of quantities: cases as data, numerals round trip, no input that breaks or slows it."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest
from conftest import cases
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline.stages.quantities.grammar import find_quantities
from pipeline.stages.quantities.numbers import parse_number, to_text
from pipeline.stages.quantities.units import in_base_unit, measure_words, measured_units, read_lines, words


@pytest.mark.parametrize("case", cases("quantities.jsonl"), ids=lambda case: case["text"][:24])
def test_sentence(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [
        ["".join(text[q.start : q.end].split()), Fraction(q.value), q.value_max and Fraction(q.value_max), q.unit, q.bound]
        for q in pipeline.quantities(text)
    ]
    expected = [[w, Fraction(v), m and Fraction(m), u, b] for w, v, m, u, b in case["quantities"]]
    assert found == expected, case.get("why")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一百二十", 120),
        ("两千三", 2300),
        ("一万零五十", 10050),
        ("三亿五千万", 350_000_000),
        ("十二", 12),
        ("二〇二二", 2022),
        ("5629万", 56_290_000),
        ("1,234", 1234),
        ("七十五点七", Fraction(757, 10)),
        ("1.2万亿", 1_200_000_000_000),
    ],
)
def test_numeral(text: str, value: float | Fraction) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "件", "一件", "点五", "万一个"])
def test_no_numeral(text: str) -> None:
    assert parse_number(text) is None


@given(st.integers(0, 10**12), st.integers(0, 4))
def test_decimal_text_reads_back(number: int, decimals: int) -> None:
    value = Fraction(number, 10**decimals)
    assert Fraction(to_text(value)) == value


@given(st.integers(1, 10**9), st.sampled_from(["件", "万元", "家次", "%", "个百分点"]))
def test_arabic_number_keeps_its_value(number: int, unit: str) -> None:
    (found,) = find_quantities(f"受理{number}{unit}，")
    factor = 10_000 if unit == "万元" else 1
    assert Fraction(found.value) == number * factor


def in_chinese(number: int) -> str:
    """A number below 10^12 in Chinese numerals, as official prose writes it."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]

    def below_ten_thousand(n: int) -> str:
        text = ""
        for power in range(3, -1, -1):
            digit = n // 10**power % 10
            if digit:
                text += digits[digit] + units[power]
            elif text and n % 10**power and not text.endswith("零"):
                text += "零"
        return text

    parts = [(number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    text = ""
    for value, unit in parts:
        if value:
            text += ("零" if text and value < 1000 else "") + below_ten_thousand(value) + unit
    return "十" + text[2:] if text.startswith("一十") else text


STYLES = {
    "plain": str,
    "separators": lambda n: f"{n:,}",
    "full-width": lambda n: str(n).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "ten thousands": lambda n: f"{to_text(Fraction(n, 10**4))}万",
    "hundred millions": lambda n: f"{to_text(Fraction(n, 10**8))}亿",
    "chinese": in_chinese,
    "spaced": lambda n: f" {n} ",
    "broken": lambda n: f"{n}\n",
}


@settings(max_examples=400)
@given(st.integers(2, 10**11), st.sampled_from(sorted(STYLES)), st.sampled_from(["件", "元", "人次", "平方公里", "户", "公里"]))
def test_any_number_in_any_style_parses_back(number: int, style: str, unit: str) -> None:
    assume(style != "broken" or not 1900 <= number < 2100)  # a year may end a title: such a line is not joined
    assume(style != "chinese" or number > 2)  # 二 before a measure word is an ordinal: the count is 两
    text = f"全市共办理{STYLES[style](number)}{unit}，位居前列。"
    found = pipeline.quantities(text)
    assert [(Fraction(q.value), q.unit) for q in found] == [(number, unit)], text


@settings(max_examples=150)
@given(st.integers(1, 9999), st.sampled_from(["%", "％", "百分之", "千分之"]))
def test_any_share_parses_back(tenths: int, style: str) -> None:
    share = Fraction(tenths, 10)
    text = f"办结率达{style}{to_text(share)}。" if style.endswith("之") else f"办结率达{to_text(share)}{style}。"
    (found,) = pipeline.quantities(text)
    assert (Fraction(found.value), found.unit) == (share, "‰" if style == "千分之" else "%")


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("0123456789一二三十百千万亿余多近超件个元%年月日第每，。《》“”（）\n\t 的"), max_size=60))
def test_any_text_gives_spans_inside_it(text: str) -> None:
    last = 0
    for q in find_quantities(text):
        assert last <= q.start < q.end <= len(text)
        last = q.end


@pytest.mark.parametrize(
    "piece", ["1", "十", "1件", "一", "（", "1,", "近", "1至", "百分之", "1个（", "壹拾", "1/", "约", "1万零", "半", "1至2件至", "第", "A1-"]
)
def test_time_is_linear(piece: str) -> None:
    def seconds(times: int) -> float:
        text = piece * times
        start = time.perf_counter()
        find_quantities(text)
        return time.perf_counter() - start

    seconds(100)
    short, long = min(seconds(2000) for _ in range(3)), min(seconds(16000) for _ in range(2))
    assert long < 40 * max(short, 1e-3), "eight times the text takes no more than a linear share of the time, with room for noise"


def test_base_unit() -> None:
    assert in_base_unit(Fraction(3), "公顷") == (30_000, "平方米")
    assert in_base_unit(Fraction(3), "件") == (3, "件")


def test_unit_data_is_whole() -> None:
    for unit in measured_units().values():
        assert unit.name
        assert unit.base
        assert unit.factor > 0
    assert all(word.strip() == word for word in measure_words())
    assert set(words().before.values()) | set(words().after.values()) <= {"approx", "below", "above", "at_least", "at_most"}
    assert not set(read_lines("not_quantities.txt")) & {"三件", "两个"}
