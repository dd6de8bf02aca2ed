"""A conditional logit: which of a few candidates is right. Learned with L-BFGS over all groups, run with a dictionary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Group = tuple[list[list[str]], int]
_SMALLEST = 5e-3


@dataclass(slots=True)
class Ranker:
    """Weights by the feature's name."""

    weights: dict[str, float]

    def score(self, features: Sequence[str]) -> float:
        """The sum of the weights of some features."""
        get = self.weights.get
        return sum([get(feature, 0.0) for feature in features])

    @staticmethod
    def probabilities(scores: Sequence[float]) -> npt.NDArray[np.float64]:
        """Probability of each candidate to be the right one, from their scores; they sum to 1."""
        shifted = np.exp(np.array(scores) - max(scores))
        return np.asarray(shifted / shifted.sum())

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        rounded = {feature: round(weight, 4) for feature, weight in sorted(self.weights.items()) if abs(weight) >= _SMALLEST}
        (folder / f"{name}.json").write_text(json.dumps(rounded, ensure_ascii=False, separators=(",", ":")), "utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> Ranker:
        """Read what `save` wrote."""
        return cls(json.loads((folder / f"{name}.json").read_text("utf-8")))


def train_ranker(groups: Sequence[Group], *, penalty: float, min_count: int, iterations: int = 200) -> Ranker:
    """Fit to groups of candidates with the index of the right one. `penalty`: strength of the L2 penalty. Deterministic."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    counts = Counter(feature for candidates, _ in groups for features in candidates for feature in features)
    names = sorted(feature for feature, count in counts.items() if count >= min_count)
    column = {name: i for i, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    right: list[int] = []
    sizes: list[int] = []
    row = 0
    for candidates, index in groups:
        right.append(row + index)
        sizes.append(len(candidates))
        for features in candidates:
            known = [column[f] for f in features if f in column]
            rows += [row] * len(known)
            columns += known
            row += 1
    matrix = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(row, len(names)))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    target = np.zeros(row)
    target[right] = 1

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = matrix @ weights
        top = np.repeat(np.maximum.reduceat(scores, starts), sizes)
        shifted = np.exp(scores - top)
        total = np.repeat(np.add.reduceat(shifted, starts), sizes)
        value = float(-(scores - top - np.log(total))[right].sum() + 0.5 * penalty * weights @ weights)
        gradient = matrix.T @ (shifted / total - target) + penalty * weights
        return value, gradient

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return Ranker(dict(zip(names, found.x.tolist(), strict=True)))
