"""One pass over a text for all known names, by Aho–Corasick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import ahocorasick

from pipeline import knowledge

Match = tuple[int, int, str]

_LONGEST_WORD = 5  # longer names of instruments are phrases of several words


class Matcher:
    """Finds the leftmost longest of many words. `kinds` maps each word to what it is."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word, kind in kinds.items():
            self._automaton.add_word(word, (len(word), kind))
        if kinds:
            self._automaton.make_automaton()
        self._is_empty = not kinds

    def find(self, text: str) -> list[Match]:
        """Matches `(start, end, kind)` in order, never overlapping."""
        if self._is_empty:
            return []
        return [(end - length + 1, end + 1, kind) for end, (length, kind) in self._automaton.iter_long(text)]


def _words(names: Iterable[str], kind: str, shortest: int) -> dict[str, str]:
    return {name: kind for name in names if len(name) >= shortest}


@cache
def domain_matcher() -> Matcher:
    """Names of laws, agencies and instruments that are words of their own."""
    bare = (name.strip("“”") for name in knowledge.instruments())
    kinds = _words((name for name in bare if len(name) <= _LONGEST_WORD), "instrument", 3)
    kinds |= _words(knowledge.agency_types(), "agency", 3)
    kinds |= _words(knowledge.central_agencies(), "central", 3)
    kinds |= _words(knowledge.regions(), "region", 2)
    kinds |= _words((name for name, law in knowledge.laws().items() if len(name) <= 24), "law", 3)
    kinds |= {"宪法": "law", "刑法": "law", "司法部": "central", "公安部": "central"}
    return Matcher(kinds)
