"""Annotation notes: one item a line, beside the report, compiled to a gold record.

    P pen=p01; kind=report; place=浙江省台州市; level=city; department=government; year=2019; style=…; layout=…
    M key=value                         metadata
    L 12                                what follows is in line 12 of the report; surfaces may run on into later lines
    H level number title                a heading that starts in this line (number - when it has none)
    T topic [@surface]                  from this line's start, or from the surface on, this topic
    LAW|AGENCY|MEASURE surface [| rank=…; canon=…; level=…]      in text order within the line
    Q surface | value=…; [value_max=…;] unit=…; bound=…; [change=…;] [item=…; [itemL=11;]] [action=…; [actionL=11]]

Surfaces are written without white space. `item=预案#2` takes the second 预案 from the start of the line, a bare one the
occurrence nearest to the quantity; `itemL` and `actionL` search from another line. `#` starts a comment line.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.annotation.piece import Piece
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import TOPICS, Record
from pipeline.stages.names.forms import default_canonical
from pipeline.stages.tree import nest
from pipeline.view import make_view

RANKS = ("law", "regulation", "rule", "party", "policy")
BOUNDS = ("exact", "approx", "below", "above", "at_least", "at_most")
_LABELS = ("LAW", "AGENCY", "MEASURE")
_METADATA = ("title", "doc_number", "issuer", "addressee", "date", "year", "region", "region_level")
_NEAR, _FAR = 400, 700


class _Fault(Exception):
    """What is wrong with one line of notes."""


class _Squeezed:
    """A report's view without its white space, and the way back to raw offsets."""

    def __init__(self, raw: str) -> None:
        view = make_view(raw)
        kept = [i for i, c in enumerate(view.text) if not c.isspace()]
        self.text = "".join(view.text[i] for i in kept)
        self.raw = [int(view.offsets[i]) for i in kept]

    def at(self, raw_offset: int) -> int:
        """First position at or after a raw offset."""
        return bisect_left(self.raw, raw_offset)

    def raw_span(self, start: int, length: int) -> tuple[int, int]:
        """Raw offsets of a stretch."""
        return self.raw[start], self.raw[start + length - 1] + 1


