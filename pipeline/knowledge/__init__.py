"""Names as facts, read from the data files beside this one: laws, agencies, instruments, heads."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HERE = files(__package__)


@dataclass(frozen=True, slots=True)
class Law:
    """A normative document by its name without `中华人民共和国`."""

    name: str
    rank: str
    year: str
    scope: str


@dataclass(frozen=True, slots=True)
class AgencyType:
    """A kind of local organ: its official name by level, and the short and former names it goes by."""

    name: str
    province: str
    city: str
    county: str
    aliases: tuple[str, ...]
    branch: str


@dataclass(frozen=True, slots=True)
class Region:
    """An administrative division; `province` and `city` are what holds it, empty where nothing does."""

    code: str
    name: str
    level: str
    short: str
    province: str
    city: str
    first: int
    last: int


def _rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (_HERE / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def _lines(name: str) -> tuple[str, ...]:
    text = (_HERE / name).read_text("utf-8")
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")))


@cache
def laws() -> dict[str, Law]:
    """Laws, regulations and Party regulations by name."""
    rows = _rows("laws.tsv") + _rows("party_regulations.tsv")
    return {row["name"]: Law(row["name"], row["rank"], row["year"], row["scope"]) for row in rows}


@cache
def central_agencies() -> dict[str, str]:
    """Every name of a central organ, full, short or former, to its canonical name."""
    names = {}
    for row in _rows("agencies_central.tsv"):
        for name in (row["name"], *filter(None, row["aliases"].split(";"))):
            names[name] = row["name"]
    return names


@cache
def agency_types() -> dict[str, AgencyType]:
    """Kinds of local organs by every name they go by, without region."""
    types: dict[str, AgencyType] = {}
    for row in _rows("agency_types.tsv"):
        aliases = tuple(filter(None, row["aliases"].split(";")))
        name = row["name"]
        province = row["province"] or name
        city = row["city"] or province
        kind = AgencyType(name, province, city, row["county"] or city, aliases, row["branch"])
        for alias in (name, kind.province, kind.city, kind.county, *aliases):
            types.setdefault(alias, kind)
    return types


@cache
def town_offices() -> dict[str, str]:
    """Offices that higher organs keep in towns, to the form of their full name."""
    return {row["name"]: row["form"] for row in _rows("town_offices.tsv")}


@cache
def instruments() -> dict[str, str]:
    """Well-known policy instruments: every way to write one, to its canonical name."""
    names = {}
    for row in _rows("instruments.tsv"):
        for name in (row["canonical"], *filter(None, row["aliases"].split(";"))):
            names[name] = row["canonical"]
    return names


@cache
def regions() -> dict[str, tuple[Region, ...]]:
    """Administrative divisions of 2010 and later by full name; several where a name is not unique."""
    found: dict[str, tuple[Region, ...]] = {}
    for r in _rows("regions.tsv"):
        region = Region(r["code"], r["name"], r["level"], r["short"], r["province"], r["city"], int(r["first"]), int(r["last"]))
        found[region.name] = (*found.get(region.name, ()), region)
    return found


@cache
def word_tags() -> dict[str, int]:
    """Common words to a number of their part of speech, from 1."""
    tags: dict[str, int] = {}
    for number, line in enumerate(_lines("word_tags.txt"), 1):
        _, _, words = line.partition("\t")
        tags.update(dict.fromkeys(words.split(" "), number))
    return tags


@cache
def measure_names() -> dict[str, str]:
    """What the surfaces of measures stand for, beyond `instruments`; used for names alone, not by the taggers."""
    return {row["surface"]: row["canonical"] for row in _rows("measure_names.tsv")}


@cache
def measure_heads() -> tuple[str, ...]:
    """The closed list of instrument heads of the guideline, longest first."""
    return tuple(sorted(_lines("measure_heads.txt"), key=lambda head: (-len(head), head)))
