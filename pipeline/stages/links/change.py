"""Whether a quantity is the amount or rate of a change, and against what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from pipeline.layers import Change, Quantity
from pipeline.learning.linear import LinearModel, Sparse, sparse

NONE = "none"
_CLAUSE_MARKS = "，。；：\n、\t"
_REACHED = re.compile(r"了?(?:至|到|为|成|过|于)")
_DIGIT = re.compile(r"[0-9]")
_CUES = re.compile(
    r"新增|净增|增长|增加|增幅|上升|提高|提升|上涨|扩大|增至|递增|高出|多出|多增|翻|减少|下降|降低|压减|压缩|缩短|减免|减轻|削减|精简|降幅|回落|下跌|缩减|节约|减负|少|多|减|降|增|升|高|低"
)
_BASIS = re.compile(
    r"(同比|环比|(?:较|比|相比|相较于?|与)(?:上一?年度?|去年|前年|上年度?|同期|20\d\d年|“?十[一二三四五]五”?(?:末|期末)|年初|上年末|上年底|改革前|上月|往年)(?:同期|底|末|年末|年底)?(?:相比|比)?)[^，。；\d]{0,10}\Z"
)


def find_basis(norm: str, quantity: Quantity) -> str | None:
    """What the change is measured against, as written (`同比`, `较上年`), from the words before the quantity."""
    match = _BASIS.search(norm[max(0, quantity.start - 24) : quantity.start])
    return match.group(1) if match else None


def change_features(norm: str, quantity: Quantity, basis: str | None) -> Sparse:
    """What stands around a quantity that tells a change from a level. `basis`: what `find_basis` found."""
    prefix = norm[max(0, quantity.start - 20) : quantity.start]
    clause = max(map(prefix.rfind, _CLAUSE_MARKS)) + 1
    after = norm[quantity.end : quantity.end + 4]
    unit = quantity.unit or "-"
    features = [f"b{k}={prefix[-k:]}" for k in (1, 2, 3, 4)] + [f"a{k}={after[:k]}" for k in (1, 2)] + [f"u={unit}"]
    cue = None
    for cue in _CUES.finditer(prefix):  # noqa: B007
        pass
    if cue and cue.start() >= clause:
        word, rest = cue.group(), prefix[cue.end() :]
        reached = bool(_REACHED.match(rest))
        features += [f"cue={word}", f"cue={word},reached={reached}", f"rest={min(len(rest), 6)}", f"cue={word},u={unit}"]
        features += [f"digit={bool(_DIGIT.search(rest))},{word}", f"near={len(rest) <= 2},{word},{reached}"]
    else:
        features.append("cue=none")
        if cue:
            features += [f"earlier={cue.group()}", f"earlier={cue.group()},b1={prefix[-1:]}"]
    features.append(f"basis={basis is not None}")
    features.append(f"follow={(_CUES.match(after) or [''])[0]}")
    return sparse(features)


def set_changes(norm: str, quantities: Sequence[Quantity], model: LinearModel) -> None:
    """Set change and basis: an increase, a decrease, or None for a level or a plain count."""
    for quantity in quantities:
        quantity.basis = find_basis(norm, quantity)
    chosen = model.choose([change_features(norm, quantity, quantity.basis) for quantity in quantities])
    for quantity, change in zip(quantities, chosen, strict=True):
        quantity.change = None if change == NONE else cast(Change, change)
