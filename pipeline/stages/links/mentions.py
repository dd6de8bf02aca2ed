"""Mentions: the noun phrases that quantities count and the verbs of what was done, as a trained tagger marks them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from pipeline.layers import Entity, Offsets, Quantity
from pipeline.learning.crf import CharCrf
from pipeline.learning.features import BaseFeatures, Keys, quantity_keys, span_keys
from pipeline.learning.linear import key_of

S = TypeVar("S", Quantity, Entity)
ITEM, ACTION = "ITEM", "ACTION"
_LEAST = 0.04
_LONGEST_ITEM, _LONGEST_ACTION = 40, 8
_LABEL_NUMBERS = {"LAW": 1, "AGENCY": 2, "MEASURE": 3}


class Mention(NamedTuple):
    """A span that some quantity may link to."""

    start: int
    end: int
    kind: str
    score: float


def mention_features(
    norm: str, base: BaseFeatures, quantities: Sequence[Quantity], entities: Sequence[Entity], start: int = 0, end: int | None = None
) -> list[Keys]:
    """The mention tagger's features of a text or of some lines of it: `base` (characters and words), and where quantities and entities stand."""
    part = norm[start:end]
    quantities, entities = _between(quantities, start, start + len(part)), _between(entities, start, start + len(part))
    spans = [(q.start - start, q.end - start) for q in quantities]
    units = [key_of(q.unit or "") & 0xFFFFFF for q in quantities]
    known = span_keys(len(part), ((e.start - start, e.end - start, _LABEL_NUMBERS[e.label]) for e in entities))
    return [*base.within(start, end), *quantity_keys(part, spans, units), known]


def _between(spans: Sequence[S], start: int, end: int) -> Sequence[S]:
    """Those of ordered spans that begin between two positions."""
    return spans[bisect_left(spans, start, key=lambda span: span.start) : bisect_left(spans, end, key=lambda span: span.start)]


def find_mentions(
    norm: str,
    base: BaseFeatures,
    sentences: Sequence[Offsets],
    quantities: Sequence[Quantity],
    entities: Sequence[Entity],
    tagger: CharCrf,
) -> list[Mention]:
    """Possible items and actions, overlapping ones too, in the sentences that hold quantities and in those before them."""
    near = _near_quantities(sentences, quantities)
    if not near:
        return []
    marginals = tagger.marginals_by_parts(norm, near, partial(mention_features, norm, base, quantities, entities))
    return sorted(
        (
            Mention(start, end, kind, score)
            for kind, longest in ((ITEM, _LONGEST_ITEM), (ACTION, _LONGEST_ACTION))
            for start, end, score in tagger.likely_spans(marginals, kind, least=_LEAST, longest=longest)
        ),
        key=lambda mention: (mention.start, mention.end),
    )


def _near_quantities(sentences: Sequence[Offsets], quantities: Sequence[Quantity]) -> list[Offsets]:
    starts = [q.start for q in quantities]
    chosen: list[Offsets] = []
    index = 0
    for number, (start, end) in enumerate(sentences):
        while index < len(starts) and starts[index] < start:
            index += 1
        if index < len(starts) and starts[index] < end:
            if number and (not chosen or chosen[-1] != sentences[number - 1]):
                chosen.append(sentences[number - 1])
            chosen.append((start, end))
    return chosen


def mention_spans(links: Sequence[tuple[Offsets | None, Offsets | None]]) -> list[tuple[int, int, str]]:
    """Gold mentions for training, without overlaps: items first, longer ones before shorter ones."""
    items = {link[0] for link in links if link[0]}
    actions = {link[1] for link in links if link[1]}
    taken: list[tuple[int, int, str]] = []
    for kind, spans in ((ITEM, items), (ACTION, actions)):
        for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span)):
            if all(end <= s or e <= start for s, e, _ in taken):
                taken.append((start, end, kind))
    return sorted(taken)
