"""A record as rows of the tables: one row an item, with report, region, year, topic, sentence and offsets as provenance."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

from pipeline.record import Record, RecordEntity, RecordQuantity, RecordSection
from pipeline.tables.places import place_of
from pipeline.tables.schema import tables
from pipeline.view import make_view

Row = dict[str, Any]
LABELS = {"laws": "LAW", "agencies": "AGENCY", "measures": "MEASURE"}
TABLES = ("reports", "sections", *LABELS, "quantities")


class Located:
    """A record with the way from an offset to its section and its sentence."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.view = make_view(record.text)

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        """Sentences of the record; where it has none (gold), the paragraphs of the view."""
        if self.record.sentences:
            return sorted(self.record.sentences)
        return [self.view.raw_span(start, end) for start, end in self.view.paragraphs()]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _ in self._sentences]

    def reading(self, start: int, end: int) -> str:
        """What a stretch reads, without white space, page numbers and marks."""
        return self.view.surface(*self.view.view_span(start, end))

    def sentence_span(self, position: int) -> tuple[int, int] | None:
        """Offsets of the sentence that holds a position."""
        index = bisect_right(self._sentence_starts, position) - 1
        if index < 0 or position >= self._sentences[index][1]:
            return None
        return self._sentences[index]

    def sentence(self, position: int) -> str | None:
        """What the sentence that holds a position reads."""
        span = self.sentence_span(position)
        return self.reading(*span) if span else None

    def section(self, position: int) -> RecordSection | None:
        """The deepest section that holds a position."""
        index = bisect_right(self._section_starts, position) - 1
        found = self._sections[index] if index >= 0 else None
        while found is not None and position >= found.end:
            found = self._by_id.get(found.parent) if found.parent else None
        return found

    @cached_property
    def _sections(self) -> list[RecordSection]:
        return sorted(self.record.sections, key=lambda s: (s.start, s.level))

    @cached_property
    def _section_starts(self) -> list[int]:
        return [section.start for section in self._sections]

    @cached_property
    def _by_id(self) -> dict[str, RecordSection]:
        return {section.id: section for section in self.record.sections}


def year_of(record: Record) -> int | None:
    """The year reported on as a number."""
    year = record.metadata.year
    return int(year) if year and year.isdecimal() else None


def rows_of(record: Record, *, duplicate_of: str | None = None) -> Iterator[tuple[str, Row]]:
    """(table, row) of everything in a record; rows have the columns of the dictionary."""
    located = Located(record)
    place = place_of(record.metadata.region, year_of(record))
    origin = {
        "report": record.id,
        "region": record.metadata.region,
        "region_code": place.code,
        "region_level": record.metadata.region_level,
        "year": year_of(record),
    }
    yield "reports", _report(record, origin, duplicate_of)
    for section in record.sections:
        yield "sections", origin | _section(section)
    for table, label in LABELS.items():
        for entity in record.entities:
            if entity.label == label:
                yield table, origin | _entity(table, entity) | _where(located, entity)
    for quantity in record.quantities:
        yield "quantities", origin | _quantity(quantity) | _where(located, quantity)


def in_order(table: str, row: Row) -> Row:
    """The row with the columns of its table in the order of the dictionary."""
    return {column.name: row[column.name] for column in tables()[table]}


def fingerprint_of(record: Record) -> str | None:
    """The fingerprint of the text as read, where the record has one."""
    found = getattr(record, "fingerprint", None)
    return str(found) if found else None


def _report(record: Record, origin: Row, duplicate_of: str | None) -> Row:
    meta, made_by = record.metadata, record.pipeline
    place = place_of(meta.region, year_of(record))
    counts = Counter(entity.label for entity in record.entities)
    return origin | {
        **{name: getattr(meta, name) for name in ("title", "doc_number", "issuer", "addressee")},
        "date": _iso_date(meta.date),
        **{"province": place.province, "city": place.city, "county": place.county},
        **{"cc": "；".join(meta.cc) or None, "warnings": "；".join(meta.warnings) or None},
        **{"characters": len(record.text), "sections": len(record.sections), "quantities": len(record.quantities)},
        **{table: counts[label] for table, label in LABELS.items()},  # type: ignore[index]
        **{name: getattr(record.source, name) for name in ("path", "format", "sha256", "encoding")},
        **{"fingerprint": fingerprint_of(record), "duplicate_of": duplicate_of},
        "pipeline_version": made_by.version if made_by else None,
        **{name: getattr(made_by, name, None) for name in ("model", "config")},
    }


def _iso_date(date: str | None) -> str | None:
    """A whole ISO date, else None: half a date fits no date column."""
    try:
        return datetime.date.fromisoformat(date or "").isoformat()
    except ValueError:
        return None


def _section(section: RecordSection) -> Row:
    return {
        "section": section.id,
        "section_level": section.level,
        "characters": section.end - section.start,
        **{name: getattr(section, name) for name in ("parent", "number", "title", "topic", "start", "end", "score")},
    }


def _entity(table: str, entity: RecordEntity) -> Row:
    own: dict[str, Row] = {"laws": {"rank": entity.rank}, "agencies": {"agency_level": entity.level}, "measures": {}}
    key = {"laws": "law", "agencies": "agency", "measures": "measure"}[table]
    return {key: entity.id, "text": entity.text, "canonical": entity.canonical, **own[table]}


def _quantity(q: RecordQuantity) -> Row:
    row: Row = {
        "quantity": q.id,
        "value": _number(q.value),
        "value_max": _number(q.value_max),
        "value_exact": q.value,
        **{name: getattr(q, name) for name in ("text", "unit", "bound", "change", "basis")},
    }
    for role, mention in (("item", q.item), ("action", q.action)):
        row |= {role: mention and mention.text, f"{role}_start": mention and mention.start, f"{role}_end": mention and mention.end}
    return row


def _number(value: str | None) -> float | None:
    """A decimal or fraction as a floating-point number; None also where it is too large for one."""
    try:
        return None if value is None else float(Fraction(value))
    except OverflowError:
        return None


def _where(located: Located, part: RecordEntity | RecordQuantity) -> Row:
    section = located.section(part.start)
    return {
        "section": section and section.id,
        "topic": section and section.topic,
        "sentence": located.sentence(part.start),
        "start": part.start,
        "end": part.end,
        "score": part.score,
    }
