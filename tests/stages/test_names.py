"""Canonical names, ranks and levels; the data they are read from."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from conftest import cases

from pipeline import knowledge
from pipeline.extractor import Extractor
from pipeline.layers import Entity, Metadata
from pipeline.stages.names.forms import default_canonical, full_width, strip_marks
from pipeline.stages.names.logic import Resolver


@pytest.mark.parametrize("case", cases("names.jsonl"), ids=lambda case: f"{case['region']}-{case['text']}")
def test_name(extractor: Extractor, case: dict[str, Any]) -> None:
    metadata = Metadata(issuer=case["issuer"], region=case["region"], region_level=case["level"])
    names: Any = extractor.nlp.get_pipe("names")
    entity = Entity(case["label"], 0, len(case["text"]))
    Resolver(metadata, names.models, case["text"]).resolve(entity, case["text"])
    assert entity.canonical == case["canonical"]
    assert (entity.rank if case["label"] == "LAW" else entity.level) == case["is"]


def test_a_short_form_stands_for_the_document_introduced_before(extractor: Extractor) -> None:
    record = extractor("落实《法治政府建设实施纲要（2021—2025年）》，对照《纲要》逐项检查。")
    assert [e.canonical for e in record.entities if e.label == "LAW"] == ["法治政府建设实施纲要（2021—2025年）"] * 2


def test_forms() -> None:
    assert strip_marks("《办法》（试行）") == "办法（试行）"
    assert strip_marks("《关于转发〈意见〉的通知》") == "关于转发〈意见〉的通知"
    assert full_width('"一网通办"(试行)') == "“一网通办”（试行）"
    assert default_canonical("LAW", "《细则(试行)》") == "细则（试行）"


def test_knowledge_is_whole() -> None:
    ranks = {"law", "regulation", "rule", "party", "policy"}
    assert len(knowledge.laws()) > 3000
    assert all(law.rank in ranks and law.name and "\t" not in law.name for law in knowledge.laws().values())
    assert {r.level for regions in knowledge.regions().values() for r in regions} == {"province", "city", "county"}
    assert all(r.first <= r.last for regions in knowledge.regions().values() for r in regions)
    assert all(kind.province and kind.city and kind.county for kind in knowledge.agency_types().values())
    assert set(knowledge.instruments().values()) <= set(knowledge.instruments())
    assert "行动" in knowledge.measure_heads()
    assert knowledge.word_tags()["受理"] != knowledge.word_tags()["案件"]


def _instrument_lines() -> list[str]:
    text = (files("pipeline.knowledge") / "instruments.tsv").read_text("utf-8")
    return [line for line in text.splitlines() if line != "canonical\taliases"]


def test_every_name_of_an_instrument_stands_for_one() -> None:
    names = [name for line in _instrument_lines() if not line.startswith("#") for name in line.replace("\t", ";").split(";") if name]
    assert len(names) > 4000
    assert not [name for name, count in Counter(names).items() if count > 1]
    assert set(names) == set(knowledge.instruments())


def test_names_of_instruments_are_whole() -> None:
    heads = knowledge.measure_heads()
    governing = ("推进", "推动", "深化", "完善", "健全", "构建", "落实", "加强", "建立", "全面落实", "深入", "积极", "全市", "全省", "各级")
    for name in knowledge.instruments():
        assert name.count("“") == name.count("”"), name
        assert name == "".join(name.split()), name
        assert not name.startswith(governing), name
        assert not name.endswith(("工作", "建设", "项目")), name
    without_head = [name for name in knowledge.instruments() if "“" not in name and not name.endswith(heads)]
    assert len(without_head) < 40, without_head  # coined names that are known without their marks


def test_instruments_are_in_order() -> None:
    before = ""
    for line in _instrument_lines():
        bare = line.split("\t")[0].replace("“", "").replace("”", "")
        assert line.startswith("#") or before <= bare, line
        before = "" if line.startswith("#") else bare


def test_an_ambiguous_county_is_left_open() -> None:
    from pipeline.stages.metadata.regions import area_of

    area = area_of("朝阳区人民政府")
    assert area is not None
    assert (area.name, area.province, area.city) == ("朝阳区", "", "")
