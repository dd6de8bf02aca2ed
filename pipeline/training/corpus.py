"""Training pieces as gold layers, with the words and sentences that the stages before would give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.language import Language

from pipeline.annotation.piece import Piece
from pipeline.conversion import from_record
from pipeline.layers import Layers, layers_of


@dataclass(slots=True)
class Example:
    """A labelled text: its gold layers and its pen."""

    name: str
    pen: str
    gold: Layers

    @property
    def norm(self) -> str:
        """The normalised view."""
        return self.gold.view.norm


def make_examples(pieces: Iterable[Piece], nlp: Language) -> list[Example]:
    """Gold layers of every piece; words and sentences come from the untrained components of `nlp`."""
    examples = []
    for piece in pieces:
        doc = nlp.make_doc(piece.record.text)
        for name in ("sections", "segmentation", "sentences"):
            doc = nlp.get_pipe(name)(doc)
        layers = layers_of(doc)
        layers.sections = []
        from_record(piece.record, layers)
        examples.append(Example(piece.record.id, piece.pen, layers))
    return examples


def folds_by_pen(examples: Sequence[Example], folds: int) -> list[set[str]]:
    """Pens in groups of about equal size of text; fewer groups where there are fewer pens."""
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.pen] = sizes.get(example.pen, 0) + len(example.norm)
    groups: list[set[str]] = [set() for _ in range(min(folds, len(sizes)))]
    weights = [0] * len(groups)
    for pen in sorted(sizes, key=lambda p: (-sizes[p], p)):
        lightest = weights.index(min(weights))
        groups[lightest].add(pen)
        weights[lightest] += sizes[pen]
    return groups
