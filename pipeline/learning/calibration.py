"""From a model's score to the share of such cases that is right, as learned from cases that the model had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the logarithms of a score and of what it lacks to 1 (beta calibration); without arguments the score stays as it is.

    With one weight for both it would be Platt scaling, which is too sure of the surest cases where scores are too sure at one end only.
    """

    sure: float = 1.0
    unsure: float = 1.0
    bias: float = 0.0

    def __call__(self, scores: npt.ArrayLike) -> Floats:
        """The probability that each case is right; shape as that of `scores`."""
        log_odds = _logarithms(scores) @ np.array([self.sure, self.unsure]) + self.bias
        return np.asarray(1 / (1 + np.exp(-log_odds)))

    @classmethod
    def fit(cls, scores: Sequence[float], outcomes: Sequence[bool]) -> Calibration:
        """Learn from scores and whether the cases were right. A surer case never becomes a less sure one.

        Where all came out the same, or surer cases were less often right (too few of them, that is), scores stay as they are.
        """
        from sklearn.linear_model import LogisticRegression

        if len(set(outcomes)) < 2:
            return cls()
        both = _logarithms(scores)
        for features in (both, both.sum(axis=1, keepdims=True)):
            model = LogisticRegression(C=10.0).fit(features, list(outcomes))
            if (model.coef_ > 0).all():
                sure, unsure = float(model.coef_[0, 0]), float(model.coef_[0, -1])
                return cls(sure, unsure, float(model.intercept_[0]))
        return cls()


def _logarithms(scores: npt.ArrayLike) -> Floats:
    """Of the score, and of what it lacks to 1 with its sign turned: shape `(…, 2)`, in sum the log odds."""
    clipped = np.clip(np.asarray(scores, dtype=np.float64), 1e-4, 1 - 1e-4)
    return np.stack([np.log(clipped), -np.log(1 - clipped)], axis=-1)
