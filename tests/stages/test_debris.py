"""Page breaks (one a paragraph at most: a page holds more than a few characters), spaces, page numbers and marks put into a clean report change nothing that is read from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.extractor import Extractor
from pipeline.record import Record

REPORT = """松阳政发〔2023〕7号

松阳市人民政府关于2022年法治政府建设情况的报告

省政府：

2022年，松阳市深入学习贯彻习近平法治思想，对照《法治政府建设实施纲要（2021—2025年）》推进依法行政，全市法治建设取得新进展。现将有关情况报告如下。

一、坚持党的领导，压实法治建设责任

市委全面依法治市委员会召开会议2次，市政府常务会议学法8次，听取法治工作汇报3次，对6个乡镇开展督察，反馈问题41个。

二、深化“放管服”改革，优化营商环境

（一）规范审批服务。市行政审批局推行告知承诺制，压减申报材料136项，办理时限压缩41.5%，为1286家企业免除费用近350万元。

（二）加强公平竞争审查

市市场监管局审查政策措施212件，修改或者废止9件，开展“双随机、一公开”监管，检查企业860余家次。

三、严格规范公正文明执法

1.健全制度。全面落实行政执法公示、执法全过程记录等制度，修订裁量基准32项，评查案卷420卷，优秀率达到38.6%。

2.突出重点。市生态环境局依据《中华人民共和国水污染防治法》查处案件27件，罚款412.8万元，比上年下降12%。

四、依法化解矛盾纠纷

市司法局收到行政复议申请312件，同比增长18.6%，受理290件，审结281件。全市人民调解组织调解纠纷1.2万件，成功率超过98%。

一年来，法治政府建设还存在执法力量不足、基层法制审核人员缺乏等问题，与群众期待仍有差距。

下一步，松阳市将继续深化改革，健全制度，加强执法队伍培训，努力建设法治政府。

松阳市人民政府

2023年1月16日

抄送：市委，市人大常委会。
"""
PAGE_BREAKS = ("\n\n— 3 —\n\n", "\n- 12 -\n", "\n第 3 页 共 9 页\n", "\n\n4\n\n", "\f", "\n— 5 —\f", "\n\n3/12\n\n")
BETWEEN = ("— 3 —", "- 12 -", "第 3 页", "7", "---", "* * *", "\f", "　", "\u200b")
SPACES = (" ", "\u200b", " ", "\u00a0")


@dataclass(frozen=True)
class _Place:
    """A character of the clean report: which paragraph it is in, and where."""

    paragraph: int
    offset: int


def _breakable(paragraph: str, offset: int) -> bool:
    """Whether a page may end before a character: inside prose, behind a line at least, and behind no mark that ends a paragraph."""
    if len(paragraph) < 40 or not 22 <= offset <= len(paragraph) - 3:
        return False
    return paragraph[offset - 1] not in "。；：”》" and not paragraph[offset].isascii()


def _spaceable(paragraph: str, offset: int) -> bool:
    """Whether white space may stand before a character: not between digits in a line without punctuation."""
    between_digits = paragraph[offset - 1].isdigit() and paragraph[offset].isdigit()
    return not between_digits or any(mark in paragraph for mark in "，。")


PARAGRAPHS = [line for line in REPORT.split("\n") if line]
BREAKS = [_Place(i, n) for i, p in enumerate(PARAGRAPHS) for n in range(1, len(p)) if _breakable(p, n)]
GAPS = [_Place(i, n) for i, p in enumerate(PARAGRAPHS) for n in range(1, len(p)) if _spaceable(p, n)]
HEADINGS = [i for i, p in enumerate(PARAGRAPHS) if p[:2] in {"一、", "二、", "三、", "四、"} or p.startswith("（二）")]
RUN_IN = [i for i, p in enumerate(PARAGRAPHS) if p.startswith(("（一）", "1.", "2."))]

debris = st.fixed_dictionaries(
    {
        "breaks": st.lists(st.tuples(st.sampled_from(BREAKS), st.sampled_from(PAGE_BREAKS)), max_size=4, unique_by=lambda b: b[0].paragraph).map(
            dict
        ),
        "spaces": st.dictionaries(st.sampled_from(GAPS), st.sampled_from(SPACES), max_size=25),
        "between": st.dictionaries(st.integers(1, len(PARAGRAPHS) - 1), st.sampled_from(BETWEEN), max_size=5),
        "hashes": st.dictionaries(st.sampled_from(HEADINGS), st.sampled_from(("## ", "### ", "# ", "#### ")), max_size=5),
        "bold": st.sets(st.sampled_from(HEADINGS + RUN_IN), max_size=6),
        "indent": st.sampled_from(("", "　　", "  ", "    ")),
        "end": st.sampled_from(("\n", "\n\n", "\r\n", "\n\n\n")),
    }
)


def spoiled(changes: dict[str, Any]) -> str:
    """The clean report with debris in it."""
    lines: list[str] = []
    for number, paragraph in enumerate(PARAGRAPHS):
        pieces = [
            changes["breaks"].get(_Place(number, n), "") + changes["spaces"].get(_Place(number, n), "") + char for n, char in enumerate(paragraph)
        ]
        if number in changes["bold"]:
            title_end = paragraph.index("。") + 1 if number in RUN_IN else len(paragraph)
            pieces.insert(title_end, "**")
            pieces.insert(0, "**")
        if number in changes["between"]:
            lines.append(changes["between"][number])
        lines.append(changes["hashes"].get(number, changes["indent"]) + "".join(pieces))
    separator = changes["end"] * 2 if changes["between"] else changes["end"]  # a bare page number stands between blank lines
    return separator.join(lines) + "\n"


def _read(record: Record) -> dict[str, Any]:
    """What debris must not change."""
    meta = record.metadata
    return {
        "headings": [(s.level, s.number, s.title) for s in record.sections if s.heading],
        "topics": [(s.level, s.topic) for s in record.sections],
        "entities": [(e.label, e.text, e.canonical, e.rank, e.level) for e in record.entities],
        "quantities": [(q.text, q.value, q.unit, q.bound, q.change, q.item and q.item.text, q.action and q.action.text) for q in record.quantities],
        "metadata": (meta.title, meta.doc_number, meta.issuer, meta.addressee, meta.date, meta.year, meta.region, meta.cc, meta.warnings),
    }


@cache
def _clean(extractor: Extractor) -> dict[str, Any]:
    return _read(extractor(REPORT))


def _check(extractor: Extractor, changes: dict[str, Any]) -> None:
    found, clean = _read(extractor(spoiled(changes))), _clean(extractor)
    for layer, expected in clean.items():
        assert found[layer] == expected, layer


_HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_the_clean_report_is_read(extractor: Extractor) -> None:
    clean = _clean(extractor)
    assert len(clean["headings"]) == 8
    assert len(clean["quantities"]) > 20
    assert len(clean["entities"]) > 15
    assert {topic for _, topic in clean["topics"]} >= {"meta", "overview", "leadership", "functions", "enforcement", "disputes", "problems", "plans"}


@settings(max_examples=60, deadline=None, suppress_health_check=_HEALTH)
@given(debris)
def test_debris_changes_nothing(extractor: Extractor, changes: dict[str, Any]) -> None:
    _check(extractor, changes)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=_HEALTH)
@given(debris)
def test_more_debris_changes_nothing(extractor: Extractor, changes: dict[str, Any]) -> None:
    _check(extractor, changes)
