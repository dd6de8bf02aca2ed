"""The command line. Commands import what they need when they run, so that help comes at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import GongwenError
from pipeline.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.record import Record
    from pipeline.run import Job, Outcome, Totals

app = typer.Typer(
    name="gongwen",
    help="Chinese official reports as data one can cite: laws, agencies, measures, and every figure with what it counts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
annotate = typer.Typer(help="Labelled texts: compile notes to gold records, check them, see what they teach.", no_args_is_help=True)
app.add_typer(annotate, name="annotate")


class Segmenter(StrEnum):
    """Word segmenters to choose from."""

    jieba = "jieba"
    pkuseg = "pkuseg"
    char = "char"


@contextmanager
def _clear_errors() -> Iterator[None]:
    """A user's mistake is one line on stderr and exit status 2."""
    try:
        yield
    except GongwenError as error:
        for line in str(error).splitlines():
            typer.echo(f"gongwen: {line}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        typer.echo("gongwen: stopped; run the same command with --resume to go on", err=True)
        raise typer.Exit(130) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gongwen {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Options of all commands."""


@app.command()
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
    with _clear_errors():
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
        with Progress(*columns, console=_console(stderr=True), transient=True) as bar:
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


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 140
    return Console(stderr=stderr, width=wide)


def _print_summary(output: Path) -> None:
    from itertools import islice

    from pipeline.record import read_records
    from pipeline.summary import print_summary

    print_summary(list(islice(read_records(output), 20)), _console())


def _report(totals: Totals, output: Path, errors: Path) -> None:
    kept = f", {totals.kept} kept from before" if totals.kept else ""
    typer.echo(f"{totals.done} reports, {totals.characters} characters → {output}{kept}", err=True)
    if totals.failed:
        typer.echo(f"{totals.failed} failed: see {errors}", err=True)


@app.command()
def train(
    annotations: Annotated[Path, typer.Option(help="Folder of labelled reports: texts with notes beside them.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to write.")] = Path("models/gongwen"),
) -> None:
    """Retrain every trained stage from labelled reports. A broken run leaves the old model as it was."""
    with _clear_errors():
        from pipeline.training.train import train as run_training

        card = run_training(annotations, config, output, lambda line: typer.echo(line, err=True))
        typer.echo(f"{output}: trained on {card['data']['pieces']} pieces, {card['data']['characters']} characters", err=True)


@app.command()
def score(
    gold: Annotated[Path, typer.Argument(help="Gold records (JSONL).", metavar="GOLD.jsonl")],
    predicted: Annotated[Path, typer.Argument(help="Predicted records of the same reports.", metavar="PRED.jsonl")],
    errors: Annotated[bool, typer.Option("--errors", help="List every error with its sentence.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures and errors as JSON.")] = False,
) -> None:
    """Accuracy of every layer against gold, with a 95 % bootstrap interval over sentences."""
    with _clear_errors():
        from pipeline.scoring import report
        from pipeline.scoring.score import score as compare

        scores = compare(_records(gold), _records(predicted))
        if as_json:
            typer.echo(json.dumps(report.as_json(scores), ensure_ascii=False, indent=1))
            return
        for line in report.table(scores):
            typer.echo(line)
        for line in report.error_lines(scores) if errors else ():
            typer.echo(line)


def _records(path: Path) -> list[Record]:
    from pipeline.record import read_records

    if not path.is_file():
        raise GongwenError(f"{path}: no such file; give records as JSONL")
    return list(read_records(path))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a record."""
    from pipeline.record import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=1))


