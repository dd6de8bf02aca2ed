"""Sentences that end where sentences end: not inside quotation marks or brackets, and headings apart."""

from __future__ import annotations

import itertools
import re

from pipeline.layers import Offsets

_MARKS = re.compile(r"[《〈“（【\[「]|[》〉”）】\]」]|[。！？!?](?:[”’）》]*)|\n")
_CLOSES = {"《": "》", "〈": "〉", "“": "”", "（": "）", "【": "】", "[": "]", "「": "」"}
_MAX_OPEN = 200


def find_sentences(norm: str, heading_ends: list[int]) -> list[Offsets]:
    """Offsets of sentences, without white space at their ends. Linear in the length of the text."""
    cuts = {0, len(norm), *heading_ends}
    stack: list[tuple[str, int]] = []
    for match in _MARKS.finditer(norm):
        mark = match.group()
        if mark == "\n":
            stack.clear()
            cuts.add(match.end())
        elif mark in _CLOSES:
            stack.append((_CLOSES[mark], match.start()))
        elif stack and mark[0] == stack[-1][0]:
            stack.pop()
        elif mark[0] in "。！？!?":
            if stack and match.start() - stack[-1][1] > _MAX_OPEN:
                stack.clear()
            closing = mark[1:]
            while closing and stack and closing[0] == stack[-1][0]:
                stack.pop()
                closing = closing[1:]
            if not stack:
                cuts.add(match.end())
    ordered = sorted(cuts)
    spans = (_strip(norm, start, end) for start, end in itertools.pairwise(ordered))
    return [(start, end) for start, end in spans if start < end]


def _strip(norm: str, start: int, end: int) -> Offsets:
    while start < end and (norm[start].isspace() or (norm[start] == "。" and start + 1 < end and start > 0 and norm[start - 1] not in "。！？")):
        if norm[start] == "。":
            break
        start += 1
    while end > start and norm[end - 1].isspace():
        end -= 1
    return start, end
