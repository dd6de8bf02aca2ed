"""From a file to its text, once; nothing later alters it.

`read_report` gives a file's one report, `read_all` all that a file holds. A format's reader turns bytes into `Content` and is
imported when a file of its format comes; `limits` says what is refused, `files` which file goes where.
"""

from __future__ import annotations

from pipeline.readers.files import ALL_SUFFIXES, DOCUMENTS, READERS, STANDARD_INPUT, TABLES, read_all, read_report
from pipeline.readers.limits import Limits, limits_from_environment
from pipeline.readers.report import Content, Part, Report, check_text, whole_characters

__all__ = [
    "ALL_SUFFIXES", "DOCUMENTS", "READERS", "STANDARD_INPUT", "TABLES", "Content", "Limits", "Part", "Report", "check_text",
    "limits_from_environment", "read_all", "read_report", "whole_characters",
]  # fmt: skip
