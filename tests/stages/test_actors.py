"""Who acted: sentences as data, and the way into the record and back."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from conftest import GOLD_RECORD, cases

from pipeline.conversion import from_record, to_record
from pipeline.layers import Entity, Layers, Metadata, Quantity, Section
from pipeline.record import Source, read_records
from pipeline.stages.actors.logic import find_actors
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import make_view

_MARKS = re.compile(r"\[([^\]]+)\]|\{([^}]+)\}|<([^>]+)>|~([^~]+)~")
_ISSUER = "临江市人民政府"


def layers_from(marked: str, heading: str | None, issuer: str | None) -> Layers:
    """Layers of a text with marks: `[agency]`, `{quantity}`, `~measure~`, `<action>` of the quantity behind it (of the one before where none follows)."""
    marked = f"{heading}\n{marked}" if heading else marked
    plain, spans, last = "", [], 0
    for match in _MARKS.finditer(marked):
        plain += marked[last : match.start()]
        spans.append((match.lastindex or 0, len(plain), len(plain) + len(match.group(match.lastindex or 0))))
        plain += match.group(match.lastindex or 0)
        last = match.end()
    layers = Layers(make_view(plain + marked[last:]))
    layers.metadata = Metadata(issuer=issuer)
    layers.entities = [Entity("AGENCY" if kind == 1 else "MEASURE", s, e) for kind, s, e in spans if kind in {1, 4}]
    action = None
    for kind, start, end in spans:
        if kind == 2:
            layers.quantities.append(Quantity(start, end, "1", None, None, "exact", action=action))
            action = None
        elif kind == 3:
            action = (start, end)
    if action and layers.quantities:
        layers.quantities[-1].action = action
    ends = []
    if heading:
        ends = [layers.view.text.index("\n")]
        layers.sections = [Section(0, len(layers.view.text), 1, (0, ends[0]))]
    layers.sentences = find_sentences(layers.view.norm, ends)
    return layers


@pytest.mark.parametrize("case", cases("actors.jsonl"), ids=lambda case: case["text"][:40])
def test_actor(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if "xfail" in case:
        request.applymarker(pytest.mark.xfail(reason=case["xfail"], strict=True))
    layers = layers_from(case["text"], case.get("heading"), case.get("issuer", _ISSUER))
    find_actors(layers)
    targets = [*layers.quantities, *(e for e in layers.entities if e.label == "MEASURE")]
    surfaces = [(layers.view.surface(t.start, t.end), t) for t in targets]
    target = next(t for surface, t in surfaces if surface == case["target"])
    found = target.actor
    assert (found.name if found else None, found.by if found else None) == (case["actor"], case["by"])


def test_the_record_names_the_mention() -> None:
    layers = layers_from("[市司法局]打造~法律体检活动~，<服务>企业{12家}。", None, _ISSUER)
    find_actors(layers)
    record = to_record(layers, "x", Source(path="x", format="txt", sha256="0"), None)
    agency, measure = record.entities
    assert agency.actor is None
    for part in (measure, record.quantities[0]):
        assert part.actor is not None
        assert (part.actor.entity, part.actor.name, part.actor.by) == (agency.id, "市司法局", "subject")


def test_a_text_without_issuer_has_no_default() -> None:
    layers = layers_from("<受理>案件{12件}。", None, None)
    find_actors(layers)
    assert layers.quantities[0].actor is None


def test_every_part_of_a_gold_record_gets_an_actor_or_none_that_is_meant() -> None:
    record = next(read_records(GOLD_RECORD))
    layers = Layers(make_view(record.text))
    from_record(record, layers)
    layers.sentences = find_sentences(layers.view.norm, [s.heading[1] for s in layers.sections if s.heading])
    find_actors(layers)
    actors = [q.actor for q in layers.quantities]
    assert sum(actor is not None for actor in actors) > 0.9 * len(actors)
    assert all(a is None or a.entity is None or layers.entities[a.entity].label == "AGENCY" for a in actors)


@pytest.mark.slow
def test_time_grows_with_the_text() -> None:
    def seconds(times: int) -> float:
        layers = layers_from("[市司法局]会同[市公安局]<开展>检查{12次}，由[市法院]审结{3件}，各乡镇化解{9件}；" * times, None, _ISSUER)
        began = time.perf_counter()
        find_actors(layers)
        return time.perf_counter() - began

    short = min(seconds(300) for _ in range(3))
    assert seconds(3000) < 30 * short
