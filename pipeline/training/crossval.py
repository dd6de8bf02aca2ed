"""What a new pen would give: taggers trained without a pen, tested on it; and where label and model disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.annotation.folder import compile_folder
from pipeline.layers import Entity
from pipeline.learning.features import base_features
from pipeline.model import config_and_settings
from pipeline.scoring.tally import f1
from pipeline.spans import SpanIndex
from pipeline.stages.entities.choice import Spans
from pipeline.stages.entities.logic import EntityModels, find_entities
from pipeline.training.corpus import Example, folds_by_pen, make_examples
from pipeline.training.fit import Say, fit_spans, fit_tagger, fit_titles, spans_unseen, with_and_without

LABELS = ("LAW", "AGENCY", "MEASURE")
_SURE = 0.85
_BINS = 10


@dataclass(slots=True)
class Held:
    """What taggers found in text by pens that they had not seen.

    Attributes:
        counts: by label, right, predicted and gold.
        judged: `(label, score, is right)` of every prediction.
        disagreements: one line each: text, line, what the model and what the label says.
    """

    counts: dict[str, list[int]] = field(default_factory=lambda: {label: [0, 0, 0] for label in LABELS})
    judged: list[tuple[str, float, bool]] = field(default_factory=list)
    disagreements: list[str] = field(default_factory=list)


def cross_validate(annotations: Path, config_path: Path, folds: int, say: Say) -> Held:
    """Train the taggers once for each group of pens, without it, and test on it.

    Raises:
        AnnotationError: faults in the notes.
        ModelError: the configuration cannot be read.
    """
    from spacy.util import load_model_from_config

    config, settings = config_and_settings(config_path)
    examples = make_examples(compile_folder(annotations), load_model_from_config(config, auto_fill=True))
    held = Held()
    groups = folds_by_pen(examples, folds)
    say(f"taggers without each of {len(groups)} groups of pens")
    _, taggers = with_and_without(fit_tagger, examples, groups, settings["entities"])
    found: dict[str, Spans] = {}
    for pens, tagger in zip(groups, taggers, strict=True):
        found |= spans_unseen(examples, pens, tagger)
    for pens, tagger in zip(groups, taggers, strict=True):
        rest = [e for e in examples if e.pen not in pens]
        models = EntityModels(tagger, fit_titles(rest, settings["entities"]), fit_spans(rest, found, settings["entities"]))
        for example in examples:
            if example.pen in pens:
                gold = example.gold
                _judge(held, example, find_entities(example.norm, base_features(gold), gold.words, gold.sentences, models))
    return held


def _judge(held: Held, example: Example, predicted: Sequence[Entity]) -> None:
    gold = {(e.start, e.end, e.label) for e in example.gold.entities}
    own = {(e.start, e.end, e.label) for e in predicted}
    for label in LABELS:
        for index, spans in enumerate((gold & own, own, gold)):
            held.counts[label][index] += sum(span[2] == label for span in spans)
    labelled = SpanIndex((s, e) for s, e, _ in gold)
    ordered = sorted(gold)
    for entity in predicted:
        is_right = (entity.start, entity.end, entity.label) in gold
        held.judged.append((entity.label, entity.score, is_right))
        if not is_right and entity.score > _SURE:
            near = [f"{ordered[i][2]} {example.norm[ordered[i][0] : ordered[i][1]]}" for i in labelled.touched(entity.start, entity.end)]
            said = f"model {entity.score:.2f} {entity.label}, labels {'; '.join(near) or 'nothing'}"
            held.disagreements.append(_place(example, entity.start, entity.end, said))
    found = SpanIndex((s, e) for s, e, _ in own)
    for start, end, label in ordered:
        if found.is_clear(start, end):
            held.disagreements.append(_place(example, start, end, f"labelled {label}, model nothing"))


def _place(example: Example, start: int, end: int, said: str) -> str:
    line = example.gold.view.raw.count("\n", 0, example.gold.view.raw_span(start, end)[0]) + 1
    around = f"{example.norm[max(0, start - 15) : start]}▶{example.norm[start:end]}◀{example.norm[end : end + 12]}".replace("\n", "⏎")
    return f"{example.pen}/{example.name}:{line}: {said}: {around}"


def table(held: Held) -> Iterator[str]:
    """F1 over unseen pens, and how far scores are from the share that is right (expected calibration error)."""
    yield "| label | F1 on unseen pens | precision | recall | gold | calibration error |"
    yield "|---|---:|---:|---:|---:|---:|"
    for label in LABELS:
        right, predicted, gold = held.counts[label]
        yield (
            f"| {label} | {f1(right, predicted, gold):.3f} | {right / max(predicted, 1):.3f} | {right / max(gold, 1):.3f}"
            f" | {gold} | {calibration_error(held, label):.3f} |"
        )


def _bins(held: Held, label: str) -> dict[int, list[tuple[float, bool]]]:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for name, score, is_right in held.judged:
        if name == label:
            bins.setdefault(min(int(score * _BINS), _BINS - 1), []).append((score, is_right))
    return bins


def calibration_error(held: Held, label: str) -> float:
    """Expected calibration error over ten bins of the score."""
    bins = _bins(held, label)
    total = sum(len(cases) for cases in bins.values())
    gaps = (abs(sum(score for score, _ in cases) - sum(right for _, right in cases)) for cases in bins.values())
    return sum(gaps) / max(total, 1)


def reliability(held: Held) -> Iterator[str]:
    """Of the predictions with a score between two tenths, how many there are and which share is right."""
    yield "| score | " + " | ".join(LABELS) + " |"
    yield "|---|" + "---:|" * len(LABELS)
    for index in range(_BINS):
        cells = []
        for label in LABELS:
            cases = _bins(held, label).get(index, [])
            cells.append(f"{sum(right for _, right in cases) / len(cases):.2f} of {len(cases)}" if cases else "—")
        if any(cell != "—" for cell in cells):
            yield f"| {index / _BINS:.1f}–{(index + 1) / _BINS:.1f} | " + " | ".join(cells) + " |"
