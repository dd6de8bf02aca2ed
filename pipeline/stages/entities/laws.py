"""Titles in marks: where `《…》` begins and ends, and the features that tell a normative document from a newspaper."""

from __future__ import annotations

import re

from pipeline.layers import Offsets
from pipeline.learning.linear import Sparse, sparse

_VERSION = re.compile(
    r"（(?:试行|暂行|修订|修正|草案|送审稿|征求意见稿|代拟稿|讨论稿|试点|修订草案|修正案|修订版|[^（）]{0,8}(?:草案|稿|版)|[^（）]{0,6}\d{4}年?(?:[—–-]+\d{4}年?)?[^（）]{0,6})）"
)
_LONGEST = 200


def find_titles(norm: str) -> list[Offsets]:
    """Spans of `《…》` with nested marks and a version that directly follows; unclosed ones are left out."""
    spans: list[Offsets] = []
    position = norm.find("《")
    while position >= 0:
        end = _closing(norm, position)
        if end is None:
            position = norm.find("《", position + 1)
            continue
        version = _VERSION.match(norm, end)
        if version and not re.match(r"（\d{4}）|（[^（）]*〔", version.group()):
            end = version.end()
        spans.append((position, end))
        position = norm.find("《", end)
    return spans


def _closing(norm: str, start: int) -> int | None:
    depth = 0
    for index in range(start, min(len(norm), start + _LONGEST)):
        char = norm[index]
        if char == "《":
            depth += 1
        elif char == "》":
            depth -= 1
            if depth == 0:
                return index + 1
        elif char == "\n":
            return None
    return None


_JOIN = re.compile(r"[、，和及与]{0,2}(?=《)")
_JOIN_BEFORE = re.compile(r"》[、，和及与]{0,2}\Z")


def _chain(norm: str, start: int, end: int) -> Offsets:
    """The run of titles side by side that a title stands in: what is said of one is said of all (《A》《B》等栏目)."""
    for _ in range(8):
        join = _JOIN.match(norm, end)
        closing = _closing(norm, join.end()) if join else None
        if closing is None:
            break
        end = closing
    for _ in range(8):
        joined = _JOIN_BEFORE.search(norm, max(0, start - 3), start)
        opening = norm.rfind("《", max(0, start - _LONGEST), joined.start()) if joined else -1
        if opening < 0:
            break
        start = opening
    return start, end


def title_features(norm: str, start: int, end: int) -> Sparse:
    """What a title and its surroundings say of its kind."""
    title = re.sub(r"（[^（）]*）\Z", "", norm[start:end]).strip("《》")
    first, last = _chain(norm, start, end)
    before, after = norm[max(0, first - 6) : first], norm[last : last + 6]
    features = [f"t{k}={title[-k:]}" for k in (1, 2, 3, 4)]
    features += [f"h{k}={title[:k]}" for k in (1, 2, 4)]
    features += [f"b{k}={before[-k:]}" for k in (1, 2, 3)] + [f"a{k}={after[:k]}" for k in (1, 2, 3)]
    features += [f"c{k}={after[:6][i : i + k]}" for k in (2, 3) for i in range(min(4, len(after) - k + 1))]
    features += [f"n={min(len(title) // 4, 6)}", "digits" if re.search(r"\d", title) else "plain"]
    features += [f"g={title[i : i + 2]}" for i in range(len(title) - 1)]
    return sparse(features)
