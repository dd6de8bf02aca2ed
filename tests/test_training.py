"""Cross-validation and the learning curve, on a set small enough to train in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GOLD_RECORD, ROOT
from test_workflow import small_config, small_set

from pipeline.record import read_records
from pipeline.training.crossval import Held, calibration_error, cross_validate, reliability, table
from pipeline.training.curve import learning_curve, plot
from pipeline.training.curve import table as curve_table


def quiet(line: str) -> None:
    """Say nothing."""


def test_calibration_error_by_hand() -> None:
    """Ten predictions at 0.95 of which nine are right, two at 0.55 of which one is: (10 × 0.05 + 2 × 0.05) / 12."""
    held = Held(judged=[("LAW", 0.95, i > 0) for i in range(10)] + [("LAW", 0.55, True), ("LAW", 0.55, False)])
    assert calibration_error(held, "LAW") == pytest.approx(0.05)
    assert calibration_error(held, "AGENCY") == 0.0
    assert "| 0.9–1.0 | 0.90 of 10 | — | — |" in list(reliability(held))


@pytest.mark.slow
def test_cross_validation_and_curve(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data, config = small_set(tmp_path / "data"), small_config(tmp_path)
    held = cross_validate(data, config, 2, quiet)
    assert held.counts["AGENCY"][2] > 10
    assert len(list(table(held))) == 5
    assert all("▶" in line for line in held.disagreements)
    points = list(learning_curve(data, config, list(read_records(GOLD_RECORD)), [3000], 2, quiet))
    assert [len(p.scores["LAW"]) for p in points] == [2, 1]
    assert len(list(curve_table(points))) == 4
    plot(points, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5000


def test_config_is_the_one_that_the_shipped_model_was_trained_with() -> None:
    import hashlib

    from pipeline.model import shipped_model, verified_card

    card = verified_card(shipped_model())
    assert card["config_sha256"] == hashlib.sha256((ROOT / "models" / "config.cfg").read_bytes()).hexdigest()


def test_the_card_names_the_data_that_lies_here() -> None:
    from pipeline.annotation.folder import compile_folder
    from pipeline.model import shipped_model, verified_card
    from pipeline.training.card import piece_sum

    card = verified_card(shipped_model())
    assert card["data"]["sha256"] == {p.record.id: piece_sum(p) for p in compile_folder(ROOT / "annotations" / "train")}
