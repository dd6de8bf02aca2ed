"""Text and Markdown files: bytes to characters, in the encoding they are in."""

from __future__ import annotations

from pipeline.errors import UnreadableReport

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAGIC = {b"%PDF": "a PDF", b"PK\x03\x04": "a Word file or archive", b"\xd0\xcf\x11\xe0": "an old Word file (.doc)", b"\x89PNG": "an image"}
_FREQUENT = frozenset(
    "的一是不了在有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等"
    "部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内"
    "数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管"
    "特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取完举色权证务执监督责市县府委服复议案规"
)


def read_text(data: bytes, name: str) -> tuple[str, str | None]:
    """Decode a text file: UTF-8 (a BOM is dropped), UTF-16 with BOM, else GB18030 where that gives Chinese.

    Raises:
        UnreadableReport: binary, or text in none of these encodings.
    """
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise UnreadableReport(f"{name}: this is {what}, not a text file; give it its own suffix")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode(data[len(bom) :], encoding, name), encoding
    if b"\x00" in data:
        raise UnreadableReport(f"{name}: a binary file (it holds NUL bytes); give a text, Word, PDF or web file")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        text = _as_gb18030(data)
        if text is not None:
            return text, "gb18030"
        raise UnreadableReport(f"{name}: neither UTF-8 (byte 0x{data[error.start]:02x} at {error.start}) nor GB18030; save it as UTF-8") from error


def _decode(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableReport(f"{name}: broken {encoding} at byte {error.start}; save it as UTF-8") from error


def _as_gb18030(data: bytes) -> str | None:
    """The text if the bytes are Chinese in GB18030: frequent characters make up a good share of it."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    chinese = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    if not chinese or sum(c in _FREQUENT for c in chinese) < 0.3 * len(chinese):
        return None
    return text
