"""Cross-validation and the learning curve, on a set small enough to train in seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT, ROOT
from test_workflow import small_config, small_set
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import AnnotationError
from pipeline.extractor import load
from pipeline.layers import Entity, Layers, Quantity, Section
from pipeline.model import checksums, shipped_model, verified_card
from pipeline.record import read_records
from pipeline.scoring.reliability import Judged, calibration_error, error_table, reliability_table
from pipeline.stages.calibration.logic import KINDS, save
from pipeline.training.card import write_card
from pipeline.training.corpus import Example
from pipeline.training.crossval import cross_validate, tables, write_into_card
from pipeline.training.curve import learning_curve, plot
from pipeline.training.curve import table as curve_table
from pipeline.training.unseen import judge
from pipeline.view import make_view

runner = CliRunner()


def quiet(line: str) -> None:
    """Say nothing."""


def test_calibration_error_by_hand() -> None:
    """Ten predictions at 0.95 of which nine are right, two at 0.55 of which one is: (10 × 0.05 + 2 × 0.05) / 12."""
    cases = [Judged("LAW", 0.95, i > 0) for i in range(10)] + [Judged("LAW", 0.55, True), Judged("LAW", 0.55, False)]
    assert calibration_error(cases) == pytest.approx(0.05)
    assert calibration_error([]) == 0.0
    assert calibration_error([Judged("LAW", 1.0, False)]) == 1.0
    kinds = ("LAW", "AGENCY")
    assert "| LAW | 12 | 0.833 | 0.883 | 0.050 |" in list(error_table(cases, kinds))
    assert "| 0.9–1.0 | 0.90 of 10 | — |" in list(reliability_table(cases, kinds))
    assert len(list(reliability_table(cases, kinds))) == 12


def judged_example() -> tuple[Example, Layers]:
    """A text with its labels, and what a model might find in it: a wrong agency, a number with a wrong item, a right topic."""
    view = make_view("市司法局受理案件12件，办结8件。")
    gold, found = Layers(view), Layers(view)
    gold.entities = [Entity("AGENCY", 0, 4)]
    found.entities = [Entity("AGENCY", 0, 4, score=0.9), Entity("AGENCY", 1, 4, score=0.3)]
    gold.quantities = [Quantity(8, 11, "12", None, "件", "exact", item=(6, 8), action=(4, 6)), Quantity(14, 16, "8", None, "件", "exact")]
    found.quantities = [Quantity(8, 11, "12", None, "件", "exact", item=(4, 8), action=(4, 6)), Quantity(14, 16, "8", None, "件", "exact")]
    gold.sections, found.sections = [Section(0, 17, 1, topic="disputes")], [Section(0, 17, 1, topic="disputes", score=0.7)]
    return Example("a", "p1", gold), found


def test_what_is_found_is_judged_by_the_labels() -> None:
    right = [(case.kind, case.is_right) for case in judge(*judged_example())]
    links = [("item", False), ("action", True), ("quantity", False), ("item", True), ("action", True), ("quantity", True)]
    assert right == [("AGENCY", True), ("AGENCY", False), *links, ("topic", True)]


@pytest.mark.slow
def test_cross_validation_and_curve(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data, config, card = small_set(tmp_path / "data"), small_config(tmp_path), tmp_path / "card.md"
    held = cross_validate(data, config, 2, quiet)
    assert {case.kind for case in held.judged} == set(KINDS)
    assert all("▶" in line for line in held.disagreements)
    lines = list(tables(held))
    assert sum(line.startswith("| 0.") for line in lines) == 10
    assert any(line.startswith("| QUANTITY item |") for line in lines)

    card.write_text("no place", "utf-8")
    with pytest.raises(AnnotationError, match="no place for the tables"):
        write_into_card(held, card)
    shutil.copy(ROOT / "models" / "README.md", card)
    write_into_card(held, card)
    once = card.read_text("utf-8")
    write_into_card(held, card)
    assert card.read_text("utf-8") == once, "written again, the tables take the place of the old ones"
    assert "\n".join(lines) in once

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
    assert set(card["parts"]) == {"entities", "links", "topics", "calibration"}
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


def test_calibration_alone_moves_scores_and_nothing_else(small_model: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Of a model whose scores are as its parts give them."""
    model, arguments = small_model
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    save({}, copy / "calibration")
    card = verified_card(model)
    write_card(copy, card | {"parts": {part: {"date": "2020-01-01"} for part in card["parts"]}})
    before = load(copy)(GOLD_REPORT.read_text("utf-8"))
    done = runner.invoke(app, [*arguments[:-1], str(copy), "--only", "calibration"])
    assert done.exit_code == 0, done.output
    assert checksums(copy) == checksums(model), "weights are as they were, calibrators those that a whole training gives"
    parts = verified_card(copy)["parts"]
    assert [part for part in parts if parts[part]["date"] > "2020-01-01"] == ["calibration"]
    after = load(copy)(GOLD_REPORT.read_text("utf-8"))
    hidden = {"pipeline": True, **{layer: {"__all__": {"score"}} for layer in ("entities", "quantities", "sections")}}
    assert after.model_dump(exclude=hidden) == before.model_dump(exclude=hidden)
    for layer in ("entities", "quantities", "sections"):
        scores = [[thing.score for thing in getattr(record, layer)] for record in (before, after)]
        assert scores[0] != scores[1], layer


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("folds = 2\n", "", "[gongwen] needs `folds`"),
        ("folds = 2", "folds = 0", "[gongwen] needs `folds`"),
        (',"calibration"', "", "no component 'calibration' to train"),
    ],
)
def test_a_configuration_that_cannot_work_is_one_line_before_anything_is_trained(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "data").mkdir()
    data, config = small_set(tmp_path / "data"), small_config(tmp_path)
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new), "utf-8")
    done = runner.invoke(app, ["train", "--annotations", str(data), "--config", str(config), "-o", str(tmp_path / "model")])
    assert done.exit_code == 2
    assert said in done.output
    assert "step 1" not in done.output
    assert not (tmp_path / "model").exists()


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
