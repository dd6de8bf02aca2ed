"""Units of bare numbers in tables, taken from the unit column, the row's name or the column's head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from pipeline.stages.quantities.grammar import Parsed
from pipeline.stages.quantities.numbers import parse_number, to_text
from pipeline.stages.quantities.units import measure_words, measured_units

_UNIT_HEAD = re.compile(r"(?:计量)?单位\Z")
_IN_BRACKETS = re.compile(r"（(?:单位：)?([^（）]{1,8})）\Z")
_MULTIPLIER = re.compile(r"([十百千]?[万亿]?)(.+)")

Cell = tuple[int, int]


def give_table_units(norm: str, quantities: list[Parsed]) -> None:
    """Set unit and value of bare numbers that stand in cells; other quantities stay as they are."""
    if "\t" not in norm:
        return
    starts = {q.start: q for q in quantities if q.unit is None}
    for rows in _tables(norm):
        head = [norm[s:e] for s, e in rows[0]]
        for row in rows[1:]:
            for column, (start, end) in enumerate(row):
                quantity = starts.get(start) or starts.get(start + 1)
                if quantity is None or quantity.end > end:
                    continue
                unit = _unit_of(norm, head, row, column)
                if unit:
                    _apply(quantity, unit)


def _tables(norm: str) -> Iterator[list[list[Cell]]]:
    """Runs of at least two paragraphs with tabs, as rows of cells."""
    rows: list[list[Cell]] = []
    for match in re.finditer(r"[^\n]+", norm):
        line = match.group()
        if "\t" in line:
            rows.append([(match.start() + c.start(), match.start() + c.end()) for c in re.finditer(r"[^\t]+", line)])
            continue
        if len(rows) > 1:
            yield rows
        rows = []
    if len(rows) > 1:
        yield rows


def _unit_of(norm: str, head: list[str], row: list[Cell], column: int) -> str | None:
    for index, title in enumerate(head):
        if _UNIT_HEAD.search(title) and index < len(row):
            return norm[slice(*row[index])]
    candidates = [norm[slice(*row[0])]] + ([head[column]] if column < len(head) else [])
    for text in candidates:
        match = _IN_BRACKETS.search(text)
        if match and _is_unit(match.group(1)):
            return match.group(1)
    return None


def _is_unit(text: str) -> bool:
    match = _MULTIPLIER.fullmatch(text)
    return match is not None and (match.group(2) in measured_units() or match.group(2).removesuffix("次") in measure_words())


def _apply(quantity: Parsed, unit: str) -> None:
    match = _MULTIPLIER.fullmatch(unit)
    if match is None:
        return
    factor = parse_number("1" + match.group(1)) if match.group(1) else Fraction(1)
    assert factor is not None
    quantity.unit = match.group(2)
    quantity.value = to_text(Fraction(quantity.value) * factor)
