"""A linear-chain CRF over characters: weights learned by CRFsuite, decoded with numpy over a batch of sequences."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.layers import Offsets
from pipeline.learning.features import Keys
from pipeline.learning.hashing import KeyTable

Floats = npt.NDArray[np.float32]

_BATCH_CHARACTERS = 60_000
_PART = 30_000
# positions scored at once: the keys and rows of all their features stay in the processor's cache
_BLOCK = 2048
_TINY = np.float32(1e-30)
# features whose weights are all smaller move no decision: measured, they make half of the file and none of the score
_SMALLEST = 0.01


@dataclass(slots=True)
class CharCrf:
    """Weights of a trained tagger.

    Attributes:
        labels: tag names; `O` or `B-`, `I-`, `E-`, `S-` with a kind.
        keys: per template the known feature keys, ascending.
        weights: per template, shape `(len(keys), len(labels))`.
        transitions: shape `(len(labels), len(labels))`, from row to column; -inf where a tag cannot follow.
    """

    labels: list[str]
    keys: list[Keys]
    weights: list[Floats]
    transitions: Floats
    _table: KeyTable = field(init=False)
    _rows: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._table = KeyTable.of(self.keys)
        nothing = np.zeros((1, len(self.labels)), dtype=np.float32)
        self._rows = np.concatenate([nothing, *self.weights]).astype(np.float32)

    def emissions(self, features: Sequence[Keys], positions: Keys) -> Floats:
        """Scores of every tag at some positions, shape `(len(positions), len(labels))`."""
        n = len(positions)
        scores = np.zeros((n, len(self.labels)), dtype=np.float32)
        row_scores = np.empty((min(n, _BLOCK), len(self.labels)), dtype=np.float32)
        for start in range(0, n, _BLOCK):
            block, where = scores[start : start + _BLOCK], positions[start : start + _BLOCK]
            for rows in self._table.rows([keys.take(where) for keys in features]):
                # with `clip` numpy writes straight into `out`
                block += self._rows.take(rows, axis=0, out=row_scores[: len(block)], mode="clip")
        return scores

    def marginals(self, features: Sequence[Keys], sequences: Sequence[Offsets]) -> Floats:
        """The probability of every tag at every position, shape `(n, len(labels))`; outside the sequences the tag is `O` for certain."""
        n = len(features[0]) if features else 0
        marginals = np.zeros((n, len(self.labels)), dtype=np.float32)
        marginals[:, self._outside] = 1
        if not sequences:
            return marginals
        scaled = np.zeros_like(marginals)
        inside = np.concatenate([np.arange(start, end) for start, end in sequences])
        emissions = self.emissions(features, inside)
        scaled[inside] = np.exp(emissions - emissions.max(axis=1, keepdims=True))
        for batch in _batches(sequences):
            self._sum_batch(scaled, batch, marginals)
        return marginals

    def marginals_by_parts(self, norm: str, sentences: Sequence[Offsets], features: Callable[[int, int], list[Keys]]) -> Floats:
        """The marginals of a text of any length, the features made for some lines of it at a time: `features(start, end)`."""
        marginals = np.zeros((len(norm), len(self.labels)), dtype=np.float32)
        marginals[:, self._outside] = 1
        for part in _parts(norm, sentences):
            start, end = part[0][0], part[-1][1]
            sequences = [(s - start, e - start) for s, e in split_long(part, norm)]
            marginals[start:end] = self.marginals(features(start, end), sequences)
        return marginals

    @property
    def _outside(self) -> int:
        return self.labels.index("O")

    def _sum_batch(self, scaled: Floats, batch: Sequence[Offsets], marginals: Floats) -> None:
        """Forward and backward sums over sequences in order of falling length, all at once, each step scaled to sum 1.

        The backward sums go from each sequence's end, so that both go on in the same steps.
        """
        starts, ends = np.array(batch).T
        length = ends - starts
        steps = np.arange(int(length[0]))[:, None]
        ahead, back = (scaled.take(where, axis=0, mode="clip") for where in (starts + steps, ends - 1 - steps))
        potentials = np.exp(self.transitions)
        both = np.stack([potentials, potentials.T])
        sums = np.empty((len(steps), 2, len(batch), len(self.labels)), dtype=np.float32)
        sums[0, 0], sums[0, 1] = _to_one(ahead[0] * self._may_start() + _TINY), self._may_end()
        for t, going in enumerate(np.searchsorted(-length, -steps[1:, 0], side="left").tolist(), 1):
            before = sums[t - 1, :, :going].copy()
            before[1] *= back[t - 1, :going]
            step = np.matmul(before, both)
            step[0] *= ahead[t, :going]
            step += _TINY
            sums[t, :, :going] = _to_one(step)
        step, chain = np.nonzero(steps < length)
        marginals[starts[chain] + step] = _to_one(sums[step, 0, chain] * sums[length[chain] - 1 - step, 1, chain] + _TINY)

    def _may_start(self) -> Floats:
        return np.array([0.0 if label[0] in "IE" else 1.0 for label in self.labels], dtype=np.float32)

    def _may_end(self) -> Floats:
        return np.array([0.0 if label[0] in "BI" else 1.0 for label in self.labels], dtype=np.float32)

    def likely_spans(self, marginals: Floats, kind: str, *, least: float, longest: int) -> list[tuple[int, int, float]]:
        """All spans `(start, end, score)` of a kind that the tagger holds possible, overlapping ones too.

        The score is the geometric mean of the marginals of beginning and end, times the least inside.
        """
        column = {label: i for i, label in enumerate(self.labels)}
        nothing = np.zeros(len(marginals), dtype=np.float32)

        def chance(tag: str) -> Floats:
            return marginals[:, column[f"{tag}-{kind}"]] if f"{tag}-{kind}" in column else nothing

        begin, inside, end, single = chance("B"), chance("I"), chance("E"), chance("S")
        held, may_end = (begin + inside + end).tolist(), (end >= least).tolist()
        found: list[tuple[int, int, float]] = []
        for start in np.flatnonzero(begin >= least).tolist():
            weakest = 1.0
            for last in range(start, min(start + longest, len(held))):
                weakest = min(weakest, held[last])
                if weakest < least:
                    break
                if last > start and may_end[last]:
                    found.append((start, last, weakest))
        starts, lasts, weakest_inside = (np.array(part) for part in zip(*found, strict=True)) if found else (np.zeros(0, dtype=np.int64),) * 3
        scores = np.sqrt(begin[starts] * end[lasts]) * weakest_inside.astype(np.float32)
        alone = np.flatnonzero(single >= least)
        spans = [*zip(alone.tolist(), (alone + 1).tolist(), single[alone].tolist(), strict=True)]
        return sorted([*spans, *zip(starts.tolist(), (lasts + 1).tolist(), scores.tolist(), strict=True)])

    def save(self, folder: Path) -> None:
        """Write `crf.npz` and `crf.json`; half precision, which moves no decision that matters."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, npt.NDArray[Any]] = {"transitions": self.transitions.astype(np.float32)}
        for index, (keys, weights) in enumerate(zip(self.keys, self.weights, strict=True)):
            arrays[f"k{index}"], arrays[f"w{index}"] = keys, weights.astype(np.float16)
        np.savez_compressed(folder / "crf.npz", **arrays)  # type: ignore[arg-type]
        (folder / "crf.json").write_text(json.dumps({"labels": self.labels, "templates": len(self.keys)}), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> CharCrf:
        """Read what `save` wrote."""
        meta = json.loads((folder / "crf.json").read_text("utf-8"))
        with np.load(folder / "crf.npz", allow_pickle=False) as arrays:
            keys = [arrays[f"k{i}"] for i in range(meta["templates"])]
            weights = [arrays[f"w{i}"].astype(np.float32) for i in range(meta["templates"])]
            return cls(meta["labels"], keys, weights, arrays["transitions"])


def _to_one(values: Floats) -> Floats:
    """Each row (last axis) over its sum."""
    return np.divide(values, np.add.reduce(values, axis=-1, keepdims=True), out=values)


def _batches(sequences: Sequence[Offsets]) -> list[list[Offsets]]:
    """Sequences in groups, the longest first, each group of bounded size."""
    ordered = sorted((s for s in sequences if s[1] > s[0]), key=lambda s: s[0] - s[1])
    groups: list[list[Offsets]] = []
    for sequence in ordered:
        if not groups or (groups[-1][0][1] - groups[-1][0][0]) * (len(groups[-1]) + 1) > _BATCH_CHARACTERS:
            groups.append([])
        groups[-1].append(sequence)
    return groups


def _parts(norm: str, sentences: Sequence[Offsets]) -> Iterator[Sequence[Offsets]]:
    """Sentences in groups of whole lines, of bounded length but for a longer line."""
    first = 0
    for number in range(1, len(sentences)):
        end = sentences[number - 1][1]
        if end - sentences[first][0] >= _PART and norm.find("\n", end - 1, sentences[number][0]) >= 0:
            yield sentences[first:number]
            first = number
    if sentences:
        yield sentences[first:]


def split_long(sequences: Sequence[Offsets], norm: str, longest: int = 128) -> list[Offsets]:
    """Sequences of at most `longest` characters, cut behind a comma where there is one."""
    pieces: list[Offsets] = []
    for start, end in sequences:
        while end - start > longest:
            cut = max(norm.rfind(mark, start + longest // 3, start + longest) for mark in "，；。、")
            cut = cut + 1 if cut > 0 else start + longest
            pieces.append((start, cut))
            start = cut
        if end > start:
            pieces.append((start, end))
    return pieces


def encode(n: int, spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """BIES tags of `n` positions for spans `(start, end, kind)` that do not overlap."""
    tags = ["O"] * n
    for start, end, kind in spans:
        if end - start == 1:
            tags[start] = f"S-{kind}"
            continue
        tags[start:end] = [f"I-{kind}"] * (end - start)
        tags[start], tags[end - 1] = f"B-{kind}", f"E-{kind}"
    return tags


Example = tuple[list[Keys], list[str], list[Offsets]]


def train_crf(
    examples: Sequence[Example], *, c1: float, c2: float, iterations: int, min_count: int, report: Callable[[str], None] | None = None
) -> CharCrf:
    """Train on texts given as features, tags and sequences.

    `min_count`: features that occur less often are left out. Deterministic for the same input.
    """
    import pycrfsuite

    known = _frequent(examples, min_count)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for features, tags, sequences in examples:
        codes = [np.where(np.isin(f, k), f, 0) for f, k in zip(features, known, strict=True)]
        for start, end in sequences:
            items = [[f"{i}:{key}" for i, code in enumerate(codes) if (key := int(code[t]))] for t in range(start, end)]
            trainer.append(items, tags[start:end])
    trainer.set_params({"c1": c1, "c2": c2, "max_iterations": iterations, "feature.possible_transitions": False})
    if report:
        report(f"{trainer.params()} templates {len(known)}")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.crfsuite")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        info = tagger.info()
        tagger.close()
    return _from_info(info, len(known))


def _frequent(examples: Sequence[Example], min_count: int) -> list[Keys]:
    known = []
    for template in range(len(examples[0][0])):
        values, counts = np.unique(np.concatenate([e[0][template] for e in examples]), return_counts=True)
        known.append(values[(counts >= min_count) & (values != 0)])
    return known


def _from_info(info: Any, templates: int) -> CharCrf:
    """Arrays of the weights that CRFsuite learned."""
    labels = sorted(info.labels, key=lambda label: int(info.labels[label]))
    column = {label: i for i, label in enumerate(labels)}
    rows: list[dict[int, Floats]] = [{} for _ in range(templates)]
    for (attribute, label), weight in info.state_features.items():
        template, _, key = attribute.partition(":")
        row = rows[int(template)].setdefault(int(key), np.zeros(len(labels), dtype=np.float32))
        row[column[label]] = weight
    keys, weights = [], []
    for table in rows:
        ordered = sorted(key for key, row in table.items() if np.abs(row).max() >= _SMALLEST)
        keys.append(np.array(ordered, dtype=np.int64))
        weights.append(np.stack([table[k] for k in ordered]) if ordered else np.zeros((0, len(labels)), dtype=np.float32))
    transitions = np.full((len(labels), len(labels)), -np.inf, dtype=np.float32)
    for a in labels:
        for b in labels:
            if _may_follow(a, b):
                transitions[column[a], column[b]] = info.transitions.get((a, b), 0.0 if a == b == "O" else -4.0)
    return CharCrf(labels, keys, weights, transitions)


def _may_follow(first: str, second: str) -> bool:
    """Whether the tag scheme allows one tag behind another."""
    open_kind = first[2:] if first[0] in "BI" else None
    if open_kind is not None:
        return second[0] in "IE" and second[2:] == open_kind
    return second[0] in "OBS"
