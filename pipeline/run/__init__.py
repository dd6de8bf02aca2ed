"""From files to one output of records, in the order of the inputs; nothing that was done is lost.

`jobs` says what is read, `worker` what is done with a file, `pool` runs workers, `ledger` writes what they give (`target` says where,
`scan` how far an earlier run came); `cluster` runs the same on many machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from time import monotonic

from pipeline.run.jobs import Job, Jobs, find_jobs
from pipeline.run.ledger import Ledger
from pipeline.run.pool import Inline, Pool
from pipeline.run.scan import Position
from pipeline.run.target import Target
from pipeline.run.totals import DEFAULT_TIMEOUT, Totals
from pipeline.run.worker import Outcome, Setup, Task

__all__ = ["Job", "Jobs", "Outcome", "Position", "Setup", "Target", "Totals", "find_jobs", "run"]


def run(
    jobs: Jobs,
    target: Target,
    setup: Setup,
    *,
    workers: int = 1,
    timeout: float | None = None,
    resume: bool = False,
    on_start: Callable[[Position], None] = lambda position: None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Totals:
    """Extract all jobs into the target.

    Args:
        timeout: seconds that one report may take, 0 for no limit; without it half an hour, and no limit for a single file.
        on_start: told how much an earlier run had done.

    Raises:
        GongwenError: no model, or the output cannot be written; single reports' errors go to the error file.
    """
    is_small = len(jobs) == 1 and workers == 1 and timeout is None and setup.max_memory is None
    seconds = DEFAULT_TIMEOUT if timeout is None else timeout
    with Inline(setup) if is_small else Pool(setup, _useful(workers, jobs), seconds) as pool:
        ledger = Ledger(target, pool.provenance.model_dump())
        with closing(ledger):
            position = ledger.begin(jobs, resume=resume)
            totals = Totals(position.done, position.failed, position.done + position.failed, is_finished=position.is_finished)
            if position.is_finished:
                ledger.discard()
                return totals
            on_start(position)
            started = monotonic()
            for outcome in pool.outcomes(_tasks(jobs, position)):
                ledger.add(outcome)
                if outcome.error is None:
                    totals.done += 1
                    totals.characters += outcome.characters
                else:
                    totals.failed += 1
                on_outcome(outcome)
            ledger.finish()
    totals.seconds = monotonic() - started
    return totals


def _useful(workers: int, jobs: Jobs) -> int:
    """As many workers as have something to do: the reports of an archive or a table are shared out, other files are not."""
    few = len(jobs) < workers and not any(job.holds_several for job in jobs)
    return max(1, len(jobs)) if few else workers


def _tasks(jobs: Jobs, position: Position) -> Iterator[Task]:
    if position.begun:
        yield Task(position.begun, first=position.reports)
    for job in jobs.after(position.jobs + (position.begun is not None)):
        yield Task(job)
