"""The pipeline itself: stages, the whole, grammar, start, memory, workers, lengths."""

from __future__ import annotations

import json
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from statistics import median

import pipeline
from benchmarks.measure import Better, Measure
from benchmarks.texts import lines_of, reports_of, training_texts
from benchmarks.timing import child, clock_of, cut_with_jieba, in_turns, processor_seconds, ratios
from pipeline.extractor import Extractor
from pipeline.model import shipped_model
from pipeline.run import Setup, find_jobs
from pipeline.run.pool import Inline, Pool
from pipeline.run.worker import Task
from pipeline.stages.quantities.logic import quantities_alone
from pipeline.view import make_view

SAMPLE = Path("annotations/gold/lianyungang-2021.md")
RATIO = "× jieba"
_PEAK = """
import sys
from pipeline.cli import app
app(sys.argv[1:], standalone_mode=False)
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0])
"""
_LOADING = """
import time
import spacy
started = time.perf_counter()
import pipeline
pipeline.load()
print(time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is measured: repetitions, characters and seconds a repetition, and which lengths."""

    repetitions: int = 7
    peer_repetitions: int = 5
    characters: int = 200_000
    lengths: tuple[int, ...] = (500, 2_000, 5_000, 20_000, 100_000, 500_000)
    lines: tuple[int, ...] = (500, 5_000, 50_000, 500_000)
    memory: tuple[int, ...] = (500, 50_000, 500_000)
    rounds_of_lengths: int = 3
    seconds_of_workers: float = 8.0
    peer_seconds: float = 0.5


FULL = Settings()
QUICK = Settings(1, 1, 4_000, (500, 2_000), (500, 5_000), (500,), 1, 0.1, 0.05)


@cache
def _asked() -> dict[str, dict[str, float]]:
    return tomllib.loads(Path(__file__).with_name("asked.toml").read_text("utf-8"))


def measured(group: str, name: str, unit: str, values: Sequence[float], *, better: Better = "higher", speed: Sequence[float] = ()) -> Measure:
    """A figure beside what is asked of it."""
    return Measure(group, name, unit, list(values), better, _asked().get(group, {}).get(name), list(speed))


def _beside_jieba(group: str, name: str, characters: int, jieba: Sequence[float], seconds: Sequence[float]) -> Measure:
    return measured(group, name, RATIO, ratios(jieba, seconds), speed=[characters / s for s in seconds])


def stages(settings: Settings) -> Iterator[Measure]:
    """Files to records with one worker, and every component by itself."""
    extractor = pipeline.load()
    texts = training_texts(settings.characters)
    characters = sum(map(len, texts))
    jieba, whole, parts = [], [], []
    with tempfile.TemporaryDirectory() as folder, Inline(Setup()) as worker:
        tasks = [Task(job) for job in find_jobs(_written(texts, Path(folder)))]
        for number in range(settings.repetitions + 1):
            before = processor_seconds(partial(cut_with_jieba, texts))
            split = _by_component(extractor, texts)
            together = processor_seconds(partial(_write_records, worker, tasks, Path(folder) / "records.out"))
            after = processor_seconds(partial(cut_with_jieba, texts))
            if number:
                jieba.append((before + after) / 2)
                whole.append(together)
                parts.append(split)
    yield _beside_jieba("Pipeline", "whole, files to records", characters, jieba, whole)
    yield measured("Pipeline", "jieba.cut itself", RATIO, [1.0], speed=[characters / s for s in jieba])
    for name in parts[0]:
        yield _beside_jieba("Stage", name, characters, jieba, [split[name] for split in parts])
    rest = [max(all_ - sum(split.values()), 1e-9) for all_, split in zip(whole, parts, strict=True)]
    yield _beside_jieba("Stage", "files, records, writing", characters, jieba, rest)


