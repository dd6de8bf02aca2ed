"""What a new pen would give: the whole pipeline trained without a pen and tested on it; and where label and model disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotation.folder import compile_folder
from pipeline.conversion import to_record
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.layers import Layers
from pipeline.model import config_and_settings
from pipeline.scoring.reliability import Judged, error_table, reliability_table
from pipeline.scoring.score import Scores, main_figures, score
from pipeline.spans import SpanIndex
from pipeline.stages.calibration.logic import KINDS, calibrate
from pipeline.training.corpus import Example, folds_by_pen, make_examples
from pipeline.training.fit import Say, without
from pipeline.training.parts import CALIBRATION, FIT, Weights, prefixed, require
from pipeline.training.unseen import find_unseen, fit_calibrations, judge

_SURE = 0.85
_BEGIN, _END = "<!-- crossval: written by `gongwen annotate crossval --card` -->", "<!-- end of crossval -->"


@dataclass(slots=True)
class Held:
    """What was found in text by pens that had not been seen.

    Attributes:
        about: what was measured, in a sentence.
        scores: figures of every layer.
        judged: everything found, with its score and whether it is right.
        disagreements: one line each: text, line, what the model and what the label says.
    """

    about: str
    scores: Scores
    judged: list[Judged]
    disagreements: list[str]


def cross_validate(annotations: Path, config_path: Path, folds: int, say: Say) -> Held:
    """Train every part once for each group of pens, without it, and run the whole pipeline on it; scores are calibrated on the other groups.

    Raises:
        AnnotationError: faults in the notes, or texts of one pen only.
        ModelError: the configuration cannot be read, or has no calibration.
    """
    from spacy.util import load_model_from_config

    config, settings = config_and_settings(config_path)
    require(CALIBRATION, config["nlp"]["pipeline"])
    pieces = compile_folder(annotations)
    examples = make_examples(pieces, load_model_from_config(config, auto_fill=True))
    groups = folds_by_pen(examples, folds)
    if len(groups) < 2:
        raise AnnotationError(tr("{annotations}: texts of at least two pens are needed to train on some and test on others", annotations=annotations))
    weights: list[Weights] = [{} for _ in groups]
    for part, fit in FIT.items():
        weights = [{**old, **new} for old, new in zip(weights, fit(examples, groups, settings, prefixed(say, f"{part}: ")), strict=True)]
    say(tr("texts of pens not seen"))
    found = find_unseen(config, examples, groups, weights)
    _calibrate(examples, groups, found)
    return Held(
        tr(
            "{pieces} texts, {characters:,} characters, {pens} pens in {groups} groups",
            pieces=len(pieces),
            characters=sum(len(e.norm) for e in examples),
            pens=len({e.pen for e in examples}),
            groups=len(groups),
        ),
        score([piece.record for piece in pieces], [to_record(found[p.record.id], p.record.id, p.record.source, None) for p in pieces]),
        [case for example in examples for case in judge(example, found[example.name])],
        [line for example in examples for line in _disagreements(example, found[example.name])],
    )


def _calibrate(examples: Sequence[Example], groups: Sequence[set[str]], found: dict[str, Layers]) -> None:
    """Calibrate the scores of each group's texts with what is learned from those of the others."""
    learned = [fit_calibrations(without(examples, pens), found) for pens in groups]
    for pens, calibrations in zip(groups, learned, strict=True):
        for example in examples:
            if example.pen in pens:
                calibrate(found[example.name], calibrations)


def _disagreements(example: Example, found: Layers) -> Iterator[str]:
    """Names that the model is sure of and the labels do not have, and names that it does not touch."""
    gold = sorted((e.start, e.end, e.label) for e in example.gold.entities)
    labelled = SpanIndex((s, e) for s, e, _ in gold)
    for entity in found.entities:
        if entity.score > _SURE and (entity.start, entity.end, entity.label) not in gold:
            near = [f"{gold[i][2]} {example.norm[gold[i][0] : gold[i][1]]}" for i in labelled.touched(entity.start, entity.end)]
            said = f"model {entity.score:.2f} {entity.label}, labels {'; '.join(near) or 'nothing'}"
            yield _place(example, entity.start, entity.end, said)
    own = SpanIndex((e.start, e.end) for e in found.entities)
    for start, end, label in gold:
        if own.is_clear(start, end):
            yield _place(example, start, end, tr("labelled {label}, model nothing", label=label))


def _place(example: Example, start: int, end: int, said: str) -> str:
    line = example.gold.view.raw.count("\n", 0, example.gold.view.raw_span(start, end)[0]) + 1
    around = f"{example.norm[max(0, start - 15) : start]}▶{example.norm[start:end]}◀{example.norm[end : end + 12]}".replace("\n", "⏎")
    return f"{example.pen}/{example.name}:{line}: {said}: {around}"


def tables(held: Held) -> Iterator[str]:
    """F1 or accuracy of every layer over unseen pens, and how far its scores can be trusted, in Markdown."""
    yield f"Over {held.about}:"
    yield ""
    yield "| layer | F1 or accuracy | 95 % interval | precision | recall | gold |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, r in main_figures(held.scores):
        precision, recall = (f"{value:.3f}" if value is not None else "—" for value in (r.precision, r.recall))
        yield f"| {name} | {r.value:.3f} | {r.low:.3f}–{r.high:.3f} | {precision} | {recall} | {r.gold:.0f} |"
    yield ""
    yield from error_table(held.judged, KINDS)
    yield ""
    yield "Share that is right of what has a score between two tenths:"
    yield ""
    yield from reliability_table(held.judged, KINDS)


def write_into_card(held: Held, card: Path) -> None:
    """Put the tables between the two marks of a model card (Markdown), in the place of those that are there.

    Raises:
        AnnotationError: the file cannot be read or has no marks.
    """
    try:
        text = card.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise AnnotationError(tr("{card}: no model card to write into ({error})", card=card, error=error)) from error
    between = re.compile(f"(?<={re.escape(_BEGIN)}\n).*(?={re.escape(_END)})", re.DOTALL)
    if not between.search(text):
        raise AnnotationError(tr("{card}: no place for the tables: give it the lines {begin} and {end}", card=card, begin=_BEGIN, end=_END))
    lines = "".join(f"{line}\n" for line in ("", *tables(held), ""))
    card.write_text(between.sub(lambda _: lines, text, count=1), "utf-8")
