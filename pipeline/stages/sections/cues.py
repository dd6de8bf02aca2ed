"""The words by which the parts of a report show themselves, read from `data/cues.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Cues:
    """Regular expressions over the normalised view; see the notes in the data file."""

    front: re.Pattern[str]
    title: re.Pattern[str]
    back: re.Pattern[str]
    organ: re.Pattern[str]
    appendix: re.Pattern[str]
    not_a_title: re.Pattern[str]
    part: re.Pattern[str]
    list_lead: re.Pattern[str]
    enumeration: re.Pattern[str]
    wordy: re.Pattern[str]


@cache
def cues() -> Cues:
    """The compiled data file."""
    data = tomllib.loads((files(__package__) / "data" / "cues.toml").read_text("utf-8"))
    return Cues(**{name: re.compile(data[group][name]) for group, names in _GROUPS.items() for name in names})


_GROUPS = {
    "front": ("front", "title"),
    "back": ("back", "organ", "appendix"),
    "heading": ("not_a_title", "part", "list_lead", "enumeration", "wordy"),
}
