"""Which mention a quantity links to: candidates around it, features of each, a trained choice. Null is a candidate."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pipeline.layers import Offsets, Quantity
from pipeline.learning.ranking import Group, Ranker
from pipeline.stages.links.mentions import Mention

_CLUSTERS_BEFORE, _CLUSTERS_AFTER = 4, 2
_REACH_BEFORE, _REACH_AFTER = 400, 60
_SHARES = frozenset({"%", "‰", "成", "百分点", "倍", "番", "折", "-"})
_CLAUSE, _STOP = frozenset("，；：\t"), frozenset("。\n")


class Context:
    """What the ranker sees of a text: its quantities in order, the mentions of one kind, and those of the other."""

    def __init__(self, norm: str, quantities: Sequence[Quantity], mentions: Sequence[Mention], others: Sequence[Mention]) -> None:
        self.norm = norm
        self.quantities = quantities
        self.clusters = _clusters(mentions)
        self._cluster_starts = [c[0].start for c in self.clusters]
        self._quantity_starts = [q.start for q in quantities]
        self._other_starts = [c[0].start for c in _clusters(others)]
        self._others = _Neighbours(others)
        self._own = {id(m): self._static_features(m, rank) for c in self.clusters for rank, m in enumerate(_by_score(c))}
        self._clause = _counts(norm, _CLAUSE)
        self._stop = _counts(norm, _STOP)

    def candidates(self, quantity: Quantity) -> list[Mention]:
        """Mentions near a quantity; of each wording the nearest."""
        at = bisect_left(self._cluster_starts, quantity.start)
        near = self.clusters[max(0, at - _CLUSTERS_BEFORE) : at + _CLUSTERS_AFTER]
        nearest: dict[str, Mention] = {}
        gaps: dict[str, int] = {}
        for mention in (m for cluster in near for m in cluster):
            gap = _gap(quantity, mention)
            if gap < 0 or gap > (_REACH_BEFORE if mention.end <= quantity.start else _REACH_AFTER):
                continue
            words = self.norm[mention.start : mention.end]
            if words not in gaps or gap < gaps[words]:
                nearest[words], gaps[words] = mention, gap
        return list(nearest.values())

    def own_features(self, mention: Mention | None) -> list[str]:
        """Features of a candidate by itself."""
        return [] if mention is None else self._own[id(mention)]

    def features(self, quantity: Quantity, mention: Mention | None, last: str | None) -> list[str]:
        """Features of a candidate for a quantity; None is the null candidate. `last`: what the quantity before was linked to."""
        norm, unit = self.norm, quantity.unit or "-"
        before, after = norm[max(0, quantity.start - 3) : quantity.start], norm[quantity.end : quantity.end + 2]
        share = "share" if unit in _SHARES else "count"
        if mention is None:
            around = (f"u={unit}", f"b1={before[-1:]}", f"b2={before[-2:]}", f"b3={before}", f"a1={after[:1]}", f"a2={after}", share)
            return ["null", *(f"null:{f}" for f in around), f"null:{share},a1={after[:1]}"]
        is_left = mention.end <= quantity.start
        start, end = (mention.end, quantity.start) if is_left else (quantity.end, mention.start)
        side = "L" if is_left else "R"
        gap = end - start
        inner = norm[start:end] if gap <= 4 else f"{norm[start : start + 2]}…{norm[end - 2 : end]}"
        clauses = min(self._clause[end] - self._clause[start], 5)
        stops = min(self._stop[end] - self._stop[start], 2)
        quantities = min(_between(self._quantity_starts, start, end), 4)
        mentions = min(_between(self._cluster_starts, start, end), 4)
        others = min(_between(self._other_starts, start, end), 3)
        words = norm[mention.start : mention.end]
        same = "null" if last is None else "same" if words == last else "inside" if words in last or last in words else "other"
        near = gap if gap < 10 else 10 + min(gap // 12, 10)
        return [
            f"{side}:gap={near}", f"{side}:gap={near},{share}", f"{side}:q={quantities},c={clauses}", f"{side}:m={mentions}",
            f"{side}:o={others}", f"{side}:s={stops}", f"{side}:m={mentions},q={quantities},{share}", f"{side}:c={clauses},s={stops},{share}",
            f"{side}:mq={mentions}{quantities}{others}{min(clauses, 2)}", f"{side}:in={inner}", f"{side}:u={unit},adj={gap == 0}",
            f"{side}:u={unit},m={mentions}", f"{side}:end={words[-1]},u={unit}", f"end2={words[-2:]},u={unit}", f"{side}:a1={after[:1]}",
            f"{side}:a2={after},m={mentions}", f"{side}:b1={before[-1:]},m={mentions}", f"{side}:b2={before[-2:]}", f"w={words},u={unit}",
            f"last={same}", f"last={same},{side}", f"last={same},{share}", f"last={same},b2={before[-2:]}", f"last={same},m={mentions},{side}",
            f"last={same},c={clauses},q={quantities},{share}",
        ]  # fmt: skip

    def _static_features(self, mention: Mention, rank: int) -> list[str]:
        """What a mention is by itself: how sure the tagger was, and its boundaries."""
        norm = self.norm
        words = norm[mention.start : mention.end]
        left, right = norm[max(0, mention.start - 2) : mention.start], norm[mention.end : mention.end + 2]
        return [
            f"p={int(mention.score * 10)}", f"rank={min(rank, 4)}", f"len={min(len(words), 12)}", f"w={words}", f"s1={words[0]}",
            f"s2={words[:2]}", f"e2={words[-2:]}", f"l1={left[-1:]}", f"l2={left}", f"r1={right[:1]}", f"r2={right}", f"l1s1={left[-1:]}{words[0]}",
            f"e1r1={words[-1]}{right[:1]}", *self._others.features(mention),
        ]  # fmt: skip


class _Neighbours:
    """Where mentions of the other kind begin and end: an item that begins with a likely action is none."""

    def __init__(self, others: Sequence[Mention]) -> None:
        self._starting: dict[int, float] = {}
        self._ending: dict[int, float] = {}
        for other in others:
            self._starting[other.start] = max(other.score, self._starting.get(other.start, 0.0))
            self._ending[other.end] = max(other.score, self._ending.get(other.end, 0.0))

    def features(self, mention: Mention) -> list[str]:
        """How likely the other kind stands in front, begins and ends together with a mention, and follows."""
        front, head = self._ending.get(mention.start, 0.0), self._starting.get(mention.start, 0.0)
        tail, behind = self._ending.get(mention.end, 0.0), self._starting.get(mention.end, 0.0)
        return [f"of={int(front * 4)}", f"oh={int(head * 4)}", f"ot={int(tail * 4)}", f"ob={int(behind * 4)}", f"ofh={int(front * 4)}{int(head * 4)}"]


def _clusters(mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Mentions that overlap, together."""
    groups: list[list[Mention]] = []
    reach = -1
    for mention in mentions:
        if mention.start >= reach:
            groups.append([])
        groups[-1].append(mention)
        reach = max(reach, mention.end)
    return groups


