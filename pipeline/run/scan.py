"""How far an earlier run came: its journal followed as long as working files, output files and inputs agree with it."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any

from pipeline.errors import GongwenError
from pipeline.run.jobs import Job, Jobs, fingerprint
from pipeline.run.target import Target
from pipeline.storage import Format, lines_of


@dataclass(slots=True)
class Position:
    """How far a run has come.

    Attributes:
        jobs: files that are done.
        begun: the file after them, if some of its reports are done; `reports`: how many.
        done, failed: outcomes so far.
        is_finished: the whole output is in place, nothing is left to do.
    """

    jobs: int = 0
    begun: Job | None = None
    reports: int = 0
    done: int = 0
    failed: int = 0
    is_finished: bool = False


@dataclass(slots=True)
class Extent:
    """Bytes of the working files that are good; the part of the output that is open and the records in it."""

    journal: int = 0
    records: int = 0
    errors: int = 0
    part: int = 1
    in_part: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether a part was put in place before this one."""
        return self.part > 1


Entry = dict[str, Any]


def entries_of(journal: Path) -> Iterator[tuple[Entry, int]]:
    """The lines of a journal with the offset of their ends, up to the first that is torn."""
    end = 0
    with journal.open("rb") as lines:
        for line in lines:
            entry = _parsed(line)
            if entry is None:
                return
            end += len(line)
            yield entry, end


def closed_parts(journal: Path) -> dict[int, str]:
    """The parts that were put in place, with their checksums."""
    return {entry["part"]: entry["sha256"] for entry, _ in entries_of(journal) if "part" in entry}


def scan(target: Target, jobs: Jobs, journal: Path) -> tuple[Position, Extent]:
    """The position up to which everything agrees, and how much of the files belongs to it."""
    _bring_back(target, journal)
    closed = closed_parts(journal)
    follower = _Follower(target, jobs, closed)
    entries = entries_of(journal)
    follower.start(next(entries)[1])
    for entry, end in entries:
        if not follower.follow(entry, end):
            break
    follower.close()
    return follower.result()


class _Follower:
    """Walks through journal, working files and inputs at the same pace."""

    def __init__(self, target: Target, jobs: Jobs, closed: dict[int, str]) -> None:
        self._target, self._count, self._jobs = target, len(jobs), iter(jobs)
        self._closed = closed
        self._good = {number for number, checksum in closed.items() if fingerprint(target.part(number)) == checksum}
        self._position, self._extent = Position(), Extent()
        self._key, self._is_last = "", False
        self._errors = _Reading(target.working / "errors.jsonl")
        self._records: _Reading | None = None

    def start(self, end: int) -> None:
        """Begin after the journal's header."""
        self._extent.journal = end
        self._origin = Position(), replace(self._extent)
        self._begin_part()

    def follow(self, entry: Entry, end: int) -> bool:
        """Whether the entry agrees with what is there; if so it is counted."""
        if "part" in entry:
            self._extent = Extent(journal=end, errors=self._extent.errors, part=self._extent.part + 1)
            self._begin_part()
            return True
        job = self._job_of(entry)
        if job is None or not self._is_there(entry):
            return False
        if entry["number"] == 0 and self._position.begun:
            self._position.jobs += 1
        self._position.begun, self._position.reports, self._is_last = job, entry["number"] + 1, entry["last"]
        self._extent.journal = end
        if entry["kind"] == "errors":
            self._extent.errors += entry["size"]
            self._position.failed += 1
        else:
            self._extent.records += entry["size"]
            self._extent.in_part += 1
            self._position.done += 1
        return True

    def result(self) -> tuple[Position, Extent]:
        """The place to go on from: in the open part, or the start of a part that is in place but does not agree."""
        if self._records is None:
            return self._part_start
        position = self._position
        is_at_end = position.jobs + (position.begun is not None) == self._count
        if position.begun and (self._is_last or (is_at_end and self._extent.is_closed and not self._target.shard_size)):
            position.jobs, position.begun, position.reports = position.jobs + 1, None, 0
        if self._extent.is_closed and not self._target.shard_size and not is_at_end:
            return self._origin
        return position, self._extent

    def close(self) -> None:
        """Close the working files."""
        self._errors.close()
        if self._records:
            self._records.close()

    def _begin_part(self) -> None:
        self._part_start = replace(self._position), replace(self._extent)
        if self._records:
            self._records.close()
        self._records = None if self._extent.part in self._closed else _Reading(self._target.records(self._extent.part))

    def _job_of(self, entry: Entry) -> Job | None:
        """The file that the entry is about, if it is the one whose turn it is and has not changed."""
        begun = self._position.begun
        if entry["number"] and begun and not self._is_last and entry["id"] == begun.id and entry["number"] == self._position.reports:
            return begun if entry["key"] == self._key else None
        job = next(self._jobs, None) if entry["number"] == 0 else None
        if job is None or job.id != entry["id"]:
            return None
        self._key = fingerprint(job.path)
        return job if entry["key"] == self._key else None

    def _is_there(self, entry: Entry) -> bool:
        """Whether the entry's line is in its working file, or in a part that is in place and unchanged."""
        if entry["kind"] == "errors":
            return self._errors.has(entry["size"], entry["crc"])
        if self._records is None:
            return self._extent.part in self._good
        return self._records.has(entry["size"], entry["crc"])


