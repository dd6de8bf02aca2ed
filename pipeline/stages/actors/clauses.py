"""Who acts where in a sentence: its clauses, the organs that stand as subjects and those that `由` and its like name."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.layers import Offsets
from pipeline.stages.actors.cues import cues

Who = int | Literal["own", "issuer", "unnamed"]
"""An organ by its index; the report's organ named by a pronoun; the issuer as the default; someone whom the text does not name."""

_MARKS = re.compile(r"[，；：、。！？\n\t|（）“”]")
_JOINED = frozenset({"", "、", "和", "与", "及", "以及", "暨", "/"})
_NEAR = 12
_COUNTED = re.compile(r"[约近]?[\d一二三四五六七八九十两]+(?:余|多)?[个家]")


@dataclass(frozen=True, slots=True)
class Organs:
    """Organs side by side, by the index of the first; `end` is behind `等部门`."""

    first: int
    start: int
    bare_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Acting:
    """From `start` on (to `end`, where it is set) someone acts. `by`: how the text says so."""

    who: Who
    by: Literal["subject", "agent"]
    start: int
    end: int | None = None


@dataclass(slots=True)
class Sentence:
    """What a sentence says of who acts; all lists in order of their places."""

    clauses: list[Offsets] = field(default_factory=list)
    subjects: list[Acting] = field(default_factory=list)
    agents: dict[int, list[Acting]] = field(default_factory=dict)
    causatives: dict[int, list[Acting]] = field(default_factory=dict)
    passives: dict[int, list[Acting]] = field(default_factory=dict)
    relatives: list[Acting] = field(default_factory=list)
    beside: dict[int, int] = field(default_factory=dict)

    def clause_of(self, position: int) -> int:
        """Index of the clause that holds a position."""
        return max(bisect_right(self.clauses, (position, 1 << 60)) - 1, 0)

    def subject_at(self, position: int) -> Acting | None:
        """The last subject in front of a position."""
        at = bisect_right(self.subjects, position, key=lambda acting: acting.start) - 1
        return self.subjects[at] if at >= 0 else None


def split_clauses(norm: str, start: int, end: int, shut: Sequence[Offsets], counts: Sequence[int]) -> list[Offsets]:
    """Clauses of a sentence: cut at its marks but not inside names and quotation marks; at `、` only behind a quantity.

    `shut`: spans of names in the sentence, `counts`: ends of its quantities, both in order.
    """
    starts = [span[0] for span in shut]
    cuts, quoted = [start], False
    for match in _MARKS.finditer(norm, start, end):
        at = match.start()
        inside = bisect_right(starts, at) - 1
        if inside >= 0 and at < shut[inside][1]:
            continue
        if match.group() in "“”":
            quoted = match.group() == "“"
        elif match.group() == "、" and inside >= 0 and shut[inside][1] == at:
            continue  # between names
        elif not quoted and (match.group() != "、" or bisect_left(counts, cuts[-1]) < bisect_right(counts, at)):
            cuts.append(match.end())
    return list(zip(cuts, [*cuts[1:], end], strict=True))


def group_organs(norm: str, agencies: Sequence[tuple[int, int, int]]) -> list[Organs]:
    """Organs side by side as one; `agencies` are (start, end, index) in order."""
    groups: list[Organs] = []
    for start, end, index in agencies:
        tail = cues().tail.match(norm, end)
        last = tail.end() if tail else end
        if groups and norm[groups[-1].bare_end : start] in _JOINED:
            groups[-1] = Organs(groups[-1].first, groups[-1].start, end, last)
        else:
            groups.append(Organs(index, start, end, last))
    return groups


