"""spaCy component `gongwen_actors`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.actors.logic import find_actors


class Actors:
    """Says of every quantity and measure which agency acted; stands behind names, links and metadata."""

    def __call__(self, doc: Doc) -> Doc:
        find_actors(layers_of(doc))
        return doc


@Language.factory("gongwen_actors")
def create_actors(nlp: Language, name: str) -> Actors:
    """Nothing to configure."""
    return Actors()
