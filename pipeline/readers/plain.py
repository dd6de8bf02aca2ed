"""Text and Markdown files: bytes to characters, in the encoding they are in."""

from __future__ import annotations

import re

from pipeline.errors import UnreadableReport
from pipeline.language import later, tr
from pipeline.readers.limits import Limits
from pipeline.readers.report import Content

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAGIC = {
    b"%PDF": later("a PDF"), b"PK\x03\x04": later("a Word file or archive"), b"\xd0\xcf\x11\xe0": later("an old Word file (.doc)"),
    b"\x89PNG": later("an image"), b"\xff\xd8\xff": later("an image"), b"{\\rtf": later("a rich text file"),
    b"\x1f\x8b": later("a packed file (gzip)"),
}  # fmt: skip
_FREQUENT = frozenset(
    "的一是不了在有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等"
    "部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内"
    "数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管"
    "特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取完举色权证务执监督责市县府委服复议案规"
    # the traditional forms of those that have one
    "並來個們內兩別則動務區員問國圖執學實將對幹幾強後從復應戰數於時會條業樣機權氣決沒無爲為現產當發監種級組結統經線縣總義與舉裏裡見規計設說論證議"
    "變責資質軍較農這進運過還邊長開間關電頭題體麼點黨眾"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SAMPLE = 100_000
_LEGACY = ("gb18030", "big5hkscs")
_DAMAGE = 1000  # at most one broken byte in so many characters


def read_text(data: bytes, name: str, limits: Limits) -> Content:
    """Decode a text file: UTF-8 and UTF-16 with or without BOM (dropped), GB18030 (with it GBK, GB2312), Big5.

    A few broken bytes, as cut-off downloads have, become U+FFFD and a warning.

    Raises:
        UnreadableReport: binary, or text in none of these encodings.
    """
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise UnreadableReport(tr("{name}: this is {what}, not a text file; give it its own suffix", name=name, what=tr(what)))
    content = decode(data, name)
    sample = content.text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > 0.02 * len(sample):
        raise UnreadableReport(
            tr("{name}: a binary file (it holds NUL bytes or other control characters); give a text, Word, PDF or web file", name=name)
        )
    return content


def decode(data: bytes, name: str, declared: str | None = None) -> Content:
    """Bytes as text: by BOM, as UTF-8 where they are that, as `declared` where that fits, else by content.

    Raises:
        UnreadableReport: text in none of the encodings that reports come in.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], encoding, name)
    wide = _as_utf16(data)
    if wide is not None:
        return wide
    try:
        return Content(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    if declared:
        found = _mended(data, declared)
        if found is not None:
            return found
    candidates = [found for encoding in _LEGACY if (found := _strict(data, encoding)) is not None]
    candidates = candidates or [found for encoding in ("utf-8", *_LEGACY) if (found := _mended(data, encoding)) is not None]
    best = max(candidates, key=lambda content: _likeness(content.text), default=None)
    if best is None or _likeness(best.text) < 0.3:
        raise UnreadableReport(
            tr(
                "{name}: neither UTF-8 (byte 0x{byte:02x} at {place}) nor UTF-16, GB18030 or Big5; save it as UTF-8",
                name=name,
                byte=data[first],
                place=first,
            )
        )
    return best


def _decoded(data: bytes, encoding: str, name: str) -> Content:
    found = _strict(data, encoding) or _mended(data, encoding)
    if found is None:
        raise UnreadableReport(tr("{name}: broken {encoding}; save it as UTF-8", name=name, encoding=encoding))
    return found


def _strict(data: bytes, encoding: str) -> Content | None:
    try:
        return Content(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None


def _mended(data: bytes, encoding: str) -> Content | None:
    """The text with broken bytes as U+FFFD and a warning, where they are few."""
    text = data.decode(encoding, errors="replace")
    broken = text.count("\ufffd")
    if broken > max(1, len(text) // _DAMAGE) or len(text) < 20:
        return None
    return Content(text, encoding, (f"damaged-encoding: {broken} places are no {encoding} and read U+FFFD",) if broken else ())


def _as_utf16(data: bytes) -> Content | None:
    """UTF-16 without BOM: its line feeds and digits hold NUL bytes, and it reads as Chinese."""
    if len(data) % 2 or b"\x00" not in data[:_SAMPLE]:
        return None
    found = [content for encoding in ("utf-16-le", "utf-16-be") if (content := _strict(data, encoding)) is not None]
    best = max(found, key=lambda content: _likeness(content.text), default=None)
    return best if best is not None and _likeness(best.text) >= 0.3 else None


def _likeness(text: str) -> float:
    """The share of frequent characters among the Chinese ones of a text; below 0.3 it is no Chinese text."""
    chinese = _CHINESE.findall(text[:_SAMPLE])
    rare = sum("\ue000" <= c <= "\uf8ff" or c == "\ufffd" for c in text[:_SAMPLE])
    return sum(c in _FREQUENT for c in chinese) / (len(chinese) + rare) if chinese else 0.0
