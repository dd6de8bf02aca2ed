"""SQL over records, a folder of Parquet tables, or a database that `gongwen tables` wrote, with an embedded DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import GongwenError
from pipeline.language import tr
from pipeline.record import read_records
from pipeline.tables.schema import tables
from pipeline.tables.write import connect, load_staged, staged

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Answer:
    """Column names, and rows of Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def query(source: Path, sql: str) -> Answer:
    """The answer to one SQL statement over a source's tables.

    Raises:
        GongwenError: no such source, or an error in the SQL; the message is DuckDB's own.
    """
    with opened(source) as database:
        import duckdb

        try:
            cursor = database.execute(sql)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            return Answer(columns, cursor.fetchall() if columns else [])
        except duckdb.Error as error:
            raise GongwenError(
                tr(
                    "{reason}\nthe tables are {choices}; gongwen tables --describe lists their columns",
                    reason=_first_lines(error),
                    choices=", ".join(tables()),
                )
            ) from error


def _first_lines(error: Exception) -> str:
    """DuckDB's message without the picture of the statement."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith("LINE ") and line.strip(" ^~")]
    return " ".join(kept) or type(error).__name__


@contextmanager
def opened(source: Path) -> Iterator[DuckDBPyConnection]:
    """A database with the tables of a source: records (JSONL), a folder of Parquet files, or a `.duckdb` file."""
    if source.is_dir():
        with connect() as database:
            _view_parquet(database, source)
            yield database
    elif source.suffix in {".duckdb", ".db"} and source.is_file():
        with _existing(source) as database:
            yield database
    elif source.is_file():
        with tempfile.TemporaryDirectory(prefix="gongwen-") as scratch, connect(Path(scratch) / "tables.duckdb") as database:
            with staged(read_records(source), Path(scratch)) as (lines, _):
                load_staged(database, lines)
            yield database
    else:
        raise GongwenError(tr("{source}: no such file or folder; give records (JSONL), a folder of Parquet tables, or a .duckdb file", source=source))


def _existing(source: Path) -> DuckDBPyConnection:
    database = connect()
    database.close()
    import duckdb

    try:
        return connect(source, read_only=True)
    except duckdb.Error as error:
        raise GongwenError(tr("{source}: not a database that this DuckDB opens ({reason})", source=source, reason=_first_lines(error))) from error


def _view_parquet(database: DuckDBPyConnection, folder: Path) -> None:
    found = sorted(folder.glob("*.parquet"))
    if not found:
        raise GongwenError(tr("{folder}: no .parquet files; write them with gongwen tables OUT.jsonl -o {folder}", folder=folder))
    for path in found:
        name = path.stem.replace('"', '""')
        where = str(path).replace("'", "''")
        database.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{where}')")
