"""The tree of sections: where each one ends, which one holds it, and what its number counts to."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.layers import Section

_CN = "一二三四五六七八九十"


def nest(nodes: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int | None]]:
    """End and parent's index of every `(start, level)`, given in the order of the text.

    A section ends where the next one of its own or a higher level starts, or at `length`.
    """
    placed: list[tuple[int, int | None]] = [(length, None)] * len(nodes)
    open_nodes: list[int] = []
    for index, (start, level) in enumerate(nodes):
        while open_nodes and nodes[open_nodes[-1]][1] >= level:
            closed = open_nodes.pop()
            placed[closed] = (start, placed[closed][1])
        placed[index] = (length, open_nodes[-1] if open_nodes else None)
        open_nodes.append(index)
    return placed


def place(sections: Sequence[Section], text: str) -> list[Section]:
    """The sections in the order of the text with their ends and parents set, white space at their ends trimmed."""
    ordered = sorted(sections, key=lambda section: section.start)
    for section, (end, parent) in zip(ordered, nest([(s.start, s.level) for s in ordered], len(text)), strict=True):
        while end > section.start + 1 and text[end - 1].isspace():
            end -= 1
        section.end, section.parent = end, parent
    return ordered


def ordinal(number: str) -> int:
    """`十二` → 12, `3` → 3, `2.4.1` → 1; 0 where it counts nothing."""
    digits = number.rpartition(".")[2]
    if digits.isdecimal():
        return int(digits)
    chinese = "".join(c for c in number if c in _CN)
    tens, has_ten, ones = chinese.partition("十")
    if max(len(tens), len(ones)) > 1 or "十" in ones:
        return 0
    first, second = _CN.find(tens) + 1 if tens else 0, _CN.find(ones) + 1 if ones else 0
    return (first or 1) * 10 + second if has_ten else first
