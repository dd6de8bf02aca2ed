"""spaCy component `gongwen_calibration`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.calibration.logic import Calibrations, calibrate, load, save
from pipeline.stages.trained import TrainedComponent


class CalibratedScores(TrainedComponent[Calibrations]):
    """Turns the scores of entities, links and topics into probabilities; stands behind all of them."""

    def annotate(self, doc: Doc) -> None:
        assert self.models is not None
        calibrate(layers_of(doc), self.models)

    def save(self, folder: Path) -> None:
        assert self.models is not None
        save(self.models, folder)

    def load(self, folder: Path) -> None:
        self.models = load(folder)


@Language.factory("gongwen_calibration")
def create_calibration(nlp: Language, name: str) -> CalibratedScores:
    """Needs numbers: see `gongwen train`."""
    return CalibratedScores(name)
