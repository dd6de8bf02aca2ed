"""Saved web pages: the main text without furniture."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from pipeline.errors import UnreadableReport
from pipeline.language import tr
from pipeline.readers.limits import Limits, too_large
from pipeline.readers.plain import decode
from pipeline.readers.report import Content, damage

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,20})""", re.IGNORECASE)
_HTTP = re.compile(rb"HTTP/[\d.]+ \d{3}.*?\r?\n\r?\n", re.DOTALL)
_HEAD = 16_384
_BLOCKS = "self::p or self::div or self::br or self::section"
_BLOCK_TAGS = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"})
_PROSE = 200
_OPENING = 600
_SLACK = 1.5
_MAIN_SHARE = 0.95
_SENTENCE = re.compile("[。；]")
_TITLE = re.compile(r"\A.{6,80}(?:报告|总结|年报|白皮书|情况)(?:（.{1,12}）)?\Z")
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
    with damage(tr("{name}: a damaged page ({{}}); open it in a browser and save it again, or its text", name=name)):
        body = _main_text(text, name, limits)
    if not body:
        raise UnreadableReport(tr("{name}: no main text found in the page; save the report's own page, or its text", name=name))
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


def _main_text(page: str, name: str, limits: Limits) -> str | None:
    import trafilatura

    tree = trafilatura.load_html(page.replace("\x00", ""))
    if tree is None:
        return None
    _check_size(tree, name, limits)
    title = _title(tree)
    _unwrap_layout(tree)
    _part_at_breaks(tree)
    _mark_main_part(tree)
    body: str | None = trafilatura.extract(
        tree, include_comments=False, include_tables=True, include_formatting=False, favor_recall=True, output_format="txt", deduplicate=False
    )
    if body and title and "".join(title.split()) not in "".join(body[:_OPENING].split()):
        body = f"{title}\n{body}"
    return body


def _check_size(tree: HtmlElement, name: str, limits: Limits) -> None:
    """Refuse at once what would be refused after minutes: a page with far more text, or elements, than a report has."""
    characters = elements = 0
    for element in tree.iter():
        elements += 1
        if element.tag not in {"script", "style"}:
            characters += len(element.text or "")
        characters += len(element.tail or "")
    if max(characters, elements) > _SLACK * limits.characters:
        raise UnreadableReport(
            tr(
                "{name}: {characters:,} characters in {elements:,} elements, far more than the limit of {limit:,} for a report; "
                "split it, or set GONGWEN_MAX_CHARACTERS higher",
                name=name,
                characters=characters,
                elements=elements,
                limit=limits.characters,
            )
        )


def _title(tree: HtmlElement) -> str | None:
    """The report's title where the page has it outside its text: by the meta element of government sites, its heading, or its own title."""
    found = [*tree.xpath("//meta[@name='ArticleTitle']/@content"), *(heading.text_content() for heading in tree.xpath("//h1"))]
    found.extend(re.split(r"[_|—-]", title.text_content())[0] for title in tree.xpath("//head/title"))
    return next((title for text in found if _TITLE.search(title := " ".join(text.split()))), None)


def _unwrap_layout(tree: HtmlElement) -> None:
    """Tables that lay out a page become divisions, so that paragraphs stay apart."""
    for cell in tree.xpath(f"//td[.//*[{_BLOCKS}]]"):
        if len("".join(cell.itertext()).strip()) < _PROSE or cell.xpath(".//td"):
            continue
        for element in [cell, *cell.iterancestors("tr", "tbody", "table")]:
            element.tag = "div"


def _part_at_breaks(tree: HtmlElement) -> None:
    """What stands between the line breaks of a division becomes a paragraph."""
    from lxml import etree

    for element in tree.xpath("//*[self::div or self::p or self::section or self::article or self::td or self::span or self::font][count(br) > 1]"):
        children, text = list(element), element.text
        for child in children:
            element.remove(child)
        element.text = None
        if element.tag != "td":
            element.tag = "div"
        paragraph = etree.SubElement(element, "p")
        paragraph.text = text
        for child in children:
            if child.tag == "br" or child.tag in _BLOCK_TAGS:
                if child.tag != "br":
                    element.append(child)
                paragraph = etree.SubElement(element, "p")
                paragraph.text, child.tail = child.tail, None
            else:
                paragraph.append(child)


def _mark_main_part(tree: HtmlElement) -> None:
    """The smallest element that holds nearly all sentences becomes an article: what has no name that the extractor knows would be gone through
    paragraph by paragraph, repeated ones dropped."""
    from lxml import etree

    sentences: dict[HtmlElement, int] = {}
    for element in reversed(list(tree.iter(etree.Element))):
        own = 0 if element.tag in {"script", "style"} else len(_SENTENCE.findall(element.text or ""))
        sentences[element] = own + sum(sentences.get(child, 0) + len(_SENTENCE.findall(child.tail or "")) for child in element)
    part = tree
    while (inner := next((child for child in part if sentences.get(child, 0) > _MAIN_SHARE * sentences[tree]), None)) is not None:
        part = inner
    while part is not None and part.tag not in {"article", "div", "section", "main", "body"}:
        part = part.getparent()
    if part is not None and sentences[part] > 1:
        part.tag = "article"
