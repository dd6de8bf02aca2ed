"""A folder of labelled texts: notes beside their texts, and files of gold records; every fault named before anything is learned."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.annotation.notes import compile_notes
from pipeline.annotation.piece import Piece
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import Record, read_record_lines
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import make_view

_TEXT_SUFFIXES = (".txt", ".md")
_SHORTEST = 12
_SAME_REPORT = 0.5


def compile_folder(folder: Path, measured: Iterable[Record] = ()) -> list[Piece]:
    """All pieces of a folder and the folders in it, in the order of their names.

    A `.jsonl` file holds gold records; one that has notes of its own name beside it is what they were compiled to, and is left out.
    `measured`: gold and development reports, which must not be trained on.

    Raises:
        AnnotationError: all faults of all pieces, each with file and line.
    """
    pieces: list[Piece] = []
    faults: list[str] = []
    for path in sorted([*folder.rglob("*.notes"), *folder.rglob("*.jsonl")]):
        try:
            pieces += [_from_notes(path)] if path.suffix == ".notes" else _from_records(path)
        except AnnotationError as error:
            faults.append(str(error))
    faults += _twice(pieces)
    faults += _measured_too(pieces, list(measured))
    if faults:
        raise AnnotationError("\n".join(faults))
    return pieces


def _from_notes(notes: Path) -> Piece:
    texts = [notes.with_suffix(s) for s in _TEXT_SUFFIXES if notes.with_suffix(s).exists()]
    if not texts:
        raise AnnotationError(tr("{notes}: no report of that name beside it (.txt or .md)", notes=notes))
    return compile_notes(texts[0])


def _from_records(path: Path) -> list[Piece]:
    if path.with_suffix(".notes").exists():
        return []
    pieces = [Piece(path, record, {}, number) for number, record in read_record_lines(path)]
    faults = [f"{piece.where}: {fault}" for piece in pieces for fault in record_faults(piece.record)]
    if faults:
        raise AnnotationError("\n".join(faults))
    return pieces


def record_faults(record: Record) -> Iterator[str]:
    """What a record's own validation cannot see: spans that nobody can read, overlaps, numbers inside laws."""
    view = make_view(record.text)
    mentions = [(f"{e.label} {e.id}", e.start, e.end, e.text) for e in record.entities]
    for q in record.quantities:
        mentions.append((f"quantity {q.id}", q.start, q.end, q.text))
        mentions += [(f"{role} of {q.id}", m.start, m.end, m.text) for role, m in (("item", q.item), ("action", q.action)) if m]
    for name, start, end, text in mentions:
        first, last = view.view_span(start, end)
        if first >= last or view.raw_span(first, last) != (start, end):
            yield tr(
                "{name} {start}–{end} {text!r} begins or ends in white space, a page number or a mark: it fits no text that is read",
                name=name,
                start=start,
                end=end,
                text=text,
            )
    ordered = sorted(record.quantities, key=lambda q: q.start)
    for a, b in itertools.pairwise(ordered):
        if b.start < a.end:
            yield f"quantities {a.id} {a.text!r} and {b.id} {b.text!r} overlap"
    laws = [e for e in record.entities if e.label == "LAW"]
    for q in record.quantities:
        if any(law.start < q.end and q.start < law.end for law in laws):
            yield tr("quantity {id} {text!r} lies in a LAW", id=q.id, text=q.text)


def _twice(pieces: Sequence[Piece]) -> Iterator[str]:
    """Pieces of one name, and the same text under two names."""
    names: dict[str, Piece] = {}
    texts: dict[str, Piece] = {}
    for piece in pieces:
        earlier = names.setdefault(piece.record.id, piece)
        if earlier is not piece:
            yield tr("{where}: a piece called {id!r} is there already: {other}", where=piece.where, id=piece.record.id, other=earlier.where)
            continue
        same = texts.setdefault("".join(piece.record.text.split()), piece)
        if same is not piece:
            yield tr("{where}: the same report as {other}: keep one of them", where=piece.where, other=same.where)


def _measured_too(pieces: Sequence[Piece], measured: Sequence[Record]) -> Iterator[str]:
    """Pieces that are also gold or development reports: what is trained on measures nothing."""
    known = [(record.id, _sentences(record.text)) for record in measured]
    for piece in pieces:
        own = _sentences(piece.record.text)
        for name, others in known:
            shared = sum((own & others).values())
            if shared and shared >= _SAME_REPORT * min(own.total(), others.total()):
                yield tr(
                    "{where}: the report {name!r} of the gold or development set, which must not be trained on: take it out",
                    where=piece.where,
                    name=name,
                )


def _sentences(text: str) -> Counter[str]:
    """Sentences long enough to tell a report by, without white space."""
    view = make_view(text)
    surfaces = (view.surface(start, end) for start, end in find_sentences(view.norm, []))
    return Counter(s for s in surfaces if len(re.sub(r"\W", "", s)) >= _SHORTEST)
