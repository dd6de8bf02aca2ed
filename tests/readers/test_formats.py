"""Files of every kind, built here, give the same text to read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipeline.errors import UnreadableReport
from pipeline.extractor import Extractor
from pipeline.readers import read_report

BODY = [
    "宁州市司法局2022年法治政府建设情况报告",
    "一、化解纠纷",
    "市司法局全年受理行政复议案件312件，同比增长18.6%，审结290件。",
    "二、优化服务",
    "落实《优化营商环境条例》，减少材料36项。",
]


def found(extractor: Extractor, path: Path) -> tuple[list[str], list[str]]:
    record = extractor.read(path)
    return [e.text for e in record.entities], [q.text for q in record.quantities]


def test_the_same_report_in_every_format(extractor: Extractor, tmp_path: Path) -> None:
    from docx import Document

    text = tmp_path / "r.txt"
    text.write_text("\n".join(BODY), "utf-8")
    expected = found(extractor, text)
    assert expected[1] == ["312件", "18.6%", "290件", "36项"]
    document = Document()
    for paragraph in BODY:
        document.add_paragraph(paragraph)
    document.save(str(tmp_path / "r.docx"))
    paragraphs = "".join(f"<p>{p}</p>" for p in BODY[1:] * 3)
    page = f"<html><head><meta charset='utf-8'><title>{BODY[0]}</title></head><body><nav>首页 &gt; 公开</nav><article><h1>{BODY[0]}</h1>{paragraphs}</article></body></html>"
    (tmp_path / "r.html").write_text(page, "utf-8")
    assert found(extractor, tmp_path / "r.docx") == expected
    assert set(expected[1]) <= set(found(extractor, tmp_path / "r.html")[1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "r.txt"
    text = "\n".join(BODY)
    path.write_bytes(text.encode(encoding))
    report = read_report(path)
    assert report.text == text
    assert report.source.encoding in {"utf-8", "gb18030", "utf-16-le"}


def test_line_ends_are_not_altered(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes("甲\r\n乙\r丙\n".encode())
    assert read_report(path).text == "甲\r\n乙\r丙\n"


def test_word_tables_become_rows(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("项目", "件数"), ("许可", "12")), strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    document.save(str(tmp_path / "t.docx"))
    assert read_report(tmp_path / "t.docx").text == "项目\t件数\n许可\t12\n"


def test_a_word_file_that_unpacks_beyond_bounds_is_refused(tmp_path: Path) -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 250_000_000)
    (tmp_path / "bomb.docx").write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableReport, match="unpacks to more than"):
        read_report(tmp_path / "bomb.docx")


@pytest.mark.parametrize(("name", "words"), [("a.xyz", "no reader for .xyz"), ("none.txt", "no such file")])
def test_what_cannot_be_read(tmp_path: Path, name: str, words: str) -> None:
    if words.startswith("no reader"):
        (tmp_path / name).write_text("x", "utf-8")
    with pytest.raises(UnreadableReport, match=words):
        read_report(tmp_path / name)


def test_pdf_pages_with_and_without_text(tmp_path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure()
    figure.text(0.1, 0.8, "Report 2021: 12 cases")
    figure.savefig(tmp_path / "text.pdf")
    pyplot.close(figure)
    pyplot.figure().savefig(tmp_path / "scan.pdf")
    pyplot.close("all")
    assert read_report(tmp_path / "text.pdf").text == "Report 2021: 12 cases\f"
    with pytest.raises(UnreadableReport, match="no text layer on any of its 1 pages"):
        read_report(tmp_path / "scan.pdf")
