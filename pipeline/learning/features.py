"""Features of every character of a text, as arrays of integer keys: one array a template, 0 where it says nothing.

The same function serves training and tagging, so the two cannot drift apart.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from pipeline import knowledge
from pipeline.knowledge.matcher import Matcher
from pipeline.layers import Layers, Offsets
from pipeline.learning.hashing import word_hash

Keys = npt.NDArray[np.int64]

_BITS = 21
_AROUND = 3  # as far from a position its character features look
_CLASSES = {
    "digit": "0123456789", "chinese": "一二三四五六七八九十百千万亿两〇零几数", "comma": "，、；：,", "stop": "。！？!?\n",
    "open": "《“（〈【[", "close": "》”）〉】]", "gap": "\t ", "place": "省市县区镇乡州盟旗村",
}  # fmt: skip
_BREAKS = re.compile(r"[，。；：！？\n\t]")
_AGENCY_TAIL = re.compile(
    r"局|厅|委员会|委|办公室|办|政府|法院|检察院|法庭|总队|支队|大队|中队|队|中心|公证处|仲裁委|工会|妇联|团委|侨联|政协|人大|常委会|党组|部|署|海关|公安|所|站|组|院|会"
)


class BaseFeatures:
    """Features of characters and words, for all taggers of a text.

    A long text's are made for a part of it at a time, so that it needs little more memory than a short one.
    """

    def __init__(self, norm: str, words: Sequence[Offsets]) -> None:
        self._norm, self._words = norm, words
        self._last: tuple[Offsets, list[Keys]] | None = None

    def within(self, start: int = 0, end: int | None = None) -> list[Keys]:
        """Those of the positions from `start` to `end`, of the whole text if not given: arrays of that length. The last part is kept."""
        part = start, len(self._norm) if end is None else end
        if self._last is None or self._last[0] != part:
            self._last = part, self._made(*part)
        return self._last[1]

    def _made(self, start: int, end: int) -> list[Keys]:
        """As in the whole text: the characters and the word on both sides of the part are looked at too."""
        first = max(0, bisect_right(self._words, start, key=lambda word: word[1]) - 1)
        words = self._words[first : bisect_left(self._words, end, key=lambda word: word[0]) + 1]
        low = min([max(0, start - _AROUND), *(s for s, _ in words[:1])])
        high = max([min(len(self._norm), end + _AROUND), *(e for _, e in words[-1:])])
        norm, inner = self._norm[low:high], slice(start - low, end - low)
        return [keys[inner] for keys in (*character_keys(norm), *word_keys(norm, [(s - low, e - low) for s, e in words]))]


def base_features(layers: Layers) -> BaseFeatures:
    """Those of a text, kept on its layers."""
    if layers.features is None:
        layers.features = BaseFeatures(layers.view.norm, layers.words)
    return layers.features


def character_keys(norm: str) -> list[Keys]:
    """Characters and their n-grams around each position, and the classes of five."""
    n = len(norm)
    codes = np.frombuffer(norm.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64) + 1
    padded = np.zeros(n + 6, dtype=np.int64)
    padded[3 : n + 3] = codes

    def at(offset: int) -> Keys:
        return padded[3 + offset : 3 + offset + n]

    def gram(*offsets: int) -> Keys:
        key = at(offsets[0])
        for offset in offsets[1:]:
            key = (key << _BITS) | at(offset)
        return key

    grams = [
        at(0), at(-1), at(1), at(-2), at(2), gram(-1, 0), gram(0, 1), gram(-2, -1), gram(1, 2), gram(-1, 1),
        gram(-2, -1, 0), gram(-1, 0, 1), gram(0, 1, 2), gram(1, 2, 3), gram(-3, -2, -1),
    ]  # fmt: skip
    return [*grams, _class_window(padded, n)]


@cache
def _class_of() -> npt.NDArray[np.int64]:
    table = np.full(0x110002, 9, dtype=np.int64)
    table[0] = 0
    for number, characters in enumerate(_CLASSES.values(), 1):
        for char in characters:
            table[ord(char) + 1] = number
    for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz":
        table[ord(char) + 1] = 10
    return table


def _class_window(padded: Keys, n: int) -> Keys:
    classes = _class_of()[padded]
    key = np.ones(n, dtype=np.int64)
    for offset in range(-2, 3):
        key = key * 16 + classes[3 + offset : 3 + offset + n]
    return key


def word_keys(norm: str, words: Sequence[Offsets]) -> list[Keys]:
    """The word at each position with the place in it, its neighbours and pairs; the same of parts of speech."""
    n = len(norm)
    if not words:
        return [np.zeros(n, dtype=np.int64) for _ in range(9)]
    texts = [norm[s:e] for s, e in words]
    tags = np.array([0, *map(tag_of_word, texts), 0], dtype=np.int64)
    hashes = np.array([0, *map(word_hash, texts), 0], dtype=np.int64) & 0x7FFFFFFF
    starts, ends = np.array(words).T
    lengths = ends - starts
    which = np.repeat(np.arange(1, len(words) + 1), lengths)
    inside = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    positions = np.repeat(starts, lengths) + inside
    place = np.where(inside == 0, 1, 2) + np.where(inside == np.repeat(lengths, lengths) - 1, 2, 0)
    current, before, after = hashes[which], hashes[which - 1], hashes[which + 1]

    def spread(values: Keys) -> Keys:
        full = np.zeros(n, dtype=np.int64)
        full[positions] = values
        return full

    return [
        spread(current << 3 | place), spread(before << 3 | place), spread(after << 3 | place),
        spread((before << 31 | current) ^ (place << 60)), spread((current << 31 | after) ^ (place << 60)),
        *(spread(key << 3 | place) for key in _tag_grams(tags, which)),
    ]  # fmt: skip


@lru_cache(1 << 16)
def tag_of_word(word: str) -> int:
    """A word's part of speech as a number; a longer word has that of its last two characters, marked as guessed."""
    tag_of = knowledge.word_tags().get
    tag = tag_of(word)
    if tag is not None:
        return tag
    if word[0].isdigit():
        return 250
    guess = tag_of(word[-2:]) if len(word) > 2 else None
    return 128 + guess if guess is not None else 251 if len(word) > 1 else 252


