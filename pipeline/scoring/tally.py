"""Counts of a metric, sentence by sentence, so that a figure can be opened up to its cases and given an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["f1", "accuracy"]


@dataclass(frozen=True, slots=True)
class Case:
    """One error: `problem` is missed, spurious or wrong; `position` counts code points of the report's text."""

    report: str
    layer: str
    problem: str
    text: str
    detail: str
    sentence: str
    position: int


@dataclass(slots=True)
class Tally:
    """Right, predicted and gold counts by sentence of one metric.

    For an accuracy, predicted and gold counts are equal: both are the cases judged.
    """

    kind: Kind
    right: dict[int, float] = field(default_factory=dict)
    predicted: dict[int, float] = field(default_factory=dict)
    gold: dict[int, float] = field(default_factory=dict)

    def add(self, sentence: int, *, right: float = 0, predicted: float = 0, gold: float = 0) -> None:
        """Count cases of one sentence (sentences are numbered over all reports)."""
        for counts, number in ((self.right, right), (self.predicted, predicted), (self.gold, gold)):
            if number:
                counts[sentence] = counts.get(sentence, 0) + number

    def judge(self, sentence: int, is_right: bool, weight: float = 1) -> None:
        """Count a judged case of an accuracy."""
        self.add(sentence, right=weight if is_right else 0, predicted=weight, gold=weight)

    def totals(self) -> tuple[float, float, float]:
        """Right, predicted and gold in all."""
        return sum(self.right.values()), sum(self.predicted.values()), sum(self.gold.values())

    def arrays(self, sentences: int) -> npt.NDArray[np.float64]:
        """Counts of shape `(3, sentences)`."""
        table = np.zeros((3, sentences))
        for row, counts in enumerate((self.right, self.predicted, self.gold)):
            for sentence, number in counts.items():
                table[row, sentence] = number
        return table


@dataclass(frozen=True, slots=True)
class Result:
    """A metric's figures. Precision and recall are None for an accuracy; `value` is F1 or accuracy.

    Nothing predicted and nothing in gold is 1; `low` and `high` bound the 95 % bootstrap interval over sentences.
    """

    value: float
    precision: float | None
    recall: float | None
    right: float
    predicted: float
    gold: float
    low: float
    high: float


def f1(right: float, predicted: float, gold: float) -> float:
    """F1 of counts; 1 where there is nothing to find and nothing found."""
    return 2 * right / (predicted + gold) if predicted + gold else 1.0


def ratio(part: float, whole: float) -> float:
    """A share; 1 of nothing."""
    return part / whole if whole else 1.0


def summarize(tally: Tally, weights: npt.NDArray[np.float64]) -> Result:
    """Figures of a tally; `weights` of shape `(draws, sentences)` are the bootstrap's."""
    right, predicted, gold = tally.totals()
    values = drawn_values(tally, weights)
    low, high = np.percentile(values, [2.5, 97.5]) if len(values) else (0.0, 1.0)
    is_f1 = tally.kind == "f1"
    return Result(
        value=f1(right, predicted, gold),
        precision=ratio(right, predicted) if is_f1 else None,
        recall=ratio(right, gold) if is_f1 else None,
        right=right,
        predicted=predicted,
        gold=gold,
        low=float(low),
        high=float(high),
    )


def bootstrap_weights(sentences: int, draws: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each sentence is drawn in each draw, shape `(draws, sentences)`; the same for the same seed."""
    if not sentences:
        return np.zeros((draws, 0))
    generator = np.random.default_rng(seed)
    return generator.multinomial(sentences, np.full(sentences, 1 / sentences), size=draws).astype(np.float64)


def drawn_values(tally: Tally, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """F1 or accuracy of a tally in each draw, shape `(draws,)`; 1 where a draw holds nothing to find and nothing found."""
    drawn = weights @ tally.arrays(weights.shape[1]).T
    denominator = drawn[:, 1] + drawn[:, 2]
    return np.where(denominator > 0, 2 * drawn[:, 0] / np.maximum(denominator, 1e-12), 1.0)


def optimal_pairs(gold: Sequence[tuple[int, int]], predicted: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """One-to-one pairs of overlapping spans: as many as can be, and among those with the longest overlaps."""
    if not gold or not predicted:
        return []
    from scipy.optimize import linear_sum_assignment

    g, p = np.array(gold), np.array(predicted)
    overlap = np.minimum(g[:, None, 1], p[None, :, 1]) - np.maximum(g[:, None, 0], p[None, :, 0])
    overlap = np.maximum(overlap, 0)
    longest = float(overlap.sum()) + 1
    rows, columns = linear_sum_assignment(np.where(overlap > 0, overlap + longest, 0), maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if overlap[r, c] > 0]
