"""Calibrated scores: what was found stays, its scores become the learned probabilities."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.layers import Entity, Layers, Quantity, Section
from pipeline.learning.calibration import Calibration
from pipeline.stages.calibration.logic import calibrate, load, save
from pipeline.view import make_view


def layers() -> Layers:
    found = Layers(make_view("市司法局受理案件12件。"))
    found.entities = [Entity("AGENCY", 0, 4, score=0.5), Entity("MEASURE", 4, 6, score=0.5)]
    found.quantities = [Quantity(8, 11, "12", None, "件", "exact", item=(6, 8), action=(4, 6), score=0.72, item_score=0.9, action_score=0.8)]
    found.sections = [Section(0, 12, 1, topic="meta", score=0.5), Section(0, 12, 1, topic="disputes", score=0.5)]
    return found


def test_each_kind_of_score_has_its_own_calibration(tmp_path: Path) -> None:
    learned = {"AGENCY": Calibration(bias=1.0), "item": Calibration(2.0, 2.0), "topic": Calibration(bias=-1.0)}
    save(learned, tmp_path)
    assert load(tmp_path) == learned
    found = layers()
    calibrate(found, load(tmp_path))
    assert [e.score for e in found.entities] == pytest.approx([0.7311, 0.5], abs=1e-4)
    assert [s.score for s in found.sections] == pytest.approx([0.5, 0.2689], abs=1e-4), "a topic that the layout gives has no model's score"
    quantity = found.quantities[0]
    assert (quantity.item_score, quantity.action_score, quantity.score) == pytest.approx((81 / 82, 0.8, 0.72), abs=1e-4)


def test_nothing_learned_leaves_scores_as_they_are() -> None:
    found = layers()
    calibrate(found, {})
    assert (found.entities, found.quantities, found.sections) == (layers().entities, layers().quantities, layers().sections)