def _tag_grams(tags: Keys, which: Keys) -> list[Keys]:
    """Parts of speech of the word, of it with the one before, with the one behind, and of all three."""
    current, before, after = tags[which] + 1, tags[which - 1] + 1, tags[which + 1] + 1
    return [current, before << 9 | current, current << 18 | after << 9, before << 27 | current << 9 | after]


def span_keys(n: int, spans: Iterable[tuple[int, int, int]]) -> Keys:
    """For spans `(start, end, kind)`: kind, place in the span and its length, up to a limit."""
    keys = np.zeros(n, dtype=np.int64)
    for start, end, kind in spans:
        if end <= start:
            continue
        base = kind * 64 + min(end - start, 12) * 4
        keys[start:end] = base + 2
        keys[start] = base + 1
        keys[end - 1] = base + (3 if end - start > 1 else 0)
        if end - start == 1:
            keys[start] = base + 0
        keys[start:end] += 1
    return keys


@cache
def _gazetteer() -> tuple[Matcher, dict[str, int]]:
    # no instruments: their list knows the training texts better than it knows a new report, and measured it does harm
    kinds: dict[str, str] = {}
    kinds |= dict.fromkeys(knowledge.regions(), "region")
    kinds |= {name: "law" for name in knowledge.laws() if len(name) > 2}
    kinds |= {name: "agency" for name in knowledge.agency_types() if len(name) > 1}
    kinds |= {name: "central" for name in knowledge.central_agencies() if len(name) > 1}
    names = ["region", "law", "agency", "central"]
    return Matcher(kinds), {name: index + 1 for index, name in enumerate(names)}


def gazetteer_keys(norm: str) -> list[Keys]:
    """Known names that cover each position."""
    matcher, numbers = _gazetteer()
    return [span_keys(len(norm), ((s, e, numbers[kind]) for s, e, kind in matcher.find(norm)))]


_QUOTED = re.compile(r"“[^“”\n]{1,40}”|《[^《》\n]{1,80}》|（[^（）\n]{1,60}）")


