"""Tables with a report a row: every row a part of its own, a bad row an error of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from report_files import written

from pipeline.readers import Limits, Part, read_all
from pipeline.readers.rows import read_parquet


def jsonl(tmp_path: Path, *lines: str | bytes) -> list[Part]:
    data = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    return list(read_all(written(tmp_path, "r.jsonl", data)))


def texts(parts: list[Part]) -> list[str]:
    return [part.report.text if part.report else f"! {part.error}" for part in parts]


def test_rows_with_and_without_id(tmp_path: Path) -> None:
    parts = jsonl(tmp_path, "\ufeff" + '{"text": "甲"}', "", '{"id": "宁州/2021", "content": "乙"}', '{"id": 7, "正文": "丙"}')
    assert [(part.suffix, part.path) for part in parts] == [("-1", "r.jsonl#1"), ("-3-宁州_2021", "r.jsonl#3"), ("-4-7", "r.jsonl#4")]
    assert texts(parts) == ["甲", "乙", "丙"]
    assert {part.report.source.format for part in parts if part.report} == {"jsonl"}


def test_another_text_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGWEN_TEXT_COLUMN", "报告")
    assert texts(jsonl(tmp_path, '{"text": "甲", "报告": "乙"}')) == ["乙"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{", "not a line of JSON"),
        ("[1]", "not a JSON object"),
        ('{"title": "x"}', "no text column (columns: title)"),
        ('{"text": 12}', "holds no text but int"),
        ('{"text": null}', "holds no text but NoneType"),
        ('{"text": " "}', "holds no text"),
        ("[" * 100_000, "not a line of JSON"),
        (b"\xff\xfa\xfe\xff\xfa", "neither UTF-8"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_on(tmp_path: Path, row: str | bytes, words: str) -> None:
    first, bad, last = jsonl(tmp_path, '{"text": "甲"}', row, '{"text": "乙"}')
    assert texts([first, last]) == ["甲", "乙"]
    assert words in str(bad.error)
    assert str(bad.error).startswith("r.jsonl#2: ")


def test_a_row_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "r.jsonl", b'{"text": "' + b"x" * 5_000 + b'"}\n{"text": "ok"}\n')
    long, good = read_all(path, limits=Limits(row_bytes=1_000))
    assert "GONGWEN_MAX_ROW_BYTES" in str(long.error)
    assert texts([good]) == ["ok"]


def test_lone_surrogates_nul_and_other_encodings(tmp_path: Path) -> None:
    parts = jsonl(
        tmp_path, '{"text": "甲\\ud800乙\\u0000丙"}', json.dumps({"text": "全市受理行政复议案件的情况"}, ensure_ascii=False).encode("gb18030")
    )
    assert texts(parts) == ["甲\ufffd乙\x00丙", "全市受理行政复议案件的情况"]


def table(path: Path, **columns: object) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path, row_group_size=20)
    return path


def test_parquet_rows(tmp_path: Path) -> None:
    path = table(tmp_path / "r.parquet", id=list(range(50)), text=[f"受理{n}件" if n != 3 else None for n in range(50)], blob=[b"x"] * 50)
    parts = list(read_all(path))
    assert [part.suffix for part in parts] == [f"-{n + 1}-{n}" for n in range(50) if n != 3][:3] + ["-4"] + [f"-{n + 1}-{n}" for n in range(4, 50)]
    assert "r.parquet#4: the text column holds no text" in str(parts[3].error)


def test_parquet_without_text_rows_or_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no text column (columns: a)" in str(next(read_all(table(tmp_path / "a.parquet", a=["x"]))).error)
    path = table(tmp_path / "b.parquet", text=[])
    assert "has no rows" in str(next(read_all(path)).error)
    hidden: Callable[[str], None] = lambda name: None  # noqa: E731
    monkeypatch.setattr("pipeline.readers.rows.find_spec", hidden)
    [part] = read_all(path)
    assert str(part.error) == "b.parquet: reading Parquet is not installed: pip install 'gongwen[parquet]'"


def test_a_parquet_bomb_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "bomb.parquet"
    parquet.write_table(pa.table({"text": ["零" * 30_000_000]}), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 1_000_000
    [part] = read_all(path)
    assert "GONGWEN_MAX_ARCHIVE_RATIO" in str(part.error)
    with path.open("rb") as file:
        [part] = read_parquet(file, "bomb.parquet", Limits(archive_ratio=10**9))
    assert "GONGWEN_MAX_CHARACTERS" in str(part.error)
