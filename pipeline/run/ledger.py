"""What a run has finished, on disk: verified append while it goes on, whole files put in place at the end.

Beside the output `OUT` stands, while the run goes on, the folder `OUT.part` with

- `journal.jsonl`: what the run is made with, then one line for each outcome (file, fingerprint, size and checksum of its line)
  and for each part of the output that was put in place;
- `records-00001.jsonl`: the records of the part that is being written; `errors.jsonl`: the errors.

A line counts as finished when the journal says so and its bytes are there. What a fault leaves behind beyond that is cut off when
the run is resumed: the bytes at the end are those of an unbroken run.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import zlib
from io import FileIO
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.language import tr
from pipeline.record import Record
from pipeline.run.jobs import Jobs, fingerprint
from pipeline.run.scan import Extent, Position, closed_parts, entries_of, scan, whole
from pipeline.run.target import Target
from pipeline.run.worker import Outcome
from pipeline.storage import Format, pack


class Ledger:
    """The output of one run. `made_with`: model, configuration and version, and the limits that decide what fails."""

    def __init__(self, target: Target, made_with: dict[str, Any]) -> None:
        self.target = target
        self._made_with = made_with
        self._header = {"made_with": made_with, "shard_size": target.shard_size, "format": target.format.value}
        self._extent = Extent()
        self._files: dict[str, FileIO] = {}

    def begin(self, jobs: Jobs, *, resume: bool) -> Position:
        """Open the working files; with `resume`, go on where an earlier run of the same inputs, model and configuration stopped.

        Raises:
            OutputError: not to be written, another run's, or an unfinished run's that would be lost.
        """
        try:
            self.target.path.parent.mkdir(parents=True, exist_ok=True)
            self.target.working.mkdir(exist_ok=True)
            self._open("journal")
            self._lock()
            position, self._extent = self._found(jobs, resume=resume)
            if not position.is_finished:
                self._cut()
                self._put_full_part_in_place()
        except OSError as error:
            raise OutputError(
                tr("cannot write {path}: {reason}; make room, or give another place", path=self.target.path, reason=error.strerror)
            ) from error
        return position

    def add(self, outcome: Outcome) -> None:
        """Write an outcome.

        Raises:
            OutputError: the disk is full, or the file cannot be written for another reason.
        """
        line = outcome.line + b"\n"
        kind = "errors" if outcome.error else "records"
        entry = {"id": outcome.job.id, "number": outcome.number, "key": outcome.key, "last": outcome.last}
        try:
            self._append(kind, line)
            self._append("journal", _line({**entry, "kind": kind, "size": len(line), "crc": zlib.crc32(line)}))
            if kind == "records":
                self._extent.in_part += 1
                self._put_full_part_in_place()
        except OSError as error:
            raise OutputError(_cannot_write(self.target.path, error)) from error

    def finish(self) -> None:
        """Put everything in place and leave nothing else behind.

        Raises:
            OutputError: the disk is full, or the file cannot be written for another reason.
        """
        try:
            if self.target.shard_size:
                self.target.path.mkdir(exist_ok=True)
            if self._extent.in_part or not (self.target.shard_size or self._extent.is_closed):
                self._put_in_place()
            errors = self._close("errors")
            if errors.stat().st_size:
                os.replace(errors, self.target.errors)
            else:
                self.target.errors.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(_cannot_write(self.target.path, error)) from error
        self.discard()

    def discard(self) -> None:
        """Remove the working files."""
        self.close()
        self._path("journal").unlink(missing_ok=True)
        shutil.rmtree(self.target.working, ignore_errors=True)

    def close(self) -> None:
        """Close the working files as they are."""
        for kind in list(self._files):
            self._close(kind)

    def _found(self, jobs: Jobs, *, resume: bool) -> tuple[Position, Extent]:
        """How far an earlier run came; nowhere if there was none or it was made with something else."""
        journal = self._path("journal")
        header = next((entry for entry, _ in entries_of(journal)), None)
        if header is None:
            if resume and (end := whole(self.target, jobs, self._made_with)):
                return end, Extent()
            if self.target.shard_size and self.target.path.is_dir() and any(self.target.path.iterdir()):
                self.discard()
                raise OutputError(tr("{path} holds files already; give a folder that is new or empty", path=self.target.path))
            return Position(), Extent()
        if not resume and journal.stat().st_size > len(_line(header)):
            remedy = tr("add --resume to finish it, or delete {working} to start anew", working=self.target.working)
            raise OutputError(tr("{path} has a run that was broken off: {remedy}", path=self.target.path, remedy=remedy))
        if header.get("made_with") != self._made_with:
            was = " ".join(f"{name}={value}" for name, value in (header.get("made_with") or {}).items())
            remedy = tr("go on with those, or delete {working} to start anew", working=self.target.working)
            raise OutputError(
                tr(
                    "the run of {path} was begun with another model, configuration or version ({was}): {remedy}",
                    path=self.target.path,
                    was=was,
                    remedy=remedy,
                )
            )
        if header != self._header:
            asked = tr("--shard-size {size}, format {format}", size=header.get("shard_size"), format=header.get("format"))
            raise OutputError(
                tr(
                    "the run of {path} was begun with other options ({asked}); give the same, or delete {working}",
                    path=self.target.path,
                    asked=asked,
                    working=self.target.working,
                )
            )
        return scan(self.target, jobs, journal)

    def _cut(self) -> None:
        """Bring all files to the extent that is good, and open them."""
        closed = closed_parts(self._path("journal"))
        if self.target.shard_size:
            for number in closed:
                if number >= self._extent.part:
                    self.target.part(number).unlink(missing_ok=True)
        keep = {self._path(kind) for kind in ("journal", "records", "errors")}
        for stale in set(self.target.working.iterdir()) - keep:
            stale.unlink()
        self._files["journal"].truncate(self._extent.journal)
        if not self._extent.journal:
            self._append("journal", _line(self._header))
        self._open("records").truncate(self._extent.records)
        self._open("errors").truncate(self._extent.errors)

    def _path(self, kind: str) -> Path:
        return self.target.records(self._extent.part) if kind == "records" else self.target.working / f"{kind}.jsonl"

    def _open(self, kind: str) -> FileIO:
        self._files[kind] = FileIO(self._path(kind), "a+")
        return self._files[kind]

    def _close(self, kind: str) -> Path:
        if file := self._files.pop(kind, None):
            file.close()
        return self._path(kind)

    def _append(self, kind: str, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[self._files[kind].write(rest) or 0 :]

    def _lock(self) -> None:
        """See that two runs never write the same output (POSIX, and file systems that have locks)."""
        if sys.platform == "win32":
            return
        import fcntl

        try:
            fcntl.flock(self._files["journal"], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(tr("another run is writing {path}; wait for it, or give another output", path=self.target.path)) from error
        except OSError:
            return

    def _put_full_part_in_place(self) -> None:
        if self._extent.in_part == self.target.shard_size:
            self._put_in_place()

    def _put_in_place(self) -> None:
        """The open part becomes a file of the output, in its format; the next part is opened."""
        for kind in ("records", "errors", "journal"):
            os.fsync(self._files[kind].fileno())
        lines, final = self._close("records"), self.target.part(self._extent.part)
        final.parent.mkdir(exist_ok=True)
        if self.target.format is Format.jsonl:
            os.replace(lines, final)
        else:
            packed = self.target.working / "packed"
            pack(lines, packed, self.target.format, Record)
            with packed.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(packed, final)
        self._append("journal", _line({"part": self._extent.part, "sha256": fingerprint(final)}))
        os.fsync(self._files["journal"].fileno())
        lines.unlink(missing_ok=True)
        self._extent = Extent(part=self._extent.part + 1)
        self._open("records")


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _cannot_write(path: Path, error: OSError) -> str:
    return tr(
        "cannot write {path}: {reason}; what is finished is kept: make room or mend the place, and run again with --resume",
        path=path,
        reason=error.strerror,
    )
