"""The same run on a Ray cluster: files from storage that all machines share, records to a folder there, in no particular order.

Every machine's actors run a pool of one worker each, so that a file that crashes, hangs or takes too much memory is a line of the error
file here too. Each piece of the output is put in place whole; then a note in `OUT.part` names the reports in it. What has no note is
done again by `resume`, report by report; a piece without a note is removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from pipeline.errors import GongwenError, MissingComponent, ModelError, OutputError
from pipeline.language import tr
from pipeline.record import Provenance, Record
from pipeline.run.jobs import Job, Jobs, fingerprint
from pipeline.run.pool import Inline, Pool
from pipeline.run.target import Target
from pipeline.run.totals import DEFAULT_TIMEOUT, Totals
from pipeline.run.worker import Outcome, Setup, Task
from pipeline.storage import Format, pack

_BLOCKS_PER_WORKER = 8
_LARGEST_BLOCK = 256
_STARTS = 3
_TABLES = """
CREATE TABLE report (id TEXT, number INTEGER, key TEXT, characters INTEGER, error TEXT, PRIMARY KEY (id, number));
CREATE TABLE total (id TEXT PRIMARY KEY, reports INTEGER);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A report's outcome on its way to the output; `reports`: how many the file has, on the last row of a file."""

    id: str
    number: int
    key: str
    line: bytes | None = None
    error: str | None = None
    characters: int = 0
    reports: int | None = None

    @property
    def is_outcome(self) -> bool:
        """Whether there is a record or an error in the row."""
        return self.line is not None or self.error is not None

    @classmethod
    def of(cls, outcome: Outcome) -> Row:
        """The row of an outcome."""
        if outcome.error is None:
            return cls(outcome.job.id, outcome.number, outcome.key, line=outcome.line, characters=outcome.characters)
        return cls(outcome.job.id, outcome.number, outcome.key, error=outcome.line.decode())


class Extraction:
    """The actor: loads the model once, turns files into rows."""

    def __init__(self, setup: Setup, timeout: float, provenance: Provenance) -> None:
        self._pool = Pool(setup, 1, timeout).__enter__()
        if self._pool.provenance != provenance:
            raise ModelError(
                tr(
                    "a machine of the cluster has another model or version: {provenance}, not {own}",
                    provenance=self._pool.provenance,
                    own=provenance,
                )
            )

    def __call__(self, batch: Any) -> Iterator[Any]:
        """A table of files to tables of rows, one a file."""
        import pyarrow

        for entry in batch.to_pylist():
            job = Job(entry["id"], Path(os.fsdecode(entry["path"])), entry["shown"], entry["problem"])
            done = set(entry["done"])
            first = next(number for number in range(len(done) + 1) if number not in done)
            row = Row(job.id, first, fingerprint(job.path))
            for outcome in self._pool.outcomes([Task(job, first)]):
                if row.is_outcome:
                    yield pyarrow.Table.from_pylist([asdict(row)], _schema())
                row = Row.of(outcome) if outcome.number not in done else Row(job.id, outcome.number + 1, outcome.key)
            row = replace(row, reports=row.number + row.is_outcome)
            yield pyarrow.Table.from_pylist([asdict(row)], _schema())


def _schema() -> Any:
    import pyarrow

    text, number = pyarrow.string(), pyarrow.int64()
    return pyarrow.schema(
        {"id": text, "number": number, "key": text, "line": pyarrow.binary(), "error": text, "characters": number, "reports": number}
    )


def write_piece(target: Target, rows: Iterable[dict[str, Any]]) -> str | None:
    """Put a piece of the output in place, then its note; both are named by their content, so that writing it twice does no harm."""
    notes, lines, name = [], [], hashlib.sha256()
    for row in rows:
        line = row.pop("line")
        if line is not None:
            lines.append(line + b"\n")
        notes.append(json.dumps({**row, "is_outcome": line is not None or row["error"] is not None}, ensure_ascii=False))
        name.update(notes[-1].encode() + (line or b""))
    if not notes:
        return None
    piece = name.hexdigest()[:20]
    if lines:
        plain = target.working / f"{piece}.{os.getpid()}.lines"
        plain.write_bytes(b"".join(lines))
        if target.format is not Format.jsonl:
            packed = plain.with_suffix(".packed")
            pack(plain, packed, target.format, Record)
            plain.unlink()
            plain = packed
        os.replace(plain, _piece(target, piece))
    draft = target.working / f"{piece}.{os.getpid()}.draft"
    draft.write_text("".join(note + "\n" for note in notes), "utf-8")
    os.replace(draft, target.working / f"{piece}.note")
    return piece


