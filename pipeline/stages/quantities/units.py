"""The units that the grammar knows, read from the data files beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files

from pipeline.layers import Bound
from pipeline.stages.quantities.numbers import to_text

_DATA = files(__package__) / "data"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: `value × factor` is the value in `base`."""

    name: str
    dimension: str
    base: str
    factor: Fraction
    takes_chinese: bool


def read_lines(name: str) -> list[str]:
    """The lines of a data file without comments and blank lines, in order, each once."""
    lines = (_DATA / name).read_text("utf-8").splitlines()
    return list(dict.fromkeys(line for line in lines if line.strip() and not line.startswith("#")))


@cache
def measured_units() -> dict[str, Unit]:
    """Units of measure by name: currency, share, area, length, mass, power, time."""
    units = {}
    for line in read_lines("units.tsv"):
        name, dimension, base, factor, chinese = line.split("\t")
        units[name] = Unit(name, dimension, base, Fraction(factor), chinese == "1")
    return units


@cache
def measure_words() -> frozenset[str]:
    """Words that count things (件, 项, 名); each may stand with 次 behind it (家次)."""
    return frozenset(read_lines("measure_words.txt"))


@cache
def units_for_chinese() -> frozenset[str]:
    """Units before which a small Chinese numeral makes a quantity (两件), in words not read as a name."""
    takes = {name for name, unit in measured_units().items() if unit.takes_chinese}
    return frozenset(takes | measure_words() - set(read_lines("name_units.txt")))


@dataclass(frozen=True, slots=True)
class Words:
    """Words that bound a number, and words that only look like parts of a quantity (`words.toml`)."""

    before: dict[str, Bound]
    after: dict[str, Bound]
    distant: dict[str, Bound]
    part_of_word: dict[str, str]
    begins_word: dict[str, str]
    nouns: tuple[str, ...]


@cache
def words() -> Words:
    """The words of `words.toml`."""
    data = tomllib.loads((_DATA / "words.toml").read_text("utf-8"))
    bounds = {table: {word: bound for bound, group in data[table].items() for word in group} for table in ("before", "after", "distant")}
    return Words(**bounds, part_of_word=data["part_of_word"], begins_word=data["begins_word"], nouns=tuple(data["nouns"]["words"]))


def base_value(value: str, unit: str | None) -> tuple[str, str] | None:
    """A value in the base unit of its dimension, as decimal text of at most six decimals; None where the unit has no dimension."""
    known = measured_units().get(unit or "")
    if known is None or known.dimension == "count":
        return None
    return to_text(round(Fraction(value) * known.factor, 6)), known.base


def in_base_unit(value: Fraction, unit: str | None) -> tuple[Fraction, str | None]:
    """A value in the base unit of its dimension (`3 公顷` → 30000 `平方米`); itself where the unit has none."""
    known = measured_units().get(unit or "")
    return (value * known.factor, known.base) if known else (value, unit)
