"""Who did it: the agency that acted, for every quantity and every measure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pipeline.layers import Actor, Entity, Layers, Offsets, Quantity, Section
from pipeline.stages.actors.clauses import Acting, Sentence, group_organs, read_sentence, split_clauses
from pipeline.stages.actors.cues import cues


def find_actors(layers: Layers) -> None:
    """Set `actor` on every quantity and measure of a report, from its entities, quantities, links, sentences, sections and metadata. Linear."""
    _Finder(layers).run()


class _Finder:
    """One report's names and numbers, in order."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.norm = layers.view.norm
        self.issuer = layers.metadata.issuer
        self.own_head = next((head for head in ("委员会", "中心", "局", "厅", "院", "办", "部", "署") if (self.issuer or "").endswith(head)), "")
        self.own_head = "委" if self.own_head == "委员会" else self.own_head
        self.entities = sorted((e.start, e.end, i) for i, e in enumerate(layers.entities))
        self.agencies = [(s, e, i) for s, e, i in self.entities if layers.entities[i].label == "AGENCY"]
        self.measures = [(s, e, i) for s, e, i in self.entities if layers.entities[i].label == "MEASURE"]
        self.quantities = sorted((q.start, q.end, i) for i, q in enumerate(layers.quantities))
        self.items = sorted({q.item for q in layers.quantities if q.item})
        self.headings: list[Actor | None] = []

    def run(self) -> None:
        self.headings = [self._heading(section) for section in self.layers.sections]
        for start, end in self.layers.sentences:
            quantities = _within(self.quantities, start, end)
            measures = _within(self.measures, start, end)
            if not quantities and not measures:
                continue
            sentence = self._read(start, end)
            for _, _, index in quantities:
                quantity = self.layers.quantities[index]
                quantity.actor = self._actor(of_quantity(self.norm, sentence, quantity, (start, end)), quantity.start)
            for _, _, index in measures:
                measure = self.layers.entities[index]
                measure.actor = self._actor(of_measure(self.norm, sentence, measure), measure.start)

    def _read(self, start: int, end: int) -> Sentence:
        shut = [(s, e) for s, e, _ in _within(self.entities, start, end)]
        counts = [e for _, e, _ in _within(self.quantities, start, end)]
        items = self.items[bisect_left(self.items, (start, 0)) : bisect_left(self.items, (end, 0))]
        groups = group_organs(self.norm, _within(self.agencies, start, end))
        return read_sentence(self.norm, split_clauses(self.norm, start, end, shut, counts), groups, self.own_head, items)

    def _actor(self, acting: Acting | None, position: int) -> Actor | None:
        if acting is not None and isinstance(acting.who, int):
            return self._organ(acting.who, acting.by)
        if acting is not None and acting.who == "unnamed":
            return None
        if acting is not None and acting.who == "own" and self.issuer:
            return Actor(None, self.issuer, "subject")
        if acting is None:
            at = self.layers.deepest_section(position)
            while at is not None:
                heading = self.headings[at]
                if heading is not None:
                    return heading
                at = self.layers.sections[at].parent
        return Actor(None, self.issuer, "issuer") if self.issuer else None

    def _organ(self, index: int, by: str) -> Actor:
        entity = self.layers.entities[index]
        return Actor(index, entity.canonical or self.layers.view.surface(entity.start, entity.end), by)  # type: ignore[arg-type]

    def _heading(self, section: Section) -> Actor | None:
        """The one organ that a heading names as its subject, behind `由`, in brackets or as the one in charge."""
        if section.heading is None:
            return None
        start, end = section.heading
        groups = group_organs(self.norm, _within(self.agencies, start, end))
        if len(groups) != 1:
            return None
        group = groups[0]
        if cues().in_charge.search(self.norm, max(start, group.start - 5), group.start):
            return self._organ(group.first, "heading")
        sentence = self._read(start, end)
        named = [acting for acting in sentence.subjects if acting.who == group.first] or sentence.agents
        return self._organ(group.first, "heading") if named else None


def of_quantity(norm: str, sentence: Sentence, quantity: Quantity, bounds: Offsets) -> Acting | None:
    """Who acts where a quantity is given: its agent, else the last subject in front of its action (of itself where it has none)."""
    if quantity.start in sentence.beside:
        return Acting(sentence.beside[quantity.start], "subject", quantity.start)
    action = quantity.action if quantity.action and bounds[0] <= quantity.action[0] < bounds[1] else None
    anchor = action[0] if action else quantity.start
    relative = sentence.relative_at(anchor)
    if action and relative and relative.end and anchor < relative.end:
        return relative
    clause = sentence.clause_of(anchor)
    agents = sentence.agents.get(clause, []) if action else sentence.agents.get(sentence.clause_of(quantity.start), [])
    if agents and (named := [a for a in agents if a.start <= anchor] or ([] if action else agents[:1])):
        return named[-1]
    for acting in sentence.passives.get(clause, []):
        direct = cues().passive_gap.fullmatch(norm[acting.end or 0 : anchor]) if action else acting.end == anchor
        if acting.start < anchor and direct:
            return acting
    caused = [a for a in sentence.causatives.get(clause, []) if a.start < anchor]
    if action and caused:
        return caused[-1]
    return sentence.subject_at(anchor)


def of_measure(norm: str, sentence: Sentence, measure: Entity) -> Acting | None:
    """Who acts where a measure is named: the organ in front of its name, its agent, else the last subject."""
    relative = sentence.relative_at(measure.start)
    if relative and relative.end == measure.start:
        return relative
    clause = sentence.clause_of(measure.start)
    agents = sentence.agents.get(clause, [])
    if agents:
        return ([a for a in agents if a.start < measure.start] or agents)[-1]
    caused = [
        a for a in sentence.causatives.get(clause, []) if a.end is not None and a.end + 2 <= measure.start and "的" not in norm[a.end : measure.start]
    ]
    if caused:
        return caused[-1]
    return sentence.subject_at(measure.start)


def _within(spans: Sequence[tuple[int, int, int]], start: int, end: int) -> Sequence[tuple[int, int, int]]:
    """The spans that begin in a stretch."""
    return spans[bisect_left(spans, (start, 0, 0)) : bisect_left(spans, (end, 0, 0))]
