"""What a reader takes on at most: the one place for all limits, each set by an environment variable."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, fields

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.language import tr


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one file. Each is set by `GONGWEN_MAX_` and its name in capitals, as `GONGWEN_MAX_PAGES=500`.

    Attributes:
        characters: characters of one report's text.
        bytes: bytes of a file, or of a file in an archive, that is read whole.
        html_bytes: bytes of a web page; one with far more text than `characters` is refused before the slow part.
        xml_bytes: bytes of a Word file's XML, unpacked.
        archive_files: entries of a zip archive.
        archive_bytes: bytes of all that is unpacked from one archive.
        archive_ratio: how many times its packed size an entry of more than 1 MB may unpack to.
        row_bytes: bytes of one line of a JSONL file.
        pages: pages of a PDF.
        ocr_pages: pages of a PDF read by text recognition.
        page_pixels: pixels of a page drawn for text recognition.
        seconds: time for one document's reading, looked at between its pages (of an archive or a table each report has its own time); a hanging
            library is ended by the runner's time-out.
    """

    characters: int = 1_000_000
    bytes: int = 200_000_000
    html_bytes: int = 20_000_000
    xml_bytes: int = 50_000_000
    archive_files: int = 100_000
    archive_bytes: int = 20_000_000_000
    archive_ratio: int = 200
    row_bytes: int = 20_000_000
    pages: int = 3_000
    ocr_pages: int = 300
    page_pixels: int = 8_000_000
    seconds: int = 600


def limits_from_environment() -> Limits:
    """The limits in force.

    Raises:
        GongwenError: a variable that is no positive number.
    """
    found: dict[str, int] = {}
    for field in fields(Limits):
        name = f"GONGWEN_MAX_{field.name.upper()}"
        value = os.environ.get(name)
        if value is None:
            continue
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            raise GongwenError(tr("{name}={value!r} is no positive whole number; set it to one or unset it", name=name, value=value))
        found[field.name] = int(value)
    return Limits(**found)


class Deadline:
    """The time that a file's reading may take."""

    def __init__(self, limits: Limits, name: str) -> None:
        self._seconds = limits.seconds
        self._name = name
        self._end = time.monotonic() + limits.seconds

    def check(self) -> None:
        """Raises UnreadableReport when the time is over."""
        if time.monotonic() > self._end:
            raise UnreadableReport(
                tr(
                    "{name}: reading took more than {seconds} s; split the file, or set GONGWEN_MAX_SECONDS higher",
                    name=self._name,
                    seconds=self._seconds,
                )
            )


def too_large(name: str, size: int, most: int, variable: str) -> UnreadableReport:
    """The error for a file, page or entry of `size` bytes where `most` are allowed."""
    return UnreadableReport(
        tr(
            "{name}: {size:,} bytes, more than the limit of {most:,}; split it, or set {variable} higher",
            name=name,
            size=size,
            most=most,
            variable=variable,
        )
    )
