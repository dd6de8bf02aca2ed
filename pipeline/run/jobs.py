"""Which files a run reads, in which order, and how records name them; held on disk, so that memory does not grow with their number."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import GongwenError
from pipeline.language import tr
from pipeline.readers import READERS

STDIN = Path("-")
SEVERAL = frozenset({".zip", ".jsonl", ".parquet"})
_TABLES = """
CREATE TABLE found (argument INTEGER, place BLOB, path BLOB, shown TEXT, stem TEXT, problem TEXT);
CREATE TABLE job (number INTEGER PRIMARY KEY, id TEXT UNIQUE, path BLOB, shown TEXT, problem TEXT);
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read: its id, its path, how records name it, and why it must not be read, where that is so."""

    id: str
    path: Path
    shown: str
    problem: str | None = None

    @property
    def is_stdin(self) -> bool:
        """Whether the file is a copy of what came on standard input."""
        return self.shown == STDIN.name

    @property
    def holds_several(self) -> bool:
        """Whether the file is of a kind that may hold many reports: an archive, a table of texts, standard input."""
        return self.is_stdin or self.path.suffix.lower() in SEVERAL

    def id_of(self, number: int) -> str:
        """An id for the file's report `number` (from 0) where it has none of its own; no file's id has a `~`."""
        return f"{self.id}~{number + 1}" if number or self.holds_several else self.id


class Jobs:
    """The files of a run in order, in a temporary database that is gone with the run."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM job").fetchone()
        return int(count)

    def __iter__(self) -> Iterator[Job]:
        return self.after(0)

    def after(self, count: int) -> Iterator[Job]:
        """All but the first `count` files."""
        rows = self._database.execute("SELECT id, path, shown, problem FROM job WHERE number > ? ORDER BY number", (count,))
        for identifier, path, shown, problem in rows:
            yield Job(identifier, Path(os.fsdecode(path)), shown, problem)


def find_jobs(paths: Sequence[Path], leave_out: Collection[Path] = ()) -> Jobs:
    """Files and the readable files in folders, each with a unique id; a path that is not there becomes a job that fails.

    Args:
        leave_out: files and folders not to be read though a folder holds them (the run's own output).
    """
    database = sqlite3.connect("")
    database.executescript(_TABLES)
    omitted = {path.resolve().as_posix(): path.name for path in leave_out}
    try:
        for number, path in enumerate(paths):
            rows = _walk(path, path, omitted) if path.is_dir() else [_Found(_spooled() if path == STDIN else path, Path(path.name))]
            database.executemany("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?)", (row.columns(number) for row in rows))
        database.execute("CREATE INDEX stems ON found (stem)")
        for number, row in enumerate(database.execute("SELECT path, shown, stem, problem FROM found ORDER BY argument, place"), 1):
            path_bytes, shown, stem, problem = row
            identifier = _unique(database, shown, stem)
            database.execute("INSERT INTO job VALUES (?, ?, ?, ?, ?)", (number, identifier, path_bytes, shown, problem))
    except sqlite3.OperationalError as error:
        raise GongwenError(
            tr("no room for the list of files in the folder of temporary files ({error}); set TMPDIR to one with more", error=error)
        ) from error
    return Jobs(database)


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    within: Path
    problem: str | None = None

    def columns(self, argument: int) -> tuple[int, bytes, bytes, str, str, str | None]:
        place = os.fsencode(self.within.as_posix()).replace(b"/", b"\0")
        shown = _readable(self.within.as_posix())
        return argument, place, os.fsencode(self.path), shown, "stdin" if self.within == STDIN else Path(shown).stem, self.problem


def _spooled() -> Path:
    """Standard input as a file, which any worker can read, and read again; it is removed when the program ends."""
    with tempfile.NamedTemporaryFile(prefix="gongwen-", suffix=".txt", delete=False) as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    path = Path(file.name)
    atexit.register(path.unlink, missing_ok=True)
    return path


def _walk(folder: Path, top: Path, omitted: Mapping[str, str]) -> Iterator[_Found]:
    """The readable files below a folder; folders that are links are not entered, hidden files and folders left out."""
    within = folder.relative_to(top)
    try:
        entries = os.scandir(folder)
    except OSError as error:
        yield _Found(folder, within, tr("the folder cannot be read: {reason}", reason=error.strerror))
        return
    with entries:
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith((".", "~$")) or (entry.name in omitted.values() and path.resolve().as_posix() in omitted):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(path, top, omitted)
            elif path.suffix.lower() in READERS and entry.is_file():
                leads_out = entry.is_symlink() and not path.resolve().is_relative_to(top.resolve())
                yield _Found(path, within / entry.name, tr("a link that leads out of the folder; give the file itself") if leads_out else None)


def _readable(name: str) -> str:
    """A path as text: what is not UTF-8 is tried as GB18030, as archives made on Chinese Windows leave it."""
    data = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _unique(database: sqlite3.Connection, shown: str, stem: str) -> str:
    """An id from the file's name; with the folders before it where the name is there twice."""
    (namesakes,) = database.execute("SELECT count(*) FROM (SELECT 1 FROM found WHERE stem = ? LIMIT 2)", (stem,)).fetchone()
    path = Path(shown)
    name = _safe(stem if namesakes == 1 else "-".join([*path.parent.parts, stem]))
    candidate, number = name, 1
    while database.execute("SELECT 1 FROM job WHERE id = ?", (candidate,)).fetchone():
        suffix = path.suffix[1:]
        candidate = f"{name}-{suffix}" if number == 1 and suffix else f"{name}-{number}"
        number += 1
    return candidate


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip(".") or "report"


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, or `-` where there is nothing to read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "-"