def _piece(target: Target, name: str) -> Path:
    return target.path / f"records-{name}.{target.format}"


class Index:
    """What the notes say is done, in a temporary database."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._database = sqlite3.connect("")
        self._database.executescript(_TABLES)
        kept = {_piece(target, note.stem) for note in sorted(target.working.glob("*.note")) if self._takes(note)}
        for piece in set(target.path.iterdir()) - kept:
            piece.unlink()

    def _takes(self, note: Path) -> bool:
        """Count a note in; one with reports that another piece has already is removed, and so is its piece."""
        try:
            with self._database:
                for row in map(json.loads, note.read_text("utf-8").splitlines()):
                    if row["reports"] is not None:
                        self._database.execute("INSERT OR REPLACE INTO total VALUES (?, ?)", (row["id"], row["reports"]))
                    if row["is_outcome"]:
                        values = [row[name] for name in ("id", "number", "key", "characters", "error")]
                        self._database.execute("INSERT INTO report VALUES (?, ?, ?, ?, ?)", values)
        except sqlite3.IntegrityError:
            note.unlink()
            return False
        return True

    def done_of(self, job: Job) -> list[int] | None:
        """The reports of a file that are done; None if all are.

        Raises:
            OutputError: the file is not the one that was read.
        """
        rows = self._database.execute("SELECT number, key FROM report WHERE id = ? ORDER BY number", (job.id,)).fetchall()
        if rows and {key for _, key in rows} != {fingerprint(job.path)}:
            remedy = tr("bring it back, or delete {path} and {working} to start anew", path=self.target.path, working=self.target.working)
            raise OutputError(tr("{name} has changed since the run was begun: {remedy}", name=job.shown, remedy=remedy))
        total = self._database.execute("SELECT reports FROM total WHERE id = ?", (job.id,)).fetchone()
        return None if total and total[0] == len(rows) else [number for number, _ in rows]

    def errors(self, jobs: Jobs) -> Iterator[str]:
        """Error lines in the order of the files."""
        for job in jobs:
            for (line,) in self._database.execute("SELECT error FROM report WHERE id = ? AND error NOT NULL ORDER BY number", (job.id,)):
                yield line

    def totals(self) -> tuple[int, int, int]:
        """How many reports are done and how many failed, and the characters of those that are done."""
        done, failed, characters = self._database.execute(
            "SELECT count(*) - count(error), count(error), coalesce(sum(characters), 0) FROM report"
        ).fetchone()
        return done, failed, characters


def run_on_cluster(jobs: Jobs, target: Target, setup: Setup, *, workers: int, timeout: float | None = None, resume: bool = False) -> Totals:
    """Extract all jobs into a folder on shared storage.

    Args:
        workers: actors, on all machines together.
        timeout: seconds that one report may take, 0 for no limit; without it half an hour.

    Raises:
        GongwenError: no Ray, no model, an output that cannot be written or goes with another run.
    """
    if not target.shard_size:
        raise OutputError(tr("a cluster writes a folder of files: give -o {path} with --shard-size", path=target.path.with_suffix("")))
    if any(job.is_stdin for job in islice(jobs, 2)):
        raise OutputError(tr("a cluster does not read standard input: give files on storage that all its machines share"))
    target = replace(target, path=target.path.absolute())
    setup = replace(setup, model=_absolute(setup.model), segmenter_model=_absolute(setup.segmenter_model))
    provenance = Inline(setup).provenance
    _begin(target, provenance, resume=resume)
    index = Index(target)
    done, failed, characters = index.totals()
    totals = Totals(kept=done + failed)
    started = monotonic()
    with _ray(workers) as ray:
        arguments = (setup, DEFAULT_TIMEOUT if timeout is None else timeout, provenance)
        _pass(ray, _unfinished(index, jobs), len(jobs), target, workers, arguments)
    totals.seconds = monotonic() - started
    index = Index(target)
    if next(_unfinished(index, jobs), None):
        raise OutputError(tr("some reports did not reach {path}: run again with --resume", path=target.path))
    _finish(target, index, jobs)
    totals.done, totals.failed, all_characters = index.totals()
    totals.characters = all_characters - characters
    return totals


def _absolute(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(path)


def _begin(target: Target, provenance: Provenance, *, resume: bool) -> None:
    header = target.working / "run.json"
    made_with = {**provenance.model_dump(), "format": target.format.value}
    try:
        if header.exists():
            if not resume:
                raise OutputError(
                    tr(
                        "{path} has a run that was broken off: add --resume to finish it, or delete {working} and it",
                        path=target.path,
                        working=target.working,
                    )
                )
            if (was := json.loads(header.read_text("utf-8"))) != made_with:
                raise OutputError(
                    tr(
                        "the run of {path} was begun with {was}, not {made_with}: go on with those, or delete {working}",
                        path=target.path,
                        was=was,
                        made_with=made_with,
                        working=target.working,
                    )
                )
        elif target.path.exists() and any(target.path.iterdir()):
            raise OutputError(tr("{path} holds files already; give a folder that is new or empty", path=target.path))
        target.path.mkdir(parents=True, exist_ok=True)
        target.working.mkdir(exist_ok=True)
        header.write_text(json.dumps(made_with), "utf-8")
    except OSError as error:
        raise OutputError(tr("cannot write {path}: {reason}", path=target.path, reason=error.strerror)) from error


def _unfinished(index: Index, jobs: Jobs) -> Iterator[dict[str, Any]]:
    for job in jobs:
        done = index.done_of(job)
        if done is not None:
            path = os.fsencode(job.path.absolute())
            yield {"id": job.id, "path": path, "shown": job.shown, "problem": job.problem, "done": done}


def _finish(target: Target, index: Index, jobs: Jobs) -> None:
    draft = target.working / "errors"
    with draft.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(line + "\n" for line in index.errors(jobs))
    if draft.stat().st_size:
        os.replace(draft, target.errors)
    else:
        target.errors.unlink(missing_ok=True)
    shutil.rmtree(target.working)


@contextmanager
def _ray(workers: int) -> Iterator[Any]:
    """A connection to the cluster that `RAY_ADDRESS` names, else a Ray of this machine alone."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingComponent(tr("--engine ray needs Ray: pip install 'gongwen[ray]', or leave it out for the workers of this machine")) from error
    _connect(ray, workers)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = sys.stderr.isatty()
    try:
        yield ray
    except ray.exceptions.RayTaskError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, GongwenError):
            cause = getattr(cause, "cause", None) or cause.__cause__
        raise cause or error from None
    except ray.exceptions.RayError as error:  # a machine or a process of Ray went away
        words = str(error).strip().split("\n")[0]
        raise GongwenError(
            tr("Ray broke off ({kind}: {words}); what is finished is kept: run again with --resume", kind=type(error).__name__, words=words)
        ) from error
    finally:
        ray.shutdown()


