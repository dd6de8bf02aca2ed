"""The view: a report as a person reads it, with a map back to every original offset.

Broken lines and words are rejoined; page numbers, rules, markup and stray spaces are put aside. What separates
is kept as one character: a line feed between paragraphs, a tab between the cells of a table, a space between
Latin words. Every character of the view comes from one code point of the raw text, in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from pipeline.traditional import as_simplified

IntArray = npt.NDArray[np.int32]

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
# white space, and what has no width: control characters, marks of direction, joiners, variation selectors
_SPACE = r"\s\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\xad"
_GAP = re.compile(rf"[{_SPACE}]+|\*\*+")
_SPACES = re.compile(rf"[{_SPACE}]+")
_BLANK = re.compile(rf"[{_SPACE}]*\Z")
_MARK = re.compile(rf"[{_SPACE}]*(?:(#{{1,6}})[{_SPACE}]*|>[{_SPACE}]*|[*+][{_SPACE}]+)?")
_ITALIC = re.compile(r"\*[^*\s][^*]*\*\Z")
_RULE = re.compile(rf"[{_SPACE}]*(?:[-—─_=*][{_SPACE}]*){{3,}}\Z")
_TABLE_RULE = re.compile(rf"[{_SPACE}]*\|?[{_SPACE}]*:?-+:?[{_SPACE}|:-]*\|[{_SPACE}|:-]*\Z")
_PAGE_NUMBER = re.compile(
    rf"[{_SPACE}]*(?:[-—–－―·][{_SPACE}]*\d{{1,4}}[{_SPACE}]*[-—–－―·]"
    rf"|第[{_SPACE}]*\d{{1,4}}[{_SPACE}]*页(?:[{_SPACE}，,/]*共[{_SPACE}]*\d{{1,4}}[{_SPACE}]*页)?"
    rf"|\d{{1,4}}[{_SPACE}]*/[{_SPACE}]*\d{{1,4}})[{_SPACE}]*\Z"
)
_BARE_LINE = re.compile(r"^[ \t\u3000]*(\d{1,3})[ \t\u3000]*\r?$", re.MULTILINE)
_MIN_PAGE = 200
_BARE_NUMBER = re.compile(rf"[{_SPACE}]*\d{{1,3}}[{_SPACE}]*\Z")

_TERMINAL = frozenset("。！？；：!?;:")
_NEVER_FIRST = frozenset("》〉」』】〕）)”’、，。；：！？,;:!?％%")
_NEVER_LAST = frozenset("的和与及或把被")
_MAX_OPEN, _MAX_BOLD, _MIN_BROKEN, _SIGNING_INDENT = 120, 160, 11, 8
_ASCII_END = re.compile(r"[\u4e00-\u9fff”）)%]\.\Z")
_PROSE_MARK = re.compile(r"[。；，,;]")
_SENTENCE_INSIDE = re.compile(r"[。；]|[，,、]\Z")
_STARTS_PART = re.compile(
    r"[（(][二三四五六七八九十]{1,3}(?=[^)）]{4,30}\Z)|【[一二三四五六七八九十]{1,3}】|[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[（(]?[0-9０-９]{1,2}[)）、．.](?![0-9０-９])"
    r"|第[一二三四五六七八九十]{1,3}[章节条部，、]|附件|附表|抄送|主送|特此报告|[（(]?此件|公开方式|发布时间|来源[:：]|各位(?:代表|委员)[：:，]|同志们[：:]"
)
_TITLE_LINE = re.compile(r"(?:报告|总结|情况|通知|意见)\Z")
_ADDRESSEE_LINE = re.compile(r"[^。；：]{0,40}(?:府|委|办|会|厅|局|院|部|室|组|代表)[:：]\Z")
_SIGNING_LINE = re.compile(r"[^，。；：,.;:]{3,30}(?:府|局|委|办|厅|会|院|处|所|关|署|队|站|中心)(?:[（(].{2,12}[)）])?\Z")
# a number at the end of a line, behind words, whose unit stands in the next line; a year may end a title
_BARE_NUMBER_LAST = re.compile(r"[\u4e00-\u9fff](?!(?:19|20)\d\d\Z)[\d.,]+\Z")
_CJK_FIRST = re.compile(r"[\u4e00-\u9fff]")
_NUMBERED_LINE = re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、|[0-9０-９]{1,2}[、．.](?![0-9０-９])")
_WHOLE_TITLE = re.compile(r"(?:情况|回顾|做法|成效|安排|打算|问题|不足|举措|措施|计划|思路)\Z")
_DATE_LINE = re.compile(r"[\d〇○零一二三四五六七八九十０-９]{4}年[^，。]{1,8}[日月]\Z")
_OPEN_TO_CLOSE = {"《": "》", "“": "”", "（": "）", "〈": "〉", "【": "】", "「": "」", "〔": "〕"}

_FULL_BRACKETS = str.maketrans("()", "（）")
_HALF_NUMBER = re.compile(
    r"[（(][一二三四五六七八九十]{1,3}(?=[^)）]{3,30}(?:[。，；]|\Z))(?![^。]{0,30}[)）])"
)  # a number whose bracket never closes

_NORM = str.maketrans(
    "０１２３４５６７８９％．＋－／＜＞ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ"
    "＂｢｣﹪∶〔〕「」",
    '0123456789%.+-/<>ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"「」%：（）“”',
)
_ASCII_PUNCTUATION = re.compile(r"(?<!\d)[,:;?!]|[,:;?!](?!\d)|[()]")
_ASCII_STOP = re.compile(r"(?<=[\u4e00-\u9fff”）》%])(?<![一二三四五六七八九十])\.(?=[\u4e00-\u9fff“《（\n]|\Z)")
_TO_FULL = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！", "(": "（", ")": "）"}


@dataclass(slots=True)
class _Line:
    """One kept line of the raw text.

    `start`, `end` in raw offsets, marks excluded; `new_page`: a page number or page break stands before it; `columns`:
    its width in print, where a Chinese character takes two columns; `indent`: columns of white space before it.
    """

    start: int
    end: int
    hashes: int
    bold: bool
    new_page: bool
    columns: int
    indent: int


@dataclass(frozen=True)
class View:
    """The readable text of a report and the way back.

    Attributes:
        raw: the text as its reader delivered it.
        text: the view; its only white space is `\\n` (paragraph), `\\t` (cell) and a space between Latin words.
        offsets: raw offset of every view character, ascending, shape `(len(text),)`.
        marks: view offset of a paragraph's first character → markdown mark it had (`#`, `##`, … or `**`).
        bold: view offset of a paragraph's first character → where the bold run that it begins with ends.
    """

    raw: str
    text: str
    offsets: IntArray
    marks: dict[int, str]
    bold: dict[int, int]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Raw offsets, end exclusive, of a non-empty view span."""
        return self.offsets.item(start), self.offsets.item(end - 1) + 1

    def raw_spans(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Raw offsets of many non-empty view spans."""
        bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
        return list(zip(self.offsets[bounds[:, 0]].tolist(), (self.offsets[bounds[:, 1] - 1] + 1).tolist(), strict=True))

    def view_span(self, start: int, end: int) -> tuple[int, int]:
        """View offsets of a raw span; empty when the view keeps none of its characters."""
        first, last = np.searchsorted(self.offsets, [start, end])
        return int(first), int(last)

    def surface(self, start: int, end: int) -> str:
        """What a view span reads, without white space."""
        return "".join(self.text[start:end].split())

    def plain_surface(self, start: int, end: int) -> str:
        """What a view span reads in simplified characters, without white space."""
        return "".join(self.plain[start:end].split())

    @cached_property
    def plain(self) -> str:
        """The view in simplified characters, one for one: what names and metadata are made of."""
        return as_simplified(self.text)

    @cached_property
    def norm(self) -> str:
        """The view with half-width digits and letters, full-width punctuation and simplified characters, one character for one."""
        text = _ASCII_PUNCTUATION.sub(lambda m: _TO_FULL[m.group()], self.plain.translate(_NORM))
        text = _ASCII_STOP.sub("。", text)
        return _curl_quotes(text)

    def paragraphs(self) -> Iterator[tuple[int, int]]:
        """View spans between line feeds, empty ones left out."""
        for match in re.finditer(r"[^\n]+", self.text):
            yield match.span()


def _curl_quotes(text: str) -> str:
    """Straight double quotes as `“` and `”` in turn; each paragraph starts anew."""
    if '"' not in text:
        return text
    paragraphs = []
    for paragraph in text.split("\n"):
        pieces = paragraph.split('"')
        turned = [piece + "“”"[i % 2] for i, piece in enumerate(pieces[:-1])]
        paragraphs.append("".join(turned) + pieces[-1])
    return "\n".join(paragraphs)


def make_view(raw: str) -> View:
    """Build the view of a report's text. Linear in its length; works on any string."""
    lines = list(_kept_lines(raw))
    is_full = _full_lines(lines)
    text: list[str] = []
    offsets: list[IntArray] = []
    marks: dict[int, str] = {}
    bold_ends: dict[int, int] = {}
    length = 0
    previous: _Line | None = None
    opened = _Open()
    for line in lines:
        if previous is not None and not _is_soft_break(raw, previous, line, is_full, opened):
            text.append("\n")
            offsets.append(np.array([previous.end], dtype=np.int32))
            length += 1
            opened = _Open()
        opened.read(raw[line.start : line.end])
        if (previous is None or text[-1] == "\n") and (line.hashes or line.bold):
            marks[length] = "#" * line.hashes or "**"
            if line.bold and (closing := raw.find("**", line.start + 2, line.start + _MAX_BOLD)) > 0:
                bold_ends[length] = closing
        for piece, where in _pieces(raw, line):
            text.append(piece)
            offsets.append(where)
            length += len(piece)
        previous = line
    joined = np.concatenate(offsets) if offsets else np.zeros(0, dtype=np.int32)
    bold = {start: int(np.searchsorted(joined, end)) for start, end in bold_ends.items()}
    return View(raw, "".join(text), joined, marks, bold)


def _kept_lines(raw: str) -> Iterator[_Line]:
    """Lines with something to read; rules, page numbers and blank lines left out."""
    last_end = 0
    gap = False
    new_page = False
    numbers = _counted_pages(raw)
    for match in _LINE.finditer(raw):
        start, end = match.span()
        newlines = start - last_end - raw.count("\r\n", last_end, start)
        gap = gap or newlines > 1
        new_page = new_page or raw.find("\f", last_end, start) >= 0
        last_end = end
        line = match.group()
        if _PAGE_NUMBER.match(line) or start in numbers or (_BARE_NUMBER.match(line) and gap and _blank_follows(raw, end)):
            gap = new_page = True
            continue
        if _BLANK.match(line) or _RULE.match(line) or _TABLE_RULE.match(line):
            gap = True
            continue
        mark = _MARK.match(line)
        assert mark is not None
        hashes = len(mark.group(1) or "")
        body_start = start + mark.end()
        body_end = start + len(line.rstrip())
        if raw[body_start : body_start + 1] == "*" == raw[body_end - 1] and _ITALIC.match(raw, body_start, body_end):
            body_start, body_end = body_start + 1, body_end - 1
        if body_start >= body_end:
            gap = True
            continue
        bold = raw.startswith("**", body_start)
        yield _Line(body_start, body_end, hashes, bold, new_page, _columns(line.rstrip()), _columns(line[: mark.end()]))
        gap = new_page = False


def _counted_pages(raw: str) -> set[int]:
    """Where bare numbers stand that count on from page to page: three at least, each a page behind the last."""
    chains: dict[int, list[int]] = {}
    for match in _BARE_LINE.finditer(raw):
        value = int(match.group(1))
        chain = chains.pop(value - 1, [])
        if not chain or match.start(1) - chain[-1] >= _MIN_PAGE:
            chains[value] = [*chain, match.start(1)]
    return {raw.rfind("\n", 0, start) + 1 for chain in chains.values() if len(chain) >= 3 for start in chain}


def _columns(line: str) -> int:
    """Width in print: GB 18030 writes ASCII in one byte and Chinese in two."""
    return len(line.encode("gb18030", "replace"))


def _blank_follows(raw: str, end: int) -> bool:
    rest = raw[end : end + 8]
    return not rest.strip() or rest.replace("\r", "").startswith(("\n\n", "\n\f", "\f"))


def _full_lines(lines: list[_Line]) -> Callable[[_Line], bool] | None:
    """Which lines are full, in a text that was broken at a fixed width; None for a text that was not.

    The width is counted in characters or in columns, whichever fits the text's long lines better.
    """
    best: tuple[float, Callable[[_Line], bool]] | None = None
    for measure, shortest, slack in ((_characters, 20, 4), (_print_width, 40, 5)):
        long = [n for n in map(measure, lines) if n >= shortest]
        if len(long) < 8:
            continue
        widest = int(np.percentile(long, 90))
        near = sum(widest - slack <= n <= widest + slack for n in long) / len(long)
        if near >= 0.6 and widest <= 4 * shortest and (best is None or near > best[0] + 0.02):
            best = near, partial(_is_full, measure, widest - slack + 1)
    return best[1] if best else None


def _characters(line: _Line) -> int:
    return line.end - line.start


def _print_width(line: _Line) -> int:
    return line.columns


def _is_full(measure: Callable[[_Line], int], least: int, line: _Line) -> bool:
    return measure(line) >= least


class _Open:
    """What a paragraph has opened and not closed so far: brackets, quotation marks, bold type."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, int]] = []
        self._length = 0
        self.bold = False

    @property
    def bracket(self) -> bool:
        """Whether a bracket is open, and not for so long that the source must have forgotten it."""
        return any(self._length - opened <= _MAX_OPEN for _, opened in self._stack)

    def read(self, line: str) -> None:
        """Go on by a line of the paragraph."""
        self.bold ^= line.count("**") % 2 == 1
        forgotten = _HALF_NUMBER.match(line) is not None
        for place, char in enumerate(line.translate(_FULL_BRACKETS), self._length):
            if char in _OPEN_TO_CLOSE and not (forgotten and place == self._length):
                self._stack.append((_OPEN_TO_CLOSE[char], place))
            elif self._stack and char == self._stack[-1][0]:
                self._stack.pop()
        self._length += len(line)


def _is_soft_break(raw: str, previous: _Line, line: _Line, is_full: Callable[[_Line], bool] | None, opened: _Open) -> bool:
    """Whether the line break between two kept lines lies inside a paragraph."""
    written = raw[previous.start : previous.end], raw[line.start : line.end]
    before, after = (_SPACES.sub("", part).strip("*") for part in written)
    if not before or not after or line.hashes:
        return False
    if raw[previous.end : line.start].strip(" \u3000") == "\f":  # a page that ends inside a paragraph, as our PDF reader writes it
        return True
    if opened.bold:
        return not _STARTS_PART.match(after)
    if line.bold or "\t" in written[0] or "\t" in written[1] or "|" in before:
        return False
    if after[0] in _NEVER_FIRST:
        return True
    if _STARTS_PART.match(after) or (_TITLE_LINE.search(before) and _ADDRESSEE_LINE.match(after)):
        return False
    if line.indent >= _SIGNING_INDENT and _SIGNING_LINE.match(after):
        return False
    if previous.hashes or before[-1] in _TERMINAL or _ASCII_END.search(before) or (before[-1] in "”》" and is_full is None):
        return opened.bracket or (bool(previous.hashes) and before[-1] in "，、")
    if _DATE_LINE.match(after) or _DATE_LINE.match(before):
        return False
    if opened.bracket:
        return True
    if is_full is not None and is_full(previous):
        return True
    if is_full is not None and not line.new_page:
        return bool(_SENTENCE_INSIDE.search(before))
    return _runs_on(before, after, previous, line)


def _runs_on(before: str, after: str, previous: _Line, line: _Line) -> bool:
    """Whether a line that ends without closing punctuation goes on in the next, where no width tells."""
    if _SENTENCE_INSIDE.search(before) or before[-1] in _NEVER_LAST:
        return True
    if _NUMBERED_LINE.match(before):
        if after.isdecimal():
            return False
        broken = len(before) >= _MIN_BROKEN and not previous.bold and not _WHOLE_TITLE.search(before)
        return broken and not _PROSE_MARK.search(after) and len(after) < 20
    if _BARE_NUMBER_LAST.search(before) and _CJK_FIRST.match(after):
        return True
    if line.new_page and not previous.bold:
        return len(before) >= _MIN_BROKEN and bool(_PROSE_MARK.search(after))
    return len(before) >= 22 and bool(_PROSE_MARK.search(before)) and len(after) <= 1.3 * len(before) + 8


def _pieces(raw: str, line: _Line) -> Iterator[tuple[str, IntArray]]:
    """The kept runs of a line and what stands between them, each with its raw offsets."""
    body = raw[line.start : line.end]
    is_table_row = body.startswith("|") and body.endswith("|") and len(body) > 2
    tabular = is_table_row or _looks_tabular(body)
    gap = re.compile(_GAP.pattern + r"|[|]") if is_table_row else _GAP
    last = 0
    pending: tuple[str, int] | None = None
    for match in gap.finditer(body):
        start, end = match.span()
        if start > last:
            yield from _flush(pending, line.start)
            pending = None
            yield body[last:start], np.arange(line.start + last, line.start + start, dtype=np.int32)
        if last or start:
            separator = _separator(body, start, end, tabular)
            if separator and (pending is None or separator == "\t"):
                pending = (separator, start)
        last = end
    if last < len(body):
        yield from _flush(pending, line.start)
        yield body[last:], np.arange(line.start + last, line.end, dtype=np.int32)


def _flush(pending: tuple[str, int] | None, base: int) -> Iterator[tuple[str, IntArray]]:
    if pending is not None:
        yield pending[0], np.array([base + pending[1]], dtype=np.int32)


def _looks_tabular(body: str) -> bool:
    if "\t" in body:
        return True
    return len(re.findall(r"\S(?:  +|[ \u3000]*\u3000[ \u3000]*)(?=\S)", body)) >= 2 and not _PROSE_MARK.search(body)


def _separator(body: str, start: int, end: int, tabular: bool) -> str:
    """What a gap in a line stands for in the view: nothing, a cell's end, or a space between Latin words."""
    gap = body[start:end]
    if gap.startswith("*") or start == 0 or end == len(body) or not (gap == "|" or any(map(str.isspace, gap))):
        return ""
    left, right = body[start - 1], body[end]
    if "\t" in gap or gap == "|":
        return "\t"
    if tabular and (len(gap) > 1 or gap == "\u3000" or ((left.isdigit() or left in "%％") and (right.isdigit() or right in "+-"))):
        return "\t"
    if left.isascii() and right.isascii() and left.isalpha() and right.isalpha():
        return " "
    if left.isdigit() and right.isdigit() and not _PROSE_MARK.search(body):
        return " "
    return ""
