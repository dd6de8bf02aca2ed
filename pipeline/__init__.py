"""Gongwen: Chinese official reports as data one can cite.

>>> import pipeline
>>> extractor = pipeline.load()
>>> record = extractor("2021年，新收行政复议案件783件，同比增长66.24%。")
>>> record.quantities[0].value
'783'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.version import __version__

if TYPE_CHECKING:
    from pipeline.extractor import Extractor, load
    from pipeline.layers import Quantity

__all__ = ["Extractor", "__version__", "load", "quantities"]


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text by the grammar alone: offsets into `text`, value, unit, bound, period, rate and total; nothing linked."""
    from pipeline.stages.quantities.logic import quantities_alone
    from pipeline.view import make_view

    view = make_view(text)
    found = quantities_alone(view.norm)
    for quantity in found:
        quantity.start, quantity.end = view.raw_span(quantity.start, quantity.end)
    return found


def __getattr__(name: str) -> object:
    if name in {"Extractor", "load"}:
        from pipeline import extractor

        return getattr(extractor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
