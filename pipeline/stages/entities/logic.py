"""From a text to its flat entities."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.layers import Entity, Label, Offsets
from pipeline.learning.crf import CharCrf, split_long
from pipeline.learning.features import Keys, gazetteer_keys, shape_keys
from pipeline.learning.linear import LinearModel
from pipeline.spans import SpanIndex
from pipeline.stages.entities.laws import find_titles, title_features
from pipeline.stages.entities.rules import apply_rules

NORMATIVE, OTHER = "normative", "other"


def entity_features(norm: str, base: Sequence[Keys]) -> list[Keys]:
    """The tagger's features of every character of a text: `base` (characters and words), known names and shapes."""
    return [*base, *gazetteer_keys(norm), *shape_keys(norm)]


def find_entities(norm: str, base: Sequence[Keys], sentences: Sequence[Offsets], tagger: CharCrf, titles: LinearModel) -> list[Entity]:
    """Entities in order, never overlapping: titles in marks first, then what the tagger finds around them."""
    if not norm:
        return []
    marked = find_titles(norm)
    laws = _normative(norm, marked, titles)
    tags, marginals = tagger.tag(entity_features(norm, base), split_long(sentences, norm))
    in_marks = SpanIndex(marked)
    tagged = [
        Entity(_label(kind), start, end, score=score) for start, end, kind, score in tagger.spans(tags, marginals) if in_marks.is_clear(start, end)
    ]
    return apply_rules(norm, sorted([*laws, *tagged], key=lambda e: e.start))


def _normative(norm: str, marked: Sequence[Offsets], titles: LinearModel) -> list[Entity]:
    column = titles.classes.index(NORMATIVE)
    laws = []
    for start, end in marked:
        probability = float(titles.probabilities(title_features(norm, start, end))[column])
        if probability >= 0.5:
            laws.append(Entity("LAW", start, end, score=probability))
    return laws


def _label(kind: str) -> Label:
    if kind == "LAW":
        return "LAW"
    return "AGENCY" if kind == "AGENCY" else "MEASURE"
