"""Saved web pages: text apart from furniture, encodings declared and not, layouts of old pages, pages made to do harm."""

from __future__ import annotations

import html
import time
from pathlib import Path

import pytest
from conftest import GOLD_REPORT
from report_files import as_web_page, paragraphs_of, written

from pipeline.errors import UnreadableReport
from pipeline.readers import Limits, read_report
from pipeline.readers.html import declared_encoding, read_html

PARAGRAPHS = [
    "宁州市司法局2022年法治政府建设情况报告",
    "一、化解纠纷",
    *(f"第{n}季度，全市受理行政复议案件{n}12件，审结{n}09件，调解结案{n}6件，当事人服判息诉率稳步提高。" for n in range(1, 5)),
    "二、优化服务",
    "落实《优化营商环境条例》，减少材料36项，办理时限压缩一半以上。",
]
LAYOUTS = {
    "styled paragraphs": "<div class='TRS_Editor'>{p}</div>",
    "an article": "<article>{p}</article>",
    "bare body": "{p}",
    "divisions": "<div id='zoom'>{div}</div>",
    "line breaks": "<div id='zoom'>{br}</div>",
    "a table that lays out the page": "<table width=980><tr><td><a href='/'>导航</a></td><td><table><tr><td>{p}</td></tr></table></td></tr></table>",
    "Word's own page": "<div class=Section1>{word}</div>",
}


def page(layout: str) -> str:
    escaped = [html.escape(p) for p in PARAGRAPHS]
    word = "".join(f"<p class=MsoNormal><span lang=EN-US>&nbsp;&nbsp;</span><b><span>{p[:3]}</span></b><span>{p[3:]}</span></p>\n" for p in escaped)
    body = LAYOUTS[layout].format(
        p="\n".join(f"<p>{p}</p>" for p in escaped),
        div="".join(f"<div>{p}</div>" for p in escaped),
        br="<br>".join(f"　　{p}" for p in escaped),
        word=word,
    )
    return f"<html><head><title>{PARAGRAPHS[0]}</title></head><body>{body}</body></html>"


def text_of(data: bytes | str, limits: Limits | None = None) -> str:
    return read_html(data.encode() if isinstance(data, str) else data, "r.html", limits or Limits()).text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paragraphs_in_every_layout(layout: str) -> None:
    lines = [line.strip() for line in text_of(page(layout)).splitlines()]
    assert [line for line in lines if line in PARAGRAPHS] == PARAGRAPHS


def test_furniture_is_left_out() -> None:
    text = text_of(as_web_page(PARAGRAPHS, PARAGRAPHS[0]))
    assert not any(word in text for word in ("首页", "关于印发第", "主办单位", "网站地图"))


def test_tables_keep_rows_and_repeated_lines_stay() -> None:
    table = "<table><tr><th>项目</th><th>件数</th></tr><tr><td>许可</td><td>0</td></tr><tr><td>许可</td><td>0</td></tr></table>"
    text = text_of(page("styled paragraphs").replace("<p>二、", f"{table}<p>同上。</p><p>同上。</p><p>二、"))
    assert text.count("| 许可 | 0 |") == 2
    assert text.count("同上。") == 2


@pytest.mark.parametrize(
    ("head", "encoding", "named"),
    [
        ("<meta charset=gb2312>", "gbk", "gb18030"),
        ("<meta http-equiv='Content-Type' content='text/html; charset=gbk'>", "gb18030", "gb18030"),
        ("", "gb18030", "gb18030"),
        ("<meta charset='utf-8'>", "gb18030", "gb18030"),
        ("<meta charset='gb2312'>", "utf-8", "utf-8"),
        ("<meta charset='iso-8859-1'>", "gb18030", "gb18030"),
        ("<meta charset='no-such-thing'>", "utf-8", "utf-8"),
        ("", "utf-16", "utf-16-le"),
    ],
)  # fmt: skip
def test_encoding_by_declaration_and_content(tmp_path: Path, head: str, encoding: str, named: str) -> None:
    data = page("styled paragraphs").replace("<head>", f"<head>{head}").encode(encoding)
    report = read_report(written(tmp_path, "r.html", data))
    assert report.source.encoding == named
    assert PARAGRAPHS[2] in report.text


def test_the_header_of_a_saved_response() -> None:
    header = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=big5\r\nContent-Length: 99\r\n\r\n"
    assert declared_encoding(header) == "big5hkscs"
    import opencc

    traditional = opencc.OpenCC("s2t").convert(page("styled paragraphs"))
    text = text_of(header + traditional.encode("big5hkscs", "ignore"))
    assert "優化" in text
    assert "HTTP" not in text


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize("tag", ["div", "span", "table><tr><td", "ul><li", "b><i"])
def test_nesting_without_end(tag: str, depth: int) -> None:
    start = time.monotonic()
    try:
        text = text_of(f"<html><body>{f'<{tag}>' * depth}{page('bare body')}")
    except UnreadableReport as error:
        text = str(error)
    assert text
    assert time.monotonic() - start < 30


def test_a_page_of_50_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "r.html", b"<p>" + "受理案件。".encode() * 3_400_000)
    start = time.monotonic()
    with pytest.raises(UnreadableReport, match="more than the limit of 20,000,000; split it, or set GONGWEN_MAX_HTML_BYTES higher"):
        read_report(path)
    assert time.monotonic() - start < 5


def test_references_to_stray_characters() -> None:
    text = text_of(page("styled paragraphs").replace("12件", "1&#x200b;2&#xD800;&#0;&#1114112;件"))
    text.encode()


def test_script_and_style_are_no_text() -> None:
    text = text_of(page("styled paragraphs").replace("<p>二、", "<script>var a='受理999件';</script><style>p{}</style><!-- 注释 --><p>二、"))
    assert "999" not in text
    assert "注释" not in text


def test_a_page_with_far_more_text_than_a_report_is_refused_before_the_slow_part() -> None:
    paragraphs = paragraphs_of(GOLD_REPORT.read_text("utf-8"))
    start = time.monotonic()
    for data in (as_web_page([f"{n}{p}" for n in range(1_000) for p in paragraphs], "汇编"), b"<p>" + "文".encode() + b"<b></b>" * 2_000_000):
        with pytest.raises(UnreadableReport, match="far more than the limit of 1,000,000 for a report"):
            text_of(data)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        ("<meta name='ArticleTitle' content='平山县2021年度法治政府建设情况报告'>", "平山县2021年度法治政府建设情况报告\n一、"),
        ("<title>平山县2021年法治政府建设工作报告_平山县人民政府</title>", "平山县2021年法治政府建设工作报告\n一、"),
        ("<title>政府信息公开</title>", "一、"),
        (f"<meta name='ArticleTitle' content='{PARAGRAPHS[0]}'>", f"{PARAGRAPHS[0]}\n一、"),
    ],
)
def test_a_title_outside_the_text_is_read_once(head: str, begins: str) -> None:
    has_title = PARAGRAPHS[0] in head
    body = "".join(f"<p>{p}</p>" for p in PARAGRAPHS[0 if has_title else 1 :])
    assert text_of(f"<html><head>{head}</head><body><div id=c>{body}</div></body></html>").startswith(begins)
