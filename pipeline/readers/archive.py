"""Zip archives of reports. Nothing is ever unpacked to disk: an entry's name is only a name."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.language import tr
from pipeline.readers import files
from pipeline.readers.limits import Limits, too_large
from pipeline.readers.report import Part, damage, printable, safe_name

_SMALL = 1_000_000
_LOCKED = 0x1
_UTF8_NAME = 0x800


def read_archive(source: Path | IO[bytes], name: str, limits: Limits) -> Iterator[Part]:
    """The reports in an archive, by name; files of formats without a reader, and hidden ones, are passed over as in a folder.

    Raises:
        UnreadableReport: no zip archive, beyond the limits, or without any report.
    """
    with damage(tr("{name}: not a zip archive, or a damaged one; pack it again", name=name)):
        archive = zipfile.ZipFile(source)
    with archive:
        entries = sorted((entry for entry in archive.infolist() if _is_wanted(entry)), key=_name)
        if not entries:
            raise UnreadableReport(
                tr("{name}: no reports in the archive; pack files of {suffixes}", name=name, suffixes=", ".join([*files.READERS, *files.TABLES]))
            )
        if len(entries) > limits.archive_files:
            raise UnreadableReport(
                tr(
                    "{name}: {count} files, more than the limit of {most}; split it, or set GONGWEN_MAX_ARCHIVE_FILES higher",
                    name=name,
                    count=len(entries),
                    most=limits.archive_files,
                )
            )
        yield from _entries(archive, entries, name, limits)


def _entries(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> Iterator[Part]:
    taken: set[str] = set()
    unpacked = 0
    for entry in entries:
        unpacked += entry.file_size
        if unpacked > limits.archive_bytes:
            raise too_large(f"{name}, unpacked", unpacked, limits.archive_bytes, "GONGWEN_MAX_ARCHIVE_BYTES")
        inner = _name(entry)
        shown = printable(f"{name}/{inner}")
        suffix = _suffix(inner, taken)
        try:
            for part in _reports(archive, entry, shown, limits):
                yield Part(suffix + part.suffix, part.path, part.report, part.error)
        except GongwenError as error:
            yield Part(suffix, shown, error=error)


def _reports(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str, limits: Limits) -> Iterator[Part]:
    from pipeline.readers.rows import read_jsonl, read_parquet

    _check(entry, shown, limits)
    suffix = PurePosixPath(_name(entry)).suffix.lower()
    data = _unpacked(archive, entry, shown)
    if suffix == ".jsonl":
        yield from read_jsonl(io.BytesIO(data), shown, limits)
    elif suffix == ".parquet":
        yield from read_parquet(io.BytesIO(data), shown, limits)
    else:
        yield from files.reports_in(data, shown, files.READERS[suffix], limits)


def _check(entry: zipfile.ZipInfo, shown: str, limits: Limits) -> None:
    if _name(entry).lower().endswith(".zip"):
        raise UnreadableReport(tr("{shown}: an archive in an archive; unpack it first", shown=shown))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableReport(tr("{shown}: a link, which is not followed; pack the file itself", shown=shown))
    if entry.flag_bits & _LOCKED:
        raise UnreadableReport(tr("{shown}: locked with a password; pack it without one", shown=shown))
    if entry.file_size > limits.bytes:
        raise too_large(f"{shown}, unpacked", entry.file_size, limits.bytes, "GONGWEN_MAX_BYTES")
    if entry.file_size > max(_SMALL, limits.archive_ratio * max(entry.compress_size, 1)):
        ratio = entry.file_size // max(entry.compress_size, 1)
        raise UnreadableReport(
            tr("{shown}: unpacks to {ratio} times its size; refused, unless GONGWEN_MAX_ARCHIVE_RATIO is set higher", shown=shown, ratio=ratio)
        )


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str) -> bytes:
    with damage(tr("{shown}: damaged in the archive ({{}}); pack it again", shown=shown)), archive.open(entry) as file:
        return file.read(entry.file_size + 1)


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(_name(entry))
    hidden = any(part.startswith((".", "~$")) or part == "__MACOSX" for part in path.parts)
    return not entry.is_dir() and not hidden and path.suffix.lower() in {**files.READERS, **files.TABLES}


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's name below the archive; names without the mark for UTF-8 are Chinese Windows' where they read as that."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = entry.filename
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."})


def _suffix(inner: str, taken: set[str]) -> str:
    path = PurePosixPath(inner)
    base = "-" + safe_name("-".join([*path.parent.parts, path.stem]))
    candidate, number = base, 1
    while candidate in taken:
        candidate = f"{base}-{path.suffix[1:].lower()}" if number == 1 else f"{base}-{number}"
        number += 1
    taken.add(candidate)
    return candidate
