"""The peers: their environment, their speed beside `jieba.cut`, their accuracy on what both do. A peer that is missing is named."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pipeline
from benchmarks import cnn
from benchmarks.accuracy import Counts, entities_right, quantities_right, record_of
from benchmarks.measure import Measure
from benchmarks.texts import paragraphs, training_texts
from benchmarks.timing import ratios
from pipeline.errors import GongwenError
from pipeline.record import Record
from pipeline.scoring.predictions import gold_records

ENVIRONMENT = Path(".venv-bench")
GOLD = {"gold": [Path("annotations/gold")], "gold and development": [Path("annotations/gold"), Path("annotations/dev")]}
OURS = "gongwen"
_SCRIPT = Path(__file__).with_name("peer.py")
_MINUTES_TO_INSTALL, _MINUTES_TO_RUN = 10, 5
Say = Callable[[str], None]


@dataclass(slots=True)
class Result:
    """What came of the peers. `accuracy`: peer, reports, figure, counts; `missing`: peer and why; `packages`: versions."""

    measures: list[Measure] = field(default_factory=list)
    accuracy: dict[str, dict[str, Counts]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)


@cache
def known() -> dict[str, dict[str, Any]]:
    """The peers by name, with what `peers.toml` says of them."""
    return tomllib.loads(Path(__file__).with_name("peers.toml").read_text("utf-8"))


def chosen(names: str) -> list[str]:
    """The peers of a list `a,b`, of `all` or `none`.

    Raises:
        GongwenError: there is no such peer.
    """
    if names in {"all", "none"}:
        return list(known()) if names == "all" else []
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known():
            raise GongwenError(f"no peer {name!r}: choose from {', '.join(known())}, or all, or none")
    return wanted


def run(names: Sequence[str], repetitions: int, seconds: float, say: Say, cnn_minutes: float) -> Result:
    """Measure the peers, and our own accuracy beside theirs.

    Args:
        seconds: about how long one round of a peer takes.
        cnn_minutes: processor time that the training of the CNN may take, where no trained one lies in its folder.
    """
    result = Result()
    gold = gold_records(GOLD["gold and development"])
    _score(result, OURS, gold, _own_records(gold))
    _install([name for name in names if not known()[name].get("own")], result, say)
    if "spacy-cnn" in names and not (cnn.FOLDER / cnn.ABOUT).exists():
        say(f"peer spacy-cnn: training for at most {cnn_minutes:g} minutes of processor time; it is kept in {cnn.FOLDER}")
        cnn.train(cnn_minutes)
    lines = [line for text in training_texts(400_000) for _, line in paragraphs(text)]
    for name in names:
        if name in result.missing:
            continue
        say(f"peer {name}")
        order = {"peer": name, "lines": lines, "seconds": seconds, "repetitions": repetitions, "model": str(cnn.FOLDER)}
        _measure(name, order, gold, result)
    for name, why in result.missing.items():
        say(f"peer {name} is missing: {why}")
    return result


def _own_records(gold: Sequence[Record]) -> list[Record]:
    extractor = pipeline.load()
    return [extractor(record.text, id=record.id) for record in gold]


def _score(result: Result, name: str, gold: Sequence[Record], found: Sequence[Record]) -> None:
    for reports, paths in GOLD.items():
        wanted = {record.id for record in gold_records(paths)}
        pairs = [(truth, guess) for truth, guess in zip(gold, found, strict=True) if truth.id in wanted]
        truths, guesses = [truth for truth, _ in pairs], [guess for _, guess in pairs]
        counts = entities_right(truths, guesses)
        if any(guess.quantities for guess in guesses):
            counts |= quantities_right(truths, guesses)
        result.accuracy.setdefault(name, {})[reports] = counts


def _python(name: str) -> str:
    return sys.executable if known()[name].get("own") else str(ENVIRONMENT / "bin" / "python")


def _install(names: Collection[str], result: Result, say: Say) -> None:
    """The environment of the foreign peers; a package that does not install makes its peer missing."""
    python = ENVIRONMENT / "bin" / "python"
    if names and not python.exists():
        say(f"making {ENVIRONMENT} for the peers")
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    for name in names:
        done = ENVIRONMENT / f".{name}"
        if done.exists():
            continue
        say(f"peer {name}: installing into {ENVIRONMENT}")
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "jieba", *known()[name]["packages"]]
        try:
            tried = subprocess.run(command, capture_output=True, text=True, timeout=_MINUTES_TO_INSTALL * 60, check=False)
        except subprocess.TimeoutExpired:
            result.missing[name] = f"pip took more than {_MINUTES_TO_INSTALL} minutes"
            continue
        if tried.returncode:
            result.missing[name] = "does not install: " + _last_line(tried.stderr)
        else:
            done.touch()


def _measure(name: str, order: dict[str, Any], gold: Sequence[Record], result: Result) -> None:
    by_line = [paragraphs(record.text) for record in gold]
    order["gold"] = [[line for _, line in report] for report in by_line]
    try:
        done = subprocess.run(
            [_python(name), str(_SCRIPT)],
            input=json.dumps(order), capture_output=True, text=True, timeout=_MINUTES_TO_RUN * 60, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        result.missing[name] = f"took more than {_MINUTES_TO_RUN} minutes"
        return
    if done.returncode:
        result.missing[name] = "does not run: " + _last_line(done.stderr)
        return
    answer = json.loads(done.stdout.splitlines()[-1])
    speed = [answer["characters"] / seconds for seconds in answer["peer"]]
    result.measures.append(Measure("Peer", name, "× jieba", ratios(answer["jieba"], answer["peer"]), speed=speed))
    if answer["entities"] is not None or answer["quantities"] is not None:
        entities, quantities = (answer[layer] or [[] for _ in gold] for layer in ("entities", "quantities"))
        found = [record_of(*parts) for parts in zip(gold, by_line, entities, quantities, strict=True)]
        _score(result, name, gold, found)
    result.packages |= _versions(name)


def _versions(name: str) -> dict[str, str]:
    """Versions of a foreign peer's packages; those of our own environment are listed with the machine."""
    if known()[name].get("own"):
        return {}
    names = [package.split("<")[0] for package in known()[name]["packages"]]
    code = "import sys, json, importlib.metadata as m; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    printed = subprocess.run([_python(name), "-c", code, *names], capture_output=True, text=True, check=True).stdout
    versions: dict[str, str] = json.loads(printed)
    return versions


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1][:200]
