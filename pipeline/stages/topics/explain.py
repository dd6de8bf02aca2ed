"""Why a section has its topic: what each of its words adds to the classifier's decision.

The classifier is linear, so its decision is a sum over features (grams of characters). Each gram's share is laid on the
characters that it covers and summed over words: the shares of all words, headings, place and bias add up to the logits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.layers import Layers, Offsets
from pipeline.learning.linear import Floats, LinearModel
from pipeline.stages.topics.logic import borrows, gram_keys, headings_above, own_text, section_features, topic_probabilities

_KINDS = ((1, True), (2, False), (3, False))  # text, its heading, the headings above; with trigrams or without


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it adds to a difference of logits; `where`: text, heading or above (a heading above it)."""

    text: str
    weight: float
    where: str


@dataclass(slots=True)
class Explanation:
    """One section's decision.

    Attributes:
        source: `classifier`; `following` where a heading alone takes the topic of what follows; `layout` for front and back matter.
        runner_up: the next likely topic of the classifier, with its probability.
        terms: words that speak for the topic, against the average of all topics.
        against: words that speak for the topic and against the runner-up.
        for_runner_up: words that speak for the runner-up.
    """

    section: int
    topic: str
    score: float
    source: str
    runner_up: str | None = None
    runner_up_score: float | None = None
    terms: list[Term] = field(default_factory=list)
    against: list[Term] = field(default_factory=list)
    for_runner_up: list[Term] = field(default_factory=list)


def explain_topics(layers: Layers, model: LinearModel, top: int = 6) -> Iterator[Explanation]:
    """The decision on every section, in order."""
    norm, sections = layers.view.norm, layers.sections
    for index, section in enumerate(sections):
        if section.topic == "meta":
            yield Explanation(index, section.topic, section.score, "layout")
            continue
        probabilities = topic_probabilities(norm, sections, index, model)
        if section.topic not in model.classes:
            continue
        chosen = model.classes.index(section.topic)
        ranking = [int(i) for i in np.argsort(-probabilities) if i != chosen]
        second = ranking[0]
        explanation = Explanation(
            index,
            section.topic,
            section.score,
            "following" if borrows(sections, index) else "classifier",
            model.classes[second],
            float(probabilities[second]),
        )
        shares = list(_shares(layers, index, model))
        explanation.terms = _best(shares, _column(model, chosen) - 1.0 / len(model.classes), top)
        contrast = _column(model, chosen) - _column(model, second)
        explanation.against = _best(shares, contrast, top)
        explanation.for_runner_up = _best(shares, -contrast, top)
        yield explanation


def _column(model: LinearModel, index: int) -> Floats:
    column = np.zeros(len(model.classes), dtype=np.float32)
    column[index] = 1.0
    return column


def _best(shares: Sequence[tuple[str, str, Floats]], contrast: Floats, top: int) -> list[Term]:
    """The words with the largest positive shares under a contrast of topics."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for word, where, share in shares:
        if any(map(str.isalnum, word)):
            sums[word, where] += float(share @ contrast)
    ranked = sorted(sums.items(), key=lambda item: -item[1])[:top]
    return [Term(word, round(weight, 4), where) for (word, where), weight in ranked if weight > 0]


def _shares(layers: Layers, index: int, model: LinearModel) -> Iterator[tuple[str, str, Floats]]:
    """Every word of a section's text, heading and headings above, with its share of each topic's logit."""
    view, sections = layers.view, layers.sections
    section = sections[index]
    start, end = own_text(sections, index)
    values = dict(zip(*(a.tolist() for a in section_features(view.norm, sections, index)), strict=True))
    spans = [(s, e) for s, e in layers.words if start <= s < end]
    yield from ((view.norm[s:e], "text", share) for (s, e), share in _by_word(view.norm[start:end], spans, start, values, model, _KINDS[0]))
    if section.heading:
        spans = [(s, e) for s, e in layers.words if section.heading[0] <= s < section.heading[1]]
        title = section.title or ""
        at = view.norm.find(title[:2], section.heading[0], section.heading[1]) if title else -1
        if at >= 0:
            yield from (
                (view.norm[s:e], "heading", share)
                for (s, e), share in _by_word(view.text[at : section.heading[1]], [x for x in spans if x[0] >= at], at, values, model, _KINDS[1])
            )
    above = headings_above(sections, index)
    if above:
        yield from ((word, "above", share) for word, share in _by_title(above, values, model))


def _by_title(above: str, values: dict[int, float], model: LinearModel) -> Iterator[tuple[str, Floats]]:
    """Each heading above as one term."""
    place = 0
    for title in above.split(" "):
        if title:
            for _, share in _by_word(above, [(place, place + len(title))], 0, values, model, _KINDS[2]):
                yield title, share
        place += len(title) + 1


def _by_word(
    text: str, words: Sequence[Offsets], base: int, values: dict[int, float], model: LinearModel, kind: tuple[int, bool]
) -> Iterator[tuple[Offsets, Floats]]:
    """Words given in offsets of a longer text, `text` beginning at `base`, each with the sum of its characters' shares."""
    positions = [place for place, char in enumerate(text) if not char.isspace()]
    characters = np.zeros((len(text), len(model.classes)), dtype=np.float32)
    grams = list(gram_keys(text, *kind))
    counts: dict[int, int] = defaultdict(int)
    for _, _, key in grams:
        counts[key] += 1
    for first, length, key in grams:
        at = int(np.searchsorted(model.keys, key))
        if key in values and at < len(model.keys) and model.keys[at] == key:
            share = model.weights[at] * np.float32(values[key] / counts[key] / length)
            for place in positions[first : first + length]:
                characters[place] += share
    for start, end in words:
        yield (start, end), characters[max(0, start - base) : end - base].sum(axis=0)
