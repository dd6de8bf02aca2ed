"""Which area an issuer serves and at what level, from its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline import knowledge
from pipeline.knowledge import Region

_ORDER = {"province": 0, "city": 1, "county": 2, "town": 3}
_OFTEN = 3
_TOWN = re.compile(r"(?:镇|乡|街道|民族乡|苏木)\Z")
_VERTICAL = re.compile(r"(?:海关|海事局|证监局|边检|出入境|烟草|税务局|银行|监管分?局|通信管理局|邮政管理局|银保监|人民政府|公安|边境)")


@dataclass(frozen=True, slots=True)
class Area:
    """A region as the report names it, its level, and the divisions above it where they are known."""

    name: str
    level: str
    province: str = ""
    city: str = ""
    county: str = ""


def area_of(name: str, year: int | None = None) -> Area | None:
    """The area of an organ's full name (`宝鸡市市场监督管理局` → 宝鸡市); None where it names none.

    An ambiguous county keeps its divisions above open unless the name itself says them.
    """
    name = re.sub(r"\A(?:中共|政协|国家税务总局|中国人民银行|中华人民共和国|共青团|中国共产党|国家金融监督管理总局)", "", name)
    parts = _split(name) or _short(name)
    if not parts:
        return None
    text = "".join(part for part, _ in parts)
    _last, level = parts[-1]
    province = next((p for p, at in parts if at == "province"), "")
    city = next((p for p, at in parts if at == "city"), "")
    county = next((p for p, at in parts if at == "county"), "")
    known = [r for r in knowledge.regions().get(county or city, ()) if _was_there(r, year)]
    if len({(r.province, r.city) for r in known}) == 1:
        province = province or known[0].province
        if county:
            city = city or known[0].city
    return Area(text, level, province, city, county)


def _short(name: str) -> list[tuple[str, str]]:
    """A division that gives a vertical organ its short name (`湛江海关` → 湛江市)."""
    vertical = _VERTICAL.search(name)
    if vertical is None:
        return []
    found = _by_short_name().get(name[: vertical.start()])
    return [(found.name, found.level)] if found else []


@cache
def _by_short_name() -> dict[str, Region]:
    """Provinces and cities by short name, where it is unique."""
    names: dict[str, set[Region]] = {}
    for regions in knowledge.regions().values():
        for region in regions:
            if region.level in {"province", "city"} and region.short:
                names.setdefault(region.short, set()).add(region)
    return {short: next(iter(found)) for short, found in names.items() if len({r.name for r in found}) == 1}


def frequent_area(text: str) -> Area | None:
    """The division that a text without issuer names most often, cities and counties before provinces."""
    counts: dict[str, int] = {}
    names = sorted(knowledge.regions(), key=len, reverse=True)
    for name in names:
        if len(name) > 2 and (count := text.count(name)):
            counts[name] = count
    counts |= {region.name: count for region in _provinces() if (count := text.count(region.short)) >= _OFTEN and region.name not in counts}
    if not counts:
        return None
    best = max(counts, key=lambda n: (counts[n] * (1 if knowledge.regions()[n][0].level == "province" else 2), -text.find(n)))
    return area_of(best)


@cache
def _provinces() -> tuple[Region, ...]:
    return tuple(region for regions in knowledge.regions().values() for region in regions if region.level == "province" and region.short)


def _was_there(region: Region, year: int | None) -> bool:
    return year is None or region.first <= year <= max(region.last, 2024)


def _split(name: str) -> list[tuple[str, str]]:
    """Leading divisions of a name with their levels, the longest known ones first."""
    regions = knowledge.regions()
    parts: list[tuple[str, str]] = []
    rest = name
    rank = -1
    order = _ORDER
    while rest:
        found = next(
            (
                (rest[:n], regions[rest[:n]][0].level)
                for n in range(min(15, len(rest)), 1, -1)
                if rest[:n] in regions and any(order[r.level] > rank for r in regions[rest[:n]])
            ),
            None,
        )
        if found is None:
            match = re.match(
                r"[^省市县区局厅委会]{2,8}?(?:镇|乡|街道(?!办)|街道(?=办)|苏木)|[^省市县局厅委会]{2,10}?(?:经济技术开发区|高新技术产业开发区|经济开发区|高新区|新区|合作区)",
                rest,
            )
            if match is None:
                break
            found = (match.group(), "town" if _TOWN.search(match.group()) else "county")
        if order[found[1]] <= rank:
            break
        parts.append(found)
        rank = order[found[1]]
        rest = rest[len(found[0]) :]
    return parts
