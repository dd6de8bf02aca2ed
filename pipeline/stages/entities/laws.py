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


def title_features(norm: str, start: int, end: int) -> Sparse:
    """What a title and its surroundings say of its kind."""
    title = re.sub(r"（[^（）]*）\Z", "", norm[start:end]).strip("《》")
    before, after = norm[max(0, start - 6) : start], norm[end : end + 6]
    features = [f"t{k}={title[-k:]}" for k in (1, 2, 3, 4)]
    features += [f"h{k}={title[:k]}" for k in (1, 2, 4)]
    features += [f"b{k}={before[-k:]}" for k in (1, 2, 3)] + [f"a{k}={after[:k]}" for k in (1, 2, 3)]
    features += [f"n={min(len(title) // 4, 6)}", "digits" if re.search(r"\d", title) else "plain"]
    features += [f"g={title[i : i + 2]}" for i in range(len(title) - 1)]
    return sparse(features)
