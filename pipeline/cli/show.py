"""`gongwen schema` and `gongwen quantities`: small windows on the library."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def schema() -> None:
    """Print the JSON Schema of a record."""
    from pipeline.record import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


def quantities(
    text: Annotated[str, typer.Argument(help="A line of text; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The quantities of a text by the grammar alone: value, unit and bound."""
    import pipeline

    source = sys.stdin.read() if text == "-" else text
    for q in pipeline.quantities(source):
        written = "".join(source[q.start : q.end].split())
        if as_json:
            fields = {
                "start": q.start,
                "end": q.end,
                "text": written,
                "value": q.value,
                "value_max": q.value_max,
                "unit": q.unit,
                "bound": q.bound,
            }
            typer.echo(json.dumps(fields, ensure_ascii=False))
        else:
            value = q.value if q.value_max is None else f"{q.value}–{q.value_max}"
            typer.echo(f"{written}\t{value}\t{q.unit or ''}\t{q.bound}")
