"""Layouts: what is read, which headings and parts a text has; the section tree covers every text."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.layers import Section
from pipeline.stages.metadata.logic import find_metadata
from pipeline.stages.sections.logic import find_sections
from pipeline.stages.sections.numbering import marker_at
from pipeline.stages.tree import nest, ordinal
from pipeline.view import View, make_view

LAYOUTS = cases("layout.jsonl")


def assert_covered(view: View, sections: list[Section]) -> None:
    """Every character but white space has exactly one deepest section, and sections nest."""
    for position, char in enumerate(view.text):
        if char.isspace():
            continue
        holding = [s for s in sections if s.start <= position < s.end]
        assert holding, f"{view.text[position : position + 10]!r} is in no section"
        deepest = max(s.level for s in holding)
        assert sum(s.level == deepest for s in holding) == 1
    for section in sections:
        assert section.start < section.end
        if section.heading:
            assert section.heading[0] == section.start
            assert section.heading[1] <= section.end
        if section.parent is not None:
            parent = sections[section.parent]
            assert parent.start <= section.start < section.end <= parent.end
            assert parent.level < section.level


@pytest.mark.parametrize("case", LAYOUTS, ids=lambda case: f"{case['kind']}: {case['why']}")
def test_layout(case: dict[str, Any]) -> None:
    view = make_view(case["text"])
    sections = find_sections(view)
    assert [[s.level, s.number, s.title] for s in sections if s.heading] == case["headings"]
    if "view" in case:
        assert [view.text[s:e] for s, e in view.paragraphs()] == case["view"]
    if "parts" in case:
        assert len(sections) == len(case["parts"])
        for section, words in zip(sections, case["parts"], strict=True):
            assert view.surface(section.start, section.end).startswith(words)
    if "warnings" in case:
        assert [w.split(":")[0] for w in find_metadata(view, sections).warnings] == case["warnings"]
    assert_covered(view, sections)


PIECES = (
    "一、标题\n", "（一）小标题。正文。\n", "(二)半角括号\n", "1.条目。内容。\n", "１、全角条目。内容。\n", "（1）再小一级\n", "二）缺括号的标题\n",
    "## 三、带记号的标题\n\n", "**（三）粗体标题。** 正文一句。\n", "正文一段，没有标题。\n", "没有标点的一行\n", "2022年工作回顾\n",
    "过去一年，各项工作取得新进展，群众满意度稳步上升，没有发生重大事故。\n", "抄送：市委。\n", "2023年1月5日\n", "宝鸡市水利局\n", "附件\n",
    "项目\t件数\n许可\t12\n", "— 3 —\n", "\f", "。", "《", "）", "\n\n", "各位代表：\n", "发布时间：2023-01-05 浏览次数：12\n", "---\n", "三、四、五、\n",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_every_character_has_exactly_one_deepest_section(pieces: list[str]) -> None:
    view = make_view("".join(pieces))
    assert_covered(view, find_sections(view))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("一二十、（）()12.．。，；：《》“”\n\t #*|审查附件省市年月日"), max_size=60))
def test_any_text_is_covered(raw: str) -> None:
    view = make_view(raw)
    sections = find_sections(view)
    assert_covered(view, sections)
    find_metadata(view, sections)


def test_nest() -> None:
    assert nest([(0, 1), (5, 2), (9, 2), (12, 1)], 20) == [(12, None), (9, 0), (12, 0), (20, None)]
    assert nest([], 5) == []


@pytest.mark.parametrize(
    ("number", "value"), [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("三十一", 31), ("7", 7), ("2.4.1", 1), ("第三部分", 3), ("甲", 0)]
)
def test_ordinal(number: str, value: int) -> None:
    assert ordinal(number) == value


@pytest.mark.parametrize(
    ("text", "level", "number"),
    [
        ("（十二）强化监督", 2, "十二"),
        ("3．建章立制", 3, "3"),
        ("2.1总体要求", 4, "2.1"),
        ("第二章 总则", 1, "第二章"),
        ("一般来说", None, None),
        ("2.5万户", None, None),
        ("2022年工作", None, None),
    ],
)
def test_marker(text: str, level: int | None, number: str | None) -> None:
    view = make_view(text)
    marker = marker_at(view, 0, len(view.text))
    assert (marker and marker.level, marker and marker.number) == (level, number)
