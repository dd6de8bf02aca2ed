"""The words by which a clause shows who acts, read from `data/cues.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Cues:
    """Regular expressions over the normalised view; see the notes in the data file."""

    lead: re.Pattern[str]
    adverbial_start: re.Pattern[str]
    adverbial_end: re.Pattern[str]
    tail: re.Pattern[str]
    not_subject: re.Pattern[str]
    relative: re.Pattern[str]
    follower: re.Pattern[str]
    causative: re.Pattern[str]
    passive: re.Pattern[str]
    passive_gap: re.Pattern[str]
    consent: re.Pattern[str]
    not_agent: re.Pattern[str]
    area: re.Pattern[str]
    own: re.Pattern[str]
    class_: re.Pattern[str]
    outside: re.Pattern[str]
    not_other: re.Pattern[str]
    in_charge: re.Pattern[str]


@cache
def cues() -> Cues:
    """The compiled data file."""
    groups = tomllib.loads((files(__package__) / "data" / "cues.toml").read_text("utf-8"))
    words = {("class_" if name == "class" else name): pattern for group in groups.values() for name, pattern in group.items()}
    words["lead"] = f"(?:{words['lead']})*"
    return Cues(**{name: re.compile(pattern) for name, pattern in words.items()})
