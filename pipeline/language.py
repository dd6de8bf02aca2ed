"""The language of messages: Chinese where the locale or `--lang zh` asks for it, English elsewhere.

A message is written in English where it arises; its Chinese stands in the catalogue `pipeline/locale/zh/LC_MESSAGES/gongwen.po`
(gettext; `make messages` compiles it). What is data stays as it is in every language: records with their warnings, tables, JSON.
"""

from __future__ import annotations

import gettext
import os
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
VARIABLE = "GONGWEN_LANG"
DOMAIN = "gongwen"
CATALOGUES = Path(__file__).with_name("locale")

_ASKED_IN_TURN = (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def language() -> str:
    """`zh` or `en`: as the first of GONGWEN_LANG, LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set says."""
    asked = next((value for name in _ASKED_IN_TURN if (value := os.environ.get(name))), "")
    return "zh" if asked.lower().startswith("zh") else "en"


def choose(wanted: str | None) -> None:
    """Speak this language, here and in the processes begun from here, the libraries that use gettext too; None: the environment's."""
    os.environ[VARIABLE] = os.environ["LANGUAGE"] = wanted or language()
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)


def tr(message: str, **fields: object) -> str:
    """A message in the language asked for, its fields filled in: `tr("{name}: the file is empty", name=name)`."""
    said = _catalogue(language()).gettext(message) if message else ""
    return said.format(**fields) if fields else said


def later(message: str) -> str:
    """Marks a message of a constant for the catalogue; `tr` says it where it is shown."""
    return message


@cache
def _catalogue(wanted: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, CATALOGUES, [wanted], fallback=True)
