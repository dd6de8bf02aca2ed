"""What compiling cannot see: values that contradict their surface, far links, near-duplicates, uneven coverage."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from pipeline.annotation.piece import Piece
from pipeline.language import tr
from pipeline.record import Mention, Record, RecordQuantity, RecordSection
from pipeline.stages.quantities.grammar import find_quantities
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import make_view

_FARTHEST = 400
_SHINGLE = 6
_ALIKE = 0.7
_SHORTEST = 20
_GRID = ("kind", "level", "department", "year")


def check(pieces: Sequence[Piece], measured: Iterable[Record] = ()) -> Iterator[str]:
    """Findings, one line each, none when the set is clean. `measured`: gold and development reports to compare with."""
    for piece in pieces:
        for line in (*_values(piece.record), *_links(piece.record)):
            yield f"{piece.path.name}: {line}"
    yield from _missing_info(pieces)
    yield from near_duplicates([p.record for p in pieces], list(measured))


def _values(record: Record) -> Iterator[str]:
    """Quantities whose value or unit the grammar reads otherwise from the same surface."""
    for q in record.quantities:
        parsed = find_quantities(make_view(q.text).norm)
        if len(parsed) != 1 or (parsed[0].start, parsed[0].end) != (0, len(q.text)) or parsed[0].unit is None:
            continue
        found = parsed[0]
        same = Fraction(found.value) == Fraction(q.value) and _number(found.value_max) == _number(q.value_max)
        if not same:
            yield tr(
                "{id} {text!r} says {said}, its surface reads {read}",
                id=q.id,
                text=q.text,
                said=f"{q.value}{_upper(q.value_max)}",
                read=f"{found.value}{_upper(found.value_max)}",
            )
        elif _plain(found.unit) != _plain(q.unit) and not (found.unit == "个" and q.unit == "百分点"):
            yield tr("{id} {text!r} has unit {unit!r}, its surface reads {read!r}", id=q.id, text=q.text, unit=q.unit, read=found.unit)


def _number(value: str | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _upper(value: str | None) -> str:
    return f"–{value}" if value else ""


def _plain(unit: str | None) -> str:
    return (unit or "").translate(str.maketrans("（）％", "()%"))


def _links(record: Record) -> Iterator[str]:
    """Items and actions that stand far away or in another part of the report."""
    for q in record.quantities:
        for role, mention in (("item", q.item), ("action", q.action)):
            if mention is None:
                continue
            distance = max(mention.start - q.end, q.start - mention.end)
            if distance > _FARTHEST:
                yield tr(
                    "{id} {text!r}: {role} {words!r} is {distance} characters away",
                    id=q.id,
                    text=q.text,
                    role=role,
                    words=mention.text,
                    distance=distance,
                )
            elif not _same_part(record.sections, q, mention):
                yield tr("{id} {text!r}: {role} {words!r} stands in another part", id=q.id, text=q.text, role=role, words=mention.text)
            if mention.start < q.end and q.start < mention.end:
                yield tr("{id} {text!r}: {role} {words!r} overlaps its number", id=q.id, text=q.text, role=role, words=mention.text)


def _same_part(sections: Sequence[RecordSection], quantity: RecordQuantity, mention: Mention) -> bool:
    """Whether one section, of any level, holds both."""
    return not sections or any(s.start <= min(quantity.start, mention.start) and max(quantity.end, mention.end) <= s.end for s in sections)


def _missing_info(pieces: Sequence[Piece]) -> Iterator[str]:
    for piece in (p for p in pieces if not p.line):
        for key in ("pen", "place", *_GRID):
            if not piece.info.get(key):
                yield tr("{name}: the P line has no {key}", name=piece.path.name, key=key)


def _sentences(record: Record) -> Iterator[str]:
    """Sentences of the body, not of title blocks and tables, whose words the form prescribes."""
    view = make_view(record.text)
    matter = [view.view_span(s.start, s.end) for s in record.sections if s.topic == "meta"]
    for start, end in find_sentences(view.norm, []):
        if "\t" in view.text[start:end] or any(s <= start < e for s, e in matter):
            continue
        sentence = re.sub(r"\d[\d.,]*", "0", re.sub(r"《[^》]*》", "", view.surface(start, end)))
        if len(sentence) >= _SHORTEST:
            yield sentence


def near_duplicates(own: Sequence[Record], others: Sequence[Record]) -> Iterator[str]:
    """Sentences of different texts that share most of their six-grams, numbers and titles in marks aside."""
    entries: list[tuple[str, str, frozenset[str], bool]] = []
    for is_own, records in ((True, own), (False, others)):
        for record in records:
            for sentence in _sentences(record):
                grams = frozenset(sentence[i : i + _SHINGLE] for i in range(len(sentence) - _SHINGLE + 1))
                entries.append((record.id, sentence, grams, is_own))
    holders: dict[str, list[int]] = defaultdict(list)
    for index, (_, _, grams, _) in enumerate(entries):
        for gram in grams:
            holders[gram].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indices in holders.values():
        if 1 < len(indices) <= 30:
            shared.update((a, b) for i, a in enumerate(indices) for b in indices[i + 1 :] if entries[a][0] != entries[b][0])
    for (a, b), count in sorted(shared.items()):
        first, second = entries[a], entries[b]
        if (first[3] or second[3]) and count / len(first[2] | second[2]) >= _ALIKE:
            yield tr("{first} and {second}: nearly the same sentence: {words}", first=first[0], second=second[0], words=first[1][:60])


def coverage(pieces: Sequence[Piece]) -> Iterator[str]:
    """How the set is spread: pieces and characters by kind, level, department, year, province and pen."""
    yield tr(
        "{pieces} pieces, {characters} characters, {pens} pens",
        pieces=len(pieces),
        characters=sum(len(p.record.text) for p in pieces),
        pens=len({p.pen for p in pieces}),
    )
    labels = Counter(e.label for p in pieces for e in p.record.entities)
    yield "entities: " + ", ".join(f"{name} {labels[name]}" for name in sorted(labels))
    quantities = [q for p in pieces for q in p.record.quantities]
    linked = sum(q.item is not None for q in quantities), sum(q.action is not None for q in quantities)
    yield tr("quantities: {quantities}, with item {items}, with action {actions}", quantities=len(quantities), items=linked[0], actions=linked[1])
    topics: Counter[str] = Counter()
    for piece in pieces:
        for section in piece.record.sections:
            topics[section.topic] += 1
    yield tr("sections by topic: ") + ", ".join(f"{name} {count}" for name, count in topics.most_common())
    for key in (*_GRID, "province", "pen"):
        counts: Counter[str] = Counter()
        for piece in pieces:
            counts[_value(piece, key)] += 1
        yield f"{key}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda i: (-i[1], i[0])))


def _value(piece: Piece, key: str) -> str:
    if key == "pen":
        return piece.pen
    if key == "province":
        place = piece.info.get("place", "")
        match = re.match(r".{2,3}?省|内蒙古|广西|西藏|宁夏|新疆|北京|天津|上海|重庆|中华人民共和国", place)
        return match.group() if match else place[:4] or "—"
    return piece.info.get(key, "—")


def measured_records(folder: Path) -> Iterator[Record]:
    """Gold and development records beside the training set."""
    from pipeline.record import read_records

    for path in sorted(folder.glob("gold/*.jsonl")) + sorted(folder.glob("dev/*.jsonl")):
        yield from read_records(path)
