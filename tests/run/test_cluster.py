"""The same run on Ray: the same bytes once sorted, finished report by report after a fault, clear errors."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_pool import FAULTS, harmful, lines

from pipeline.errors import GongwenError, MissingComponent, OutputError
from pipeline.run import Setup, Target, find_jobs
from pipeline.run.cluster import Index, Row, _connect, run_on_cluster, write_piece
from pipeline.run.jobs import fingerprint
from pipeline.run.worker import Outcome, failure
from pipeline.storage import Format, lines_of

SECONDS = 400
"""For one run on Ray: starting it takes some 20 seconds of a processor, many times that where others keep the machine busy."""

ERRORS = [
    ("r03", "UnreadableReport"), ("r07", "WorkerDied"), ("r11", "TimeLimit"), ("many~2", "UnreadableReport"), ("many~3", "WorkerDied"),
]  # fmt: skip

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed: pip install 'gongwen[ray]'")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "pipeline", "extract", *map(str, arguments)]


@needs_ray
@pytest.mark.slow
@pytest.mark.foreign
def test_a_local_ray_of_two_workers(tmp_path: Path) -> None:
    """Killed half way, finished: the records and errors of a run of this machine alone, each once."""
    texts = {f"r{number:02}.txt": f"2021年，受理案件{number + 2}件，办结{number + 1}件。" * (number + 1) for number in range(24)}
    texts |= {"r03.txt": "", "r07.txt": "?crash", "r11.txt": "!hang"}
    folder = harmful(tmp_path / "in", texts)
    table = tmp_path / "many.jsonl"
    table.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("受理案件2件。", "", "?crash", "受理案件4件。")), "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FAULTS), *sys.path]), "RAY_worker_register_timeout_seconds": "300"}
    local = tmp_path / "local.jsonl"
    options = ("--timeout", "30", "--workers", "2")
    done = subprocess.run(command(folder, table, "-o", local, *options), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr

    out = tmp_path / "out"
    on_ray = command(folder, table, "-o", out, *options, "--engine", "ray", "--shard-size", "4")
    working = tmp_path / "out.part"
    with (tmp_path / "log.txt").open("wb") as log:
        run = subprocess.Popen(on_ray, env=environment, stderr=log, stdout=log, start_new_session=True)
        deadline = time.monotonic() + SECONDS
        while run.poll() is None and len(list(working.glob("*.note"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL, f"over before it was killed: {(tmp_path / 'log.txt').read_text('utf-8')}"
    assert list(working.glob("*.note")), f"nothing written in {SECONDS} seconds"
    before = {path.name for path in out.iterdir()}
    (out / "records-torn.jsonl").write_text("half a li")
    for _ in range(3):  # Ray itself may break off on a machine that is busy
        done = subprocess.run([*on_ray, "--resume"], env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
        assert "Traceback" not in done.stderr, done.stderr
        if done.returncode != 2:
            break
    assert done.returncode == 1, done.stderr
    assert [(error["id"], error["error"]) for error in lines(tmp_path / "local.errors.jsonl")] == ERRORS
    assert (tmp_path / "out.errors.jsonl").read_text("utf-8") == (tmp_path / "local.errors.jsonl").read_text("utf-8")
    assert before <= {path.name for path in out.iterdir()}, "what was finished is kept"
    assert sorted(lines_of(out)) == sorted(lines_of(local))
    assert not working.exists()


def target_with_pieces(tmp_path: Path) -> tuple[Target, Path]:
    """A cluster's output of which two pieces are written: of a.txt all, of many.jsonl the first and the third report."""
    folder = harmful(tmp_path / "in", {"a.txt": "一。", "b.txt": "二。"})
    (tmp_path / "in" / "many.jsonl").write_text("{}\n" * 3)
    target = Target.of(tmp_path / "out", 10, Format.jsonl)
    target.path.mkdir()
    target.working.mkdir()
    jobs = {job.id: job for job in find_jobs([folder / "a.txt", folder / "b.txt", folder / "many.jsonl"])}
    key = {name: fingerprint(job.path) for name, job in jobs.items()}

    def row(name: str, number: int, reports: int | None = None) -> dict[str, object]:
        return {**asdict(Row.of(Outcome(jobs[name], number, key[name], f'{{"id": "{name}{number}"}}'.encode(), 5))), "reports": reports}

    write_piece(target, [row("a", 0, reports=1), row("many", 0)])
    write_piece(target, [{**asdict(Row.of(failure(jobs["many"], 2, key["many"], "E", "no"))), "reports": 3}])
    return target, folder


