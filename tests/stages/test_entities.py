"""Titles in marks, the guideline's plain rules, and what the shipped tagger finds in plain sentences."""

from __future__ import annotations

import itertools

import pytest

from pipeline.extractor import Extractor
from pipeline.layers import Entity, Label, Offsets
from pipeline.stages.entities.laws import find_titles
from pipeline.stages.entities.rules import apply_rules
from pipeline.stages.segmentation.segmenters import load_segmenter, segment


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("依照《行政处罚法》《行政许可法》办理", ["《行政处罚法》", "《行政许可法》"]),
        ("印发《关于转发〈意见〉的通知》", ["《关于转发〈意见〉的通知》"]),
        ("《关于贯彻《条例》的意见》已印发", ["《关于贯彻《条例》的意见》"]),
        ("《办法》（试行）施行", ["《办法》（试行）"]),
        ("《纲要》（2021—2025年）提出", ["《纲要》（2021—2025年）"]),
        ("《意见》（连政发〔2022〕18号）", ["《意见》"]),
        ("没有闭合的《意见", []),
        ("", []),
    ],
)
def test_titles(text: str, titles: list[str]) -> None:
    assert [text[s:e] for s, e in find_titles(text)] == titles


def jieba_words(text: str) -> list[Offsets]:
    return segment(text, load_segmenter("jieba"), [])


def tagged(text: str, *words: tuple[Label, str]) -> list[Entity]:
    return [Entity(label, text.index(word), text.index(word) + len(word)) for label, word in words]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("市委市政府部署工作", [("AGENCY", "市委市政府")], ["市委", "市政府"]),
        ("会同教育、卫健、公安等部门检查", [("AGENCY", "卫健")], ["教育", "卫健", "公安"]),
        ("推进教育、交通等领域改革", [("AGENCY", "交通")], []),
        ("分属人社、交通等34个部门", [], ["人社", "交通"]),
        ("市行政复议体制改革领导小组审议", [("MEASURE", "行政复议体制改革")], ["市行政复议体制改革领导小组"]),
        ("有关领导小组办公室", [], []),
        ("市防汛指挥部和市河长制工作领导小组会商", [], ["市防汛指挥部", "市河长制工作领导小组"]),
    ],
)
def test_rules(text: str, before: list[tuple[Label, str]], after: list[str]) -> None:
    assert [text[e.start : e.end] for e in apply_rules(text, jieba_words(text), tagged(text, *before))] == after


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("不断完善议事协商机制", "完善议事协商机制", "议事协商机制"),
        ("积极开展水土保持督查", "积极开展水土保持督查", "水土保持督查"),
        ("深入推进“河湖长制”改革", "推进“河湖长制”改革", "“河湖长制”改革"),
        ("创新养老托育服务体系", "创新养老托育服务体系", "养老托育服务体系"),
        ("开展优化营商环境专项行动", "优化营商环境专项行动", "优化营商环境专项行动"),
        ("公布42项轻微免罚清单", "42项轻微免罚清单", "轻微免罚清单"),
        ("执行行政执法三项制度", "行政执法三项制度", "行政执法三项制度"),
        ("“法润山乡行动”走进村寨", "“法润山乡", "“法润山乡行动”"),
        ("“法润山乡，走进村寨”", "“法润山乡", "“法润山乡"),
        ("推进行政权力运行监督体系", "行政权力运行监督体系", None),
        ("抓紧完善制度", "完善制度", None),
    ],
)
def test_edges_of_measures(text: str, before: str, after: str | None) -> None:
    found = [text[e.start : e.end] for e in apply_rules(text, jieba_words(text), tagged(text, ("MEASURE", before)))]
    assert found == ([after] if after else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "市司法局会同市财政局印发《宁州市规范性文件管理办法》。",
            [("AGENCY", "市司法局"), ("AGENCY", "市财政局"), ("LAW", "《宁州市规范性文件管理办法》")],
        ),
        ("各级行政机关、执法部门要严格执法。", []),
        ("《宁州日报》开设专栏，发放《责令改正通知书》12份。", []),
        ("国务院、省政府高度重视。", [("AGENCY", "国务院"), ("AGENCY", "省政府")]),
    ],
)
def test_sentences(extractor: Extractor, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(e.label, e.text) for e in extractor(text).entities] == expected


def test_entities_never_overlap(extractor: Extractor) -> None:
    text = "市委市政府印发《关于深化“放管服”改革的意见》，市“放管服”改革领导小组办公室会同市发改、财政、人社等部门推进“一网通办”改革。" * 3
    entities = extractor(text).entities
    assert len(entities) > 10
    assert all(a.end <= b.start for a, b in itertools.pairwise(entities))
