"""Fitting each trained part to labelled examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.layers import Section
from pipeline.learning.crf import CharCrf, encode, split_long, train_crf
from pipeline.learning.linear import LinearModel, Sparse, train_linear
from pipeline.learning.ranking import Group, Ranker, train_ranker
from pipeline.stages.entities.laws import find_titles, title_features
from pipeline.stages.entities.logic import NORMATIVE, OTHER, entity_features
from pipeline.stages.links.change import NONE, change_features
from pipeline.stages.links.logic import LinkModels, contexts
from pipeline.stages.links.mentions import find_mentions, mention_features, mention_spans
from pipeline.stages.links.ranker import training_groups
from pipeline.stages.names.forms import full_width, strip_marks
from pipeline.stages.names.logic import rank_features
from pipeline.stages.topics.logic import own_text, parts_of, section_features
from pipeline.training.corpus import Example, folds_by_pen

Settings = dict[str, Any]
Say = Callable[[str], None]

_MIN_PART = 20


def _crf(settings: Settings) -> dict[str, Any]:
    return {key: settings[key] for key in ("c1", "c2", "iterations", "min_count")}


def fit_tagger(examples: Sequence[Example], settings: Settings) -> CharCrf:
    """The tagger of agencies, measures and laws."""
    data = []
    for example in examples:
        gold = example.gold
        tags = encode(len(example.norm), [(e.start, e.end, e.label) for e in gold.entities])
        data.append((entity_features(example.norm, gold.words), tags, split_long(gold.sentences, example.norm)))
    return train_crf(data, **_crf(settings))


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


def _fit_mentions(examples: Sequence[Example], settings: Settings) -> CharCrf:
    data = []
    for example in examples:
        gold = example.gold
        spans = mention_spans([(q.item, q.action) for q in gold.quantities])
        features = mention_features(example.norm, gold.words, gold.quantities, gold.entities)
        data.append((features, encode(len(example.norm), spans), split_long(gold.sentences, example.norm)))
    return train_crf(data, **_crf(settings))


def fit_links(examples: Sequence[Example], settings: Settings, say: Say) -> LinkModels:
    """Mention tagger, rankers and the classifier of changes.

    The rankers learn from mentions by taggers that have not seen the pen, as they will at extraction.
    """
    item_groups: list[Group] = []
    action_groups: list[Group] = []
    folds = folds_by_pen(examples, settings["folds"])
    for number, held_out in enumerate(folds, 1):
        say(f"links: mention tagger for fold {number} of {len(folds)}")
        rest = [e for e in examples if e.pen not in held_out] or list(examples)
        tagger = _fit_mentions(rest, settings)
        for example in examples:
            if example.pen not in held_out:
                continue
            gold = example.gold
            mentions = find_mentions(example.norm, gold.words, gold.sentences, gold.quantities, gold.entities, tagger)
            for_items, for_actions = contexts(example.norm, gold.quantities, mentions)
            item_groups += training_groups(for_items, [q.item for q in gold.quantities])
            action_groups += training_groups(for_actions, [q.action for q in gold.quantities])
    say("links: mention tagger for all")
    mentions_tagger = _fit_mentions(examples, settings)
    say("links: rankers and changes")
    quantities = [(e.norm, q) for e in examples for q in e.gold.quantities]
    return LinkModels(
        mentions_tagger,
        _ranker(item_groups, settings),
        _ranker(action_groups, settings),
        train_linear(
            [change_features(norm, q) for norm, q in quantities],
            [q.change or NONE for _, q in quantities],
            strength=settings["change_strength"],
            min_count=2,
        ),
    )


def _ranker(groups: Sequence[Group], settings: Settings) -> Ranker:
    return train_ranker(groups, penalty=settings["ranker_penalty"], min_count=2)


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
