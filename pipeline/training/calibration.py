"""Curves that turn scores into probabilities, learned where the taggers have not seen the pen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.layers import Quantity
from pipeline.stages.calibration.logic import QUANTITY, TOPIC, Curve, logit
from pipeline.stages.entities.logic import find_entities
from pipeline.stages.links.logic import LinkModels, link
from pipeline.stages.topics.logic import section_features
from pipeline.training.corpus import Example, folds_by_pen
from pipeline.training.fit import fit_links, fit_tagger, fit_titles, fit_topics

Say = Callable[[str], None]
Judged = tuple[str, float, bool]
_FEWEST = 20
_BINS = 10


def judge_by_pens(examples: Sequence[Example], settings: dict[str, Any], say: Say) -> list[list[Judged]]:
    """`(layer, score, is right)` of what models say of pens that they have not seen, one list a group of pens."""
    groups = folds_by_pen(examples, settings["links"]["folds"])
    judged: list[list[Judged]] = []
    for number, pens in enumerate(groups, 1):
        here = f"fold {number} of {len(groups)}"
        say(here)
        rest = [e for e in examples if e.pen not in pens] or list(examples)
        tagger, titles = fit_tagger(rest, settings["entities"]), fit_titles(rest, settings["entities"])
        links = fit_links(rest, {**settings["links"], "folds": 2}, _prefixed(say, f"{here}, "))
        topics = fit_topics(rest, settings["topics"])
        found: list[Judged] = []
        for example in (e for e in examples if e.pen in pens):
            gold = {(e.start, e.end, e.label) for e in example.gold.entities}
            entities = find_entities(example.norm, example.gold.words, example.gold.sentences, tagger, titles)
            found += [(e.label, e.score, (e.start, e.end, e.label) in gold) for e in entities]
            found += _quantities(example, links)
            found += _topics(example, topics)
        judged.append(found)
    return judged


def _prefixed(say: Say, prefix: str) -> Say:
    return lambda line: say(prefix + line)


def _quantities(example: Example, links: LinkModels) -> list[Judged]:
    """Whether item, action and change are those of gold, for gold's numbers."""
    gold = example.gold.quantities
    guesses: list[Quantity] = [replace(q, item=None, action=None, change=None) for q in gold]
    link(example.norm, example.gold.words, example.gold.sentences, guesses, example.gold.entities, links)

    def words(q: Quantity) -> list[object]:
        return [*(example.norm[slice(*span)] if span else None for span in (q.item, q.action)), q.change]

    return [(QUANTITY, guess.score, words(guess) == words(q)) for guess, q in zip(guesses, gold, strict=True)]


def _topics(example: Example, model: Any) -> list[Judged]:
    judged: list[Judged] = []
    sections = example.gold.sections
    for index, section in enumerate(sections):
        if section.topic != "meta":
            probabilities = model.probabilities(section_features(example.norm, sections, index))
            best = int(probabilities.argmax())
            judged.append((TOPIC, float(probabilities[best]), model.classes[best] == section.topic))
    return judged


def fit_curves(judged: Sequence[Judged]) -> dict[str, Curve]:
    """A curve for each layer that has enough cases, right and wrong ones."""
    from sklearn.linear_model import LogisticRegression

    curves: dict[str, Curve] = {}
    for layer in sorted({layer for layer, _, _ in judged}):
        scores = np.array([[logit(score)] for name, score, _ in judged if name == layer])
        right = np.array([is_right for name, _, is_right in judged if name == layer])
        if min(right.sum(), (~right).sum()) < _FEWEST:
            continue
        model = LogisticRegression(C=1e6, max_iter=1000).fit(scores, right)
        if model.coef_[0][0] > 0:
            curves[layer] = Curve(float(model.coef_[0][0]), float(model.intercept_[0]))
    return curves


def calibration_error(cases: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins of equal width: how far the mean score of a bin is from the share that is right."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, is_right in cases:
        bins.setdefault(min(int(score * _BINS), _BINS - 1), []).append((score, is_right))
    gaps = (abs(sum(s for s, _ in members) - sum(r for _, r in members)) for members in bins.values())
    return sum(gaps) / max(len(cases), 1)


def held_out_errors(groups: Sequence[Sequence[Judged]]) -> dict[str, tuple[float, float, int]]:
    """By layer the calibration error of raw scores, that of curves fitted on the other groups of pens, and how many cases there are."""
    raw: dict[str, list[tuple[float, bool]]] = {}
    curved: dict[str, list[tuple[float, bool]]] = {}
    for number, group in enumerate(groups):
        curves = fit_curves([case for other, cases in enumerate(groups) if other != number for case in cases])
        for layer, score, is_right in group:
            raw.setdefault(layer, []).append((score, is_right))
            curved.setdefault(layer, []).append((curves[layer](score) if layer in curves else score, is_right))
    return {layer: (calibration_error(raw[layer]), calibration_error(curved[layer]), len(raw[layer])) for layer in sorted(raw)}