def shape_keys(norm: str) -> list[Keys]:
    """Quotations and brackets, and how far on the next instrument head and organ's tail stand in the same clause."""
    n = len(norm)
    quotes = span_keys(n, ((m.start(), m.end(), "“《（".index(m.group()[0]) + 1) for m in _QUOTED.finditer(norm)))
    return [quotes, *_lookahead(norm, _heads_pattern(), 24), *_lookahead(norm, _AGENCY_TAIL, 16)]


@cache
def _heads_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, knowledge.measure_heads())))


def _lookahead(norm: str, pattern: re.Pattern[str], reach: int) -> list[Keys]:
    """Distance to the end of the next match in the clause, and the match itself with a coarse distance."""
    n = len(norm)
    distance, which = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    breaks = np.array([0, *(m.end() for m in _BREAKS.finditer(norm))], dtype=np.int64)
    ends: list[int] = []
    identities: list[int] = []
    for match in pattern.finditer(norm):
        ends.append(match.end())
        identities.append(zlib.crc32(match.group().encode()) & 0xFFFFFF)
    if not ends:
        return [distance, which]
    positions = np.arange(n)
    end_array, id_array = np.array(ends), np.array(identities)
    index = np.searchsorted(end_array, positions, side="right")
    has = index < len(end_array)
    index = np.minimum(index, len(end_array) - 1)
    gap = end_array[index] - positions
    clause_here = np.searchsorted(breaks, positions, side="right")
    clause_there = np.searchsorted(breaks, end_array[index] - 1, side="right")
    near = has & (gap <= reach) & (clause_here == clause_there)
    distance[near] = gap[near]
    which[near] = id_array[index][near] * 8 + np.minimum((gap[near] + 1) // 3, 7)
    return [distance, which]


def quantity_keys(norm: str, quantities: Sequence[Offsets], unit_hashes: Sequence[int]) -> list[Keys]:
    """Where quantities stand around each position of a clause: distance, side, unit."""
    n = len(norm)
    positions = np.arange(n)
    inside = span_keys(n, ((s, e, 1) for s, e in quantities))
    if not quantities:
        zero = np.zeros(n, dtype=np.int64)
        return [inside, zero, zero.copy(), zero.copy(), zero.copy(), zero.copy()]
    starts = np.array([s for s, _ in quantities])
    ends = np.array([e for _, e in quantities])
    units = np.array(unit_hashes, dtype=np.int64)
    breaks = np.array([0, *(m.end() for m in re.finditer(r"[，。；：\n\t]", norm))], dtype=np.int64)
    stops = np.array([0, *(m.end() for m in re.finditer(r"[。\n]", norm))], dtype=np.int64)

    after = np.searchsorted(starts, positions, side="left")
    has_after = after < len(starts)
    after = np.minimum(after, len(starts) - 1)
    before = np.searchsorted(ends, positions, side="right") - 1
    has_before = before >= 0
    before = np.maximum(before, 0)
    clause = np.searchsorted(breaks, positions, side="right")
    sentence = np.searchsorted(stops, positions, side="right")

    def relation(other: Keys, valid: npt.NDArray[np.bool_], gap: Keys) -> tuple[Keys, Keys]:
        same_clause = valid & (np.searchsorted(breaks, other, side="right") == clause)
        same_sentence = valid & (np.searchsorted(stops, other, side="right") == sentence)
        near = np.where(same_clause, 1 + np.minimum(gap, 20), 0)
        coarse = np.where(same_sentence, 1 + np.minimum(np.searchsorted(breaks, other, side="right") - clause, 6) + 10, 0)
        return near, np.where(near > 0, 1 + np.minimum(near // 4, 4), coarse)

    next_near, next_coarse = relation(starts[after], has_after, starts[after] - positions)
    last_near, last_coarse = relation(ends[before] - 1, has_before, positions - ends[before])
    last_coarse = last_coarse + 20
    return [
        inside,
        next_near,
        last_near,
        next_coarse * 64 + last_coarse + 1,
        np.where(next_near > 0, units[after] * 32 + next_coarse, 0),
        np.where(last_near > 0, units[before] * 32 + np.minimum(last_near, 8), 0),
    ]
