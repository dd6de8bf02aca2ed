"""Memory does not grow with the number of files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

FEW, MANY = 50, 5000
SAMPLE = Path(__file__).parent.parent.parent / "annotations" / "gold" / "lianyungang-2021.md"


def make_reports(folder: Path, count: int) -> Path:
    """Files that each hold another paragraph or two of a report, with other numbers in it."""
    folder.mkdir()
    paragraphs = [line for line in SAMPLE.read_text("utf-8").splitlines() if len(line) > 60]
    for number in range(count):
        text = "\n".join(paragraphs[(number + shift) % len(paragraphs)][:150] for shift in range(2))
        (folder / f"report-{number:05}.txt").write_text(f"{text}受理案件{number + 2}件，{chr(0x4E00 + number)}。\n", "utf-8")
    return folder


def peaks(command: list[str]) -> dict[str, int]:
    """The largest resident memory, in kB, of the run and of the largest of its workers."""
    run = subprocess.Popen(command, stderr=subprocess.PIPE)
    most = {"run": 0, "worker": 0}
    while run.poll() is None:
        try:
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            for name, pids in (("run", [str(run.pid)]), ("worker", children)):
                sizes = [line.split()[1] for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line]
                most[name] = max([most[name], *map(int, sizes)])
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.05)
    assert run.returncode == 0, run.stderr.read() if run.stderr else ""
    return most


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to measure memory")
def test_memory_is_flat_in_the_number_of_files(tmp_path: Path) -> None:
    found = {}
    for count in (FEW, MANY):
        folder = make_reports(tmp_path / f"in{count}", count)
        started = time.monotonic()
        found[count] = peaks([sys.executable, "-m", "pipeline", "extract", str(folder), "-o", str(tmp_path / f"{count}.jsonl"), "--workers", "2"])
        print(json.dumps({"files": count, "seconds": round(time.monotonic() - started), **found[count]}))
    for name in ("run", "worker"):
        assert found[MANY][name] <= 1.2 * found[FEW][name], found
