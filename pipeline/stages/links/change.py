"""Whether a quantity is the amount or rate of a change, and against what."""

from __future__ import annotations

import re

from pipeline.layers import Change, Quantity
from pipeline.learning.linear import LinearModel, Sparse, sparse

NONE = "none"
_CLAUSE = re.compile(r"[，。；：\n、\t]")
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


def change_features(norm: str, quantity: Quantity) -> Sparse:
    """What stands around a quantity that tells a change from a level."""
    prefix = norm[max(0, quantity.start - 20) : quantity.start]
    breaks = [m.end() for m in _CLAUSE.finditer(prefix)]
    clause = prefix[breaks[-1] :] if breaks else prefix
    after = norm[quantity.end : quantity.end + 4]
    unit = quantity.unit or "-"
    features = [f"b{k}={prefix[-k:]}" for k in (1, 2, 3, 4)] + [f"a{k}={after[:k]}" for k in (1, 2)] + [f"u={unit}"]
    cues = list(_CUES.finditer(clause))
    if cues:
        cue = cues[-1]
        rest = clause[cue.end() :]
        reached = bool(re.match(r"了?(?:至|到|为|成|过|于)", rest))
        features += [
            f"cue={cue.group()}",
            f"cue={cue.group()},reached={reached}",
            f"rest={min(len(rest), 6)}",
            f"cue={cue.group()},u={unit}",
        ]
        features += [f"digit={bool(re.search(r'[0-9]', rest))},{cue.group()}", f"near={len(rest) <= 2},{cue.group()},{reached}"]
    else:
        features.append("cue=none")
    previous = list(_CUES.finditer(prefix))
    if previous and not cues:
        features += [f"earlier={previous[-1].group()}", f"earlier={previous[-1].group()},b1={prefix[-1:]}"]
    features.append(f"basis={find_basis(norm, quantity) is not None}")
    features.append(f"follow={(_CUES.match(after) or [''])[0]}")
    return sparse(features)


def find_change(norm: str, quantity: Quantity, model: LinearModel) -> Change | None:
    """`increase`, `decrease`, or None for a level or a plain count."""
    probabilities = model.probabilities(change_features(norm, quantity))
    best = model.classes[int(probabilities.argmax())]
    if best == "increase":
        return "increase"
    return "decrease" if best == "decrease" else None
