"""spaCy component `gongwen_entities`."""

from __future__ import annotations

from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.layers import layers_of
from pipeline.learning.crf import CharCrf
from pipeline.learning.features import base_features
from pipeline.learning.linear import LinearModel
from pipeline.stages.entities.logic import find_entities
from pipeline.stages.trained import TrainedComponent


class Entities(TrainedComponent):
    """Finds laws, agencies and measures; also sets `doc.ents`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tagger: CharCrf | None = None
        self.titles: LinearModel | None = None

    @property
    def is_trained(self) -> bool:
        return self.tagger is not None and self.titles is not None

    def annotate(self, doc: Doc) -> None:
        assert self.tagger is not None
        assert self.titles is not None
        layers = layers_of(doc)
        layers.entities = find_entities(layers.view.norm, base_features(layers), layers.sentences, self.tagger, self.titles)
        doc.ents = tuple(Span(doc, e.start, e.end, label=e.label) for e in layers.entities)

    def save(self, folder: Path) -> None:
        assert self.tagger is not None
        assert self.titles is not None
        self.tagger.save(folder)
        self.titles.save(folder, "titles")

    def load(self, folder: Path) -> None:
        self.tagger = CharCrf.load(folder)
        self.titles = LinearModel.load(folder, "titles")


@Language.factory("gongwen_entities")
def create_entities(nlp: Language, name: str) -> Entities:
    """Needs weights: see `gongwen train`."""
    return Entities(name)
