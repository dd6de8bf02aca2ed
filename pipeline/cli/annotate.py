"""`gongwen annotate …`: labelled texts, compiled, checked and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import clear_errors
from pipeline.errors import GongwenError

app = typer.Typer(help="Labelled texts: compile notes to gold records, check them, see what they teach.", no_args_is_help=True)


@app.command("compile")
def annotate_compile(
    folder: Annotated[Path, typer.Argument(help="Folder of texts (.txt .md) with .notes beside them.")] = Path("annotations/train"),
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where the records go; without it the notes are only checked.")] = None,
) -> None:
    """Check notes and compile them to gold records; every fault with file and line."""
    with clear_errors():
        from pipeline.annotation.folder import compile_folder
        from pipeline.record import write_records

        if not folder.is_dir():
            raise GongwenError(f"{folder}: no such folder")
        pieces = compile_folder(folder)
        if output:
            write_records(output, (piece.record for piece in pieces))
        characters = sum(len(piece.record.text) for piece in pieces)
        typer.echo(f"{len(pieces)} pieces, {characters} characters, no faults", err=True)


@app.command("check")
def annotate_check(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes, and beside it gold/ and dev/.")] = Path("annotations/train"),
) -> None:
    """Look for what is wrong with labels: values against their surface, far links, near-duplicates; print the coverage.

    Exit status: 0 clean, 1 findings.
    """
    with clear_errors():
        from pipeline.annotation.check import check, coverage, measured_records
        from pipeline.annotation.folder import compile_folder

        if not folder.is_dir():
            raise GongwenError(f"{folder}: no such folder")
        pieces = compile_folder(folder)
        findings = list(check(pieces, measured_records(folder.parent)))
        for line in (*findings, *coverage(pieces)):
            typer.echo(line)
        typer.echo(f"{len(findings)} findings" if findings else "clean", err=True)
    if findings:
        raise typer.Exit(1)


@app.command("crossval")
def annotate_crossval(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    folds: Annotated[int, typer.Option(min=2, help="Groups of pens; each is tested by taggers that have not seen it.")] = 3,
    disagreements: Annotated[Path | None, typer.Option(help="Write where label and model disagree: the places to look for label errors.")] = None,
) -> None:
    """What the taggers make of pens they have not seen: F1, calibration, and disagreements to look through."""
    with clear_errors():
        from pipeline.training.crossval import cross_validate, reliability, table

        held = cross_validate(folder, config, folds, lambda line: typer.echo(line, err=True))
        for line in (*table(held), "", *reliability(held)):
            typer.echo(line)
        if disagreements:
            disagreements.write_text("".join(f"{line}\n" for line in held.disagreements), "utf-8")


@app.command("curve")
def annotate_curve(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes, and beside it gold/ and dev/.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    seeds: Annotated[int, typer.Option(min=1, help="Orders of the pens to try at each size.")] = 3,
    figure: Annotated[Path | None, typer.Option(help="Also draw the curve into this file (.png, .svg); needs matplotlib.")] = None,
) -> None:
    """The tagger's F1 by characters of training text, measured on the gold and development reports, as a table."""
    with clear_errors():
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
