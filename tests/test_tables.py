"""Tables and queries: what stands in them, in every format, and that no report's text can act in a spreadsheet."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT, ROOT, cases
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import GongwenError, MissingComponent
from pipeline.extractor import Extractor
from pipeline.record import Record, read_records, write_records
from pipeline.tables import FORMATS, TABLES, all_rows, frame, tables, write_tables
from pipeline.tables.places import place_of
from pipeline.tables.query import query
from pipeline.tables.write import connect

runner = CliRunner()
SOURCES = [GOLD_RECORD, *sorted((ROOT / "annotations" / "dev").glob("*.jsonl"))]


@pytest.fixture(scope="module")
def records_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    path.write_text("".join(source.read_text("utf-8") for source in SOURCES), "utf-8")
    return path


def test_rows_have_the_columns_of_the_dictionary_and_their_types(extractor: Extractor) -> None:
    record = extractor(
        "某某市人民政府2021年法治政府建设情况报告\n\n一、化解纠纷\n\n市司法局落实《行政复议法》，新收行政复议案件783件，同比增长66.24%。"
    )
    kinds = {"text": str, "integer": int, "number": float, "date": str}
    for table, row in all_rows([record]):
        for column in tables()[table]:
            value = row[column.name]
            assert value is None or isinstance(value, kinds[column.type]), (table, column.name, value)


def test_every_row_leads_back_to_its_sentence(records_file: Path) -> None:
    records = {record.id: record for record in read_records(records_file)}
    count = 0
    for table, row in all_rows(records.values()):
        if table in {"laws", "agencies", "measures", "quantities"}:
            raw = records[row["report"]].text[row["start"] : row["end"]]
            assert row["text"][0] == raw[0]
            assert row["text"] in row["sentence"], row
            count += 1
    assert count > 300


def test_the_deepest_section_decides_the_topic(records_file: Path) -> None:
    for record in read_records(records_file):
        named = {q.id: q.section for q in record.quantities if q.section}
        rows = [row for table, row in all_rows([record]) if table == "quantities"]
        assert {row["quantity"]: row["section"] for row in rows if row["quantity"] in named} == named


@pytest.mark.parametrize("case", cases("places.jsonl"), ids=lambda case: case["region"])
def test_places(case: dict[str, object]) -> None:
    place = place_of(str(case["region"]), case["year"])  # type: ignore[arg-type]
    assert (place.code, place.province, place.city, place.county) == tuple(case["place"]), case.get("why")  # type: ignore[arg-type]


def test_all_formats_hold_the_same_rows(records_file: Path, tmp_path: Path) -> None:
    counts = [write_tables(read_records(records_file), tmp_path / format, format) for format in FORMATS]
    assert all(count == counts[0] for count in counts)
    expected = {table: [row for name, row in all_rows(read_records(records_file)) if name == table] for table in TABLES}
    for source in (tmp_path / "parquet", tmp_path / "duckdb" / "gongwen.duckdb"):
        for table in TABLES:
            answer = query(source, f"SELECT * FROM {table}")
            rows = [[value.isoformat() if isinstance(value, date) else value for value in row] for row in answer.rows]
            assert answer.columns == tuple(column.name for column in tables()[table])
            assert rows == [list(row.values()) for row in expected[table]], table
    with (tmp_path / "csv" / "quantities.csv").open(encoding="utf-8-sig", newline="") as lines:
        read = list(csv.DictReader(lines))
    assert [row["sentence"] for row in read] == [row["sentence"] for row in expected["quantities"]]
    assert (tmp_path / "csv" / "reports.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8"
    assert not list(tmp_path.rglob(".*")), "nothing of the work is left behind"


def test_types_in_parquet(records_file: Path, tmp_path: Path) -> None:
    write_tables(read_records(records_file), tmp_path, "parquet")
    with connect() as database:
        found = database.execute(f"DESCRIBE SELECT year, date, characters FROM '{tmp_path}/reports.parquet'").fetchall()
        assert [row[1] for row in found] == ["BIGINT", "DATE", "BIGINT"]
    assert query(tmp_path, "SELECT sum(value) FROM quantities WHERE unit = '元'").rows[0][0] > 0


def test_a_database_describes_its_columns(records_file: Path, tmp_path: Path) -> None:
    write_tables(read_records(records_file), tmp_path, "duckdb")
    answer = query(tmp_path / "gongwen.duckdb", "SELECT column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal")
    assert answer.rows == []


ATTACKS = ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.example","y")']


@pytest.fixture
def hostile(extractor: Extractor) -> Record:
    record = json.loads(extractor("受理案件12件。").to_json())
    record["metadata"]["title"] = ATTACKS[0]
    record["metadata"]["cc"] = ATTACKS
    record["metadata"]["issuer"] = ATTACKS[5]
    record["metadata"]["addressee"] = ATTACKS[3]
    return Record.model_validate(record)


def test_texts_are_no_formulas_in_excel(hostile: Record, tmp_path: Path) -> None:
    import openpyxl

    write_tables([hostile], tmp_path, "xlsx")
    book = openpyxl.load_workbook(tmp_path / "gongwen.xlsx")
    assert book.sheetnames == [*TABLES, "dictionary"]
    sheet = book["reports"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    assert sheet["B2"].value == ATTACKS[0]
    assert sheet.freeze_panes == "B2"
    assert all(book[table].auto_filter.ref for table in TABLES)
    assert book["quantities"].max_row == 2


def test_texts_are_no_formulas_in_csv(hostile: Record, tmp_path: Path) -> None:
    write_tables([hostile], tmp_path, "csv")
    with (tmp_path / "reports.csv").open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert [row[name] for name in ("title", "issuer", "addressee")] == ["'" + ATTACKS[0], "'" + ATTACKS[5], "'" + ATTACKS[3]]
    assert not any(value.startswith(("=", "+", "-", "@", "\t")) for value in row.values())


def test_every_column_is_described_in_both_languages() -> None:
    shown = runner.invoke(app, ["tables", "--describe"]).stdout
    for table, columns in tables().items():
        assert f"## {table}" in shown
        assert len({column.name for column in columns}) == len(columns)
        for column in columns:
            assert f"| `{column.name}` | {column.type} | {column.zh} | {column.en} |" in shown
            assert re.search(r"[\u4e00-\u9fff]", column.zh)
            assert re.search(r"[a-z]{3}", column.en)


def test_two_crawls_of_one_report_are_one_report_in_the_tables(tmp_path: Path) -> None:
    """From files to tables by the commands: the same report with the furniture of another site and its end cut off, and next to it a report of its own."""
    text = GOLD_REPORT.read_text("utf-8")
    other = min((ROOT / "annotations" / "train").rglob("*.txt"))
    (tmp_path / "a-city.md").write_text(text, "utf-8")
    (tmp_path / "b-other.txt").write_bytes(other.read_bytes())
    shortened = text[: int(0.95 * len(text))]
    (tmp_path / "c-mirror.md").write_text(f"首页 政务公开 浏览次数：1024\n\n{shortened}\n打印 关闭\n", "utf-8")
    records = tmp_path / "out.jsonl"
    assert runner.invoke(app, ["extract", str(tmp_path), "-o", str(records)]).exit_code == 0
    assert runner.invoke(app, ["tables", str(records), "-o", str(tmp_path / "tables")]).exit_code == 0
    with (tmp_path / "tables" / "reports.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["report"]: row for row in csv.DictReader(file)}
    assert {name: row["duplicate_of"] for name, row in rows.items()} == {"a-city": "", "b-other": "", "c-mirror": "a-city"}
    assert rows["a-city"]["fingerprint"] != rows["c-mirror"]["fingerprint"], "near, not the same bytes"


SQL = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "queries.md").read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def parquet(extractor: Extractor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of predictions: gold has no scores."""
    folder = tmp_path_factory.mktemp("parquet")
    reports = [path for path in (ROOT / "annotations").glob("[dg]*/*") if path.suffix in {".md", ".txt"}]
    write_tables((extractor.read(path) for path in sorted(reports)), folder, "parquet")
    return folder


