"""A report as labelling tools see it: a text, marks with labels and attributes on it, and links between marks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import Record, RecordQuantity
from pipeline.stages.names.forms import default_canonical
from pipeline.stages.quantities.grammar import find_quantities
from pipeline.stages.tree import nest
from pipeline.view import View, make_view

ENTITIES = ("LAW", "AGENCY", "MEASURE")
LABELS = (*ENTITIES, "QUANTITY", "ITEM", "ACTION", "HEADING", "SECTION")
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ENTITIES, ("canonical", "rank", "level")),
    "QUANTITY": ("value", "value_max", "unit", "bound", "change", "basis"),
    "HEADING": ("number", "title"),
    "SECTION": ("topic", "depth"),
    "ITEM": (),
    "ACTION": (),
}
METADATA = ("title", "doc_number", "issuer", "addressee", "date", "year", "region", "region_level")
ROLES = {"item": "ITEM", "action": "ACTION"}

Say = Callable[[str], None]


@dataclass(slots=True)
class Mark:
    """A labelled stretch of the text; offsets are code points, end exclusive."""

    id: str
    label: str
    start: int
    end: int
    attributes: dict[str, str] = field(default_factory=dict)
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What a quantity counts (`item`) or what was done to it (`action`): from the quantity's mark to another."""

    role: str
    quantity: str
    target: str


@dataclass(slots=True)
class Sheet:
    """One report. `origin` names file and task or line for messages; `model` made the marks, if a model did."""

    id: str
    text: str
    source: dict[str, Any]
    metadata: dict[str, Any]
    marks: list[Mark]
    links: list[Link]
    model: str | None = None
    origin: str = ""


def to_sheet(record: Record) -> Sheet:
    """A record's layers as marks and links."""
    marks: list[Mark] = []
    links: dict[Link, None] = {}
    for e in record.entities:
        marks.append(Mark(e.id, e.label, e.start, e.end, _given(canonical=e.canonical, rank=e.rank, level=e.level), e.score))
    targets: dict[tuple[str, int, int], Mark] = {}
    for q in record.quantities:
        marks.append(Mark(q.id, "QUANTITY", q.start, q.end, _values(q), q.score))
        for role, mention in (("item", q.item), ("action", q.action)):
            if mention:
                name = f"{role[0]}{mention.start}-{mention.end}"
                targets.setdefault((role, mention.start, mention.end), Mark(name, ROLES[role], mention.start, mention.end))
                links[Link(role, q.id, name)] = None
    marks += targets.values()
    for s in record.sections:
        marks.append(Mark(s.id, "SECTION", s.start, s.end, {"topic": s.topic, "depth": str(s.level)}, s.score))
        if s.heading:
            marks.append(Mark(f"h{s.id[1:]}", "HEADING", s.heading.start, s.heading.end, _given(number=s.number, title=s.title)))
    return Sheet(
        id=record.id,
        text=record.text,
        source=record.source.model_dump(),
        metadata=record.metadata.model_dump(exclude_unset=True),
        marks=marks,
        links=list(links),
        model=record.pipeline.model if record.pipeline else None,
    )


def _given(**attributes: str | None) -> dict[str, str]:
    return {key: value for key, value in attributes.items() if value is not None}


def _values(q: RecordQuantity) -> dict[str, str]:
    return _given(value=q.value, value_max=q.value_max, unit=q.unit, bound=q.bound, change=q.change, basis=q.basis)


def from_sheet(sheet: Sheet, say: Say) -> Record:
    """The gold record of a sheet that came back.

    Marks lose white space at their ends; a quantity without value gets the one that its words say; a name without canonical form its own words.

    Raises:
        AnnotationError: unknown labels, offsets outside the text, overlaps, links that make no sense; one line each.
    """
    reader = _Reader(sheet, say)
    record = reader.record()
    if reader.faults:
        raise AnnotationError("\n".join(f"{sheet.origin or sheet.id}: {fault}" for fault in reader.faults))
    try:
        return Record.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AnnotationError(f"{sheet.origin or sheet.id}: {where}: {first['msg']}") from error


