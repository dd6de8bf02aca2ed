"""The body of a Word file in reading order.

The package is opened by python-docx; its text is gathered here, since `paragraph.text` passes over content controls,
smart tags (old Word put dates and amounts into them), accepted insertions and automatic numbers.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.errors import UnreadableReport
from pipeline.language import tr
from pipeline.readers.docx.numbering import Numbering
from pipeline.readers.limits import Limits, too_large
from pipeline.readers.report import Content, damage

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}tbl", f"{_W}txbxContent", _FALLBACK}
_TEXT = {f"{_W}t", f"{_M}t"}
_NOTES = ("footnotes", "endnotes")


def read_docx(data: bytes, name: str, limits: Limits) -> Content:
    """The text of a `.docx` file: a line a paragraph, a line a table's row with tabs between its cells, then the notes.

    Raises:
        UnreadableReport: no Word file, locked, damaged, or one that unpacks beyond the limits.
    """
    _check_package(data, name, limits)
    from docx import Document

    with damage(tr("{name}: a damaged Word file ({{}}); open it in Word and save it again", name=name)):
        document = Document(io.BytesIO(data))
        numbering = Numbering(document)
        lines = [*_blocks(document.element.body, numbering), *_notes(document, numbering)]
    return Content("".join(line + "\n" for line in lines))


def _check_package(data: bytes, name: str, limits: Limits) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableReport(tr("{name}: an old (.doc) or a locked Word file; open it in Word and save it as .docx without a password", name=name))
    with (
        damage(tr("{name}: not a Word file (.docx), or a damaged one; open it in Word and save it again", name=name)),
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        entries = archive.infolist()
    whole = sum(entry.file_size for entry in entries)
    if whole > limits.bytes:
        raise UnreadableReport(
            tr(
                "{name}: unpacks to more than {bytes:,} bytes ({whole:,}); refused, unless GONGWEN_MAX_BYTES is set higher",
                name=name,
                bytes=limits.bytes,
                whole=whole,
            )
        )
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    if xml > limits.xml_bytes:
        raise too_large(f"{name}, its XML unpacked", xml, limits.xml_bytes, "GONGWEN_MAX_XML_BYTES")


def _blocks(parent: Any, numbering: Numbering) -> Iterator[str]:
    """The lines of a body, a cell or a note. Wrappers (content controls, custom XML, insertions) are looked through."""
    for element in parent:
        if element.tag == f"{_W}p":
            yield from _paragraph(element, numbering)
        elif element.tag == f"{_W}tbl":
            yield from _table(element, numbering)
        elif isinstance(element.tag, str) and element.tag not in _LEFT_OUT and not _is_contents(element):
            yield from _blocks(element, numbering)


def _paragraph(element: Any, numbering: Numbering) -> Iterator[str]:
    number = numbering.next_number(element)
    text = "".join(_runs(element))
    if not numbering.is_contents(element):
        yield (number if text.strip() else "") + text
    for box in element.iter(f"{_W}txbxContent"):
        ancestors = list(box.iterancestors(f"{_W}p", _FALLBACK))
        if ancestors[0] is element:
            yield from _blocks(box, numbering)


def _runs(element: Any) -> Iterator[str]:
    """The pieces of a paragraph's text; deletions, field codes and boxes left out."""
    for child in element:
        if child.tag in _TEXT:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield "" if child.get(f"{_W}type") in {"page", "column"} else _BREAKS[child.tag]
        elif child.tag not in _LEFT_OUT and isinstance(child.tag, str):
            yield from _runs(child)


def _table(element: Any, numbering: Numbering) -> Iterator[str]:
    """A line a row. A row of one cell that holds paragraphs lays out the page: its paragraphs are lines."""
    for row in _children(element, f"{_W}tr"):
        cells = list(_children(row, f"{_W}tc"))
        if len(cells) == 1:
            yield from _blocks(cells[0], numbering)
            continue
        written: list[str] = []
        for cell in cells:
            merged = cell.find(f"{_W}tcPr/{_W}vMerge")
            continues = merged is not None and merged.get(f"{_W}val", "continue") == "continue"
            lines = [] if continues else [" ".join(line.split()) for line in _blocks(cell, numbering)]
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = span.get(f"{_W}val", "1") if span is not None else "1"
            written.append(" ".join(line for line in lines if line))
            written.extend([""] * (min(int(width), 64) - 1 if width.isdigit() else 0))
        yield "\t".join(written)


def _children(element: Any, tag: str) -> Iterator[Any]:
    """Children of a tag, looked for through content controls and insertions."""
    for child in element:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from _children(child, tag)


def _is_contents(element: Any) -> bool:
    gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    return gallery is not None and gallery.get(f"{_W}val") == "Table of Contents"


def _notes(document: Document, numbering: Numbering) -> Iterator[str]:
    """Footnotes and endnotes, after the body; the lines that part them from it are no text."""
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(_NOTES):
            continue
        for note in parse_xml(relation.target_part.blob):
            if note.get(f"{_W}type") in {None, "normal"}:
                yield from (line for line in _blocks(note, numbering) if line.strip())
