"""spaCy component `gongwen_calibration`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.calibration import logic
from pipeline.stages.trained import TrainedComponent


class Calibration(TrainedComponent):
    """Turns the scores of entities, quantities and sections into probabilities."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.curves: dict[str, logic.Curve] | None = None

    @property
    def is_trained(self) -> bool:
        return self.curves is not None

    def annotate(self, doc: Doc) -> None:
        assert self.curves is not None
        logic.calibrate(layers_of(doc), self.curves)

    def save(self, folder: Path) -> None:
        assert self.curves is not None
        logic.save(self.curves, folder)

    def load(self, folder: Path) -> None:
        self.curves = logic.load(folder)


@Language.factory("gongwen_calibration")
def create_calibration(nlp: Language, name: str) -> Calibration:
    """Needs curves: see `gongwen train --only calibration`."""
    return Calibration(name)
