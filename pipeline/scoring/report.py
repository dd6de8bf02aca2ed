"""Scores for people (a table, the errors) and for machines (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.scoring.score import Scores
from pipeline.scoring.tally import Result


def as_json(scores: Scores) -> dict[str, Any]:
    """All figures and errors as plain data."""
    return {
        "reports": scores.reports,
        "metrics": {name: {key: getattr(result, key) for key in Result.__slots__} for name, result in scores.results.items()},
        "topics": {"macro_f1": scores.macro_topics, "f1": scores.topics},
        "errors": [{key: getattr(case, key) for key in case.__slots__} for case in scores.cases],
    }


def table(scores: Scores) -> Iterator[str]:
    """Lines of an aligned table: metric, value with its interval, precision, recall, counts."""
    yield f"{'layer':34} {'F1/acc':>7}  {'95 % interval':>15} {'P':>6} {'R':>6} {'right':>6} {'pred':>6} {'gold':>6}"
    for name, r in scores.results.items():
        precision = f"{r.precision:6.3f}" if r.precision is not None else " " * 6
        recall = f"{r.recall:6.3f}" if r.recall is not None else " " * 6
        yield (f"{name:34} {r.value:7.3f}  {f'{r.low:.3f}–{r.high:.3f}':>15} {precision} {recall} {r.right:6.0f} {r.predicted:6.0f} {r.gold:6.0f}")
    if scores.macro_topics is not None:
        yield f"{'topics macro-F1':34} {scores.macro_topics:7.3f}"


def error_lines(scores: Scores) -> Iterator[str]:
    """Every error with its sentence."""
    for case in scores.cases:
        detail = f" ({case.detail})" if case.detail else ""
        yield f"{case.report}: {case.layer}: {case.problem}: {case.text}{detail}\n    {case.sentence}"
