"""A linear-chain CRF over characters: weights learned by CRFsuite, decoded with numpy over a batch of sequences."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.layers import Offsets
from pipeline.learning.features import Keys

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int8]

_BATCH_CHARACTERS = 40_000
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

    def emissions(self, features: Sequence[Keys]) -> Floats:
        """Scores of every tag at every position, shape `(n, len(labels))`."""
        n = len(features[0])
        scores = np.zeros((n, len(self.labels)), dtype=np.float32)
        for template, known, weights in zip(features, self.keys, self.weights, strict=True):
            if not len(known):
                continue
            index = np.searchsorted(known, template)
            index[index == len(known)] = 0
            hit = (known[index] == template) & (template != 0)
            scores[hit] += weights[index[hit]]
        return scores

    def tag(self, features: Sequence[Keys], sequences: Sequence[Offsets]) -> tuple[Labels, Floats]:
        """The best tags of every position in the sequences, and the marginal probability of every tag there.

        Returns arrays of shape `(n,)` and `(n, len(labels))`; positions in no sequence have tag `O` for certain.
        """
        n = len(features[0]) if features else 0
        outside = self.labels.index("O")
        tags = np.full(n, outside, dtype=np.int8)
        marginals = np.zeros((n, len(self.labels)), dtype=np.float32)
        marginals[:, outside] = 1
        if not sequences:
            return tags, marginals
        emissions = self.emissions(features)
        for batch in _batches(sequences):
            self._tag_batch(emissions, batch, tags, marginals)
        return tags, marginals

    def _tag_batch(self, emissions: Floats, batch: Sequence[Offsets], tags: Labels, marginals: Floats) -> None:
        """Viterbi and forward–backward over sequences in order of falling length, all at once."""
        lengths = np.array([e - s for s, e in batch])
        starts = np.array([s for s, _ in batch])
        steps, width, size = int(lengths[0]), len(batch), len(self.labels)
        active = np.searchsorted(-lengths, -np.arange(steps), side="left")
        grid = np.zeros((steps, width, size), dtype=np.float32)
        for t in range(steps):
            grid[t, : active[t]] = emissions[starts[: active[t]] + t]
        starts_ok = self._may_start()
        grid[0] += starts_ok
        trans = self.transitions
        best = np.zeros_like(grid)
        back = np.zeros((steps, width, size), dtype=np.int8)
        forward = np.zeros_like(grid)
        best[0] = forward[0] = grid[0]
        potentials = np.exp(np.where(np.isfinite(trans), trans, -60.0))
        for t in range(1, steps):
            k = active[t]
            candidates = best[t - 1, :k, :, None] + trans
            back[t, :k] = candidates.argmax(axis=1)
            best[t, :k] = candidates.max(axis=1) + grid[t, :k]
            top = forward[t - 1, :k].max(axis=1, keepdims=True)
            forward[t, :k] = np.log(np.exp(forward[t - 1, :k] - top) @ potentials + 1e-30) + top + grid[t, :k]
        ends_ok = self._may_end()
        backward = np.zeros((width, size), dtype=np.float32)
        chosen = np.zeros(width, dtype=np.int64)
        norm = np.zeros(width, dtype=np.float32)
        for t in range(steps - 1, -1, -1):
            k = int(active[t])
            ending = int(active[t + 1]) if t + 1 < steps else 0
            if k > ending:
                chosen[ending:k] = (best[t, ending:k] + ends_ok).argmax(axis=1)
                backward[ending:k] = ends_ok
                total = forward[t, ending:k] + ends_ok
                top = total.max(axis=1, keepdims=True)
                norm[ending:k] = (np.log(np.exp(total - top).sum(axis=1, keepdims=True)) + top)[:, 0]
            if ending:
                message = backward[:ending] + grid[t + 1, :ending]
                top = message.max(axis=1, keepdims=True)
                backward[:ending] = np.log(np.exp(message - top) @ potentials.T + 1e-30) + top
                chosen[:ending] = back[t + 1, np.arange(ending), chosen[:ending]]
            where = starts[:k] + t
            tags[where] = chosen[:k]
            marginals[where] = np.exp(np.minimum(forward[t, :k] + backward[:k] - norm[:k, None], 0))

    def _may_start(self) -> Floats:
        return np.array([-60.0 if label[0] in "IE" else 0.0 for label in self.labels], dtype=np.float32)

    def _may_end(self) -> Floats:
        return np.array([-60.0 if label[0] in "BI" else 0.0 for label in self.labels], dtype=np.float32)

    def spans(self, tags: Labels, marginals: Floats) -> list[tuple[int, int, str, float]]:
        """Spans `(start, end, kind, probability)`; the probability is the least of their characters'."""
        probability = marginals[np.arange(len(tags)), tags]
        found = []
        start: int | None = None
        for position in np.flatnonzero(tags != self.labels.index("O")).tolist():
            label = self.labels[tags[position]]
            if label[0] in "BS":
                start = position
            if label[0] in "ES" and start is not None:
                found.append((start, position + 1, label[2:], float(probability[start : position + 1].min())))
                start = None
        return found

    def likely_spans(self, marginals: Floats, kind: str, *, least: float, longest: int) -> list[tuple[int, int, float]]:
        """All spans `(start, end, score)` of a kind that the tagger holds possible, overlapping ones too.

        The score is the geometric mean of the marginals of beginning and end, times the least inside.
        """
        column = {label: i for i, label in enumerate(self.labels)}
        nothing = np.zeros(len(marginals), dtype=np.float32)

        def chance(tag: str) -> Floats:
            return marginals[:, column[f"{tag}-{kind}"]] if f"{tag}-{kind}" in column else nothing

        begin, inside, end, single = chance("B"), chance("I"), chance("E"), chance("S")
        found = [(int(i), int(i) + 1, float(single[i])) for i in np.flatnonzero(single >= least)]
        held = begin + inside + end
        ends = np.flatnonzero(end >= least)
        for start in np.flatnonzero(begin >= least).tolist():
            first = np.searchsorted(ends, start + 1)
            for last in ends[first:].tolist():
                if last - start >= longest:
                    break
                weakest = float(held[start : last + 1].min())
                if weakest < least:
                    break
                found.append((start, last + 1, float(np.sqrt(begin[start] * end[last]) * weakest)))
        return sorted(found)

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


def _batches(sequences: Sequence[Offsets]) -> list[list[Offsets]]:
    """Sequences in groups of similar length, the longest first, each group of bounded size."""
    ordered = sorted((s for s in sequences if s[1] > s[0]), key=lambda s: s[0] - s[1])
    groups: list[list[Offsets]] = []
    for sequence in ordered:
        longest = groups[-1][0][1] - groups[-1][0][0] if groups else 0
        if not groups or longest * (len(groups[-1]) + 1) > _BATCH_CHARACTERS or longest > 1.5 * (sequence[1] - sequence[0]) + 16:
            groups.append([])
        groups[-1].append(sequence)
    return groups


def split_long(sequences: Sequence[Offsets], norm: str, longest: int = 256) -> list[Offsets]:
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
