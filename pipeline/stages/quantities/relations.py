"""What a quantity says beside its value: the time it speaks of, the denominator of a rate, the total it is a part of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.layers import Quantity
from pipeline.stages.quantities.units import in_base_unit

_PARTS = r"(?:1[0-2]|[1-9]|[一二三四五六七八九十]{1,2})月份?|第?[一二三四]季度|[上下]半年|前[一二三]个?季度|[全当]年"
_PERIOD = re.compile(
    rf"(?:(?:20|19)\d{{2}}年(?:度|(?:{_PARTS})|底|末|初)?(?:[至—–-](?:(?:20|19)\d{{2}}年|(?:1[0-2]|[1-9])月)(?:底|末)?)?"
    rf"|(?:20|19)\d{{2}}[至—–-](?:20|19)\d{{2}}年|(?:上|去|前|今|本)年(?:度|同期|底|末|初|全年|以来|来)?(?:{_PARTS})?"
    rf"|(?<![\d一二三四五六七八九十])(?:{_PARTS})|同期|年初|年底|年末)"
)
_COMPARED = re.compile(r"(?:较|比|相比|相较于?|同|与|于|从|自|由|自从)\Z")
_DAY = re.compile(r"[\d一二三四五六七八九十]{1,3}日")
_SENTENCE = re.compile(r"[。\n！？]")
_TITLE = re.compile(r"《[^》\n]{0,80}》|（[^）\n]{0,20}〔[^）\n]{0,20}）")
_RATE_BEFORE = re.compile(
    r"(每[十百千万两\d]*(?:平方公里|平方米|立方米|个工作日|[人户村亩件名年月天日周公里吨个家辆台场次名所元项米](?:口|民|次|均|生)?)|[人户亩村班日月年车单件宗]均)[^，。；、：\n\d]{0,14}\Z"
)
_AMONG = re.compile(r"其中|这当中|内含")
_FARTHEST_TOTAL = 90
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class _Time:
    start: int
    end: int
    compared: bool


def add_relations(norm: str, quantities: Sequence[Quantity]) -> None:
    """Set `period`, `per` and `part_of` of all quantities of a text."""
    if not quantities:
        return
    stops = [match.end() for match in _SENTENCE.finditer(norm)]
    times = _times(norm, quantities)
    time_starts = [time.start for time in times]
    among = [match.end() for match in _AMONG.finditer(norm)]
    for index, quantity in enumerate(quantities):
        at = bisect_right(stops, quantity.start)
        sentence = stops[at - 1] if at else 0
        near = times[bisect_left(time_starts, sentence) : bisect_left(time_starts, quantity.start)]
        quantity.period = _period(norm, near, quantity)
        quantity.per = _per(norm, sentence, quantity)
        last = bisect_right(among, quantity.start) - 1
        if last >= 0 and among[last] > sentence and quantity.per is None:
            quantity.part_of = _total(quantities, index, among[last])


def _times(norm: str, quantities: Sequence[Quantity]) -> list[_Time]:
    """Times of the text, but for those in titles, days, and quantities."""
    shut = sorted([(m.start(), m.end()) for m in _TITLE.finditer(norm)] + [(q.start, q.end) for q in quantities])
    starts = [start for start, _ in shut]
    found = []
    for match in _PERIOD.finditer(norm):
        before = bisect_right(starts, match.start()) - 1
        if (before >= 0 and shut[before][1] > match.start()) or _DAY.match(norm, match.end()):
            continue
        found.append(_Time(match.start(), match.end(), bool(_COMPARED.search(norm, max(0, match.start() - 3), match.start()))))
    return found


def _period(norm: str, times: Sequence[_Time], quantity: Quantity) -> str | None:
    """The nearest time in front of a quantity in its sentence; one that the figure is only compared with counts where the figure is its own."""
    for time in reversed(times):
        between = norm[time.end : quantity.start]
        if not time.compared or between in {"", "的", "同期的", "同期"}:
            return "".join(norm[time.start : time.end].split())
    return None


def _per(norm: str, sentence: int, quantity: Quantity) -> str | None:
    if quantity.unit and "/" in quantity.unit:
        return quantity.unit[quantity.unit.index("/") :]
    match = _RATE_BEFORE.search(norm, max(sentence, quantity.start - 24), quantity.start)
    return match.group(1) if match else None


def _total(quantities: Sequence[Quantity], index: int, among: int) -> int | None:
    """The nearest quantity before 其中 of the same kind of unit and the same time."""
    unit = in_base_unit(_ONE, quantities[index].unit)[1]
    if unit in {"%", "‰", "倍", "百分点", None}:
        return None
    for total in range(index - 1, -1, -1):
        candidate = quantities[total]
        if candidate.start >= among:
            continue
        if among - candidate.end > _FARTHEST_TOTAL:
            return None
        if in_base_unit(_ONE, candidate.unit)[1] == unit and candidate.period == quantities[index].period:
            return total
    return None