def read_sentence(norm: str, clauses: list[Offsets], groups: Sequence[Organs], own_head: str, items: Sequence[Offsets]) -> Sentence:
    """What a sentence says of who acts, in one pass over its clauses.

    `own_head`: the last characters of the issuer's name (`局`), by which `我局` is it. `items`: spans of what is counted, in order.
    """
    found = Sentence(clauses)
    starts = [group.start for group in groups]
    brackets: list[Acting | None] = []
    for number, (start, end) in enumerate(clauses):
        opener = norm[start - 1 : start]
        if opener == "（":
            brackets.append(found.subjects[-1] if found.subjects else None)
        elif opener == "）" and brackets:
            before = brackets.pop()
            found.subjects.append(Acting(before.who if before else "issuer", before.by if before else "subject", start))
        here = groups[bisect_left(starts, start) : bisect_left(starts, end)]
        _read_clause(norm, found, number, here, own_head, items)
    return found


def _read_clause(norm: str, found: Sentence, number: int, groups: Sequence[Organs], own_head: str, items: Sequence[Offsets]) -> None:
    start, end = found.clauses[number]
    known = cues()
    lead = known.lead.match(norm, start, end)
    first = lead.end() if lead else start
    for group in groups:
        before = norm[max(start, group.start - 4) : group.start]
        relative = known.relative.match(norm, group.end, end)
        if relative:
            found.relatives.append(Acting(group.first, "subject", group.end, relative.end()))
        elif before.endswith("由") and not known.not_agent.search(before[:-1]):
            acting = Acting(group.first, "agent", group.start, group.end)
            found.agents.setdefault(number, []).append(acting)
            if group.start == first + 1:
                found.subjects.append(Acting(group.first, "agent", group.end))
        elif known.causative.search(before):
            found.causatives.setdefault(number, []).append(Acting(group.first, "agent", group.start, group.end))
        elif known.passive.search(before) and not (before.endswith("经") and known.consent.match(norm, group.end, end)):
            found.passives.setdefault(number, []).append(Acting(group.first, "agent", group.start, group.end))
        elif (group.start == first or _behind_adverbial(norm, start, first, group.start)) and _is_subject(norm, found, group, end):
            found.subjects.append(Acting(group.first, "subject", group.end))
            found.beside[group.end] = group.first
    if not groups or groups[0].start > first:
        _read_other(norm, found, first, end, own_head, items)


def _is_subject(norm: str, found: Sentence, group: Organs, end: int) -> bool:
    """Whether what follows an organ at a clause's beginning lets it be the subject, and it does not only help an earlier one."""
    if cues().not_subject.match(norm, group.end, end + 1):
        return False
    return not (found.subjects and cues().follower.match(norm, group.end, end))


def _behind_adverbial(norm: str, start: int, first: int, at: int) -> bool:
    """Whether only an adverbial without comma stands between the clause's beginning and an organ: `在市委领导下市司法局…`."""
    return bool(cues().adverbial_start.match(norm, first) and cues().adverbial_end.search(norm, max(start, at - 4), at))


def _read_other(norm: str, found: Sentence, first: int, end: int, own_head: str, items: Sequence[Offsets]) -> None:
    """A clause that begins with the report's own area or organ, with a class of organs or with people."""
    known = cues()
    own = known.own.match(norm, first, end)
    if own and own_head and (own.group("head") or own.group("bare")) == own_head:
        found.subjects.append(Acting("own", "subject", own.end()))
        return
    area = known.area.match(norm, first, end)
    at = area.end() if area else first
    for pattern, lasting in ((known.class_, True), (known.outside, False)):
        other = pattern.match(norm, at, end)
        if other and not known.not_other.match(norm, other.end(), end) and not _in_longer(items, at, other.end()):
            before = found.subjects[-1] if found.subjects and area is None else Acting("issuer", "subject", at)
            found.subjects.append(Acting("unnamed", "subject", other.end()))
            if not lasting or _COUNTED.match(other.group()):
                found.subjects.append(Acting(before.who, before.by, end))
            return
    if area:
        found.subjects.append(Acting("issuer", "subject", area.end()))


def _in_longer(items: Sequence[Offsets], start: int, end: int) -> bool:
    """Whether a stretch lies in what a quantity counts and goes on behind it."""
    at = bisect_right(items, (start + _NEAR, 0))
    return any(s < end and start < e and e > end for s, e in items[max(0, at - 3) : at])
