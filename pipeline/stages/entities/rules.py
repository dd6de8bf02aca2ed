"""What the guideline settles outright: lists of departments, organs side by side, leading groups by their full name, where measures begin."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline import knowledge
from pipeline.layers import Entity, Offsets
from pipeline.spans import SpanIndex
from pipeline.stages.entities.cues import cues

_LEVELS = "省市县区州盟旗镇乡"
_PAIR = re.compile(rf"([{_LEVELS}](?:党)?委)([{_LEVELS}](?:人民)?政府)\Z")
_LIST = re.compile(r"([^，。；：\n\t“”《》（）等]{3,80})等(?:[\d一二三四五六七八九十多余]+个|多个|相关|有关)?(部门|领域|行业|方面)")
_LEADERS = re.compile(r"(?:会同|联合|协同|分属|指导|协调|组织|抽调|督促|推动|以及|牵头|与|由|对|向|和|及|同|商|从|在)\Z")
_GROUP = re.compile(r"(?:领导小组|指挥部)(?:办公室)?")
_LONGEST_GROUP = 28
_BY_RULE = 0.9
_LONGEST_REST = 8
_STOP = re.compile(r"[，。；：\n\t“]")


def apply_rules(norm: str, words: Sequence[Offsets], entities: list[Entity]) -> list[Entity]:
    """Entities, in order and without overlaps, once the guideline's plain rules have been applied to what the tagger found."""
    entities = [part for entity in entities for part in _split_pair(norm, entity)]
    entities = _trimmed(norm, words, entities)
    entities = _in_lists(norm, entities)
    return _with_groups(norm, entities)


def _split_pair(norm: str, entity: Entity) -> Iterator[Entity]:
    """`市委市政府` is two organs."""
    pair = _PAIR.match(norm[entity.start : entity.end]) if entity.label == "AGENCY" else None
    if pair is None:
        yield entity
        return
    middle = entity.start + pair.end(1)
    yield Entity("AGENCY", entity.start, middle, score=entity.score)
    yield Entity("AGENCY", middle, entity.end, score=entity.score)


def _trimmed(norm: str, words: Sequence[Offsets], entities: list[Entity]) -> list[Entity]:
    """Measures without governing verbs and counts at the front, with their quotation marks whole; what has no content is none."""
    starts = [start for start, _ in words]
    kept = []
    for index, entity in enumerate(entities):
        if entity.label == "MEASURE":
            behind = entities[index + 1].start if index + 1 < len(entities) else len(norm)
            start, end = _front(norm, words, starts, entity), _closed(norm, entity, behind)
            if not _has_content(norm[start:end]):
                continue
            entity = replace(entity, start=start, end=end)
        kept.append(entity)
    return kept


def _front(norm: str, words: Sequence[Offsets], starts: Sequence[int], entity: Entity) -> int:
    """Where the name begins: behind the verbs and adverbs that govern it, and behind a count."""
    known = cues()
    start = entity.start
    index = bisect_right(starts, start) - 1
    is_thing = known.things.search(norm, start, entity.end) is not None
    while 0 <= index < len(words) and start < words[index][1] < entity.end:
        word = norm[start : words[index][1]]
        if word not in known.governing and not (is_thing and word in known.before_things):
            break
        start = words[index][1]
        index += 1
    count = known.count.match(norm, start, entity.end)
    return count.end() if count and count.end() < entity.end else start


def _closed(norm: str, entity: Entity, behind: int) -> int:
    """The end of a name, moved behind the closing mark of a quotation that it cuts through."""
    text = norm[entity.start : entity.end]
    if text.count("“") <= text.count("”"):
        return entity.end
    close = norm.find("”", entity.end, min(entity.end + _LONGEST_REST, behind))
    return entity.end if close < 0 or _STOP.search(norm, entity.end, close) else close + 1


def _has_content(name: str) -> bool:
    return name not in knowledge.measure_heads() and cues().fields.match(name) is None


def _in_lists(norm: str, entities: list[Entity]) -> list[Entity]:
    """Fields in a list that ends in 等部门 are organs (人社、交通、卫健等部门); in one that ends in 等领域 they are none."""
    taken = {(e.start, e.end): e for e in entities}
    found = SpanIndex(taken)
    for match in _LIST.finditer(norm):
        members = list(_members(norm, match.start(1), match.end(1)))
        if match.group(2) != "部门":
            for span in members:
                if span in taken and taken[span].label == "AGENCY":
                    del taken[span]
        elif len(members) > 1:
            taken |= {span: Entity("AGENCY", *span, score=_BY_RULE) for span in members if found.is_clear(*span)}
    return sorted(taken.values(), key=lambda e: e.start)


def _members(norm: str, start: int, end: int) -> Iterator[Offsets]:
    """Members of an enumeration that are a kind of organ without level or place."""
    kinds = knowledge.agency_types()
    for match in re.compile(r"[^、]+").finditer(norm, start, end):
        word = match.group()
        if word in kinds and word[0] not in _LEVELS + "委":
            yield match.span()
            continue
        for length in range(min(len(word) - 1, 8), 1, -1):
            if word[-length:] in kinds and word[-length] not in _LEVELS + "委" and _LEADERS.search(word[:-length]):
                yield match.end() - length, match.end()
                break


def _groups(norm: str) -> Iterator[Offsets]:
    """Leading groups and commands with a level or a place in front: `市行政复议体制改革领导小组`."""
    last = 0
    for tail in _GROUP.finditer(norm):
        clause = max(norm.rfind(mark, max(0, tail.start() - _LONGEST_GROUP), tail.start()) for mark in "，。；、：《》“”（）\n\t") + 1
        first = max(clause, last, tail.start() - _LONGEST_GROUP)
        last = tail.end()
        start = next((p for p in range(first, tail.start() - 2) if _is_lead(norm, p)), None)
        if start is not None:
            yield start, tail.end()


def _is_lead(norm: str, position: int) -> bool:
    """Whether a place or a level that stands for one begins at a position (市…, but not 市长 and not the 市 of a name)."""
    if any(norm[position : position + length] in knowledge.regions() for length in range(2, 9)):
        return True
    return norm[position] in _LEVELS and norm[position + 1] not in "长级委政" and norm[position - 1 : position] not in {"双", "组"}


def _with_groups(norm: str, entities: list[Entity]) -> list[Entity]:
    """A leading group's full name wins over what it contains."""
    found = SpanIndex((e.start, e.end) for e in entities)
    added: list[Entity] = []
    dropped: set[int] = set()
    for start, end in _groups(norm):
        inside = found.touched(start, end)
        if any(entities[i].label == "LAW" or entities[i].start < start or entities[i].end > end for i in inside):
            continue
        dropped.update(inside)
        added.append(Entity("AGENCY", start, end, score=max((entities[i].score for i in inside), default=_BY_RULE)))
    kept = [e for i, e in enumerate(entities) if i not in dropped]
    return sorted([*kept, *added], key=lambda e: e.start)
