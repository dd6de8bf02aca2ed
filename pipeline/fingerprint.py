"""A fingerprint of what a report reads, so that the same report from two crawls is found afterwards.

One-permutation minhash (Li, Owen, Zhang 2012) over the view's runs of five letters and digits: 128 bins, of each the smallest hash's eight bits.
The share of equal bins estimates the Jaccard similarity of two reports, within about 0.03 where it is 0.9.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_METHOD = "m1:"
_RUN = 5
_BINS = 128
_BAND = 8
_CHUNK = 50_000
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_WORDS = re.compile(r"[^\W_]+")

SAME = 0.85
"""Two reports of at least this similarity are one report: measured in docs/formats.md."""

Bins = npt.NDArray[np.uint8]


def fingerprint(text: str) -> str:
    """The fingerprint of a text (a view's `norm`): `m1:` and 171 characters. White space, marks and punctuation do not count."""
    codes = np.frombuffer("".join(_WORDS.findall(text)).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < _RUN:
        codes = np.concatenate([codes, np.zeros(_RUN - len(codes), dtype=np.uint64)])
    runs = np.zeros(len(codes) - _RUN + 1, dtype=np.uint64)
    for place in range(_RUN):
        runs = runs * _FACTOR + codes[place : place + len(runs)]
    hashes = np.sort(_mixed(runs))
    shift = np.uint64(64 - _BINS.bit_length() + 1)
    starts = np.arange(_BINS, dtype=np.uint64) << shift
    places = np.searchsorted(hashes, starts) % len(hashes)  # an empty bin borrows the next one's hash
    bins = (_mixed(hashes[places]) >> np.uint64(56)).astype(np.uint8)
    return _METHOD + base64.urlsafe_b64encode(bins.tobytes()).decode().rstrip("=")


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _bins(written: str) -> Bins:
    try:
        data = base64.urlsafe_b64decode(written.removeprefix(_METHOD) + "=")
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{written[:20]!r}… is no fingerprint") from error
    if not written.startswith(_METHOD) or len(data) != _BINS:
        raise ValueError(f"{written[:20]!r}… is no fingerprint of this version ({_METHOD})")
    return np.frombuffer(data, dtype=np.uint8)


def similarity(first: str, second: str) -> float:
    """The estimated Jaccard similarity of two reports by their fingerprints, 0 to 1.

    Raises:
        ValueError: one is no fingerprint.
    """
    return _estimate(float(np.mean(_bins(first) == _bins(second))))


def _estimate(share: float) -> float:
    chance = 1 / 256
    return max(0.0, (share - chance) / (1 - chance))


def duplicates(fingerprints: Sequence[str | None], same: float = SAME) -> list[int | None]:
    """For each report the index of the first one that it repeats, else None. Time and memory grow with the number of reports, not its square.

    Args:
        fingerprints: of the reports, in the order in which the first is the original; None repeats nothing.
        same: the similarity from which two are one.

    Raises:
        ValueError: a string that is no fingerprint.
    """
    known = [index for index, written in enumerate(fingerprints) if written is not None]
    first = list(range(len(fingerprints)))
    if known:
        table = np.stack([_bins(written) for written in fingerprints if written is not None])
        for band in range(0, _BINS, _BAND):
            for before, after in _near(table, np.ascontiguousarray(table[:, band : band + _BAND]).view(np.uint64).ravel(), same):
                _unite(first, known[before], known[after])
    roots = [_root(first, index) for index in range(len(fingerprints))]
    return [None if root == index else root for index, root in enumerate(roots)]


class Duplicates:
    """Reports that come one after the other, each told from those before it; for tables and pages that are written as records come.

    Two that only a later, third report would join stay two: `duplicates`, which has all at once, joins them.
    """

    def __init__(self, same: float = SAME) -> None:
        self._needed = _share(same)
        self._bins: list[Bins] = []
        self._originals: list[str] = []
        self._latest: dict[tuple[int, int], int] = {}
        self._others: dict[str, str] = {}

    def first_like(self, report: str, written: str | None) -> str | None:
        """The id of the earlier report that this one repeats; None, and remembered, where there is none.

        Args:
            report: its id.
            written: its fingerprint; one of another version is a duplicate of its equals alone, None repeats nothing.
        """
        if not written:
            return None
        try:
            bins = _bins(written)
        except ValueError:
            known = self._others.get(written)
            self._others.setdefault(written, report)
            return known
        keys = list(enumerate(bins.view(np.uint64).tolist()))
        seen = sorted({self._latest[key] for key in keys if key in self._latest})
        original = next((self._originals[index] for index in seen if np.mean(self._bins[index] == bins) >= self._needed), None)
        self._latest.update(dict.fromkeys(keys, len(self._bins)))
        self._bins.append(bins)
        self._originals.append(report if original is None else original)
        return original


def _share(similarity: float) -> float:
    """The share of equal bins that reports of a similarity have."""
    return similarity * (1 - 1 / 256) + 1 / 256


def _near(table: Bins, keys: npt.NDArray[np.uint64], same: float) -> npt.NDArray[np.int64]:
    """Pairs of rows, the earlier first, that share a band and are near: each with the first of its band and with the one before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    heads = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rest = np.flatnonzero(~begins)
    pairs = np.concatenate([np.column_stack([order[heads[rest]], order[rest]]), np.column_stack([order[rest - 1], order[rest]])])
    needed = _share(same)
    chunks = (pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK))
    alike = [np.mean(table[chunk[:, 0]] == table[chunk[:, 1]], axis=1) >= needed for chunk in chunks]
    near: npt.NDArray[np.int64] = pairs[np.concatenate(alike)] if alike else pairs
    return near


def _root(first: list[int], index: int) -> int:
    while first[index] != index:
        first[index] = first[first[index]]
        index = first[index]
    return index


def _unite(first: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(first, one), _root(first, other)))
    first[high] = low
