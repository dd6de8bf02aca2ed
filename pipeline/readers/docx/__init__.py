"""Word files: paragraphs with their automatic numbers, tables, notes; headers, footers and tables of contents apart."""

from __future__ import annotations

from pipeline.readers.docx.reader import read_docx

__all__ = ["read_docx"]
