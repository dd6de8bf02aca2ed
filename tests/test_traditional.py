"""Traditional characters are understood, one for one, and published as they were written."""

from __future__ import annotations

import opencc
import pytest
from conftest import GOLD_REPORT, ROOT

from pipeline.extractor import Extractor
from pipeline.traditional import as_simplified, is_traditional
from pipeline.view import make_view

TRADITIONAL = opencc.OpenCC("s2t").convert(GOLD_REPORT.read_text("utf-8"))


def test_the_gold_report_in_traditional_characters(extractor: Extractor) -> None:
    plain, record = extractor.read(GOLD_REPORT), extractor(TRADITIONAL)
    assert record.text == TRADITIONAL
    assert [(e.label, e.start, e.end, e.canonical, e.rank, e.level) for e in record.entities] == [
        (e.label, e.start, e.end, e.canonical, e.rank, e.level) for e in plain.entities
    ]
    assert [(q.start, q.end, q.value, q.unit, q.bound, q.change) for q in record.quantities] == [
        (q.start, q.end, q.value, q.unit, q.bound, q.change) for q in plain.quantities
    ]
    assert [(s.start, s.level, s.topic) for s in record.sections] == [(s.start, s.level, s.topic) for s in plain.sections]
    assert record.metadata == plain.metadata
    assert record.fingerprint == plain.fingerprint


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("皇后以後，乾隆年間頭髮發展。", "皇后以后，乾隆年间头发发展。"),
        ("關於２０２１年法治政府建設情況的報告", "关于２０２１年法治政府建设情况的报告"),
        ("法治政府建设，严格规范执法。", "法治政府建设，严格规范执法。"),
        ("⼀、⼈⺠政府⼯作", "一、人⺠政府工作"),
        ("", ""),
    ],
)
def test_characters_one_for_one(written: str, read: str) -> None:
    assert as_simplified(written) == read


def test_simplified_reports_are_left_as_they_are() -> None:
    paths = [*(ROOT / "annotations").rglob("*.txt"), *(ROOT / "annotations").glob("*/*.md")]
    texts = [path.read_text("utf-8") for path in paths if path.name not in {"GUIDELINE.md", "README.md", "LICENSE.md"}]
    assert len(texts) > 100
    assert not any(is_traditional(text) for text in texts)
    assert as_simplified(texts[0]) == texts[0]


def test_a_view_keeps_its_length() -> None:
    view = make_view(TRADITIONAL)
    assert len(view.norm) == len(view.text) == len(view.offsets)
