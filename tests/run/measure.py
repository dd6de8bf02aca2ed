"""One worker against two, run in turn: seconds by wall clock, the best of several. `python tests/run/measure.py [ROUNDS]`

Prints a table as in docs/running.md. The best is taken since other work on the machine can only slow a run down.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPORTS = Path(__file__).parents[2] / "annotations" / "train"


def measured(workers: int, folder: str) -> tuple[float, int]:
    """Seconds of a whole run, and characters a second once the model is loaded."""
    command = [sys.executable, "-m", "pipeline", "extract", str(REPORTS), "-o", f"{folder}/{workers}.jsonl", "--workers", str(workers)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.monotonic() - started
    rate = re.search(r"([\d,]+) a second", done.stdout + done.stderr)
    assert rate, done.stderr
    return seconds, int(rate[1].replace(",", ""))


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else 5
    runs: dict[int, list[tuple[float, int]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for workers, found in runs.items():
                Path(folder, f"{workers}.jsonl").unlink(missing_ok=True)
                found.append(measured(workers, folder))
                print(f"{workers} workers: {found[-1][0]:.1f} s, {found[-1][1]:,} a second, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    seconds = {workers: min(spent for spent, _ in found) for workers, found in runs.items()}
    rates = {workers: max(rate for _, rate in found) for workers, found in runs.items()}
    print("| | one worker | two workers | ratio |\n|---|---|---|---|")
    print(f"| whole run, model loading included | {seconds[1]:.1f} s | {seconds[2]:.1f} s | {seconds[1] / seconds[2]:.2f} |")
    print(f"| characters a second once the model is loaded | {rates[1]:,} | {rates[2]:,} | {rates[2] / rates[1]:.2f} |")


if __name__ == "__main__":
    main()
