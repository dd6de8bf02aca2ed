"""spaCy component `gongwen_topics`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.learning.linear import LinearModel
from pipeline.stages.topics.logic import label_topics
from pipeline.stages.trained import TrainedComponent


class Topics(TrainedComponent[LinearModel]):
    """Gives every section its topic and cuts off closings without heading."""

    def annotate(self, doc: Doc) -> None:
        assert self.models is not None
        layers = layers_of(doc)
        layers.sections = label_topics(layers.view.norm, layers.sections, self.models)

    def save(self, folder: Path) -> None:
        assert self.models is not None
        self.models.save(folder, "topics")

    def load(self, folder: Path) -> None:
        self.models = LinearModel.load(folder, "topics")


@Language.factory("gongwen_topics")
def create_topics(nlp: Language, name: str) -> Topics:
    """Needs weights: see `gongwen train`."""
    return Topics(name)
