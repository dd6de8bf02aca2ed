"""A labelled text as training takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.record import Record


@dataclass(slots=True)
class Piece:
    """A labelled text of the training set: its record, where it stands, who wrote it and what kind it is.

    Attributes:
        path: the text with notes beside it, or the file of gold records.
        record: the gold record.
        info: what the notes' `P` line says; empty for a gold record.
        line: the record's line in its file; 0 for notes.
    """

    path: Path
    record: Record
    info: dict[str, str]
    line: int = 0

    @property
    def pen(self) -> str:
        """Neutral id of the author; a file of gold records counts as one."""
        return self.info.get("pen", self.path.stem)

    @property
    def where(self) -> str:
        """File and line for messages."""
        return f"{self.path}:{self.line}" if self.line else str(self.path.with_suffix(".notes"))
