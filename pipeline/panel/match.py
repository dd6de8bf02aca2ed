"""Which indicator a quantity states, and how: as a level, as a change in percent, in points, in times, or by an amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pipeline.panel.codebook import Codebook, Indicator, Rule
from pipeline.panel.frames import Frame, base_unit
from pipeline.stages.quantities.units import measured_units

Measure = Literal["level", "change_amount", "change_percent", "change_points", "change_times"]

_SHARE = re.compile(r"占[^，；]{0,14}\Z")
_UP = re.compile(r"增|升|上涨|提高|扩大|多")
_DOWN = re.compile(r"降|减(?!轻)|压|缩|下滑|精简|少")
_NEW = re.compile(r"^(?:新|净增|补充|增补|增配|招录|引进)")
_STOCK_NEW = re.compile(r"^(?:新(?!出台)|净增|补充|增补|增配|招录|引进|发展)")
_REACHED = re.compile(r"(?:到|至|为|由|从)#")
_DISTANCE = re.compile(
    r"(?:高|低|多|少)(?:于|出)?[^，；]{0,12}(?:平均|全[省市区国县]|目标|省定|国定|标准|[省市区县]均)|(?:平均|目标|标准)[^，；]{0,6}(?:高|低|多|少)#"
)
_EXTREME = re.compile(r"(?<!较)最[高低大小长短多少快慢](?!跑|多跑)")
_PER_UNIT = re.compile(r"(?:每[^，；]{1,6}|平均(?:每[^，；]{0,6})?|[人户镇村格案件日月][均](?!衡)[^，；]{0,6})\Z")
_THRESHOLD = re.compile(r"^的(?:有|共|达)?\d")
_OFTEN = ("每日", "每天", "每周", "每月", "每季", "日均", "月均", "每年", "每半年")
_PERCENT, _POINTS, _TIMES = "%", "百分点", frozenset({"倍", "番"})


@dataclass(frozen=True, slots=True)
class Coded:
    """An indicator with the value in its base unit. `change` is the direction, also where only the verb says it."""

    indicator: Indicator
    measure: Measure
    value: Fraction
    value_max: Fraction | None
    unit: str | None
    change: str | None


def coded_frames(frames: Sequence[Frame], codebook: Codebook) -> Iterator[tuple[Frame, Coded]]:
    """The frames that state an indicator, in order.

    A change that says neither what nor how (`受理30件，同比增长5%`) has the indicator of the level in front of it in its sentence; several of them
    after 分别 have those of the last levels, in order.
    """
    levels: list[tuple[Frame, Coded | None]] = []
    for index, frame in enumerate(frames):
        if index and frames[index - 1].sentence_start != frame.sentence_start:
            levels = []
        changed = _is_bare_change(frame)
        coded = _inherited(frames, index, levels, codebook) if changed else indicator_of(frame, codebook)
        if (not changed and frame.unit not in {_PERCENT, _POINTS} | _TIMES) or (not changed and coded is not None and coded.measure == "level"):
            levels.append((frame, coded))
        if coded is not None:
            yield frame, coded


def indicator_of(frame: Frame, codebook: Codebook) -> Coded | None:
    """The first indicator of the codebook that takes the quantity's unit and has a rule that holds."""
    if _is_no_total(frame):
        return None
    direction = frame.quantity.change or _direction(frame)
    is_share = frame.unit == _PERCENT and _SHARE.search(frame.before) is not None
    is_per = _PER_UNIT.search(frame.left) is not None or frame.per is not None
    for indicator in codebook.indicators:
        if (is_share and not indicator.share) or (is_per and not indicator.per):
            continue
        measure = _measure(indicator, frame, direction)
        if measure is not None and any(_holds(rule, frame) for rule in indicator.rules):
            return _coded(indicator, measure, frame, direction)
    return None


def _coded(indicator: Indicator, measure: Measure, frame: Frame, direction: str | None) -> Coded:
    quantity = frame.quantity
    factor, unit = base_unit(quantity)
    high = Fraction(quantity.value_max) * factor if quantity.value_max else None
    return Coded(
        indicator, measure, Fraction(quantity.value) * factor, high, _stated_unit(indicator, unit), None if measure == "level" else direction
    )


def _is_bare_change(frame: Frame) -> bool:
    """A change whose clause names no item of its own: 同比增长5%, 比上年多3件, 是上年的2倍."""
    direction = frame.quantity.change or (_direction(frame) if frame.unit in {_PERCENT, _POINTS} | _TIMES else None)
    return direction is not None and frame.is_elliptic


