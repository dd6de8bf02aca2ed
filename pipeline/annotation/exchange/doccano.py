"""doccano: sequence labelling with relations (JSONL). It has no attributes and no nested parts; those travel in a column of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.annotation.exchange.sheet import LABELS, ROLES, Link, Mark, Sheet
from pipeline.errors import AnnotationError
from pipeline.language import tr

Say = Callable[[str], None]
_COLUMN = "gongwen"


def write(sheets: Sequence[Sheet], folder: Path, say: Say) -> list[Path]:
    """`data.jsonl`, and the label sets to import into the project."""
    say(tr("doccano shows no attributes and no metadata: they travel in the column 'gongwen' and come back for every span that keeps its place"))
    say(tr("doccano: allow overlapping spans and relations in the project's settings; sections are spans over many lines"))
    data, spans, relations = folder / "data.jsonl", folder / "span-labels.json", folder / "relation-labels.json"
    data.write_text("".join(json.dumps(_row(sheet), ensure_ascii=False) + "\n" for sheet in sheets), "utf-8")
    spans.write_text(json.dumps([{"text": label} for label in LABELS], indent=1), "utf-8")
    relations.write_text(json.dumps([{"text": role} for role in ROLES], indent=1), "utf-8")
    return [data, spans, relations]


def _row(sheet: Sheet) -> dict[str, Any]:
    numbers = {mark.id: number for number, mark in enumerate(sheet.marks, 1)}
    return {
        "text": sheet.text,
        "entities": [{"id": numbers[m.id], "label": m.label, "start_offset": m.start, "end_offset": m.end} for m in sheet.marks],
        "relations": [
            {"id": n, "from_id": numbers[link.quantity], "to_id": numbers[link.target], "type": link.role} for n, link in enumerate(sheet.links, 1)
        ],
        _COLUMN: {
            "id": sheet.id,
            "source": sheet.source,
            "metadata": sheet.metadata,
            "attributes": [[m.label, m.start, m.end, m.attributes] for m in sheet.marks if m.attributes],
        },
    }


def read(path: Path, say: Say) -> list[Sheet]:
    """Sheets of doccano's JSONL export (with relations).

    Raises:
        AnnotationError: a line is none of it.
    """
    path = path / "data.jsonl" if path.is_dir() else path
    sheets = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        origin = f"{path}:{number}"
        try:
            sheets.append(_sheet(json.loads(line), origin, say))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AnnotationError(
                tr("{origin}: no line of a doccano export with entities, relations and the column 'gongwen' ({error})", origin=origin, error=error)
            ) from error
    return sheets


def _sheet(row: dict[str, Any], origin: str, say: Say) -> Sheet:
    column = row[_COLUMN] if isinstance(row[_COLUMN], dict) else json.loads(row[_COLUMN])
    known = {(label, start, end): attributes for label, start, end, attributes in column["attributes"]}
    marks = []
    for entity in row["entities"]:
        key = (entity["label"], entity["start_offset"], entity["end_offset"])
        marks.append(Mark(str(entity["id"]), *key, dict(known.pop(key, {}))))
    for label, start, end in known:
        say(
            tr(
                "{id}: the attributes of {label} {text!r} at {start} are gone with its span",
                id=column["id"],
                label=label,
                text=row["text"][start:end][:20],
                start=start,
            )
        )
    links = [Link(r["type"], str(r["from_id"]), str(r["to_id"])) for r in row.get("relations", [])]
    return Sheet(column["id"], row["text"], column["source"], column["metadata"], marks, links, None, origin)
