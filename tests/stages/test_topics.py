"""Topics of parts, closings without heading, and why a part has its topic."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import GOLD_REPORT, cases
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.extractor import Extractor
from pipeline.layers import layers_of
from pipeline.stages.topics.explain import _shares, explain_topics
from pipeline.stages.topics.factory import Topics
from pipeline.stages.topics.logic import own_text, section_features

REPORT = """宁州政发〔2023〕7号

宁州市人民政府关于2022年法治政府建设情况的报告

省政府：

2022年，宁州市坚持依法行政，现将有关情况报告如下。

一、优化营商环境

深化“放管服”改革，压减审批事项36项，办理时限压缩41%。市行政审批局推行告知承诺制，企业开办一日办结。

二、化解矛盾纠纷

市司法局受理行政复议案件312件，同比增长18.6%，审结290件，纠错31件。行政机关负责人出庭应诉率100%。

一年来，法治政府建设还存在不少短板，主要是执法力量不足，基层法制审核人员缺乏，与群众期待有差距。

下一步，宁州市将继续深化改革，健全制度，努力建设法治政府。

宁州市人民政府

2023年1月16日

抄送：市委，市人大常委会。
"""


@pytest.mark.parametrize("case", cases("topics.jsonl"), ids=lambda case: case["why"])
def test_topics(case: dict[str, Any], extractor: Extractor) -> None:
    layers = layers_of(extractor.nlp(case["text"]))
    found = [[layers.view.surface(s.start, s.end)[: len(words)], s.topic] for s, (words, _) in zip(layers.sections, case["topics"], strict=False)]
    assert found == case["topics"]
    assert len(layers.sections) == len(case["topics"])
    if "levels" in case:
        assert [s.level for s in layers.sections] == case["levels"]


def test_report_as_a_whole(extractor: Extractor) -> None:
    record = extractor(REPORT, id="ningzhou")
    meta = record.metadata
    assert (meta.title, meta.doc_number) == ("宁州市人民政府关于2022年法治政府建设情况的报告", "宁州政发〔2023〕7号")
    assert (meta.issuer, meta.addressee, meta.date, meta.year) == ("宁州市人民政府", "省政府", "2023-01-16", "2022")
    assert (meta.cc, meta.warnings) == (["市委", "市人大常委会"], [])
    assert [s.topic for s in record.sections] == ["meta", "overview", "functions", "disputes", "problems", "plans", "meta"]


def test_shares_of_words_add_up_to_the_decision(extractor: Extractor) -> None:
    layers = layers_of(extractor.nlp(REPORT))
    component = next(c for _, c in extractor.nlp.pipeline if isinstance(c, Topics))
    model = component.models
    assert model is not None
    for index, section in enumerate(layers.sections):
        if section.topic == "meta":
            continue
        total = np.sum([share for _, _, share in _shares(layers, index, model)], axis=0)
        keys, values = section_features(layers.view.norm, layers.sections, index)
        place = int(np.argmin(np.abs(keys - 4000)))
        without_place = np.delete(keys, place), np.delete(values, place)
        assert total + model.bias == pytest.approx(model.logits(without_place), abs=0.02)


def test_explanations(extractor: Extractor) -> None:
    layers = layers_of(extractor.nlp(REPORT))
    component = next(c for _, c in extractor.nlp.pipeline if isinstance(c, Topics))
    assert component.models is not None
    by_topic = {e.topic: e for e in explain_topics(layers, component.models, top=8)}
    assert by_topic["meta"].source == "layout"
    disputes = by_topic["disputes"]
    assert {"行政复议", "纠纷"} & {term.text for term in disputes.terms}
    assert disputes.runner_up not in (None, "disputes")
    assert all(term.weight > 0 for term in (*disputes.terms, *disputes.against, *disputes.for_runner_up))
    assert own_text(layers.sections, disputes.section)[0] == layers.sections[disputes.section].start


def test_explain_command() -> None:
    runner = CliRunner()
    table = runner.invoke(app, ["explain", str(GOLD_REPORT)])
    assert table.exit_code == 0
    assert "runner-up" in table.output
    rows = [json.loads(line) for line in runner.invoke(app, ["explain", str(GOLD_REPORT), "--json", "--top", "3"]).output.splitlines()]
    assert [row["id"] for row in rows] == [f"s{n}" for n in range(1, len(rows) + 1)]
    assert all(len(row["terms"]) <= 3 for row in rows)
    assert {"topic", "score", "runner_up", "terms", "against"} <= rows[0].keys()
    wrong = runner.invoke(app, ["explain", str(GOLD_REPORT), "--section", "s99"])
    assert wrong.exit_code == 2
    assert "no section 's99'" in wrong.output
    assert runner.invoke(app, ["explain", "nowhere.md"]).exit_code == 2
