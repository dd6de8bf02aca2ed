"""Any bytes give a text or a GongwenError, from every reader, in bounded time: random bytes, and good files cut, mixed and altered."""

from __future__ import annotations

import io
import json
import os
import zipfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_files import as_docx, as_pdf, as_web_page, drawn_pdf, zipped

from pipeline.errors import GongwenError
from pipeline.readers import Limits, Part
from pipeline.readers.archive import read_archive
from pipeline.readers.files import _parts_of_bytes, reports_in
from pipeline.readers.pdf import ocr
from pipeline.readers.report import Report
from pipeline.readers.rows import read_jsonl, read_parquet
from pipeline.readers.split import split_reports
from pipeline.record import Source
from pipeline.view import make_view

EXAMPLES = int(os.environ.get("GONGWEN_FUZZ_EXAMPLES", "60"))  # another number also draws other examples each time
LIMITS = Limits(characters=50_000, bytes=2_000_000, html_bytes=500_000, xml_bytes=2_000_000, archive_bytes=4_000_000, pages=40, seconds=20)
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=20_000,
    derandomize=EXAMPLES == 60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
LINES = ["宁州市司法局2021年法治政府建设情况报告", "一、化解纠纷", "全年受理行政复议案件312件，同比增长18.6%。", "项目\t件数", "二、下步打算"]


@cache
def seed(kind: str) -> bytes:
    """A good file of each format."""
    if kind == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        sink = io.BytesIO()
        parquet.write_table(pa.table({"id": ["a", "b"], "text": LINES[:2]}), sink)
        return sink.getvalue()
    return {
        "txt": "\n".join(LINES).encode("gb18030"),
        "md": "\n# ".join(LINES).encode(),
        "html": as_web_page(LINES, LINES[0], "gb18030"),
        "docx": as_docx(LINES, automatic_numbers=True, header="页眉"),
        "pdf": as_pdf(LINES, header="页眉") + drawn_pdf([[]]),
        "jsonl": "\n".join(json.dumps({"id": n, "text": line}) for n, line in enumerate(LINES)).encode(),
        "zip": zipped({"a.txt": LINES[2].encode(), "b/c.docx": as_docx(LINES[:2]), "d.jsonl": b'{"text": "x"}'}),
    }[kind]


Edit = tuple[int, int, bytes]
EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 400), st.binary(max_size=40)), min_size=1, max_size=6)


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """The data with stretches replaced; places in ten-thousandths of its length."""
    for place, length, new in edits:
        at = place * len(data) // 10_000
        data = data[:at] + new + data[at + length :]
    return data


def parts(data: bytes, kind: str) -> list[Part]:
    if kind == "jsonl":
        return list(read_jsonl(io.BytesIO(data), "f.jsonl", LIMITS))
    if kind == "parquet":
        return list(read_parquet(io.BytesIO(data), "f.parquet", LIMITS))
    if kind == "zip":
        return list(read_archive(io.BytesIO(data), "f.zip", LIMITS))
    return list(reports_in(data, f"f.{kind}", kind, LIMITS))


def check(data: bytes, kind: str) -> None:
    fault = ""
    found: list[Part] = []
    try:
        found = parts(data, kind)
    except GongwenError as error:
        fault = str(error)
    assert fault.isprintable()
    assert fault or found
    assert len({part.suffix for part in found}) == len(found)
    for part in found:
        assert (part.report is None) != (part.error is None)
        if part.report:
            assert 0 < len(part.report.text) <= LIMITS.characters
            part.report.text.encode()
            make_view(part.report.text)
        else:
            assert str(part.error).isprintable()


KINDS = ["txt", "md", "html", "docx", "pdf", "jsonl", "parquet", "zip"]


@pytest.fixture(autouse=True)
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes(kind: str) -> None:
    @FUZZ
    @given(st.binary(max_size=600))
    def run(data: bytes) -> None:
        check(data, kind)

    run()


@pytest.mark.parametrize("kind", KINDS)
def test_good_files_altered(kind: str) -> None:
    check(seed(kind), kind)

    @FUZZ
    @given(EDITS)
    def run(edits: list[Edit]) -> None:
        check(edited(seed(kind), edits), kind)

    run()


@pytest.mark.parametrize("kind", ["docx", "zip"])
def test_what_is_in_a_package_altered(kind: str) -> None:
    """Edits below the checksums of the package: its parts are altered and packed again."""

    @FUZZ
    @given(st.integers(0, 30), EDITS)
    def run(which: int, edits: list[Edit]) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(seed(kind))) as old, zipfile.ZipFile(buffer, "w") as new:
            names = old.namelist()
            for number, name in enumerate(names):
                data = old.read(name)
                new.writestr(name, edited(data, edits) if number == which % len(names) or name == "word/document.xml" else data)
        check(buffer.getvalue(), kind)

    run()


MARKUP = st.lists(
    st.sampled_from(["<div>", "</div>", "<p>", "</p>", "<table>", "<tr>", "<td>", "<br>", "<br>", "<h1>", "<article>", "<script>", "<!--", "-->", "&#0;", "&#xd800;", "<![CDATA[", "<?x", "<meta charset=gbk>", "<svg>", "<p", "'", "\x00"])
    | st.sampled_from(LINES)
    | st.text(max_size=10),
    max_size=60,
).map("".join)  # fmt: skip


@FUZZ
@given(MARKUP)
def test_markup_of_any_kind(markup: str) -> None:
    check(markup.encode("utf-8", "surrogatepass"), "html")


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "id", "正文"]), inner),
)


@FUZZ
@given(st.lists(JSON, max_size=5))
def test_rows_of_any_kind(rows: list[object]) -> None:
    check("\n".join(json.dumps(row) for row in rows).encode(), "jsonl")


@FUZZ
@given(
    st.lists(
        st.sampled_from(
            [*LINES, "关于2020年法治政府建设情况的报告", "某镇文件", "\f", "2021年1月1日", "某政发〔2021〕1号", "某镇", "甲。乙；" * 200]
        ),
        max_size=20,
    )
)
def test_splitting_loses_nothing(lines: list[str]) -> None:
    text = "\n".join([*lines, "末"])
    found = list(split_reports(Report(text, Source(path="f.txt", format="txt", sha256="0")), "f.txt"))
    assert "".join(part.report.text for part in found if part.report) == text
    assert all(part.report and part.report.text.strip() for part in found)


@FUZZ
@given(st.sampled_from(KINDS), EDITS)
def test_standard_input_takes_any_bytes(kind: str, edits: list[Edit]) -> None:
    with suppress(GongwenError):
        list(_parts_of_bytes(edited(seed(kind), edits), "standard input", LIMITS))


@pytest.mark.parametrize("suffix", ["txt", "html", "docx", "pdf", "zip", "jsonl", "parquet"])
def test_faults_are_parts_never_raised(tmp_path: Path, suffix: str) -> None:
    from pipeline.readers import read_all

    path = tmp_path / f"f.{suffix}"
    path.write_bytes(b"\x00\xff\x80" * 50)
    assert [part.report for part in read_all(path)] == [None]
