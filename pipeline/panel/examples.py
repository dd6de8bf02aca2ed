"""The examples of the codebook as records: `‹受理›{行政复议案件}[312件]` marks action, item and quantity, with + or - before a change."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.record import Mention, Record, RecordMetadata, RecordQuantity, Source

_PART = re.compile(r"‹(?P<action>[^›]*)›|\{(?P<item>[^}]*)\}|\[(?P<quantity>[^\]]*)\]|(?P<text>[^‹{\[]+)")
_CHANGES: dict[str, Literal["increase", "decrease"]] = {"+": "increase", "-": "decrease"}


def record_of_example(example: str) -> Record:
    """A record of the one quantity that an example marks; its value and unit are read by the grammar."""
    from pipeline import quantities

    text, found = "", {}
    change = None
    for part in _PART.finditer(example):
        kind, words = str(part.lastgroup), part.group(part.lastgroup or 0)
        if kind == "quantity" and words[0] in _CHANGES:
            change, words = _CHANGES[words[0]], words[1:]
        if kind != "text":
            found[kind] = (len(text), len(text) + len(words))
        text += words
    start, end = found["quantity"]
    read = quantities(text[start:end])
    value, unit = (read[0].value, read[0].unit) if read else (text[start:end], None)
    quantity = RecordQuantity(
        id="q1", start=start, end=end, text=text[start:end], value=value, value_max=None, unit=unit, bound="exact", change=change,
        item=_mention(text, found.get("item")), action=_mention(text, found.get("action")),
    )  # fmt: skip
    source = Source(path="example", format="txt", sha256="0" * 64)
    return Record(schema="1", id="example", source=source, text=text, metadata=RecordMetadata(), sections=[], entities=[], quantities=[quantity])


def _mention(text: str, span: tuple[int, int] | None) -> Mention | None:
    return Mention(start=span[0], end=span[1], text=text[span[0] : span[1]]) if span else None
