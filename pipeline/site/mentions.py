"""All mentions of names in all reports, kept on the disk while a site is made, so that memory does not grow with them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.record import Record, RecordEntity
from pipeline.tables.rows import Located, year_of

KINDS = {"law": "LAW", "agency": "AGENCY", "measure": "MEASURE"}
_SENTENCES = 3  # shown of one report


@dataclass(frozen=True, slots=True)
class Name:
    """A law, an agency or a measure by its canonical name. `report` and `anchor` are of its first mention; `rank` of a law, or an agency's level."""

    kind: str
    canonical: str
    rank: str | None
    reports: int
    mentions: int
    report: str
    anchor: str

    @property
    def file(self) -> str:
        """Its page's file name: names hold what no file name may."""
        return f"{self.kind}-{hashlib.sha256(self.canonical.encode()).hexdigest()[:12]}.html"


@dataclass(frozen=True, slots=True)
class Cited:
    """The mentions of a name in one report: the first sentences, each as (anchor, before, mention, after)."""

    report: str
    count: int
    sentences: tuple[tuple[str, str, str, str], ...]


class Mentions:
    """An index on the disk from names to sentences. `close` it when the site is made."""

    def __init__(self, scratch: Path) -> None:
        self._base = sqlite3.connect(scratch / "mentions.sqlite")
        self._base.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE mention (kind, canonical, rank, position, report, anchor, before, text, after)"
        )

    def add(self, record: Record, located: Located, position: int) -> None:
        """Take in a record's entities; `position` is its place among the reports."""
        kinds = {label: kind for kind, label in KINDS.items()}
        rows = [
            (kinds[e.label], e.canonical or e.text, e.rank or e.level, position, record.id, e.id, *_in_sentence(located, e)) for e in record.entities
        ]
        self._base.executemany("INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def index(self) -> None:
        """Call once after the last `add`."""
        self._base.executescript("CREATE INDEX by_name ON mention (kind, canonical, position)")

    def names(self, kind: str) -> Iterator[Name]:
        """Names of a kind, those in most reports first."""
        found = self._base.execute(
            "SELECT kind, canonical, rank, count(DISTINCT report), count(*), report, anchor, min(rowid) FROM mention WHERE kind = ?"
            " GROUP BY canonical ORDER BY 4 DESC, 5 DESC, 2",  # with min(rowid), SQLite takes the bare columns from the first mention
            (kind,),
        )
        for row in found.fetchall():
            yield Name(*row[:-1])

    def cited(self, name: Name) -> Iterator[Cited]:
        """Where a name stands, report by report, in the order of the reports."""
        rows = self._base.execute(
            "SELECT report, anchor, before, text, after FROM mention WHERE kind = ? AND canonical = ? ORDER BY position, rowid",
            (name.kind, name.canonical),
        )
        report, sentences = None, []
        for current, *sentence in rows:
            if current != report and report is not None:
                yield Cited(report, len(sentences), tuple(sentences[:_SENTENCES]))
                sentences = []
            report = current
            sentences.append(tuple(sentence))
        if report is not None:
            yield Cited(report, len(sentences), tuple(sentences[:_SENTENCES]))

    def close(self) -> None:
        """Let the file go."""
        self._base.close()


def _in_sentence(located: Located, entity: RecordEntity) -> tuple[str, str, str]:
    span = located.sentence_span(entity.start)
    if span is None:
        return "", entity.text, ""
    before = located.reading(span[0], entity.start) if span[0] < entity.start else ""
    after = located.reading(entity.end, span[1]) if entity.end < span[1] else ""
    return before[-200:], entity.text, after[:200]


@dataclass(frozen=True, slots=True)
class Listed:
    """A report as the list and the pages of names show it."""

    id: str
    file: str
    title: str
    region: str
    province: str
    level: str
    year: int | None
    topics: tuple[str, ...]
    laws: int
    agencies: int
    measures: int
    quantities: int

    @classmethod
    def of(cls, record: Record, province: str | None) -> Listed:
        """What the list needs of a record."""
        meta = record.metadata
        count = {label: sum(e.label == label for e in record.entities) for label in KINDS.values()}
        return cls(
            record.id, report_file(record.id), meta.title or "", meta.region or "", province or "", meta.region_level or "", year_of(record),
            tuple(dict.fromkeys(section.topic for section in record.sections)),
            count["LAW"], count["AGENCY"], count["MEASURE"], len(record.quantities),
        )  # fmt: skip


def report_file(identifier: str) -> str:
    """The file name of a report's page: its id where that is safe as a file name, else a hash of it."""
    safe = identifier and not identifier.startswith(".") and all(c.isalnum() or c in "-_." for c in identifier) and len(identifier.encode()) < 200
    return f"{identifier if safe else hashlib.sha256(identifier.encode()).hexdigest()[:16]}.html"