def _inherited(frames: Sequence[Frame], index: int, levels: list[tuple[Frame, Coded | None]], codebook: Codebook) -> Coded | None:
    frame = frames[index]
    if not levels:
        return indicator_of(frame, codebook)
    place, count = _place_among_changes(frames, index)
    coded = levels[-1][1]
    if count > 1 and "分别" in frame.before:
        coded = levels[max(-len(levels), place - count)][1]
    if coded is None:
        return indicator_of(frame, codebook)
    direction = frame.quantity.change or _direction(frame)
    measure = _measure(coded.indicator, frame, direction)
    return None if measure is None else _coded(coded.indicator, measure if measure != "level" else "change_amount", frame, direction)


def _place_among_changes(frames: Sequence[Frame], index: int) -> tuple[int, int]:
    """Which of how many bare changes in a row a frame is."""
    first = last = index
    while first > 0 and frames[first - 1].sentence_start == frames[index].sentence_start and _is_bare_change(frames[first - 1]):
        first -= 1
    while last + 1 < len(frames) and frames[last + 1].sentence_start == frames[index].sentence_start and _is_bare_change(frames[last + 1]):
        last += 1
    return index - first, last - first + 1


def _is_no_total(frame: Frame) -> bool:
    """A distance from another's figure, the extreme single case, a figure of each day or month, a threshold, a breakdown in brackets."""
    if frame.quantity.change is None and _DISTANCE.search(frame.clause):
        return True
    if _EXTREME.search(frame.left[-16:]) and frame.unit != _PERCENT:
        return True
    if _THRESHOLD.search(frame.right) or frame.quantity.text.endswith("以上的"):
        return True
    if frame.in_brackets and not frame.action:
        return True
    return frame.per is not None and frame.per.startswith(_OFTEN)


def _holds(rule: Rule, frame: Frame) -> bool:
    if rule.domain is not None and rule.domain != frame.domain:
        return False
    for name, pattern, wanted in rule.conditions:
        said = frame.action if name == "act" and not wanted and frame.action else getattr(frame, name)
        if (pattern.search(said or "") is not None) is not wanted:
            return False
    return True


def _measure(indicator: Indicator, frame: Frame, direction: str | None) -> Measure | None:
    """How the quantity can state the indicator; None where its unit does not fit."""
    unit = frame.unit or None
    is_rate = indicator.unit == _PERCENT and not indicator.change_only
    if unit == _POINTS:
        return "change_points" if is_rate else None
    if unit == _PERCENT:
        return _percent_measure(indicator, is_rate, frame, direction)
    if unit in _TIMES:
        return None if is_rate else "change_times"
    if unit not in indicator.units and not (unit is None and _takes_bare_number(indicator)):
        return None
    if indicator.change_only:
        return "change_amount" if direction is not None and not _REACHED.search(frame.clause) else None
    if frame.quantity.change is not None:
        is_new = indicator.kind == "flow" and _NEW.search(frame.act) is not None and frame.quantity.basis is None
        return "level" if is_new else "change_amount"
    if indicator.kind == "stock" and _STOCK_NEW.search(frame.act):
        return "change_amount"
    return "level"


def _percent_measure(indicator: Indicator, is_rate: bool, frame: Frame, direction: str | None) -> Measure | None:
    if is_rate or "分" in indicator.units:
        return "change_percent" if frame.quantity.change is not None else "level"
    return "change_percent" if direction is not None else None


def _direction(frame: Frame) -> str | None:
    """The direction that the verb says where the record has none: a percentage beside 压减, a stock that 新增."""
    said = frame.action or frame.act
    if _DOWN.search(said):
        return "decrease"
    if _UP.search(said) or _STOCK_NEW.search(said):
        return "increase"
    return None


def _takes_bare_number(indicator: Indicator) -> bool:
    """Whether a number without a unit can state the indicator: where it counts."""
    return not any(unit in measured_units() for unit in indicator.units - {"人", "人次"}) or "件/万人" in indicator.units


def _stated_unit(indicator: Indicator, unit: str | None) -> str | None:
    """The base unit of a row: units that count are put under the indicator's own, so that 起 and 宗 stand beside 件."""
    if unit is None or (unit in indicator.units and (unit not in measured_units() or measured_units()[unit].dimension == "count")):
        return indicator.unit
    return unit
