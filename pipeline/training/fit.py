"""Fitting each trained part to labelled examples."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, Protocol, TypeVar

import numpy as np
import sklearn.linear_model  # noqa: F401  only threads of libraries that are loaded can be limited
from threadpoolctl import threadpool_limits

from pipeline.language import tr
from pipeline.layers import Offsets, Section
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
from pipeline.stages.links.text import Text
from pipeline.stages.names.forms import full_width, strip_marks
from pipeline.stages.names.logic import rank_features
from pipeline.stages.topics.logic import own_text, parts_of, section_features
from pipeline.training.corpus import Example

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


def fit_entities(examples: Sequence[Example], held_out: Sequence[set[str]], settings: Settings, say: Say) -> list[EntityModels]:
    """Tagger, the judge of its spans, and the classifier of titles: for each set of pens held out, those of the others.

    The judge learns from taggers that have not seen the pen: the sets, the empty one aside, are the pens in groups.
    """
    say(tr("tagger, {times}", times=_times(held_out)))
    taggers = fit_without(fit_tagger, examples, held_out, settings)
    say(tr("judge of spans, titles in marks"))
    found: dict[str, Spans] = {}
    for pens, tagger in zip(held_out, taggers, strict=True):
        found |= spans_unseen(examples, pens, tagger)
    judges = fit_without(partial(fit_spans, found=found), examples, held_out, settings)
    titles = fit_without(fit_titles, examples, held_out, settings)
    return [EntityModels(*models) for models in zip(taggers, titles, judges, strict=True)]


def _times(held_out: Sequence[set[str]]) -> str:
    """What is fitted, in words."""
    groups = sum(map(bool, held_out))
    return tr(" and ").join(
        [tr("of all pens")] * (len(held_out) > groups) + [tr("without each of {groups} groups of pens", groups=groups)] * (groups > 0)
    )


def without(parts: Sequence[P], pens: set[str]) -> list[P]:
    """What other pens wrote; all where there are no others."""
    return [part for part in parts if part.pen not in pens] or list(parts)


def fit_without(fit: Callable[[Sequence[P], Settings], M], parts: Sequence[P], held_out: Sequence[set[str]], settings: Settings) -> list[M]:
    """For each set of pens a model that has not seen them, side by side in as many processes as there are cores.

    One thread a process: more would wait for one another, and their number would show in the last bits of the weights.
    """
    sets = [without(parts, pens) for pens in held_out]
    with ProcessPoolExecutor(min(len(sets), os.cpu_count() or 1), initializer=threadpool_limits, initargs=(1,)) as pool:
        return list(pool.map(fit, sets, repeat(settings)))


def spans_unseen(examples: Sequence[Example], held_out: set[str], tagger: CharCrf) -> dict[str, Spans]:
    """What a tagger holds possible in the texts of some pens, by the texts' names."""
    return {
        example.name: possible_spans(example.norm, base_features(example.gold), example.gold.sentences, tagger)
        for example in examples
        if example.pen in held_out
    }


def fit_spans(examples: Sequence[Example], settings: Settings, found: dict[str, Spans]) -> TableModel:
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


def fit_links(examples: Sequence[Example], held_out: Sequence[set[str]], settings: Settings, say: Say) -> list[LinkModels]:
    """Mention tagger, the choosers of items and actions, and the classifier of changes: for each set of pens held out, those of the others.

    What a part learns from is what it will see at extraction, mentions and items found by models that have not seen the pen:
    the sets, the empty one aside, are the pens in groups.
    """
    counted = [example for example in examples if example.gold.quantities]
    say(tr("mention tagger, {times}", times=_times(held_out)))
    taggers = fit_without(fit_mentions, examples, held_out, settings)
    tagger_of = _unseeing(held_out, taggers)
    mentions = [_mentions(example, tagger_of[example.pen]) for example in counted]
    texts = [Text.of(e.norm, e.gold.quantities, e.gold.entities) for e in counted]
    say(tr("items"))
    for_items = [Choice.of(text, own, ITEM) for text, own in zip(texts, mentions, strict=True)]
    item_parts = [_Part.of(e, t, c, [q.item for q in e.gold.quantities]) for e, t, c in zip(counted, texts, for_items, strict=True)]
    items = fit_without(fit_chain, item_parts, held_out, settings)
    say(tr("actions"))
    model_of = _unseeing(held_out, items)
    found = [choose(part.choice, model_of[part.pen])[0] for part in item_parts]
    for_actions = [Choice.of(text, own, ACTION, linked) for text, own, linked in zip(texts, mentions, found, strict=True)]
    action_parts = [_Part.of(e, t, c, [q.action for q in e.gold.quantities]) for e, t, c in zip(counted, texts, for_actions, strict=True)]
    actions = fit_without(fit_chain, action_parts, held_out, settings)
    say(tr("changes"))
    changes = fit_without(fit_changes, examples, held_out, settings)
    return [LinkModels(*models) for models in zip(taggers, items, actions, changes, strict=True)]


def _unseeing(held_out: Sequence[set[str]], models: Sequence[M]) -> dict[str, M]:
    """For each pen the model that has not seen it."""
    return {pen: model for pens, model in zip(held_out, models, strict=True) for pen in pens}


def _mentions(example: Example, tagger: CharCrf) -> list[Mention]:
    gold = example.gold
    return find_mentions(example.norm, base_features(gold), gold.sentences, gold.quantities, gold.entities, tagger)


def fit_changes(examples: Sequence[Example], settings: Settings) -> LinearModel:
    """The classifier that tells the amount of a change from a level."""
    quantities = [(e.norm, q) for e in examples for q in e.gold.quantities]
    return train_linear(
        [change_features(norm, q, find_basis(norm, q)) for norm, q in quantities],
        [q.change or NONE for _, q in quantities],
        strength=settings["change_strength"],
        min_count=2,
    )


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
