"""`gongwen extract`: reports to records."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.common import clear_errors, console
from pipeline.errors import GongwenError

if TYPE_CHECKING:
    from pipeline.run import Job, Outcome, Totals


class Segmenter(StrEnum):
    """Word segmenters to choose from."""

    jieba = "jieba"
    pkuseg = "pkuseg"
    char = "char"


def extract(
    paths: Annotated[list[Path], typer.Argument(help="Reports (.md .txt .html .docx .pdf) and folders of them.", metavar="PATH...")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the records go; errors beside it (OUT.errors.jsonl).")] = Path("out.jsonl"),
    model: Annotated[Path | None, typer.Option(help="A model folder that `gongwen train` wrote; default: the shipped one.")] = None,
    segmenter: Annotated[Segmenter | None, typer.Option(help="Word segmenter in place of the model's own.")] = None,
    segmenter_model: Annotated[Path | None, typer.Option(help="Folder of a trained pkuseg model.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes to use.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Print what was found in the first report.")] = False,
) -> None:
    """Read reports and write one record (a JSON line) for each, in the order given.

    Exit status: 0 all done, 1 some reports failed (see the error file), 2 wrong use.
    """
    with clear_errors():
        from pipeline.run import errors_path, find_jobs, run

        jobs = find_jobs(paths)
        if not jobs:
            raise GongwenError(f"no reports in {', '.join(map(str, paths))}: give files or folders with .md .txt .html .docx .pdf")
        with _progress(jobs) as on_outcome:
            totals = run(
                jobs,
                output,
                model=str(model) if model else None,
                segmenter=segmenter.value if segmenter else None,
                segmenter_model=str(segmenter_model) if segmenter_model else None,
                workers=workers,
                resume=resume,
                on_outcome=on_outcome,
            )
        if summary and (totals.done or totals.kept):
            _print_summary(output)
        _report(totals, output, errors_path(output))
    if totals.failed:
        raise typer.Exit(1)


@contextmanager
def _progress(jobs: list[Job]) -> Iterator[Callable[[Outcome], None]]:
    """A bar on a terminal, plain lines elsewhere; errors at once in both."""
    if sys.stderr.isatty() and len(jobs) > 1:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("extracting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=len(jobs))

            def show(outcome: Outcome) -> None:
                bar.advance(task)
                if outcome.error:
                    bar.console.print(f"gongwen: {outcome.error['message']}", markup=False, highlight=False)

            yield show
        return
    count = 0

    def tell(outcome: Outcome) -> None:
        nonlocal count
        count += 1
        if outcome.error:
            typer.echo(f"gongwen: {outcome.error['message']}", err=True)
        elif len(jobs) > 1:
            typer.echo(f"{count}/{len(jobs)} {outcome.job.shown}: {outcome.characters} characters", err=True)

    yield tell


def _print_summary(output: Path) -> None:
    from itertools import islice

    from pipeline.record import read_records
    from pipeline.summary import print_summary

    print_summary(list(islice(read_records(output), 20)), console())


def _report(totals: Totals, output: Path, errors: Path) -> None:
    kept = f", {totals.kept} kept from before" if totals.kept else ""
    typer.echo(f"{totals.done} reports, {totals.characters} characters → {output}{kept}", err=True)
    if totals.failed:
        typer.echo(f"{totals.failed} failed: see {errors}", err=True)
