"""Formats of record files: what goes in comes out, clear errors where a library is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import AnnotationError, MissingComponent
from pipeline.extractor import Extractor
from pipeline.record import Record, read_records
from pipeline.storage import Format, check_installed, format_of, lines_of, pack, stem_of

runner = CliRunner()


@pytest.fixture(scope="module")
def plain(extractor: Extractor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of records: one with all layers, one that finds nothing, a gold record with layers left out."""
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    lines = [extractor.read(GOLD_REPORT).to_json(), extractor("无").to_json(), GOLD_RECORD.read_text("utf-8").splitlines()[0]]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize("wanted", [Format.zst, Format.parquet])
def test_packed_records_are_the_same_records(tmp_path: Path, plain: Path, wanted: Format) -> None:
    packed = tmp_path / f"out.{wanted}"
    pack(plain, packed, wanted, Record)
    assert list(read_records(packed)) == list(read_records(plain))
    again = tmp_path / f"again.{wanted}"
    pack(plain, again, wanted, Record)
    assert again.read_bytes() == packed.read_bytes(), "the same bytes every time"
    assert packed.stat().st_size < plain.stat().st_size / 2


def test_zstandard_gives_the_very_lines(tmp_path: Path, plain: Path) -> None:
    pack(plain, tmp_path / "out.jsonl.zst", Format.zst, Record)
    assert b"".join(lines_of(tmp_path / "out.jsonl.zst")) == plain.read_bytes()


def test_parquet_has_typed_columns_that_other_tools_read(tmp_path: Path, plain: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pack(plain, tmp_path / "out.parquet", Format.parquet, Record)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == [field.alias or name for name, field in Record.model_fields.items()]
    first = table.slice(0, 1).to_pylist()[0]
    assert first["quantities"][0].keys() >= {"text", "value", "unit", "item"}
    assert "fixed_size_list<element: int32>[2]" in str(table.schema.field("tokens").type)


def test_a_folder_of_files_is_read_in_the_order_of_their_names(tmp_path: Path, plain: Path) -> None:
    lines = plain.read_bytes().splitlines(keepends=True)
    (tmp_path / "records-00001.jsonl").write_bytes(lines[0])
    (tmp_path / "records-00002.jsonl").write_bytes(lines[1])
    (tmp_path / "notes.txt").write_text("not records")
    assert list(lines_of(tmp_path)) == lines[:2]


@pytest.mark.parametrize(
    ("name", "wanted", "stem"),
    [("a.jsonl", Format.jsonl, "a"), ("a.jsonl.zst", Format.zst, "a"), ("a.b.parquet", Format.parquet, "a.b"), ("a", Format.jsonl, "a")],
)
def test_the_name_says_the_format(name: str, wanted: Format, stem: str) -> None:
    assert format_of(Path(name)) is wanted
    assert stem_of(Path(name)) == stem


@pytest.mark.parametrize(("wanted", "library"), [(Format.parquet, "pyarrow"), (Format.zst, "zstandard")])
def test_a_missing_library_is_a_clear_error_before_any_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: Format, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingComponent, match="pip install"):
        check_installed(wanted)
    done = runner.invoke(app, ["extract", str(GOLD_REPORT), "-o", str(tmp_path / f"o.{wanted}")])
    assert done.exit_code == 2
    assert "pip install" in done.output
    assert not list(tmp_path.iterdir())


def test_records_are_scored_from_any_format(tmp_path: Path, plain: Path) -> None:
    one = tmp_path / "one.jsonl"
    one.write_bytes(plain.read_bytes().splitlines(keepends=True)[0])
    pack(one, tmp_path / "out.jsonl.zst", Format.zst, Record)
    scored = [runner.invoke(app, ["score", str(GOLD_RECORD), str(path), "--json"]) for path in (one, tmp_path / "out.jsonl.zst")]
    assert scored[0].exit_code == 0, scored[0].output
    assert json.loads(scored[0].stdout)["metrics"] == json.loads(scored[1].stdout)["metrics"]


@pytest.mark.parametrize("wanted", [Format.zst, Format.parquet])
def test_a_damaged_file_is_a_clear_error(tmp_path: Path, plain: Path, wanted: Format) -> None:
    path = tmp_path / f"out.{wanted}"
    pack(plain, path, wanted, Record)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(AnnotationError, match=r"out\..*: damaged, or not what its name says"):
        list(lines_of(path))


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "a"}\n')
    with pytest.raises(AnnotationError, match=r"bad\.jsonl:1: not a valid record"):
        list(read_records(tmp_path / "bad.jsonl"))
