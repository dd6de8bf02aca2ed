"""Traditional characters as simplified ones, one for one, for matching alone: no text that is published is altered."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_TRADITIONAL = re.compile(
    "[並來個們內兩別則動務區員問國圖執學實將對幹幾強後從復應戰數於時會條業樣機權氣決沒無爲為現產當發監種級組結統經線縣總義與舉裏裡見規計設說論證議"
    "變責資質軍較農這進運過還邊長開間關電頭題體麼點黨眾報處團門書記調審訴訟環衛財稅築導領織項億萬種類創優標準齊齡寶華東廣場雲貴鄉鎮辦號貫徹習]"
)
_SHARE = 0.05  # a simplified text holds next to none, a traditional one has every third
_RADICAL = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")  # what fonts of PDF files give in place of the character


def as_simplified(text: str) -> str:
    """A text of the same length: traditional characters simplified where it is written in them, radicals and compatibility forms as characters."""
    if _RADICAL.search(text):
        text = _RADICAL.sub(lambda m: _character(m.group()), text)
    return "\n".join(map(_converted, text.split("\n"))) if is_traditional(text) else text


def is_traditional(text: str) -> bool:
    """Whether a text is written in traditional characters."""
    found = len(_TRADITIONAL.findall(text))
    return found > 0 and found > _SHARE * len(_CHINESE.findall(text))


def _character(form: str) -> str:
    plain = unicodedata.normalize("NFKC", form)
    return plain if len(plain) == 1 else form


def _converted(paragraph: str) -> str:
    """By words (`皇后`, but `以後`) where that keeps the length, else character by character."""
    found: str = _converter().convert(paragraph)
    if len(found) == len(paragraph):
        return found
    singles = (_converter().convert(c) for c in paragraph)
    return "".join(single if len(single) == 1 else c for single, c in zip(singles, paragraph, strict=True))


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
