"""spaCy component `gongwen_entities`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.layers import layers_of
from pipeline.learning.features import base_features
from pipeline.stages.entities.logic import EntityModels, find_entities
from pipeline.stages.trained import TrainedComponent


class Entities(TrainedComponent[EntityModels]):
    """Finds laws, agencies and measures; also sets `doc.ents`."""

    def annotate(self, doc: Doc) -> None:
        assert self.models is not None
        layers = layers_of(doc)
        layers.entities = find_entities(layers.view.norm, base_features(layers), layers.words, layers.sentences, self.models)
        doc.ents = tuple(Span(doc, e.start, e.end, label=e.label) for e in layers.entities)

    def save(self, folder: Path) -> None:
        assert self.models is not None
        self.models.save(folder)

    def load(self, folder: Path) -> None:
        self.models = EntityModels.load(folder)


@Language.factory("gongwen_entities")
def create_entities(nlp: Language, name: str) -> Entities:
    """Needs weights: see `gongwen train`."""
    return Entities(name)
