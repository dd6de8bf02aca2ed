"""Fitting each trained part to labelled examples."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Protocol, TypeVar

import numpy as np

from pipeline.layers import Offsets, Section
from pipeline.learning.calibration import Calibration
from pipeline.learning.chain import ChainModel, Floats, join, train_chain
from pipeline.learning.crf import CharCrf, encode, split_long, train_crf
from pipeline.learning.features import base_features
from pipeline.learning.hashing import Ints
from pipeline.learning.linear import LinearModel, Sparse, train_linear
from pipeline.learning.table import TableModel, train_table
from pipeline.stages.entities.choice import KINDS, Spans, span_features
from pipeline.stages.entities.laws import find_titles, title_features
from pipeline.stages.entities.logic import NORMATIVE, OTHER, EntityModels, entity_features, possible_spans
from pipeline.stages.links.candidates import Choice
from pipeline.stages.links.change import NONE, change_features, find_basis
from pipeline.stages.links.logic import LinkModels, choose
from pipeline.stages.links.mentions import ACTION, ITEM, Mention, find_mentions, mention_features, mention_spans
from pipeline.stages.links.text import Linked, Text
from pipeline.stages.names.forms import full_width, strip_marks
from pipeline.stages.names.logic import rank_features
from pipeline.stages.topics.logic import own_text, parts_of, section_features
from pipeline.training.corpus import Example, folds_by_pen

Settings = dict[str, Any]
Say = Callable[[str], None]

_MIN_PART = 20


class Penned(Protocol):
    """Something written by one pen."""

    @property
    def pen(self) -> str:
        """The author's neutral id."""


P = TypeVar("P", bound=Penned)
M = TypeVar("M")


def _crf(settings: Settings) -> dict[str, Any]:
    return {key: settings[key] for key in ("c1", "c2", "iterations", "min_count")}


def fit_tagger(examples: Sequence[Example], settings: Settings) -> CharCrf:
    """The tagger of agencies, measures and laws."""
    data = []
    for example in examples:
        gold = example.gold
        tags = encode(len(example.norm), [(e.start, e.end, e.label) for e in gold.entities])
        data.append((entity_features(example.norm, base_features(gold)), tags, split_long(gold.sentences, example.norm)))
    return train_crf(data, **_crf(settings))


def fit_entities(examples: Sequence[Example], settings: Settings, say: Say) -> EntityModels:
    """Tagger, the judge of its spans, and the classifier of titles. The judge learns from taggers that have not seen the pen."""
    folds = folds_by_pen(examples, settings["folds"])
    say(f"tagger of all pens, and {len(folds)} without some")
    tagger, unseeing = with_and_without(fit_tagger, examples, folds, settings)
    say("judge of spans, titles in marks")
    found: dict[str, Spans] = {}
    for held_out, other in zip(folds, unseeing, strict=True):
        found |= spans_unseen(examples, held_out, other)
    return EntityModels(tagger, fit_titles(examples, settings), fit_spans(examples, found, settings))


def with_and_without(
    fit: Callable[[Sequence[P], Settings], M], parts: Sequence[P], folds: Sequence[set[str]], settings: Settings
) -> tuple[M, list[M]]:
    """A model of all parts, and for each fold one that has not seen its pens; side by side in as many processes as there are cores."""
    sets = [list(parts), *([part for part in parts if part.pen not in held_out] or list(parts) for held_out in folds)]
    with ProcessPoolExecutor(min(len(sets), os.cpu_count() or 1)) as pool:
        models = list(pool.map(fit, sets, repeat(settings)))
    return models[0], models[1:]


def spans_unseen(examples: Sequence[Example], held_out: set[str], tagger: CharCrf) -> dict[str, Spans]:
    """What a tagger holds possible in the texts of some pens, by the texts' names."""
    return {
        example.name: possible_spans(example.norm, base_features(example.gold), example.gold.sentences, tagger)
        for example in examples
        if example.pen in held_out
    }


