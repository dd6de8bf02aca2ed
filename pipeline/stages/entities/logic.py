"""From a text to its flat entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.layers import Entity, Offsets
from pipeline.learning.crf import CharCrf
from pipeline.learning.features import BaseFeatures, Keys, gazetteer_keys, shape_keys
from pipeline.learning.linear import LinearModel
from pipeline.learning.table import TableModel
from pipeline.spans import SpanIndex
from pipeline.stages.entities.choice import KINDS, Spans, best_spans, span_features
from pipeline.stages.entities.laws import find_titles, title_features
from pipeline.stages.entities.rules import apply_rules

NORMATIVE, OTHER = "normative", "other"
_THRESHOLD = 0.42


@dataclass(slots=True)
class EntityModels:
    """The trained parts: which spans are possible, which of these are names, which titles in marks are documents.

    Without `spans`, the judge, the tagger's own score decides: for experiments, where a judge would need taggers of its own to learn from.
    """

    tagger: CharCrf
    titles: LinearModel
    spans: TableModel | None = None

    def save(self, folder: Path) -> None:
        """Write all weights."""
        assert self.spans is not None
        self.tagger.save(folder)
        self.spans.save(folder, "spans")
        self.titles.save(folder, "titles")

    @classmethod
    def load(cls, folder: Path) -> EntityModels:
        """Read what `save` wrote."""
        return cls(CharCrf.load(folder), LinearModel.load(folder, "titles"), TableModel.load(folder, "spans"))


def entity_features(norm: str, base: BaseFeatures, start: int = 0, end: int | None = None) -> list[Keys]:
    """The tagger's features of every character of a text or of some lines of it: `base` (characters and words), known names and shapes."""
    part = norm[start:end]
    return [*base.within(start, end), *gazetteer_keys(part), *shape_keys(part)]


def find_entities(
    norm: str,
    base: BaseFeatures,
    words: Sequence[Offsets],
    sentences: Sequence[Offsets],
    models: EntityModels,
) -> list[Entity]:
    """Entities in order, never overlapping: titles in marks first, then of the spans that the tagger holds possible the best around them."""
    if not norm:
        return []
    laws = normative_titles(norm, models.titles)
    spans = possible_spans(norm, base, sentences, models.tagger)
    if not len(spans):
        return apply_rules(norm, words, laws)
    probability = spans.score.astype(np.float64) if models.spans is None else models.spans.probabilities(span_features(norm, words, spans))
    named = [
        Entity(KINDS[spans.kind[i]], int(spans.start[i]), int(spans.end[i]), score=float(probability[i]))
        for i in best_spans(spans, probability, _THRESHOLD)
    ]
    return apply_rules(norm, words, sorted([*laws, *named], key=lambda e: e.start))


def possible_spans(norm: str, base: BaseFeatures, sentences: Sequence[Offsets], tagger: CharCrf) -> Spans:
    """The spans that the tagger holds possible, but for those that touch a title in marks."""
    spans = Spans.possible(tagger, tagger.marginals_by_parts(norm, sentences, partial(entity_features, norm, base)))
    in_marks = SpanIndex(find_titles(norm))
    clear = [in_marks.is_clear(start, end) for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True)]
    return spans.only(np.array(clear, dtype=bool))


def normative_titles(norm: str, titles: LinearModel) -> list[Entity]:
    """The titles in marks that are normative documents."""
    column = titles.classes.index(NORMATIVE)
    laws = []
    for start, end in find_titles(norm):
        probability = float(titles.probabilities(title_features(norm, start, end))[column])
        if probability >= 0.5:
            laws.append(Entity("LAW", start, end, score=probability))
    return laws
