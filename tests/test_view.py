"""The view: what is put aside, what is rejoined, and the way back for any string."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.view import make_view

CASES = [
    (
        "word broken by a blank line",
        "总结经验。加强执法监督信息\n\n化建设，跟踪进展。推进信息\n\n化。",
        "总结经验。加强执法监督信息化建设，跟踪进展。推进信息化。",
    ),
    ("title broken across lines", "编制《全市“十\n\n四五”规划》等6项。", "编制《全市“十四五”规划》等6项。"),
    ("page number between", "赋权到位。推进综合执法改革，整合\n\n— 3 —\n\n队伍12支。推进。", "赋权到位。推进综合执法改革，整合队伍12支。推进。"),
    ("page n of m", "第一段。\n第 3 页 共 12 页\n第二段。", "第一段。\n第二段。"),
    ("markdown heading", "## 一、工作情况\n\n正文。", "一、工作情况\n正文。"),
    ("bold heading", "**（一）加强领导。** 正文。", "（一）加强领导。正文。"),
    ("rule", "上文。\n\n---\n\n下文。", "上文。\n下文。"),
    ("spaces around digits", "受理 783 件，增长 66.24 %。", "受理783件，增长66.24%。"),
    ("table with tabs", "项目\t单位\t2023年\n案件\t宗\t17", "项目\t单位\t2023年\n案件\t宗\t17"),
    ("markdown table", "| 项目 | 件数 |\n|---|---|\n| 许可 | 12 |", "项目\t件数\n许可\t12"),
    ("Latin words", "Open Data 平台", "Open Data平台"),
    ("full-width indent", "\u3000\u3000全年工作。", "全年工作。"),
    ("zero-width characters", "受\u200b理1\u200b2件", "受理12件"),
    (
        "heading over two lines",
        "二、聚焦主责主业，推动法治\n政府建设\n正文在此，继续说明情况。",
        "二、聚焦主责主业，推动法治政府建设\n正文在此，继续说明情况。",
    ),
    ("signature and date", "特此报告。\n\n某市人民政府\n\n2022 年 2 月 28 日", "特此报告。\n某市人民政府\n2022年2月28日"),
    ("CRLF", "第一段。\r\n\r\n第二段。\r\n", "第一段。\n第二段。"),
    ("nothing to read", " \n\u3000\n", ""),
]


@pytest.mark.parametrize(("raw", "text"), [(raw, text) for _, raw, text in CASES], ids=[name for name, _, _ in CASES])
def test_view(raw: str, text: str) -> None:
    assert make_view(raw).text == text


def test_fixed_width_lines_are_joined() -> None:
    sentence = "全市各级行政执法机关认真落实行政执法公示执法全过程记录重大执法决定法制审核等制度"
    prose = "，".join(sentence for _ in range(12)) + "。"
    raw = "\n".join(prose[i : i + 30] for i in range(0, len(prose), 30))
    assert make_view(raw).text == prose


def test_bare_numbers_that_count_on_are_page_numbers() -> None:
    page = "全市各级行政执法机关认真落实行政执法公示制度。" * 12
    assert make_view("\n".join([page, "3", page, "4", page, "5", page])).text == "\n".join([page] * 4)
    assert "\n3\n" in make_view("\n".join([page, "3", page, "9", page, "5", page])).text


def test_norm_keeps_positions() -> None:
    view = make_view('７８．５万元,"一网通办"(试行):1,204件')
    assert view.norm == "78.5万元，“一网通办”（试行）：1,204件"
    assert len(view.norm) == len(view.text)


@settings(max_examples=300)
@given(
    st.text(alphabet=st.sampled_from("一、（二）审查法治。，《》“”\n\r\t \u3000#*-|1２—页第共abc\f\u200b𠀀😀"), max_size=80) | st.text(max_size=60)
)
def test_every_view_character_comes_from_the_raw_text(raw: str) -> None:
    view = make_view(raw)
    assert len(view.offsets) == len(view.text) == len(view.norm)
    assert all(a < b for a, b in zip(view.offsets, view.offsets[1:], strict=False))
    for char, offset in zip(view.text, view.offsets, strict=True):
        # what separates comes from white space, a cell's bar, or a character that nobody sees
        assert char == raw[offset] or (char in "\n\t " and (raw[offset].isspace() or raw[offset] == "|" or not raw[offset].isprintable()))
    for start in range(0, len(view.text), 7):
        assert view.view_span(*view.raw_span(start, start + 1)) == (start, start + 1)