def test_what_has_no_note_is_done_again_report_by_report(tmp_path: Path) -> None:
    target, folder = target_with_pieces(tmp_path)
    (target.path / "records-without-note.jsonl").write_text("half")
    index = Index(target)
    jobs = find_jobs([folder / "a.txt", folder / "b.txt", folder / "many.jsonl"])
    assert [index.done_of(job) for job in jobs] == [None, [], [0, 2]]
    assert index.totals() == (2, 1, 10)
    assert [json.loads(line)["id"] for line in index.errors(jobs)] == ["many~3"]
    assert sorted(lines_of(target.path)) == [b'{"id": "a0"}\n', b'{"id": "many0"}\n']


def test_a_report_that_is_there_twice_is_counted_once(tmp_path: Path) -> None:
    target, folder = target_with_pieces(tmp_path)
    (job,) = find_jobs([folder / "a.txt"])
    write_piece(target, [asdict(Row.of(Outcome(job, 0, "other", b'{"id": "again"}', 5)))])
    assert len(list(target.working.glob("*.note"))) == 3
    Index(target)
    assert len(list(target.working.glob("*.note"))) == 2
    assert len(list(target.path.iterdir())) == 1


def test_a_file_that_changed_under_a_cluster_is_a_clear_error(tmp_path: Path) -> None:
    target, folder = target_with_pieces(tmp_path)
    (folder / "a.txt").write_text("三。", "utf-8")
    with pytest.raises(OutputError, match=r"a\.txt has changed since the run was begun"):
        [Index(target).done_of(job) for job in find_jobs([folder / "a.txt"])]


def test_a_cluster_needs_a_folder_to_write_to(tmp_path: Path) -> None:
    jobs = find_jobs([tmp_path / "a.txt"])
    with pytest.raises(OutputError, match=r"a cluster writes a folder of files: give -o .*out with --shard-size"):
        run_on_cluster(jobs, Target.of(tmp_path / "out.jsonl"), Setup(), workers=1)


def test_without_ray_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "a.txt").write_text("受理案件2件。", "utf-8")
    with pytest.raises(MissingComponent, match=r"pip install 'gongwen\[ray\]'"):
        run_on_cluster(find_jobs([tmp_path / "a.txt"]), Target.of(tmp_path / "out", 5), Setup(), workers=1)


CONNECTIONS = {
    "a cluster that does not answer": ("10.0.0.1:6379", 1, 1, "at RAY_ADDRESS=10.0.0.1:6379 does not answer"),
    "no start": ("", 9, 3, "of this machine does not start"),
    "a slow start": ("", 2, 3, None),
}


@pytest.mark.parametrize(("address", "faults", "tries", "words"), CONNECTIONS.values(), ids=list(CONNECTIONS))
def test_a_ray_that_does_not_start_is_tried_again_then_one_line(
    monkeypatch: pytest.MonkeyPatch, address: str, faults: int, tries: int, words: str | None
) -> None:
    calls: list[object] = []

    def init(**options: object) -> None:
        calls.append(options)
        if len(calls) <= faults:
            raise ConnectionError("no\nway")

    monkeypatch.setenv("RAY_ADDRESS", address)
    for name in ("RAY_worker_niceness", "RAY_enable_metrics_collection"):
        monkeypatch.setenv(name, "0")
    with pytest.raises(GongwenError, match=rf"^the Ray {words} \(no way\)") if words else nullcontext():
        _connect(SimpleNamespace(init=init, shutdown=lambda: None), workers=2)
    assert len(calls) == tries
