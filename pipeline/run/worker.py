"""What a worker does: loads the model once, then turns one file after the other into outcomes."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from pipeline import readers
from pipeline.errors import GongwenError, UnreadableReport
from pipeline.readers import Report, read_report
from pipeline.run.jobs import Job, fingerprint

if TYPE_CHECKING:
    from pipeline.extractor import Extractor

OUT_OF_MEMORY = 77
_SKIPPED_BETWEEN_SIGNS = 1000


@dataclass(frozen=True, slots=True)
class Setup:
    """What every worker of a run is started with. `max_memory`: bytes, None for no limit."""

    model: str | None = None
    segmenter: str | None = None
    segmenter_model: str | None = None
    max_memory: int | None = None

    def load(self) -> Extractor:
        """The extractor.

        Raises:
            GongwenError: no such model or segmenter.
        """
        from pipeline.extractor import load

        return load(self.model, segmenter=self.segmenter, segmenter_model=self.segmenter_model)


@dataclass(frozen=True, slots=True)
class Task:
    """A file, and which of its reports are wanted: `first`, `first + step`, … (from 0)."""

    job: Job
    first: int = 0
    step: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of report `number` of a file: a record's line or an error's, UTF-8 without line feed.

    `key`: the file's fingerprint. `last`: the rest of the file cannot be read.
    """

    job: Job
    number: int
    key: str
    line: bytes
    characters: int = 0
    error: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """The worker is alive. `extracting`: report `number` was read and is being worked on."""

    number: int
    extracting: bool


def failure(job: Job, number: int, key: str, kind: str, message: str, *, last: bool = False) -> Outcome:
    """The outcome of a report that gives no record."""
    words = " ".join(message.split())
    entry = {"id": job.id_of(number), "path": job.shown, "error": kind, "message": words, "sha256": key}
    return Outcome(job, number, key, json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"), error=words, last=last)


def reports_of(job: Job) -> Iterator[Report | GongwenError]:
    """The reports of a file, in order; an error stands for one that cannot be read where the others can."""
    if job.problem:
        raise UnreadableReport(f"{job.shown}: {job.problem}")
    read_all = getattr(readers, "read_all", None)
    return iter([read_report(job.path, job.shown)] if read_all is None else read_all(job.path, job.shown))


def work(extractor: Extractor, task: Task) -> Iterator[Outcome | Sign]:
    """The outcomes of a task, each after a sign that its report was read.

    Raises:
        MemoryError: a report needs more memory than there is.
    """
    job, number = task.job, task.first
    key = fingerprint(job.path)
    at_least_one = False
    try:
        for position, report in enumerate(reports_of(job)):
            at_least_one = True
            if position < task.first or (position - task.first) % task.step:
                if position % _SKIPPED_BETWEEN_SIGNS == 0:
                    yield Sign(number, extracting=False)
                continue
            number = position
            yield Sign(number, extracting=True)
            yield _extract(extractor, report, job, number, key)
            number += task.step
        if not at_least_one:
            yield failure(job, 0, key, "UnreadableReport", f"{job.shown}: holds no report", last=True)
    except MemoryError:
        raise
    except Exception as error:  # one file's fault must not end the run
        yield _failure_of(error, job, number, key, last=True)


def _extract(extractor: Extractor, report: Report | GongwenError, job: Job, number: int, key: str) -> Outcome:
    if isinstance(report, GongwenError):
        return _failure_of(report, job, number, key)
    try:
        record = extractor.extract(report, job.id_of(number))
        return Outcome(job, number, key, record.to_json().encode(), len(report.text))
    except MemoryError:
        raise
    except Exception as error:  # one report's fault must not end the run
        return _failure_of(error, job, number, key)


def _failure_of(error: Exception, job: Job, number: int, key: str, *, last: bool = False) -> Outcome:
    """A report's fault in its own words; a fault of ours too, named as such."""
    if isinstance(error, GongwenError):
        return failure(job, number, key, type(error).__name__, str(error), last=last)
    if isinstance(error, RecursionError):
        return failure(job, number, key, "UnreadableReport", f"{job.shown}: nested too deep to be read", last=last)
    message = f"{job.shown}: an error of gongwen itself ({type(error).__name__}: {error}); please report it with the file"
    return failure(job, number, key, "InternalError", message, last=last)


def serve(connection: Connection, setup: Setup) -> None:
    """The life of a worker process: says what it loaded (or why it could not), answers tasks until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            _limit_memory(setup.max_memory)
            extractor = setup.load()
            connection.send(extractor.provenance)
            while task := connection.recv():
                for message in work(extractor, task):
                    connection.send(message)
                connection.send(None)
        except GongwenError as error:
            connection.send(error)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def _die_with_parent() -> None:
    """On Linux the kernel ends the worker when the process that started it is killed; elsewhere its next message fails."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _limit_memory(limit: int | None) -> None:
    if limit is None:
        return
    if sys.platform != "linux":
        raise GongwenError("--max-memory needs Linux; leave it out, or limit the memory of the whole run from outside")
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
