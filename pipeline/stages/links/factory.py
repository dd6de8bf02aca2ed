"""spaCy component `gongwen_links`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.learning.features import base_features
from pipeline.stages.links.logic import LinkModels, link
from pipeline.stages.trained import TrainedComponent


class Links(TrainedComponent[LinkModels]):
    """Links each quantity to its item and its action."""

    def annotate(self, doc: Doc) -> None:
        assert self.models is not None
        layers = layers_of(doc)
        link(layers.view.norm, base_features(layers), layers.sentences, layers.quantities, layers.entities, self.models)

    def save(self, folder: Path) -> None:
        assert self.models is not None
        self.models.save(folder)

    def load(self, folder: Path) -> None:
        self.models = LinkModels.load(folder)


@Language.factory("gongwen_links")
def create_links(nlp: Language, name: str) -> Links:
    """Needs weights: see `gongwen train`."""
    return Links(name)