def fit_spans(examples: Sequence[Example], found: dict[str, Spans], settings: Settings) -> TableModel:
    """The judge of possible spans; `found`: by the text's name, spans of taggers that have not seen its pen."""
    features, outcomes = [], []
    for example in examples:
        spans = found[example.name]
        gold = {(e.start, e.end, e.label) for e in example.gold.entities}
        features.append(span_features(example.norm, example.gold.words, spans))
        triples = zip(spans.start.tolist(), spans.end.tolist(), spans.kind.tolist(), strict=True)
        outcomes.append(np.array([(start, end, KINDS[kind]) in gold for start, end, kind in triples], dtype=bool))
    return train_table(np.concatenate(features), np.concatenate(outcomes), strength=settings["spans_strength"], min_count=2)


def fit_titles(examples: Sequence[Example], settings: Settings) -> LinearModel:
    """The classifier that tells which titles in marks are normative documents."""
    features: list[Sparse] = []
    labels: list[str] = []
    for example in examples:
        laws = [(e.start, e.end) for e in example.gold.entities if e.label == "LAW"]
        for start, end in find_titles(example.norm):
            features.append(title_features(example.norm, start, end))
            labels.append(NORMATIVE if any(s < end and start < e for s, e in laws) else OTHER)
    return train_linear(features, labels, strength=settings["titles_strength"], min_count=1)


def fit_mentions(examples: Sequence[Example], settings: Settings) -> CharCrf:
    """The tagger of what may be an item or an action."""
    data = []
    for example in examples:
        gold = example.gold
        spans = mention_spans([(q.item, q.action) for q in gold.quantities])
        features = mention_features(example.norm, base_features(gold), gold.quantities, gold.entities)
        data.append((features, encode(len(example.norm), spans), split_long(gold.sentences, example.norm)))
    return train_crf(data, **_crf(settings))


def fit_links(examples: Sequence[Example], settings: Settings, say: Say) -> LinkModels:
    """Mention tagger, the choosers of items and actions, and the classifier of changes.

    What a part learns from is what it will see at extraction: mentions and items found by models that have not seen the pen.
    """
    counted = [example for example in examples if example.gold.quantities]
    folds = folds_by_pen(counted, settings["folds"])
    mentions: dict[str, list[Mention]] = {}
    say(f"mention tagger of all pens, and {len(folds)} without some")
    tagger, unseeing = with_and_without(fit_mentions, examples, folds, settings)
    for held_out, other in zip(folds, unseeing, strict=True):
        for example in counted:
            if example.pen in held_out:
                gold = example.gold
                mentions[example.name] = find_mentions(example.norm, base_features(gold), gold.sentences, gold.quantities, gold.entities, other)
    say("items")
    texts = [Text.of(e.norm, e.gold.quantities, e.gold.entities) for e in counted]
    for_items = [Choice.of(text, mentions[e.name], ITEM) for e, text in zip(counted, texts, strict=True)]
    item_parts = [_Part.of(e, t, c, [q.item for q in e.gold.quantities]) for e, t, c in zip(counted, texts, for_items, strict=True)]
    items, unseeing_items = with_and_without(fit_chain, item_parts, folds, settings)
    found_items = _unseen(item_parts, folds, unseeing_items)
    say("actions")
    for_actions = [Choice.of(text, mentions[e.name], ACTION, linked) for e, text, (linked, _) in zip(counted, texts, found_items, strict=True)]
    action_parts = [_Part.of(e, t, c, [q.action for q in e.gold.quantities]) for e, t, c in zip(counted, texts, for_actions, strict=True)]
    actions, unseeing_actions = with_and_without(fit_chain, action_parts, folds, settings)
    found_actions = _unseen(action_parts, folds, unseeing_actions)
    say("changes and scores")
    quantities = [(e.norm, q) for e in examples for q in e.gold.quantities]
    changes = train_linear(
        [change_features(norm, q, find_basis(norm, q)) for norm, q in quantities],
        [q.change or NONE for _, q in quantities],
        strength=settings["change_strength"],
        min_count=2,
    )
    return LinkModels(tagger, items, actions, changes, _fit_scores(counted, found_items, found_actions))


