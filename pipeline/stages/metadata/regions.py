"""Which area an issuer serves and at what level, from its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipeline import knowledge
from pipeline.knowledge import Region

_ORDER = {"province": 0, "city": 1, "county": 2, "town": 3}
_OFTEN = 3
_TOWN = re.compile(r"(?:镇|乡|街道|民族乡|苏木)\Z")
_ABOVE = re.compile(
    r"\A(?:中共|政协|共青团|中国共产党|中华人民共和国|国家税务总局|国家统计局|国家矿山安全监察局|国家能源局|国家外汇管理局|国家邮政局|国家金融监督管理总局"
    r"|中国人民银行|中国证券监督管理委员会|中国银行保险监督管理委员会|中国（[^）]{2,6}）自由贸易试验区|新疆生产建设兵团(?=第))"
)
_DIVISION = re.compile(r"第[一二三四五六七八九十]{1,2}师(?:[^团局政司]{2,5}市)?")
_PART = re.compile(
    r"[^省市县区局厅委会]{1,8}?(?:镇|(?<!城)乡|街道|苏木)"
    r"|[^省市县局厅委会]{2,10}?(?:经济技术开发区|高新技术产业开发区|经济开发区|高新区|新区|合作区|示范区|试验区|片区)"
)
_SEVERAL = re.compile(r"东北|华北|华东|中南|西北|西南|华南|华中|流域|铁路(?:监督|监管)|(?:长江|黄河|珠江|淮河|海河|太湖|松辽)(?:水利|航务|海事|流域)")
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
    name = _ABOVE.sub("", name)
    division = _DIVISION.match(name)
    if division:
        return Area(division.group(), "city", "新疆维吾尔自治区")
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
    """A division that gives a vertical organ its short name, or where it sits (`湛江海关` → 湛江市, `拱北海关` → 珠海市)."""
    vertical = _VERTICAL.search(name)
    if vertical is None:
        return []
    stem = name[: vertical.start()]
    found = _seats().get(stem) or _by_short_name().get(stem)
    return [(found.name, found.level)] if found else []


@cache
def _by_short_name() -> dict[str, Region]:
    """Divisions by short name: provinces and cities where it is unique among them, counties where it is unique among all."""
    high: dict[str, set[Region]] = {}
    every: dict[str, set[Region]] = {}
    for regions in knowledge.regions().values():
        for region in regions:
            if region.short:
                every.setdefault(region.short, set()).add(region)
                if region.level in {"province", "city"}:
                    high.setdefault(region.short, set()).add(region)
    names = {short: found for short, found in every.items() if len(short) > 1} | high
    return {short: next(iter(found)) for short, found in names.items() if len({r.name for r in found}) == 1}


@cache
def _seats() -> dict[str, Region]:
    """Where customs houses and the like sit that are not named after a division."""
    lines = (files(__package__) / "data" / "seats.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")][1:]
    return {stem: knowledge.regions()[region][0] for stem, region in rows}


def serves_several(name: str) -> bool:
    """Whether an organ serves more than one province (a railway's, a river's, a part of the country's)."""
    return bool(_SEVERAL.search(name))


def longest_form(area: Area, text: str) -> str:
    """A county's name with its city in front, where the text writes it so."""
    known = [r for r in knowledge.regions().get(area.name, ()) if r.level == "county"]
    forms = {f"{region.city or region.province}{area.name}" for region in known}
    return max((form for form in forms if form in text), key=len, default=area.name)


def frequent_area(text: str) -> Area | None:
    """The division that a text without issuer speaks of most: of the level that it calls its own (`全市`, `市政府`), if any."""
    regions = knowledge.regions()
    beginnings = {text[i : i + 3] for i in range(len(text) - 2)}  # few of the thousands of names are worth a search
    counts = {name: count for name in regions if len(name) > 2 and name[:3] in beginnings and (count := text.count(name))}
    for name in sorted(counts, key=len):  # 沙市区 within 长沙市区 is none
        counts[name] -= sum(counts[longer] for longer in counts if name != longer and name in longer)
    counts = {name: count for name, count in counts.items() if count > 0}
    counts |= {region.name: count for region in _provinces() if (count := text.count(region.short)) >= _OFTEN and region.name not in counts}
    if not counts:
        return None
    own = {level: len(re.findall(words, text)) for level, words in _OWN.items()}
    level = max(own, key=own.__getitem__)
    fitting = [name for name in counts if own[level] >= 2 and any(r.level == level for r in regions[name])]
    weight = {"province": 1}
    if not fitting and max(counts.values()) < _MIN_MENTIONS:
        return None
    best = max(fitting or counts, key=lambda name: (counts[name] * weight.get(regions[name][0].level, 2), -text.find(name)))
    return area_of(best)


_MIN_MENTIONS = 2
_OWN = {
    "province": r"全省|我省|省政府|省委|全区各(?:市|盟)|自治区(?:政府|党委|人民政府)",
    "city": r"全市|我市|(?<![\u4e00-\u9fff])市(?:政府|委)|市级|市[\u4e00-\u9fff]{2,6}局",
    "county": r"全县|我县|全区|我区|县政府|区政府|县委|(?<!地)区委|旗政府|县[\u4e00-\u9fff]{2,6}局|(?<!地)区[\u4e00-\u9fff]{2,6}局",
}


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
            match = _PART.match(rest)
            if match is None:
                break
            found = (match.group(), "town" if _TOWN.search(match.group()) else "county")
        if order[found[1]] <= rank:
            break
        parts.append(found)
        rank = order[found[1]]
        rest = rest[len(found[0]) :]
    return parts