def _connect(ray: Any, workers: int) -> None:
    """Raises GongwenError if the cluster does not answer, or the Ray of this machine does not start.

    Ray gives its own start 30 seconds, which a busy machine may not keep: it is tried again.
    """
    local: dict[str, Any] = {}
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        local = {"num_cpus": workers + 1, "include_dashboard": False}
        os.environ.setdefault("RAY_worker_niceness", "0")  # its own 15 leaves workers next to nothing where anything else runs
        os.environ.setdefault("RAY_enable_metrics_collection", "0")
    for left in reversed(range(1 if address else _STARTS)):
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **local)
            return
        except Exception as error:  # of many kinds, some of them plain
            ray.shutdown()
            if not left:
                where = tr("at RAY_ADDRESS={address} does not answer", address=address) if address else tr("of this machine does not start")
                raise GongwenError(
                    tr("the Ray {where} ({error}); mend that, or leave out --engine ray", where=where, error=" ".join(str(error).split()))
                ) from error


def _pass(ray: Any, rows: Iterator[dict[str, Any]], count: int, target: Target, workers: int, arguments: tuple[Any, ...]) -> None:
    """Read, extract, write."""
    import pyarrow

    text = pyarrow.string()
    schema = pyarrow.schema({"id": text, "path": pyarrow.binary(), "shown": text, "problem": text, "done": pyarrow.list_(pyarrow.int64())})
    size = max(1, min(_LARGEST_BLOCK, count // (workers * _BLOCKS_PER_WORKER)))
    tables = []
    while chunk := list(islice(rows, size)):
        tables.append(pyarrow.Table.from_pylist(chunk, schema))
    if not tables:
        return

    class Sink(ray.data.Datasink):  # type: ignore[misc]
        def write(self, blocks: Iterable[Any], ctx: Any) -> str | None:
            return write_piece(target, (row for block in blocks for row in block.to_pylist()))

        @property
        def min_rows_per_write(self) -> int | None:
            return target.shard_size

    extracted = ray.data.from_arrow(tables).map_batches(
        Extraction,
        fn_constructor_args=arguments,
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    extracted.write_datasink(Sink(), ray_remote_args={"num_cpus": 0.5})
