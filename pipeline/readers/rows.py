"""Tables with a report a row: JSONL and Parquet with a text column, read row by row."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from pipeline.errors import GongwenError, MissingComponent, UnreadableReport
from pipeline.language import tr
from pipeline.readers.limits import Limits, too_large
from pipeline.readers.plain import decode
from pipeline.readers.report import Part, Report, check_text, damage, safe_name, whole_characters
from pipeline.record import Source

TEXT_COLUMNS = ("text", "content", "body", "正文", "内容", "全文")
"""Names of the column that holds the report, the first that is there; `GONGWEN_TEXT_COLUMN` names another."""

_ID_COLUMN = "id"
_BATCH = 16
_SMALL = 1_000_000


def read_rows(path: Path, name: str, kind: str, limits: Limits) -> Iterator[Part]:
    """The reports of a `.jsonl` or `.parquet` file; a row that cannot be read is a part with its error.

    Raises:
        UnreadableReport: the file as a whole is damaged or has no text column.
        MissingComponent: Parquet without `gongwen[parquet]`.
    """
    with path.open("rb") as stream:
        yield from (read_jsonl if kind == "jsonl" else read_parquet)(stream, name, limits)


def read_jsonl(stream: IO[bytes], name: str, limits: Limits) -> Iterator[Part]:
    """A JSON object a line. Blank lines are passed over; a line's number is its row's."""
    number = 0
    found = False
    while line := stream.readline(limits.row_bytes + 1):
        number += 1
        shown = f"{name}#{number}"
        size = len(line)
        while len(line) > limits.row_bytes and not line.endswith(b"\n"):
            line = stream.readline(limits.row_bytes + 1)
            size += len(line)
        if size == len(line) and not line.strip(b"\xef\xbb\xbf \t\r\n"):
            continue
        found = True
        try:
            if size > limits.row_bytes:
                raise too_large(shown, size, limits.row_bytes, "GONGWEN_MAX_ROW_BYTES")
            yield _part(_parsed(line, shown), name, number, "jsonl", limits)
        except GongwenError as error:
            yield Part(f"-{number}", shown, error=error)
    if not found:
        raise UnreadableReport(tr("{name}: the file is empty", name=name))


def _parsed(line: bytes, shown: str) -> dict[str, Any]:
    try:
        row = json.loads(decode(line, shown).text)
    except (ValueError, RecursionError) as error:
        raise UnreadableReport(tr("{shown}: not a line of JSON ({error}); write one object a line", shown=shown, error=error)) from error
    if not isinstance(row, dict):
        raise UnreadableReport(tr("{shown}: not a JSON object; write one object a line, with a text column", shown=shown))
    return row


def read_parquet(source: IO[bytes], name: str, limits: Limits) -> Iterator[Part]:
    """The rows of a Parquet file, a few at a time; only the columns for text and id are read."""
    if find_spec("pyarrow") is None:
        raise MissingComponent(tr("{name}: reading Parquet is not installed: pip install 'gongwen[parquet]'", name=name))
    number = 0
    with damage(tr("{name}: a damaged Parquet file ({{}}); write it again", name=name)):
        for row in _parquet_rows(source, name, limits):
            number += 1
            try:
                part = _part(row, name, number, "parquet", limits)
            except GongwenError as error:
                part = Part(f"-{number}", f"{name}#{number}", error=error)
            yield part
    if not number:
        raise UnreadableReport(tr("{name}: the table has no rows", name=name))


def _parquet_rows(source: IO[bytes], name: str, limits: Limits) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    table = parquet.ParquetFile(source)
    columns = [_text_column(table.schema_arrow.names, name), *({_ID_COLUMN} & set(table.schema_arrow.names))]
    for group in range(table.metadata.num_row_groups):
        chunks = table.metadata.row_group(group)
        for index in range(chunks.num_columns):
            chunk = chunks.column(index)
            unpacked, packed = chunk.total_uncompressed_size, max(chunk.total_compressed_size, 1)
            if chunk.path_in_schema in columns and unpacked > _SMALL and unpacked > limits.archive_ratio * packed:
                raise UnreadableReport(
                    tr(
                        "{name}: unpacks to {ratio} times its size; refused, unless GONGWEN_MAX_ARCHIVE_RATIO is set higher",
                        name=name,
                        ratio=unpacked // packed,
                    )
                )
    for batch in table.iter_batches(batch_size=_BATCH, columns=columns):
        for index in range(batch.num_rows):
            yield {column: batch.column(column)[index].as_py() for column in columns}


def _text_column(names: list[str], shown: str) -> str:
    wanted = os.environ.get("GONGWEN_TEXT_COLUMN")
    for column in [wanted] if wanted else TEXT_COLUMNS:
        if column in names:
            return column
    listed = ", ".join(names[:8]) or "none"
    raise UnreadableReport(tr("{shown}: no text column (columns: {listed}); name it text, or set GONGWEN_TEXT_COLUMN", shown=shown, listed=listed))


def _part(row: dict[str, Any], name: str, number: int, kind: str, limits: Limits) -> Part:
    shown = f"{name}#{number}"
    text = row[_text_column(list(row), shown)]
    if not isinstance(text, str):
        raise UnreadableReport(tr("{shown}: the text column holds no text but {kind}", shown=shown, kind=type(text).__name__))
    text = whole_characters(text)
    check_text(text, shown, limits)
    source = Source(path=shown, format=kind, sha256=hashlib.sha256(text.encode()).hexdigest(), encoding=None)
    identifier = row.get(_ID_COLUMN)
    suffix = f"-{number}-{safe_name(str(identifier))}" if isinstance(identifier, str | int) and str(identifier) else f"-{number}"
    return Part(suffix, shown, Report(text, source))
