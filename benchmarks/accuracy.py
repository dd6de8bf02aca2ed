"""What peers and the pipeline find in the gold reports, all counted by the same scorer (`pipeline.scoring`).

Agencies, laws and measures by exact span, and by overlap. Quantities by overlap: a peer need not agree where a figure begins (近, 余, the measure
word), only on its value and its unit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.record import Record, RecordEntity, RecordQuantity
from pipeline.scoring.score import LABELS, score
from pipeline.scoring.tally import optimal_pairs

_SAME = Fraction(1, 10**9)
Counts = dict[str, dict[str, float]]


def entities_right(gold: Sequence[Record], found: Sequence[Record]) -> Counts:
    """Right, predicted, gold, F1 of each label that `found` has at all; `… overlap` where any shared character is enough."""
    scores = score(gold, found)
    given = {entity.label for record in found for entity in record.entities}
    return {
        name.replace(" partial", " overlap"): {"right": r.right, "predicted": r.predicted, "gold": r.gold, "f1": round(r.value, 4)}
        for name, r in scores.results.items()
        if name.split()[0] in given and (name in LABELS or name.endswith(" partial"))
    }


def quantities_right(gold: Sequence[Record], found: Sequence[Record]) -> Counts:
    """The same of values, and of values with their units."""
    right = dict.fromkeys(("value", "value and unit"), 0)
    for truth, guess in zip(gold, found, strict=True):
        pairs = optimal_pairs([(q.start, q.end) for q in truth.quantities], [(q.start, q.end) for q in guess.quantities])
        for g, p in pairs:
            a, b = truth.quantities[g], guess.quantities[p]
            if _is_value(a, b):
                right["value"] += 1
                right["value and unit"] += _is_unit(a.unit, b.unit)
    predicted, there = (sum(len(record.quantities) for record in records) for records in (found, gold))
    return {
        name: {"right": number, "predicted": predicted, "gold": there, "f1": round(2 * number / max(predicted + there, 1), 4)}
        for name, number in right.items()
    }


def _is_value(a: RecordQuantity, b: RecordQuantity) -> bool:
    return _is_number(a.value, b.value) and _is_number(a.value_max, b.value_max)


def _is_number(a: str | None, b: str | None) -> bool:
    """Equal but for the rounding of a peer that counts in floating point."""
    if a is None or b is None:
        return a is b
    return abs(Fraction(a) - Fraction(b)) <= _SAME * abs(Fraction(a))


def _is_unit(gold: str | None, found: str | None) -> bool:
    return gold == found or gold in _guideline_units().get(found or "", ())


@cache
def _guideline_units() -> dict[str, set[str]]:
    lines = Path(__file__).with_name("units.tsv").read_text("utf-8").splitlines()
    names: dict[str, set[str]] = {}
    for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"):
        names.setdefault(row["peer"], set()).add(row["guideline"])
    return names


def record_of(gold: Record, lines: Sequence[tuple[int, str]], entities: Iterable[Any], quantities: Iterable[Any]) -> Record:
    """A peer's findings in a gold report as a record of it: `[line, start, end, …]` as `benchmarks/peer.py` gives them, overlaps left out."""
    named = [
        RecordEntity(id=f"e{n}", label=label, start=start, end=end, text=_words(gold, start, end), canonical=None)
        for n, (start, end, label) in enumerate(_apart(lines, entities))
    ]
    counted = [
        RecordQuantity(
            id=f"q{n}", start=start, end=end, text=_words(gold, start, end), value=value, value_max=value_max, unit=unit,
            bound="exact", change=None, item=None, action=None,
        )
        for n, (start, end, value, value_max, unit) in enumerate(_apart(lines, quantities))
    ]  # fmt: skip
    return gold.model_copy(update={"entities": named, "quantities": counted})


def _words(record: Record, start: int, end: int) -> str:
    return "".join(record.text[start:end].split())


def _apart(lines: Sequence[tuple[int, str]], spans: Iterable[Any]) -> list[Any]:
    """Spans in offsets of the text, in order; of those that overlap the longest, and of equally long ones the first."""
    taken: list[Any] = []
    for line, start, end, *rest in sorted(spans, key=lambda span: span[1] - span[2]):
        here, there = lines[line][0] + start, lines[line][0] + end
        if all(there <= other[0] or other[1] <= here for other in taken):
            taken.append((here, there, *rest))
    return sorted(taken, key=lambda span: span[:2])
