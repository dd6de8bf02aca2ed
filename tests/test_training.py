"""Cross-validation and the learning curve, on a set small enough to train in seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, ROOT
from test_workflow import small_config, small_set
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.model import checksums, shipped_model, verified_card
from pipeline.record import read_records
from pipeline.training.crossval import Held, calibration_error, cross_validate, reliability, table
from pipeline.training.curve import learning_curve, plot
from pipeline.training.curve import table as curve_table

runner = CliRunner()


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

    card = verified_card(shipped_model())
    assert card["config_sha256"] == hashlib.sha256((ROOT / "models" / "config.cfg").read_bytes()).hexdigest()


def test_the_card_names_the_data_that_lies_here() -> None:
    from pipeline.annotation.folder import compile_folder
    from pipeline.training.card import piece_sum

    card = verified_card(shipped_model())
    assert card["data"]["sha256"] == {p.record.id: piece_sum(p) for p in compile_folder(ROOT / "annotations" / "train")}


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A model trained on five pieces, and the arguments that it was trained with."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "data").mkdir()
    arguments = ["train", "--annotations", str(small_set(folder / "data")), "--config", str(small_config(folder)), "-o", str(folder / "model")]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return folder / "model", arguments


def test_the_card_says_what_a_reader_needs(small_model: tuple[Path, list[str]]) -> None:
    card = verified_card(small_model[0])
    assert set(card["parts"]) == {"entities", "links", "topics"}
    assert card["settings"]["entities"]["iterations"] == 25
    assert set(card["measured"]) == {"lianyungang-2021", "baoji-market-2022", "kuixi-2024"}
    value, low, high = card["scores"]["QUANTITY"]
    assert low <= value <= high
    assert len(card["date"]) == 10
    assert "python-crfsuite" in card["libraries"]


@pytest.mark.parametrize("part", ["topics", "entities"])
def test_one_part_alone_is_trained_again_to_the_same_files(small_model: tuple[Path, list[str]], tmp_path: Path, part: str) -> None:
    model, arguments = small_model
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    done = runner.invoke(app, [*arguments[:-1], str(copy), "--only", part])
    assert done.exit_code == 0, done.output
    assert checksums(copy) == checksums(model), "the same data and settings give the same part, the others are untouched"
    assert "0 gains, 0 losses" in done.output


def test_a_part_needs_a_model_to_go_into(tmp_path: Path, small_model: tuple[Path, list[str]]) -> None:
    done = runner.invoke(app, [*small_model[1][:-1], str(tmp_path / "none"), "--only", "topics"])
    assert done.exit_code == 2
    assert "is no model" in done.output


def test_a_worse_model_is_not_installed_unless_forced(small_model: tuple[Path, list[str]], tmp_path: Path) -> None:
    """The shipped model against one of five short pieces."""
    output = tmp_path / "model"
    shutil.copytree(shipped_model(), output)
    before = checksums(output)
    arguments = [*small_model[1][:-1], str(output), "--only", "entities"]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 1
    assert "not installed: significantly worse: LAW, AGENCY, MEASURE" in done.output.replace("\n", " ")
    assert checksums(output) == before
    rejected = tmp_path / "model.rejected"
    assert checksums(rejected) != before
    parts, old_parts = verified_card(rejected)["parts"], verified_card(output)["parts"]
    assert {part for part in parts if parts[part] != old_parts.get(part)} == {"entities"}
    assert runner.invoke(app, [*arguments, "--force"]).exit_code == 0
    assert checksums(output) == checksums(rejected)


def test_a_run_that_is_broken_off_leaves_the_old_model(small_model: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the new model is measured: nothing of it stays, and the old one is as it was."""
    from pipeline.training import train

    def broken(*arguments: object) -> None:
        raise KeyboardInterrupt

    output = tmp_path / "model"
    shutil.copytree(small_model[0], output)
    monkeypatch.setattr(train, "_measure", broken)
    done = runner.invoke(app, [*small_model[1][:-1], str(output), "--only", "topics"])
    assert done.exit_code == 130
    assert "the old model is as it was" in done.output
    assert checksums(output) == checksums(small_model[0])
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
