"""A logistic regression over hashed features: learned by scikit-learn, run as one look-up in a table of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.learning.hashing import BITS, Places

Floats = npt.NDArray[np.float32]
_SMALLEST = 1e-3


@dataclass(slots=True)
class TableModel:
    """Weights of all features, shape `(2 ** BITS,)`, and the weight that every example has."""

    weights: Floats
    bias: float

    def probabilities(self, features: Places) -> npt.NDArray[np.float64]:
        """The probability that each example is right; `features`: shape `(examples, templates)`."""
        return np.asarray(1 / (1 + np.exp(-(self.weights[features].sum(axis=1, dtype=np.float64) + self.bias))))

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz`."""
        folder.mkdir(parents=True, exist_ok=True)
        at = np.flatnonzero(np.abs(self.weights) >= _SMALLEST)
        np.savez_compressed(folder / f"{name}.npz", at=at.astype(np.int32), weights=self.weights[at].astype(np.float16), bias=np.array([self.bias]))

    @classmethod
    def load(cls, folder: Path, name: str) -> TableModel:
        """Read what `save` wrote."""
        weights = np.zeros(2**BITS, dtype=np.float32)
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            weights[arrays["at"]] = arrays["weights"]
            return cls(weights, float(arrays["bias"][0]))


def train_table(features: Places, outcomes: npt.NDArray[np.bool_], *, strength: float, min_count: int) -> TableModel:
    """Fit to examples, features of shape `(examples, templates)`; features in fewer than `min_count` examples are left out. Deterministic."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(features.ravel(), minlength=2**BITS)
    known = counts >= min_count
    column = np.full(2**BITS, -1, dtype=np.int64)
    column[known] = np.arange(int(known.sum()))
    columns = column[features]
    hit = columns >= 0
    pointer = np.concatenate([[0], np.cumsum(hit.sum(axis=1))])
    matrix = csr_matrix((np.ones(int(hit.sum())), columns[hit], pointer), shape=(len(features), int(known.sum())))
    model = LogisticRegression(C=strength, max_iter=300).fit(matrix, outcomes)
    weights = np.zeros(2**BITS, dtype=np.float32)
    weights[known] = model.coef_[0]
    return TableModel(weights, float(model.intercept_[0]))
