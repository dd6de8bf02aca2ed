"""Which mentions a quantity may link to. Null is a candidate, the last of each quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.layers import Offsets
from pipeline.learning.chain import Floats, Lattice
from pipeline.learning.hashing import Ints
from pipeline.stages.links.features import lattice
from pipeline.stages.links.mentions import Mention
from pipeline.stages.links.text import Linked, Mentions, Pairs, Text

_CLUSTERS_BEFORE, _CLUSTERS_AFTER = 4, 2
_REACH_BEFORE, _REACH_AFTER = 400, 60
_NONE = -1


@dataclass(slots=True)
class Choice:
    """Everything from which the links of one kind are chosen."""

    mentions: Mentions
    pairs: Pairs
    lattice: Lattice

    @classmethod
    def of(cls, text: Text, mentions: Sequence[Mention], kind: str, linked: Linked | None = None) -> Choice:
        """Candidates among the mentions of a kind; `linked`: what the quantities are linked to already, of the other kind."""
        mine, others = [m for m in mentions if m.kind == kind], [m for m in mentions if m.kind != kind]
        own = Mentions(text, mine, others)
        pairs = pair_up(text, own)
        return cls(own, pairs, lattice(text, own, pairs, linked))

    def index_of(self, norm: str, gold: Sequence[Offsets | None]) -> Ints:
        """For each quantity the candidate that reads like the gold link; -1 where none does."""
        found = np.full(len(gold), -1, dtype=np.int64)
        for index, span in enumerate(gold):
            wanted = norm[slice(*span)] if span else None
            for candidate in range(int(self.pairs.first[index]), int(self.pairs.first[index + 1])):
                mention = int(self.pairs.mention[candidate])
                words = None if mention < 0 else norm[self.mentions.starts[mention] : self.mentions.ends[mention]]
                if words == wanted:
                    found[index] = candidate
                    break
        return found

    def likely(self, text: Text) -> Floats:
        """A first guess of how good each candidate is: what the tagger thinks of it, less the further away it stands."""
        mention = self.pairs.mention
        if not len(self.mentions):
            return np.ones(len(mention), dtype=np.float32)
        gap = np.abs(text.starts[self.pairs.quantity] - self.mentions.ends[mention])
        return np.where(mention < 0, 1.0, self.mentions.scores[mention] - gap / 200.0).astype(np.float32)


def pair_up(text: Text, mentions: Mentions) -> Pairs:
    """The mentions near each quantity; of each wording the nearest."""
    count = len(text.starts)
    at = np.searchsorted(mentions.cluster_starts, text.starts)
    clusters = len(mentions.cluster_starts)
    low = mentions.first[np.maximum(at - _CLUSTERS_BEFORE, 0)]
    high = mentions.first[np.minimum(at + _CLUSTERS_AFTER, clusters)]
    sizes = np.maximum(high - low, 0)
    quantity = np.repeat(np.arange(count), sizes)
    mention = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(low, sizes)
    is_left = mentions.ends[mention] <= text.starts[quantity]
    gap = np.where(is_left, text.starts[quantity] - mentions.ends[mention], mentions.starts[mention] - text.ends[quantity])
    near = (gap >= 0) & (gap <= np.where(is_left, _REACH_BEFORE, _REACH_AFTER))
    quantity, mention, gap = quantity[near], mention[near], gap[near]
    order = np.lexsort((mention, gap, mentions.words[mention], quantity))
    quantity, mention = quantity[order], mention[order]
    words = mentions.words[mention]
    nearest = np.ones(len(order), dtype=bool)
    nearest[1:] = (words[1:] != words[:-1]) | (quantity[1:] != quantity[:-1])
    quantity, mention = np.append(quantity[nearest], np.arange(count)), np.append(mention[nearest], np.full(count, _NONE))
    order = np.lexsort((np.where(mention < 0, len(mentions), mention), quantity))
    quantity, mention = quantity[order], mention[order]
    return Pairs(quantity, mention, np.searchsorted(quantity, np.arange(count + 1)))
