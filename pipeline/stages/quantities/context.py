"""What is no quantity: numbers in names, levels, time frames and idioms, told by what stands around them."""

from __future__ import annotations

import re
from functools import cache

from pipeline.stages.quantities.units import measure_words, measured_units, read_lines, units_for_chinese

_TIME_AFTER = re.compile(r"以?来|间|前(?!置)|后|之间|度|里|中")
_COUNTED_ONE = re.compile(
    r"(?:减到|变为|至少|至少有|不足|不少于|压减到|压缩到|压缩至|压减至|缩短至|缩短到|整合为|合并为|减为|人均|户均|仅|只有|每村|每年|另有|减至|降为|降至|由|其中|其中有)\Z"
)
_DAYTIME = re.compile(r"(?:上午|下午|中午|凌晨|早上|晚上|早|晚|每天|[至到—-])\Z")
_NAMED_SPAN = re.compile(r"[^，。、；“”\d]{0,6}圈|无理由退")
PAIRS = "(?:一两|两三|二三|三四|三五|四五|五六|六七|七八|八九)"
_HAS_RANK = re.compile(r"[十百千万亿点]")
_UNIT_OF_ORGAN = re.compile(r"(?:巡察|督察|督导|督查|业务|稽查|执法|检查|巡视|监管)\Z")
_COUNTER = re.compile(r"(?:浏览|点击|阅读|访问|下载|查看)(?:次数|量|数|率)?：?\Z")
_RATE_BEFORE = re.compile(
    r"(?:率|比|数|值|量|度|指数|得分|评分|占比|排名|分数|均|水平(?:高|低)?|低|高|降|升)(?:为|达|达到|到|至|是|分别为|由|从|提升至|提高到|降至|降到|增至|超|约|近)?[^，。；、\d]{0,6}\Z"
)
_YEAR_SPAN = re.compile(r"(?:工期|期限|为期|任期|有效期|使用期|服务期|过渡期|满|年限|刑期|获刑|用时|历时|徒刑|过去|保质期|服务|分|用)\Z")


def is_name(norm: str, match: re.Match[str], start: int, end: int, unit: str | None, last: str, bound_word: str) -> bool:
    """Whether a number is part of a name, a bare figure of some other kind, or an article (一)."""
    before, after = norm[max(0, start - 12) : start], norm[end : end + 8]
    if _in_short_quotes(norm, start, end) and unit not in {"%"}:
        return True
    if before[-2:] in {"\t+", "\t-"}:
        return False
    if _follows_code(before, unit, last):
        return True
    if _is_hour(before, after, unit) or _NAMED_SPAN.match(after):
        return True
    if unit == "年" and _is_time_frame(before, after, bound_word, last):
        return True
    is_chinese = not last[0].isdigit()
    if is_chinese:
        return _is_chinese_name(match, before, after, unit, last, bound_word)
    if _COUNTER.search(before):
        return True
    if "/" in last:
        return not (bound_word or match.group("after") or before.endswith(("占", "达", "达到", "的", "为")))
    if unit is None and not match.group("first"):
        if match.group("mult2") or last[-1] in "万亿":
            return after[:1] in {"级", "吨"}
        return not _is_bare_figure(norm, before, after, end, last)
    if after[:1].isascii() and after[:1].isalpha() and unit is None:
        return True
    return (
        unit == "号"
        or (unit == "版" and "." in last)
        or (unit == "级" and bool(re.match(r"以上|以下|地震|大风|医院|联动|联网", after)))
        or (unit == "期" and before.endswith(("二", "第")))
    )


def _is_hour(before: str, after: str, unit: str | None) -> bool:
    """Whether 点 is the time of day."""
    return unit == "点" and bool(_DAYTIME.search(before) or (after and after[0] in "半整钟前后至到—-"))


