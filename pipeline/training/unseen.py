"""What the pipeline finds in texts of pens that it has not seen, and how sure it may be of that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.layers import Layers, Offsets, Quantity, Section, layers_of
from pipeline.learning.calibration import Calibration
from pipeline.scoring.reliability import Judged
from pipeline.stages.calibration.logic import Calibrations, Scored, scored
from pipeline.stages.topics.logic import own_text
from pipeline.training.corpus import Example
from pipeline.training.parts import CALIBRATION, Weights, give


def find_unseen(config: Any, examples: Sequence[Example], groups: Sequence[set[str]], weights: Sequence[Weights]) -> dict[str, Layers]:
    """All layers of every text, by its name, as the whole pipeline finds them with weights that have not seen its pen.

    Scores are those of the models, not calibrated.

    Args:
        config: the pipeline's.
        weights: for each group of pens those learned without it.
    """
    from spacy.util import load_model_from_config

    nlp = load_model_from_config(config, auto_fill=True)
    found: dict[str, Layers] = {}
    for pens, own in zip(groups, weights, strict=True):
        give(nlp, {**own, CALIBRATION: {}})
        found |= {e.name: layers_of(nlp(e.gold.view.raw)) for e in examples if e.pen in pens}
    return found


def fit_calibrations(examples: Sequence[Example], found: dict[str, Layers]) -> Calibrations:
    """Calibrators of all kinds of scores; `found`: by the text's name, what models that have not seen its pen found."""
    cases: dict[str, list[Judged]] = defaultdict(list)
    for example in examples:
        for case in judge(example, found[example.name]):
            cases[case.kind].append(case)
    return {kind: Calibration.fit([c.score for c in own], [c.is_right for c in own]) for kind, own in sorted(cases.items())}


def judge(example: Example, found: Layers) -> Iterator[Judged]:
    """Everything found in a text, with its score and whether its labels say the same.

    A name is right with its span and label, a link with the words of its number's item or action (and nothing where the label is nothing),
    a quantity with both, a topic where it is that of the greater part of the section's own characters.
    """
    right = _Right(example)
    for kind, thing, attribute in scored(found):
        if kind == "topic" and not example.gold.sections:
            continue
        yield Judged(kind, getattr(thing, attribute), right(kind, thing, found))


class _Right:
    """Whether what was found in a text is what its labels say."""

    def __init__(self, example: Example) -> None:
        self.norm = example.norm
        self.entities = {(e.start, e.end, e.label) for e in example.gold.entities}
        self.quantities = {(q.start, q.end): q for q in example.gold.quantities}
        self.topics = _topics_by_character(example.gold.sections, len(example.norm))

    def __call__(self, kind: str, thing: Scored, found: Layers) -> bool:
        if isinstance(thing, Section):
            return self._topic(thing, found.sections)
        if isinstance(thing, Quantity):
            gold = self.quantities.get((thing.start, thing.end))
            links = ("item", "action") if kind == "quantity" else (kind,)
            return gold is not None and all(self._words(getattr(gold, name)) == self._words(getattr(thing, name)) for name in links)
        return (thing.start, thing.end, thing.label) in self.entities

    def _words(self, span: Offsets | None) -> str | None:
        return "".join(self.norm[slice(*span)].split()) if span else None

    def _topic(self, section: Section, sections: Sequence[Section]) -> bool:
        index = next(i for i, other in enumerate(sections) if other is section)
        start, end = own_text(sections, index)
        own = [self.topics[at] == section.topic for at in range(start, end) if not self.norm[at].isspace()]
        return 2 * sum(own) > len(own)


def _topics_by_character(sections: Sequence[Section], length: int) -> list[str]:
    """The topic of the deepest section that holds each character."""
    topics = ["meta"] * length
    for section in sorted(sections, key=lambda s: (s.level, s.start)):
        topics[section.start : section.end] = [section.topic] * (section.end - section.start)
    return topics[:length]
