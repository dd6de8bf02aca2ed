"""Where the name of an instrument begins and what is none, read from `data/cues.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Cues:
    """Words that govern a name, words that govern names of lasting things alone, and patterns over the normalised view."""

    governing: frozenset[str]
    before_things: frozenset[str]
    things: re.Pattern[str]
    count: re.Pattern[str]
    fields: re.Pattern[str]


@cache
def cues() -> Cues:
    """The data file."""
    data = tomllib.loads((files(__package__) / "data" / "cues.toml").read_text("utf-8"))
    front = data["front"]
    return Cues(
        frozenset(front["governing"].split()),
        frozenset(front["before_things"].split()),
        re.compile(rf"(?:{front['things']})\Z"),
        re.compile(front["count"]),
        re.compile(rf"(?:{''.join(data['nothing']['fields'].split())})\Z"),
    )