def _follows_code(before: str, unit: str | None, last: str) -> bool:
    """Whether a number goes on a code (ISO9001, PM2.5, 4·15) or an ordinal."""
    if before and before[-1] in "+·.第×*":
        return True
    letter = before[-1:].isascii() and before[-1:].isalpha()
    return letter and last[0].isdigit() and (unit is None or unit not in measure_words())


def _is_time_frame(before: str, after: str, bound_word: str, last: str) -> bool:
    if re.fullmatch(r"\d{4}|0\d", last):
        return True
    if bound_word == "近" or _TIME_AFTER.match(after) or re.search(r"(?:近|今后|未来|连续|最近|往|历经|前|每|这|下|上|头|又)\Z", before):
        return True
    if last[0].isdigit():
        return bool(re.match(r"规划|计划|行动|期|一遇|一届|一次|攻坚", after))
    return not (_YEAR_SPAN.search(before) or (after[:1] and after[0] in "以至多") or bound_word)


def _is_chinese_name(match: re.Match[str], before: str, after: str, unit: str | None, last: str, bound_word: str) -> bool:
    if "分之" in last or "分之" in (match.group("first") or "") or last[0] in "壹贰叁肆伍陆柒捌玖" or match.group("halfmore"):
        return False
    if len(last) > 1 and not _HAS_RANK.search(last) and not re.fullmatch(PAIRS, last):
        return True
    if unit is None or (unit == "成" and before.endswith(("建", "完", "达", "形", "促"))):
        big = re.search(r"[百千万亿]", last)
        return not (big and (bound_word or ((match.group("vague2") or last[0] in "数几一二三四五六七八九") and after[:1] in "，。；、）")))
    if unit == "年" and _YEAR_SPAN.search(before):
        return False
    known = measured_units().get(unit)
    if known and known.dimension == "time" and match.group("after"):
        return False
    if (last == "二" and unit == "成") or (match.group("vague2") and last in {"百", "千", "万"}):
        return False
    if last == "一" and re.search(rf"[两三四五六七八九\d]{re.escape(unit)}[^，。；\d]{{1,6}}[、，和以及]+\Z", before):
        return False
    if last == "一" and _COUNTED_ONE.search(before):
        return False
    if known and known.dimension == "currency" and (bound_word or match.group("after")):
        return False
    simple = last in {"一", "几"} or (last in {"百", "千", "万", "亿", "百万", "千万"} and not bound_word)
    if last == "一" and known and known.dimension in {"ratio", "share"}:
        return False
    if simple or last == "二" or (unit in {"组", "处", "所", "队", "班", "村", "区"} and _UNIT_OF_ORGAN.search(before)):
        return True
    if unit.endswith("次") and unit not in units_for_chinese():
        return False
    return unit not in units_for_chinese() or after.startswith(("联动", "联网", "联合", "平台", "制度", "机制"))


def _is_bare_figure(norm: str, before: str, after: str, end: int, last: str) -> bool:
    """A number without unit counts where a cell, a rate or an index holds it and nothing else."""
    if last in _hotlines() or not (after[:1] == "" or after[0] in "，。；、）\n\t"):
        return False
    at_line_start = before[-1:] in {"", "\n"}
    if before[-1:] == "\t" or (at_line_start and after[:1] == "\t"):
        return not re.fullmatch(r"(?:19[5-9]\d|20[0-3]\d)", last)
    if re.fullmatch(r"(?:19[5-9]\d|20[0-3]\d)", last) or at_line_start:
        return False
    return bool(_RATE_BEFORE.search(before))


@cache
def _hotlines() -> frozenset[str]:
    return frozenset(read_lines("hotlines.txt"))


def _in_short_quotes(norm: str, start: int, end: int) -> bool:
    """Whether a number stands in a quotation of at most 14 characters: a coined name (“333”, “四个意识”)."""
    open_at = norm.rfind("“", max(0, start - 13), start)
    if open_at < 0 or norm.find("”", open_at, start) >= 0:
        return False
    close_at = norm.find("”", end - 1, open_at + 16)
    return close_at >= 0 and not re.search(r"[，。；：]", norm[open_at:close_at])
