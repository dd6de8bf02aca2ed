"""What to label next: unsure, unseen and diverse sentences first, with reasons; and excerpts that can be labelled alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT
from test_workflow import small_config, small_set
from typer.testing import CliRunner

from pipeline.annotation.folder import compile_folder, record_faults
from pipeline.annotation.pick import Candidate, choose, excerpt, without_overlaps
from pipeline.annotation.picking import excerpts, pick, seen_names
from pipeline.cli import app
from pipeline.errors import GongwenError
from pipeline.extractor import Extractor
from pipeline.record import read_records
from pipeline.training.active import experiment, plot, table

runner = CliRunner()
PLAIN = "市司法局受理行政复议案件12件。"
NEW = "宁州港航物流枢纽统筹办会同相关单位推行“一船三查”模式和岸电随手充机制。"


def quiet(line: str) -> None:
    """Say nothing."""


def candidate(text: str, value: float) -> Candidate:
    return Candidate("r", 0, len(text), text, value)


def test_the_second_of_two_alike_sentences_comes_after_another_one() -> None:
    alike, twin, other = candidate("全市查处案件十二件。", 1.0), candidate("全市查处案件十三件。", 0.9), candidate("推行一窗受理模式。", 0.5)
    assert choose([alike, twin, other], 2) == [alike, other]
    assert choose([alike, twin, other], 3) == [alike, other, twin]
    assert choose([candidate("什么也没有。", 0.0)], 3) == [], "where there is nothing to learn nothing is chosen"
    assert choose([alike, other], 9, characters=5) == [alike]


def test_what_the_model_knows_comes_last(tmp_path: Path, extractor: Extractor) -> None:
    path = tmp_path / "new.txt"
    path.write_text(f"{PLAIN}\n{NEW}\n", "utf-8")
    picked = pick([path], extractor, {"市司法局"}, 5, quiet)
    assert picked[0].candidate.text == NEW
    assert picked[0].line == 2
    assert any("is in no training report" in reason for reason in picked[0].candidate.reasons)


def test_a_file_that_cannot_be_read_is_said_and_the_others_go_on(tmp_path: Path, extractor: Extractor) -> None:
    said: list[str] = []
    path = tmp_path / "new.txt"
    path.write_text(NEW, "utf-8")
    assert len(pick([tmp_path / "nowhere.txt", path], extractor, set(), 5, said.append)) == 1
    assert said == ["nowhere.txt: no such file"]
    with pytest.raises(GongwenError, match="none of these reports"):
        pick([tmp_path / "nowhere.txt"], extractor, set(), 5, quiet)


def test_an_excerpt_holds_what_its_numbers_link_to() -> None:
    (gold,) = read_records(GOLD_RECORD)
    q = next(q for q in gold.quantities if q.item and q.start - q.item.end > 10)
    assert q.item
    part = excerpt(gold, q.start, q.end, "part")
    assert part.text == gold.text[q.item.start : q.end]
    assert part.quantities[-1].item
    assert part.quantities[-1].item.text == q.item.text
    assert list(record_faults(part)) == []


def test_spans_that_overlap_are_joined() -> None:
    assert without_overlaps([(5, 9), (0, 3), (8, 12), (12, 14)]) == [(0, 3), (5, 12), (12, 14)]


def test_excerpts_are_records_with_their_pre_annotations(extractor: Extractor) -> None:
    picked = pick([GOLD_REPORT], extractor, set(), 20, quiet)
    records = excerpts(picked)
    assert len({record.id for record in records}) == len(records) <= 20
    assert sum(len(record.entities) for record in records) > 10
    for record in records:
        assert record.pipeline
        assert record.text in next(iter(read_records(GOLD_RECORD))).text


def test_names_of_the_training_set_are_known(tmp_path: Path) -> None:
    assert seen_names(tmp_path / "nowhere") == set()
    data = small_set(tmp_path)
    assert {e.text for piece in compile_folder(data) for e in piece.record.entities} == seen_names(data)


def test_the_command_gives_reasons_and_records(tmp_path: Path) -> None:
    out = tmp_path / "picked.jsonl"
    done = runner.invoke(app, ["annotate", "pick", str(GOLD_REPORT), "-n", "3", "-o", str(out), "--annotations", str(tmp_path)])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line[:2] for line in lines[::2]] == ["1.", "2.", "3."]
    assert all(line.startswith("     ") and line.strip() for line in lines[1::2])
    assert len(list(read_records(out))) <= 3


def test_the_experiment_measures_both_strategies_from_the_same_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data, config = small_set(tmp_path / "data"), small_config(tmp_path)
    points = list(experiment(data, config, (1000, 2000, 3000), 1, quiet))
    assert [p.strategy for p in points] == ["random"] * 3 + ["picked"] * 3
    assert points[0].f1 == points[3].f1
    assert points[0].characters == points[3].characters >= 1000
    assert all(0 <= p.f1 <= 1 for p in points)
    lines = list(table(points))
    assert len([line for line in lines if line.startswith("|")]) == 5
    plot(points, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5000
