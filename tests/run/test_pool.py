"""Real workers: order, crashes, hangs, memory, files that hold several reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults"
OUTER_LIMIT = ["sh", "-c", 'ulimit -v 3000000 && exec "$0" "$@"']


def extract(*arguments: str | Path, fine: bool = True, within: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """`gongwen extract` as a user runs it, with readers that do harm where the text says so. `within`: a command to run it by."""
    command = [*within, sys.executable, "-m", "pipeline", "extract", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(FAULTS)}, timeout=300)
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if fine else 1), done.stderr
    return done


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def harmful(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.slow
def test_files_that_crash_or_hang_a_worker_are_lines_of_the_error_file(tmp_path: Path) -> None:
    texts = {f"r{number}.txt": f"受理案件{number + 2}件。" for number in range(8)}
    texts |= {"r1.txt": "!crash", "r3.txt": "?crash", "r5.txt": "!hang", "r6.txt": "?hang", "r7.txt": f"!once {tmp_path / 'flag'}"}
    folder = harmful(tmp_path / "in", texts)
    out = tmp_path / "out.jsonl"
    done = extract(folder, "-o", out, "--workers", "2", "--timeout", "6", fine=False)
    assert [record["id"] for record in lines(out)] == ["r0", "r2", "r4", "r7"]
    errors = lines(tmp_path / "out.errors.jsonl")
    assert [(error["id"], error["error"]) for error in errors] == [
        ("r1", "WorkerDied"),
        ("r3", "WorkerDied"),
        ("r5", "TimeLimit"),
        ("r6", "TimeLimit"),
    ]
    assert "r1.txt: the worker that read it died twice (SIGSEGV)" in str(errors[0]["message"])
    assert "r5.txt: took longer than 6 seconds" in done.stderr
    again = tmp_path / "again.jsonl"
    extract(folder, "-o", again, "--timeout", "6", fine=False)
    assert again.read_bytes() == out.read_bytes()
    assert (tmp_path / "again.errors.jsonl").read_bytes() == (tmp_path / "out.errors.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize(("options", "within"), [(["--max-memory", "1500"], []), (["--workers", "2"], OUTER_LIMIT)], ids=["own", "outer"])
def test_memory_beyond_the_limit_is_a_line_of_the_error_file(tmp_path: Path, options: list[str], within: list[str]) -> None:
    folder = harmful(tmp_path / "in", {"r0.txt": "受理案件2件。", "r1.txt": "?memory", "r2.txt": "受理案件3件。", "r3.txt": "!memory"})
    out = tmp_path / "out.jsonl"
    extract(folder, "-o", out, *options, fine=False, within=within)
    assert [record["id"] for record in lines(out)] == ["r0", "r2"]
    errors = lines(tmp_path / "out.errors.jsonl")
    assert [(error["id"], error["error"]) for error in errors] == [("r1", "MemoryLimit"), ("r3", "MemoryLimit")]
    assert "needs more memory than there is or --max-memory allows" in str(errors[0]["message"])


def test_too_little_memory_for_the_model_is_a_clear_error(tmp_path: Path) -> None:
    folder = harmful(tmp_path / "in", {"r0.txt": "受理案件2件。"})
    command = [sys.executable, "-m", "pipeline", "extract", str(folder), "-o", str(tmp_path / "o.jsonl"), "--max-memory", "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("gongwen: a worker ended before it had loaded the model (")


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2", pytest.param("3", marks=pytest.mark.slow)])
def test_a_file_that_holds_several_reports(tmp_path: Path, workers: str) -> None:
    folder = harmful(tmp_path / "in", {"a.txt": "受理案件2件。", "z.txt": "受理案件3件。"})
    rows = [f"办结案件{number}件。" for number in range(2, 9)]
    rows[2], rows[4] = "", "?crash"
    table = tmp_path / "many.jsonl"
    table.write_text("".join(json.dumps({"text": text}) + "\n" for text in rows), "utf-8")
    out = tmp_path / "out.jsonl"
    extract(folder / "a.txt", table, folder / "z.txt", "-o", out, "--workers", workers, fine=False)
    assert [record["id"] for record in lines(out)] == ["a", "many~1", "many~2", "many~4", "many~6", "many~7", "z"]
    assert [record["text"] for record in lines(out)][2] == rows[1]
    assert [(error["id"], error["error"]) for error in lines(tmp_path / "out.errors.jsonl")] == [
        ("many~3", "UnreadableReport"),
        ("many~5", "WorkerDied"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "3"])
def test_what_comes_after_a_row_that_cannot_be_read_is_one_error(tmp_path: Path, workers: str) -> None:
    table = tmp_path / "many.jsonl"
    rows = ["受理案件2件。", "受理案件3件。", "!crash", "受理案件4件。"]
    table.write_text("".join(json.dumps({"text": text}) + "\n" for text in rows), "utf-8")
    extract(table, "-o", tmp_path / "out.jsonl", "--workers", workers, "--timeout", "60", fine=False)
    assert [record["id"] for record in lines(tmp_path / "out.jsonl")] == ["many~1", "many~2"]
    assert [error["id"] for error in lines(tmp_path / "out.errors.jsonl")] == ["many~3"]


def test_standard_input_is_read_by_workers_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "extract", "-", "-o", str(tmp_path / "out.jsonl"), "--workers", "2"]
    rows = "".join(json.dumps({"text": f"受理案件{number}件。"}) + "\n" for number in (2, 3))
    subprocess.run(command, input=rows.encode(), env={**os.environ, "PYTHONPATH": str(FAULTS)}, check=True, capture_output=True)
    assert [record["id"] for record in lines(tmp_path / "out.jsonl")] == ["stdin~1", "stdin~2"]


def test_no_worker_outlives_its_run(tmp_path: Path) -> None:
    folder = harmful(tmp_path / "in", {f"r{number}.txt": "?hang" for number in range(3)})
    command = [sys.executable, "-m", "pipeline", "extract", str(folder), "-o", str(tmp_path / "o.jsonl"), "--workers", "2"]
    run = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(FAULTS)}, stderr=subprocess.PIPE)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    if not children.exists():
        run.kill()
        pytest.skip("no /proc to look at processes")
    deadline = time.monotonic() + 60
    while len(children.read_text().split()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = children.read_text().split()
    time.sleep(4)
    run.kill()
    run.wait()
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
