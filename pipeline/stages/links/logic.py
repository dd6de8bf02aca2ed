"""From quantities to what they count, what was done, and whether they are changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.layers import Entity, Offsets, Quantity
from pipeline.learning.chain import ChainModel, Floats
from pipeline.learning.crf import CharCrf
from pipeline.learning.features import BaseFeatures
from pipeline.learning.linear import LinearModel
from pipeline.stages.links.candidates import Choice
from pipeline.stages.links.change import set_changes
from pipeline.stages.links.mentions import ACTION, ITEM, find_mentions
from pipeline.stages.links.text import Linked, Text


@dataclass(slots=True)
class LinkModels:
    """The trained parts: who may be linked to, which one it is, and what is a change."""

    mentions: CharCrf
    items: ChainModel
    actions: ChainModel
    changes: LinearModel

    def save(self, folder: Path) -> None:
        """Write all weights."""
        self.mentions.save(folder)
        self.items.save(folder, "items")
        self.actions.save(folder, "actions")
        self.changes.save(folder, "changes")

    @classmethod
    def load(cls, folder: Path) -> LinkModels:
        """Read what `save` wrote."""
        return cls(
            CharCrf.load(folder),
            ChainModel.load(folder, "items"),
            ChainModel.load(folder, "actions"),
            LinearModel.load(folder, "changes"),
        )


def link(
    norm: str,
    base: BaseFeatures,
    sentences: Sequence[Offsets],
    quantities: Sequence[Quantity],
    entities: Sequence[Entity],
    models: LinkModels,
) -> None:
    """Set item, action, change, basis and scores of every quantity. `base`: the features of characters and words.

    A link's score is its probability in the chain; the quantity's is the product of both.
    """
    if not quantities:
        return
    mentions = find_mentions(norm, base, sentences, quantities, entities, models.mentions)
    text = Text.of(norm, quantities, entities)
    items, p_items = choose(Choice.of(text, mentions, ITEM), models.items)
    actions, p_actions = choose(Choice.of(text, mentions, ACTION, items), models.actions)
    for index, quantity in enumerate(quantities):
        quantity.item, quantity.action = items.span(index), actions.span(index)
        quantity.item_score, quantity.action_score = float(p_items[index]), float(p_actions[index])
        quantity.score = quantity.item_score * quantity.action_score
    set_changes(norm, quantities, models.changes)


def choose(choice: Choice, model: ChainModel) -> tuple[Linked, Floats]:
    """What each quantity is linked to, and the probability that this is right."""
    chosen, probabilities = model.choose(choice.lattice)
    mention = choice.pairs.mention[chosen] if len(chosen) else np.zeros(0, dtype=np.int64)
    return choice.mentions.linked(mention), probabilities
