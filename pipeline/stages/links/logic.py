"""From quantities to what they count, what was done, and whether they are changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.layers import Entity, Offsets, Quantity
from pipeline.learning.crf import CharCrf
from pipeline.learning.linear import LinearModel
from pipeline.learning.ranking import Ranker
from pipeline.stages.links.change import find_basis, find_change
from pipeline.stages.links.mentions import ACTION, ITEM, Mention, find_mentions
from pipeline.stages.links.ranker import Context, choose


@dataclass(slots=True)
class LinkModels:
    """The trained parts: who may be linked to, which one it is, and what is a change."""

    mentions: CharCrf
    items: Ranker
    actions: Ranker
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
            Ranker.load(folder, "items"),
            Ranker.load(folder, "actions"),
            LinearModel.load(folder, "changes"),
        )


def contexts(norm: str, quantities: Sequence[Quantity], mentions: Sequence[Mention]) -> tuple[Context, Context]:
    """What the rankers of items and of actions see."""
    items = [m for m in mentions if m.kind == ITEM]
    actions = [m for m in mentions if m.kind == ACTION]
    return Context(norm, quantities, items, actions), Context(norm, quantities, actions, items)


def link(
    norm: str,
    words: Sequence[Offsets],
    sentences: Sequence[Offsets],
    quantities: Sequence[Quantity],
    entities: Sequence[Entity],
    models: LinkModels,
) -> None:
    """Set item, action, change, basis and score of every quantity."""
    if not quantities:
        return
    mentions = find_mentions(norm, words, sentences, quantities, entities, models.mentions)
    for_items, for_actions = contexts(norm, quantities, mentions)
    items, actions = choose(for_items, models.items), choose(for_actions, models.actions)
    for quantity, (item, p_item), (action, p_action) in zip(quantities, items, actions, strict=True):
        quantity.item, quantity.action = item, action
        quantity.score = p_item * p_action
        quantity.change = find_change(norm, quantity, models.changes)
        quantity.basis = find_basis(norm, quantity)
