"""The language of cases: sentences with the quantities they hold, as data in `tests/data/quantities/`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from conftest import DATA, cases

import pipeline
from pipeline.extractor import Extractor

FILES = sorted(path.name for path in (DATA / "quantities").glob("*.jsonl"))
ALL = [(name, case) for name in FILES for case in cases(f"quantities/{name}")]
# of the links and changes in the cases, so many are right: what the shipped model reaches, less a little
FLOORS = {"item": 0.88, "action": 0.9, "change": 0.96}


def parameters(pairs: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Cases with their names; one that is known to fail says why."""
    return [
        pytest.param(name, case, id=f"{name}:{case['text'][:20]}", marks=[pytest.mark.xfail(reason=case["xfail"])] if "xfail" in case else [])
        for name, case in pairs
    ]


def written(case: dict[str, Any], q: Any) -> str:
    return "".join(case["text"][q.start : q.end].split())


@pytest.mark.parametrize(("name", "case"), parameters(ALL))
def test_grammar(name: str, case: dict[str, Any]) -> None:
    found = [(written(case, q), Fraction(q.value), q.value_max and Fraction(q.value_max), q.unit, q.bound) for q in pipeline.quantities(case["text"])]
    expected = [(q["text"], Fraction(q["value"]), q.get("value_max") and Fraction(q["value_max"]), q["unit"], q["bound"]) for q in case["quantities"]]
    assert found == expected, case.get("why")


@pytest.mark.parametrize(("name", "case"), parameters([(name, case) for name, case in ALL if name.startswith("period")]))
def test_period_rate_and_total(name: str, case: dict[str, Any]) -> None:
    found = [(q.period, q.per, q.part_of) for q in pipeline.quantities(case["text"])]
    assert found == [(q.get("period"), q.get("per"), q.get("part_of")) for q in case["quantities"]], case.get("why")


def test_links_and_changes(extractor: Extractor) -> None:
    right = dict.fromkeys(FLOORS, 0)
    total = dict.fromkeys(FLOORS, 0)
    wrong = []
    for name, case in ALL:
        if name not in {"links.jsonl", "change.jsonl"}:
            continue
        for expected, q in zip(case["quantities"], extractor(case["text"]).quantities, strict=False):
            own = {"item": q.item and q.item.text, "action": q.action and q.action.text, "change": q.change}
            for field, value in own.items():
                total[field] += 1
                right[field] += value == expected.get(field)
                if value != expected.get(field):
                    wrong.append(f"{field} {value!r}, not {expected.get(field)!r}: {q.text} in {case['text']}")
    shares = {field: right[field] / max(total[field], 1) for field in FLOORS}
    assert all(shares[field] >= floor for field, floor in FLOORS.items()), f"{shares}\n" + "\n".join(wrong)


def test_enough_cases_and_enough_tricky_ones() -> None:
    assert len(ALL) >= 400
    assert sum(bool(case.get("why")) for _, case in ALL) >= len(ALL) / 3
