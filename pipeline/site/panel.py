"""Rows of a comparable panel (region × year × indicator), as the pages show them. Whoever makes a panel hands in these."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.errors import GongwenError
from pipeline.language import tr


@dataclass(frozen=True, slots=True)
class PanelRow:
    """One value of one indicator. `start` and `end` are offsets of the figure in the text of `report`."""

    region: str
    year: int
    code: str
    name: str
    value: float | None
    unit: str | None = None
    bound: str = "exact"
    report: str | None = None
    start: int | None = None
    end: int | None = None
    name_en: str | None = None


def read_panel(path: Path) -> Iterator[PanelRow]:
    """Panel rows of a file: CSV with a header or lines of JSON; further columns are left alone.

    What pages cannot compare is passed over: changes, plans (`measure`, `status`), and figures without a region or a year.

    Raises:
        GongwenError: there is no such file, or a row is none; the message names file and line.
    """
    if not path.is_file():
        raise GongwenError(tr("{path}: no such file; give a panel as CSV or JSON lines", path=path))
    known = {field.name for field in fields(PanelRow)}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows: Iterator[Any] = csv.DictReader(lines) if path.suffix == ".csv" else (json.loads(line) for line in lines if line.strip())
        number = 1
        try:
            for row in rows:
                if _is_comparable(row):
                    yield _row({key: value for key, value in row.items() if key in known})
                number += 1
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise GongwenError(
                tr(
                    "{path}: row {number} is no panel row ({error}); it needs region, year, code, name and value",
                    path=path,
                    number=number,
                    error=error,
                )
            ) from error


def _is_comparable(row: dict[str, Any]) -> bool:
    kinds = (row.get("measure") or "level", row.get("status") or "actual")
    return kinds == ("level", "actual") and row["region"] not in {None, ""} and row["year"] not in {None, ""}


def _row(cells: dict[str, Any]) -> PanelRow:
    given: dict[str, Any] = {key: (None if value == "" else value) for key, value in cells.items()}
    for key, kind in (("year", int), ("value", float), ("start", int), ("end", int)):
        if given.get(key) is not None:
            given[key] = kind(given[key])
    given["bound"] = given.get("bound") or "exact"
    return PanelRow(**given)
