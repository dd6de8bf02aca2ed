"""spaCy component `gongwen_topics`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.learning.linear import LinearModel
from pipeline.stages.topics.logic import label_topics
from pipeline.stages.trained import TrainedComponent


class Topics(TrainedComponent):
    """Gives every section its topic and cuts off closings without heading."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model: LinearModel | None = None

    @property
    def is_trained(self) -> bool:
        return self.model is not None

    def annotate(self, doc: Doc) -> None:
        assert self.model is not None
        layers = layers_of(doc)
        layers.sections = label_topics(layers.view.norm, layers.sections, self.model)

    def save(self, folder: Path) -> None:
        assert self.model is not None
        self.model.save(folder, "topics")

    def load(self, folder: Path) -> None:
        self.model = LinearModel.load(folder, "topics")


@Language.factory("gongwen_topics")
def create_topics(nlp: Language, name: str) -> Topics:
    """Needs weights: see `gongwen train`."""
    return Topics(name)
