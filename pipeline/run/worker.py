"""What a worker does: loads the model once, then turns one file after the other into outcomes."""

from __future__ import annotations

import contextlib
import ctypes
import io
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
from pipeline.language import tr
from pipeline.readers import Part
from pipeline.run.jobs import STDIN, Job, fingerprint

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
    min_score: float = 0.0

    def load(self) -> Extractor:
        """The extractor.

        Raises:
            GongwenError: no such model or segmenter.
        """
        from pipeline.extractor import load

        return load(self.model, segmenter=self.segmenter, segmenter_model=self.segmenter_model, min_score=self.min_score)


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
    """The worker is alive. `extracting`: the id of report `number`, which was read and is being worked on."""

    number: int
    extracting: str | None = None


def failure(job: Job, number: int, key: str, kind: str, message: str, *, identifier: str | None = None, last: bool = False) -> Outcome:
    """The outcome of a report that gives no record."""
    words = " ".join(message.split())
    entry = {"id": identifier or job.id_of(number), "path": job.shown, "error": kind, "message": words, "sha256": key}
    return Outcome(job, number, key, json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"), error=words, last=last)


def parts_of(job: Job) -> Iterator[Part]:
    """The reports of a file, in order."""
    if job.problem:
        raise UnreadableReport(f"{job.shown}: {job.problem}")
    if job.is_stdin:
        with job.path.open("rb") as spooled, io.TextIOWrapper(spooled) as sys.stdin:
            yield from readers.read_all(STDIN, job.shown)
    else:
        yield from readers.read_all(job.path, job.shown)


def work(extractor: Extractor, task: Task) -> Iterator[Outcome | Sign]:
    """The outcomes of a task, each after a sign that its report was read.

    Raises:
        MemoryError: a report needs more memory than there is.
    """
    job, number = task.job, task.first
    key = fingerprint(job.path)
    at_least_one = False
    try:
        for position, part in enumerate(parts_of(job)):
            at_least_one = True
            if position < task.first or (position - task.first) % task.step:
                if position % _SKIPPED_BETWEEN_SIGNS == 0:
                    yield Sign(number)
                continue
            number = position
            identifier = job.id + part.suffix.replace("-", "~", 1)
            yield Sign(number, identifier)
            yield _extract(extractor, part, job, number, key, identifier)
            number += task.step
        if not at_least_one:
            yield failure(job, 0, key, "UnreadableReport", tr("{name}: holds no report", name=job.shown), last=True)
    except MemoryError:
        raise
    except Exception as error:  # one file's fault must not end the run
        yield failure(job, number, key, *_words(error, job.shown), last=True)


def _extract(extractor: Extractor, part: Part, job: Job, number: int, key: str, identifier: str) -> Outcome:
    try:
        if part.report is None:
            raise part.error or UnreadableReport(tr("{path}: holds no report", path=part.path))
        record = extractor.extract(part.report, identifier)
        return Outcome(job, number, key, record.to_json().encode(), len(record.text))
    except MemoryError:
        raise
    except Exception as error:  # one report's fault must not end the run
        return failure(job, number, key, *_words(error, part.path), identifier=identifier)


def _words(error: Exception, name: str) -> tuple[str, str]:
    """A report's fault in its own words; a fault of ours too, named as such."""
    if isinstance(error, GongwenError):
        return type(error).__name__, str(error)
    if isinstance(error, RecursionError):
        return UnreadableReport.__name__, tr("{name}: nested too deep to be read", name=name)
    return "InternalError", tr(
        "{name}: an error of gongwen itself ({kind}: {error}); please report it with the file", name=name, kind=type(error).__name__, error=error
    )


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
        raise GongwenError(tr("--max-memory needs Linux; leave it out, or limit the memory of the whole run from outside"))
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
