"""PDF files: the text layer in reading order, pages without one by text recognition, page headers and footers apart."""

from __future__ import annotations

from pipeline.readers.pdf.reader import read_pdf

__all__ = ["read_pdf"]
