"""The parts of documents that are made from the accepted run: between `<!-- bench -->` and `<!-- /bench -->`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import cost, show
from benchmarks.run import Run
from pipeline.errors import GongwenError

PAGES: dict[Path, Callable[[Run], Iterator[str]]] = {Path("README.md"): show.markdown, Path("docs/cost.md"): cost.lines}
_OPEN, _CLOSE = "<!-- bench -->", "<!-- /bench -->"


def filled(page: str, lines: Iterator[str], name: str) -> str:
    """A page with its measured part renewed.

    Raises:
        GongwenError: the page has no such part.
    """
    head, opened, rest = page.partition(_OPEN)
    _, closed, tail = rest.partition(_CLOSE)
    if not opened or not closed:
        raise GongwenError(f"{name}: no place for the figures: put {_OPEN} and {_CLOSE} where they belong")
    return f"{head}{_OPEN}\n" + "\n".join(lines) + f"\n{_CLOSE}{tail}"


def renew(run: Run) -> None:
    """Fill every page."""
    for path, lines in PAGES.items():
        path.write_text(filled(path.read_text("utf-8"), lines(run), str(path)), "utf-8")
