"""The record: the contract of its shape, and the promise that every span reads as it says, on any input."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from conftest import GOLD_RECORD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.conversion import from_record
from pipeline.errors import AnnotationError, UnreadableReport
from pipeline.extractor import Extractor
from pipeline.layers import layers_of
from pipeline.record import Record, json_schema, read_records
from pipeline.view import make_view

_PIECES = [
    "一、加强领导\n", "（一）优化服务。", "市政府常务会议", "市司法局", "《行政处罚法》", "《法治政府建设实施纲要（2021—2025 年）》", "“放管服”改革",
    "受理案件 783 件，", "同比增长 66.24%，", "近5629万元", "为 38 名农民工追发工资", "— 3 —\n\n", "\n\n", "##", "**", "其中，", "。", "下一步，我市将继续。",
    "项目\t单位\t2023年\n案件\t宗\t17\n", "English text. ", "\u3000\u3000", "😀", "\r\n", "2022年2月28日\n", "某某市人民政府\n", "抄送：市委。",
]  # fmt: skip


def test_gold_reads_and_writes_unchanged() -> None:
    line = GOLD_RECORD.read_text("utf-8")
    (record,) = read_records(GOLD_RECORD)
    assert json.dumps(json.loads(record.to_json()), ensure_ascii=False) == line.strip(), "keys in their order, too"


def test_schema_accepts_a_prediction_and_refuses_a_broken_one(extractor: Extractor) -> None:
    record = json.loads(extractor("2021年，市司法局受理案件12件。").to_json())
    jsonschema.validate(record, json_schema())
    record["quantities"][0]["bound"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, json_schema())


def test_keys_stand_in_the_order_of_the_contract(extractor: Extractor) -> None:
    record = json.loads(extractor("受理案件12件。").to_json())
    layers = ["metadata", "sections", "sentences", "tokens", "entities", "quantities"]
    assert list(record) == ["schema", "id", "source", "text", *layers, "pipeline", "fingerprint"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), min_size=1, max_size=30).map("".join))
def test_every_span_reads_as_it_says(extractor: Extractor, text: str) -> None:
    try:
        record = extractor(text)
    except UnreadableReport:
        assert not make_view(text).text.strip()
        return
    assert record.text == text
    view = make_view(text)
    mentions: list[Any] = [*record.entities, *record.quantities]
    mentions += [m for q in record.quantities for m in (q.item, q.action) if m]
    for mention in mentions:
        assert mention.text == view.surface(*view.view_span(mention.start, mention.end))
        assert not text[mention.start].isspace()
        assert not text[mention.end - 1].isspace()
    for start, end in [*(record.tokens or []), *(record.sentences or [])]:
        assert 0 <= start < end <= len(text)
        assert not text[start].isspace()


def test_layers_survive_the_way_to_a_record_and_back(extractor: Extractor) -> None:
    (record,) = read_records(GOLD_RECORD)
    layers = layers_of(extractor.nlp.make_doc(record.text))
    assert from_record(record, layers) == 0, "no gold span is lost in the view"
    assert [layers.view.raw_span(e.start, e.end) for e in layers.entities] == [(e.start, e.end) for e in record.entities]


def test_two_runs_give_the_same_bytes(extractor: Extractor) -> None:
    text = "2021年，市政府受理行政复议案件783件，同比增长66.24%。"
    assert extractor(text).to_json() == extractor(text).to_json()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entities": [{"id": "e1", "label": "LAW", "start": 0, "end": 2, "text": "他人", "canonical": None}]}, "does not read"),
        ({"entities": [{"id": "e1", "label": "LAW", "start": 3, "end": 90, "text": "他人", "canonical": None}]}, "not inside the text"),
        ({"entities": [{"id": "e1", "label": "ORG", "start": 0, "end": 2, "text": "受理", "canonical": None}]}, "label"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], words: str) -> None:
    base = {
        "schema": "1", "id": "x", "source": {"path": "x", "format": "txt", "sha256": "0", "encoding": None}, "text": "受理案件",
        "metadata": {}, "sections": [], "entities": [], "quantities": [],
    }  # fmt: skip
    Record.model_validate(base)
    with pytest.raises(ValidationError, match=words):
        Record.model_validate(base | change)


def test_a_broken_line_is_named(tmp_path: Any) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"id": 1}\n', "utf-8")
    with pytest.raises(AnnotationError, match=r"records\.jsonl:1: not a valid record"):
        list(read_records(path))


def test_layers_as_tables() -> None:
    (record,) = read_records(GOLD_RECORD)
    quantities = record.to_frame("quantities")
    assert len(quantities) == len(record.quantities)
    assert quantities.set_index("text").loc["近5629万元", ["value_exact", "unit", "item", "action"]].tolist() == ["56290000", "元", "工资", "追发"]
    assert set(record.to_frame("entities")["label"]) == {"LAW", "AGENCY", "MEASURE"}
    assert record.to_frame("sections")["title"].dropna().str.len().gt(3).all()


def test_a_least_score_leaves_out_what_is_less_sure() -> None:
    text = "立案12件，其中移送3件。"
    parts = [
        {"id": "q1", "start": 2, "end": 5, "text": "12件", "value": "12", "score": 0.4, "part_of": None},
        {"id": "q2", "start": 10, "end": 12, "text": "3件", "value": "3", "score": 0.9, "part_of": "q1"},
    ]
    common = {"value_max": None, "unit": "件", "bound": "exact", "change": None, "item": None, "action": None}
    source = {"path": "a.txt", "format": "txt", "sha256": "0"}
    whole = {"schema": "1", "id": "a", "source": source, "text": text, "metadata": {}, "sections": [], "entities": []}
    record = Record.model_validate({**whole, "quantities": [common | part for part in parts]})
    assert [(q.id, q.part_of) for q in record.above(0.3).quantities] == [("q1", None), ("q2", "q1")]
    assert [(q.id, q.part_of) for q in record.above(0.5).quantities] == [("q2", None)]
