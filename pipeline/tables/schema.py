"""The tables and their columns, as `dictionary.tsv` has them: names, types, and what each column says in Chinese and English."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

ColumnType = Literal["text", "integer", "number", "date"]

SQL_TYPES: dict[str, str] = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type, and what it says."""

    name: str
    type: ColumnType
    zh: str
    en: str


@cache
def tables() -> dict[str, tuple[Column, ...]]:
    """Columns by table, both in the order of the dictionary; columns of `*` stand in every table but `reports`."""
    text = (files(__package__) / "dictionary.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter="\t"))
    names = list(dict.fromkeys(row["table"] for row in rows if row["table"] != "*"))
    found: dict[str, tuple[Column, ...]] = {}
    for name in names:
        mine = [row for row in rows if row["table"] == name or (row["table"] == "*" and name != "reports")]
        found[name] = tuple(Column(r["column"], r["type"], r["zh"], r["en"]) for r in mine)  # type: ignore[arg-type]
    return found
