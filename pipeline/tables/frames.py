"""Tables in pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.tables.rows import LABELS, Located
from pipeline.tables.schema import tables
from pipeline.tables.write import all_rows

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.record import Record

_PANDAS_TYPES = {"text": "object", "integer": "Int64", "number": "float64", "date": "datetime64[ns]"}


def frame(records: Iterable[Record], table: str) -> pd.DataFrame:
    """One table of records as a pandas frame, its columns typed as the dictionary says.

    Raises:
        ValueError: there is no such table.
    """
    import pandas as pd

    if table not in tables():
        raise ValueError(f"no table {table!r}: there are {', '.join(tables())}")
    columns = tables()[table]
    found = pd.DataFrame([row for name, row in all_rows(records) if name == table], columns=[column.name for column in columns])
    return found.astype({column.name: _PANDAS_TYPES[column.type] for column in columns})


def layer_frame(record: Record, layer: str) -> pd.DataFrame:
    """A table of one record, or a layer that has no table of its own: `entities` (all three kinds), `sentences`, `tokens`.

    Raises:
        ValueError: there is neither a table nor a layer of this name.
    """
    if layer == "entities":
        return _entities(record)
    if layer in {"sentences", "tokens"}:
        return _stretches(record, layer)
    if layer not in tables():
        raise ValueError(f"no table or layer {layer!r}: there are {', '.join(tables())}, entities, sentences, tokens")
    return frame([record], layer)


def _entities(record: Record) -> pd.DataFrame:
    """Laws, agencies and measures together, in the order of the text, with `label` and `id`."""
    import pandas as pd

    names = {"law": "id", "agency": "id", "measure": "id", "agency_level": "level"}
    parts = [frame([record], table).rename(columns=names).assign(label=label) for table, label in LABELS.items()]
    columns = ["report", "id", "label", "text", "canonical", "rank", "level", "section", "topic", "sentence", "start", "end", "score"]
    together = pd.concat([part.reindex(columns=columns) for part in parts if len(part)] or [pd.DataFrame(columns=columns)])
    return together.sort_values("start", ignore_index=True)


def _stretches(record: Record, layer: str) -> pd.DataFrame:
    """Sentences or tokens: what each reads, its topic and its offsets."""
    import pandas as pd

    located = Located(record)
    spans = getattr(record, layer) or ()
    rows = []
    for start, end in spans:
        section = located.section(start)
        text = located.reading(start, end)
        rows.append({"report": record.id, "text": text, "topic": section and section.topic, "start": start, "end": end})
    return pd.DataFrame(rows, columns=["report", "text", "topic", "start", "end"])
