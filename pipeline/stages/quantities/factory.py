"""spaCy component `gongwen_quantities`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.quantities.logic import quantities_of


class Quantities:
    """Finds quantities by the grammar; what they count is the links' stage."""

    def __call__(self, doc: Doc) -> Doc:
        layers = layers_of(doc)
        layers.quantities = quantities_of(layers.view.norm, layers.entities)
        return doc


@Language.factory("gongwen_quantities")
def create_quantities(nlp: Language, name: str) -> Quantities:
    """Nothing to configure."""
    return Quantities()
