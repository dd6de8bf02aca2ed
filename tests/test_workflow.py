"""The whole way on a small set: train, extract, score, train again with one more name, extract again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT, ROOT
from typer.testing import CliRunner

import pipeline
from pipeline.annotation.folder import compile_folder
from pipeline.cli import app
from pipeline.errors import ModelError
from pipeline.model import CARD, checksums, shipped_model, verified_card
from pipeline.training.corpus import folds_by_pen, make_examples

runner = CliRunner()
NEW_TEXT = "一、工作情况\n宁州护湖哨卡检查水面30处。宁州护湖哨卡约谈企业2家。全年，宁州护湖哨卡立案4件。\n"
NEW_NOTES = """P pen=p98; kind=chapter
L 1
H 1 一、 工作情况
T enforcement
L 2
AGENCY 宁州护湖哨卡 | level=city
AGENCY 宁州护湖哨卡 | level=city
AGENCY 宁州护湖哨卡 | level=city
Q 30处 | value=30; unit=处; item=水面; action=检查
Q 2家 | value=2; unit=家; item=企业; action=约谈
Q 4件 | value=4; unit=件; action=立案
"""


def small_set(folder: Path) -> Path:
    """Five short pieces by different pens."""
    notes = sorted((ROOT / "annotations" / "train").rglob("*.notes"), key=lambda p: (p.stat().st_size, p.name))
    pens: dict[str, Path] = {}
    for path in notes:
        pens.setdefault(path.parent.name, path)
    for path in sorted(pens.values())[:5]:
        for file in path.parent.glob(f"{path.stem}.*"):
            shutil.copy(file, folder)
    return folder


def small_config(folder: Path) -> Path:
    text = (ROOT / "models" / "config.cfg").read_text("utf-8")
    path = folder / "config.cfg"
    path.write_text(text.replace("iterations = 150", "iterations = 25").replace("folds = 3", "folds = 2"), "utf-8")
    return path


def test_train_extract_score_and_train_again(tmp_path: Path) -> None:
    data, model, out = small_set(tmp_path / "data" if (tmp_path / "data").mkdir() is None else tmp_path), tmp_path / "model", tmp_path / "out.jsonl"
    arguments = ["train", "--annotations", str(data), "--config", str(small_config(tmp_path)), "-o", str(model)]
    assert runner.invoke(app, arguments).exit_code == 0
    first = checksums(model)
    assert runner.invoke(app, ["extract", str(GOLD_REPORT), "-o", str(out), "--model", str(model)]).exit_code == 0
    scored = runner.invoke(app, ["score", str(GOLD_RECORD), str(out), "--json"])
    assert json.loads(scored.stdout)["metrics"]["QUANTITY"]["value"] > 0.9

    again = tmp_path / "again"
    assert runner.invoke(app, [*arguments[:-1], str(again)]).exit_code == 0
    assert checksums(again) == first, "the same inputs give the same model, file by file"

    probe = tmp_path / "probe.txt"
    probe.write_text("今年，宁州护湖哨卡检查水面12处。", "utf-8")
    (data / "new.txt").write_text(NEW_TEXT, "utf-8")
    (data / "new.notes").write_text(NEW_NOTES, "utf-8")
    assert runner.invoke(app, [*arguments, "--force"]).exit_code == 0
    assert runner.invoke(app, ["extract", str(probe), "-o", str(out), "--model", str(model)]).exit_code == 0
    record = json.loads(out.read_text("utf-8"))
    assert "宁州护湖哨卡" in [e["text"] for e in record["entities"] if e["label"] == "AGENCY"], "a name that was taught is found"


def test_a_fault_in_the_notes_leaves_the_old_model(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("文。", "utf-8")
    (tmp_path / "bad.notes").write_text("L 1\nX\n", "utf-8")
    model = tmp_path / "model"
    shutil.copytree(shipped_model(), model)
    before = checksums(model)
    done = runner.invoke(app, ["train", "--annotations", str(tmp_path), "--config", str(ROOT / "models" / "config.cfg"), "-o", str(model)])
    assert done.exit_code == 2
    assert "bad.notes:2: unknown tag X" in done.output
    assert checksums(model) == before


def test_a_changed_or_planted_file_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(shipped_model(), model)
    verified_card(model)
    (model / "entities" / "planted.pkl").write_bytes(b"cos\nsystem\n")
    with pytest.raises(ModelError, match="is a pickle"):
        pipeline.load(model)
    (model / "entities" / "planted.pkl").unlink()
    (model / "meta.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="is not the file that the model's card names"):
        pipeline.load(model)
    (model / CARD).unlink()
    with pytest.raises(ModelError, match="is no model"):
        pipeline.load(model)


def test_spacy_loads_the_shipped_model_as_any_other(tmp_path: Path) -> None:
    import spacy

    nlp = spacy.load(shipped_model())
    docs = list(nlp.pipe(["市司法局受理案件12件。", "县公安局办结案件8件。"]))
    assert [doc.ents[0].label_ for doc in docs] == ["AGENCY", "AGENCY"]
    nlp.to_disk(tmp_path / "copy")
    assert spacy.load(tmp_path / "copy")("市司法局受理案件12件。").ents[0].text == "市司法局"


def test_a_stage_can_be_left_out() -> None:
    import spacy

    nlp = spacy.load(shipped_model(), exclude=["links", "topics"])
    from pipeline.layers import layers_of

    layers = layers_of(nlp("市司法局受理案件12件。"))
    assert layers.quantities[0].item is None


def test_folds_hold_every_pen_once() -> None:
    import spacy

    pieces = compile_folder(ROOT / "annotations" / "train")[:6]
    examples = make_examples(pieces, spacy.load(shipped_model()))
    folds = folds_by_pen(examples, 3)
    assert sorted(pen for fold in folds for pen in fold) == sorted({p.pen for p in pieces})
