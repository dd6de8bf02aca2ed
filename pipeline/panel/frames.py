"""What is said around a quantity: item, action, clause, sentence, headings, topic, domain, time. The rules of the codebook read nothing else."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pipeline.layers import Quantity
from pipeline.panel.codebook import Codebook
from pipeline.record import Record, RecordQuantity, RecordSection
from pipeline.stages.quantities.relations import add_relations
from pipeline.stages.quantities.units import in_base_unit, measured_units
from pipeline.view import make_view

_SENTENCE_END = re.compile(r"[。！？\n]")
_CLAUSE_END = re.compile(r"[，。；：！？\n]")
_TITLE = re.compile(r"《[^》]*》")
_BREAKDOWN = re.compile(r"（[^）]*\d")
_BRACKETS = re.compile(r"（[^）]*）|\([^)]*\)|/.*")
_FARTHEST = 240
_NEAR_BEFORE, _NEAR_AFTER = 8, 6
_NEAR_BRACKET = 80


@dataclass(frozen=True, slots=True)
class Frame:
    """A quantity with its context, in words without white space.

    `clause` holds the number as `#`; `before` is the sentence up to the number. `act` is the action, `|`, and the words that touch it in the clause,
    or those next to the number where the clause has no action. An elliptic figure (`同比增长5%`) says in its clause neither what nor how.
    """

    quantity: RecordQuantity
    item: str
    action: str
    act: str
    unit: str
    left: str
    right: str
    clause: str
    before: str
    sentence_start: int
    heading: str
    sentence: str
    section: str | None
    topic: str | None
    domain: str | None
    period: str | None
    per: str | None
    is_part: bool
    is_elliptic: bool
    in_brackets: bool
    column_head: str


def frames_of(record: Record, codebook: Codebook) -> Iterator[Frame]:
    """The frames of all quantities of a record, in the order of the text."""
    view = make_view(record.text)
    norm = view.norm
    quantities = sorted(record.quantities, key=lambda q: q.start)
    spans = [view.view_span(q.start, q.end) for q in quantities]
    layers = [Quantity(*span, q.value, q.value_max, q.unit, q.bound) for q, span in zip(quantities, spans, strict=True)]
    add_relations(norm, layers)
    sections = _Sections(record)
    ends = {end for _, end in spans}
    for quantity, (start, end), found in zip(quantities, spans, layers, strict=True):
        sentence_start = max(_last_end(_SENTENCE_END, norm, start), start - _FARTHEST)
        clause_start = max(sentence_start, _last_end(_CLAUSE_END, norm, start))
        clause_end = _next(_CLAUSE_END, norm, end)
        left, right = _squeeze(norm[clause_start:start]), _squeeze(_without_figures(norm[end:clause_end]))
        before = _squeeze(norm[sentence_start:start])
        clause = f"{left}#{right}"
        written = quantity.item.text if quantity.item else ""
        action = quantity.action.text if quantity.action else ""
        section = sections.at(quantity)
        row = norm[norm.rfind("\n", 0, start) + 1 : start]
        yield Frame(
            quantity=quantity,
            item=_plain(written) or clause,
            action=action,
            act=f"{action}|{_touching(action, left, right)}",
            unit=base_unit(quantity)[1] or "",
            left=left,
            right=right,
            clause=clause,
            sentence_start=sentence_start,
            before=before,
            heading=sections.titles(section),
            sentence="".join(norm[_last_end(_SENTENCE_END, norm, start) : _next(_SENTENCE_END, norm, end) + 1].split()),
            section=section.title if section else None,
            topic=section.topic if section else None,
            domain=_domain(_plain(written), before, section.title if section else None, codebook),
            period=quantity.period or found.period,
            per=quantity.per or found.per,
            is_elliptic=not written or written not in "".join(norm[clause_start:clause_end].split()),
            in_brackets=_in_brackets(norm, start, ends),
            is_part=quantity.part_of is not None or found.part_of is not None,
            column_head=_column_head(norm, start, row.count("\t")),
        )


def base_unit(quantity: RecordQuantity) -> tuple[Fraction, str | None]:
    """Factor and base unit of a quantity's unit, brackets and denominators put aside; a bare fraction is a percentage."""
    unit = quantity.unit
    if unit is None:
        return (Fraction(100), "%") if "/" in quantity.value else (Fraction(1), None)
    known = measured_units().get(unit)
    if known is None or known.dimension == "count":
        unit = _BRACKETS.sub("", unit) or unit
    return in_base_unit(Fraction(1), unit)


