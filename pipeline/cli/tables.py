"""`gongwen tables` and `gongwen query`: records as spreadsheets and under SQL."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.common import clear_errors, console
from pipeline.errors import GongwenError
from pipeline.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.record import Record
    from pipeline.tables.query import Answer


class TableFormat(StrEnum):
    """File formats of tables."""

    parquet = "parquet"
    csv = "csv"
    xlsx = "xlsx"
    duckdb = "duckdb"


class AnswerFormat(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def tables(
    records: Annotated[Path | None, typer.Argument(help="Records that `gongwen extract` wrote.", metavar="OUT.jsonl")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder that the tables go to.")] = Path("tables"),
    format: Annotated[TableFormat, typer.Option(help="parquet and duckdb for programs, csv and xlsx for spreadsheets.")] = TableFormat.csv,
    describe: Annotated[bool, typer.Option("--describe", help="Print the data dictionary: every column of every table.")] = False,
) -> None:
    """Tables of records, one row an item: reports, sections, laws, agencies, measures, quantities."""
    with clear_errors():
        if describe:
            for line in _dictionary():
                typer.echo(line)
            return
        from pipeline.tables import write_tables

        if records is None:
            raise GongwenError(tr("give the records to tabulate (gongwen tables OUT.jsonl -o DIR), or --describe"))
        counts = write_tables(_existing(records), output, format.value)
        typer.echo(f"{', '.join(f'{count} {name}' for name, count in counts.items())} → {output}", err=True)


def query(
    source: Annotated[Path, typer.Argument(help="Records (JSONL), a folder of Parquet tables, or a .duckdb file.")],
    sql: Annotated[str, typer.Argument(help="One SQL statement (DuckDB's dialect); - reads standard input.")],
    format: Annotated[AnswerFormat, typer.Option(help="How the answer is printed.")] = AnswerFormat.table,
) -> None:
    """Ask the tables of records a question in SQL. Ready questions: docs/queries.md."""
    with clear_errors():
        import sys

        from pipeline.tables.query import query as ask

        answer = ask(source, sys.stdin.read() if sql == "-" else sql)
        _PRINTERS[format](answer)


def _existing(path: Path) -> Iterator[Record]:
    from pipeline.record import read_records

    if not path.is_file():
        raise GongwenError(tr("{path}: no such file; give records as JSONL", path=path))
    return read_records(path)


def _dictionary() -> Iterator[str]:
    """The dictionary as Markdown, a section a table."""
    from pipeline.tables import tables as dictionary

    for table, columns in dictionary().items():
        yield f"## {table}"
        yield ""
        yield "| column | type | 说明 | description |"
        yield "|---|---|---|---|"
        for column in columns:
            yield f"| `{column.name}` | {column.type} | {column.zh} | {column.en} |"
        yield ""


def _print_table(answer: Answer) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for position, name in enumerate(answer.columns):
        numeric = all(isinstance(row[position], int | float) or row[position] is None for row in answer.rows)
        table.add_column(Text(name), justify="right" if numeric and answer.rows else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*(Text("" if value is None else _shown(value)) for value in row))
    console().print(table)


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e6 else f"{value:.0f}" if isinstance(value, float) else str(value)


def _print_csv(answer: Answer) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)


def _print_json(answer: Answer) -> None:
    import json

    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))


_PRINTERS = {AnswerFormat.table: _print_table, AnswerFormat.csv: _print_csv, AnswerFormat.json: _print_json}
