"""Which mention a quantity links to: candidates around it, features of each, a trained choice. Null is a candidate."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.layers import Offsets, Quantity
from pipeline.learning.linear import LinearModel, Sparse, sparse
from pipeline.stages.links.mentions import Mention

RIGHT, WRONG = "right", "wrong"
_BEFORE, _AFTER, _REACH = 7, 4, 400
_BREAK = re.compile(r"[，；。：\n\t、]")


@dataclass
class Context:
    """What the ranker sees of a text: its quantities in order and the mentions of one kind."""

    norm: str
    quantities: Sequence[Quantity]
    mentions: Sequence[Mention]
    others: Sequence[Mention]

    def __post_init__(self) -> None:
        self._starts = [m.start for m in self.mentions]
        self._quantity_starts = [q.start for q in self.quantities]
        self._other_starts = [m.start for m in self.others]

    def candidates(self, quantity: Quantity) -> list[Mention]:
        """Mentions near a quantity, in the order of the text, each wording once (the nearest)."""
        at = bisect_left(self._starts, quantity.start)
        before = [m for m in self.mentions[max(0, at - _BEFORE) : at] if m.end <= quantity.start and quantity.start - m.start < _REACH]
        after = [m for m in self.mentions[at : at + _AFTER] if m.start >= quantity.end and m.start - quantity.end < 60]
        nearest: dict[str, Mention] = {}
        for mention in sorted([*before, *after], key=lambda m: _gap(quantity, m)):
            nearest.setdefault(self.norm[mention.start : mention.end], mention)
        return sorted(nearest.values(), key=lambda m: m.start)

    def count_between(self, start: int, end: int, *, other: bool = False) -> int:
        """Quantities, or mentions of the other kind, that start between two offsets."""
        starts = self._other_starts if other else self._quantity_starts
        return bisect_left(starts, end) - bisect_left(starts, start)

    def mentions_between(self, start: int, end: int) -> int:
        """Mentions of this kind that start between two offsets."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)


def _gap(quantity: Quantity, mention: Mention) -> int:
    return quantity.start - mention.end if mention.end <= quantity.start else mention.start - quantity.end


def candidate_features(context: Context, quantity: Quantity, mention: Mention | None, last: Offsets | None, total: int) -> Sparse:
    """Features of one candidate; None is the null candidate. `last`: what the quantity before was linked to."""
    norm, unit = context.norm, quantity.unit or "-"
    before, after = norm[max(0, quantity.start - 4) : quantity.start], norm[quantity.end : quantity.end + 3]
    share = "share" if unit in {"%", "成", "百分点", "‰", "倍", "-"} else "count"
    base = [f"u={unit}", f"b1={before[-1:]}", f"b2={before[-2:]}", f"b3={before[-3:]}", f"a1={after[:1]}", f"a2={after[:2]}", share]
    if mention is None:
        return sparse([f"null:{f}" for f in base] + [f"null:n={min(total, 4)}", "null"])
    left = mention.end <= quantity.start
    inner_start, inner_end = (mention.end, quantity.start) if left else (quantity.end, mention.start)
    inner = norm[inner_start:inner_end]
    gap = inner_end - inner_start
    side = "L" if left else "R"
    breaks = len(_BREAK.findall(inner))
    clauses = sum(c in "，；：\t" for c in inner)
    stops = sum(c in "。\n" for c in inner)
    quantities = min(context.count_between(inner_start, inner_end), 4)
    mentions = min(context.mentions_between(inner_start, inner_end), 4)
    others = min(context.count_between(inner_start, inner_end, other=True), 3)
    text = norm[mention.start : mention.end]
    features = [
        f"{side}:gap={min(gap, 12) if gap < 12 else 12 + min(gap // 10, 10)}", f"{side}:q={quantities},c={min(clauses, 4)}",
        f"{side}:m={mentions}", f"{side}:o={others}", f"{side}:s={min(stops, 2)}", f"{side}:br={min(breaks, 4)}",
        f"{side}:m={mentions},q={quantities},{share}", f"{side}:c={min(clauses, 3)},s={min(stops, 2)},{share}",
        f"{side}:in={inner if gap <= 3 else inner[:1] + '…' + inner[-1:]}", f"{side}:u={unit},adj={gap == 0}",
        f"p={int(mention.score * 5)}", f"{side}:end={text[-1:]},u={unit}", f"end2={text[-2:]},u={unit}", f"len={min(len(text), 10)}",
        f"{side}:a1={after[:1]}", f"{side}:b1={before[-1:]}", f"{side}:b2={before[-2:]}", f"{side}:{share}", f"w={text}",
        f"{side}:mq={mentions}{quantities}{others}",
    ]  # fmt: skip
    if last is not None:
        same = "same" if text == norm[last[0] : last[1]] else "other"
        features += [
            f"last={same}",
            f"last={same},{side}",
            f"last={same},{share}",
            f"last={same},b2={before[-2:]}",
            f"last={same},gap0={gap == 0}",
        ]
    else:
        features.append("last=null")
    if (not left and gap == 0) or (left and gap == 0):
        features.append(f"touch{side},{share}")
    return sparse(features)


def choose(context: Context, model: LinearModel) -> list[tuple[Offsets | None, float]]:
    """For every quantity the best candidate and the probability that it is right."""
    column = model.classes.index(RIGHT)
    chosen: list[tuple[Offsets | None, float]] = []
    last: Offsets | None = None
    for quantity in context.quantities:
        candidates: list[Mention | None] = [*context.candidates(quantity), None]
        scored = [
            (float(model.probabilities(candidate_features(context, quantity, c, last, len(candidates) - 1))[column]), c) for c in candidates
        ]
        probability, best = max(scored, key=lambda pair: pair[0])
        last = (best.start, best.end) if best else None
        chosen.append((last, probability))
    return chosen


def training_pairs(context: Context, gold: Sequence[Offsets | None]) -> list[tuple[Sparse, str]]:
    """Candidates of every quantity with whether each is what gold links to (by its words)."""
    pairs = []
    last: Offsets | None = None
    for quantity, target in zip(context.quantities, gold, strict=True):
        candidates = context.candidates(quantity)
        wanted = context.norm[target[0] : target[1]] if target else None
        for candidate in (*candidates, None):
            text = context.norm[candidate.start : candidate.end] if candidate else None
            features = candidate_features(context, quantity, candidate, last, len(candidates))
            pairs.append((features, RIGHT if text == wanted else WRONG))
        last = target
    return pairs
