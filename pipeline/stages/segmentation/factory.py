"""spaCy components `gongwen_segmentation` and `gongwen_sentences`."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.knowledge.matcher import domain_matcher
from pipeline.layers import layers_of
from pipeline.stages.segmentation.segmenters import Name, load_segmenter, segment
from pipeline.stages.segmentation.sentences import find_sentences


class Segmentation:
    """Cuts the view into words; known names are words whole."""

    def __init__(self, segmenter: Name, model: str | None) -> None:
        self.cut = load_segmenter(segmenter, model)
        self.keeps_names = segmenter != "char"

    def __call__(self, doc: Doc) -> Doc:
        layers = layers_of(doc)
        norm = layers.view.norm
        names = [(start, end) for start, end, _ in domain_matcher().find(norm)] if self.keeps_names else []
        layers.words = segment(norm, self.cut, names)
        return doc


class Sentences:
    """Finds sentences; headings are sentences of their own."""

    def __call__(self, doc: Doc) -> Doc:
        layers = layers_of(doc)
        ends = [section.heading[1] for section in layers.sections if section.heading]
        layers.sentences = find_sentences(layers.view.norm, ends)
        return doc


@Language.factory("gongwen_segmentation", default_config={"segmenter": "jieba", "model": None})
def create_segmentation(nlp: Language, name: str, segmenter: Name, model: str | None) -> Segmentation:
    """`segmenter`: jieba, pkuseg (then `model` is the folder of a trained one) or char."""
    return Segmentation(segmenter, model)


@Language.factory("gongwen_sentences")
def create_sentences(nlp: Language, name: str) -> Sentences:
    """Nothing to configure."""
    return Sentences()
