"""PDF files: reading order, page furniture, paragraphs over lines and pages, scans, and files made to do harm."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from report_files import as_pdf, drawn_pdf, scanned, written

from pipeline.errors import GongwenError, MissingComponent, UnreadableReport
from pipeline.readers import Limits, read_report
from pipeline.readers.pdf import ocr, read_pdf
from pipeline.readers.report import Content
from pipeline.view import make_view

LONG = "市司法局会同各县区对行政执法案卷逐件评查，全年共抽查案卷一百二十卷，评出优秀案卷三十卷，通报问题四十五个，限期整改到位。"


def read(data: bytes, limits: Limits | None = None) -> Content:
    return read_pdf(data, "r.pdf", limits or Limits())


def lines(data: bytes) -> list[str]:
    return read(data).text.replace("\f", "").split("\n")


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)


def test_paragraphs_go_over_lines_and_pages_without_their_furniture() -> None:
    report = [f"（{n}）{LONG.replace('一百二十', str(100 + at))}" for at, n in enumerate("一二三四五六七八九" * 4)]
    content = read(as_pdf(report, header="宁州市司法局2021年报告"))
    assert content.text.count("\f") >= 3
    assert "宁州市司法局" not in content.text
    assert "—" not in content.text
    assert content.text.replace("\f", "").split("\n")[:-1] == report
    assert make_view(content.text).text.split("\n") == report


def test_headers_of_left_and_right_pages_and_a_footer_of_one_page() -> None:
    pages = [
        [(80, 800, "宁州年鉴" if n % 2 else "法治政府建设"), (80, 700, f"第{n}页的正文。"), (280, 30, f"第 {n} 页 共 6 页")] for n in range(1, 7)
    ]
    pages[2].append((80, 60, "注：数据截至年底。"))
    text = read(drawn_pdf(pages)).text
    assert [page.strip() for page in text.split("\f")[:-1]] == [f"第{n}页的正文。" + ("\n注：数据截至年底。" if n == 3 else "") for n in range(1, 7)]


def test_a_number_in_the_body_is_no_page_number() -> None:
    assert lines(drawn_pdf([[(80, 400, "12"), (80, 300, "件。")]]))[0] == "12"


def test_columns_one_after_the_other_whatever_the_order_of_drawing() -> None:
    left = [f"左栏第{n}行，行政执法监督工作有序推进见效" for n in range(8)]
    right = [f"右栏第{n}行，行政复议主渠道作用持续发挥" for n in range(8)]
    words = [(50, 700 - 20 * n, text) for n, text in enumerate(left)] + [(320, 694 - 20 * n, text) for n, text in enumerate(right)]
    words.append((50, 760, "通栏标题：宁州市二〇二一年法治政府建设情况报告全文刊登如下各栏目内容"))
    text = read(drawn_pdf([words[::-1]])).text
    places = [text.index(part) for part in ("通栏标题", *left, *right)]
    assert places == sorted(places)


def test_a_table_keeps_its_rows() -> None:
    rows = [("项目", "2020年", "2021年"), ("行政许可", "12", "15"), ("行政处罚", "3", "4"), ("行政复议", "7", "6"), ("行政应诉", "9", "8")]
    drawn = [(x, 600 - 20 * n, cell) for column, x in enumerate((80, 250, 400)) for n, cell in enumerate(row[column] for row in rows)]
    assert lines(drawn_pdf([drawn]))[:5] == ["\t".join(row) for row in rows]


def test_a_watermark_is_left_out_and_a_page_on_its_side_is_read() -> None:
    register = [(80, 700 - 24 * n, f"第{n}行，受理案件{n}件。") for n in range(5)]
    assert lines(drawn_pdf([register]))[:5] == [text for *_, text in register]
    turned = drawn_pdf([[(80, 500 - 24 * n, f"第{n}行，受理案件{n}件。") for n in range(5)]], angle=90)
    assert lines(turned)[:5] == [text for *_, text in register]
    stamped = drawn_pdf([register], watermark="内部资料")
    assert lines(stamped)[:5] == [text for *_, text in register]


def test_words_drawn_twice_to_look_bold_are_read_once() -> None:
    assert lines(drawn_pdf([[(80, 700, "受理案件12件。"), (80.3, 700, "受理案件12件。")]]))[0] == "受理案件12件。"


def test_a_scan_names_its_pages_when_recognition_is_missing(without_ocr: None, tmp_path: Path) -> None:
    scan = scanned(drawn_pdf([[(80, 700, "受理案件12件。")]] * 2))
    with pytest.raises(MissingComponent, match=r"scan.pdf: no text layer on any of its 2 pages \(a scan\); .*gongwen\[ocr\]"):
        read_report(written(tmp_path, "scan.pdf", scan))


def merged(*files: bytes) -> bytes:
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for data in files:
        whole.import_pages(pypdfium2.PdfDocument(data))
    buffer = io.BytesIO()
    whole.save(buffer)
    return buffer.getvalue()


def test_pages_without_a_text_layer_among_others_are_named(without_ocr: None) -> None:
    typeset = drawn_pdf([[(80, 700, "受理案件12件，审结案件9件。")]])
    content = read(merged(typeset, drawn_pdf([[]]), scanned(typeset)))
    assert content.warnings == ("scanned-pages: no text layer on page 3, left out; pip install 'gongwen[ocr]' to have them read",)
    assert content.text.count("\f") == 3


@pytest.mark.slow
def test_a_mixed_file_is_read_whole_and_recognition_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    ocr._engine.cache_clear()
    typeset = drawn_pdf([[(80, 700, "受理案件12件，审结案件9件。")]], size=16)
    content = read(merged(typeset, scanned(typeset)))
    assert content.warnings == ("ocr: no text layer on page 2, read by text recognition",)
    assert [page.strip() for page in content.text.split("\f")] == ["受理案件12件，审结案件9件。"] * 2 + [""]
    limited = read(merged(scanned(typeset), scanned(typeset)), Limits(ocr_pages=1))
    assert any("GONGWEN_MAX_OCR_PAGES" in warning for warning in limited.warnings)
    small = read(merged(scanned(typeset)), Limits(page_pixels=400_000))
    assert "12" in small.text


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import rapidocr

    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    ocr._engine.cache_clear()
    with pytest.raises(MissingComponent, match="without its Det model"):
        read(scanned(drawn_pdf([[(80, 700, "受理")]])))
    ocr._engine.cache_clear()


def bare_pdf(objects: list[str]) -> bytes:
    """A PDF of objects written by hand, without an index: readers rebuild it."""
    body = "".join(f"{number} 0 obj {content} endobj\n" for number, content in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF".encode()


PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>"
HARMFUL = {
    "100,000 pages announced": ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 100000 /Kids [3 0 R] >>", PAGE],
    "2,000 pages announced": ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 2000 /Kids [3 0 R] >>", PAGE],
    "a tree of pages that is its own child": ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R 2 0 R] >>"],
    "contents that refer to themselves": [
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /XObject << /X 4 0 R >> >> >>",
        "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >> /Length 5 >> stream\n/X Do\nendstream",
    ],
    "a page as large as a country": [
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99999999 99999999] /Contents 4 0 R >>", "<< /Length 11 >> stream\n0 0 9 9 re f\nendstream",
    ],
    "no pages": ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"],
}  # fmt: skip


@pytest.mark.parametrize("name", HARMFUL)
def test_files_made_to_do_harm(without_ocr: None, name: str) -> None:
    start = time.monotonic()
    with pytest.raises(GongwenError, match=r"^r\.pdf: "):
        read(bare_pdf(HARMFUL[name]))
    assert time.monotonic() - start < 20


def test_limits_on_pages_and_time() -> None:
    pdf = drawn_pdf([[(80, 700, "受理案件12件。")]] * 3)
    with pytest.raises(UnreadableReport, match="3 pages, more than the limit of 2; split it, or set GONGWEN_MAX_PAGES higher"):
        read(pdf, Limits(pages=2))
    with pytest.raises(UnreadableReport, match="took more than 0 s"):
        read(pdf, Limits(seconds=0))


def test_a_locked_file(tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("secret"))
    canvas.drawString(80, 700, "12")
    canvas.save()
    with pytest.raises(UnreadableReport, match="locked with a password"):
        read(buffer.getvalue())


def test_latin_lines_of_a_paragraph_are_parted_by_a_space(tmp_path: Path) -> None:
    text = " ".join(["The office read every file of the year and gave its view"] * 6)
    assert lines(as_pdf([text], numbered=False))[0] == text