@app.command()
def quantities(
    text: Annotated[str, typer.Argument(help="A line of text; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The quantities of a text by the grammar alone: value, unit and bound."""
    import pipeline

    source = sys.stdin.read() if text == "-" else text
    for q in pipeline.quantities(source):
        written = "".join(source[q.start : q.end].split())
        if as_json:
            fields = {
                "start": q.start,
                "end": q.end,
                "text": written,
                "value": q.value,
                "value_max": q.value_max,
                "unit": q.unit,
                "bound": q.bound,
            }
            typer.echo(json.dumps(fields, ensure_ascii=False))
        else:
            value = q.value if q.value_max is None else f"{q.value}–{q.value_max}"
            typer.echo(f"{written}\t{value}\t{q.unit or ''}\t{q.bound}")


@annotate.command("compile")
def annotate_compile(
    folder: Annotated[Path, typer.Argument(help="Folder of texts (.txt .md) with .notes beside them.")] = Path("annotations/train"),
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where the records go; without it the notes are only checked.")] = None,
) -> None:
    """Check notes and compile them to gold records; every fault with file and line."""
    with _clear_errors():
        from pipeline.annotation.notes import compile_folder
        from pipeline.record import write_records

        if not folder.is_dir():
            raise GongwenError(f"{folder}: no such folder")
        pieces = compile_folder(folder)
        if output:
            write_records(output, (piece.record for piece in pieces))
        characters = sum(len(piece.record.text) for piece in pieces)
        typer.echo(f"{len(pieces)} pieces, {characters} characters, no faults", err=True)


@annotate.command("check")
def annotate_check(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes, and beside it gold/ and dev/.")] = Path("annotations/train"),
) -> None:
    """Look for what is wrong with labels: values against their surface, far links, near-duplicates; print the coverage.

    Exit status: 0 clean, 1 findings.
    """
    with _clear_errors():
        from pipeline.annotation.check import check, coverage, measured_records
        from pipeline.annotation.notes import compile_folder

        if not folder.is_dir():
            raise GongwenError(f"{folder}: no such folder")
        pieces = compile_folder(folder)
        findings = list(check(pieces, measured_records(folder.parent)))
        for line in (*findings, *coverage(pieces)):
            typer.echo(line)
        typer.echo(f"{len(findings)} findings" if findings else "clean", err=True)
    if findings:
        raise typer.Exit(1)


@annotate.command("crossval")
def annotate_crossval(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    folds: Annotated[int, typer.Option(min=2, help="Groups of pens; each is tested by taggers that have not seen it.")] = 3,
    disagreements: Annotated[Path | None, typer.Option(help="Write where label and model disagree: the places to look for label errors.")] = None,
) -> None:
    """What the taggers make of pens they have not seen: F1, calibration, and disagreements to look through."""
    with _clear_errors():
        from pipeline.training.crossval import cross_validate, reliability, table

        held = cross_validate(folder, config, folds, lambda line: typer.echo(line, err=True))
        for line in (*table(held), "", *reliability(held)):
            typer.echo(line)
        if disagreements:
            disagreements.write_text("".join(f"{line}\n" for line in held.disagreements), "utf-8")


@annotate.command("curve")
def annotate_curve(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes, and beside it gold/ and dev/.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    seeds: Annotated[int, typer.Option(min=1, help="Orders of the pens to try at each size.")] = 3,
    figure: Annotated[Path | None, typer.Option(help="Also draw the curve into this file (.png, .svg); needs matplotlib.")] = None,
) -> None:
    """The tagger's F1 by characters of training text, measured on the gold and development reports, as a table."""
    with _clear_errors():
        from pipeline.annotation.check import measured_records
        from pipeline.training.curve import learning_curve, plot, table

        measured = list(measured_records(folder.parent))
        if not measured:
            raise GongwenError(f"{folder.parent}: no gold/*.jsonl or dev/*.jsonl to measure on")
        sizes = (12_500, 25_000, 50_000, 100_000, 200_000, 400_000)
        points = list(learning_curve(folder, config, measured, sizes, seeds, lambda line: typer.echo(line, err=True)))
        for line in table(points):
            typer.echo(line)
        if figure:
            plot(points, figure)


def main() -> None:
    """Entry point of the console script."""
    app()
