"""Sentences that end where sentences end: not inside quotation marks or brackets, and headings apart."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pipeline.layers import Offsets

_MARKS = re.compile(r"[《〈“‘（【\[「]|[》〉”’）】\]」]|(?:[。！？!?]+|…{2,}(?=\n|\Z))[”’）》]*|\n")
_CLOSES = {"《": "》", "〈": "〉", "“": "”", "‘": "’", "（": "）", "【": "】", "[": "]", "「": "」"}
_ENDS = "。！？!?…"
_MAX_OPEN = 200


def find_sentences(norm: str, heading_ends: Sequence[int]) -> list[Offsets]:
    """Offsets of sentences, without white space at their ends. Linear in the length of the text.

    A heading is a sentence of its own, its closing mark with it. A bracket that stays open for more than 200 characters,
    or to the end of its paragraph, is taken for a slip of the source.
    """
    cuts = {0, len(norm), *(end + norm.startswith(tuple(_ENDS), end) for end in heading_ends)}
    stack: list[tuple[str, int]] = []
    for match in _MARKS.finditer(norm):
        mark = match.group()
        if mark == "\n":
            stack.clear()
            cuts.add(match.end())
        elif mark in _CLOSES:
            stack.append((_CLOSES[mark], match.start()))
        elif mark[0] in _ENDS:
            if stack and match.start() - stack[-1][1] > _MAX_OPEN:
                stack.clear()
            for closing in mark.lstrip(_ENDS):
                if stack and closing == stack[-1][0]:
                    stack.pop()
            if not stack:
                cuts.add(match.end())
        elif stack and mark == stack[-1][0]:
            stack.pop()
    spans = (_strip(norm, start, end) for start, end in itertools.pairwise(sorted(cuts)))
    return [(start, end) for start, end in spans if start < end]


def _strip(norm: str, start: int, end: int) -> Offsets:
    while start < end and norm[start].isspace():
        start += 1
    while end > start and norm[end - 1].isspace():
        end -= 1
    return start, end
