"""Worker processes that lose nothing: outcomes in the order of the files, a worker that dies or hangs is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic
from types import TracebackType

from pipeline.errors import GongwenError, MemoryLimit, TimeLimit, WorkerDied
from pipeline.language import tr
from pipeline.record import Provenance
from pipeline.run.jobs import Job, fingerprint
from pipeline.run.worker import OUT_OF_MEMORY, Outcome, Setup, Sign, Task, failure, serve, work

_JOBS_AHEAD = 64
_BYTES_AHEAD = 64_000_000
_SECONDS_TO_END = 5
_FALSE_STARTS = 2
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(slots=True, eq=False)
class _Lane:
    """Every `step`-th report of a file, worked on by one worker at a time. `next`: the report that is due."""

    ticket: _Ticket
    next: int
    step: int
    outcomes: deque[Outcome] = field(default_factory=deque)
    extracting: str | None = None
    tries: int = 0
    ended: bool = False


@dataclass(slots=True, eq=False)
class _Ticket:
    """A file under way. `due`: the report whose outcome is handed on next."""

    job: Job
    first: int
    due: int
    lanes: list[_Lane] = field(default_factory=list)
    finished: bool = False

    @property
    def lane(self) -> _Lane:
        return self.lanes[(self.due - self.first) % len(self.lanes)]


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    is_ready: bool = False
    lane: _Lane | None = None
    deadline: float = float("inf")


class Inline:
    """One extractor in this process, with the face of a pool: for a single file, where a process of its own would only cost time."""

    def __init__(self, setup: Setup) -> None:
        self._extractor = setup.load()
        self.provenance = self._extractor.provenance

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """The outcomes of all tasks, in their order."""
        for task in tasks:
            try:
                yield from (message for message in work(self._extractor, task) if isinstance(message, Outcome))
            except MemoryError:
                yield failure(task.job, task.first, fingerprint(task.job.path), *_out_of_memory(task.job), last=True)

    def __enter__(self) -> Inline:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class Pool:
    """`workers` processes, each with an extractor of its own.

    Args:
        timeout: seconds that one report may take, None for no limit.

    Raises:
        GongwenError: the workers cannot load the model.
    """

    def __init__(self, setup: Setup, workers: int, timeout: float | None = None) -> None:
        self._setup = setup
        self._size = workers
        self._timeout = timeout or float("inf")
        self._workers: list[_Worker] = []
        self._provenance: Provenance | None = None
        self._window: deque[_Ticket] = deque()
        self._waiting: deque[_Lane] = deque()
        self._buffered = 0
        self._false_starts = 0

    def __enter__(self) -> Pool:
        for name in _ONE_THREAD:
            os.environ.setdefault(name, "1")
        self._workers = [self._started() for _ in range(self._size)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()

    @property
    def provenance(self) -> Provenance:
        """What makes the records; waits for the first worker."""
        while self._provenance is None:
            self._listen(self._workers)
        return self._provenance

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """The outcomes of all tasks, in their order; only a bounded number of files and bytes is held at a time."""
        source = iter(tasks)
        is_more = True
        while True:
            for worker in self._workers:
                if worker.lane is None and worker.is_ready:
                    if is_more and not self._waiting and self._has_room():
                        is_more = self._enter_next(source)
                    if self._waiting:
                        self._hand(worker, self._waiting.popleft())
            yield from self._due()
            if not self._window and not is_more:
                return
            is_work = self._waiting or (is_more and self._has_room())
            if not (is_work and any(worker.lane is None and worker.is_ready for worker in self._workers)):
                self._listen(self._heard())

    def _has_room(self) -> bool:
        return self._buffered < _BYTES_AHEAD and len(self._window) < _JOBS_AHEAD * self._size

    def _enter_next(self, source: Iterator[Task]) -> bool:
        task = next(source, None)
        if task is None:
            return False
        ticket = _Ticket(task.job, task.first, task.first)
        step = self._size if task.job.holds_several else 1
        ticket.lanes = [_Lane(ticket, task.first + start, step) for start in range(step)]
        self._window.append(ticket)
        self._waiting.extend(ticket.lanes)
        return True

    def _hand(self, worker: _Worker, lane: _Lane) -> None:
        worker.lane, worker.deadline = lane, monotonic() + self._timeout
        lane.extracting = None
        try:
            worker.connection.send(Task(lane.ticket.job, lane.next, lane.step))
        except (BrokenPipeError, ConnectionResetError):
            self._bury(worker)

    def _due(self) -> Iterator[Outcome]:
        """What can be handed on in order."""
        while self._window:
            ticket = self._window[0]
            lane = ticket.lane
            if lane.outcomes:
                outcome = lane.outcomes.popleft()
                ticket.due += 1
                self._buffered -= len(outcome.line)
                if outcome.last:
                    self._drop(self._window.popleft())
                yield outcome
            elif lane.ended:
                self._drop(self._window.popleft())
            else:
                return

    def _drop(self, ticket: _Ticket) -> None:
        """A file is done; what other workers still make of it is not wanted."""
        ticket.finished = True
        for lane in ticket.lanes:
            self._buffered -= sum(len(outcome.line) for outcome in lane.outcomes)
            lane.outcomes.clear()
            if lane in self._waiting:
                self._waiting.remove(lane)

    def _heard(self) -> list[_Worker]:
        """The workers to listen to: all, or while too much is held back only those whose outcomes are due."""
        if self._buffered < 2 * _BYTES_AHEAD:
            return self._workers
        due = self._window[0].lane
        for worker in self._workers:
            if worker.lane not in (due, None):
                worker.deadline = monotonic() + self._timeout
        return [worker for worker in self._workers if worker.lane in (due, None)]

    def _listen(self, workers: list[_Worker]) -> None:
        """Take one message from each worker that has one; replace those that are dead or over their time."""
        patience = min(worker.deadline for worker in workers) - monotonic()
        by_connection = {worker.connection: worker for worker in workers}
        ready = wait(list(by_connection), None if patience == float("inf") else max(0.0, patience))
        for connection in ready:
            worker = by_connection[connection]  # type: ignore[index]
            try:
                self._take(worker, worker.connection.recv())
            except (EOFError, OSError):
                self._bury(worker)
        now = monotonic()
        for worker in workers:
            if worker.deadline <= now and worker.connection not in ready:
                self._bury(worker, is_late=True)

    def _take(self, worker: _Worker, message: Provenance | GongwenError | Sign | Outcome | None) -> None:
        lane = worker.lane
        if isinstance(message, GongwenError):
            raise message
        if isinstance(message, Provenance):
            if message != (self._provenance or message):
                raise GongwenError(tr("the model was changed while the run was under way; put the old one back and add --resume, or start anew"))
            self._provenance = message
            worker.is_ready = True
            self._false_starts = 0
        elif lane is None:
            pass
        elif message is None:
            lane.ended = True
            worker.lane, worker.deadline = None, float("inf")
        elif isinstance(message, Sign):
            lane.next, lane.extracting = message.number, message.extracting
            worker.deadline = monotonic() + self._timeout
        else:
            self._store(lane, message)
            worker.deadline = monotonic() + self._timeout

    def _store(self, lane: _Lane, outcome: Outcome) -> None:
        lane.next, lane.extracting, lane.tries = outcome.number + lane.step, None, 0
        if not lane.ticket.finished:
            lane.outcomes.append(outcome)
            self._buffered += len(outcome.line)

    def _bury(self, worker: _Worker, *, is_late: bool = False) -> None:
        """Replace a worker. Its report is tried once more if the worker died of itself: the cause may lie outside."""
        lane = worker.lane
        worker.connection.close()
        if not is_late:
            worker.process.join(_SECONDS_TO_END)
        worker.process.kill()
        worker.process.join()
        code = worker.process.exitcode or 0
        self._false_starts += not worker.is_ready
        if self._false_starts > _FALSE_STARTS:
            raise GongwenError(
                tr("a worker ended before it had loaded the model ({cause}); use fewer workers or give them more memory", cause=_cause(code))
            )
        self._workers[self._workers.index(worker)] = self._started()
        if lane is None or lane.ticket.finished:
            return
        lane.tries += 1
        if not is_late and lane.tries == 1:
            self._waiting.appendleft(lane)
            return
        job = lane.ticket.job
        kind, message = _too_late(job, self._timeout) if is_late else _out_of_memory(job) if code == OUT_OF_MEMORY else _died(job, code)
        identifier = lane.extracting
        self._store(lane, failure(job, lane.next, fingerprint(job.path), kind, message, identifier=identifier, last=identifier is None))
        if identifier is not None:
            self._waiting.appendleft(lane)

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._setup), daemon=True)
        with _interrupts_kept_off():
            process.start()
        theirs.close()
        return _Worker(process, ours)


@contextmanager
def _interrupts_kept_off() -> Iterator[None]:
    """Ctrl-C is for the run, which ends its workers: a process that is started in here never sees it (POSIX)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _too_late(job: Job, timeout: float) -> tuple[str, str]:
    return TimeLimit.__name__, tr(
        "{name}: took longer than {timeout:g} seconds and was stopped; raise --timeout, or look at the file", name=job.shown, timeout=timeout
    )


def _out_of_memory(job: Job) -> tuple[str, str]:
    return MemoryLimit.__name__, tr("{name}: needs more memory than there is or --max-memory allows; raise it, or split the file", name=job.shown)


def _died(job: Job, code: int) -> tuple[str, str]:
    return WorkerDied.__name__, tr(
        "{name}: the worker that read it died twice ({cause}); leave the file out, or convert it to text", name=job.shown, cause=_cause(code)
    )


def _cause(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return tr("out of memory")
    if code < 0:
        return signal.Signals(-code).name
    return tr("exit status {code}", code=code)
