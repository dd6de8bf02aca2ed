"""What readers give: a report's text with its source, or the fault that stands in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import GongwenError, UnreadableReport
from pipeline.language import tr
from pipeline.readers.limits import Limits

if TYPE_CHECKING:
    from pipeline.record import Source

_NOTHING = re.compile(r"[\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]*\Z")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Content:
    """What a format's reader makes of bytes. `encoding` is None where the format has its own."""

    text: str
    encoding: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report as its reader delivered it. `warnings`: a short code and words each, for the record's metadata."""

    text: str
    source: Source
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One report of a file, or the fault of one: exactly one of `report` and `error` is set.

    Attributes:
        suffix: what the report's id adds to the file's id: nothing for a file's only report, else `-2`, `-town_2021`;
            safe in a file name, unique in the file.
        path: how messages and `source.path` name it: `a.txt`, `a.zip/b.txt`, `a.jsonl#3`.
    """

    suffix: str
    path: str
    report: Report | None = None
    error: GongwenError | None = None


@contextmanager
def damage(words: str) -> Iterator[None]:
    """What a parser lets out of a damaged file, errors of many kinds, as one of ours: `words` with `{}` for the kind.

    Errors that are ours already, and the lack of memory, pass.
    """
    try:
        yield
    except (GongwenError, MemoryError):
        raise
    except Exception as error:
        raise UnreadableReport(type(error).__name__.join(words.rsplit("{}", 1))) from error


def printable(name: str) -> str:
    """A name that is safe in a message of one line: line breaks, control characters, marks of direction and stray bytes shown as escapes."""
    return _UNPRINTABLE.sub(lambda m: m.group().encode("unicode_escape", "surrogatepass").decode("ascii"), name)


def safe_name(name: str) -> str:
    """A name as part of an id: letters, digits, `-`, `_` and `.`; at most 80 characters."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:80].strip(".") or "report"


def whole_characters(text: str) -> str:
    """The text with lone surrogates, which no encoding can hold, replaced one for one by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def check_text(text: str, name: str, limits: Limits = Limits()) -> None:  # noqa: B008
    """Refuse a text that holds nothing to read or is too long to be a report.

    Raises:
        UnreadableReport: as above.
    """
    if _NOTHING.match(text):
        raise UnreadableReport(tr("{name}: holds no text", name=name))
    if len(text) > limits.characters:
        raise UnreadableReport(
            tr(
                "{name}: {length} characters, more than the limit of {most}; split it into reports, or set GONGWEN_MAX_CHARACTERS higher",
                name=name,
                length=len(text),
                most=limits.characters,
            )
        )
