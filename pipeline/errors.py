"""Errors that a user can cause, each with one line that says what is wrong and what to do."""

from __future__ import annotations


class GongwenError(Exception):
    """Base of all errors meant for the user: `str(error)` is one line, shown without a traceback."""


class UnreadableReport(GongwenError):
    """A file that is missing, empty, binary, too long, or not what its name says."""


class ModelError(GongwenError):
    """A model directory that is missing, incomplete or not the one its card describes."""


class AnnotationError(GongwenError):
    """Notes or records that contradict their text or the guideline."""


class MissingComponent(GongwenError):
    """A part that the configuration asks for and this installation does not have."""


class TimeLimit(GongwenError):
    """A report that took longer than a run allows."""


class MemoryLimit(GongwenError):
    """A report that needs more memory than a run allows."""


class WorkerDied(GongwenError):
    """A report at which the process that read it died, twice."""


class OutputError(GongwenError):
    """An output that cannot be written, or is not the one that a run would go on with."""
