"""spaCy component `gongwen_sections`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.layers import layers_of
from pipeline.stages.sections.logic import find_sections


class Sections:
    """Puts the section tree on the Doc."""

    def __call__(self, doc: Doc) -> Doc:
        layers = layers_of(doc)
        layers.sections = find_sections(layers.view)
        return doc


@Language.factory("gongwen_sections")
def create_sections(nlp: Language, name: str) -> Sections:
    """Nothing to configure."""
    return Sections()
