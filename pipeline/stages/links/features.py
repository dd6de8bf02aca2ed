"""The features by which a quantity's link is chosen among its candidates, all pairs at once."""

from __future__ import annotations

import numpy as np

from pipeline.learning.chain import SLOTS, Lattice
from pipeline.learning.hashing import Ints, Places, places
from pipeline.stages.links.mentions import Mention
from pipeline.stages.links.text import Bools, Linked, Mentions, Pairs, Text

_CHAIN_REACH = 240


def lattice(text: Text, mentions: Mentions, pairs: Pairs, linked: Linked | None) -> Lattice:
    """Features of all pairs."""
    null = pairs.mention < 0
    mention = np.where(null, 0, pairs.mention)
    if not len(mentions):
        mentions = Mentions(text, [Mention(0, 0, "", 0.0)], [])
    context = _Context(text, mentions, pairs.quantity, mention)
    own = [*context.of_mention(), *context.of_pair()]
    if linked is not None:
        own += context.of_linked(linked)
    nothing = context.of_null(np.flatnonzero(null))
    table = np.zeros((len(null), max(len(own), len(nothing))), dtype=np.int32)
    np.stack(own, axis=1, out=table[:, : len(own)])
    del own
    table[null] = 0
    table[null, : len(nothing)] = np.stack(nothing, axis=1)
    slots = context.of_slots(null)
    wording = np.where(null, -1, mentions.words[mention])
    head = np.where(null, -1, mentions.heads[mention])
    return Lattice(pairs.first, table, slots, wording, head, _begins(text))


def _begins(text: Text) -> Bools:
    begins = np.ones(len(text.starts), dtype=bool)
    begins[1:] = text.starts[1:] - text.ends[:-1] > _CHAIN_REACH
    return begins


