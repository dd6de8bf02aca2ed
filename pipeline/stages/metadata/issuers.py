"""Names of organs that issue reports, in a signature and in a title."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TAIL = (
    r"(?:人民政府(?:办公[室厅])?|行政公署|管理委员会|管委会|委员会(?:办公室)?|执行委员会|办公[室厅]|办事处|局|厅|部|署|法院|检察院"
    r"|总队|支队|大队|总站|中心|海关|税务局|政府|委|院|所|队|站|分局|公司)"
)
_ORGAN = re.compile(rf"[\u4e00-\u9fff（）()·]{{2,40}}?{_TAIL}(?:（[^）]+）)?\Z")
_ORGAN_START = re.compile(
    rf"[\u4e00-\u9fff（）·]{{2,40}}?(?:人民政府(?:办公[室厅])?|行政公署|管理委员会|管委会|办事处|委员会|税务局|海关|法院|检察院|{_TAIL})(?:（[^）]{{2,12}}）)?"
    r"(?=关于|(?:19|20)\d{2}|[二一][〇○零一二三四五六七八九]|法治|依法|政府|行政|信息|贯彻|推进|年度|工作|落实|履行|\Z)"
)
_DATE_BEHIND = re.compile(r"(?:(?:19|20)\d{2}|[〇○零一二三四五六七八九]{4})年.{2,7}日\Z")
_LEADING_YEAR = re.compile(r"\A(?:关于)?(?:19|20)\d{2}年度?")
_GOVERNMENT = re.compile(r"(?:关于)?([\u4e00-\u9fff]{2,12}?[省市县区镇乡州盟旗])(?:政府(?=工作)|(?=(?:19|20)\d\d|法治))")
_CONGRESS = re.compile(r"在([\u4e00-\u9fff]{2,14}?[省市县区镇乡州盟旗])第[一二三四五六七八九十]{1,4}届人民代表大会")


def signing_organ(line: str) -> str | None:
    """The organ that a signature line names, its date put aside."""
    line = _DATE_BEHIND.sub("", line)
    return line if _ORGAN.fullmatch(line) else None


def organ_at_start(text: str) -> str | None:
    """The organ whose name a line begins with (`宁州市司法局关于…`)."""
    match = _ORGAN_START.match(text)
    return match.group() if match else None


def issuer_in_title(title: str | None) -> str | None:
    """The organ that a title names; the government of a place that stands alone in it."""
    if title is None:
        return None
    name = _LEADING_YEAR.sub("", title)
    place = _GOVERNMENT.match(name)
    if place:
        return f"{place.group(1)}人民政府"
    return organ_at_start(name.removeprefix("中华人民共和国"))


def government_at_congress(lines: Sequence[str]) -> str | None:
    """The government that reports to the congress of its place (`在宝鸡市第十六届人民代表大会第三次会议上`)."""
    for line in lines:
        match = _CONGRESS.search(line)
        if match:
            return f"{match.group(1)}人民政府"
    return None
