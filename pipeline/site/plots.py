"""Small plots as geometry that the templates draw: bars and lines over years in SVG user units, lying bars as shares of their room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.site.panel import PanelRow

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 200, 46, 14, 24
_WIDE_LEFT = 120  # room for 10,000,000 in the large letters of a small screen


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its label and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """A lying bar: its length from 0 to 1, what stands beside it, and what it says when pointed at. The label may be a key of the words."""

    label: str
    length: float
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot's size, its bars or lines (lists of points), and its axis ticks as (position, label)."""

    width: float
    height: float
    bars: tuple[Bar, ...] = ()
    lines: tuple[tuple[str, tuple[tuple[float, float, str], ...]], ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    logarithmic: bool = False


def columns(counts: Mapping[int, int], totals: Mapping[int, int]) -> Plot:
    """Upright bars: the share (per cent) of each year's reports; years without reports stay empty."""
    years = range(min(totals), max(totals) + 1) if totals else range(0)
    room = (_WIDTH - _LEFT - 10) / max(len(years), 1)
    bottom, height = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    bars = []
    for position, year in enumerate(years):
        total, count = totals.get(year, 0), counts.get(year, 0)
        if total:
            share = count / total
            width = min(room * 0.7, 48)
            x = _LEFT + room * (position + 0.5) - width / 2
            bars.append(Bar(x, bottom - share * height, width, share * height, str(year), f"{100 * share:.0f}", f"{year}: {count}/{total}"))
    every = max(1, math.ceil(len(years) / 12))
    x_ticks = tuple((_LEFT + room * (i + 0.5), str(year)) for i, year in enumerate(years) if i % every == 0)
    y_ticks = tuple((bottom - part * height, f"{100 * part:.0f}") for part in (0, 0.5, 1))
    return Plot(_WIDTH, _HEIGHT, tuple(bars), (), x_ticks, y_ticks)


def rows(counts: Mapping[str, int], totals: Mapping[str, int], *, share: bool = False) -> tuple[Row, ...]:
    """Lying bars: a count of reports by place, or each group's share of its reports in per cent."""
    if share:
        return tuple(_row(name, counts.get(name, 0) / total, counts, totals, percent=True) for name, total in totals.items())
    ranked = sorted(((name, count) for name, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0]))
    return tuple(_row(name, count / ranked[0][1], counts, totals) for name, count in ranked)


def _row(name: str, length: float, counts: Mapping[str, int], totals: Mapping[str, int], *, percent: bool = False) -> Row:
    count = counts.get(name, 0)
    return Row(name, length, f"{100 * length:.0f}" if percent else str(count), f"{count}/{totals.get(name, 0)}")


def latest(panel: Sequence[PanelRow], most: int = 100) -> tuple[Row, ...]:
    """Lying bars: the latest known value of each region, largest first."""
    newest: dict[str, PanelRow] = {}
    for row in panel:
        if row.value is not None and (row.region not in newest or row.year > newest[row.region].year):
            newest[row.region] = row
    ranked = sorted(newest.values(), key=lambda row: -(row.value or 0))[:most]
    largest = max((row.value or 0 for row in ranked), default=0) or 1
    return tuple(Row(row.region, max(row.value or 0, 0) / largest, number(row.value), _hint(row)) for row in ranked)


def lines(panel: Sequence[PanelRow], most: int = 40) -> Plot:
    """A line a region over the years, two values of one year as two points; logarithmic where values lie far apart."""
    known = sorted((row for row in panel if row.value is not None), key=lambda row: (row.region, row.year))
    if not known:
        return Plot(_WIDTH, 0)
    first, last = min(row.year for row in known), max(row.year for row in known)
    values = sorted(max(row.value or 0, 0) for row in known)
    top = values[-1] or 1.0
    logarithmic = top > 50 * max(values[len(values) // 2], 1)
    left, bottom, height, width = _WIDE_LEFT, 300 - _BOTTOM, 300 - _BOTTOM - _TOP, _WIDTH - _WIDE_LEFT - 20

    def up(value: float) -> float:
        part = math.log10(1 + value) / math.log10(1 + top) if logarithmic else value / top
        return bottom - height * part

    def across(year: int) -> float:
        return left + width * ((year - first) / (last - first) if last > first else 0.5)

    regions = list(dict.fromkeys(row.region for row in known))[:most]
    drawn = tuple((region, tuple((across(r.year), up(max(r.value or 0, 0)), _hint(r)) for r in known if r.region == region)) for region in regions)
    every = max(1, math.ceil((last - first + 1) / 12))
    x_ticks = tuple((across(year), str(year)) for year in range(first, last + 1, every))
    steps = [0.0, *(10.0**n for n in range(1, math.ceil(math.log10(top)) + 1) if 10.0**n <= top)] if logarithmic else [0.0, top / 2, top]
    return Plot(_WIDTH, 300, (), drawn, x_ticks, tuple((up(step), number(step)) for step in steps), logarithmic)


def _hint(row: PanelRow) -> str:
    return f"{row.region} {row.year}: {number(row.value)} {row.unit or ''}".rstrip()


def number(value: float | None) -> str:
    """A number as people read it: thousands apart, no needless decimals."""
    if value is None:
        return "—"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
