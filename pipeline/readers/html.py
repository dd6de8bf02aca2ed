"""Saved web pages: the main text without furniture."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from pipeline.errors import UnreadableReport
from pipeline.readers.limits import Limits, too_large
from pipeline.readers.plain import decode
from pipeline.readers.report import Content

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,20})""", re.IGNORECASE)
_HTTP = re.compile(rb"HTTP/[\d.]+ \d{3}.*?\r?\n\r?\n", re.DOTALL)
_HEAD = 16_384
_BLOCKS = "self::p or self::div or self::br or self::section"
_PROSE = 200
_CHINESE_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}


def read_html(data: bytes, name: str, limits: Limits) -> Content:
    """The main text of a page, paragraphs ended by line feeds; encoding by BOM, HTTP header (where it was saved with the page), meta and content.

    Raises:
        UnreadableReport: no page, too large, or one that holds no main text.
    """
    if len(data) > limits.html_bytes:
        raise too_large(name, len(data), limits.html_bytes, "GONGWEN_MAX_HTML_BYTES")
    page = decode(data, name, declared_encoding(data))
    header = _HTTP.match(data)
    text = page.text[len(header.group().decode("latin-1")) :] if header else page.text
    try:
        body = _main_text(text)
    except Exception as error:  # lxml and trafilatura let errors of many kinds out of a damaged page
        raise UnreadableReport(f"{name}: a damaged page ({type(error).__name__}); open it in a browser and save it again, or its text") from error
    if not body:
        raise UnreadableReport(f"{name}: no main text found in the page; save the report's own page, or its text")
    return Content(body + "\n", page.encoding, page.warnings)


def declared_encoding(data: bytes) -> str | None:
    """The Python name of the encoding that an HTTP header, an XML declaration or a meta element names, if Python knows it."""
    for match in _CHARSET.finditer(data[:_HEAD]):
        try:
            found = codecs.lookup(match.group(1).decode("ascii")).name
        except LookupError:
            continue
        if found not in {"utf-8", "iso8859-1", "ascii", "cp1252"}:  # the defaults of tools, declared whatever the page is in
            return _CHINESE_SUPERSETS.get(found, found)
    return None


def _main_text(page: str) -> str | None:
    import trafilatura

    tree = trafilatura.load_html(page.replace("\x00", ""))
    if tree is None:
        return None
    _unwrap_layout(tree)
    body: str | None = trafilatura.extract(
        tree, include_comments=False, include_tables=True, include_formatting=False, favor_recall=True, output_format="txt", deduplicate=False
    )
    return body


def _unwrap_layout(tree: HtmlElement) -> None:
    """Tables that lay out a page become divisions, and a body without any gets one, so that paragraphs stay apart and whole."""
    for cell in tree.xpath(f"//td[.//*[{_BLOCKS}]]"):
        if len("".join(cell.itertext()).strip()) < _PROSE or cell.xpath(".//td"):
            continue
        for element in [cell, *cell.iterancestors("tr", "tbody", "table")]:
            element.tag = "div"
    for body in tree.xpath("//body[not(.//div or .//article or .//main or .//section)]"):
        body.tag = "article"
