"""`gongwen panel`: region × year × indicator, from records."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import clear_errors
from pipeline.language import tr


def panel(
    records: Annotated[list[Path] | None, typer.Argument(help="Records as JSONL, one file or several.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to: .csv, .jsonl or .parquet. CSV on standard output if left out.")
    ] = None,
    describe: Annotated[bool, typer.Option("--describe", help="List the codebook in Chinese and English, and do nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --describe: one JSON object a line, examples included.")] = False,
) -> None:
    """Figures of many reports under comparable indicators: one row a figure, with year, base unit and provenance."""
    with clear_errors():
        if describe:
            _describe(as_json)
            return
        _write(records or [], output)


def _write(paths: list[Path], output: Path | None) -> None:
    from pipeline.cli.common import records_of
    from pipeline.errors import GongwenError
    from pipeline.panel import panel_rows
    from pipeline.panel.write import check_target, write_rows

    if not paths:
        raise GongwenError(tr("give records as JSONL (gongwen extract makes them), or --describe to see the codebook"))
    target = output or Path("panel.csv")
    check_target(target)
    rows = panel_rows(record for path in paths for record in records_of(path))
    if output is None:
        _print_csv(rows)
        return
    write_rows(output, rows)
    flagged = sum(row.flag == "conflict" for row in rows)
    typer.echo(
        tr(
            "{figures} figures under {indicators} indicators, {flagged} in cells with differing values: {output}",
            figures=len(rows),
            indicators=len({row.code for row in rows}),
            flagged=flagged,
            output=output,
        ),
        err=True,
    )


def _print_csv(rows: object) -> None:
    import csv
    from dataclasses import asdict, fields

    from pipeline.panel import PanelRow

    writer = csv.DictWriter(sys.stdout, [field.name for field in fields(PanelRow)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)  # type: ignore[attr-defined]


def _describe(as_json: bool) -> None:
    from pipeline.panel import load_codebook
    from pipeline.panel.write import codebook_table

    for row in codebook_table(load_codebook()):
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            typer.echo(f"{row['code']}\t{row['zh']}（{row['unit']}）\t{row['en']}\n\t{row['counts_zh']}\n\t{row['counts_en']}")
