"""Records in files: JSON lines, plain or packed with zstandard, and Parquet; one file, or a folder of them."""

from __future__ import annotations

import io
import json
import types
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from pipeline.errors import AnnotationError, MissingComponent
from pipeline.language import tr

if TYPE_CHECKING:
    import pyarrow

_ROWS_IN_GROUP = 256
_ZSTD_LEVEL = 10
_PLAIN_TYPES = {str: "string", int: "int32", float: "float64", bool: "bool"}


class Format(StrEnum):
    """How records are kept in a file; the value is the file's suffix."""

    jsonl = "jsonl"
    zst = "jsonl.zst"
    parquet = "parquet"


def format_of(path: Path) -> Format:
    """The format that a file's name stands for; JSON lines where it says nothing."""
    return {".zst": Format.zst, ".parquet": Format.parquet}.get(path.suffix, Format.jsonl)


def stem_of(path: Path) -> str:
    """A file's name without the suffixes of records."""
    return path.name.removesuffix(".zst").removesuffix(".jsonl").removesuffix(".parquet")


def check_installed(wanted: Format) -> None:
    """See that a format can be written.

    Raises:
        MissingComponent: its library is not installed.
    """
    if wanted is Format.parquet:
        _parquet()
    elif wanted is Format.zst:
        _zstandard()


def pack(lines: Path, target: Path, wanted: Format, model: type[BaseModel]) -> None:
    """Write a file of JSON lines anew in another format. `model`: the shape of a line, which gives Parquet its columns."""
    with lines.open("rb") as source:
        if wanted is Format.zst:
            with target.open("wb") as out:
                _zstandard().ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True).copy_stream(source, out)
        elif wanted is Format.parquet:
            parquet, arrow = _parquet()
            schema = arrow.schema(_fields(model))
            with parquet.ParquetWriter(target, schema, compression="zstd") as out:
                while rows := [json.loads(line) for line in islice(source, _ROWS_IN_GROUP)]:
                    out.write_table(arrow.Table.from_pylist(rows, schema))
        else:
            raise ValueError(f"{wanted} needs no packing")


def lines_of(path: Path) -> Iterator[bytes]:
    """The records of a file, or of a folder's files in the order of their names, as JSON lines.

    Raises:
        MissingComponent: the library for the file's format is not installed.
        AnnotationError: a damaged file.
        OSError: it cannot be read.
    """
    if path.is_dir():
        for inside in sorted(p for p in path.iterdir() if p.name.endswith(tuple(f".{f}" for f in Format))):
            yield from lines_of(inside)
    elif format_of(path) is Format.zst:
        yield from _unpacked(path)
    elif format_of(path) is Format.parquet:
        yield from _rows(path)
    else:
        with path.open("rb") as plain:
            yield from plain


def _unpacked(path: Path) -> Iterator[bytes]:
    zstandard = _zstandard()
    try:
        with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as stream:
            for line in io.BufferedReader(stream):
                if not line.endswith(b"\n"):
                    raise AnnotationError(_damaged(path))
                yield line
    except zstandard.ZstdError as error:
        raise AnnotationError(_damaged(path)) from error


def _rows(path: Path) -> Iterator[bytes]:
    parquet, arrow = _parquet()
    try:
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=_ROWS_IN_GROUP):
                yield from (json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in batch.to_pylist())
    except arrow.ArrowException as error:
        raise AnnotationError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return tr("{path}: damaged, or not what its name says; make it again", path=path)


def _fields(model: type[BaseModel]) -> list[pyarrow.Field]:
    """Parquet columns of a record's fields, by the names that they have in JSON."""
    import pyarrow

    return [pyarrow.field(field.alias or name, _column_type(field.annotation)) for name, field in model.model_fields.items()]


def _column_type(annotation: Any) -> pyarrow.DataType:
    """The Parquet type of a field: structs for parts, lists for lists, a pair of integers for offsets."""
    import pyarrow

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _column_type(arguments[0])
    if origin is Literal:
        return pyarrow.string()
    if origin in (Union, types.UnionType):
        (kind,) = (argument for argument in arguments if argument is not type(None))
        return _column_type(kind)
    if origin is list:
        return pyarrow.list_(_column_type(arguments[0]))
    if origin is tuple:
        return pyarrow.list_(_column_type(arguments[0]), len(arguments))
    if origin is dict:
        return pyarrow.map_(_column_type(arguments[0]), _column_type(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pyarrow.struct(_fields(annotation))
    return pyarrow.type_for_alias(_PLAIN_TYPES[annotation])


def _parquet() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingComponent(tr("Parquet needs pyarrow: pip install 'gongwen[parquet]', or write .jsonl or .jsonl.zst")) from error
    return pyarrow.parquet, pyarrow


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise MissingComponent(tr("packed records need zstandard: pip install zstandard, or write .jsonl or .parquet")) from error
    return zstandard