class _Context:
    """What stands between a quantity and a candidate, computed once for all features."""

    def __init__(self, text: Text, mentions: Mentions, quantity: Ints, mention: Ints) -> None:
        self.text, self.mentions, self.quantity, self.mention = text, mentions, quantity, mention
        self.start, self.end = mentions.starts[mention], mentions.ends[mention]
        q_start, q_end = text.starts[quantity], text.ends[quantity]
        is_left = self.end <= q_start
        left, right = np.where(is_left, self.end, q_end), np.where(is_left, q_start, self.start)
        left, right = np.minimum(left, right), np.maximum(left, right)
        self.left, self.right = left, right
        self.side = is_left.astype(np.int64)
        self.gap = right - left
        self.near = np.where(self.gap < 10, self.gap, 10 + np.minimum(self.gap // 12, 10))
        self.clauses = np.minimum(text.clauses[right] - text.clauses[left], 5)
        self.stops = np.minimum(text.stops[right] - text.stops[left], 2)
        self.lines = np.minimum(text.lines[right] - text.lines[left], 2)
        self.between = np.minimum(_between(text.starts, left, right), 4)
        self.others_between = np.minimum(_between(mentions.other_clusters, left, right), 3)
        self.mentions_between = np.minimum(_between(mentions.cluster_starts, left, right), 4)
        self.unit, self.share = text.units[quantity], text.is_share[quantity]
        self.before = (text.at(q_start, -1), text.around(q_start, -2, -1), text.around(q_start, -3, -2, -1))
        self.after = (text.at(q_end), text.around(q_end, 0, 1))
        self.words = mentions.words[mention]
        self.inner = self._inner()

    def _inner(self) -> Ints:
        """What stands between, whole where it is short, else its ends."""
        codes = [np.where(self.gap > k, self.text.at(self.left, k), 0) for k in range(2)]
        codes += [np.where(self.gap > k + 2, self.text.at(self.right, k - 2), 0) for k in range(2)]
        codes[1] = np.where(self.gap == 3, self.text.at(self.left, 1), codes[1])
        key = codes[0]
        for code in codes[1:]:
            key = key * 1_000_003 + code
        inner: Ints = key * 32 + np.minimum(self.gap, 5)
        return inner

    def of_mention(self) -> list[Places]:
        """What a mention is by itself: how sure the tagger was, its words and boundaries."""
        text, mentions, m = self.text, self.mentions, self.mention
        start, end = self.start, self.end
        length = np.minimum(end - start, 12)
        front, head = mentions.others_end[start], mentions.others_start[start]
        tail, behind = mentions.others_end[end], mentions.others_start[end]
        score = (mentions.scores[m] * 10).astype(np.int64)
        owned = _is_in(text.ends, start) * 2 + _is_in(text.starts, end)
        kind = text.entities[start] * 256 + text.entities[np.maximum(end - 1, 0)]
        first, last = text.at(start), text.at(end, -1)
        return [
            places(0, score), places(1, np.minimum(mentions.rank[m], 4)), places(2, length), places(3, self.words), places(4, first),
            places(5, text.around(start, 0, 1)), places(6, mentions.heads[m]), places(7, text.at(start, -1)), places(8, text.around(start, -2, -1)),
            places(9, text.at(end)), places(10, text.around(end, 0, 1)), places(11, text.at(start, -1), first), places(12, last, text.at(end)),
            places(13, front), places(14, head), places(15, tail), places(16, behind), places(17, front, head), places(18, kind),
            places(19, owned, self.gap == 0, self.side), places(20, score, np.minimum(mentions.rank[m], 4)), places(21, text.around(end, -3, -2, -1)),
            places(22, last, length),
        ]  # fmt: skip

    def of_pair(self) -> list[Places]:
        """Where a mention stands in relation to the quantity."""
        side, share, unit = self.side, self.share, self.unit
        m, q, c, s, o = self.mentions_between, self.between, self.clauses, self.stops, self.others_between
        last = self.text.at(self.end, -1)
        heads = self.mentions.heads[self.mention]
        return [
            places(30, side, self.near), places(31, side, self.near, share), places(32, side, q, c), places(33, side, m), places(34, side, o),
            places(35, side, s, self.lines), places(36, side, m, q, share), places(37, side, c, s, share),
            places(38, side, m, q, o, np.minimum(c, 2)),
            places(39, side, self.inner), places(40, side, unit, self.gap == 0), places(41, side, unit, m), places(42, side, last, unit),
            places(43, heads, unit), places(44, side, self.after[0]), places(45, side, self.after[1], m), places(46, side, self.before[0], m),
            places(47, side, self.before[1]), places(48, self.words, unit), places(49, side, self.before[2], m), places(50, side, unit, self.inner),
            places(51, side, self.before[1], self.after[0], m, q), places(52, side, m, q, c, share, self.after[0]),
        ]  # fmt: skip

    def of_linked(self, linked: Linked) -> list[Places]:
        """Where a mention stands in relation to what the quantity is linked to already."""
        text = self.text
        item_start, item_end = linked.starts[self.quantity], linked.ends[self.quantity]
        none = item_start < 0
        item_start, item_end = np.maximum(item_start, 0), np.maximum(item_end, 0)
        before = self.end <= item_start
        overlaps = (self.start < item_end) & (item_start < self.end)
        gap = np.where(before, item_start - self.end, self.start - item_end)
        left, right = np.where(before, self.end, item_end), np.where(before, item_start, self.start)
        left, right = np.minimum(left, right), np.maximum(left, right)
        order = np.where(none, 3, np.where(overlaps, 2, before.astype(np.int64)))
        is_item_left = (item_end <= text.starts[self.quantity]).astype(np.int64)
        near = np.where(gap < 6, gap, 6 + np.minimum(gap // 6, 8))
        clauses = np.minimum(text.clauses[right] - text.clauses[left] + text.stops[right] - text.stops[left], 4)
        between = np.minimum(_between(text.starts, left, right), 3)
        place = order * 4 + is_item_left * 2 + self.side
        shut = np.where(none | overlaps, 99, near)
        item_head = np.where(none, 0, text.around(item_end, -2, -1))
        inner = np.where(none | overlaps, 0, text.around(left, 0, 1) * (gap > 0) + gap)
        return [
            places(70, place), places(71, place, shut), places(72, place, clauses, between), places(73, self.words, item_head),
            places(74, place, inner), places(75, place, shut, self.share), places(76, place, self.near, self.share),
        ]  # fmt: skip

    def of_null(self, null: Ints) -> list[Places]:
        """What speaks for no link at all. `null`: indices of the null candidates."""
        share, unit = self.share[null], self.unit[null]
        before, after = [keys[null] for keys in self.before], [keys[null] for keys in self.after]
        return [
            places(80, np.zeros_like(unit)), places(81, unit), places(82, before[0]), places(83, before[1]), places(84, before[2]),
            places(85, after[0]), places(86, after[1]), places(87, share), places(88, share, after[0]),
            places(89, before[1], after[0]), places(90, unit, before[0]), places(91, unit, after[0]),
        ]  # fmt: skip

    def of_slots(self, null: Bools) -> Places:
        """How a candidate may follow the choice of the quantity before: the same words, the same end, others, or after none.

        Shape `(candidates, SLOTS, templates)`.
        """
        kind = np.arange(SLOTS)[:, None] + np.where(null, 0, SLOTS)
        side, m, q = self.side * ~null, self.mentions_between * ~null, self.between * ~null
        shares, before, *between = (keys[:, np.where(null, 0, 1), self.quantity] for keys in _of_steps(self.text))
        columns = [
            places(100, kind, side), shares, before, places(103, kind, m, side), places(104, kind, self.clauses * ~null, q, self.share), *between,
        ]  # fmt: skip
        table = np.empty((len(null), SLOTS, len(columns)), dtype=np.int32)
        np.stack(columns, axis=2, out=table.transpose(1, 0, 2))
        return table


def _of_steps(text: Text) -> list[Places]:
    """What stands between each quantity and the one before, by slot and for the null candidate and others: shapes `(SLOTS, 2, quantities)`."""
    kind = np.arange(2 * SLOTS).reshape(2, SLOTS).T[:, :, None]
    previous = np.maximum(np.arange(len(text.starts)) - 1, 0)
    left, right = text.ends[previous], text.starts
    right = np.maximum(left, right)
    c = np.minimum(text.clauses[right] - text.clauses[left], 3)
    s = np.minimum(text.stops[right] - text.stops[left], 2)
    gap = right - left
    near = np.where(gap < 6, gap, 6 + np.minimum(gap // 8, 6))
    inner = np.where(gap <= 3, text.around(left, 0, 1, 2), text.around(right, -2, -1))
    same_unit = (text.units[previous] == text.units).astype(np.int64)
    shares = text.is_share[previous] * 2 + text.is_share
    return [
        places(101, kind, shares), places(102, kind, text.around(text.starts, -2, -1)), places(105, kind, c, s), places(106, kind, near),
        places(107, kind, inner), places(108, kind, same_unit, c, s), places(109, kind, shares, c, s, same_unit),
        places(110, kind, text.at(text.ends)), places(111, kind, text.around(text.starts, -3, -2, -1), shares),
    ]  # fmt: skip


def _between(starts: Ints, left: Ints, right: Ints) -> Ints:
    return np.searchsorted(starts, right) - np.searchsorted(starts, left)


def _is_in(ordered: Ints, positions: Ints) -> Ints:
    """Whether each position is one of some ordered ones."""
    at = np.minimum(np.searchsorted(ordered, positions), max(len(ordered) - 1, 0))
    return (ordered[at] == positions).astype(np.int64) if len(ordered) else np.zeros(len(positions), dtype=np.int64)