class _Reading:
    """A working file read from its start; one that is missing reads as empty."""

    def __init__(self, path: Path) -> None:
        self._file: BufferedReader | None = path.open("rb") if path.exists() else None

    def has(self, size: int, checksum: int) -> bool:
        """Whether the next `size` bytes are there and have this checksum."""
        data = self._file.read(size) if self._file else b""
        return len(data) == size and zlib.crc32(data) == checksum

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def _bring_back(target: Target, journal: Path) -> None:
    """Take back what was put in place before the journal could say so: the run stopped between the two."""
    sizes = {"records": 0, "errors": 0}
    part = 1
    for entry, _ in entries_of(journal):
        if "part" in entry:
            part, sizes["records"] = part + 1, 0
        elif "kind" in entry:
            sizes[entry["kind"]] += entry["size"]
    moved = [(target.errors, target.working / "errors.jsonl", sizes["errors"])]
    if target.format is Format.jsonl:
        moved.append((target.part(part), target.records(part), sizes["records"]))
    for final, working, size in moved:
        if size and not working.exists() and final.exists() and final.stat().st_size == size:
            os.replace(final, working)


def whole(target: Target, jobs: Jobs, made_with: dict[str, Any]) -> Position | None:
    """The end, if the output in place is of these files as they are now, made with this model, configuration and version.

    An archive or a table, whose records have the checksums of its reports, is taken to be the same if it is older than the output.
    """
    try:
        return _whole(target, jobs, made_with) if target.path.exists() else None
    except (OSError, GongwenError):
        return None


def _whole(target: Target, jobs: Jobs, made_with: dict[str, Any]) -> Position | None:
    position = Position(jobs=len(jobs), is_finished=True)
    records, errors = _Lines(lines_of(target.path)), _Lines(lines_of(target.errors) if target.errors.exists() else iter(()))
    made = min(path.stat().st_mtime for path in (target.path, *(target.path.iterdir() if target.shard_size else ())))
    for job in jobs:
        key = fingerprint(job.path)
        is_older = job.holds_several and key != "-" and job.path.stat().st_mtime <= made
        before = position.done + position.failed
        while (record := records.peek()) and _is_of(record, job):
            if record.get("pipeline") != made_with or not (is_older or record["source"]["sha256"] == key):
                return None
            position.done += 1
            records.advance()
        while (error := errors.peek()) and _is_of(error, job):
            if error.get("sha256") != key:
                return None
            position.failed += 1
            errors.advance()
        if position.done + position.failed == before:
            return None
    return position if records.peek() is None and errors.peek() is None else None


def _is_of(entry: Entry, job: Job) -> bool:
    return str(entry.get("id")).partition("~")[0] == job.id


class _Lines:
    """Parsed lines with a look at the next one; a line that is no object ends them."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._entry: Entry | None = None
        self.advance()

    def peek(self) -> Entry | None:
        """The next line, None at the end."""
        return self._entry

    def advance(self) -> None:
        """Go on."""
        self._entry = _parsed(next(self._lines, b""))


def _parsed(line: bytes) -> Entry | None:
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
