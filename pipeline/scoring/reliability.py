"""Whether scores mean what they say: of what has a score of 0.8, eight of ten should be right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """Something found, of a kind (a label, a link, a topic), with its score and whether it is right."""

    kind: str
    score: float
    is_right: bool


def _binned(cases: Sequence[Judged]) -> list[list[Judged]]:
    """Cases by tenths of the score; a score of 1 is in the last."""
    bins: list[list[Judged]] = [[] for _ in range(BINS)]
    for case in cases:
        bins[min(int(case.score * BINS), BINS - 1)].append(case)
    return bins


def calibration_error(cases: Sequence[Judged]) -> float:
    """Expected calibration error over ten bins: how far the mean score of a bin is from the share that is right, weighed by its cases; 0 of none."""
    gaps = (abs(sum(c.score for c in own) - sum(c.is_right for c in own)) for own in _binned(cases))
    return sum(gaps) / max(len(cases), 1)


def error_table(cases: Sequence[Judged], kinds: Sequence[str]) -> Iterator[str]:
    """For each kind how many there are, the share that is right, the mean score and the calibration error, in Markdown."""
    yield "| score of | cases | right | mean score | calibration error |"
    yield "|---|---:|---:|---:|---:|"
    for kind in kinds:
        own = [case for case in cases if case.kind == kind]
        if own:
            right, score = sum(c.is_right for c in own) / len(own), sum(c.score for c in own) / len(own)
            yield f"| {kind} | {len(own)} | {right:.3f} | {score:.3f} | {calibration_error(own):.3f} |"


def reliability_table(cases: Sequence[Judged], kinds: Sequence[str]) -> Iterator[str]:
    """Of the cases with a score between two tenths, which share is right and how many there are, in Markdown."""
    yield "| score | " + " | ".join(kinds) + " |"
    yield "|---|" + "---:|" * len(kinds)
    columns = [_binned([case for case in cases if case.kind == kind]) for kind in kinds]
    for index in range(BINS):
        cells = [f"{sum(c.is_right for c in bins[index]) / len(bins[index]):.2f} of {len(bins[index])}" if bins[index] else "—" for bins in columns]
        yield f"| {index / BINS:.1f}–{(index + 1) / BINS:.1f} | " + " | ".join(cells) + " |"
