"""The one place where a Doc becomes a record, and a record the layers of a Doc again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.fingerprint import fingerprint
from pipeline.layers import Actor, Entity, Layers, Metadata, Offsets, Quantity, Section
from pipeline.record import Mention, Provenance, Record, Source
from pipeline.spans import split_at
from pipeline.stages.quantities.units import base_value
from pipeline.view import View

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.tokens import Span as DocSpan

Part = dict[str, Any]


def to_record(layers: Layers, identifier: str, source: Source, provenance: Provenance | None) -> Record:
    """A validated record of all layers, in offsets of the raw text. Its parts are built as plain values and validated all at once."""
    view = layers.view
    return Record.model_validate(
        {
            "schema": "1",
            "id": identifier,
            "source": source,
            "text": view.raw,
            "metadata": _metadata(layers.metadata),
            "sections": list(_sections(view, layers.sections)),
            "sentences": view.raw_spans(layers.sentences),
            "tokens": view.raw_spans(split_at(layers.words, _edges(layers))),
            "entities": list(_entities(view, layers.entities)),
            "quantities": list(_quantities(layers)),
            "pipeline": provenance,
            "fingerprint": fingerprint(view.norm),
        }
    )


def _edges(layers: Layers) -> set[int]:
    """Where entities, quantities, items and actions begin and end: no word of the record runs over one.

    Segmentation comes before all of them, and what they were found with are its words; only the record's are cut.
    """
    spans = [(e.start, e.end) for e in layers.entities] + [(q.start, q.end) for q in layers.quantities]
    spans += [span for q in layers.quantities for span in (q.item, q.action) if span]
    return {edge for span in spans for edge in span}


def _metadata(meta: Metadata) -> Part:
    return {
        "title": meta.title, "doc_number": meta.doc_number, "issuer": meta.issuer, "addressee": meta.addressee, "date": meta.date, "year": meta.year,
        "region": meta.region, "region_level": meta.region_level, "cc": meta.cc, "warnings": meta.warnings,
    }  # fmt: skip


def _sections(view: View, sections: list[Section]) -> Iterator[Part]:
    for number, section in enumerate(sections, 1):
        start, end = view.raw_span(section.start, section.end)
        yield {
            "id": f"s{number}",
            "parent": None if section.parent is None else f"s{section.parent + 1}",
            "level": section.level,
            "start": start,
            "end": end,
            "heading": dict(zip(("start", "end"), view.raw_span(*section.heading), strict=True)) if section.heading else None,
            "number": section.number,
            "title": section.title,
            "topic": section.topic,
            "score": _rounded(section.score),
        }


def _entities(view: View, entities: list[Entity]) -> Iterator[Part]:
    for number, entity in enumerate(entities, 1):
        start, end = view.raw_span(entity.start, entity.end)
        part: Part = {
            "id": f"e{number}",
            "label": entity.label,
            "start": start,
            "end": end,
            "text": view.surface(entity.start, entity.end),
            "canonical": entity.canonical,
            "rank": entity.rank,
            "level": entity.level,
            "score": _rounded(entity.score),
        }
        if entity.label == "MEASURE":
            part["actor"] = _actor(entity.actor)
        yield part


def _quantities(layers: Layers) -> Iterator[Part]:
    view = layers.view
    for number, q in enumerate(layers.quantities, 1):
        start, end = view.raw_span(q.start, q.end)
        section = layers.deepest_section(q.start)
        yield {
            "id": f"q{number}",
            "start": start,
            "end": end,
            "text": view.surface(q.start, q.end),
            "value": q.value,
            "value_max": q.value_max,
            "unit": q.unit,
            "bound": q.bound,
            "change": q.change,
            "basis": q.basis,
            "item": _mention(view, q.item),
            "action": _mention(view, q.action),
            "section": None if section is None else f"s{section + 1}",
            "score": _rounded(q.score),
            "period": q.period,
            "per": q.per,
            "part_of": None if q.part_of is None else f"q{q.part_of + 1}",
            "base": _base(q),
            "actor": _actor(q.actor),
        }


def _actor(actor: Actor | None) -> Part | None:
    if actor is None:
        return None
    return {"entity": None if actor.entity is None else f"e{actor.entity + 1}", "name": actor.name, "by": actor.by}


def _base(quantity: Quantity) -> Part | None:
    low = base_value(quantity.value, quantity.unit)
    if low is None:
        return None
    high = base_value(quantity.value_max, quantity.unit) if quantity.value_max else None
    return {"value": low[0], "value_max": high[0] if high else None, "unit": low[1]}


def _mention(view: View, span: Offsets | None) -> Part | None:
    if span is None:
        return None
    start, end = view.raw_span(*span)
    return {"start": start, "end": end, "text": view.surface(*span)}


def _rounded(score: float) -> float:
    return round(min(max(score, 0.0), 1.0), 4)


def from_record(record: Record, layers: Layers) -> int:
    """Fill layers with what a record says; returns how many of its spans the view cannot hold (lost).

    A record's spans are lost only where they cover nothing that is read.
    """
    view = layers.view
    lost = 0

    def span(start: int, end: int) -> Offsets | None:
        nonlocal lost
        found = view.view_span(start, end)
        if found[0] >= found[1] or view.raw_span(*found) != (start, end):
            lost += 1
        return found if found[0] < found[1] else None

    def mention(m: Mention | None) -> Offsets | None:
        return span(m.start, m.end) if m else None

    index = {section.id: number for number, section in enumerate(record.sections)}
    for s in record.sections:
        start, end = view.view_span(s.start, s.end)
        heading = span(s.heading.start, s.heading.end) if s.heading else None
        parent = index.get(s.parent) if s.parent else None
        layers.sections.append(Section(start, max(end, start + 1), s.level, heading, s.number, s.title, parent, s.topic))
    for e in record.entities:
        at = span(e.start, e.end)
        if at:
            layers.entities.append(Entity(e.label, *at, e.canonical, e.rank, e.level))
    for q in record.quantities:
        at = span(q.start, q.end)
        if at:
            item, action = mention(q.item), mention(q.action)
            layers.quantities.append(Quantity(*at, q.value, q.value_max, q.unit, q.bound, q.change, q.basis, item, action))
    meta = record.metadata
    layers.metadata = Metadata(
        meta.title, meta.doc_number, meta.issuer, meta.addressee, meta.date, meta.year, meta.region, meta.region_level, list(meta.cc)
    )
    return lost


def to_doc(record: Record) -> Doc:
    """A record as a spaCy Doc of its view, with its own layers attached; what `Record.to_doc` describes."""
    from spacy.tokens import Span as DocSpan
    from spacy.vocab import Vocab

    from pipeline.layers import layers_of
    from pipeline.tokenizer import ViewTokenizer

    doc = ViewTokenizer(Vocab())(record.text)
    layers = layers_of(doc)
    from_record(record, layers)
    layers.sentences = [layers.view.view_span(*span) for span in record.sentences or ()]
    layers.words = [layers.view.view_span(*span) for span in record.tokens or ()]

    entities = [DocSpan(doc, e.start, e.end, label=e.label, kb_id=e.canonical or "") for e in layers.entities]
    quantities = [DocSpan(doc, q.start, q.end, label="QUANTITY") for q in layers.quantities]
    doc.ents = _not_overlapping(entities, quantities)
    doc.spans["entities"], doc.spans["quantities"] = entities, quantities
    doc.spans["items"] = [DocSpan(doc, *q.item, label="ITEM") for q in layers.quantities if q.item]
    doc.spans["actions"] = [DocSpan(doc, *q.action, label="ACTION") for q in layers.quantities if q.action]
    doc.spans["sections"] = [DocSpan(doc, s.start, s.end, label=s.topic) for s in layers.sections]
    doc.spans["words"] = [DocSpan(doc, start, end) for start, end in layers.words if start < end]
    starts = {start for start, end in layers.sentences if start < end}
    for token in doc if starts else ():
        token.is_sent_start = token.i == 0 or token.i in starts
    return doc


def _not_overlapping(entities: list[DocSpan], quantities: list[DocSpan]) -> list[DocSpan]:
    """All entities, and the quantities that stand in none."""
    taken = {i for entity in entities for i in range(entity.start, entity.end)}
    return [*entities, *(q for q in quantities if taken.isdisjoint(range(q.start, q.end)))]
