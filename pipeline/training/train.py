"""`gongwen train`: from labelled pieces to a model folder, which replaces the old one only if no layer has become worse."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotation.folder import compile_folder
from pipeline.errors import AnnotationError, ModelError
from pipeline.language import tr
from pipeline.model import CARD, config_and_settings, load_nlp, verified_card
from pipeline.record import Record
from pipeline.scoring.compare import Comparison, compare
from pipeline.scoring.predictions import predictions
from pipeline.scoring.score import main_figures, score
from pipeline.training.card import new_card, write_card
from pipeline.training.corpus import Example, folds_by_pen, make_examples
from pipeline.training.install import install, keep_rejected, recover
from pipeline.training.parts import CALIBRATION, FIT, PARTS, Weights, give, prefixed, require
from pipeline.training.unseen import find_unseen, fit_calibrations

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run came to.

    Attributes:
        folder: where the new model lies: the output, or beside it when it was not installed.
        card: its card.
        comparison: with the model that was there before; None where there was none or nothing to measure on.
        is_installed: whether it took the place of the old one.
    """

    folder: Path
    card: dict[str, Any]
    comparison: Comparison | None
    is_installed: bool


def train(
    annotations: Path,
    config_path: Path,
    output: Path,
    say: Say,
    *,
    only: str | None = None,
    measured: Sequence[Record] = (),
    force: bool = False,
) -> Trained:
    """Train every part, or one, and install the model at `output` unless a layer is significantly worse than before.

    Args:
        only: one of `PARTS`; the others are taken from the model at `output`.
        measured: gold records to compare the new model with the old one on; none of them may be in `annotations`.
        force: install it however it compares.

    Raises:
        AnnotationError: faults in the labels, each with file and line, or too little to learn from.
        ModelError: the configuration cannot be read, or there is no model to train a part of.
    """
    say = _timed(say)
    recover(output)
    config, settings = config_and_settings(config_path)
    pieces = compile_folder(annotations, measured)
    if not pieces:
        raise AnnotationError(
            tr(
                "{annotations}: no labelled reports (texts with .notes beside them, or .jsonl gold records): nothing to learn from",
                annotations=annotations,
            )
        )
    nlp, card = _start(config, output, only)
    parts = [only] if only else PARTS
    _check(config_path, config, settings, nlp, parts)
    say(
        tr(
            "{pieces} pieces by {pens} pens, {characters} characters",
            pieces=len(pieces),
            pens=len({p.pen for p in pieces}),
            characters=sum(len(p.record.text) for p in pieces),
        )
    )
    _fit(nlp, config, make_examples(pieces, nlp), parts, settings, say)
    card = new_card(card, pieces, config_path, settings, parts)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".train-") as folder:
        fresh = Path(folder) / output.name
        _write(nlp, fresh, card)
        comparison = _measure(fresh, card, output, measured, say)
        if comparison and comparison.worse and not force:
            return Trained(keep_rejected(fresh, output), card, comparison, is_installed=False)
        install(fresh, output)
    return Trained(output, card, comparison, is_installed=True)


def _start(config: Any, output: Path, only: str | None) -> tuple[Any, dict[str, Any]]:
    """An untrained pipeline and an empty card; or the model that a part is to be trained for, with its card."""
    from spacy.util import load_model_from_config

    if only is None:
        return load_model_from_config(config, auto_fill=True), {}
    if only not in PARTS:
        raise ModelError(tr("no part {only!r} to train: choose one of {choices}", only=only, choices=", ".join(PARTS)))
    card = verified_card(output)
    return load_nlp(output), card


def _check(path: Path, config: Any, settings: dict[str, Any], nlp: Any, parts: Sequence[str]) -> None:
    """Raises ModelError for what would else come to light when the parts have been trained."""
    folds = settings.get("folds")
    if not isinstance(folds, int) or folds < 1:
        raise ModelError(tr("{path}: [gongwen] needs `folds`, a number of groups of pens: see models/config.cfg", path=path))
    if CALIBRATION in parts:
        require(CALIBRATION, config["nlp"]["pipeline"])
        require(CALIBRATION, nlp.pipe_names)


def _fit(nlp: Any, config: Any, examples: Sequence[Example], parts: Sequence[str], settings: dict[str, Any], say: Say) -> None:
    """Give the pipeline new weights of some parts.

    Calibrators learn from what weights that have not seen a pen find in its texts: then every part is fitted without each group of pens, too.
    """
    groups = folds_by_pen(examples, settings["folds"])
    steps = list(FIT) if CALIBRATION in parts else list(parts)
    unseeing: list[Weights] = [{} for _ in groups]
    for number, part in enumerate(steps, 1):
        held_out = [set(), *groups] if part in parts else groups
        fitted = FIT[part](examples, held_out, settings, prefixed(say, f"step {number} of {len(steps)}, {part}: "))
        if part in parts:
            give(nlp, fitted.pop(0))
        unseeing = [{**old, **new} for old, new in zip(unseeing, fitted, strict=True)]
    if CALIBRATION in parts:
        say(tr("{calibration}: scores of what was found in texts of pens not seen", calibration=CALIBRATION))
        give(nlp, {CALIBRATION: fit_calibrations(examples, find_unseen(config, examples, groups, unseeing))})
    else:
        say(tr("scores are calibrated as before: `gongwen train --only {calibration}` learns them anew", calibration=CALIBRATION))


def _write(nlp: Any, folder: Path, card: dict[str, Any]) -> None:
    # a new vocabulary: what was seen while training leaves no trace in the files
    nlp.to_disk(folder, exclude=["vocab"])
    (folder / "vocab").mkdir()
    type(nlp)().vocab.to_disk(folder / "vocab")
    write_card(folder, card)


def _measure(fresh: Path, card: dict[str, Any], output: Path, measured: Sequence[Record], say: Say) -> Comparison | None:
    """Put the new model's scores on its card, and compare it with the old one."""
    if not measured:
        say(tr("no gold records to measure on: the new model is not compared with the old one"))
        return None
    say(tr("scores on {measured} gold reports", measured=len(measured)))
    new = predictions(fresh, measured)
    card["measured"] = [record.id for record in measured]
    card["scores"] = {name: [round(r.value, 4), round(r.low, 4), round(r.high, 4)] for name, r in main_figures(score(measured, new))}
    write_card(fresh, card)
    if not (output / CARD).exists():
        return None
    try:
        old = predictions(output, measured)
    except ModelError as error:
        say(tr("the model that is there cannot be compared with: {error}", error=error))
        return None
    return compare(measured, old, new)


def _timed(say: Say) -> Say:
    start = time.monotonic()

    def timed(line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - start), 60)
        say(f"{minutes:3d}:{seconds:02d} {line}")

    return timed