@dataclass
class _Compiler:
    """State while one file of notes is read."""

    text: str
    notes: Path
    squeezed: _Squeezed = field(init=False)
    line_starts: list[int] = field(init=False)
    note: int = 0
    line: int = 1
    line_at: int = 0
    entity_at: int = 0
    quantity_at: int = 0
    info: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str | None] = field(default_factory=dict)
    headings: list[dict[str, Any]] = field(default_factory=list)
    topics: list[tuple[int, str]] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    quantities: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.squeezed = _Squeezed(self.text)
        self.line_starts = [0, *(m.end() for m in re.finditer("\n", self.text))]

    def read(self) -> None:
        try:
            lines = self.notes.read_text("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise AnnotationError(tr("{notes}: not UTF-8 text (byte {start}): save it as UTF-8", notes=self.notes, start=error.start)) from error
        for number, raw in enumerate(lines, 1):
            self.note = number
            content = raw.strip()
            if not content or content.startswith("#"):
                continue
            tag, _, rest = content.partition(" ")
            try:
                self._take(tag, rest.strip())
            except _Fault as fault:
                self.faults.append(f"{self.notes}:{self.note}: {fault}: {content[:80]}")

    def _take(self, tag: str, rest: str) -> None:
        if tag == "P":
            self.info = _keys(rest)
        elif tag == "M":
            key, _, value = rest.partition("=")
            self.metadata[key.strip()] = value.strip() or None
        elif tag == "L":
            self._go_to(rest)
        elif tag == "H":
            self._heading(rest)
        elif tag == "T":
            self._topic(rest)
        elif tag in _LABELS:
            self._entity(tag, rest)
        elif tag == "Q":
            self._quantity(rest)
        else:
            raise _Fault(tr("unknown tag {tag}", tag=tag))

    def _line_start(self, number: str) -> int:
        if not number.isdigit() or not 1 <= int(number) <= len(self.line_starts):
            raise _Fault(tr("the report has {lines} lines, no line {number}", lines=len(self.line_starts), number=number))
        return self.squeezed.at(self.line_starts[int(number) - 1])

    def _go_to(self, number: str) -> None:
        self.line_at = self.entity_at = self.quantity_at = self._line_start(number)
        self.line = int(number)

    def _find(self, surface: str, start: int, reach: int) -> int:
        if not surface:
            raise _Fault(tr("no surface"))
        found = self.squeezed.text.find(surface, start)
        if found < 0 or found > self.line_at + reach:
            raise _Fault(tr("{surface!r} not found from line {line} on", surface=surface, line=self.line))
        return found

    def _heading(self, rest: str) -> None:
        level, number, title = ([*rest.split(" ", 2), "", ""])[:3]
        if not level.isdigit():
            raise _Fault(tr("a heading needs a level"))
        number = "" if number == "-" else number
        title = _squeeze(title)
        surface = _surface(number) + title
        at = self._find(surface, self.line_at, 400)
        start, end = self.squeezed.raw_span(at, len(surface))
        bare = number.strip("、（）()．. ") or None
        self.headings.append({"start": start, "end": end, "level": int(level), "number": bare, "title": title})

    def _topic(self, rest: str) -> None:
        topic, _, surface = rest.partition("@")
        topic, surface = topic.strip(), _squeeze(surface)
        if topic not in TOPICS:
            raise _Fault(tr("unknown topic {topic!r}; topics are {choices}", topic=topic, choices=", ".join(TOPICS)))
        at = self._find(surface, self.line_at, 6000) if surface else self.line_at
        if at >= len(self.squeezed.raw):
            raise _Fault(tr("no text from this line on"))
        self.topics.append((self.squeezed.raw[at], topic))

    def _entity(self, label: str, rest: str) -> None:
        surface, _, keys_text = rest.partition("|")
        surface, keys = _surface(surface), _keys(keys_text)
        if label == "LAW" and keys.get("rank") not in RANKS:
            raise _Fault(tr("a LAW needs a rank of {choices}", choices=", ".join(RANKS)))
        at = self._find(surface, self.entity_at, 4000)
        self.entity_at = at + len(surface)
        start, end = self.squeezed.raw_span(at, len(surface))
        canonical = keys.get("canon") or default_canonical(label, surface)
        self.entities.append(
            {
                "id": "", "note": self.note, "label": label, "start": start, "end": end, "text": surface, "canonical": canonical,
                "rank": keys.get("rank"), "level": keys.get("level"),
            }
        )  # fmt: skip

    def _quantity(self, rest: str) -> None:
        surface, _, keys_text = rest.partition("|")
        surface, keys = _surface(surface), _keys(keys_text)
        if not keys.get("value"):
            raise _Fault(tr("a quantity needs a value"))
        if keys.get("bound", "exact") not in BOUNDS:
            raise _Fault(tr("unknown bound {bound!r}", bound=keys["bound"]))
        at = self._find(surface, self.quantity_at, 4000)
        self.quantity_at = at + len(surface)
        start, end = self.squeezed.raw_span(at, len(surface))
        self.quantities.append(
            {
                "id": "", "note": self.note, "start": start, "end": end, "text": surface, "value": keys["value"],
                "value_max": keys.get("value_max"), "unit": keys.get("unit") or None, "bound": keys.get("bound", "exact"),
                "change": keys.get("change") or None, "item": self._linked("item", keys, at, len(surface)),
                "action": self._linked("action", keys, at, len(surface)),
            }
        )  # fmt: skip

    def _linked(self, role: str, keys: dict[str, str], at: int, length: int) -> dict[str, Any] | None:
        """The span that `item=` or `action=` names."""
        words, _, nth = _squeeze(keys.get(role, "")).partition("#")
        if words in {"", "null", "-", "None"}:
            return None
        other_line = keys.get(role + "L")
        if nth:
            found = self._nth(words, int(nth), self._line_start(other_line) if other_line else self.line_at)
        elif other_line:
            found = self.squeezed.text.find(words, self._line_start(other_line))
        else:
            found = self._nearest(words, at, length)
        if found < 0:
            raise _Fault(tr("{role} {words!r} not found near the quantity", role=role, words=words))
        if abs(found - at) > _FAR:
            raise _Fault(tr("{role} {words!r} is {distance} characters away", role=role, words=words, distance=abs(found - at)))
        start, end = self.squeezed.raw_span(found, len(words))
        return {"start": start, "end": end, "text": words}

    def _nth(self, words: str, nth: int, start: int) -> int:
        found = start - 1
        for _ in range(nth):
            found = self.squeezed.text.find(words, found + 1)
            if found < 0:
                return -1
        return found

    def _nearest(self, words: str, at: int, length: int) -> int:
        text = self.squeezed.text
        candidates = []
        found = text.find(words, max(0, at - _NEAR))
        while 0 <= found < at + _NEAR:
            if found + len(words) <= at:
                candidates.append((at - found - len(words), found))
            elif found >= at + length:
                candidates.append((found - at - length, found))
            found = text.find(words, found + 1)
        return min(candidates)[1] if candidates else -1


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _surface(text: str) -> str:
    """A surface as the view reads it: a page number that stands inside it on a line of its own is no part of it."""
    return re.sub(r"(?<=[\u4e00-\u9fff])[—–-]\d{1,3}[—–-](?=[\u4e00-\u9fff])", "", _squeeze(text))


def _keys(text: str) -> dict[str, str]:
    keys = {}
    for part in re.split(r";\s*|\s{2,}", text.strip()):
        if not part:
            continue
        key, equals, value = part.partition("=")
        if not equals:
            raise _Fault(tr("no '=' in {part!r}", part=part))
        keys[key.strip()] = value.strip()
    return keys


def compile_notes(text_path: Path) -> Piece:
    """Compile the notes beside a text.

    Raises:
        AnnotationError: with one line for every fault, file and line number first.
    """
    notes = text_path.with_suffix(".notes")
    data = text_path.read_bytes()
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise AnnotationError(tr("{text_path}: not UTF-8 text (byte {start}): save it as UTF-8", text_path=text_path, start=error.start)) from error
    compiler = _Compiler(text, notes)
    compiler.read()
    faults = compiler.faults + _contradictions(compiler)
    if faults:
        raise AnnotationError("\n".join(faults))
    try:
        record = _record(compiler, text_path, data)
    except ValidationError as error:
        first = error.errors()[0]
        raise AnnotationError(f"{notes}{_line_of(compiler, first['loc'])}: {first['msg']}") from error
    return Piece(text_path, record, compiler.info)


def _line_of(compiler: _Compiler, where: tuple[int | str, ...]) -> str:
    """`:line` of the note that a part of the record came from, where it is known."""
    if len(where) > 1 and where[0] in ("entities", "quantities") and isinstance(where[1], int):
        parts = compiler.entities if where[0] == "entities" else compiler.quantities
        return f":{sorted(parts, key=lambda part: int(part['start']))[where[1]]['note']}"
    return ""


def _contradictions(compiler: _Compiler) -> list[str]:
    faults = []
    entities = sorted(compiler.entities, key=lambda e: e["start"])
    for first, second in itertools.pairwise(entities):
        if second["start"] < first["end"]:
            faults.append(
                tr(
                    "{notes}:{note}: {text!r} and {other!r} (line {line}) overlap",
                    notes=compiler.notes,
                    note=second["note"],
                    text=second["text"],
                    other=first["text"],
                    line=first["note"],
                )
            )
    ordered = sorted(compiler.quantities, key=lambda q: int(q["start"]))
    for first, second in itertools.pairwise(ordered):
        if second["start"] < first["end"]:
            faults.append(
                tr(
                    "{notes}:{note}: {text!r} and {other!r} (line {line}) overlap",
                    notes=compiler.notes,
                    note=second["note"],
                    text=second["text"],
                    other=first["text"],
                    line=first["note"],
                )
            )
    laws = [e for e in entities if e["label"] == "LAW"]
    for quantity in compiler.quantities:
        if any(law["start"] <= quantity["start"] < law["end"] for law in laws):
            faults.append(tr("{notes}:{note}: quantity {text!r} lies in a LAW", notes=compiler.notes, note=quantity["note"], text=quantity["text"]))
    if not compiler.topics:
        faults.append(tr("{notes}: no topics", notes=compiler.notes))
    return faults


def _record(compiler: _Compiler, path: Path, data: bytes) -> Record:
    sections = _sections(compiler)
    entities = sorted(compiler.entities, key=lambda e: int(e["start"]))
    quantities = sorted(compiler.quantities, key=lambda q: int(q["start"]))
    for number, entity in enumerate(entities, 1):
        entity["id"] = f"e{number}"
    for number, quantity in enumerate(quantities, 1):
        quantity["id"] = f"q{number}"
        quantity["section"] = _deepest(sections, quantity["start"])
    cc = compiler.metadata.get("cc")
    warnings = compiler.metadata.get("warnings")
    return Record.model_validate(
        {
            "schema": "1",
            "id": path.stem,
            "source": {"path": path.name, "format": path.suffix[1:], "sha256": hashlib.sha256(data).hexdigest(), "encoding": "utf-8"},
            "text": compiler.text,
            "metadata": {
                **{key: compiler.metadata.get(key) for key in _METADATA},
                "cc": re.split("[、，,]", cc) if cc else [],
                "warnings": [warnings] if warnings else [],
            },
            "sections": sections,
            "entities": [_without_note(e) for e in entities],
            "quantities": [_without_note(q) for q in quantities],
        }
    )


def _without_note(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "note"}


def _sections(compiler: _Compiler) -> list[dict[str, Any]]:
    """The section tree: one section a heading, and one a topic that starts where no heading does."""
    nodes = [
        {
            "start": h["start"],
            "level": h["level"],
            "heading": {"start": h["start"], "end": h["end"]},
            "number": h["number"],
            "title": h["title"],
        }
        for h in compiler.headings
    ]
    heading_starts = sorted(h["start"] for h in compiler.headings)
    for start, _ in sorted(compiler.topics):
        line_end = compiler.text.find("\n", start)
        line_end = len(compiler.text) if line_end < 0 else line_end
        if any(start <= h < max(line_end, start + 1) for h in heading_starts):
            continue
        nodes.append({"start": start, "level": 1, "heading": None, "number": None, "title": None})
    nodes.sort(key=lambda n: (n["start"], n["level"]))
    topics = sorted(compiler.topics)
    sections: list[dict[str, Any]] = []
    placed = nest([(n["start"], n["level"]) for n in nodes], len(compiler.text))
    for index, (node, (end, parent)) in enumerate(zip(nodes, placed, strict=True)):
        while end > node["start"] + 1 and (compiler.text[end - 1].isspace() or compiler.text[end - 1] in "#*"):
            end -= 1
        sections.append(
            {
                "id": f"s{index + 1}", "parent": None if parent is None else f"s{parent + 1}", "level": node["level"],
                "start": node["start"], "end": end, "heading": node["heading"], "number": node["number"], "title": node["title"],
                "topic": next((t for s, t in reversed(topics) if s <= node["start"]), "meta"),
            }
        )  # fmt: skip
    return sections


def _deepest(sections: list[dict[str, Any]], position: int) -> str | None:
    holding = [s for s in sections if s["start"] <= position < s["end"]]
    return max(holding, key=lambda s: (s["level"], s["start"]))["id"] if holding else None
