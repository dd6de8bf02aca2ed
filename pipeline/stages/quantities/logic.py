"""From a text to its quantities."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.layers import Entity, Quantity
from pipeline.stages.quantities.grammar import find_quantities, read_bare_number
from pipeline.stages.quantities.relations import add_relations
from pipeline.stages.quantities.tables import give_table_units

_TITLE = re.compile(r"《[^《》\n]{1,200}》")


def quantities_alone(norm: str) -> list[Quantity]:
    """Quantities of a text by themselves, none in titles; a text that is a bare number is one too."""
    bare = read_bare_number(norm)
    if bare is not None:
        return [Quantity(bare.start, bare.end, bare.value, None, None, bare.bound)]
    return quantities_of(norm, [Entity("LAW", match.start(), match.end()) for match in _TITLE.finditer(norm)])


def quantities_of(norm: str, entities: Sequence[Entity] = ()) -> list[Quantity]:
    """Quantities of a normalised text; none inside a law, and no number that is part of a measure's name."""
    parsed = find_quantities(norm)
    give_table_units(norm, parsed)
    closed = [(e.start, e.end) for e in entities if e.label in {"LAW", "MEASURE"}]
    found = []
    index = 0
    for p in parsed:
        while index < len(closed) and closed[index][1] <= p.start:
            index += 1
        if index < len(closed) and closed[index][0] <= p.start:
            continue
        found.append(Quantity(p.start, p.end, p.value, p.value_max, p.unit, p.bound))
    add_relations(norm, found)
    return found
