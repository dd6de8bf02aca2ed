"""Records out to labelling tools and back. Each tool is a module with `write` and `read`; all speak of the same sheets."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline.annotation.exchange.sheet import Sheet, from_sheet, to_sheet
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import Record

TOOLS = ("label-studio", "doccano", "brat", "conll", "docbin")
Say = Callable[[str], None]


def export_records(records: Iterable[Record], tool: str, folder: Path, say: Say) -> list[Path]:
    """Write records for a tool into a folder; returns the files. What the tool cannot show is said.

    Raises:
        AnnotationError: there are no records, or two of one id.
    """
    sheets = [to_sheet(record) for record in records]
    if not sheets:
        raise AnnotationError(tr("no records to export"))
    seen: set[str] = set()
    for sheet in sheets:
        if sheet.id in seen:
            raise AnnotationError(tr("two records are called {id!r}: export them one by one", id=sheet.id))
        seen.add(sheet.id)
    folder.mkdir(parents=True, exist_ok=True)
    say(tr("not exported: words and sentences (they are not corrected by hand)"))
    written: list[Path] = _module(tool).write(sheets, folder, say)
    return written


def import_records(path: Path, tool: str, say: Say) -> list[Record]:
    """Gold records of what came back from a tool; what is left out is said.

    Raises:
        AnnotationError: every fault, with file and task or line.
    """
    if not path.exists():
        raise AnnotationError(tr("{path}: no such file or folder", path=path))
    try:
        sheets: list[Sheet] = _module(tool).read(path, say)
    except (OSError, UnicodeDecodeError) as error:
        raise AnnotationError(tr("{path}: cannot be read as what {tool} exports ({error})", path=path, tool=tool, error=error)) from error
    records: list[Record] = []
    faults: list[str] = []
    for sheet in sheets:
        try:
            records.append(from_sheet(sheet, say))
        except AnnotationError as error:
            faults.append(str(error))
    if faults:
        raise AnnotationError("\n".join(faults))
    if not records:
        raise AnnotationError(tr("{path}: nothing that was labelled in it", path=path))
    return records


def _module(tool: str) -> Any:
    return importlib.import_module(f"pipeline.annotation.exchange.{tool.replace('-', '_')}")