def _domain(item: str, before: str, title: str | None, codebook: Codebook) -> str | None:
    """The procedure that the item's words name; of a general item the nearest one before the number, else the first of the title."""
    if item and not codebook.generic_item.search(item):
        return _last_group(codebook, item)
    named = _last_group(codebook, item) or _last_group(codebook, before)
    if named is None and title:
        first = codebook.domain_words.search(title)
        return first.lastgroup if first else None
    return named


def _last_group(codebook: Codebook, text: str) -> str | None:
    name = None
    for match in codebook.domain_words.finditer(text):
        name = match.lastgroup
    return name


def _in_brackets(norm: str, start: int, ends: set[int]) -> bool:
    """Whether a number stands in a bracket that was opened right behind a figure (`16个（镇级2个、村级14个）`)."""
    opened = norm.rfind("（", max(0, start - _NEAR_BRACKET), start)
    return opened in ends and "）" not in norm[opened:start]


def _column_head(norm: str, start: int, column: int) -> str:
    """The cell at the head of a quantity's column, if it stands in a table; the rows of a table are lines with tabs."""
    if not column:
        return ""
    line_start = norm.rfind("\n", 0, start) + 1
    head = ""
    while line_start > 0:
        previous_start = norm.rfind("\n", 0, line_start - 1) + 1
        cells = norm[previous_start : line_start - 1].split("\t")
        if len(cells) <= column:
            break
        head, line_start = cells[column], previous_start
    return head


class _Sections:
    """The section of a place, and the titles above it."""

    def __init__(self, record: Record) -> None:
        self._by_id = {section.id: section for section in record.sections}
        self._ordered = sorted(record.sections, key=lambda s: (s.start, s.level))
        self._starts = [section.start for section in self._ordered]
        self._title = record.metadata.title or ""

    def at(self, quantity: RecordQuantity) -> RecordSection | None:
        if quantity.section in self._by_id:
            return self._by_id[quantity.section]
        for index in range(bisect_right(self._starts, quantity.start) - 1, -1, -1):
            if self._ordered[index].end >= quantity.end:
                return self._ordered[index]
        return None

    def titles(self, section: RecordSection | None) -> str:
        titles = [self._title]
        while section is not None:
            titles.append(section.title or "")
            section = self._by_id.get(section.parent) if section.parent else None
        return " ".join(filter(None, titles))


def _plain(text: str) -> str:
    """An item without its outer quotation marks, and without the titles that it lists (`《民法典》等资料`: what it is, not what it is about)."""
    text = text.strip("“”‘’「」")
    without = _TITLE.sub("", text).strip("、和及等")
    return without if len(without) > 1 else text


def _touching(action: str, left: str, right: str) -> str:
    """The action with two characters on either side; without an action in the clause, the words next to the number."""
    at = left.rfind(action) if action else -1
    if at >= 0:
        return left[max(0, at - 2) : at + len(action) + 2]
    if action and action in right:
        at = right.index(action)
        return right[max(0, at - 2) : at + len(action) + 2]
    return f"{left[-_NEAR_BEFORE:]}#{right[:_NEAR_AFTER].partition('、')[0]}"


def _without_figures(text: str) -> str:
    """What follows a number, up to a bracket that breaks it down."""
    bracket = _BREAKDOWN.search(text)
    return text[: bracket.start()] if bracket else text


def _squeeze(text: str) -> str:
    return text.replace("\t", "").replace(" ", "")


def _last_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """The end of the last match before a position, not farther back than a long sentence; its start is looked for no farther."""
    low = max(0, position - _FARTHEST)
    end = low if low else 0
    for match in pattern.finditer(text, low, position):
        end = match.end()
    return end


def _next(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.search(text, position, position + _FARTHEST)
    return match.start() if match else min(len(text), position + _FARTHEST)
