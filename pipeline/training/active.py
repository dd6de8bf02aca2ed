"""Whether picked sentences teach more than random ones: the tagger's F1 on pens not seen, by how much text was labelled."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from pipeline.annotation.folder import compile_folder
from pipeline.annotation.pick import Candidate, candidates, choose
from pipeline.language import tr
from pipeline.layers import Offsets
from pipeline.learning.crf import CharCrf, encode, split_long, train_crf
from pipeline.learning.features import Keys, base_features
from pipeline.learning.linear import LinearModel
from pipeline.model import config_and_settings
from pipeline.scoring.tally import f1
from pipeline.stages.entities.logic import EntityModels, entity_features, find_entities
from pipeline.training.corpus import Example, make_examples
from pipeline.training.fit import fit_titles

Say = Callable[[str], None]
STRATEGIES = ("random", "picked")
LABELS = ("AGENCY", "MEASURE")


@dataclass(frozen=True, slots=True)
class Point:
    """F1 over agencies and measures after so much labelled text; sentences and labels are counts of what was labelled."""

    strategy: str
    seed: int
    characters: int
    sentences: int
    labels: int
    f1: float


@dataclass(slots=True)
class _Text:
    """A labelled text with its features, so that they are computed once."""

    example: Example
    features: list[Keys]
    tags: list[str]
    names: set[tuple[int, int, str]]


def experiment(annotations: Path, config_path: Path, sizes: Sequence[int], seeds: int, say: Say, *, pool_size: int = 200_000) -> Iterator[Point]:
    """Points of the curves. Each seed holds out other pens, and begins both strategies with the same random sentences.

    Raises:
        AnnotationError: faults in the labels.
        ModelError: the configuration cannot be read.
    """
    from spacy.util import load_model_from_config

    config, settings = config_and_settings(config_path)
    examples = make_examples(compile_folder(annotations), load_model_from_config(config, auto_fill=True))
    titles = fit_titles(examples, settings["entities"])
    crf = {key: settings["entities"][key] for key in ("c1", "c2", "min_count")} | {"iterations": min(60, settings["entities"]["iterations"])}
    for seed in range(seeds):
        generator = random.Random(seed)
        pens = sorted({e.pen for e in examples})
        generator.shuffle(pens)
        held_out = set(pens[: max(1, len(pens) // 6)])
        tests = [_text(e) for e in examples if e.pen in held_out]
        pool = _pool([e for e in examples if e.pen not in held_out], pool_size, generator)
        for strategy in STRATEGIES:
            for point in _curve(strategy, seed, pool, tests, sizes, titles, crf):
                say(
                    tr(
                        "{strategy}, seed {seed}: {characters} characters, {sentences} sentences, F1 {f1:.3f}",
                        strategy=strategy,
                        seed=seed,
                        characters=point.characters,
                        sentences=point.sentences,
                        f1=point.f1,
                    )
                )
                yield point


def _text(example: Example) -> _Text:
    entities = [(e.start, e.end, e.label) for e in example.gold.entities]
    tags = encode(len(example.norm), entities)
    return _Text(example, entity_features(example.norm, base_features(example.gold)), list(tags), {e for e in entities if e[2] in LABELS})


def _pool(examples: list[Example], size: int, generator: random.Random) -> list[_Text]:
    generator.shuffle(examples)
    chosen: list[_Text] = []
    total = 0
    for example in examples:
        if total < size:
            chosen.append(_text(example))
            total += len(example.norm)
    return chosen


def _curve(
    strategy: str, seed: int, pool: Sequence[_Text], tests: Sequence[_Text], sizes: Sequence[int], titles: LinearModel, crf: dict[str, float]
) -> Iterator[Point]:
    generator = random.Random(1000 + seed)
    rest = [(number, span) for number, text in enumerate(pool) for span in text.example.gold.sentences if span[1] - span[0] >= 8]
    generator.shuffle(rest)
    labelled: list[tuple[int, Offsets]] = []
    tagger: CharCrf | None = None
    for size in sizes:
        missing = size - sum(e - s for _, (s, e) in labelled)
        new = _picked(pool, rest, labelled, tagger, titles, missing) if tagger and strategy == "picked" else _first(rest, missing)
        labelled += new
        taken = set(labelled)
        rest = [place for place in rest if place not in taken]
        tagger = _fit(pool, labelled, crf)
        names = sum(s <= name[0] < e for number, (s, e) in labelled for name in pool[number].names)
        yield Point(strategy, seed, sum(e - s for _, (s, e) in labelled), len(labelled), names, _score(tagger, titles, tests))


def _first(rest: Sequence[tuple[int, Offsets]], characters: int) -> list[tuple[int, Offsets]]:
    chosen: list[tuple[int, Offsets]] = []
    total = 0
    for place in rest:
        if total >= characters:
            break
        chosen.append(place)
        total += place[1][1] - place[1][0]
    return chosen


def _picked(
    pool: Sequence[_Text],
    rest: Sequence[tuple[int, Offsets]],
    labelled: Sequence[tuple[int, Offsets]],
    tagger: CharCrf,
    titles: LinearModel,
    characters: int,
) -> list[tuple[int, Offsets]]:
    """The same choice as `gongwen annotate pick` makes."""
    seen = {pool[n].example.norm[a:b] for n, (s, e) in labelled for a, b, _ in pool[n].names if s <= a < e}
    free = set(rest)
    found: list[Candidate] = []
    for number, text in enumerate(pool):
        gold = text.example.gold
        models = EntityModels(tagger, titles)
        own = candidates(str(number), text.example.norm, base_features(gold), gold.words, gold.sentences, models, seen)
        found += [c for c in own if (number, (c.start, c.end)) in free]
    return [(int(c.report), (c.start, c.end)) for c in choose(found, len(found), characters=characters)]


def _fit(pool: Sequence[_Text], labelled: Sequence[tuple[int, Offsets]], crf: dict[str, float]) -> CharCrf:
    """A tagger of the labelled sentences alone."""
    templates = len(pool[0].features)
    features = [np.concatenate([pool[n].features[t][s:e] for n, (s, e) in labelled]) for t in range(templates)]
    tags: list[str] = []
    sequences: list[Offsets] = []
    for number, (start, end) in labelled:
        for s, e in split_long([(start, end)], pool[number].example.norm):
            sequences.append((len(tags), len(tags) + e - s))
            tags += pool[number].tags[s:e]
    return train_crf([(features, tags, sequences)], **crf)  # type: ignore[arg-type]


def _score(tagger: CharCrf, titles: LinearModel, tests: Sequence[_Text]) -> float:
    right = predicted = wanted = 0
    for text in tests:
        gold = text.example.gold
        entities = find_entities(text.example.norm, base_features(gold), gold.words, gold.sentences, EntityModels(tagger, titles))
        found = {(e.start, e.end, e.label) for e in entities if e.label in LABELS}
        right += len(found & text.names)
        predicted += len(found)
        wanted += len(text.names)
    return f1(right, predicted, wanted)


def table(points: Sequence[Point]) -> Iterator[str]:
    """The curves as a Markdown table, then how much picked text reaches what random text reaches."""
    yield "| characters labelled | random: F1 | labels | picked: F1 | labels |"
    yield "|---:|---:|---:|---:|---:|"
    for step in range(len(_of(points, "random", 0))):
        cells = []
        for strategy in STRATEGIES:
            own = [_of(points, strategy, seed)[step] for seed in _seeds(points)]
            values = [p.f1 for p in own]
            spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{mean(values):.3f}{spread} | {mean(p.labels for p in own):.0f}")
        yield f"| {mean(_of(points, 'random', seed)[step].characters for seed in _seeds(points)):,.0f} | " + " | ".join(cells) + " |"
    yield ""
    for step in range(1, len(_of(points, "random", 0))):
        shares = [share for seed in _seeds(points) if (share := _share(points, seed, step)) is not None]
        goal = mean(_of(points, "random", seed)[step].f1 for seed in _seeds(points))
        reached = f"{mean(shares):.0%} of the text" if len(shares) == len(_seeds(points)) else "not reached by every seed"
        yield f"- F1 {goal:.3f} (random, {_of(points, 'random', 0)[step].characters:,} characters): picked sentences need {reached}"


def _seeds(points: Sequence[Point]) -> list[int]:
    return sorted({p.seed for p in points})


def _of(points: Sequence[Point], strategy: str, seed: int) -> list[Point]:
    return [p for p in points if p.strategy == strategy and p.seed == seed]


def _share(points: Sequence[Point], seed: int, step: int) -> float | None:
    """Characters that picked sentences need for the F1 of so many random ones, as a share; between points on a straight line."""
    goal, curve = _of(points, "random", seed)[step], _of(points, "picked", seed)
    for before, after in itertools.pairwise(curve):
        if after.f1 >= goal.f1:
            gain = (goal.f1 - before.f1) / max(after.f1 - before.f1, 1e-9)
            return (before.characters + max(gain, 0.0) * (after.characters - before.characters)) / goal.characters
    return None


def plot(points: Sequence[Point], path: Path) -> None:
    """The curves as a figure."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), dpi=110)
    for strategy in STRATEGIES:
        curves = [_of(points, strategy, seed) for seed in _seeds(points)]
        sizes = [mean(p.characters for p in step) for step in zip(*curves, strict=True)]
        values = [[p.f1 for p in step] for step in zip(*curves, strict=True)]
        spread = [stdev(v) if len(v) > 1 else 0.0 for v in values]
        axes.errorbar(sizes, [mean(v) for v in values], yerr=spread, marker="o", capsize=3, label=strategy)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size / 1000:.0f}k" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("characters labelled")
    axes.set_ylabel("F1 of agencies and measures, pens not seen")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