@pytest.mark.parametrize("sql", SQL, ids=lambda sql: sql.split("FROM")[0][:40])
def test_the_questions_of_the_documentation_have_answers(parquet: Path, sql: str) -> None:
    answer = query(parquet, sql)
    assert answer.rows
    assert len(answer.columns) > 1


def test_query_prints_table_csv_and_json(records_file: Path) -> None:
    sql = "SELECT report, count(*) AS n, 0.5 AS half FROM quantities GROUP BY 1 ORDER BY n DESC"
    rows = json.loads(runner.invoke(app, ["query", str(records_file), sql, "--format", "json"]).stdout)
    assert {row["report"]: row["n"] for row in rows}["lianyungang-2021"] > 70
    assert rows == sorted(rows, key=lambda row: -row["n"])
    shown = runner.invoke(app, ["query", str(records_file), "-", "--format", "csv"], input=sql).stdout
    assert shown.splitlines()[0] == "report,n,half"
    assert "lianyungang-2021" in runner.invoke(app, ["query", str(records_file), sql]).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["query", "nowhere", "SELECT 1"], "no such file or folder"),
        (["query", "empty", "SELECT 1"], "no .parquet files"),
        (["query", "broken.duckdb", "SELECT 1"], "not a database"),
        (["query", "good.jsonl", "SELECT * FROM law"], "the tables are reports"),
        (["query", "good.jsonl", "SELEC"], "syntax error"),
        (["query", "bad.jsonl", "SELECT 1"], "bad.jsonl:1: not a valid record"),
        (["tables", "nowhere.jsonl"], "no such file"),
        (["tables"], "--describe"),
        (["tables", "good.jsonl", "-o", "good.jsonl"], "cannot write"),
    ],
)
def test_mistakes_are_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extractor: Extractor, arguments: list[str], words: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.duckdb").write_bytes(b"no database" * 2000)
    (tmp_path / "bad.jsonl").write_text("{}\n", "utf-8")
    write_records(tmp_path / "good.jsonl", [extractor("受理案件12件。")])
    done = runner.invoke(app, arguments)
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert "Traceback" not in done.output
    assert all(line.startswith("gongwen: ") for line in done.output.splitlines())


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingComponent, match=r"gongwen\[tables\]"):
        write_tables([], tmp_path, "parquet")
    assert write_tables([], tmp_path, "csv") == {}