class _Reader:
    """Collects the parts of a record and the faults of a sheet."""

    def __init__(self, sheet: Sheet, say: Say) -> None:
        self.sheet = sheet
        self.faults: list[str] = []
        self._say = say
        self._view: View = make_view(sheet.text)
        self._marks = {mark.id: mark for mark in sheet.marks if self._is_sound(mark)}

    def _is_sound(self, mark: Mark) -> bool:
        """Whether a mark can be read; its offsets are drawn in to what is read."""
        if mark.label not in LABELS:
            self.faults.append(
                tr("unknown label {label!r} at {start}: labels are {choices}", label=mark.label, start=mark.start, choices=", ".join(LABELS))
            )
            return False
        if not 0 <= mark.start < mark.end <= len(self.sheet.text):
            self.faults.append(
                tr(
                    "{label} {start}–{end} is not inside the text of {length} characters",
                    label=mark.label,
                    start=mark.start,
                    end=mark.end,
                    length=len(self.sheet.text),
                )
            )
            return False
        if mark.label == "SECTION":
            return True
        first, last = self._view.view_span(mark.start, mark.end)
        while first < last and self._view.text[first].isspace():
            first += 1
        while last > first and self._view.text[last - 1].isspace():
            last -= 1
        if first >= last:
            self.faults.append(
                tr(
                    "{label} {start}–{end} covers nothing that is read (white space, page numbers, marks)",
                    label=mark.label,
                    start=mark.start,
                    end=mark.end,
                )
            )
            return False
        mark.start, mark.end = self._view.raw_span(first, last)
        return True

    def _text(self, mark: Mark) -> str:
        return self._view.surface(*self._view.view_span(mark.start, mark.end))

    def _with(self, *labels: str) -> list[Mark]:
        return sorted((m for m in self._marks.values() if m.label in labels), key=lambda m: (m.start, -m.end))

    def record(self) -> dict[str, Any]:
        """The record as plain data, not yet validated."""
        sections = self._sections()
        metadata = {key: self.sheet.metadata.get(key) or None for key in METADATA}
        return {
            "schema": "1",
            "id": self.sheet.id,
            "source": self.sheet.source,
            "text": self.sheet.text,
            "metadata": {**metadata, "cc": self.sheet.metadata.get("cc") or [], "warnings": self.sheet.metadata.get("warnings") or []},
            "sections": sections,
            "entities": list(self._entities()),
            "quantities": list(self._quantities(sections)),
        }

    def _entities(self) -> Iterator[dict[str, Any]]:
        marks = self._with(*ENTITIES)
        self._no_overlaps(marks)
        for number, mark in enumerate(marks, 1):
            text = self._text(mark)
            if mark.label == "LAW" and not mark.attributes.get("rank"):
                self._say(tr("{id}: LAW {text} has no rank: nothing is learned of its rank", id=self.sheet.id, text=text))
            yield {
                "id": f"e{number}", "label": mark.label, "start": mark.start, "end": mark.end, "text": text,
                "canonical": mark.attributes.get("canonical") or default_canonical(mark.label, text),
                "rank": mark.attributes.get("rank") or None, "level": mark.attributes.get("level") or None,
            }  # fmt: skip

    def _quantities(self, sections: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        marks = self._with("QUANTITY")
        self._no_overlaps(marks)
        self._no_numbers_in_laws(marks)
        linked = self._linked(marks)
        for number, mark in enumerate(marks, 1):
            text = self._text(mark)
            values = mark.attributes if mark.attributes.get("value") else self._parsed(mark, text)
            found: dict[str, Any] = {
                "id": f"q{number}", "start": mark.start, "end": mark.end, "text": text, "value": values.get("value", "0"),
                "value_max": values.get("value_max") or None, "unit": values.get("unit") or None, "bound": values.get("bound") or "exact",
                "change": values.get("change") or None, "item": linked.get((mark.id, "item")), "action": linked.get((mark.id, "action")),
                "section": _deepest(sections, mark.start),
            }  # fmt: skip
            yield found | ({"basis": values["basis"]} if values.get("basis") else {})

    def _parsed(self, mark: Mark, text: str) -> dict[str, str]:
        """What the grammar reads in a number that came back without a value."""
        parsed = find_quantities(make_view(text).norm)
        if len(parsed) != 1:
            self.faults.append(
                tr("QUANTITY {text!r} at {start} has no value, and its words do not say one: fill in value and unit", text=text, start=mark.start)
            )
            return {}
        q = parsed[0]
        return {**mark.attributes, **_given(value=q.value, value_max=q.value_max, unit=q.unit, bound=q.bound)}

    def _no_overlaps(self, marks: list[Mark]) -> None:
        for a, b in itertools.pairwise(marks):
            if b.start < a.end:
                self.faults.append(
                    tr(
                        "{label} {a!r} at {start} and {other_label} {b!r} at {other_start} overlap",
                        label=a.label,
                        a=self._text(a),
                        start=a.start,
                        other_label=b.label,
                        b=self._text(b),
                        other_start=b.start,
                    )
                )

    def _no_numbers_in_laws(self, quantities: list[Mark]) -> None:
        laws = self._with("LAW")
        for q in quantities:
            if any(law.start < q.end and q.start < law.end for law in laws):
                self.faults.append(tr("QUANTITY {text!r} at {start} lies in a LAW", text=self._text(q), start=q.start))

    def _linked(self, quantities: list[Mark]) -> dict[tuple[str, str], dict[str, Any]]:
        """Item and action by the id of the quantity's mark."""
        known = {mark.id for mark in quantities}
        found: dict[tuple[str, str], dict[str, Any]] = {}
        used: set[str] = set()
        for link in self.sheet.links:
            target = self._marks.get(link.target)
            if link.quantity not in known or target is None or link.role not in ROLES:
                self.faults.append(
                    tr(
                        "a link {role!r} from {quantity!r} to {target!r}: links go from a QUANTITY to its item or action",
                        role=link.role,
                        quantity=link.quantity,
                        target=link.target,
                    )
                )
                continue
            words = {"start": target.start, "end": target.end, "text": self._text(target)}
            earlier = found.setdefault((link.quantity, link.role), words)
            if earlier != words:
                number = self._text(self._marks[link.quantity])
                self.faults.append(
                    tr(
                        "QUANTITY {number!r} has two {role}s, {text!r} and {other!r}: keep one",
                        number=number,
                        role=link.role,
                        text=earlier["text"],
                        other=words["text"],
                    )
                )
            used.add(target.id)
        for mark in self._with("ITEM", "ACTION"):
            if mark.id not in used:
                self._say(
                    tr(
                        "{id}: left out: {label} {text!r} at {start} is linked to no quantity",
                        id=self.sheet.id,
                        label=mark.label,
                        text=self._text(mark),
                        start=mark.start,
                    )
                )
        return found

    def _sections(self) -> list[dict[str, Any]]:
        """The tree: nesting follows from starts and depths, ends are drawn in to the next section."""
        marks = self._with("SECTION")
        headings = {mark.start: mark for mark in self._with("HEADING")}
        for start in headings.keys() - {mark.start for mark in marks}:
            self.faults.append(
                tr(
                    "HEADING {text!r} at {start} begins no SECTION: mark its section, with a topic",
                    text=self._text(headings[start]),
                    start=start,
                )
            )
        text = self.sheet.text
        placed = nest([(m.start, _depth(m)) for m in marks], len(text))
        sections: list[dict[str, Any]] = []
        for number, (mark, (end, parent)) in enumerate(zip(marks, placed, strict=True), 1):
            if not mark.attributes.get("topic"):
                self.faults.append(tr("SECTION at {start} has no topic", start=mark.start))
            end = min(end, mark.end)
            while end > mark.start + 1 and (text[end - 1].isspace() or text[end - 1] in "#*"):
                end -= 1
            heading = headings.get(mark.start)
            sections.append(
                {
                    "id": f"s{number}", "parent": None if parent is None else f"s{parent + 1}", "level": _depth(mark), "start": mark.start,
                    "end": end, "heading": {"start": heading.start, "end": heading.end} if heading else None,
                    "number": heading.attributes.get("number") if heading else None,
                    "title": (heading.attributes.get("title") or self._text(heading)) if heading else None,
                    "topic": mark.attributes.get("topic"),
                }
            )  # fmt: skip
        return sections


def _depth(mark: Mark) -> int:
    depth = mark.attributes.get("depth", "")
    return int(depth) if depth.isdigit() and depth != "0" else 1


def _deepest(sections: Iterable[dict[str, Any]], position: int) -> str | None:
    holding = [s for s in sections if s["start"] <= position < s["end"]]
    return max(holding, key=lambda s: (s["level"], s["start"]))["id"] if holding else None
