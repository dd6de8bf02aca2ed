"""`gongwen annotate …`: labelled texts, compiled, checked and measured."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import clear_errors, records_of
from pipeline.cli.spoken import Command, Group
from pipeline.errors import GongwenError
from pipeline.language import tr

app = typer.Typer(cls=Group, help="Labelled texts: out to labelling tools and back, checked, and what they teach.", no_args_is_help=True)


class Tool(StrEnum):
    """Labelling tools and formats."""

    label_studio = "label-studio"
    doccano = "doccano"
    brat = "brat"
    conll = "conll"
    docbin = "docbin"


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command("export", cls=Command)
def annotate_export(
    records: Annotated[Path, typer.Argument(help="Records (JSONL): what `gongwen extract` wrote, or gold.", metavar="OUT.jsonl")],
    to: Annotated[Tool, typer.Option("--to", help="The tool to write for.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder to write into (beside OUT.jsonl, named after it and the tool).")
    ] = None,
) -> None:
    """Write records for a labelling tool, as pre-annotations with scores and model version where a model made them."""
    with clear_errors():
        from pipeline.annotation.exchange import export_records

        folder = output or records.with_name(f"{records.stem}-{to.value}")
        for path in export_records(records_of(records), to.value, folder, _say):
            typer.echo(path)


@app.command("import", cls=Command)
def annotate_import(
    path: Annotated[Path, typer.Argument(help="What the tool exported: a file, or the folder that `annotate export` wrote.")],
    source: Annotated[Tool, typer.Option("--from", help="The tool it comes from.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Gold records (JSONL); a file inside the training folder is trained on by `gongwen train`.")
    ] = Path("annotations/train/corrected.jsonl"),
) -> None:
    """Read corrected annotations back as gold records; every fault with file and task or line, nothing written then."""
    with clear_errors():
        from pipeline.annotation.exchange import import_records
        from pipeline.annotation.folder import record_faults
        from pipeline.record import write_records

        found = import_records(path, source.value, _say)
        faults = [f"{path}: {record.id}: {fault}" for record in found for fault in record_faults(record)]
        if faults:
            raise GongwenError("\n".join(faults))
        write_records(output, found)
        entities, numbers = sum(len(r.entities) for r in found), sum(len(r.quantities) for r in found)
        _say(
            tr(
                "{found} records, {entities} entities, {numbers} quantities → {output}",
                found=len(found),
                entities=entities,
                numbers=numbers,
                output=output,
            )
        )


@app.command("compile", cls=Command)
def annotate_compile(
    folder: Annotated[Path, typer.Argument(help="Folder of texts (.txt .md) with .notes beside them.")] = Path("annotations/train"),
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where the records go; without it the notes are only checked.")] = None,
) -> None:
    """Check notes and compile them to gold records; every fault with file and line."""
    with clear_errors():
        from pipeline.annotation.folder import compile_folder
        from pipeline.record import write_records

        if not folder.is_dir():
            raise GongwenError(tr("{folder}: no such folder", folder=folder))
        pieces = compile_folder(folder)
        if output:
            write_records(output, (piece.record for piece in pieces))
        characters = sum(len(piece.record.text) for piece in pieces)
        typer.echo(tr("{pieces} pieces, {characters} characters, no faults", pieces=len(pieces), characters=characters), err=True)


@app.command("check", cls=Command)
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
            raise GongwenError(tr("{folder}: no such folder", folder=folder))
        pieces = compile_folder(folder)
        findings = list(check(pieces, measured_records(folder.parent)))
        for line in (*findings, *coverage(pieces)):
            typer.echo(line)
        typer.echo(tr("{findings} findings", findings=len(findings)) if findings else tr("clean"), err=True)
    if findings:
        raise typer.Exit(1)


@app.command("crossval", cls=Command)
def annotate_crossval(
    folder: Annotated[Path, typer.Argument(help="Folder of texts with notes.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    folds: Annotated[int, typer.Option(min=2, help="Groups of pens; each is tested by weights that have not seen it.")] = 3,
    disagreements: Annotated[Path | None, typer.Option(help="Write where label and model disagree: the places to look for label errors.")] = None,
    card: Annotated[Path | None, typer.Option(help="Also put the tables into this model card (models/README.md), in the place of its own.")] = None,
) -> None:
    """What the pipeline makes of pens it has not seen: every layer's F1 or accuracy, and how far its scores can be trusted."""
    with clear_errors():
        from pipeline.training.crossval import cross_validate, tables, write_into_card

        held = cross_validate(folder, config, folds, _say)
        for line in tables(held):
            typer.echo(line)
        if card:
            write_into_card(held, card)
        if disagreements:
            disagreements.write_text("".join(f"{line}\n" for line in held.disagreements), "utf-8")


