"""What the pages say, in two languages; and how a template says it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

LANGUAGES = ("zh", "en")


@cache
def words() -> dict[str, dict[str, str]]:
    """Language → key → words; keys are `ui` ones bare, others with their group (`topic.plans`)."""
    groups = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
    keyed = {key if group == "ui" else f"{group}.{key}": said for group, entries in groups.items() for key, said in entries.items()}
    return {language: {key: said[language] for key, said in keyed.items()} for language in LANGUAGES}


class Speaker:
    """Says words of the pages in one language, so marked that a page can change over to the other."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._spoken: dict[str, Markup] = {}

    def word(self, key: str) -> str:
        """The words alone, for attributes and options."""
        return words()[self.language][key]

    def __call__(self, key: str) -> Markup:
        """The words in an element that the page's script can translate."""
        spoken = self._spoken.get(key)
        if spoken is None:
            spoken = self._spoken[key] = Markup('<span data-t="{}">{}</span>').format(key, escape(self.word(key)))
        return spoken
