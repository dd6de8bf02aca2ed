"""PDF files with a text layer: lines as they stand, pages ended by a form feed."""

from __future__ import annotations

from pipeline.errors import UnreadableReport

_MAX_PAGES = 3000


def read_pdf(data: bytes, name: str) -> tuple[str, str | None]:
    """The embedded text of all pages.

    Raises:
        UnreadableReport: no PDF, locked, too many pages, or pages without text (a scan).
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableReport(f"{name}: not a readable PDF ({error}); locked files need to be unlocked first") from error
    try:
        if len(document) > _MAX_PAGES:
            raise UnreadableReport(f"{name}: {len(document)} pages, more than the limit of {_MAX_PAGES}; split it into reports")
        pages = []
        for number in range(len(document)):
            text = document[number].get_textpage().get_text_bounded()
            pages.append(text.replace("\r\n", "\n").replace("\ufffe", "") + "\f")
    except pypdfium2.PdfiumError as error:
        raise UnreadableReport(f"{name}: a damaged PDF ({error})") from error
    finally:
        document.close()
    if not any(page.strip() for page in pages):
        raise UnreadableReport(f"{name}: no text layer on any of its {len(pages)} pages (a scan); run text recognition on it first")
    return "".join(pages), None
