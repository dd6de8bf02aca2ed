"""The pages of a PDF as text: a line a paragraph, as far as the page shows it, and a form feed after each page.

A page whose last paragraph goes on overleaf ends in the form feed alone, any other in a line feed and a form feed.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import GongwenError, MissingComponent, UnreadableReport
from pipeline.language import tr
from pipeline.readers.limits import Deadline, Limits
from pipeline.readers.pdf import ocr
from pipeline.readers.pdf.furniture import Page, body_lines
from pipeline.readers.pdf.layout import Boxes, Line, continues, joined, reading_order, segments_of
from pipeline.readers.report import Content

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

_GARBLED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd]")
_GARBLED_SHARE = 0.2
_FEW = 40  # characters that a scanner or a stamp may have set on a scanned page
_SCAN_SHARE = 0.5
_DPI = 200
_NO_CHARACTER = {0, 0xFFFE, 0xFFFF}


def read_pdf(data: bytes, name: str, limits: Limits) -> Content:
    """The text of all pages; those without a text layer are read by text recognition, if it is installed, and named in a warning.

    Raises:
        UnreadableReport: no PDF, locked, too many pages, nothing readable in it.
        MissingComponent: no page has a text layer, and `gongwen[ocr]` is not installed.
    """
    import pypdfium2

    deadline = Deadline(limits, name)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error) or "ecurity" in str(error)
        hint = tr("it is locked with a password; save it without one") if locked else tr("open it in a viewer and print it to a new one")
        raise UnreadableReport(tr("{name}: not a readable PDF; {hint}", name=name, hint=hint)) from error
    try:
        count = len(document)
        if count > limits.pages:
            raise UnreadableReport(
                tr(
                    "{name}: {count} pages, more than the limit of {most}; split it, or set GONGWEN_MAX_PAGES higher",
                    name=name,
                    count=count,
                    most=limits.pages,
                )
            )
        return _read_pages(document, count, name, limits, deadline)
    finally:
        document.close()


def _read_pages(document: PdfDocument, count: int, name: str, limits: Limits, deadline: Deadline) -> Content:
    import pypdfium2

    pages: list[Page] = []
    scans: list[int] = []
    damaged: list[int] = []
    for number in range(count):
        deadline.check()
        try:
            page = document[number]
            found = _text_layer(page)
            if found is None:
                scans.append(number)
                found = _recognised(page, limits) if ocr.is_installed() and len(scans) <= limits.ocr_pages else Page([], 0, 1)
            pages.append(found)
            page.close()
        except (pypdfium2.PdfiumError, ctypes.ArgumentError, ValueError):
            damaged.append(number)
            pages.append(Page([], 0, 1))
    if not any(page.lines for page in pages):
        raise _nothing(name, count, scans)
    return Content(_as_text(body_lines(pages)), None, tuple(_warnings(scans, damaged, limits)))


def _as_text(pages: Sequence[Sequence[Line]]) -> str:
    written: list[str] = []
    for lines, following in zip(pages, [*pages[1:], []], strict=True):
        paragraph = ""
        for number, line in enumerate(lines):
            if number and not continues(lines[number - 1], line):
                written.append(paragraph + "\n")
                paragraph = ""
            paragraph = joined(paragraph, line.text)
        goes_on = bool(lines and following) and continues(lines[-1], following[0])
        written.append(paragraph + ("\f" if goes_on or not lines else "\n\f"))
    return "".join(written)


def _nothing(name: str, count: int, scans: Sequence[int]) -> GongwenError:
    if not scans:
        return UnreadableReport(
            tr(
                "{name}: a damaged or empty PDF: nothing can be read on its {count} pages; open it in a viewer and print it to a new one",
                name=name,
                count=count,
            )
        )
    if ocr.is_installed():
        return UnreadableReport(
            tr("{name}: no text layer on any of its {count} pages, and text recognition finds no text on them either", name=name, count=count)
        )
    return MissingComponent(
        tr("{name}: no text layer on any of its {count} pages (a scan); to have it read, pip install 'gongwen[ocr]'", name=name, count=count)
    )


def _warnings(scans: Sequence[int], damaged: Sequence[int], limits: Limits) -> list[str]:
    found = []
    read = scans[: limits.ocr_pages] if ocr.is_installed() else []
    left = scans[len(read) :]
    if read:
        found.append(f"ocr: no text layer on {_page_names(read)}, read by text recognition")
    if left:
        why = "set GONGWEN_MAX_OCR_PAGES higher" if ocr.is_installed() else "pip install 'gongwen[ocr]' to have them read"
        found.append(f"scanned-pages: no text layer on {_page_names(left)}, left out; {why}")
    if damaged:
        found.append(f"damaged-pages: {_page_names(damaged)} cannot be read")
    return found


def _page_names(numbers: Sequence[int]) -> str:
    """`page 3`, `pages 1–4, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = ", ".join(f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1}–{run[-1] + 1}" for run in runs)
    return f"page{'s' if len(numbers) > 1 else ''} {shown}"


def _text_layer(page: PdfPage) -> Page | None:
    """The page by its text layer; None where that is missing or garbled and there is something to see."""
    textpage = page.get_textpage()
    try:
        text, boxes, angles = _characters(textpage)
    finally:
        textpage.close()
    inked = "".join(text.split())
    garbled = len(_GARBLED.findall(inked)) > _GARBLED_SHARE * len(inked)
    if garbled or not inked or (len(inked) < _FEW and _picture_share(page) > _SCAN_SHARE):
        return None if garbled or _has_content(page) else Page([], 0, 1)
    text, boxes, (bottom, top) = _upright(text, boxes, angles, page.get_mediabox())
    return Page(reading_order(segments_of(text, boxes)), bottom, top)


def _characters(textpage: PdfTextPage) -> tuple[str, Boxes, Boxes]:
    """Characters of a page in the order of its content, with box and angle (radians)."""
    import pypdfium2.raw as pdfium

    count = max(textpage.count_chars(), 0)
    boxes = np.zeros((count, 4))
    angles = np.zeros(count)
    written: list[str] = []
    box = pdfium.FS_RECTF()
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        written.append(" " if code in _NO_CHARACTER or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code))
        pdfium.FPDFText_GetLooseCharBox(textpage, index, box)
        boxes[index] = box.left, box.bottom, box.right, box.top
        angles[index] = pdfium.FPDFText_GetCharAngle(textpage, index)
    return "".join(written), boxes, angles


def _upright(text: str, boxes: Boxes, angles: Boxes, mediabox: tuple[float, ...]) -> tuple[str, Boxes, tuple[float, float]]:
    """Characters turned so that most of them stand upright; those at another angle (a watermark) are left out."""
    inked = np.array([not c.isspace() for c in text])
    turns = np.round(angles / (math.pi / 2)).astype(int) % 4
    main = int(np.bincount(turns[inked], minlength=4).argmax())
    off = np.abs((angles - main * math.pi / 2 + math.pi) % (2 * math.pi) - math.pi) > 0.1
    kept = ~(off & inked)
    text = "".join(c for c, keep in zip(text, kept, strict=True) if keep)
    corners = np.vstack([boxes[kept], np.array(mediabox)[None, :]])
    x = np.sort(corners[:, [0, 2]], axis=1)
    y = np.sort(corners[:, [1, 3]], axis=1)
    for _ in range(main):  # pdfium counts angles clockwise: a quarter turn against the clock undoes one
        x, y = np.sort(-y, axis=1), x
    turned = np.column_stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]])
    return text, turned[:-1], (float(turned[-1, 1]), float(turned[-1, 3]))


def _has_content(page: PdfPage) -> bool:
    return next(iter(page.get_objects(max_depth=2)), None) is not None


def _picture_share(page: PdfPage) -> float:
    """The share of the page that its largest picture covers."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = page.get_mediabox()
    area = abs((right - left) * (top - bottom)) or 1.0
    sizes = [0.0]
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        x0, y0, x1, y1 = picture.get_bounds()
        sizes.append(abs((x1 - x0) * (y1 - y0)))
    return max(sizes) / area


def _recognised(page: PdfPage, limits: Limits) -> Page:
    width, height = page.get_size()
    scale = min(_DPI / 72, math.sqrt(limits.page_pixels / max(width * height, 1.0)))
    picture = page.render(scale=scale, may_draw_forms=False).to_numpy()[..., :3]
    lines = reading_order(ocr.recognise(np.ascontiguousarray(picture), scale))
    return Page(lines, 0.0, picture.shape[0] / scale)
