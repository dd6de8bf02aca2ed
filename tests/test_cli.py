"""The command line as a user meets it: good runs, bad input, resume, help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.readers import ALL_SUFFIXES, DOCUMENTS
from pipeline.run import Target

runner = CliRunner()


def errors_path(output: Path) -> Path:
    return Target.of(output).errors


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_extract_and_score_the_gold_report(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = runner.invoke(app, ["extract", str(GOLD_REPORT), "-o", str(out), "--summary"])
    assert done.exit_code == 0, done.output
    assert "连政发〔2022〕18号" in done.output
    assert not errors_path(out).exists()
    scored = runner.invoke(app, ["score", str(GOLD_RECORD), str(out), "--json"])
    assert scored.exit_code == 0
    metrics = json.loads(scored.stdout)["metrics"]
    floors = {
        "LAW": 0.9,
        "AGENCY": 0.8,
        "MEASURE": 0.6,
        "QUANTITY span+value+unit+bound": 0.9,
        "QUANTITY item": 0.7,
        "headings": 0.95,
        "topics": 0.85,
    }
    assert {name for name, floor in floors.items() if metrics[name]["value"] < floor} == set()
    listed = runner.invoke(app, ["score", str(GOLD_RECORD), str(out), "--errors"])
    assert "MEASURE: missed" in listed.stdout


BAD = {
    "empty.txt": (b"", "is empty"),
    "spaces.txt": (" \n\u3000\n".encode(), "holds no text"),
    "binary.txt": (b"\x00\x01\x02" * 40, "binary file"),
    "broken.txt": ("受理案件".encode() + b"\xff\xfe\xfa" + "件".encode(), "neither UTF-8"),
    "fake.md": (b"%PDF-1.7 ...", "a PDF"),
    "fake.docx": (b"no zip", "not a Word file"),
    "fake.pdf": (b"no pdf", "not a readable PDF"),
    "long.txt": (("受理案件12件。" * 130_000).encode(), "more than the limit"),
}


def test_bad_files_are_lines_of_the_error_file_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, (data, _) in BAD.items():
        (folder / name).write_bytes(data)
    (folder / "good.txt").write_text("2021年，受理案件12件。", "utf-8")
    (folder / "english.txt").write_text("This report has no Chinese at all, and 12 lines.", "utf-8")
    out = tmp_path / "out.jsonl"
    done = runner.invoke(app, ["extract", str(folder), str(tmp_path / "missing.txt"), "-o", str(out)])
    assert done.exit_code == 1
    assert [r["id"] for r in records(out)] == ["english", "good"]
    errors = {str(e["path"]): str(e["message"]) for e in records(errors_path(out))}
    assert set(errors) == {*BAD, "missing.txt"}
    for name, (_, words) in BAD.items():
        assert words in errors[name]
    assert "no such file" in errors["missing.txt"]
    assert all("\n" not in message for message in errors.values())
    assert "Traceback" not in done.output


def test_half_a_million_characters_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("市司法局全年受理行政复议案件783件，同比增长66.24%，" * 17_000, "utf-8")
    out = tmp_path / "out.jsonl"
    assert runner.invoke(app, ["extract", str(path), "-o", str(out)]).exit_code == 0
    (record,) = records(out)
    text, quantities = str(record["text"]), list(record["quantities"])  # type: ignore[call-overload]
    assert len(text) > 500_000
    assert len(quantities) == 34_000
    assert all(text[q["start"] : q["end"]] == q["text"] for q in quantities)


@pytest.mark.parametrize("workers", [1, 2])
def test_order_and_bytes_do_not_depend_on_workers(tmp_path: Path, workers: int) -> None:
    for number in range(6):
        (tmp_path / f"r{number}.txt").write_text(f"2021年，受理案件{number + 2}件，办结{number + 1}件。", "utf-8")
    out = tmp_path / f"out{workers}.jsonl"
    assert runner.invoke(app, ["extract", str(tmp_path), "-o", str(out), "--workers", str(workers)]).exit_code == 0
    assert [r["id"] for r in records(out)] == [f"r{n}" for n in range(6)]
    alone = tmp_path / "alone.jsonl"
    runner.invoke(app, ["extract", str(tmp_path), "-o", str(alone)])
    assert out.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "no.jsonl", "no.jsonl"], "no such file"),
        (["extract", ".github-is-empty"], "no such file"),
        (["annotate", "compile", "nowhere"], "no such folder"),
        (["extract", "x.txt", "--model", "nowhere"], "is no model"),
        (["train", "--config", "nowhere.cfg"], "no training configuration"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = runner.invoke(app, arguments)
    assert done.exit_code in {1, 2}
    assert words in done.output
    assert "Traceback" not in done.output


def test_pkuseg_without_a_model_says_how_to_train_one(tmp_path: Path) -> None:
    done = runner.invoke(
        app, ["extract", str(GOLD_REPORT), "-o", str(tmp_path / "o.jsonl"), "--segmenter", "pkuseg", "--segmenter-model", str(tmp_path)]
    )
    assert done.exit_code == 2
    assert "pkuseg segmenter needs a trained model" in done.output


@pytest.mark.parametrize("segmenter", ["char", "jieba", "pkuseg"])
def test_segmenters(tmp_path: Path, segmenter: str) -> None:
    (tmp_path / "r.txt").write_text("市司法局受理行政复议案件12件。", "utf-8")
    out = tmp_path / "out.jsonl"
    assert runner.invoke(app, ["extract", str(tmp_path / "r.txt"), "-o", str(out), "--segmenter", segmenter]).exit_code == 0
    (record,) = records(out)
    tokens = [str(record["text"])[s:e] for s, e in record["tokens"]]  # type: ignore[union-attr]
    assert "".join(tokens) == record["text"]
    assert (len(tokens) == len(str(record["text"]))) == (segmenter == "char")


def test_help_imports_neither_spacy_nor_numpy() -> None:
    code = "import sys; sys.argv = ['gongwen', '--help']\nfrom pipeline.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "print('loaded', [m for m in ('spacy', 'numpy', 'pandas', 'sklearn', 'pydantic') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "loaded []" in shown
    assert "extract" in shown


@pytest.mark.parametrize(("command", "suffixes"), [("extract", ALL_SUFFIXES), ("explain", DOCUMENTS)])
def test_help_names_every_format_that_has_a_reader(command: str, suffixes: Iterable[str]) -> None:
    shown = runner.invoke(app, [command, "--help"], env={"COLUMNS": "120"}).stdout
    assert set(suffixes) <= set(re.findall(r"\.[a-z]+", shown))


def test_extraction_imports_neither_pandas_nor_sklearn() -> None:
    code = "import sys, pipeline; pipeline.load()('受理案件12件。')\nprint([m for m in ('pandas', 'sklearn', 'scipy', 'pycrfsuite') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_schema_and_quantities_print() -> None:
    assert json.loads(runner.invoke(app, ["schema"]).stdout)["title"] == "Record"
    assert runner.invoke(app, ["quantities", "追发工资近5629万元"]).stdout.splitlines() == [
        "id\ttext\tvalue\tunit\tbound\tbase",
        "q1\t近5629万元\t56290000\t元\tbelow\t56290000 元",
    ]
