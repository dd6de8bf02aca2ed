"""Time of tasks that take turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import jieba

jieba.setLogLevel(logging.WARNING)


def cut_with_jieba(texts: Iterable[str]) -> None:
    """The yardstick."""
    for text in texts:
        for _ in jieba.cut(text):
            pass


def processor_seconds(task: Callable[[], object]) -> float:
    """Processor time of this process, all its threads together: what other programs on the machine take is not in it."""
    gc.collect()
    started = time.process_time()
    task()
    return time.process_time() - started


def in_turns(tasks: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Processor seconds of each task in each round, after a round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(repetitions + 1):
        for name, task in tasks.items():
            seconds = processor_seconds(task)
            if number:
                taken[name].append(seconds)
    return taken


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Round by round."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def clock_of(*arguments: str) -> float:
    """Seconds by the clock from the start of a Python with these arguments to its end."""
    started = time.perf_counter()
    child(*arguments)
    return time.perf_counter() - started


def child(*arguments: str) -> str:
    """What a Python with these arguments prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)[:200]}: {done.stderr[-2000:]}")
    return done.stdout
