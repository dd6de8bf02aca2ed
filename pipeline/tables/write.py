"""Tables on the disk: CSV for Excel, an Excel workbook, Parquet, a DuckDB database. Written row by row; memory does not grow with the records."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import GongwenError, MissingComponent
from pipeline.fingerprint import Duplicates
from pipeline.language import tr
from pipeline.record import Record
from pipeline.tables.rows import Row, fingerprint_of, in_order, rows_of
from pipeline.tables.schema import SQL_TYPES, Column, tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMATS = ("parquet", "csv", "xlsx", "duckdb")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_EXCEL_ROWS = 1_048_576
_EXCEL_CELL = 32_767
_MEMORY = "300MB"  # what DuckDB may hold of a database that it writes
_ROW_GROUP = 40_960  # rows that DuckDB holds in memory at a time


def all_rows(records: Iterable[Record]) -> Iterator[tuple[str, Row]]:
    """(table, row) of many records, columns in order, with the duplicates among them named."""
    duplicates = Duplicates()
    for record in records:
        earlier = duplicates.first_like(record.id, fingerprint_of(record))
        for table, row in rows_of(record, duplicate_of=earlier):
            yield table, in_order(table, row)


def write_tables(records: Iterable[Record], folder: Path, format: str) -> dict[str, int]:
    """Write all tables of records into a folder; returns the number of rows by table.

    Files are put in place when they are whole: `reports.csv` and so on, `gongwen.xlsx` or `gongwen.duckdb`.

    Raises:
        GongwenError: the folder cannot be written, or a sheet is full.
        MissingComponent: the format needs the extra `tables`.
    """
    writers: dict[str, Callable[[Iterable[Record], Path], dict[str, int]]] = {
        "csv": _write_csv,
        "xlsx": _write_xlsx,
        "parquet": _write_parquet,
        "duckdb": _write_duckdb,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tables-", dir=folder) as scratch:
            counts = writers[format](records, Path(scratch))
            for path in sorted(Path(scratch).iterdir()):
                os.replace(path, folder / path.name)
    except OSError as error:
        raise GongwenError(tr("cannot write tables to {folder}: {reason}", folder=folder, reason=error.strerror or error)) from error
    return counts


def _write_csv(records: Iterable[Record], folder: Path) -> dict[str, int]:
    """One file a table, UTF-8 with a byte-order mark; a text that a spreadsheet would take for a formula begins with `'`."""
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        outs: dict[str, Any] = {}
        for table, columns in tables().items():
            file = stack.enter_context((folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline=""))
            outs[table] = csv.writer(file)
            outs[table].writerow([column.name for column in columns])
        for table, row in all_rows(records):
            outs[table].writerow([_harmless(value) for value in row.values()])
            counts[table] += 1
    return dict(counts)


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _write_xlsx(records: Iterable[Record], folder: Path) -> dict[str, int]:
    """One workbook, a sheet a table with frozen header and filters, and a sheet with the dictionary. Texts are text, never formulas or links."""
    xlsxwriter = _require("xlsxwriter", "xlsx")
    counts: Counter[str] = Counter()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "tmpdir": str(folder)}
    with xlsxwriter.Workbook(str(folder / "gongwen.xlsx"), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheets = {table: _new_sheet(book, table, columns, bold) for table, columns in tables().items()}
        for table, row in all_rows(records):
            counts[table] += 1
            if counts[table] >= _EXCEL_ROWS:
                raise GongwenError(
                    tr(
                        "{table} has more than {most} rows, which no Excel sheet holds: use --format csv or parquet",
                        table=table,
                        most=_EXCEL_ROWS - 1,
                    )
                )
            for position, value in enumerate(row.values()):
                if isinstance(value, str):
                    sheets[table].write_string(counts[table], position, value[:_EXCEL_CELL])
                elif value is not None:
                    sheets[table].write_number(counts[table], position, value)
        for table, columns in tables().items():
            sheets[table].autofilter(0, 0, counts[table], len(columns) - 1)
        _dictionary_sheet(book, bold)
    return dict(counts)


def _new_sheet(book: Any, table: str, columns: tuple[Column, ...], bold: Any) -> Any:
    sheet = book.add_worksheet(table)
    sheet.freeze_panes(1, 1)
    for position, column in enumerate(columns):
        wide = {"sentence": 60, "title": 40, "canonical": 32, "text": 24, "item": 24}.get(column.name, 14)
        sheet.set_column(position, position, wide)
        sheet.write_string(0, position, column.name, bold)
    return sheet


def _dictionary_sheet(book: Any, bold: Any) -> None:
    sheet = book.add_worksheet("dictionary")
    sheet.freeze_panes(1, 0)
    sheet.set_column(3, 4, 60)
    lines = [("table", "column", "type", "zh", "en"), *((t, c.name, c.type, c.zh, c.en) for t, columns in tables().items() for c in columns)]
    for number, line in enumerate(lines):
        for position, value in enumerate(line):
            sheet.write_string(number, position, value, None if number else bold)


def _write_parquet(records: Iterable[Record], folder: Path) -> dict[str, int]:
    """One file a table, typed, compressed with zstd."""
    with staged(records, folder) as (lines, counts), connect() as database:
        database.execute("SET threads = 1")  # no slower here, and half the memory
        for table, path in lines.items():
            target = _quoted(folder / f"{table}.parquet")
            database.execute(f"COPY ({_select(table, path)}) TO {target} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})")
    return counts


def _write_duckdb(records: Iterable[Record], folder: Path) -> dict[str, int]:
    """One database with all tables; the dictionary stands in the comments of its columns."""
    with staged(records, folder) as (lines, counts), connect(folder / "gongwen.duckdb") as database:
        database.execute(f"SET threads = 1; SET memory_limit = '{_MEMORY}'")
        load_staged(database, lines)
    return counts


def load_staged(database: DuckDBPyConnection, lines: dict[str, Path]) -> None:
    """Make the tables in a database from staged rows, each column with its description as comment."""
    for table, path in lines.items():
        database.execute(f"CREATE TABLE {table} AS {_select(table, path)}")
        for column in tables()[table]:
            database.execute(f'COMMENT ON COLUMN {table}."{column.name}" IS {_quoted(f"{column.zh} | {column.en}")}')


@contextmanager
def staged(records: Iterable[Record], folder: Path) -> Iterator[tuple[dict[str, Path], dict[str, int]]]:
    """The rows as lines of JSON, a file a table, for DuckDB to read; gone afterwards."""
    counts = dict.fromkeys(tables(), 0)
    with tempfile.TemporaryDirectory(prefix=".rows-", dir=folder) as scratch:
        paths = {table: Path(scratch) / f"{table}.ndjson" for table in tables()}
        with ExitStack() as stack:
            outs = {table: stack.enter_context(path.open("w", encoding="utf-8", newline="\n")) for table, path in paths.items()}
            for table, row in all_rows(records):
                outs[table].write(json.dumps(row, ensure_ascii=False) + "\n")
                counts[table] += 1
        yield paths, counts


def connect(path: Path | None = None, *, read_only: bool = False) -> DuckDBPyConnection:
    """A DuckDB database, in memory without a path; it fetches no extensions from the network.

    Raises:
        MissingComponent: DuckDB is not installed.
    """
    duckdb = _require("duckdb", tr("parquet and duckdb"))
    settings: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    found: DuckDBPyConnection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=settings)
    found.execute("SET enable_progress_bar = false")
    return found


def _require(module: str, what: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise MissingComponent(
            tr("{what} needs the package {module}: pip install 'gongwen[tables]' (csv needs nothing)", what=what, module=module)
        ) from error


def _select(table: str, path: Path) -> str:
    """Staged rows as a typed relation; an empty file has columns, too."""
    columns = ", ".join(f"{_quoted(column.name)}: {_quoted(SQL_TYPES[column.type])}" for column in tables()[table])
    return f"SELECT * FROM read_json({_quoted(path)}, columns = {{{columns}}}, format = 'newline_delimited', maximum_object_size = 16777216)"


def _quoted(value: object) -> str:
    """A value as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"
