"""Where a report's region lies: its code in the year reported on, and the divisions that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pipeline import knowledge
from pipeline.knowledge import Region

_FIRST_YEAR, _LAST_YEAR = 2010, 2024  # what knowledge/regions.tsv covers
_NO_CITY = "直辖县"  # stands there for a county that its province governs itself


@dataclass(frozen=True, slots=True)
class Place:
    """A region's own code (None where it has none, or where the name stays ambiguous) and what holds it."""

    code: str | None = None
    province: str | None = None
    city: str | None = None
    county: str | None = None


@cache
def place_of(region: str | None, year: int | None) -> Place:
    """The place of a region as a report writes it: `连云港市`, `上海市虹口区`, `宜兴市丁蜀镇`.

    Leading divisions narrow down the next one, so that `长春市朝阳区` is not Beijing's; a name that several divisions bear in that
    year, with nothing before it, is left open.
    """
    found: list[Region] = []
    rest = region or ""
    while rest:
        step = _next_division(rest, found, year)
        if step is None:
            break
        candidates, length = step
        found = candidates
        rest = rest[length:]
    if not found:
        return Place()
    one = found[0] if len(found) == 1 else None
    province = _only({r.name if r.level == "province" else r.province for r in found})
    city = _only({r.name if r.level == "city" else r.city for r in found if r.level != "province"} - {_NO_CITY})
    county = _only({r.name for r in found if r.level == "county"})
    return Place(one.code if one and not rest else None, province, city, county)


def _next_division(text: str, above: list[Region], year: int | None) -> tuple[list[Region], int] | None:
    """The divisions that the longest known beginning of a text can name, within the ones found above, and its length."""
    for length in range(min(15, len(text)), 1, -1):
        candidates = [r for r in knowledge.regions().get(text[:length], ()) if _is_within(r, above)]
        if candidates:
            return _of_year(candidates, year), length
    return None


def _is_within(region: Region, above: list[Region]) -> bool:
    if not above:
        return True
    return any((a.level == "province" and region.province == a.name) or (a.level == "city" and region.city == a.name) for a in above)


def _of_year(candidates: list[Region], year: int | None) -> list[Region]:
    """Those that existed in the year (the nearest year that the data cover); all where none did or no year is known.

    One division that changed its code counts once, with the code of the year.
    """
    when = min(max(year, _FIRST_YEAR), _LAST_YEAR) if year else _LAST_YEAR
    there = [r for r in candidates if r.first <= when <= r.last] or candidates
    by_place = {(r.level, r.province, r.city): r for r in there}
    return list(by_place.values())


def _only(names: set[str]) -> str | None:
    return (names.pop() or None) if len(names) == 1 else None
