"""From a file to its text, once; nothing later alters it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.record import Source

MAX_CHARACTERS = 1_000_000
MAX_BYTES = 200_000_000

Reader = Callable[[bytes, str], tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Report:
    """A report as its reader delivered it."""

    text: str
    source: Source


def _text(data: bytes, name: str) -> tuple[str, str | None]:
    from pipeline.readers.plain import read_text

    return read_text(data, name)


def _html(data: bytes, name: str) -> tuple[str, str | None]:
    from pipeline.readers.html import read_html

    return read_html(data, name)


def _docx(data: bytes, name: str) -> tuple[str, str | None]:
    from pipeline.readers.docx import read_docx

    return read_docx(data, name)


def _pdf(data: bytes, name: str) -> tuple[str, str | None]:
    from pipeline.readers.pdf import read_pdf

    return read_pdf(data, name)


READERS: dict[str, Reader] = {
    ".md": _text, ".markdown": _text, ".txt": _text, ".text": _text, ".html": _html, ".htm": _html, ".docx": _docx, ".pdf": _pdf,
}  # fmt: skip
_FORMATS = {".markdown": "md", ".text": "txt", ".htm": "html"}


def read_report(path: Path, shown: str | None = None) -> Report:
    """Read a report from a file. `shown`: the path as the record names it (default: the file's name).

    Raises:
        UnreadableReport: missing, a folder, empty, binary, too long, or a format that has no reader.
    """
    name = shown or path.name
    if not path.exists():
        raise UnreadableReport(f"{name}: no such file")
    suffix = path.suffix.lower()
    reader = READERS.get(suffix)
    if reader is None:
        raise UnreadableReport(f"{name}: no reader for {suffix or 'files without suffix'}; give one of {', '.join(READERS)}")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableReport(f"{name}: larger than {MAX_BYTES // 1_000_000} MB; split it into reports")
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise UnreadableReport(f"{name}: is a folder, not a report") from error
    except OSError as error:
        raise UnreadableReport(f"{name}: cannot be read: {error.strerror}") from error
    if not data:
        raise UnreadableReport(f"{name}: the file is empty")
    text, encoding = reader(data, name)
    check_text(text, name)
    source = Source(path=name, format=_FORMATS.get(suffix, suffix[1:]), sha256=hashlib.sha256(data).hexdigest(), encoding=encoding)
    return Report(text, source)


@dataclass(frozen=True, slots=True)
class Part:
    """One report of a file, or the fault of one: exactly one of `report` and `error` is set.

    `suffix`: what the report's id adds to the file's id; `path`: how messages name it.
    """

    suffix: str
    path: str
    report: Report | None = None
    error: GongwenError | None = None


def read_all(path: Path, shown: str | None = None) -> Iterator[Part]:
    """The reports of a file, one after the other; a fault is a part with `error`, never raised."""
    name = shown or path.name
    try:
        yield Part("", name, read_report(path, name))
    except GongwenError as error:
        yield Part("", name, error=error)


def check_text(text: str, name: str) -> None:
    """Refuse a text that holds nothing to read or is too long to be a report.

    Raises:
        UnreadableReport: as above.
    """
    if not text.strip("\ufeff \t\r\n\f\v\u3000\xa0\u200b"):
        raise UnreadableReport(f"{name}: holds no text")
    if len(text) > MAX_CHARACTERS:
        raise UnreadableReport(f"{name}: {len(text)} characters, more than the limit of {MAX_CHARACTERS}; split it into reports")
