"""From files to one output of records, in the order of the inputs; nothing that was done is lost.

Records are appended to `OUT.part` as they are finished and put in place as `OUT` at the end; reports that cannot be
read are lines of `OUT`'s error file. A run that was broken off is finished with `resume`: what is whole is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.readers import READERS, read_report

if TYPE_CHECKING:
    from pipeline.extractor import Extractor

_WINDOW = 4


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read: its id, its path, and how records name it."""

    id: str
    path: Path
    shown: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: a record's line, or an error."""

    job: Job
    line: str | None
    characters: int
    error: dict[str, str] | None


@dataclass(slots=True)
class Totals:
    """Counts of a run."""

    done: int = 0
    failed: int = 0
    kept: int = 0
    characters: int = 0


def find_jobs(paths: Sequence[Path]) -> list[Job]:
    """Files and the readable files in folders, each with a unique id; a path that is not there becomes a job that fails."""
    found: list[tuple[Path, Path]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in READERS and not _is_hidden(p, path))
            found.extend((p, p.relative_to(path)) for p in inside)
        else:
            found.append((path, Path(path.name)))
    stems = Counter(shown.stem for _, shown in found)
    jobs: list[Job] = []
    taken: set[str] = set()
    for path, shown in found:
        stem = shown.stem if stems[shown.stem] == 1 else "-".join([*shown.parent.parts, shown.stem])
        identifier = _unique(_safe(stem), shown.suffix[1:], taken)
        taken.add(identifier)
        jobs.append(Job(identifier, path, shown.as_posix()))
    return jobs


def _is_hidden(path: Path, top: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(top).parts)


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip(".") or "report"


def _unique(name: str, suffix: str, taken: set[str]) -> str:
    candidate = name
    number = 1
    while candidate in taken:
        candidate = f"{name}-{suffix}" if number == 1 and suffix else f"{name}-{number}"
        number += 1
    return candidate


class Worker:
    """Runs jobs with one loaded extractor."""

    def __init__(self, extractor: Extractor) -> None:
        self.extractor = extractor

    def run(self, job: Job) -> Outcome:
        """Extract one file; a file's fault becomes an error line, a fault of ours too, named as such."""
        try:
            report = read_report(job.path, job.shown)
            record = self.extractor.extract(report, job.id)
            return Outcome(job, record.to_json(), len(report.text), None)
        except GongwenError as error:
            return Outcome(job, None, 0, _error(job, type(error).__name__, str(error)))
        except RecursionError:
            return Outcome(job, None, 0, _error(job, "UnreadableReport", f"{job.shown}: nested too deep to be read"))
        except Exception as error:  # one report's fault must not end the run
            message = f"{job.shown}: an error of gongwen itself ({type(error).__name__}: {error}); please report it with the file"
            return Outcome(job, None, 0, _error(job, "InternalError", message))


def _error(job: Job, kind: str, message: str) -> dict[str, str]:
    return {"id": job.id, "path": job.shown, "error": kind, "message": " ".join(message.split())}


_worker: Worker | None = None


def _start_worker(model: str | None, segmenter: str | None, segmenter_model: str | None) -> None:
    global _worker
    from pipeline.extractor import load

    _worker = Worker(load(model, segmenter=segmenter, segmenter_model=segmenter_model))


def _run_in_worker(job: Job) -> Outcome:
    assert _worker is not None
    return _worker.run(job)


def _outcomes_of_pool(jobs: Iterable[Job], workers: int, load_arguments: tuple[str | None, str | None, str | None]) -> Iterator[Outcome]:
    """Outcomes in the order of the jobs, with a bounded number of them under way."""
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=load_arguments) as pool:
        pending: deque[Future[Outcome]] = deque()
        for job in jobs:
            pending.append(pool.submit(_run_in_worker, job))
            if len(pending) >= workers * _WINDOW:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def errors_path(output: Path) -> Path:
    """Where the errors of a run stand: `OUT.errors.jsonl` beside `OUT.jsonl`."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}.errors.jsonl")


def run(
    jobs: Sequence[Job],
    output: Path,
    *,
    model: str | None = None,
    segmenter: str | None = None,
    segmenter_model: str | None = None,
    workers: int = 1,
    resume: bool = False,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Totals:
    """Extract all jobs into `output`.

    Raises:
        GongwenError: no model, or the output cannot be written; single reports' errors go to the error file.
    """
    from pipeline.extractor import load

    extractor = load(model, segmenter=segmenter, segmenter_model=segmenter_model)
    part, errors = _open_paths(output)
    kept = _kept(part, errors, jobs, extractor) if resume else {}
    totals = Totals(kept=len(kept))
    rest = [job for job in jobs if job.id not in kept]
    with ExitStack() as stack:
        records = stack.enter_context(part.open("a" if kept else "w", encoding="utf-8", newline="\n"))
        error_lines = stack.enter_context(errors.open("a" if kept else "w", encoding="utf-8", newline="\n"))
        if workers > 1 and len(rest) > 1:
            outcomes = _outcomes_of_pool(rest, workers, (model, segmenter, segmenter_model))
        else:
            outcomes = map(Worker(extractor).run, rest)
        for outcome in outcomes:
            if outcome.line is not None:
                records.write(outcome.line + "\n")
                records.flush()
                totals.done += 1
                totals.characters += outcome.characters
            else:
                error_lines.write(json.dumps(outcome.error, ensure_ascii=False) + "\n")
                error_lines.flush()
                totals.failed += 1
            on_outcome(outcome)
    totals.failed += sum(1 for state in kept.values() if state == "error")
    os.replace(part, output)
    if errors.stat().st_size == 0:
        errors.unlink()
    return totals


def _open_paths(output: Path) -> tuple[Path, Path]:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.is_dir():
            raise UnreadableReport(f"{output} is a folder; give a file such as {output / 'out.jsonl'}")
        part = output.with_name(output.name + ".part")
        part.open("a").close()
    except OSError as error:
        raise UnreadableReport(f"cannot write {output}: {error.strerror}") from error
    return part, errors_path(output)


def _kept(part: Path, errors: Path, jobs: Sequence[Job], extractor: Extractor) -> dict[str, str]:
    """Ids that an earlier run finished with the same file, model and configuration; a torn last line is cut off."""
    by_id = {job.id: job for job in jobs}
    wanted = extractor.provenance.model_dump()
    kept: dict[str, str] = {}
    for path, state in ((part, "done"), (errors, "error")):
        if not path.exists():
            continue
        whole = 0
        with path.open("rb") as lines:
            for line in lines:
                entry = _parsed(line)
                job = by_id.get(str(entry["id"])) if entry else None
                if entry is None or job is None:
                    break
                if state == "done" and (entry.get("pipeline") != wanted or not _is_same_file(entry, job)):
                    break
                kept[job.id] = state
                whole += len(line)
        with path.open("r+b") as file:
            file.truncate(whole)
    return kept


def _parsed(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "id" in entry else None


def _is_same_file(entry: dict[str, Any], job: Job) -> bool:
    try:
        return bool(hashlib.sha256(job.path.read_bytes()).hexdigest() == entry["source"]["sha256"])
    except OSError:
        return False
