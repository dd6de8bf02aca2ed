"""How names are written: outer marks off, punctuation in full-width form."""

from __future__ import annotations

import re

_OUTER = re.compile(r"[《<〈](.*)[》>〉](（.*）)?\Z", re.DOTALL)
_FULL = str.maketrans({"(": "（", ")": "）", ",": "，", ":": "：", ";": "；", "<": "〈", ">": "〉"})


def full_width(text: str) -> str:
    """Punctuation in full-width form, straight double quotes as curly ones in turn."""
    text = text.translate(_FULL)
    if '"' in text:
        pieces = text.split('"')
        text = "".join(piece + "“”"[i % 2] for i, piece in enumerate(pieces[:-1])) + pieces[-1]
    return text


def strip_marks(surface: str) -> str:
    """A law's name without its outer `《》`; a version behind the marks stays: `《…》（试行）` → `…（试行）`."""
    match = _OUTER.match(surface)
    return match.group(1) + (match.group(2) or "") if match else surface


def default_canonical(label: str, surface: str) -> str:
    """What a name stands for when nothing else is known."""
    return full_width(strip_marks(surface) if label == "LAW" else surface)