@dataclass(slots=True)
class _Part:
    """A text's choices with the right ones: what a chain learns from."""

    pen: str
    choice: Choice
    right: Ints
    likely: Floats

    @classmethod
    def of(cls, example: Example, text: Text, choice: Choice, gold: Sequence[Offsets | None]) -> _Part:
        return cls(example.pen, choice, choice.index_of(example.norm, gold), choice.likely(text))


def fit_chain(parts: Sequence[_Part], settings: Settings) -> ChainModel:
    """The choice among candidates."""
    sizes = np.cumsum([0, *(len(part.likely) for part in parts)])
    right = np.concatenate([np.where(part.right < 0, -1, part.right + offset) for part, offset in zip(parts, sizes[:-1], strict=True)])
    return train_chain(
        join([part.choice.lattice for part in parts]),
        right,
        np.concatenate([part.likely for part in parts]),
        penalty=settings["chain_penalty"],
        iterations=settings["chain_iterations"],
        min_count=2,
    )


def _unseen(parts: Sequence[_Part], folds: Sequence[set[str]], models: Sequence[ChainModel]) -> list[tuple[Linked, Floats]]:
    """What each text's quantities are linked to by the model that has not seen its pen, and how probable that is."""
    model_of = {pen: model for held_out, model in zip(folds, models, strict=True) for pen in held_out}
    return [choose(part.choice, model_of[part.pen]) for part in parts]


def _fit_scores(examples: Sequence[Example], items: Sequence[tuple[Linked, Floats]], actions: Sequence[tuple[Linked, Floats]]) -> Calibration:
    """How probable it is that both links of a quantity are right, learned where both models had not seen the pen."""
    chances: list[tuple[float, float]] = []
    outcomes: list[bool] = []
    for example, (item, p_item), (action, p_action) in zip(examples, items, actions, strict=True):
        for index, quantity in enumerate(example.gold.quantities):
            pairs = ((quantity.item, item.span(index)), (quantity.action, action.span(index)))
            outcomes.append(all(_words(example, gold) == _words(example, own) for gold, own in pairs))
            chances.append((float(p_item[index]), float(p_action[index])))
    return Calibration.fit(chances, outcomes)


def _words(example: Example, span: Offsets | None) -> str | None:
    return example.norm[slice(*span)] if span else None


def fit_topics(examples: Sequence[Example], settings: Settings) -> LinearModel:
    """The topic classifier, from sections and from their paragraphs."""
    features: list[Sparse] = []
    labels: list[str] = []
    for example in examples:
        sections = example.gold.sections
        for index, section in enumerate(sections):
            if section.topic == "meta" or _is_heading_alone(sections, index):
                continue
            features.append(section_features(example.norm, sections, index))
            labels.append(section.topic)
            parts = parts_of(example.norm, *own_text(sections, index))
            for start, end in parts if len(parts) > 1 else []:
                if end - start > _MIN_PART:
                    features.append(section_features(example.norm, sections, index, (start, end)))
                    labels.append(section.topic)
    return train_linear(features, labels, strength=settings["strength"], min_count=settings["min_count"])


def _is_heading_alone(sections: Sequence[Section], index: int) -> bool:
    heading = sections[index].heading
    return heading is not None and own_text(sections, index)[1] - heading[1] <= 2


def fit_ranks(examples: Sequence[Example], settings: Settings) -> LinearModel:
    """The classifier of a document's rank."""
    features: list[Sparse] = []
    labels: list[str] = []
    for example in examples:
        for entity in example.gold.entities:
            if entity.label == "LAW" and entity.rank:
                surface = full_width(example.gold.view.surface(entity.start, entity.end))
                name = strip_marks(surface).removeprefix("中华人民共和国")
                features.append(rank_features(name, example.norm, entity.start, entity.end))
                labels.append(entity.rank)
    return train_linear(features, labels, strength=settings["strength"], min_count=1)
