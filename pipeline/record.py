"""The published record: one report, one JSON line. The shape of predictions and of gold alike.

Offsets count code points of `text`, end exclusive. `text` is the report as its reader delivered it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.layers import Bound, By, Change, Label

if TYPE_CHECKING:
    import pandas as pd
    from spacy.tokens import Doc

Topic = Literal[
    "overview", "leadership", "functions", "rulemaking", "decision", "enforcement", "emergency", "disputes",
    "oversight", "digital", "education", "problems", "plans", "meta",
]  # fmt: skip
TOPICS: tuple[str, ...] = Topic.__args__  # type: ignore[attr-defined]
Rank = Literal["law", "regulation", "rule", "party", "policy"]
Level = Literal["central", "province", "city", "county", "town"]
Offset = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where the text came from; `sha256` is of the file's bytes."""

    path: str
    format: str
    sha256: str
    encoding: str | None = None


class Span(_Part):
    """Offsets into `text`."""

    start: Offset
    end: Offset


class Mention(_Part):
    """Offsets with what they read: without white space, page numbers and marks."""

    start: Offset
    end: Offset
    text: str


class RecordMetadata(_Part):
    """What the report says of itself."""

    title: str | None = None
    doc_number: str | None = None
    issuer: str | None = None
    addressee: str | None = None
    date: str | None = None
    year: str | None = None
    region: str | None = None
    region_level: Level | None = None
    cc: list[str] = []
    warnings: list[str] = []


class RecordSection(_Part):
    """A part of the section tree; the deepest section that holds a character decides its topic."""

    id: str
    parent: str | None
    level: Annotated[int, Field(ge=1, le=9)]
    start: Offset
    end: Offset
    heading: Span | None
    number: str | None
    title: str | None
    topic: Topic
    score: Probability | None = None


class RecordActor(_Part):
    """The agency that acted. `entity`: the id of its mention, null where no mention in the text is it; `by`: how the text says so.

    `subject` of the clause (or a pronoun: 我局), `agent` (由, 被, 指导 …), `heading` of the section;
    `issuer`: the text names none, the report's issuer by default.
    """

    entity: str | None
    name: str
    by: By


class RecordEntity(_Part):
    """A law, an agency or a measure with its canonical name; `actor` of a measure: who runs it here."""

    id: str
    label: Label
    start: Offset
    end: Offset
    text: str
    canonical: str | None
    rank: Rank | None = None
    level: Level | None = None
    score: Probability | None = None
    actor: RecordActor | None = None


class BaseValue(_Part):
    """A value in the base unit of its dimension (3 公顷: 30000 平方米), rounded to six decimals where it has more."""

    value: str
    value_max: str | None
    unit: str


