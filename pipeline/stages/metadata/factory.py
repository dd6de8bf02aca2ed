"""spaCy component `gongwen_metadata`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.metadata.logic import find_metadata


class MetadataReader:
    """Reads title, number, issuer, dates and region from the front and the back matter."""

    def __call__(self, doc: Doc) -> Doc:
        layers = layers_of(doc)
        layers.metadata = find_metadata(layers.view, layers.sections)
        return doc


@Language.factory("gongwen_metadata")
def create_metadata(nlp: Language, name: str) -> MetadataReader:
    """Nothing to configure."""
    return MetadataReader()