def _written(texts: Sequence[str], folder: Path) -> list[Path]:
    paths = [folder / f"report-{number:04}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    return paths


def _write_records(worker: Inline, tasks: Sequence[Task], output: Path) -> None:
    with output.open("wb") as out:
        for outcome in worker.outcomes(tasks):
            assert outcome.error is None, outcome.error
            out.write(outcome.line + b"\n")


def _by_component(extractor: Extractor, texts: Sequence[str]) -> dict[str, float]:
    """Processor seconds of the view and of every component, over all texts. What several share counts for the first that uses it."""
    nlp = extractor.nlp
    taken = dict.fromkeys(("view", *nlp.pipe_names), 0.0)
    for text in texts:
        last = time.process_time()
        doc = nlp.make_doc(text)
        taken["view"] += (now := time.process_time()) - last
        for name, component in nlp.pipeline:
            last = now
            doc = component(doc)
            taken[name] += (now := time.process_time()) - last
    return taken


def grammar(settings: Settings) -> Iterator[Measure]:
    """The grammar of quantities by itself: on texts as a stage gets them, and as `pipeline.quantities` takes them."""
    texts = training_texts(settings.characters)
    norms = [make_view(text).norm for text in texts]
    tasks = {
        "jieba": partial(cut_with_jieba, norms),
        "quantities of a text": partial(_each, quantities_alone, norms),
        "pipeline.quantities, with the view": partial(_each, pipeline.quantities, texts),
    }
    seconds = in_turns(tasks, settings.repetitions)
    jieba = seconds.pop("jieba")
    for name, taken in seconds.items():
        yield _beside_jieba("Grammar", name, sum(map(len, norms)), jieba, taken)


def _each(function: Callable[[str], object], texts: Sequence[str]) -> None:
    for text in texts:
        function(text)


def lengths(settings: Settings) -> Iterator[Measure]:
    """Time a character for short and long reports."""
    extractor = pipeline.load()

    def run(text: str) -> None:
        extractor(text).to_json()

    texts = {length: reports_of(length, settings.characters // 2) for length in settings.lengths}
    yield from _by_length("Length", "reports", texts, run, settings)


def one_line(settings: Settings) -> Iterator[Measure]:
    """The same for the grammar, on lines without a break."""
    texts = {length: lines_of(length, settings.characters) for length in settings.lines}
    yield from _by_length("One line", "lines", texts, quantities_alone, settings)


def _by_length(group: str, kind: str, texts: dict[int, list[str]], run: Callable[[str], object], settings: Settings) -> Iterator[Measure]:
    """Speed at each length, and by which share the time a character is farthest from the median of all lengths."""
    tasks: dict[str, Callable[[], object]] = {}
    for length, reports in texts.items():
        tasks[f"jieba {length}"] = partial(cut_with_jieba, reports)
        tasks[f"{length}"] = partial(_each, run, reports)
    seconds = in_turns(tasks, settings.rounds_of_lengths)
    rounds: list[list[float]] = [[] for _ in range(settings.rounds_of_lengths)]
    for length, reports in texts.items():
        beside = _beside_jieba(group, f"{kind} of {length:,} characters", length * len(reports), seconds[f"jieba {length}"], seconds[f"{length}"])
        for costs, value in zip(rounds, beside.values, strict=True):
            costs.append(1 / value)
        yield beside
    farthest = [max(abs(cost / median(costs) - 1) for cost in costs) for costs in rounds]
    yield measured(group, "farthest from the median", "of the time a character", farthest, better="lower")


def start(settings: Settings) -> Iterator[Measure]:
    """From the shell's prompt: help, spaCy alone, the first record; by the clock."""
    rounds: dict[str, list[float]] = {"spacy": [], "help": [], "first": [], "load": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(settings.repetitions + 1):
            output = str(Path(folder) / f"{number}.jsonl")
            taken = {
                "spacy": clock_of("-c", "import spacy"),
                "help": clock_of("-m", "pipeline", "--help"),
                "first": clock_of("-m", "pipeline", "extract", str(SAMPLE), "-o", output),
                "load": float(child("-c", _LOADING)),
            }
            for name, seconds in taken.items():
                rounds[name] += [seconds] if number else []
    times = "× import spacy"
    yield measured("Start", "first record of the sample report", times, ratios(rounds["first"], rounds["spacy"]), better="lower")
    yield measured("Start", "gongwen --help", times, ratios(rounds["help"], rounds["spacy"]), better="lower")
    yield measured("Start", "loading the model, spaCy imported", times, ratios(rounds["load"], rounds["spacy"]), better="lower")
    for name, key in (("import spacy itself", "spacy"), ("loading the model itself", "load")):
        yield measured("Start", name, "seconds", rounds[key], better="lower")
    imported = child("-c", "import sys, json, pipeline.cli; print(json.dumps(sorted(sys.modules)))")
    heavy = {"spacy", "numpy", "pandas", "sklearn"} & set(json.loads(imported))
    yield measured("Start", "heavy libraries that --help imports", "of 4", [len(heavy)], better="lower")


def size(settings: Settings) -> Iterator[Measure]:
    """What lies on the disk."""
    files = [path for path in shipped_model().rglob("*") if path.is_file()]
    yield measured("Size", "model files", "MB", [sum(path.stat().st_size for path in files) / 1e6], better="lower")


def memory(settings: Settings) -> Iterator[Measure]:
    """The largest resident memory of one worker that extracts one report (Linux)."""
    if not Path("/proc/self/status").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        for length in settings.memory:
            report, output = Path(folder) / f"{length}.txt", Path(folder) / f"{length}.jsonl"
            report.write_text(reports_of(length, length)[0], "utf-8")
            printed = child("-c", _PEAK, "extract", str(report), "-o", str(output))
            megabytes = int(printed.split()[-1]) * 1024 / 1e6
            yield measured("Memory", f"report of {length:,} characters", "MB", [megabytes], better="lower")


def workers(settings: Settings) -> Iterator[Measure]:
    """Two processes against one, by the clock, once they have loaded the model."""
    texts = training_texts(settings.characters)
    extractor = pipeline.load()
    once = processor_seconds(partial(_each, extractor, texts))
    texts *= max(1, round(settings.seconds_of_workers / once))
    speeds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        paths = _written(texts, Path(folder))
        for _ in range(min(3, settings.repetitions)):
            for count, found in speeds.items():
                found.append(_speed_of_pool(paths, count))
    yield measured("Workers", "two, against one", "× one worker", ratios(speeds[2], speeds[1]), speed=speeds[2])


def _speed_of_pool(paths: Sequence[Path], workers: int) -> float:
    """Characters a second by the clock. The first quarter of the files is not counted: some workers are still loading then."""
    with Pool(Setup(), workers) as pool:
        outcomes = pool.outcomes(Task(job) for job in find_jobs(paths))
        for _ in islice(outcomes, len(paths) // 4):
            pass
        started = time.perf_counter()
        characters = sum(outcome.characters for outcome in outcomes)
        return characters / (time.perf_counter() - started)


ALL: dict[str, Callable[[Settings], Iterator[Measure]]] = {
    "stages": stages,
    "grammar": grammar,
    "lengths": lengths,
    "one line": one_line,
    "start": start,
    "size": size,
    "memory": memory,
    "workers": workers,
}
