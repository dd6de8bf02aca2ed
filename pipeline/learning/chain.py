"""A conditional random field over chains of choices: at each step one of a few candidates, each choice weighed with the one before.

Candidates differ from step to step, so there are no labels: a candidate has features by itself, and for each way in
which it may follow the choice before (a *slot*) features of that. Learned with L-BFGS, run with a table of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.learning.hashing import BITS, Ints, Places

Floats = npt.NDArray[np.float32]

SLOTS = 4
_BLOCK = 8192
_NEVER = np.float32(-1e4)
_SMALLEST = 5e-3


@dataclass(slots=True)
class Lattice:
    """The candidates of all steps of a text, step by step.

    Attributes:
        first: shape `(steps + 1,)`: where the candidates of each step begin.
        own: shape `(candidates, templates)`: features of a candidate by itself.
        slots: shape `(candidates, SLOTS, templates)`: features of a candidate in each slot.
        wording: shape `(candidates,)`: equal numbers for equal words, -1 for the null candidate.
        head: shape `(candidates,)`: equal numbers for words that end alike, -1 for the null candidate.
        begins: shape `(steps,)`: whether a step begins a chain.
    """

    first: Ints
    own: Places
    slots: Places
    wording: Ints
    head: Ints
    begins: npt.NDArray[np.bool_]

    def grid(self, rank: Floats, widest: int) -> Ints:
        """Shape `(steps, widest)`: the candidates of each step, the best by `rank` where there are more; -1 where fewer.

        The last candidate of a step, the null one, is always among them.
        """
        sizes = np.diff(self.first)
        width = int(min(widest, sizes.max(initial=1)))
        steps = np.repeat(np.arange(len(sizes)), sizes)
        rank = rank.copy()
        rank[self.first[1:] - 1] = np.inf
        order = np.lexsort((-rank, steps))
        place = np.arange(len(order)) - np.repeat(self.first[:-1], sizes)
        kept = place < width
        grid = np.full((len(sizes), width), -1, dtype=np.int64)
        grid[steps[kept], place[kept]] = order[kept]
        return grid

    def slot_of(self, grid: Ints) -> Ints:
        """Shape `(steps, width, width)`: the slot of each candidate (last axis) behind each candidate of the step before."""
        wording, head = self.wording[grid], self.head[grid]
        before, head_before = np.roll(wording, 1, axis=0)[:, :, None], np.roll(head, 1, axis=0)[:, :, None]
        here, head_here = wording[:, None, :], head[:, None, :]
        slot = np.where(before == here, 1, np.where(head_before == head_here, 2, 3))
        slot = np.where(before < 0, 0, slot)
        return np.where(here < 0, np.where(before < 0, 0, 1), slot)


@dataclass(slots=True)
class ChainModel:
    """Weights of all features, shape `(2 ** BITS,)`."""

    weights: Floats

    def choose(self, lattice: Lattice, widest: int = 6) -> tuple[Ints, Floats]:
        """For each step the most probable candidate and its probability in the light of the whole chain."""
        if len(lattice.first) < 2:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        own, slots = self._sums(lattice.own), self._sums(lattice.slots)
        grid = lattice.grid(own + slots.max(axis=1), widest)
        chances = _chances(*_scores(own, slots, grid, lattice.slot_of(grid)), lattice.begins)
        best = chances.argmax(axis=1)
        rows = np.arange(len(grid))
        return grid[rows, best], chances[rows, best]

    def _sums(self, features: Places) -> Floats:
        """The weights of features (last axis) in sum, some candidates (first axis) at a time: weights take as much memory as features do."""
        return np.concatenate([self.weights[features[start : start + _BLOCK]].sum(axis=-1) for start in range(0, len(features), _BLOCK)])

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.npz`."""
        folder.mkdir(parents=True, exist_ok=True)
        at = np.flatnonzero(np.abs(self.weights) >= _SMALLEST)
        np.savez_compressed(folder / f"{name}.npz", at=at.astype(np.int32), weights=self.weights[at].astype(np.float16))

    @classmethod
    def load(cls, folder: Path, name: str) -> ChainModel:
        """Read what `save` wrote."""
        weights = np.zeros(2**BITS, dtype=np.float32)
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            weights[arrays["at"]] = arrays["weights"]
        return cls(weights)


