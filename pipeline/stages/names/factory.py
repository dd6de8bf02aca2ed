"""spaCy component `gongwen_names`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.learning.linear import LinearModel
from pipeline.stages.names.logic import Resolver
from pipeline.stages.trained import TrainedComponent


class Names(TrainedComponent[LinearModel]):
    """Gives entities their canonical names, ranks and levels."""

    def annotate(self, doc: Doc) -> None:
        assert self.models is not None
        layers = layers_of(doc)
        resolver = Resolver(layers.metadata, self.models, layers.view.norm)
        for entity in layers.entities:
            resolver.resolve(entity, layers.view.plain_surface(entity.start, entity.end))

    def save(self, folder: Path) -> None:
        assert self.models is not None
        self.models.save(folder, "ranks")

    def load(self, folder: Path) -> None:
        self.models = LinearModel.load(folder, "ranks")


@Language.factory("gongwen_names")
def create_names(nlp: Language, name: str) -> Names:
    """Needs weights: see `gongwen train`."""
    return Names(name)
