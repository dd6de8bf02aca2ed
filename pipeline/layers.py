"""What the stages leave on a Doc, in view offsets (a Doc's tokens are the characters of the view)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pipeline.view import View

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from pipeline.learning.features import BaseFeatures

Label = Literal["LAW", "AGENCY", "MEASURE"]
Bound = Literal["exact", "approx", "below", "above", "at_least", "at_most"]
Change = Literal["increase", "decrease"]
By = Literal["subject", "agent", "heading", "issuer"]
Offsets = tuple[int, int]

_KEY = "gongwen"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `entity`, an index into the entities, where the text names the agency; `by`: how the text says so."""

    entity: int | None
    name: str
    by: By


@dataclass(slots=True)
class Entity:
    """A law, an agency or a measure."""

    label: Label
    start: int
    end: int
    canonical: str | None = None
    rank: str | None = None
    level: str | None = None
    score: float = 1.0
    actor: Actor | None = None


@dataclass(slots=True)
class Quantity:
    """A number with its unit, and what it counts. `value` is a decimal string or a fraction `2/3`.

    `period`: the time it speaks of, as written; `per`: the denominator of a rate; `part_of`: index of the total that 其中 breaks down.
    `item_score`, `action_score`: the probability that each link is right; `score`: that both are.
    """

    start: int
    end: int
    value: str
    value_max: str | None
    unit: str | None
    bound: Bound
    change: Change | None = None
    basis: str | None = None
    item: Offsets | None = None
    action: Offsets | None = None
    score: float = 1.0
    period: str | None = None
    per: str | None = None
    part_of: int | None = None
    actor: Actor | None = None
    item_score: float = 1.0
    action_score: float = 1.0


@dataclass(slots=True)
class Section:
    """A part of the report. `parent` is an index into the list of sections."""

    start: int
    end: int
    level: int
    heading: Offsets | None = None
    number: str | None = None
    title: str | None = None
    parent: int | None = None
    topic: str = "overview"
    score: float = 1.0


@dataclass(slots=True)
class Metadata:
    """What the report says of itself; None where it says nothing."""

    title: str | None = None
    doc_number: str | None = None
    issuer: str | None = None
    addressee: str | None = None
    date: str | None = None
    year: str | None = None
    region: str | None = None
    region_level: str | None = None
    cc: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layers:
    """All layers of one report; `features` holds what its taggers share (`pipeline.learning.features.base_features`)."""

    view: View
    words: list[Offsets] = field(default_factory=list)
    sentences: list[Offsets] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    metadata: Metadata = field(default_factory=Metadata)
    entities: list[Entity] = field(default_factory=list)
    quantities: list[Quantity] = field(default_factory=list)
    features: BaseFeatures | None = None

    def deepest_section(self, position: int) -> int | None:
        """Index of the deepest section that holds a view position: the last that begins before it, or one that holds that one."""
        found: int | None = bisect_right(self.sections, position, key=lambda section: section.start) - 1
        while found is not None and found >= 0:
            section = self.sections[found]
            if position < section.end:
                return found
            found = section.parent
        return None


def attach(doc: Doc, view: View) -> Layers:
    """Put empty layers on a new Doc."""
    layers = Layers(view)
    doc.user_data[_KEY] = layers
    return layers


def layers_of(doc: Doc) -> Layers:
    """The layers of a Doc that this package's tokenizer made."""
    layers: Any = doc.user_data.get(_KEY)
    if not isinstance(layers, Layers):
        raise ValueError("this Doc was not made by the gongwen tokenizer: call nlp(text) of pipeline.load()")
    return layers
