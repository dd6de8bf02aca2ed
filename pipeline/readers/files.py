"""From a path to its reports: which reader a file goes through, and what is refused before any reader sees it."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.language import later, tr
from pipeline.readers.limits import Limits, limits_from_environment, too_large
from pipeline.readers.report import Content, Part, Report, check_text, printable, whole_characters

DOCUMENTS = {
    ".md": "md", ".markdown": "md", ".txt": "txt", ".text": "txt", ".html": "html", ".htm": "html", ".docx": "docx", ".pdf": "pdf",
}  # fmt: skip
"""Suffixes of files with one report, and their formats."""

READERS = {**DOCUMENTS, ".zip": "zip"}
"""Suffixes that a folder is searched for."""

TABLES = {".jsonl": "jsonl", ".parquet": "parquet"}
"""Suffixes of files with a report a row, read where they are named: a folder may hold what this program wrote."""

ALL_SUFFIXES = (*READERS, *TABLES)

STANDARD_INPUT = Path("-")

_FUNCTIONS = {"md": "plain:read_text", "txt": "plain:read_text", "html": "html:read_html", "docx": "docx:read_docx", "pdf": "pdf:read_pdf"}
_HINTS = {
    ".doc": later("an old Word file: open it in Word or LibreOffice and save it as .docx"), ".wps": later("a WPS file: save it as .docx or PDF"),
    ".ofd": later("an OFD file: export it as PDF"), ".rtf": later("save it as .docx"), ".caj": later("export it as PDF"),
    ".rar": later("unpack it, or pack it as .zip"), ".7z": later("unpack it, or pack it as .zip"),
    ".xlsx": later("save its sheet with the reports as JSONL or Parquet with a text column"), ".jpg": later("put pictures of pages into one PDF"),
    ".png": later("put pictures of pages into one PDF"), ".tif": later("put pictures of pages into one PDF"),
}  # fmt: skip


def read_report(path: Path, shown: str | None = None, limits: Limits | None = None) -> Report:
    """Read a file as one report. `shown`: the path as the record names it (default: the file's name).

    Raises:
        UnreadableReport: missing, a folder, empty, binary, too large, a format that has no reader, or one that holds many reports.
        MissingComponent: the format needs an extra that is not installed.
    """
    limits = limits or limits_from_environment()
    name = "standard input" if path == STANDARD_INPUT else printable(shown or path.name)
    suffix = path.suffix.lower()
    if suffix in TABLES or suffix == ".zip":
        raise UnreadableReport(tr("{name}: may hold many reports; use `gongwen extract`, or read_all", name=name))
    data = _standard_input(limits) if path == STANDARD_INPUT else load(path, name, limits)
    kind = _sniffed(data) if path == STANDARD_INPUT else READERS[suffix]
    return document(data, name, kind, limits)


def read_all(path: Path, shown: str | None = None, limits: Limits | None = None) -> Iterator[Part]:
    """The reports of a file, one after the other, in its order, with memory for one at a time.

    `-` is standard input. A fault is a part with `error`, never raised, and the other parts go on.
    """
    name = "standard input" if path == STANDARD_INPUT else printable(shown or path.name)
    try:
        limits = limits or limits_from_environment()
        if path == STANDARD_INPUT:
            yield from _parts_of_bytes(_standard_input(limits), name, limits)
            return
        suffix = path.suffix.lower()
        if suffix in TABLES:
            from pipeline.readers.rows import read_rows

            _check_regular(path, name)
            yield from read_rows(path, name, TABLES[suffix], limits)
        elif suffix == ".zip":
            from pipeline.readers.archive import read_archive

            _check_regular(path, name)
            yield from read_archive(path, name, limits)
        else:
            yield from reports_in(load(path, name, limits), name, READERS[suffix], limits)
    except GongwenError as error:
        yield Part("", name, error=error)
    except OSError as error:
        yield Part("", name, error=UnreadableReport(tr("{name}: cannot be read: {reason}", name=name, reason=error.strerror or type(error).__name__)))


def reports_in(data: bytes, name: str, kind: str, limits: Limits) -> Iterator[Part]:
    """The reports that a document's bytes hold: one, or several where titles say so.

    Raises:
        GongwenError: the document cannot be read.
    """
    from pipeline.readers.split import split_reports

    yield from split_reports(document(data, name, kind, limits), name)


def document(data: bytes, name: str, kind: str, limits: Limits) -> Report:
    """A document's bytes as one report.

    Raises:
        GongwenError: the document cannot be read.
    """
    from pipeline.record import Source  # slow to import, and help lists our formats

    if not data:
        raise UnreadableReport(tr("{name}: the file is empty", name=name))
    module, function = _FUNCTIONS[kind].split(":")
    reader: Callable[[bytes, str, Limits], Content] = getattr(import_module(f"pipeline.readers.{module}"), function)
    try:
        content = reader(data, name, limits)
    except MemoryError as error:
        raise UnreadableReport(tr("{name}: needs more memory than there is; split it", name=name)) from error
    text = whole_characters(content.text)
    check_text(text, name, limits)
    source = Source(path=name, format=kind, sha256=hashlib.sha256(data).hexdigest(), encoding=content.encoding)
    return Report(text, source, content.warnings)


def load(path: Path, name: str, limits: Limits) -> bytes:
    """The bytes of a document.

    Raises:
        UnreadableReport: missing, no regular file, a format that has no reader, too large, or not to be read.
    """
    _check_regular(path, name)
    check_suffix(path.suffix.lower(), name)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.bytes:
                raise too_large(name, size, limits.bytes, "GONGWEN_MAX_BYTES")
            return file.read(limits.bytes + 1)[: limits.bytes]
    except OSError as error:
        raise UnreadableReport(tr("{name}: cannot be read: {reason}", name=name, reason=error.strerror)) from error


def check_suffix(suffix: str, name: str) -> None:
    """Raises UnreadableReport for a suffix that has no reader, with a hint where there is one."""
    if suffix not in READERS:
        hint = tr(_HINTS.get(suffix, "")) or tr("give one of {suffixes}", suffixes=", ".join(ALL_SUFFIXES))
        raise UnreadableReport(
            tr("{name}: no reader for {suffix}; {hint}", name=name, suffix=printable(suffix) or tr("files without suffix"), hint=hint)
        )


def _check_regular(path: Path, name: str) -> None:
    """Only regular files are read: a pipe or a device may have no end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError | ValueError)
        reason = tr("no such file") if missing else tr("cannot be read: {reason}", reason=getattr(error, "strerror", error))
        raise UnreadableReport(f"{name}: {reason}") from error
    if stat.S_ISDIR(mode):
        raise UnreadableReport(tr("{name}: is a folder, not a report", name=name))
    if not stat.S_ISREG(mode):
        raise UnreadableReport(tr("{name}: is a pipe, socket or device, not a file; give `-` and pipe it in", name=name))


