"""A measured figure with its repetitions, and what became worse against an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Literal

Better = Literal["higher", "lower"]
_LEAST_CHANGE = 0.05


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure.

    Attributes:
        group: the part of the table that it belongs to.
        unit: of the figure; `× jieba` is the speed as a multiple of `jieba.cut` on the same text in the same run.
        values: one a repetition.
        asked: what the project has set itself.
        speed: characters a second of processor time (of the clock where several processes work), by repetition.
    """

    group: str
    name: str
    unit: str
    values: list[float]
    better: Better = "higher"
    asked: float | None = None
    speed: list[float] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.group, self.name

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The middle half of the repetitions lies between them: the figure's noise."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def is_met(self) -> bool | None:
        """Whether what is asked is reached; None where nothing is."""
        if self.asked is None:
            return None
        return self.median >= self.asked if self.better == "higher" else self.median <= self.asked

    def as_json(self) -> dict[str, Any]:
        low, high = self.quartiles
        figures = {"median": _short(self.median), "low": _short(low), "high": _short(high), "met": self.is_met}
        own = {name: getattr(self, name) for name in self.__slots__}
        own["values"], own["speed"] = [_short(v) for v in self.values], [_short(v) for v in self.speed]
        return {**own, **figures}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Measure:
        return cls(**{name: data[name] for name in cls.__slots__})


def _short(value: float) -> float:
    """Four figures are more than the noise leaves."""
    return float(f"{value:.4g}")


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that moved beyond the noise of both runs; `share`: by how much of the old one, positive where it became better."""

    measure: Measure
    before: float
    now: float
    share: float


def changes(old: Sequence[Measure], new: Sequence[Measure]) -> Iterator[Change]:
    """The figures of two runs that differ by more than their quartiles and by more than 5 %."""
    before = {measure.key: measure for measure in old}
    for measure in new:
        earlier = before.get(measure.key)
        if earlier is None:
            continue
        (low, high), (low_before, high_before) = measure.quartiles, earlier.quartiles
        overlap = low <= high_before and low_before <= high
        share = measure.median / earlier.median - 1 if earlier.median else float(measure.median > 0)
        if not overlap and abs(share) > _LEAST_CHANGE:
            yield Change(measure, earlier.median, measure.median, share if measure.better == "higher" else -share)