class RecordQuantity(_Part):
    """A number with value and unit, what it counts (`item`) and what was done (`action`).

    `period`: the time that it speaks of, as written (`上年同期`, `2019年`); `per`: the denominator of a rate (`每千人`, `/平方米`);
    `part_of`: the id of the total that an 其中 breaks down; `base`: the value in the base unit, where the unit has a dimension;
    `actor`: the agency that did it, null where the text gives it to someone whom it does not name (各乡镇, 公安机关).
    """

    id: str
    start: Offset
    end: Offset
    text: str
    value: str
    value_max: str | None
    unit: str | None
    bound: Bound
    change: Change | None
    basis: str | None = None
    item: Mention | None
    action: Mention | None
    section: str | None = None
    score: Probability | None = None
    period: str | None = None
    per: str | None = None
    part_of: str | None = None
    base: BaseValue | None = None
    actor: RecordActor | None = None

    @field_validator("value", "value_max")
    @classmethod
    def _is_number(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                Fraction(value)
            except (ValueError, ZeroDivisionError) as error:
                raise ValueError(f"{value!r} is no decimal number or fraction") from error
        return value


def _named(actor: RecordActor | None, ids: set[str]) -> RecordActor | None:
    """An actor whose mention is in the record, or without a mention."""
    return actor.model_copy(update={"entity": None}) if actor and actor.entity not in ids else actor


def _pruned(quantity: RecordQuantity, ids: set[str]) -> dict[str, Any]:
    return {"actor": _named(quantity.actor, ids), "part_of": quantity.part_of if quantity.part_of in ids else None}


class Provenance(_Part):
    """What made the record."""

    version: str
    model: str
    config: str


class Record(_Part):
    """One report. Layers that a gold record does not label are None."""

    schema_: Literal["1"] = Field(default="1", alias="schema")
    id: str
    source: Source
    text: str
    metadata: RecordMetadata
    sections: list[RecordSection]
    sentences: list[tuple[Offset, Offset]] | None = None
    tokens: list[tuple[Offset, Offset]] | None = None
    entities: list[RecordEntity]
    quantities: list[RecordQuantity]
    pipeline: Provenance | None = None
    fingerprint: str | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="after")
    def _spans_fit(self) -> Record:
        length = len(self.text)
        for kind, span in _all_spans(self):
            if not span.start < span.end <= length:
                raise ValueError(f"{kind} {span.start}–{span.end} is not inside the text of {length} characters")
        for kind, mention in _all_mentions(self):
            if not reads(self.text[mention.start : mention.end], mention.text):
                raise ValueError(f"{kind} {mention.start}–{mention.end} does not read {mention.text!r}")
        ordered = sorted(self.entities, key=lambda e: e.start)
        for first, second in itertools.pairwise(ordered):
            if second.start < first.end:
                raise ValueError(f"entities {first.text!r} at {first.start} and {second.text!r} at {second.start} overlap")
        return self

    def to_frame(self, layer: str = "quantities") -> pd.DataFrame:
        """A layer in pandas, one row an item, with sentence and topic: a table of `gongwen tables` (`reports`, `sections`, `laws`,
        `agencies`, `measures`, `quantities`; columns as in `gongwen tables --describe`), or `entities`, `sentences`, `tokens`.

        Raises:
            ValueError: there is no such layer.
        """
        from pipeline.tables import layer_frame

        return layer_frame(self, layer)

    def above(self, score: float) -> Record:
        """The record without entities and quantities of a lower score. Ids stay, but what is left out is named by nothing."""
        entities = [e for e in self.entities if e.score is None or e.score >= score]
        quantities = [q for q in self.quantities if q.score is None or q.score >= score]
        ids = {e.id for e in entities} | {q.id for q in quantities}
        entities = [e.model_copy(update={"actor": _named(e.actor, ids)}) if e.actor else e for e in entities]
        quantities = [q.model_copy(update=_pruned(q, ids)) if q.actor or q.part_of else q for q in quantities]
        return self.model_copy(update={"entities": entities, "quantities": quantities})

    def to_doc(self) -> Doc:
        """A spaCy Doc of the view, a character a token: entities and quantities in `doc.ents`, every layer in `doc.spans` (`entities`,
        `quantities`, `items`, `actions`, `sections`, `words`), sentences in `doc.sents`. displaCy shows it.
        """
        from pipeline.conversion import to_doc

        return to_doc(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from pipeline.site.notebook import record_html

        return record_html(self)

    def to_json(self) -> str:
        """One line of JSON, keys in the order of the contract; what is unset is left out."""
        return self.model_dump_json(by_alias=True, exclude_unset=True)


def reads(raw: str, text: str) -> bool:
    """Whether a raw stretch reads as `text` once white space, page numbers and marks in it are put aside."""
    if "".join(raw.split()) == text:
        return True
    rest = iter(raw)
    return bool(text) and all(char in rest for char in text) and raw[0] == text[0] and raw[-1] == text[-1]


AnyMention = Mention | RecordEntity | RecordQuantity


def _all_mentions(record: Record) -> Iterator[tuple[str, AnyMention]]:
    for entity in record.entities:
        yield entity.label, entity
    for quantity in record.quantities:
        yield "quantity", quantity
        if quantity.item:
            yield "item", quantity.item
        if quantity.action:
            yield "action", quantity.action


def _all_spans(record: Record) -> Iterator[tuple[str, AnyMention | RecordSection | Span]]:
    yield from _all_mentions(record)
    for section in record.sections:
        yield "section", section
        if section.heading:
            yield "heading", section.heading


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a record."""
    return Record.model_json_schema(by_alias=True)


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file (`.jsonl`, `.jsonl.zst`, `.parquet`) or a folder of such files, validated.

    Raises:
        AnnotationError: a line is no record; the message names file and line.
        MissingComponent: the library for the file's format is not installed.
    """
    return (record for _, record in read_record_lines(path))


def read_record_lines(path: Path) -> Iterator[tuple[int, Record]]:
    """The records of a JSONL file with the number of their line, validated.

    Raises:
        AnnotationError: a line is no record; the message names file and line.
    """
    from pipeline.storage import lines_of

    for number, line in enumerate(lines_of(path), 1):
        if not line.strip():
            continue
        try:
            yield number, Record.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise AnnotationError(
                tr("{path}:{number}: not a valid record: {where}: {msg}", path=path, number=number, where=where, msg=first["msg"])
            ) from error


def write_records(path: Path, records: Iterable[Record]) -> int:
    """Write records as JSONL; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for count, record in enumerate(records, 1):  # noqa: B007
            out.write(record.to_json() + "\n")
    return count