def _standard_input(limits: Limits) -> bytes:
    data = sys.stdin.buffer.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise too_large("standard input", len(data), limits.bytes, "GONGWEN_MAX_BYTES")
    return data


def _parts_of_bytes(data: bytes, name: str, limits: Limits) -> Iterator[Part]:
    import io

    kind = _sniffed(data)
    if kind == "jsonl":
        from pipeline.readers.rows import read_jsonl

        yield from read_jsonl(io.BytesIO(data), name, limits)
    elif kind == "parquet":
        from pipeline.readers.rows import read_parquet

        yield from read_parquet(io.BytesIO(data), name, limits)
    elif kind == "zip":
        from pipeline.readers.archive import read_archive

        yield from read_archive(io.BytesIO(data), name, limits)
    else:
        yield from reports_in(data, name, kind, limits)


def _sniffed(data: bytes) -> str:
    """The format of bytes without a name, by how they begin."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"PK\x03\x04"):
        return "docx" if b"word/" in data[-65536:] and b"[Content_Types].xml" in data else "zip"
    if data.startswith(b"PAR1"):
        return "parquet"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if start[:1] == b"<" and any(tag in start.lower() for tag in (b"<html", b"<!doctype html", b"<body", b"<head")):
        return "html"
    return "jsonl" if start.startswith((b'{"', b'{ "')) else "txt"
