"""Saved web pages: the main text without furniture."""

from __future__ import annotations

from pipeline.errors import UnreadableReport
from pipeline.readers.plain import read_text


def read_html(data: bytes, name: str) -> tuple[str, str | None]:
    """The main text of a page, paragraphs ended by line feeds; encoding by BOM, meta and content.

    Raises:
        UnreadableReport: the page holds no main text.
    """
    import trafilatura
    from trafilatura.utils import detect_encoding

    encoding: str | None
    try:
        text, encoding = read_text(data, name)
    except UnreadableReport:
        guesses = detect_encoding(data)
        if not guesses:
            raise
        text, encoding = data.decode(guesses[0], errors="replace"), guesses[0]
    body = trafilatura.extract(text, include_comments=False, include_tables=True, favor_recall=True, output_format="txt", deduplicate=False)
    if not body:
        raise UnreadableReport(f"{name}: no main text found in the page; save the report's own page, or its text")
    return body + "\n", encoding
