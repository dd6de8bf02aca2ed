"""The codebook of `indicators.yaml`, checked and compiled once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["flow", "stock", "rate"]

_TERM = re.compile(r"<([a-z_]+)>")


class RuleEntry(BaseModel):
    """A rule as written: regular expressions that must (and, with `no_`, must not) be found; see the head of the file."""

    model_config = ConfigDict(extra="forbid")

    item: str | None = None
    act: str | None = None
    clause: str | None = None
    before: str | None = None
    heading: str | None = None
    topic: str | None = None
    unit: str | None = None
    no_item: str | None = None
    no_act: str | None = None
    no_clause: str | None = None
    no_before: str | None = None
    no_heading: str | None = None
    domain: str | None = None


class IndicatorEntry(BaseModel):
    """An indicator as written."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    zh: str
    en: str
    unit: str
    units: str | list[str]
    kind: Kind
    change_only: bool = False
    share: bool = False
    per: bool = False
    counts: tuple[str, str]
    rules: list[RuleEntry] = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    counterexamples: list[str] = Field(min_length=1)


class CodebookFile(BaseModel):
    """The file as written."""

    model_config = ConfigDict(extra="forbid")

    terms: dict[str, str]
    domains: dict[str, str]
    generic: str
    units: dict[str, list[str]]
    indicators: list[IndicatorEntry]


@dataclass(frozen=True, slots=True)
class Rule:
    """Compiled conditions, all of which must hold: (field, pattern, whether it must be found), and the domain if one is asked for."""

    conditions: tuple[tuple[str, re.Pattern[str], bool], ...]
    domain: str | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of the codebook: what it counts, in which base unit, and the rules that find it."""

    code: str
    zh: str
    en: str
    unit: str
    units: frozenset[str]
    kind: Kind
    change_only: bool
    share: bool
    per: bool
    counts_zh: str
    counts_en: str
    rules: tuple[Rule, ...]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codebook:
    """All indicators in the order in which they are tried, and the words that decide the domain of a figure."""

    indicators: tuple[Indicator, ...]
    domain_words: re.Pattern[str]
    generic_item: re.Pattern[str]

    def __getitem__(self, code: str) -> Indicator:
        return {indicator.code: indicator for indicator in self.indicators}[code]


@cache
def load_codebook() -> Codebook:
    """The codebook of the package, checked and compiled."""
    import yaml

    text = (files(__package__) / "indicators.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return compile_codebook(yaml.load(text, Loader=loader))


def compile_codebook(data: Any) -> Codebook:
    """Check and compile a codebook.

    Raises:
        pydantic.ValidationError: an entry lacks a part or has one too many.
        re.error: a pattern is no regular expression.
        KeyError: a pattern or an entry names a term, a domain or a class of units that the file does not have.
    """
    book = CodebookFile.model_validate(data)
    words = "|".join(f"(?P<{name}>{pattern})" for name, pattern in book.domains.items())
    return Codebook(
        indicators=tuple(_indicator(entry, book) for entry in book.indicators),
        domain_words=re.compile(words),
        generic_item=re.compile(book.generic),
    )


def _indicator(entry: IndicatorEntry, book: CodebookFile) -> Indicator:
    units = book.units[entry.units] if isinstance(entry.units, str) else entry.units
    return Indicator(
        code=entry.code,
        zh=entry.zh,
        en=entry.en,
        unit=entry.unit,
        units=frozenset(units),
        kind=entry.kind,
        change_only=entry.change_only,
        share=entry.share,
        per=entry.per,
        counts_zh=entry.counts[0],
        counts_en=entry.counts[1],
        rules=tuple(_rule(rule, book) for rule in entry.rules),
        examples=tuple(entry.examples),
        counterexamples=tuple(entry.counterexamples),
    )


def _rule(rule: RuleEntry, book: CodebookFile) -> Rule:
    if rule.domain is not None and rule.domain not in book.domains:
        raise KeyError(f"domain {rule.domain}")
    conditions = []
    for name, pattern in rule.model_dump(exclude={"domain"}, exclude_none=True).items():
        wanted = not name.startswith("no_")
        conditions.append((name.removeprefix("no_"), re.compile(_expand(pattern, book.terms)), wanted))
    return Rule(tuple(conditions), rule.domain)


def _expand(pattern: str, terms: Mapping[str, str]) -> str:
    return _TERM.sub(lambda match: f"(?:{terms[match.group(1)]})", pattern)
