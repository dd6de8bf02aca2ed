"""Files of every format, as offices publish them, built from paragraphs. No network, no font but those that reportlab names."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HEADING = re.compile(r"[一二三四五六七八九十]{1,3}、")
SUBHEADING = re.compile(r"（[一二三四五六七八九十]{1,3}）")
FONT = "STSong-Light"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def paragraphs_of(markdown: str) -> list[str]:
    """The paragraphs of a Markdown report, marks and rules left out."""
    lines = (re.sub(r"^#+\s*", "", line).strip() for line in markdown.splitlines())
    return [line for line in lines if line and not re.fullmatch(r"-{3,}", line)]


def as_web_page(paragraphs: Sequence[str], title: str, encoding: str = "utf-8") -> bytes:
    """A page as a content management system gives it: navigation, a line of details, the text in styled paragraphs, a side list, a footer."""
    body = "".join(f"<p style='text-indent:2em'><span style='font-size:16pt'>{html.escape(p)}</span></p>\n" for p in paragraphs)
    side = "".join(f"<li><a href='/{n}.html'>关于印发第{n}号文件的通知</a></li>" for n in range(10))
    page = (
        f"<!DOCTYPE html><html><head><meta charset='{encoding}'><title>{title}_政府网站</title></head><body>"
        f"<div class='nav'><a href='/'>首页</a> &gt; <a href='/gk'>政府信息公开</a></div><h1>{title}</h1>"
        f"<div class='TRS_Editor'>{body}</div><div class='side'><ul>{side}</ul></div>"
        "<div class='footer'>主办单位：某市人民政府办公室 <a href='/map'>网站地图</a></div></body></html>"
    )
    return page.encode(encoding)


def as_docx(paragraphs: Sequence[str], *, automatic_numbers: bool = False, header: str | None = None, footer: str | None = None) -> bytes:
    """A Word file; with `automatic_numbers` the numbers 一、 and （一） are taken off and set by Word's lists."""
    from docx import Document

    document = Document()
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if footer:
        document.sections[0].footer.paragraphs[0].text = footer
    number = define_list(document, [("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）")]) if automatic_numbers else 0
    for text in paragraphs:
        level = 0 if HEADING.match(text) else 1 if SUBHEADING.match(text) else None
        if automatic_numbers and level is not None:
            put_in_list(document.add_paragraph((SUBHEADING if level else HEADING).sub("", text, count=1)), number, level)
        else:
            document.add_paragraph(text)
    return saved(document)


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def define_list(document: Any, levels: Sequence[tuple[str, str]], *, start: int = 1, suffix: str = "nothing") -> int:
    """A multi-level list of (format, pattern); returns its number."""
    from docx.oxml import parse_xml

    numbering = document.part.numbering_part.element
    number = len(numbering.findall(f"{{{W}}}abstractNum")) + 100
    inner = "".join(
        f"<w:lvl w:ilvl='{at}'><w:start w:val='{start}'/><w:numFmt w:val='{kind}'/><w:suff w:val='{suffix}'/><w:lvlText w:val='{pattern}'/></w:lvl>"
        for at, (kind, pattern) in enumerate(levels)
    )
    numbering.insert(0, parse_xml(f"<w:abstractNum xmlns:w='{W}' w:abstractNumId='{number}'>{inner}</w:abstractNum>"))
    numbering.append(parse_xml(f"<w:num xmlns:w='{W}' w:numId='{number}'><w:abstractNumId w:val='{number}'/></w:num>"))
    return number


def put_in_list(paragraph: Any, number: int, level: int) -> None:
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_numId().val = number
    properties.get_or_add_ilvl().val = level


def with_document_xml(change: Callable[[str], str], paragraphs: Sequence[str] = ("甲。",)) -> bytes:
    """A Word file whose main part went through `change`."""
    return repacked(as_docx(paragraphs), {"word/document.xml": lambda data: change(data.decode()).encode()})


def repacked(package: bytes, changes: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """A zip file with some of its entries changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, changes[entry.filename](data) if entry.filename in changes else data)
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def register_font() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def as_pdf(paragraphs: Sequence[str], *, header: str | None = None, numbered: bool = True) -> bytes:
    """A typeset PDF: indented paragraphs broken into lines and pages, with a running header and page numbers."""
    register_font()
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    def decorate(canvas: Any, template: Any) -> None:
        canvas.setFont(FONT, 9)
        if header:
            canvas.drawCentredString(A4[0] / 2, A4[1] - 40, header)
        if numbered:
            canvas.drawCentredString(A4[0] / 2, 30, f"— {template.page} —")

    style = ParagraphStyle("body", fontName=FONT, fontSize=14, leading=24, firstLineIndent=28, wordWrap="CJK")
    buffer = io.BytesIO()
    template = SimpleDocTemplate(buffer, pagesize=A4, invariant=1)
    template.build([Paragraph(html.escape(p), style) for p in paragraphs], onFirstPage=decorate, onLaterPages=decorate)
    return buffer.getvalue()


def drawn_pdf(pages: Sequence[Sequence[tuple[float, float, str]]], size: float = 12, angle: float = 0, watermark: str = "") -> bytes:
    """A PDF with words drawn at places (points, from below) in the order given; a page without any stays blank."""
    register_font()
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), invariant=1)
    for page in pages:
        canvas.setFont(FONT, size)
        if angle:
            canvas.translate(595, 0)
            canvas.rotate(angle)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        if watermark:
            canvas.translate(100, 500)
            canvas.rotate(45)
            canvas.setFont(FONT, 40)
            canvas.drawString(0, 0, watermark)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scanned(pdf: bytes, dpi: int = 150) -> bytes:
    """The same pages as pictures: what a scanner makes of them."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    document = pypdfium2.PdfDocument(pdf)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for page in document:
        width, height = page.get_size()
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(page.render(scale=dpi / 72).to_pil()), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    document.close()
    return buffer.getvalue()


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
