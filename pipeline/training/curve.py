"""The learning curve: how right the tagger is by characters of training text, on reports by hands it has not seen."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from spacy.language import Language

from pipeline.annotation.folder import compile_folder
from pipeline.conversion import from_record
from pipeline.layers import layers_of
from pipeline.learning.features import base_features
from pipeline.model import config_and_settings
from pipeline.record import Record
from pipeline.scoring.tally import f1
from pipeline.stages.entities.logic import EntityModels, find_entities
from pipeline.training.corpus import Example, make_examples
from pipeline.training.fit import Say, fit_tagger, fit_titles

LABELS = ("LAW", "AGENCY", "MEASURE")


@dataclass(frozen=True, slots=True)
class Point:
    """F1 by label of one training size, a value a seed."""

    characters: int
    scores: dict[str, list[float]]


def learning_curve(annotations: Path, config_path: Path, measured: Sequence[Record], sizes: Sequence[int], seeds: int, say: Say) -> Iterator[Point]:
    """Points of the curve, in order of size. Text is taken pen by pen in an order that each seed shuffles.

    Raises:
        AnnotationError: faults in the notes.
        ModelError: the configuration cannot be read.
    """
    from spacy.util import load_model_from_config

    config, settings = config_and_settings(config_path)
    nlp = load_model_from_config(config, auto_fill=True)
    examples = make_examples(compile_folder(annotations), nlp)
    tests = [_test_example(record, nlp) for record in measured]
    whole = sum(len(e.norm) for e in examples)
    for size in [s for s in sizes if s < whole] + [whole]:
        scores: dict[str, list[float]] = {label: [] for label in LABELS}
        for seed in range(seeds if size < whole else 1):
            chosen = _take(examples, size, seed)
            models = EntityModels(fit_tagger(chosen, settings["entities"]), fit_titles(chosen, settings["entities"]))
            found = {label: [0, 0, 0] for label in LABELS}
            for test in tests:
                gold = test.gold
                predicted = find_entities(test.norm, base_features(gold), gold.words, gold.sentences, models)
                for label in LABELS:
                    gold_spans = {(e.start, e.end) for e in test.gold.entities if e.label == label}
                    own_spans = {(e.start, e.end) for e in predicted if e.label == label}
                    for index, count in enumerate((len(gold_spans & own_spans), len(own_spans), len(gold_spans))):
                        found[label][index] += count
            for label in LABELS:
                scores[label].append(f1(*found[label]))
            say(f"{size} characters, seed {seed}: " + ", ".join(f"{label} {scores[label][-1]:.3f}" for label in LABELS))
        yield Point(size, scores)


def _test_example(record: Record, nlp: Language) -> Example:
    doc = nlp.make_doc(record.text)
    for name in ("sections", "segmentation", "sentences"):
        doc = nlp.get_pipe(name)(doc)
    layers = layers_of(doc)
    layers.sections = []
    from_record(record, layers)
    return Example(record.id, "measured", layers)


def _take(examples: Sequence[Example], size: int, seed: int) -> list[Example]:
    """Pieces, pen by pen in shuffled order, until they hold so many characters."""
    generator = random.Random(seed)
    pens = sorted({e.pen for e in examples})
    generator.shuffle(pens)
    chosen: list[Example] = []
    total = 0
    for pen in pens:
        own = sorted((e for e in examples if e.pen == pen), key=lambda e: e.name)
        generator.shuffle(own)
        for example in own:
            if total >= size:
                return chosen
            chosen.append(example)
            total += len(example.norm)
    return chosen


def table(points: Sequence[Point]) -> Iterator[str]:
    """The curve as a Markdown table: mean and standard deviation over the seeds."""
    yield "| characters | " + " | ".join(LABELS) + " |"
    yield "|---:" * (len(LABELS) + 1) + "|"
    for point in points:
        cells = [_cell(point.scores[label]) for label in LABELS]
        yield f"| {point.characters:,} | " + " | ".join(cells) + " |"


def _cell(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def plot(points: Sequence[Point], path: Path) -> None:
    """The curve as a figure."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), dpi=110)
    sizes = [point.characters for point in points]
    for label in LABELS:
        means = [mean(point.scores[label]) for point in points]
        spread = [stdev(point.scores[label]) if len(point.scores[label]) > 1 else 0.0 for point in points]
        axes.errorbar(sizes, means, yerr=spread, marker="o", capsize=3, label=label)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size // 1000}k" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("characters of training text")
    axes.set_ylabel("F1 on gold and development reports")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
