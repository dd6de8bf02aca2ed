"""`gongwen train` and `gongwen score`: make a model, measure it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import clear_errors, records_of


def train(
    annotations: Annotated[Path, typer.Option(help="Folder of labelled reports: texts with notes beside them.")] = Path("annotations/train"),
    config: Annotated[Path, typer.Option(help="What is trained and how.")] = Path("models/config.cfg"),
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to write.")] = Path("models/gongwen"),
) -> None:
    """Retrain every trained stage from labelled reports. A broken run leaves the old model as it was."""
    with clear_errors():
        from pipeline.training.train import train as run_training

        card = run_training(annotations, config, output, lambda line: typer.echo(line, err=True))
        typer.echo(f"{output}: trained on {card['data']['pieces']} pieces, {card['data']['characters']} characters", err=True)


def score(
    gold: Annotated[Path, typer.Argument(help="Gold records (JSONL).", metavar="GOLD.jsonl")],
    predicted: Annotated[Path, typer.Argument(help="Predicted records of the same reports.", metavar="PRED.jsonl")],
    errors: Annotated[bool, typer.Option("--errors", help="List every error with its sentence.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures and errors as JSON.")] = False,
) -> None:
    """Accuracy of every layer against gold, with a 95 % bootstrap interval over sentences."""
    with clear_errors():
        from pipeline.scoring import report
        from pipeline.scoring.score import score as compare

        scores = compare(records_of(gold), records_of(predicted))
        if as_json:
            typer.echo(json.dumps(report.as_json(scores), ensure_ascii=False, indent=1))
            return
        for line in report.table(scores):
            typer.echo(line)
        for line in report.error_lines(scores) if errors else ():
            typer.echo(line)
