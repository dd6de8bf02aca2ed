"""Platt scaling: the log-odds of a score, stretched and shifted, are the log-odds that it is right."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.layers import Layers

QUANTITY, TOPIC = "QUANTITY", "TOPIC"
_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Curve:
    """`odds(right) = exp(slope × logit(score) + shift)`; the slope is never negative, so the order of scores stays."""

    slope: float
    shift: float

    def __call__(self, score: float) -> float:
        """The probability that something with this score is right."""
        return 1 / (1 + math.exp(-(self.slope * logit(score) + self.shift)))


def logit(score: float) -> float:
    """Log-odds of a score, kept off 0 and 1."""
    score = min(max(score, _EDGE), 1 - _EDGE)
    return math.log(score / (1 - score))


def calibrate(layers: Layers, curves: Mapping[str, Curve]) -> None:
    """Replace the scores of all layers that have a curve."""
    for entity in layers.entities:
        if entity.label in curves:
            entity.score = curves[entity.label](entity.score)
    for quantity in layers.quantities:
        if QUANTITY in curves:
            quantity.score = curves[QUANTITY](quantity.score)
    for section in layers.sections:
        if TOPIC in curves and section.topic != "meta":
            section.score = curves[TOPIC](section.score)


def save(curves: Mapping[str, Curve], folder: Path) -> None:
    """Write `curves.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: [round(curve.slope, 6), round(curve.shift, 6)] for name, curve in sorted(curves.items())}
    (folder / "curves.json").write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def load(folder: Path) -> dict[str, Curve]:
    """Read what `save` wrote."""
    plain = json.loads((folder / "curves.json").read_text("utf-8"))
    return {name: Curve(float(slope), float(shift)) for name, (slope, shift) in plain.items()}