def _by_score(cluster: Sequence[Mention]) -> list[Mention]:
    return sorted(cluster, key=lambda mention: -mention.score)


def _counts(norm: str, marks: frozenset[str]) -> list[int]:
    """How many of some marks stand before each position."""
    counts = [0]
    total = 0
    for char in norm:
        total += char in marks
        counts.append(total)
    return counts


def _between(starts: Sequence[int], start: int, end: int) -> int:
    return bisect_left(starts, end) - bisect_left(starts, start)


def _gap(quantity: Quantity, mention: Mention) -> int:
    """Characters between a quantity and a mention; negative where they overlap."""
    if mention.end <= quantity.start:
        return quantity.start - mention.end
    return mention.start - quantity.end if mention.start >= quantity.end else -1


def choose(context: Context, model: Ranker) -> list[tuple[Offsets | None, float]]:
    """For every quantity the best candidate and the probability that it is right."""
    chosen: list[tuple[Offsets | None, float]] = []
    own = {id(m): model.score(context.own_features(m)) for cluster in context.clusters for m in cluster}
    own[id(None)] = 0.0
    last: str | None = None
    for quantity in context.quantities:
        candidates: list[Mention | None] = [*context.candidates(quantity), None]
        scores = [own[id(c)] + model.score(context.features(quantity, c, last)) for c in candidates]
        probabilities = model.probabilities(scores)
        index = int(probabilities.argmax())
        best = candidates[index]
        last = context.norm[best.start : best.end] if best else None
        chosen.append(((best.start, best.end) if best else None, float(probabilities[index])))
    return chosen


def training_groups(context: Context, gold: Sequence[Offsets | None]) -> list[Group]:
    """The candidates of every quantity whose gold link is among them, with its index (by wording)."""
    groups: list[Group] = []
    last: str | None = None
    for quantity, target in zip(context.quantities, gold, strict=True):
        wanted = context.norm[target[0] : target[1]] if target else None
        candidates: list[Mention | None] = [*context.candidates(quantity), None]
        texts = [context.norm[c.start : c.end] if c else None for c in candidates]
        if wanted in texts and len(candidates) > 1:
            groups.append(([context.own_features(c) + context.features(quantity, c, last) for c in candidates], texts.index(wanted)))
        last = wanted
    return groups
