"""Page headers, footers and page numbers: what stands at a page's edge and comes again on other pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.readers.pdf.layout import Line

_EDGE_LINES = 3
_MARGIN = 0.12  # the share of a page's height at top and bottom where a header or footer stands
_DIGITS = r"[\d一二三四五六七八九十百]{1,5}"
_PAGE_NUMBER = re.compile(
    rf"[-—–－―·_~ ]*(?:\d{{1,4}}|[ivxlc]{{1,6}})[-—–－―·_~ ]*\Z|第 ?{_DIGITS} ?页(?:[ ，,/]*共 ?{_DIGITS} ?页)?\Z"
    r"|\d{1,4} ?/ ?\d{1,4}\Z|page \d{1,4}(?: of \d{1,4})?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's lines in reading order; `bottom` and `top` are its edges."""

    lines: Sequence[Line]
    bottom: float
    top: float

    def is_margin(self, line: Line) -> bool:
        """Whether a line stands in the strip at top or bottom."""
        strip = _MARGIN * (self.top - self.bottom)
        return line.bottom >= self.top - strip or line.top <= self.bottom + strip


def body_lines(pages: Sequence[Page]) -> list[list[Line]]:
    """The lines of each page without its furniture: page numbers at an edge, and margin lines that come on at least two pages and two in five."""
    edges = [_edge(page) for page in pages]
    count = Counter(key for page, edge in zip(pages, edges, strict=True) for key in {_key(line.text) for line in edge if page.is_margin(line)})
    needed = max(2, 0.4 * sum(bool(page.lines) for page in pages))

    def is_furniture(line: Line) -> bool:
        return bool(_PAGE_NUMBER.match(line.text)) or count[_key(line.text)] >= needed

    return [
        [line for line in page.lines if not (line in edge and page.is_margin(line) and is_furniture(line))]
        for page, edge in zip(pages, edges, strict=True)
    ]


def _edge(page: Page) -> list[Line]:
    """The highest and lowest lines of a page."""
    ordered = sorted(page.lines, key=lambda line: line.top)
    return ordered if len(ordered) <= 2 * _EDGE_LINES else ordered[:_EDGE_LINES] + ordered[-_EDGE_LINES:]


def _key(text: str) -> str:
    """What two pages' headers share: their text without spaces, digits put equal."""
    return re.sub(r"\d+", "#", "".join(text.split()))
