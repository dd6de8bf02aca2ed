"""Which year a figure belongs to, whether it is planned, and whether it speaks of more or less than a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipeline.panel.frames import Frame

Status = Literal["actual", "previous", "planned"]
Extent = Literal["year", "part", "years"]

_YEAR = re.compile(r"(?:20|19)\d\d")
_LAST_YEAR = re.compile(r"^(?:上一?|去|前一)年|^同期")
_YEAR_BEFORE = re.compile(r"^前年")
_STATED_LAST_YEAR = re.compile(r"(?:上一年|上年|去年|前一年)(?:度|同期)?(?:为|是|的|只有|仅|仅有|有)?#")
_LISTED = re.compile(r"((?:(?:20|19)\d\d年?[、和及，]){1,4}(?:20|19)\d\d)年?(?:度)?[^。；]{0,12}分别[^。；]*\Z")
_NUMBER = re.compile(r"\d[\d.,]*(?![\d年])")
_FROM = re.compile(r"(?:由|从)[^，。；]{0,12}#[^，。；]{0,12}?(?:提|增|扩|降|减|压|缩|升|调|细|翻|变|拓|跃|改)[^，。；#]{0,4}(?:到|至|为|成)")
_PART = re.compile(r"月|季度|半年")
_YEARS = re.compile(
    r"(?:[两二三四五六七八九十\d]年来|近[两二三四五六七八九十\d]年|历年|五年间|(?:十[二三四五]五)[”’]?(?:期间|时期|以来)"
    r"|(?:年|开展|成立|实施)以来|本届)"
)
_PLAN = re.compile(r"(?:力争|争取|计划|拟|预计|目标|打算|确保[^，]{0,12}达)[^，。；]{0,20}\Z")
_RANGE = re.compile(r"(?:20|19)\d\d[年]?[至—–-](?:20|19)\d\d")


@dataclass(frozen=True, slots=True)
class When:
    """The year of a figure (None where the report does not say), its status and extent."""

    year: int | None
    status: Status
    extent: Extent


def when(frame: Frame, report_year: int | None) -> When:
    """The year that a figure speaks of.

    In order: the head of its column in a table; years listed in front of 分别; 上年为 before the number; the record's `period`; the report's own
    year. The start of 由…提高到… has no year of its own unless the text gives one; a plan without a year is for the year after the report's.
    """
    year = _stated_year(frame, report_year)
    planned = frame.topic == "plans" or _PLAN.search(frame.before) is not None
    extent = _extent(frame)
    if planned:
        following = report_year + 1 if report_year is not None and frame.topic == "plans" else report_year
        return When(year if year is not None else following, "planned", extent)
    if year is None and _FROM.search(frame.clause):
        return When(None, "previous", extent)
    return When(year if year is not None else report_year, "actual", extent)


def _stated_year(frame: Frame, report_year: int | None) -> int | None:
    head = _YEAR.search(frame.column_head)
    if head:
        return int(head.group())
    if re.search(r"上年|去年", frame.column_head):
        return _earlier(report_year, 1)
    listed = _LISTED.search(frame.before)
    if listed:
        years = _YEAR.findall(listed.group(1))
        place = len(_NUMBER.findall(frame.before[listed.end(1) :].replace("年", "", 1)))
        if place < len(years):
            return int(years[place])
    if _STATED_LAST_YEAR.search(frame.clause):
        return _earlier(report_year, 1)
    if frame.period is None:
        return None
    if _LAST_YEAR.search(frame.period):
        return _earlier(report_year, 1)
    if _YEAR_BEFORE.search(frame.period):
        return _earlier(report_year, 2)
    found = _YEAR.findall(frame.period)
    return int(found[-1]) if found else None


def _earlier(year: int | None, by: int) -> int | None:
    return None if year is None else year - by


def _extent(frame: Frame) -> Extent:
    period = frame.period or ""
    if _RANGE.search(period) or _YEARS.search(frame.before[-60:]):
        return "years"
    return "part" if _PART.search(period) else "year"
