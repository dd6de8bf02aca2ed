"""The same report through every format gives the same entities and quantities; encodings; what cannot be read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from conftest import GOLD_REPORT
from report_files import as_docx, as_pdf, as_web_page, paragraphs_of, scanned, written, zipped

from pipeline.errors import UnreadableReport
from pipeline.extractor import Extractor
from pipeline.readers import read_all, read_report
from pipeline.record import Record

BODY = [
    "宁州市司法局2022年法治政府建设情况报告",
    "一、化解纠纷",
    "市司法局全年受理行政复议案件312件，同比增长18.6%，审结290件。",
    "二、优化服务",
    "落实《优化营商环境条例》，减少材料36项。",
]
GOLD = GOLD_REPORT.read_text("utf-8")
PARAGRAPHS = paragraphs_of(GOLD)
HEADER = "连云港市人民政府公报"


def found(record: Record) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """What a record says, places left aside."""
    entities = Counter((e.label, e.text, e.canonical, e.rank, e.level) for e in record.entities)
    quantities = Counter(
        (q.text, q.value, q.value_max, q.unit, q.bound, q.change, q.item and q.item.text, q.action and q.action.text) for q in record.quantities
    )
    return entities, quantities


@pytest.fixture(scope="module")
def expected(extractor: Extractor) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    of_gold = found(extractor.read(GOLD_REPORT))
    assert of_gold[0].total() > 100
    assert of_gold[1].total() > 70
    return of_gold


def parquet(text: str, path: Path) -> Path:
    import pyarrow as pa
    from pyarrow import parquet as pq

    pq.write_table(pa.table({"id": ["gold"], "text": [text]}), path)
    return path


FILES = {
    "r.txt": lambda: "\n".join(PARAGRAPHS).encode(),
    "crlf.txt": lambda: "\r\n".join(PARAGRAPHS).encode("utf-8-sig"),
    "gb.txt": lambda: "\n".join(PARAGRAPHS).encode("gb18030"),
    "wide.txt": lambda: "\n".join(PARAGRAPHS).encode("utf-16"),
    "r.md": lambda: GOLD.encode(),
    "r.html": lambda: as_web_page(PARAGRAPHS, PARAGRAPHS[1]),
    "gb.htm": lambda: as_web_page(PARAGRAPHS, PARAGRAPHS[1], "gb18030"),
    "r.docx": lambda: as_docx(PARAGRAPHS, header=HEADER, footer="第 1 页"),
    "numbered.docx": lambda: as_docx(PARAGRAPHS, automatic_numbers=True),
    "r.pdf": lambda: as_pdf(PARAGRAPHS, header=HEADER),
    "r.jsonl": lambda: json.dumps({"id": 7, "text": GOLD}).encode(),
    "r.zip": lambda: zipped({"2021/报告.md": GOLD.encode()}),
}


@pytest.mark.parametrize("name", FILES)
def test_the_gold_report_in_every_format(
    extractor: Extractor, tmp_path: Path, expected: tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]], name: str
) -> None:
    [record] = extractor.read_all(written(tmp_path, name, FILES[name]()))
    assert found(record) == expected
    assert len([s for s in record.sections if s.level == 1]) >= 7


def test_the_gold_report_as_a_table(
    extractor: Extractor, tmp_path: Path, expected: tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]
) -> None:
    [record] = extractor.read_all(parquet(GOLD, tmp_path / "r.parquet"))
    assert found(record) == expected


@pytest.mark.slow
def test_pages_of_the_gold_report_scanned(extractor: Extractor, tmp_path: Path) -> None:
    """What recognition loses: single characters, and now and then a line."""
    paragraphs = PARAGRAPHS[:16]
    [record] = extractor.read_all(written(tmp_path, "scan.pdf", scanned(as_pdf(paragraphs, header=HEADER))))
    assert any(warning.startswith("ocr: no text layer on pages 1–") for warning in record.metadata.warnings)
    assert HEADER not in record.text
    entities, quantities = (Counter(key[:4] for key in counter.elements()) for counter in found(extractor("\n".join(paragraphs))))
    read_entities, read_quantities = (Counter(key[:4] for key in counter.elements()) for counter in found(record))
    assert quantities.total() > 15
    assert (quantities & read_quantities).total() >= 0.9 * quantities.total()
    assert (entities & read_entities).total() >= 0.85 * entities.total()


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("gb2312", "gb18030"), ("big5", "big5hkscs"),
        ("utf-16", "utf-16-le"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
    ],
)  # fmt: skip
def test_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    text = "\n".join(BODY)
    if encoding == "big5":
        import opencc

        text = opencc.OpenCC("s2t").convert(text)
    report = read_report(written(tmp_path, "r.txt", text.encode(encoding)))
    assert (report.text, report.source.encoding) == (text, name)


def test_a_few_broken_bytes_are_named(tmp_path: Path) -> None:
    data = ("\n".join(BODY) * 3).encode("gb18030")[:-1]
    report = read_report(written(tmp_path, "cut.txt", data))
    assert report.text.count("\ufffd") == 1
    assert report.warnings[0].startswith("damaged-encoding: 1 places")


def test_line_ends_are_not_altered(tmp_path: Path) -> None:
    assert read_report(written(tmp_path, "r.txt", "甲\r\n乙\r丙\n".encode())).text == "甲\r\n乙\r丙\n"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xyz", b"x", "no reader for .xyz; give one of"),
        ("a.doc", b"x", "an old Word file"),
        ("a.ofd", b"x", "export it as PDF"),
        ("a", b"x", "files without suffix"),
        ("a.txt", b"", "the file is empty"),
        ("a.txt", "\u200b\ufeff \n\u3000".encode(), "holds no text"),
        ("a.txt", b"\x00\x01\x02\x03" * 99, "a binary file"),
        ("a.txt", b"\xd0\xcf\x11\xe0....", "an old Word file"),
        ("a.txt", b"\xff\xd8\xff\xe0....", "an image"),
        ("a.docx", b"no zip", "not a Word file"),
        ("a.docx", b"\xd0\xcf\x11\xe0....", "without a password"),
        ("a.docx", zipped({"x": b"y"}), "a damaged Word file"),
        ("a.pdf", b"no pdf", "not a readable PDF"),
        ("a.html", b"<html><body></body></html>", "no main text"),
        ("a.zip", b"no zip", "not a zip archive"),
        ("a.zip", zipped({"a.png": b"x"}), "no reports in the archive"),
        ("a.jsonl", b"\n\n", "the file is empty"),
        ("a.parquet", b"PAR1 no", "a damaged Parquet file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    [part] = read_all(written(tmp_path, name, data))
    assert part.report is None
    message = str(part.error)
    assert words in message
    assert message.startswith(name)
    assert "\n" not in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReport, match=r"none\.txt: no such file"):
        read_report(tmp_path / "none.txt")
    with pytest.raises(UnreadableReport, match="is a folder"):
        read_report(tmp_path)