def _scores(own: Floats, slots: Floats, grid: Ints, slot: Ints) -> tuple[Floats, Floats]:
    """Scores of candidates, shape `(steps, width)`, and of pairs, shape `(steps, width, width)`."""
    node = np.where(grid < 0, _NEVER, own[grid]).astype(np.float32)
    edge = slots[grid[:, None, :], slot]
    return node, edge


def _chances(node: Floats, edge: Floats, begins: npt.NDArray[np.bool_]) -> Floats:
    """Probabilities of candidates, shape `(steps, width)`: `marginals` without those of pairs, in a few passes however long the chains are.

    Ways from step to step are matrices. The first of a chain has equal rows, so that a product over it forgets what was before.
    """
    here = np.exp((node - node.max(axis=1, keepdims=True)).astype(np.float64))[:, None, :]
    ways = here * np.exp(np.where(begins[:, None, None], 0, edge - edge.max(axis=(1, 2), keepdims=True)).astype(np.float64))
    ways[0] = here[0]
    longest = int(np.diff(np.append(np.flatnonzero(begins), len(begins))).max())
    forward = _running_products(ways, longest)[:, 0]
    backward = np.ones_like(forward)
    backward[:-1] = _running_products(ways[:0:-1].transpose(0, 2, 1), longest)[::-1].sum(axis=1)
    both = forward * backward
    return np.asarray(both / both.sum(axis=1, keepdims=True), dtype=np.float32)


def _running_products(matrices: npt.NDArray[np.float64], longest: int) -> npt.NDArray[np.float64]:
    """Of each matrix the product with all before it, over `longest` of them at least, up to a factor. In log2(longest) passes."""
    products, reach = matrices.copy(), 1
    while reach < min(longest + 1, len(products)):
        products[reach:] = products[:-reach] @ products[reach:]
        products /= products.max(axis=(1, 2), keepdims=True)
        reach *= 2
    return products


def _chains(begins: npt.NDArray[np.bool_]) -> list[Ints]:
    """For each place in a chain, the steps at that place; chains that are longer stand first."""
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(begins)))
    starts = starts[np.argsort(-lengths, kind="stable")]
    lengths = -np.sort(-lengths)
    return [starts[: int((lengths > place).sum())] + place for place in range(int(lengths.max(initial=0)))]


def _log_sum(scores: Floats, axis: int) -> Floats:
    top = scores.max(axis=axis, keepdims=True)
    total = np.log(np.exp(scores - top).sum(axis=axis, keepdims=True)) + top
    return np.asarray(total.squeeze(axis), dtype=np.float32)


def marginals(node: Floats, edge: Floats, chains: Sequence[Ints]) -> tuple[Floats, Floats, float]:
    """Probabilities of candidates and of pairs, shapes as the scores', and the log of the sum over all ways, over all chains."""
    forward, backward = node.copy(), np.zeros_like(node)
    for steps in chains[1:]:
        forward[steps] += _log_sum(forward[steps - 1][:, :, None] + edge[steps], 1)
    for steps in reversed(chains[1:]):
        backward[steps - 1] = _log_sum(edge[steps] + (node[steps] + backward[steps])[:, None, :], 2)
    total = _log_sum(forward + backward, 1)
    pairs = np.zeros_like(edge)
    for steps in chains[1:]:
        ways = forward[steps - 1][:, :, None] + edge[steps] + (node[steps] + backward[steps])[:, None, :]
        pairs[steps] = np.exp(ways - total[steps][:, None, None])
    return np.exp(forward + backward - total[:, None]), pairs, float(total[chains[0]].sum()) if chains else 0.0


