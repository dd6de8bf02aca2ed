"""Real runs stopped at random points, many times, and finished: the bytes are those of an unbroken run."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
REPORTS = 14
KILLS = 6
COMMAND = [sys.executable, "-m", "pipeline", "extract"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of very different length, two that cannot be read, one given twice."""
    folder = tmp_path_factory.mktemp("reports")
    for number in range(REPORTS):
        text = f"一、执法情况\n2021年，县司法局受理行政复议案件{number + 2}件，办结{number + 1}件，同比增长{number}%。\n"
        (folder / f"r{number:02}.txt").write_text(text * (1 + 37 * number % 120), "utf-8")
    (folder / "r03.txt").write_bytes(b"")
    (folder / "r13.txt").write_bytes(b"\x00\x01")
    shutil.copy(folder / "r05.txt", folder / "r05-again.txt")
    return folder


class Kind:
    """An output to make, and what an unbroken run makes."""

    def __init__(self, folder: Path, reports: Path, name: str, options: tuple[str, ...]) -> None:
        self.reports, self.name, self.options = reports, name, options
        (folder / "whole").mkdir()
        subprocess.run(self.command(folder / "whole"), capture_output=True, check=False)
        self.expected = self.content(folder / "whole")
        assert len(self.expected) >= 2

    def command(self, folder: Path, *more: str) -> list[str]:
        return [*COMMAND, str(self.reports), "-o", str(folder / self.name), *self.options, *more]

    def content(self, folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    def finish(self, folder: Path) -> None:
        done = subprocess.run(self.command(folder, "--resume", "--workers", "2"), capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert self.content(folder) == self.expected


KINDS = {
    "lines": ("out.jsonl", ()),
    "packed": ("out.jsonl.zst", ()),
    "packed-shards": ("out", ("--shard-size", "3", "--format", "jsonl.zst")),
    "parquet": ("out.parquet", ()),
}


@pytest.fixture(scope="module", params=KINDS, ids=list(KINDS))
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Kind:
    return Kind(tmp_path_factory.mktemp(request.param), reports, *KINDS[request.param])


def journal_lines(folder: Path) -> int:
    journals = list(folder.glob("*.part/journal.jsonl"))
    return journals[0].read_bytes().count(b"\n") if journals else 0


def wait_for_progress(run: subprocess.Popen[bytes], folder: Path, more: int) -> None:
    """Until the journal has so many lines more, or the run is over."""
    goal = journal_lines(folder) + more
    while run.poll() is None and journal_lines(folder) < goal:
        time.sleep(0.002)


def break_off(kind: Kind, folder: Path, chance: random.Random, stop: signal.Signals) -> list[int]:
    """Start (or resume) and stop after a random amount of progress and time, until the run is over; the exit statuses."""
    statuses = []
    for number in range(KILLS):
        run = subprocess.Popen(kind.command(folder, *(["--resume"] if number else []), "--workers", "2"), stderr=subprocess.DEVNULL)
        wait_for_progress(run, folder, chance.randint(1, 6))
        time.sleep(chance.random() * 0.05)
        run.send_signal(stop)
        statuses.append(run.wait(timeout=60))
        if statuses[-1] in {0, 1}:
            break
    return statuses


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda stop: stop.name)
def test_a_run_that_is_stopped_again_and_again(tmp_path: Path, kind: Kind, stop: signal.Signals) -> None:
    if kind.options and stop != signal.SIGKILL:
        pytest.skip("one kind of output is enough for the gentler signals")
    statuses = break_off(kind, tmp_path, random.Random(), stop)
    assert statuses[0] in {-stop, 130}
    kind.finish(tmp_path)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the workers")
def test_workers_that_are_killed_leave_no_trace(tmp_path: Path, kind: Kind) -> None:
    """As the kernel does when memory runs out: the report is tried again by a new worker. One a run: a report whose worker dies twice is an error."""
    chance = random.Random()
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        run = subprocess.Popen(kind.command(folder, "--workers", "2"), stderr=subprocess.DEVNULL)
        wait_for_progress(run, folder, chance.randint(1, 8))
        time.sleep(chance.random() * 0.1)
        # the run, or a worker, may end while one looks
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
            os.kill(chance.choice([pid for pid in children(run.pid) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]), signal.SIGKILL)
        assert run.wait(timeout=120) == 1
        assert kind.content(folder) == kind.expected


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(small_disk: Path, kind: Kind) -> None:
    done = subprocess.run(kind.command(small_disk), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith("gongwen: cannot write ")
    assert "No space left on device; what is finished is kept" in message
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    kind.finish(small_disk)
