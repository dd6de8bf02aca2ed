"""Records to panel rows, and the marks of cells that have more than one value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from pipeline.panel.codebook import Codebook, load_codebook
from pipeline.panel.frames import Frame, frames_of
from pipeline.panel.match import Coded, coded_frames
from pipeline.panel.years import When, when
from pipeline.record import Record


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A figure under an indicator, with all that is needed to check it. Columns are described in docs/panel.md."""

    region: str | None
    region_level: str | None
    issuer: str | None
    year: int | None
    code: str
    name: str
    name_en: str
    measure: str
    value: float
    value_max: float | None
    unit: str | None
    bound: str
    change: str | None
    basis: str | None
    status: str
    extent: str
    period: str | None
    part: bool
    flag: str | None
    score: float | None
    report: str
    quantity: str
    start: int
    end: int
    text: str
    item: str | None
    action: str | None
    section: str | None
    topic: str | None
    sentence: str


def panel_rows(records: Iterable[Record], codebook: Codebook | None = None) -> list[PanelRow]:
    """One row for each quantity that states an indicator, by region, issuer, indicator and year; cells with several values are flagged."""
    book = codebook or load_codebook()
    rows = [row for record in records for row in _rows(record, book)]
    rows = _flagged(rows)
    return sorted(rows, key=lambda r: (r.region or "", r.issuer or "", r.code, r.year or 0, r.report, r.start))


def _rows(record: Record, codebook: Codebook) -> Iterator[PanelRow]:
    stated = record.metadata.year or ""
    year = int(stated) if stated.isdigit() else None
    for frame, coded in coded_frames(list(frames_of(record, codebook)), codebook):
        yield _row(record, frame, coded, when(frame, year))


def _row(record: Record, frame: Frame, coded: Coded, at: When) -> PanelRow:
    quantity, meta = frame.quantity, record.metadata
    return PanelRow(
        region=meta.region,
        region_level=meta.region_level,
        issuer=meta.issuer,
        year=at.year,
        code=coded.indicator.code,
        name=coded.indicator.zh,
        name_en=coded.indicator.en,
        measure=coded.measure,
        value=_number(coded.value),
        value_max=None if coded.value_max is None else _number(coded.value_max),
        unit=coded.unit,
        bound=quantity.bound,
        change=coded.change,
        basis=quantity.basis,
        status=at.status,
        extent=at.extent,
        period=frame.period,
        part=frame.is_part,
        flag=None,
        score=quantity.score,
        report=record.id,
        quantity=quantity.id,
        start=quantity.start,
        end=quantity.end,
        text=quantity.text,
        item=quantity.item.text if quantity.item else None,
        action=quantity.action.text if quantity.action else None,
        section=frame.section,
        topic=frame.topic,
        sentence=frame.sentence,
    )


def _number(value: Fraction) -> float:
    return int(value) if value.denominator == 1 else round(float(value), 6)


def _flagged(rows: list[PanelRow]) -> list[PanelRow]:
    """Rows with `flag` set: `repeat` where a cell has the same value again, `conflict` where values of one issuer differ, `issuers` where only
    those of different issuers of the region do.
    """
    cells: dict[tuple[object, ...], list[PanelRow]] = defaultdict(list)
    for row in rows:
        cells[_cell(row)].append(row)
    return [replace(row, flag=_flag(row, cells[_cell(row)])) for row in rows]


def _cell(row: PanelRow) -> tuple[object, ...]:
    region = row.region or row.report
    return region, row.year, row.code, row.measure, row.status, row.extent, row.part


def _flag(row: PanelRow, cell: list[PanelRow]) -> str | None:
    own = [other for other in cell if other.issuer == row.issuer]
    values = {(other.value, other.value_max, other.unit, other.change) for other in own}
    if len(values) > 1:
        return "conflict"
    if len({(other.value, other.value_max, other.unit, other.change) for other in cell}) > 1:
        return "issuers"
    return "repeat" if len(cell) > 1 else None
