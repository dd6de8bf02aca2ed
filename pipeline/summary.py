"""A short readable account of records: metadata, figures with what each counts, counts by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from pipeline.language import tr
from pipeline.record import Record, RecordQuantity

_MOST_FIGURES = 40
_BOUNDS = {"exact": "", "approx": "≈", "below": "<", "above": ">", "at_least": "≥", "at_most": "≤"}
_CHANGES = {"increase": "↑", "decrease": "↓", None: ""}


def print_summary(records: Sequence[Record], console: Console) -> None:
    """Metadata and figures of the first report, and one line for each further one."""
    if not records:
        return
    first = records[0]
    console.print(_metadata(first))
    console.print(_figures(first))
    console.print(_counts(first))
    for record in records[1:]:
        console.print(f"{record.id}: {count_line(record)}")


def _metadata(record: Record) -> Table:
    table = Table(title=record.id, show_header=False, title_justify="left", box=None)
    for name, value in record.metadata.model_dump().items():
        shown = "、".join(value) if isinstance(value, list) else value
        if shown:
            table.add_row(name, str(shown))
    return table


def _figures(record: Record) -> Table:
    more = max(0, len(record.quantities) - _MOST_FIGURES)
    caption = tr("… and {more} more figures in the record", more=more) if more else None
    table = Table(title=tr("{count} figures", count=len(record.quantities)), title_justify="left", caption=caption, caption_justify="left", box=None)
    table.add_column(tr("as written"))
    table.add_column(tr("value"), justify="right")
    table.add_column(tr("unit"))
    table.add_column(tr("what it counts"))
    table.add_column(tr("what was done"))
    table.add_column(tr("topic"))
    topics = {section.id: section.topic for section in record.sections}
    for q in record.quantities[:_MOST_FIGURES]:
        item = q.item.text if q.item else "—"
        action = q.action.text if q.action else "—"
        table.add_row(q.text, shown_value(q), q.unit or "", item, action, topics.get(q.section or "", ""))
    return table


def shown_value(quantity: RecordQuantity) -> str:
    """A value with its bound and change: `≥3`, `↑66.24`, `3–5`."""
    value = quantity.value if quantity.value_max is None else f"{quantity.value}–{quantity.value_max}"
    return f"{_CHANGES[quantity.change]}{_BOUNDS[quantity.bound]}{value}"


def count_line(record: Record) -> str:
    """Counts by kind: `25 LAW, 27 AGENCY, …`."""
    labels = Counter(entity.label for entity in record.entities)
    parts = [f"{labels[label]} {label}" for label in ("LAW", "AGENCY", "MEASURE")]
    return ", ".join([*parts, tr("{count} quantities", count=len(record.quantities)), tr("{count} sections", count=len(record.sections))])


def _counts(record: Record) -> str:
    return f"{record.id}: {count_line(record)}"