@app.command("curve", cls=Command)
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
            raise GongwenError(tr("{path}: no gold/*.jsonl or dev/*.jsonl to measure on", path=folder.parent))
        sizes = (12_500, 25_000, 50_000, 100_000, 200_000, 400_000)
        points = list(learning_curve(folder, config, measured, sizes, seeds, lambda line: typer.echo(line, err=True)))
        for line in table(points):
            typer.echo(line)
        if figure:
            plot(points, figure)


@app.command("segmentation", cls=Command)
def annotate_segmentation(
    folder: Annotated[Path, typer.Argument(help="Folder of the segmentation set, and beside it gold/ and dev/.")] = Path("annotations/segmentation"),
    segmenter: Annotated[Path | None, typer.Option(help="Folder of a trained pkuseg model (models/pkuseg).")] = None,
) -> None:
    """Measure the segmenters: word F1 on held-out sentences, and the share of gold span ends that fall on word ends."""
    with clear_errors():
        from pipeline.annotation.check import measured_records
        from pipeline.annotation.segmentation import read_segmentation
        from pipeline.model import shipped_segmenter
        from pipeline.scoring.segmentation import segmentation_table

        held_out = read_segmentation(folder).held_out
        for line in segmentation_table(held_out, list(measured_records(folder.parent)), segmenter or shipped_segmenter()):
            typer.echo(line)


@app.command("pick", cls=Command)
def annotate_pick(
    paths: Annotated[list[Path], typer.Argument(help="Reports and folders of them, not yet labelled.", metavar="REPORT...")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many sentences.")] = 50,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write them as records too (JSONL), ready for `annotate export`.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model folder; default: the shipped one.")] = None,
    annotations: Annotated[Path, typer.Option(help="The training set: names in it are not new.")] = Path("annotations/train"),
) -> None:
    """The sentences that would teach the taggers most, with the reason beside each; the best first."""
    with clear_errors():
        from pipeline.annotation.picking import excerpts, pick, seen_names
        from pipeline.extractor import load
        from pipeline.record import write_records

        picked = pick(paths, load(model), seen_names(annotations), count, _say)
        for number, one in enumerate(picked, 1):
            typer.echo(f"{number}. {one.record.id}:{one.line}: {''.join(one.candidate.text.split())}")
            typer.echo(f"     {'; '.join(one.candidate.reasons[:4])}")
        if output:
            _say(tr("{count} records → {output}", count=write_records(output, excerpts(picked)), output=output))


@app.command("pick-curve", cls=Command)
def annotate_pick_curve(
    folder: Annotated[Path, typer.Argument(help="Folder of labelled reports.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    seeds: Annotated[int, typer.Option(min=1, help="Sets of held-out pens to try.")] = 3,
    figure: Annotated[Path | None, typer.Option(help="Also draw the curves into this file (.png, .svg); needs matplotlib.")] = None,
) -> None:
    """Whether picked sentences teach more than random ones: F1 on pens not seen by how much text was labelled; some five minutes."""
    with clear_errors():
        from pipeline.training.active import experiment, plot, table

        points = list(experiment(folder, config, (5_000, 10_000, 20_000, 40_000, 80_000), seeds, _say))
        for line in table(points):
            typer.echo(line)
        if figure:
            plot(points, figure)
