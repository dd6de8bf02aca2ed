"""The scorer, against cases counted by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import GOLD_RECORD

from pipeline.errors import AnnotationError
from pipeline.record import Record, read_records
from pipeline.scoring.report import as_json, error_lines, table
from pipeline.scoring.score import score
from pipeline.scoring.tally import Tally, bootstrap_weights, f1, optimal_pairs, summarize

TEXT = "市司法局受理案件12件，增长3成。市财政局依照《预算法》办结8件。"


def entity(label: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"id": "e", "label": label, "start": start, "end": end, "text": TEXT[start:end], "canonical": None, "rank": None, "level": None} | more


def quantity(start: int, end: int, value: str, unit: str, **more: Any) -> dict[str, Any]:
    base = {"id": "q", "start": start, "end": end, "text": TEXT[start:end], "value": value, "value_max": None, "unit": unit}
    return base | {"bound": "exact", "change": None, "item": None, "action": None} | more


def mention(start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": TEXT[start:end]}


def record(entities: list[Any] = [], quantities: list[Any] = [], sections: list[Any] = [], **metadata: Any) -> Record:  # noqa: B006
    return Record.model_validate(
        {
            "schema": "1", "id": "r", "source": {"path": "r", "format": "txt", "sha256": "0", "encoding": None}, "text": TEXT,
            "metadata": metadata, "sections": sections, "entities": entities, "quantities": quantities,
        }
    )  # fmt: skip


AGENCY_1, AGENCY_2, LAW = entity("AGENCY", 0, 4), entity("AGENCY", 16, 20), entity("LAW", 22, 27)
Q1 = quantity(8, 11, "12", "件", item=mention(6, 8), action=mention(4, 6))
Q2 = quantity(14, 16, "3", "成", change="increase")


def test_half_of_the_agencies() -> None:
    scores = score([record([AGENCY_1, AGENCY_2])], [record([AGENCY_1, entity("AGENCY", 17, 20)])])
    result = scores.results["AGENCY"]
    assert (result.right, result.predicted, result.gold) == (1, 2, 2)
    assert result.value == result.precision == result.recall == 0.5
    assert scores.results["AGENCY partial"].value == 1.0, "the shorter span overlaps its gold one"
    assert [case.problem for case in scores.cases] == ["missed", "spurious"]


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    result = score([record()], [record()]).results["LAW"]
    assert (result.value, result.precision, result.recall) == (1.0, 1.0, 1.0)


def test_nothing_found() -> None:
    result = score([record([LAW])], [record()]).results["LAW"]
    assert (result.value, result.precision, result.recall) == (0.0, 1.0, 0.0)


def test_nothing_to_find() -> None:
    result = score([record()], [record([LAW])]).results["LAW"]
    assert (result.value, result.precision, result.recall) == (0.0, 0.0, 1.0)


def test_order_does_not_matter() -> None:
    one = score([record([AGENCY_1, AGENCY_2], [Q1, Q2])], [record([AGENCY_1, AGENCY_2], [Q1, Q2])])
    other = score([record([AGENCY_2, AGENCY_1], [Q2, Q1])], [record([AGENCY_1, AGENCY_2], [Q1, Q2])])
    assert {k: v.value for k, v in one.results.items()} == {k: v.value for k, v in other.results.items()}


def test_quantity_parts() -> None:
    wrong = quantity(14, 16, "3", "成", bound="below")
    scores = score([record([], [Q1, Q2])], [record([], [Q1, wrong])])
    assert scores.results["QUANTITY"].value == 1.0
    assert scores.results["QUANTITY bound"].value == 0.5
    assert scores.results["QUANTITY change"].value == 0.5
    assert scores.results["QUANTITY unit"].value == 1.0
    assert scores.results["QUANTITY full"].value == 0.5


def test_value_is_compared_as_a_number() -> None:
    scores = score([record([], [Q1])], [record([], [Q1 | {"value": "12.0"}])])
    assert scores.results["QUANTITY value"].value == 1.0


def test_links_end_to_end() -> None:
    """Two gold quantities; one found with a wrong item, one found whole, one spurious: item 1 of (3 + 2) / 2."""
    predicted = [Q1 | {"item": mention(5, 8)}, Q2, quantity(30, 32, "8", "件")]
    scores = score([record([], [Q1, Q2])], [record([], predicted)])
    assert scores.results["QUANTITY item"].value == pytest.approx(2 * 1 / 5)
    assert scores.results["QUANTITY action"].value == pytest.approx(2 * 2 / 5)


def test_item_is_right_whichever_mention_it_points_to() -> None:
    text_twice = Q1 | {"item": {"start": 6, "end": 8, "text": "案件"}}
    assert score([record([], [Q1])], [record([], [text_twice])]).results["QUANTITY item"].value == 1.0


def test_names_over_matched_entities() -> None:
    gold = entity("LAW", 22, 27, rank="law", canonical="中华人民共和国预算法")
    found = entity("LAW", 22, 27, rank="policy", canonical="中华人民共和国预算法")
    scores = score([record([gold])], [record([found])])
    assert scores.results["LAW rank"].value == 0.0
    assert scores.results["LAW canonical"].value == 1.0


def section(start: int, end: int, level: int, topic: str, heading: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "id": f"s{start}",
        "parent": None,
        "level": level,
        "start": start,
        "end": end,
        "heading": heading,
        "number": None,
        "title": None,
        "topic": topic,
    }


def test_topics_over_characters() -> None:
    half = TEXT.index("市财政局")
    gold = record(sections=[section(0, half, 1, "disputes"), section(half, len(TEXT), 1, "functions")])
    found = record(sections=[section(0, len(TEXT), 1, "disputes")])
    scores = score([gold], [found])
    assert scores.results["topics"].value == pytest.approx(half / len(TEXT))
    share = 2 * half / (half + len(TEXT))
    assert scores.macro_topics == pytest.approx((share + 0) / 2)


def test_headings_need_start_and_level() -> None:
    gold = record(sections=[section(0, 10, 1, "disputes", {"start": 0, "end": 4})])
    found = record(sections=[section(0, 10, 2, "disputes", {"start": 0, "end": 4})])
    assert score([gold], [found]).results["headings"].value == 0.0
    assert score([gold], [gold]).results["headings"].value == 1.0


def test_metadata_over_the_fields_of_gold() -> None:
    scores = score([record(title="甲", year="2022", issuer=None)], [record(title="甲", year="2021", issuer=None)])
    assert scores.results["metadata"].value == pytest.approx(2 / 3)


def test_optimal_pairs_are_one_to_one() -> None:
    """Greedy matching would pair (0, 10) with (8, 20) and leave (9, 12) alone."""
    pairs = optimal_pairs([(0, 10), (9, 12)], [(8, 20), (0, 3)])
    assert sorted(pairs) == [(0, 1), (1, 0)]
    assert optimal_pairs([], [(0, 1)]) == []
    assert optimal_pairs([(0, 2), (0, 2)], [(0, 2)]) in ([(0, 0)], [(1, 0)]), "a duplicate is matched once"


def test_interval_of_a_tally() -> None:
    tally = Tally("f1")
    for sentence in range(50):
        tally.add(sentence, right=sentence % 2, predicted=1, gold=1)
    result = summarize(tally, bootstrap_weights(50, 400, 1))
    assert result.low < result.value == 0.5 < result.high
    assert np.array_equal(bootstrap_weights(50, 4, 1), bootstrap_weights(50, 4, 1))
    assert f1(0, 0, 0) == 1.0


def test_faults_are_named() -> None:
    with pytest.raises(AnnotationError, match="no prediction for gold report 'r'"):
        score([record()], [])
    with pytest.raises(AnnotationError, match="there twice"):
        score([record()], [record(), record()])
    with pytest.raises(AnnotationError, match="of another text"):
        score([record()], [record().model_copy(update={"text": "别的"})])


def test_gold_against_itself_is_perfect_and_printable() -> None:
    gold = list(read_records(GOLD_RECORD))
    scores = score(gold, gold)
    assert {name: r.value for name, r in scores.results.items()} == dict.fromkeys(scores.results, 1.0)
    assert scores.macro_topics == 1.0
    assert list(error_lines(scores)) == []
    assert any(line.startswith("QUANTITY item") for line in table(scores))
    json.dumps(as_json(scores), ensure_ascii=False)
