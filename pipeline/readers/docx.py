"""Word files: paragraphs ended by line feeds, cells of a table's row by tabs; headers and footers left out."""

from __future__ import annotations

import io
import zipfile

from pipeline.errors import UnreadableReport

_MAX_UNPACKED = 200_000_000


def read_docx(data: bytes, name: str) -> tuple[str, str | None]:
    """The body of a `.docx` file in reading order.

    Raises:
        UnreadableReport: no Word file, damaged, or one that unpacks beyond all bounds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
                raise UnreadableReport(f"{name}: unpacks to more than {_MAX_UNPACKED // 1_000_000} MB; refused")
    except zipfile.BadZipFile as error:
        raise UnreadableReport(f"{name}: not a Word file (.docx), or a damaged one; open it in Word and save it again") from error
    from docx import Document
    from docx.table import Table

    try:
        document = Document(io.BytesIO(data))
        lines: list[str] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                lines.extend("\t".join(cell.text.replace("\n", "") for cell in row.cells) for row in block.rows)
            else:
                lines.append(block.text)
    except Exception as error:  # python-docx lets errors of many kinds out of a damaged file
        raise UnreadableReport(f"{name}: a damaged Word file ({type(error).__name__}); open it in Word and save it again") from error
    return "".join(line + "\n" for line in lines), None