def join(lattices: Sequence[Lattice]) -> Lattice:
    """The lattices of several texts as one."""
    sizes = np.concatenate([np.diff(lattice.first) for lattice in lattices])
    wording, head = [], []
    for number, lattice in enumerate(lattices):
        wording.append(np.where(lattice.wording < 0, -1, lattice.wording + (number << 32)))
        head.append(np.where(lattice.head < 0, -1, lattice.head))
    return Lattice(
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([lattice.own for lattice in lattices]),
        np.concatenate([lattice.slots for lattice in lattices]),
        np.concatenate(wording),
        np.concatenate(head),
        np.concatenate([lattice.begins for lattice in lattices]),
    )


def train_chain(
    lattice: Lattice, right: Ints, rank: Floats, *, penalty: float, min_count: int, iterations: int = 120, widest: int = 14
) -> ChainModel:
    """Fit to the candidates of many texts.

    `right`: for each step the index of the right candidate, -1 where it is not known (any may be right then).
    `rank`: a first guess of how good each candidate is: the best `widest` of a step are looked at, and the right one.
    `penalty`: strength of the L2 penalty. Deterministic.
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    known = right >= 0
    rank = rank.copy()
    rank[right[known]] = np.float32(1e6)
    grid = lattice.grid(rank, widest)
    slot = lattice.slot_of(grid)
    chains = _chains(lattice.begins)
    used = np.unique(grid[grid >= 0])
    row_of = np.full(len(lattice.own), -1, dtype=np.int64)
    row_of[used] = np.arange(len(used))
    rows = np.where(grid >= 0, row_of[grid], 0)
    is_free = np.where(known[:, None], grid == right[:, None], grid >= 0)

    counts = np.bincount(lattice.own[used].ravel(), minlength=2**BITS) + np.bincount(lattice.slots[used].ravel(), minlength=2**BITS)
    column = np.full(2**BITS, -1, dtype=np.int64)
    column[counts >= min_count] = np.arange(int((counts >= min_count).sum()))
    wide = int(column.max()) + 1

    def matrix(features: Places) -> csr_matrix:
        columns = column[features]
        hit = columns >= 0
        pointer = np.concatenate([[0], np.cumsum(hit.sum(axis=1))])
        return csr_matrix((np.ones(int(hit.sum()), dtype=np.float32), columns[hit], pointer), shape=(len(features), wide))

    own_matrix, slot_matrix = matrix(lattice.own[used]), matrix(lattice.slots[used].reshape(len(used) * SLOTS, -1))
    own_back, slot_back = own_matrix.T.tocsr(), slot_matrix.T.tocsr()
    present = grid >= 0
    at_slot = rows[:, None, :] * SLOTS + slot

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        w = weights.astype(np.float32)
        own, slots = own_matrix @ w, (slot_matrix @ w).reshape(-1, SLOTS)
        node = np.where(present, own[rows], _NEVER)
        edge = slots.ravel()[at_slot]
        p_node, p_edge, free = marginals(node, edge, chains)
        q_node, q_edge, bound = marginals(np.where(is_free, node, _NEVER), edge, chains)
        d_own = np.bincount(rows[present], (p_node - q_node)[present], minlength=len(used)).astype(np.float32)
        d_slots = np.bincount(at_slot.ravel(), (p_edge - q_edge).ravel(), minlength=len(used) * SLOTS).astype(np.float32)
        gradient = own_back @ d_own + slot_back @ d_slots
        return free - bound + 0.5 * penalty * float(weights @ weights), gradient.astype(np.float64) + penalty * weights

    found = minimize(loss, np.zeros(wide), jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    table = np.zeros(2**BITS, dtype=np.float32)
    table[counts >= min_count] = found.x
    return ChainModel(table)