def test_frames_are_the_same_tables(extractor: Extractor) -> None:
    record = extractor("2021年，市司法局新收行政复议案件783件，同比增长66.24%。")
    quantities = record.to_frame("quantities")
    assert list(quantities.columns) == [column.name for column in tables()["quantities"]]
    assert quantities["value"].sum() == pytest.approx(849.24)
    assert frame([record, record], "reports").shape[0] == 2
    assert frame([record], "laws").empty
    assert record.to_frame("entities")["label"].tolist() == ["AGENCY"]
    assert record.to_frame("sentences")["text"].tolist() == ["2021年，市司法局新收行政复议案件783件，同比增长66.24%。"]
    assert "".join(record.to_frame("tokens")["text"]) == record.text
    with pytest.raises(ValueError, match="there are reports"):
        record.to_frame("figures")


def test_too_many_rows_for_a_sheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, extractor: Extractor) -> None:
    monkeypatch.setattr("pipeline.tables.write._EXCEL_ROWS", 3)
    with pytest.raises(GongwenError, match="which no Excel sheet holds"):
        write_tables([extractor("受理案件12件，办结11件，调解9件。")], tmp_path, "xlsx")
    assert list(tmp_path.iterdir()) == [], "no half workbook"


@pytest.mark.slow
def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    """Ten times the records: the same peak; DuckDB's buffers (row groups, its memory limit) fill up and grow no further."""
    (line,) = GOLD_RECORD.read_text("utf-8").splitlines()
    peaks: dict[str, list[float]] = {format: [] for format in FORMATS}
    code = "import resource, sys; from pathlib import Path; from pipeline.record import read_records; from pipeline.tables import write_tables\n"
    code += "write_tables(read_records(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    for count in (100, 1000):
        source = tmp_path / f"{count}.jsonl"
        with source.open("w", encoding="utf-8") as out:
            out.writelines(line.replace("lianyungang-2021", f"copy-{number}", 1) + "\n" for number in range(count))
        for format, found in peaks.items():
            command = [sys.executable, "-c", code, str(source), str(tmp_path / "out"), format]
            found.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print(peaks)
    assert all(large < 1.1 * small + 180_000 * (format in {"parquet", "duckdb"}) for format, (small, large) in peaks.items()), peaks
