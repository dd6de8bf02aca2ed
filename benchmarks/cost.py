"""What a large corpus costs, from the accepted figures and the assumptions of `prices.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.run import Run

_ASSUMPTIONS = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True)
class Speeds:
    """Measured: `core`, characters a second of one core's work; `two`, how many times as fast two workers are as one."""

    core: float
    two: float

    @property
    def share(self) -> float:
        """Of a core's speed that each core keeps when all work."""
        return min(1.0, self.two / 2)

    def of(self, cores: int) -> float:
        """Characters a second of so many cores: the first at full speed, all at the share that two keep."""
        return self.core * (cores * self.share if cores > 1 else 1)


def speeds(run: Run) -> Speeds:
    """The two figures that the costs follow from."""
    return Speeds(median(run.find("Pipeline", "whole, files to records").speed), run.find("Workers", "two, against one").median)


def assumptions() -> dict[str, Any]:
    """What `prices.toml` says."""
    return tomllib.loads(_ASSUMPTIONS.read_text("utf-8"))


def crossover(speed: float, machines: int, start_seconds: float, efficiency: float) -> float:
    """Characters from which a cluster of such machines is done earlier than one of them.

    One machine takes C/s, the cluster F + C/(s·m·e): they are even at C = F·s / (1 - 1/(m·e)).
    """
    return start_seconds * speed / (1 - 1 / (machines * efficiency))


def lines(run: Run) -> Iterator[str]:
    """The tables of docs/cost.md."""
    given, fast = assumptions(), speeds(run)
    corpus, money = given["corpora"][0], given["currency"]
    reports, characters = corpus["reports"], corpus["characters"]
    yield f"Measured on {run.date} ({run.machine['cpu']}, {run.machine['cores']} cores, commit {run.commit}):"
    yield f"one core does **{fast.core:,.0f} characters a second** from files to records; two workers are **{fast.two:.2f} times** as fast as one,"
    yield f"so that each core is taken to keep {fast.share:.0%} of its speed when all work."
    yield ""
    yield "| corpus | characters | a report | core-hours at full speed | when all cores work |"
    yield "|---|---:|---:|---:|---:|"
    for wanted in given["corpora"]:
        size, hours = wanted["characters"], wanted["characters"] / fast.core / 3600
        yield f"| {wanted['name']} | {size:,} | {size / wanted['reports']:,.0f} | {hours:.1f} | {hours / fast.share:.1f} |"
    yield ""
    yield f"What the first of them costs ({money}):"
    yield ""
    yield f"| machine | cores | price an hour ({money}) | hours | core-hours | {money} |"
    yield "|---|---:|---:|---:|---:|---:|"
    for machine in given["machines"]:
        yield _row(machine["name"], machine["cores"], machine["price"], characters / fast.of(machine["cores"]) / 3600)
    cluster, start, efficiency = given["cluster"], given["cluster_start_seconds"], given["cluster_efficiency"]
    one = fast.of(cluster["cores"])
    for count in cluster["machines"]:
        hours = (start + characters / (one * count * efficiency)) / 3600
        yield _row(f"a cluster of {count} such machines with Ray", count * cluster["cores"], count * cluster["price"], hours)
    yield ""
    yield f"From which size a cluster of machines with {cluster['cores']} cores is done earlier than one of them:"
    yield ""
    yield "| machines | characters | reports | seconds that either takes |"
    yield "|---:|---:|---:|---:|"
    for count in cluster["machines"]:
        even = crossover(one, count, start, efficiency)
        yield f"| {count} | {even / 1e6:,.1f} million | {even * reports / characters:,.0f} | {even / one:,.0f} |"


def _row(name: str, cores: int, price: float, hours: float) -> str:
    return f"| {name} | {cores} | {price:.2f} | {hours:.2f} | {hours * cores:.1f} | {hours * price:.2f} |"
