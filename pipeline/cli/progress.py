"""What a run shows while it goes on and when it is over: how far, how fast, how long still."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import typer

from pipeline.cli.common import console
from pipeline.language import tr

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.run import Outcome, Position, Totals

_SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """What a run tells while it goes on."""

    def start(self, position: Position) -> None:
        """It begins; so much was done before."""

    def step(self, outcome: Outcome) -> None:
        """A report is done or has failed."""


class Rate:
    """Counts files and characters, and says how fast they come and when the last will be there."""

    def __init__(self, files: int) -> None:
        self.files = files
        self.done = 0
        self._before = 0
        self._characters = 0
        self._started = monotonic()

    def start(self, position: Position) -> None:
        """Files of an earlier run are done; the clock runs from now."""
        self.done = self._before = position.jobs
        self._started = monotonic()

    def count(self, outcome: Outcome) -> None:
        """One more report; a file counts when its first report is there."""
        self.done += outcome.number == 0
        self._characters += outcome.characters

    def __str__(self) -> str:
        seconds = max(monotonic() - self._started, 1e-3)
        left = (self.files - self.done) * seconds / max(self.done - self._before, 1)
        return tr("{speed:,.0f} characters/s, {left} left", speed=self._characters / seconds, left=duration(left))


def duration(seconds: float) -> str:
    """Seconds as people say them: `8 s`, `3 min 20 s`, `5 h 02 min`."""
    whole = round(seconds)
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    if whole < 3600:
        return tr("{minutes} min {seconds:02} s", minutes=whole // 60, seconds=whole % 60)
    return tr("{hours} h {minutes:02} min", hours=whole // 3600, minutes=whole % 3600 // 60)


@contextmanager
def progress(files: int) -> Iterator[Progress]:
    """A bar on a terminal, a line every few seconds elsewhere; errors at once in both, nothing else for a single file."""
    if files > 1 and sys.stderr.isatty():
        with _bar(files) as shown:
            yield shown
    else:
        yield _Lines(files)


class _Lines:
    def __init__(self, files: int) -> None:
        self._rate = Rate(files)
        self._next = monotonic() + _SECONDS_BETWEEN_LINES

    def start(self, position: Position) -> None:
        self._rate.start(position)

    def step(self, outcome: Outcome) -> None:
        self._rate.count(outcome)
        if outcome.error:
            typer.echo(f"gongwen: {outcome.error}", err=True)
        if self._rate.files > 1 and monotonic() >= self._next:
            self._next = monotonic() + _SECONDS_BETWEEN_LINES
            typer.echo(tr("{done:,}/{files:,} files, {rate}", done=self._rate.done, files=self._rate.files, rate=self._rate), err=True)


@contextmanager
def _bar(files: int) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    rate = Rate(files)
    with Bar(BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(tr("loading the model"), total=files)

        class Shown:
            def start(self, position: Position) -> None:
                rate.start(position)
                bar.update(task, completed=rate.done, description="")

            def step(self, outcome: Outcome) -> None:
                rate.count(outcome)
                bar.update(task, completed=rate.done, description=str(rate))
                if outcome.error:
                    bar.console.print(f"gongwen: {outcome.error}", markup=False, highlight=False)

        yield Shown()


def report(totals: Totals, output: Path, errors: Path) -> None:
    """The account of a run that is over."""
    if totals.is_finished:
        typer.echo(tr("{done} reports: {output} is whole already, nothing to do", done=totals.done, output=output), err=True)
    else:
        kept = tr(" ({kept:,} kept from before)", kept=totals.kept) if totals.kept else ""
        speed = tr(
            "{characters:,} characters in {time}, {speed:,.0f} a second",
            characters=totals.characters,
            time=duration(totals.seconds),
            speed=totals.characters / max(totals.seconds, 1e-3),
        )
        typer.echo(tr("{done:,} reports{kept}, {speed} → {output}", done=totals.done, kept=kept, speed=speed, output=output), err=True)
    if totals.failed:
        typer.echo(tr("{failed:,} failed: see {errors}", failed=totals.failed, errors=errors), err=True)
