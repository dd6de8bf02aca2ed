"""Gains, losses and the paired bootstrap, against cases counted by hand; and what training does with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import GOLD_RECORD
from test_scoring import TEXT, entity, quantity, record
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import AnnotationError
from pipeline.model import checksums, shipped_model
from pipeline.record import Record, read_records, write_records
from pipeline.scoring.compare import LayerChange, compare
from pipeline.scoring.predictions import gold_records, predictions
from pipeline.training.install import install, recover

runner = CliRunner()
AGENCIES = [entity("AGENCY", 0, 4, canonical="市司法局"), entity("AGENCY", 17, 21, canonical="市财政局")]
NUMBER = quantity(8, 11, "12", "件")


def many(count: int, **layers: Any) -> list[Record]:
    """The same report under many names, as a set big enough to be sure of a difference."""
    return [record(**layers).model_copy(update={"id": f"r{n}"}) for n in range(count)]


def test_an_item_that_only_one_has_right_is_a_gain_or_a_loss() -> None:
    gold = many(1, entities=AGENCIES, quantities=[NUMBER])
    old = many(1, entities=AGENCIES[:1], quantities=[NUMBER])
    new = many(1, entities=AGENCIES[1:], quantities=[{**NUMBER, "value": "13"}])
    found = compare(gold, old, new)
    assert [(c.layer, c.problem, c.text) for c in found.gains] == [("AGENCY", "missed", "市财政局")]
    assert [(c.layer, c.problem, c.text) for c in found.losses] == [("AGENCY", "missed", "市司法局"), ("QUANTITY value", "wrong", "12件")]
    assert found.losses[0].sentence == TEXT[:17]


def test_a_false_alarm_that_is_gone_is_a_gain() -> None:
    gold, old = many(1, entities=AGENCIES[:1]), many(1, entities=AGENCIES)
    found = compare(gold, old, gold)
    assert [(c.problem, c.text) for c in found.gains] == [("spurious", "市财政局")]
    assert found.losses == []


def test_what_both_have_wrong_is_neither() -> None:
    gold = many(1, entities=AGENCIES)
    assert compare(gold, many(1), many(1)).gains == []


def test_topics_are_compared_by_sentence() -> None:
    def part(topic: str) -> list[Any]:
        return [
            {"id": "s1", "parent": None, "level": 1, "start": 0, "end": len(TEXT), "heading": None, "number": None, "title": None, "topic": topic}
        ]

    found = compare(many(1, sections=part("disputes")), many(1, sections=part("plans")), many(1, sections=part("disputes")))
    assert [c.layer for c in found.gains] == ["topics", "topics"]
    assert "predicted plans" in found.gains[0].detail


def test_the_p_value_is_of_the_same_draws() -> None:
    """One of two agencies lost in every report is certain; one lost in one report of forty is not; no difference has p 1."""
    gold = many(40, entities=AGENCIES)
    worse = many(40, entities=AGENCIES[:1])
    one = [*gold[:39], worse[39]]
    by_layer = {c.layer: c for c in compare(gold, gold, worse).layers}
    assert by_layer["AGENCY"].p < 0.01
    assert by_layer["AGENCY"].is_worse
    assert not {c.layer: c for c in compare(gold, worse, gold).layers}["AGENCY"].is_worse
    assert {c.layer: c for c in compare(gold, gold, one).layers}["AGENCY"].p > 0.3
    assert {c.p for c in compare(gold, one, one).layers} == {1.0}


def test_better_is_never_worse() -> None:
    assert not LayerChange("LAW", 0.5, 0.9, 0.001).is_worse
    assert LayerChange("LAW", 0.9, 0.5, 0.001).is_worse


def test_the_command_compares_models_and_files(tmp_path: Path) -> None:
    (gold,) = read_records(GOLD_RECORD)
    write_records(tmp_path / "worse.jsonl", [gold.model_copy(update={"entities": gold.entities[:4]})])
    done = runner.invoke(app, ["compare", str(shipped_model()), str(tmp_path / "worse.jsonl"), "--on", str(GOLD_RECORD)])
    assert done.exit_code == 1
    assert "AGENCY" in done.stdout
    assert "- lianyungang-2021: LAW: now missed" in done.stdout
    plain = runner.invoke(app, ["compare", str(GOLD_RECORD), str(GOLD_RECORD), "--on", str(GOLD_RECORD.parent), "--json"])
    assert plain.exit_code == 0
    assert json.loads(plain.stdout)["gains"] == []


def test_wrong_paths_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no gold records"):
        gold_records([tmp_path])
    with pytest.raises(AnnotationError, match="neither a model folder nor"):
        predictions(tmp_path / "nowhere", [])
    shutil.copy(GOLD_RECORD, tmp_path / "a.jsonl")
    shutil.copy(GOLD_RECORD, tmp_path / "b.jsonl")
    with pytest.raises(AnnotationError, match="is there twice"):
        gold_records([tmp_path])


def test_installing_keeps_the_old_one_when_it_fails(tmp_path: Path) -> None:
    old = tmp_path / "model"
    old.mkdir()
    (old / "a").write_text("old", "utf-8")
    with pytest.raises(FileNotFoundError):
        install(tmp_path / "missing", old)
    assert (old / "a").read_text("utf-8") == "old"
    old.rename(tmp_path / ".model.old")
    recover(old)
    assert (old / "a").read_text("utf-8") == "old", "a run killed between the two renames is mended"
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    install(fresh, old)
    assert checksums(old) == {}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]
