"""`gongwen train`, `gongwen compare` and `gongwen score`: make a model, tell it from the old one, measure it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.common import clear_errors, records_of
from pipeline.language import later, tr

if TYPE_CHECKING:
    from pipeline.record import Record
    from pipeline.scoring.compare import Comparison

_MEASURED = (Path("annotations/gold"), Path("annotations/dev"))
_MODEL, _SEGMENTER = Path("models/gongwen"), Path("models/pkuseg")


class Part(StrEnum):
    """Parts that can be trained alone."""

    entities = "entities"
    links = "links"
    topics = "topics"
    calibration = "calibration"
    segmenter = "segmenter"


def train(
    annotations: Annotated[Path, typer.Option(help="Folder of labelled reports: texts with notes beside them, and .jsonl gold records.")] = Path(
        "annotations/train"
    ),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The model folder to write (models/gongwen; for the segmenter models/pkuseg).")
    ] = None,
    only: Annotated[Part | None, typer.Option(help="Train this part alone; the others stay as they are in the model folder.")] = None,
    on: Annotated[
        list[Path] | None, typer.Option(help="Gold records to compare with the old model on (annotations/gold and annotations/dev).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Install the new model even where it is significantly worse.")] = False,
) -> None:
    """Retrain from labelled reports, show what was gained and lost, and install the new model if no layer is significantly worse.

    A run that is broken off leaves the old model as it was. Exit status: 0 installed, 1 not installed because a layer is worse, 2 wrong use.
    """
    with clear_errors(later("the old model is as it was")):
        if only is Part.segmenter:
            _train_segmenter(annotations, config, output or _SEGMENTER)
            return
        installed = _train(annotations, config, output or _MODEL, only, _measured(on), force)
    if not installed:
        raise typer.Exit(1)


def _train(annotations: Path, config: Path, output: Path, only: Part | None, measured: list[Record], force: bool) -> bool:
    from pipeline.training.train import train as run_training

    trained = run_training(annotations, config, output, _say, only=only.value if only else None, measured=measured, force=force)
    if trained.comparison:
        _print(trained.comparison)
    if not trained.is_installed and trained.comparison:
        worse = ", ".join(change.layer for change in trained.comparison.worse)
        typer.echo(
            tr(
                "not installed: significantly worse: {worse}. {output} is as it was; the new model lies in {folder}.",
                worse=worse,
                output=output,
                folder=trained.folder,
            ),
            err=True,
        )
        typer.echo(tr("Look at the losses above (-); --force installs a new model all the same."), err=True)
        return False
    data = trained.card["data"]
    typer.echo(
        tr("{output}: trained on {pieces} pieces, {characters} characters", output=output, pieces=data["pieces"], characters=data["characters"]),
        err=True,
    )
    return True


def _train_segmenter(annotations: Path, config: Path, output: Path) -> None:
    from pipeline.training.segmenter import train_segmenter

    train_segmenter(annotations, config, output, _say)


def _measured(on: list[Path] | None) -> list[Record]:
    """Gold records to measure on; of the usual folders those that are there."""
    from pipeline.scoring.predictions import gold_records

    return gold_records(on if on is not None else [path for path in _MEASURED if path.is_dir()])


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _print(comparison: Comparison, items: bool = True) -> None:
    from pipeline.scoring.compare import case_lines, table

    for line in (*table(comparison), *(case_lines(comparison) if items else ())):
        typer.echo(line)
    typer.echo(tr("{gains} gains, {losses} losses", gains=len(comparison.gains), losses=len(comparison.losses)), err=True)


def compare(
    old: Annotated[Path, typer.Argument(help="A model folder, or predicted records (JSONL).", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="Another one.", metavar="NEW")],
    on: Annotated[list[Path] | None, typer.Option(help="Gold records or folders of them (annotations/gold).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures and items as JSON.")] = False,
) -> None:
    """Every item that one of two models gets right and the other wrong, and for each layer the p-value of a paired bootstrap over sentences.

    Exit status: 0 no layer is significantly worse, 1 one is (p < 0.05), 2 wrong use.
    """
    with clear_errors():
        from pipeline.scoring.compare import as_json as plain
        from pipeline.scoring.compare import compare as compare_records
        from pipeline.scoring.predictions import gold_records, predictions

        gold = gold_records(on if on is not None else _MEASURED[:1])
        comparison = compare_records(gold, predictions(old, gold), predictions(new, gold))
        if as_json:
            typer.echo(json.dumps(plain(comparison), ensure_ascii=False, indent=1))
        else:
            _print(comparison)
    if comparison.worse:
        raise typer.Exit(1)


def score(
    gold: Annotated[Path, typer.Argument(help="Gold records (JSONL).", metavar="GOLD.jsonl")],
    predicted: Annotated[Path, typer.Argument(help="Predicted records of the same reports.", metavar="PRED.jsonl")],
    errors: Annotated[bool, typer.Option("--errors", help="List every error with its sentence.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures and errors as JSON.")] = False,
) -> None:
    """Accuracy of every layer against gold, with a 95 % bootstrap interval over sentences."""
    with clear_errors():
        from pipeline.scoring import report
        from pipeline.scoring.score import score as compare_with_gold

        scores = compare_with_gold(records_of(gold), records_of(predicted))
        if as_json:
            typer.echo(json.dumps(report.as_json(scores), ensure_ascii=False, indent=1))
            return
        for line in report.table(scores):
            typer.echo(line)
        for line in report.error_lines(scores) if errors else ():
            typer.echo(line)
