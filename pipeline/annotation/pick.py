"""What to label next: the sentences of unlabelled reports that would teach the taggers most, each with the reason."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.knowledge.matcher import domain_matcher
from pipeline.language import later, tr
from pipeline.layers import Entity, Offsets, Quantity
from pipeline.learning.features import BaseFeatures
from pipeline.learning.linear import LinearModel
from pipeline.record import Mention, Record
from pipeline.spans import SpanIndex
from pipeline.stages.entities.choice import KINDS
from pipeline.stages.entities.laws import find_titles, title_features
from pipeline.stages.entities.logic import NORMATIVE, EntityModels, find_entities, possible_spans

_KNOWN_KINDS = {"instrument": later("instrument"), "central": later("central organ"), "law": later("law")}
_LEAST = 0.2
_SURE = 0.95
_UNSEEN, _DISAGREEMENT = 0.25, 0.4
_SHORTEST = 8
_MOST = 2.5
_GRAM = 3
_EASY = 30
_REACH = 400


@dataclass(slots=True)
class Candidate:
    """A sentence that may be labelled.

    Attributes:
        report: id of its report.
        start, end: offsets in the report's view.
        text: the sentence.
        value: how much there is to learn in it, 0 for nothing.
        reasons: what makes it worth labelling, the weightiest first.
    """

    report: str
    start: int
    end: int
    text: str
    value: float = 0.0
    reasons: list[str] = field(default_factory=list)


def candidates(
    report: str,
    norm: str,
    base: BaseFeatures,
    words: Sequence[Offsets],
    sentences: Sequence[Offsets],
    models: EntityModels,
    seen: Collection[str],
    quantities: Sequence[Quantity] = (),
) -> Iterator[Candidate]:
    """The sentences of a report with what the taggers are unsure of, in order.

    Args:
        base: the features of characters and words.
        seen: names that the training set has.
        quantities: linked quantities, whose scores count too.
    """
    doubts = sorted(_doubts(norm, base, words, sentences, models, seen, quantities))
    index = 0
    for start, end in sentences:
        while index < len(doubts) and doubts[index][0] < start:
            index += 1
        own = []
        while index < len(doubts) and doubts[index][0] < end:
            own.append(doubts[index][1:])
            index += 1
        if end - start < _SHORTEST:
            continue
        own.sort(key=lambda doubt: -doubt[0])
        value = min(sum(weight for weight, _ in own), _MOST) / (end - start + _EASY) ** 0.5
        yield Candidate(report, start, end, norm[start:end], value, list(dict.fromkeys(reason for _, reason in own)))


def _doubts(
    norm: str,
    base: BaseFeatures,
    words: Sequence[Offsets],
    sentences: Sequence[Offsets],
    models: EntityModels,
    seen: Collection[str],
    quantities: Sequence[Quantity],
) -> Iterator[tuple[int, float, str]]:
    """`(position, weight, reason)` of everything that is unsure."""
    if not norm:
        return
    possible = possible_spans(norm, base, sentences, models.tagger)
    spans = list(zip(possible.start.tolist(), possible.end.tolist(), possible.kind.tolist(), possible.score.tolist(), strict=True))
    by_tagger = {(start, end) for start, end, _, _ in spans}
    found = find_entities(norm, base, words, sentences, models)
    taken = SpanIndex((e.start, e.end) for e in found)
    marked = find_titles(norm)
    yield from _of_entities(norm, found, by_tagger, SpanIndex(marked), seen)
    yield from _of_titles(norm, marked, models.titles)
    for start, end, kind, score in spans:
        if score >= _LEAST and taken.is_clear(start, end):
            yield start, score, tr("perhaps {kind} {name!r} ({score:.2f})", kind=KINDS[kind], name=norm[start:end], score=score)
    for start, end, kind in domain_matcher().find(norm):
        if kind in _KNOWN_KINDS and taken.is_clear(start, end):
            yield (
                start,
                _DISAGREEMENT,
                tr("known {kind} {name!r} that the tagger does not mark", kind=tr(_KNOWN_KINDS[kind]), name=norm[start:end]),
            )
    for q in quantities:
        if q.score < _SURE:
            yield q.start, 1 - q.score, tr("links of {text!r} ({score:.2f})", text=norm[q.start : q.end], score=q.score)


def _of_entities(
    norm: str, found: Sequence[Entity], by_tagger: set[Offsets], marked: SpanIndex, seen: Collection[str]
) -> Iterator[tuple[int, float, str]]:
    for entity in found:
        name = norm[entity.start : entity.end]
        if not marked.is_clear(entity.start, entity.end):
            continue
        if (entity.start, entity.end) not in by_tagger:
            yield entity.start, _DISAGREEMENT, tr("{label} {name!r} by rule only", label=entity.label, name=name)
        elif entity.score < _SURE:
            yield entity.start, 1 - entity.score, f"{entity.label} {name!r} ({entity.score:.2f})"
        if name not in seen:
            yield entity.start, _UNSEEN, tr("{label} {name!r} is in no training report", label=entity.label, name=name)


def _of_titles(norm: str, marked: Sequence[Offsets], titles: LinearModel) -> Iterator[tuple[int, float, str]]:
    column = titles.classes.index(NORMATIVE) if NORMATIVE in titles.classes else 0
    for start, end in marked:
        probability = float(titles.probabilities(title_features(norm, start, end))[column])
        unsure = 1 - abs(2 * probability - 1)
        if unsure > 1 - _SURE:
            yield start, unsure / 2, tr("title {name!r} law or not ({probability:.2f})", name=norm[start:end][:20], probability=probability)


def choose(pool: Iterable[Candidate], count: int, *, characters: int | None = None) -> list[Candidate]:
    """The best candidates, each worth less the more of its trigrams earlier ones have; at most `count`, or so many characters.

    Worth can only fall, so that a candidate whose worth still leads after it was brought up to date is the next one.
    """
    queue = [(-candidate.value, number, candidate) for number, candidate in enumerate(pool) if candidate.value > 0]
    heapq.heapify(queue)
    covered: set[str] = set()
    chosen: list[Candidate] = []
    total = 0
    while queue and len(chosen) < count and (characters is None or total < characters):
        _, number, candidate = heapq.heappop(queue)
        grams = {candidate.text[i : i + _GRAM] for i in range(len(candidate.text) - _GRAM + 1)}
        worth = candidate.value * len(grams - covered) / max(len(grams), 1)
        if queue and worth < -queue[0][0]:
            heapq.heappush(queue, (-worth, number, candidate))
            continue
        covered |= grams
        chosen.append(candidate)
        total += len(candidate.text)
    return chosen


def excerpt(record: Record, start: int, end: int, identifier: str) -> Record:
    """A stretch of a record as a record of its own, to be labelled alone.

    It begins early enough to hold what its quantities link to; links that reach further are left out. Raw offsets.
    """
    for q in record.quantities:
        if start <= q.start < end:
            start = min(start, *(m.start for m in (q.item, q.action) if m and q.start - m.start <= _REACH), start)
    start = max((s for s, _ in record.sentences or [] if s <= start), default=start)

    def moved(part: dict[str, Any]) -> dict[str, Any]:
        return part | {"start": part["start"] - start, "end": part["end"] - start}

    def linked(mention: Mention | None) -> dict[str, Any] | None:
        return moved(mention.model_dump()) if mention and start <= mention.start and mention.end <= end else None

    return Record.model_validate(
        {
            "schema": "1",
            "id": identifier,
            "source": record.source.model_dump(),
            "text": record.text[start:end],
            "metadata": {},
            "sections": [],
            "entities": [moved(e.model_dump()) for e in record.entities if start <= e.start and e.end <= end],
            "quantities": [
                moved(q.model_dump()) | {"item": linked(q.item), "action": linked(q.action), "section": None}
                for q in record.quantities
                if start <= q.start and q.end <= end
            ],
            "pipeline": record.pipeline.model_dump() if record.pipeline else None,
        }
    )


def without_overlaps(spans: Iterable[Offsets]) -> list[Offsets]:
    """Spans in order, those that overlap joined."""
    joined: list[Offsets] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
