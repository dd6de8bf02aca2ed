"""A record as a notebook shows it: what it is, its first figures, and its text with the marks."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.record import Record
from pipeline.site.marks import blocks_of
from pipeline.summary import count_line, shown_value
from pipeline.view import make_view

_MOST_FIGURES = 20


def record_html(record: Record) -> str:
    """A fragment of HTML; nothing in the record can become markup."""
    templates = Environment(loader=PackageLoader("pipeline.site"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return templates.get_template("notebook.html").render(
        record=record,
        counts=count_line(record),
        blocks=blocks_of(record, make_view(record.text)),
        most=_MOST_FIGURES,
        shown_value=shown_value,
    )
