"""`gongwen schema` and `gongwen quantities`: small windows on the library."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer


def schema() -> None:
    """Print the JSON Schema of a record."""
    from pipeline.record import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


def quantities(
    text: Annotated[str, typer.Argument(help="A line of text; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    links: Annotated[bool, typer.Option("--links", help="Also what each counts and what was done, by the trained model (slower).")] = False,
) -> None:
    """The quantities of a text: value, unit, bound, period, rate, total, value in the base unit."""
    source = sys.stdin.read() if text == "-" else text
    rows = list(_linked(source) if links else _alone(source))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    for line in _aligned(rows):
        typer.echo(line)


Row = dict[str, Any]


def _alone(source: str) -> Iterator[Row]:
    import pipeline
    from pipeline.stages.quantities.units import base_value

    for number, q in enumerate(pipeline.quantities(source), 1):
        base = base_value(q.value, q.unit)
        yield {
            "id": f"q{number}",
            "start": q.start,
            "end": q.end,
            "text": "".join(source[q.start : q.end].split()),
            "value": q.value,
            "value_max": q.value_max,
            "unit": q.unit,
            "bound": q.bound,
            "period": q.period,
            "per": q.per,
            "part_of": None if q.part_of is None else f"q{q.part_of + 1}",
            "base": None if base is None else " ".join(base),
        }


def _linked(source: str) -> Iterator[Row]:
    import pipeline

    for q in pipeline.load()(source).quantities:
        row = q.model_dump(exclude={"section"})
        row |= {name: row[name] and row[name]["text"] for name in ("item", "action")}
        row["base"] = row["base"] and f"{row['base']['value']} {row['base']['unit']}"
        yield row


def _aligned(rows: list[Row]) -> Iterator[str]:
    """Rows as a table of tab-separated columns, those without any value left out."""
    columns = [name for name in (rows[0] if rows else {}) if name not in {"start", "end"} and any(row[name] is not None for row in rows)]
    if columns:
        yield "\t".join(columns)
    for row in rows:
        yield "\t".join("" if row[name] is None else str(row[name]) for name in columns)
