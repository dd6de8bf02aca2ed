"""Headings, the section tree, sentences, topics and metadata."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extractor import Extractor
from pipeline.stages.metadata.dates import read_date
from pipeline.stages.metadata.regions import area_of
from pipeline.stages.sections.logic import find_sections
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.stages.tree import nest
from pipeline.view import make_view

REPORT = """宁州政发〔2023〕7号

宁州市人民政府关于2022年法治政府建设情况的报告

省政府：

2022年，宁州市坚持依法行政，现将有关情况报告如下。

一、优化营商环境

深化“放管服”改革，压减审批事项36项，办理时限压缩41%。市行政审批局推行告知承诺制，企业开办一日办结。

二、化解矛盾纠纷

市司法局受理行政复议案件312件，同比增长18.6%，审结290件，纠错31件。行政机关负责人出庭应诉率100%。

一年来，法治政府建设还存在不少短板，主要是执法力量不足，基层法制审核人员缺乏，与群众期待有差距。

下一步，宁州市将继续深化改革，健全制度，努力建设法治政府。

宁州市人民政府

2023年1月16日

抄送：市委，市人大常委会。
"""


@pytest.mark.parametrize("case", cases("layout.jsonl"), ids=lambda case: case.get("why", "plain"))
def test_headings(case: dict[str, Any]) -> None:
    sections = find_sections(make_view(case["text"]))
    assert [[s.level, s.number, s.title] for s in sections if s.heading] == case["headings"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["一、标题\n", "（一）小标题。正文。\n", "1.条目。内容。\n", "正文一段，没有标题。\n", "抄送：市委。\n", "2023年1月5日\n", "。", "《"]
        ),
        max_size=14,
    )
)
def test_every_character_has_exactly_one_deepest_section(pieces: list[str]) -> None:
    view = make_view("".join(pieces))
    sections = find_sections(view)
    for position, char in enumerate(view.text):
        if char.isspace():
            continue
        holding = [s for s in sections if s.start <= position < s.end]
        assert holding
        deepest = max(s.level for s in holding)
        assert sum(s.level == deepest for s in holding) == 1
    for section in sections:
        if section.parent is not None:
            parent = sections[section.parent]
            assert parent.start <= section.start < section.end <= parent.end
            assert parent.level < section.level


def test_nest() -> None:
    assert nest([(0, 1), (5, 2), (9, 2), (12, 1)], 20) == [(12, None), (9, 0), (12, 0), (20, None)]
    assert nest([], 5) == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("受理12件。办结9件！还有吗？没有。", ["受理12件。", "办结9件！", "还有吗？", "没有。"]),
        ("他说：“抓落实。见实效。”会议强调。", ["他说：“抓落实。见实效。”", "会议强调。"]),
        ("印发《办法。试行》。执行。", ["印发《办法。试行》。", "执行。"]),
        ("一是学习；二是执法；三是普法。", ["一是学习；二是执法；三是普法。"]),
        ("增长3.5%。下降1.2%。", ["增长3.5%。", "下降1.2%。"]),
        ("未闭合的“引号。下一句。\n下一段。", ["未闭合的“引号。下一句。", "下一段。"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[s:e] for s, e in find_sentences(text, [])] == sentences


def test_report_as_a_whole(extractor: Extractor) -> None:
    record = extractor(REPORT, id="ningzhou")
    meta = record.metadata
    assert meta.title == "宁州市人民政府关于2022年法治政府建设情况的报告"
    assert meta.doc_number == "宁州政发〔2023〕7号"
    assert (meta.issuer, meta.addressee, meta.date, meta.year) == ("宁州市人民政府", "省政府", "2023-01-16", "2022")
    assert meta.cc == ["市委", "市人大常委会"]
    topics = [section.topic for section in record.sections]
    assert topics[0] == topics[-1] == "meta"
    assert {"functions", "disputes", "problems", "plans"} <= set(topics)


def test_a_print_date_before_the_signature_is_a_warning(extractor: Extractor) -> None:
    text = REPORT.replace("抄送：市委，市人大常委会。", "宁州市人民政府办公室2022年1月18日印发")
    assert [w.split(":")[0] for w in extractor(text).metadata.warnings] == ["date-mismatch"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022 年2月28日".replace(" ", ""), "2022-02-28"),
        ("二〇二二年十一月二十八日", "2022-11-28"),
        ("二○二三年一月五日", "2023-01-05"),
        ("去年年底", None),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    ("name", "region", "level"),
    [
        ("连云港市人民政府", "连云港市", "city"),
        ("国家税务总局贵州省税务局", "贵州省", "province"),
        ("江门市新会区人民政府", "江门市新会区", "county"),
        ("湛江海关", "湛江市", "city"),
        ("四川证监局", "四川省", "province"),
        ("内蒙古自治区兴安盟林业和草原局", "内蒙古自治区兴安盟", "city"),
    ],
)
def test_regions(name: str, region: str, level: str) -> None:
    area = area_of(name)
    assert area is not None
    assert (area.name, area.level) == (region, level)


def test_no_region() -> None:
    assert area_of("法制办公室") is None
