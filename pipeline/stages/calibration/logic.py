"""From the scores that the stages leave to calibrated probabilities. What was found stays as it is; only its scores move."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pipeline.layers import Entity, Layers, Quantity, Section
from pipeline.learning.calibration import Calibration

KINDS = ("LAW", "AGENCY", "MEASURE", "item", "action", "quantity", "topic")
_FILE = "calibration.json"

Scored = Entity | Quantity | Section
# by kind; a kind that is not there has not been calibrated, and its scores stay as they are
Calibrations = dict[str, Calibration]


def scored(layers: Layers) -> Iterator[tuple[str, Scored, str]]:
    """Everything with a score that a model gave: its kind, itself, and the attribute that holds the score."""
    yield from ((entity.label, entity, "score") for entity in layers.entities)
    for quantity in layers.quantities:
        yield from (("item", quantity, "item_score"), ("action", quantity, "action_score"), ("quantity", quantity, "score"))
    yield from (("topic", section, "score") for section in layers.sections if section.topic != "meta")


def calibrate(layers: Layers, calibrations: Calibrations) -> None:
    """Put calibrated probabilities in the place of scores."""
    places: dict[str, list[tuple[Scored, str]]] = defaultdict(list)
    for kind, thing, name in scored(layers):
        places[kind].append((thing, name))
    for kind in places.keys() & calibrations.keys():
        found = places[kind]
        for (thing, name), score in zip(found, calibrations[kind]([getattr(*place) for place in found]).tolist(), strict=True):
            setattr(thing, name, score)


def save(calibrations: Calibrations, folder: Path) -> None:
    """Write the numbers of every kind."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {kind: asdict(own) for kind, own in calibrations.items()}
    (folder / _FILE).write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")


def load(folder: Path) -> Calibrations:
    """Read what `save` wrote."""
    numbers = json.loads((folder / _FILE).read_text("utf-8"))
    return {kind: Calibration(float(own["sure"]), float(own["unsure"]), float(own["bias"])) for kind, own in numbers.items()}
