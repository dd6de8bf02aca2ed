"""From a model's score to the share of such cases that is right, as learned from cases that the model had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the log odds of a score (Platt scaling); without arguments the score stays as it is."""

    weight: float = 1.0
    bias: float = 0.0

    def __call__(self, scores: npt.ArrayLike) -> Floats:
        """The probability that each case is right; shape as that of `scores`."""
        return np.asarray(1 / (1 + np.exp(-(self.weight * _log_odds(scores) + self.bias))))

    @classmethod
    def fit(cls, scores: Sequence[float], outcomes: Sequence[bool]) -> Calibration:
        """Learn from scores and whether the cases were right.

        Where all came out the same, or surer cases were less often right (too few of them, that is), scores stay as they are.
        """
        from sklearn.linear_model import LogisticRegression

        if len(set(outcomes)) < 2:
            return cls()
        model = LogisticRegression(C=10.0).fit(_log_odds(scores)[:, None], list(outcomes))
        weight, bias = float(model.coef_[0, 0]), float(model.intercept_[0])
        return cls(weight, bias) if weight > 0 else cls()


def _log_odds(scores: npt.ArrayLike) -> Floats:
    clipped = np.clip(np.asarray(scores, dtype=np.float64), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)))
