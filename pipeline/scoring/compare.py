"""Two models, or two sets of predictions, on the same gold: what was gained, what was lost, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.record import Record
from pipeline.scoring.score import DRAWS, MAIN_LAYERS, SEED, Scores, score, topics_by_character
from pipeline.scoring.tally import Case, Tally, bootstrap_weights, drawn_values, f1
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import make_view

SIGNIFICANT = 0.05
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer's figures. `p`: two-sided, by a paired bootstrap over sentences; 1 where both are alike."""

    layer: str
    old: float
    new: float
    p: float

    @property
    def is_worse(self) -> bool:
        """Whether the new one is significantly worse."""
        return self.new < self.old and self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every layer with its figures, and the items that one gets right and the other wrong."""

    layers: list[LayerChange]
    gains: list[Case]
    losses: list[Case]

    @property
    def worse(self) -> list[LayerChange]:
        """The layers that are significantly worse than before."""
        return [layer for layer in self.layers if layer.is_worse]


def compare(gold: Sequence[Record], old: Sequence[Record], new: Sequence[Record]) -> Comparison:
    """Compare two predictions of the same reports.

    Raises:
        AnnotationError: a prediction is missing, there twice, or of another text.
    """
    before, after = score(gold, old), score(gold, new)
    weights = bootstrap_weights(before.sentences, DRAWS, SEED)
    layers = [
        _change(layer, before.tallies[layer], after.tallies[layer], weights)
        for layer in MAIN_LAYERS
        if layer in before.tallies and layer in after.tallies
    ]
    gained_topics, lost_topics = _topics(gold, old, new)
    return Comparison(layers, [*_righted(before, after), *gained_topics], [*_righted(after, before), *lost_topics])


def _change(layer: str, old: Tally, new: Tally, weights: Any) -> LayerChange:
    """Figures and p-value: both are drawn with the same sentences each time; how often the difference vanishes or turns, doubled."""
    differences = drawn_values(new, weights) - drawn_values(old, weights)
    up, down = int(np.sum(differences >= -_SLACK)), int(np.sum(differences <= _SLACK))
    p = min(1.0, 2 * (1 + min(up, down)) / (1 + len(differences)))
    return LayerChange(layer, f1(*old.totals()), f1(*new.totals()), p)


def _righted(wrong: Scores, right: Scores) -> list[Case]:
    """Errors of one that the other does not make: it found the item, judged it right, or does not claim it."""
    made = {(c.report, c.layer, c.problem, c.position, c.text) for c in right.cases}
    return [
        c
        for c in wrong.cases
        if c.layer != "topics"
        and (c.report, c.layer, c.problem, c.position, c.text) not in made
        and (c.problem == "spurious" or (c.report, c.layer, c.position) in right.rights)
    ]


def _topics(gold: Sequence[Record], old: Sequence[Record], new: Sequence[Record]) -> tuple[list[Case], list[Case]]:
    """Stretches whose topic only the new one, or only the old one, has right."""
    before, after = {r.id: r for r in old}, {r.id: r for r in new}
    gains: list[Case] = []
    losses: list[Case] = []
    for truth in gold:
        if not truth.sections:
            continue
        view = make_view(truth.text)
        sides = [topics_by_character(r) for r in (truth, before[truth.id], after[truth.id])]
        for start, end in find_sentences(view.norm, []):
            raw, last = view.raw_span(start, end)
            right, first, second = (side[(raw + last) // 2] for side in sides)
            if (first == right) != (second == right):
                words = view.surface(start, end)
                found = first if second == right else second
                case = Case(truth.id, "topics", "wrong", words[:20], f"gold {right}, predicted {found}", words, raw)
                (gains if second == right else losses).append(case)
    return gains, losses


def table(comparison: Comparison) -> Iterator[str]:
    """Lines of an aligned table: layer, old, new, difference, p-value."""
    yield f"{'layer':34} {'old':>7} {'new':>7} {'change':>8} {'p':>6}"
    for c in comparison.layers:
        mark = "  worse" if c.is_worse else "  better" if c.new > c.old and c.p < SIGNIFICANT else ""
        yield f"{c.layer:34} {c.old:7.3f} {c.new:7.3f} {c.new - c.old:+8.3f} {c.p:6.3f}{mark}"


def case_lines(comparison: Comparison) -> Iterator[str]:
    """Every gain (+) and loss (-) with its sentence."""
    for sign, cases in (("+", comparison.gains), ("-", comparison.losses)):
        for c in cases:
            detail = f" ({c.detail})" if c.detail else ""
            said = f"no longer {c.problem}" if sign == "+" else f"now {c.problem}"
            yield f"{sign} {c.report}: {c.layer}: {said}: {c.text}{detail}\n    {c.sentence}"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """All figures and items as plain data."""
    return {
        "layers": [{"layer": c.layer, "old": c.old, "new": c.new, "p": c.p, "worse": c.is_worse} for c in comparison.layers],
        "gains": [_plain(c) for c in comparison.gains],
        "losses": [_plain(c) for c in comparison.losses],
    }


def _plain(case: Case) -> dict[str, Any]:
    return {key: getattr(case, key) for key in case.__slots__}
