"""Linear classifiers over sparse features: learned by scikit-learn's logistic regression, run with numpy."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.learning.features import Keys

Floats = npt.NDArray[np.float32]
Sparse = tuple[Keys, Floats]


@lru_cache(maxsize=1 << 16)
def key_of(feature: str) -> int:
    """A stable 63-bit key of a feature's name."""
    data = feature.encode("utf-8", "surrogatepass")
    return (zlib.crc32(data) << 31 | zlib.adler32(data[::-1]) & 0x7FFFFFFF) & 0x7FFFFFFFFFFFFFFF


def sparse(features: Iterable[str]) -> Sparse:
    """Features by name, each with value 1, as sorted keys."""
    keys = np.array(sorted({key_of(f) for f in features}), dtype=np.int64)
    return keys, np.ones(len(keys), dtype=np.float32)


@dataclass(slots=True)
class LinearModel:
    """Multinomial logistic regression.

    Attributes:
        classes: names of the classes, in the order of the columns.
        keys: known features, ascending.
        weights: shape `(len(keys), len(classes))`.
        bias: shape `(len(classes),)`.
    """

    classes: list[str]
    keys: Keys
    weights: Floats
    bias: Floats

    def logits(self, example: Sparse) -> Floats:
        """Scores before the softmax, shape `(len(classes),)`."""
        keys, values = example
        if not len(keys) or not len(self.keys):
            return self.bias
        index = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        hit = self.keys[index] == keys
        return np.asarray(self.bias + values[hit] @ self.weights[index[hit]], dtype=np.float32)

    def probabilities(self, example: Sparse) -> Floats:
        """Probability of each class."""
        return softmax(self.logits(example))

    def choose(self, examples: Sequence[Sparse]) -> list[str]:
        """The most probable class of each example, of all of them in one pass."""
        if not examples or not len(self.keys):
            return [self.classes[int(self.bias.argmax())]] * len(examples)
        keys, values = (np.concatenate(parts) for parts in zip(*examples, strict=True))
        index = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        hit = self.keys[index] == keys
        example = np.repeat(np.arange(len(examples)), [len(part) for part, _ in examples])[hit]
        terms = self.weights[index[hit]] * values[hit, None]
        logits = np.stack([np.bincount(example, column, len(examples)) for column in terms.T], axis=1) + self.bias
        return [self.classes[best] for best in logits.argmax(axis=1).tolist()]

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz` and `<name>.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / f"{name}.npz", keys=self.keys, weights=self.weights.astype(np.float16), bias=self.bias)
        (folder / f"{name}.json").write_text(json.dumps({"classes": self.classes}), "utf-8")

    @classmethod
    def load(cls, folder: Path, name: str) -> LinearModel:
        """Read what `save` wrote."""
        classes = json.loads((folder / f"{name}.json").read_text("utf-8"))["classes"]
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            return cls(classes, arrays["keys"], arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32))


def softmax(logits: Floats) -> Floats:
    """Probabilities of scores along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def train_linear(examples: Sequence[Sparse], labels: Sequence[str], *, strength: float, min_count: int, seed: int = 0) -> LinearModel:
    """Fit on sparse examples; features in fewer than `min_count` examples are left out. Deterministic."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    values, counts = np.unique(np.concatenate([keys for keys, _ in examples]), return_counts=True)
    known = values[counts >= min_count]
    rows, columns, data = [], [], []
    for row, (keys, weights) in enumerate(examples):
        index = np.searchsorted(known, keys)
        index[index == len(known)] = 0
        hit = known[index] == keys
        rows.append(np.full(int(hit.sum()), row))
        columns.append(index[hit])
        data.append(weights[hit])
    matrix = csr_matrix((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=(len(examples), len(known)))
    classes = sorted(set(labels))
    model = LogisticRegression(C=strength, max_iter=400, random_state=seed).fit(matrix, list(labels))
    weights_, bias = model.coef_, model.intercept_
    if len(classes) == 2:
        weights_, bias = np.vstack([-weights_, weights_]) / 2, np.concatenate([-bias, bias]) / 2
    return LinearModel([str(c) for c in model.classes_], known, weights_.T.astype(np.float32), bias.astype(np.float32))
