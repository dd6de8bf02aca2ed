"""From the probabilities of parts to the probability that all of them are right, as learned from cases that no part had seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Calibration:
    """A logistic regression over the log odds of the parts (Platt scaling). `weights`: one for each part; `bias`: one for all."""

    weights: list[float]
    bias: float

    def __call__(self, chances: npt.ArrayLike) -> Floats:
        """The probability that all parts are right; `chances`: shape `(n, parts)`."""
        return np.asarray(1 / (1 + np.exp(-(_log_odds(chances) @ np.array(self.weights) + self.bias))))

    @classmethod
    def fit(cls, chances: Sequence[Sequence[float]], outcomes: Sequence[bool]) -> Calibration:
        """Learn from probabilities of the parts and whether all were right; with one outcome only, the parts' product is not mended."""
        from sklearn.linear_model import LogisticRegression

        if len(set(outcomes)) < 2:
            return cls([1.0] * len(chances[0]) if chances else [], 0.0)
        model = LogisticRegression(C=10.0).fit(_log_odds(chances), list(outcomes))
        return cls([float(weight) for weight in model.coef_[0]], float(model.intercept_[0]))

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"weights": self.weights, "bias": self.bias}), "utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> Calibration:
        """Read what `save` wrote."""
        data = json.loads((folder / f"{name}.json").read_text("utf-8"))
        return cls([float(weight) for weight in data["weights"]], float(data["bias"]))


def _log_odds(chances: npt.ArrayLike) -> Floats:
    clipped = np.clip(np.asarray(chances, dtype=np.float64), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)))
