"""Features as places in a table of weights: several integer arrays mixed into one key (the hashing trick, in numpy)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

BITS = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT, _TO_PLACE = np.uint64(29), np.uint64(64 - BITS)


def places(template: int, *parts: Ints) -> Places:
    """The place of each combination of `parts` (arrays that broadcast together) under a template, below `2 ** BITS`."""
    key: npt.NDArray[np.uint64] | np.uint64 = np.uint64((template + 1) * 0x51_7CC1_B727 & 0xFFFF_FFFF_FFFF)
    for part in parts:
        mixed = (part.view(np.uint64) if part.dtype == np.int64 else part.astype(np.uint64)) ^ key
        mixed *= _MULTIPLIER
        mixed ^= mixed >> _SHIFT
        key = mixed
    return np.asarray(key >> _TO_PLACE).astype(np.int32)


@lru_cache(1 << 16)
def word_hash(word: str) -> int:
    """A stable number for a string."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def word_hashes(words: Iterable[str]) -> Ints:
    """A stable number for each string."""
    return np.array([word_hash(word) for word in words], dtype=np.int64)


@dataclass(slots=True)
class KeyTable:
    """Keys of several templates in one table with open addressing, looked up many at a time.

    A row is a key's number, from 1 on, in the order of the templates and of the keys in them; 0 stands for an unknown key.
    A key is told by 32 bits of its hash: one in some billions is mistaken for another.
    """

    marks: npt.NDArray[np.uint32]
    numbers: npt.NDArray[np.int32]

    @classmethod
    def of(cls, keys: Sequence[Ints]) -> KeyTable:
        """`keys`: per template an array of different keys."""
        count = sum(map(len, keys))
        size = 1 << max(4, int(count * 3).bit_length())
        table = cls(np.zeros(size, dtype=np.uint32), np.zeros(size, dtype=np.int32))
        hashed = [table._hash(np.int64(template), known) for template, known in enumerate(keys)]
        places = np.concatenate([np.zeros(0, dtype=np.int64), *(places for places, _ in hashed)])
        marks = np.concatenate([np.zeros(0, dtype=np.uint32), *(marks for _, marks in hashed)])
        numbers = np.arange(1, count + 1, dtype=np.int32)
        while len(numbers):
            free = table.marks[places] == 0
            _, first = np.unique(places, return_index=True)
            placed = np.zeros(len(numbers), dtype=bool)
            placed[first] = True
            placed &= free
            table.marks[places[placed]], table.numbers[places[placed]] = marks[placed], numbers[placed]
            places, marks, numbers = (places[~placed] + 1) & (size - 1), marks[~placed], numbers[~placed]
        return table

    def _hash(self, templates: Ints | np.int64, keys: Ints) -> tuple[Ints, npt.NDArray[np.uint32]]:
        mixed = (keys ^ (templates + 1) * 0x51_7CC1_B727).view(np.uint64)
        mixed *= _MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
        mixed *= _MULTIPLIER
        places = (mixed >> np.uint64(38)).view(np.int64)
        places &= len(self.marks) - 1
        return places, mixed.astype(np.uint32) | np.uint32(1)

    def rows(self, features: Sequence[Ints]) -> npt.NDArray[np.int32]:
        """The row of every key, shape `(templates, n)`; a key of 0 says nothing."""
        if not features:
            return np.zeros((0, 0), dtype=np.int32)
        keys = np.stack(features)
        places, marks = self._hash(np.arange(len(keys))[:, None], keys)
        found, said = self.marks.take(places), keys != 0
        hit = found == marks
        rows = self.numbers.take(places)
        rows *= hit & said
        going = np.flatnonzero((found != 0) & said & ~hit)
        self._go_on(rows.reshape(-1), going, places.reshape(-1)[going], marks.reshape(-1)[going])
        return rows

    def _go_on(self, rows: npt.NDArray[np.int32], going: Ints, places: Ints, marks: npt.NDArray[np.uint32]) -> None:
        """Look further for the keys whose first place another one holds."""
        while len(going):
            places = (places + 1) & (len(self.marks) - 1)
            found = self.marks.take(places)
            hit = found == marks
            rows[going[hit]] = self.numbers[places[hit]]
            left = np.flatnonzero((found != 0) & ~hit)
            going, places, marks = going[left], places[left], marks[left]
