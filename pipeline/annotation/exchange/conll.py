"""CoNLL columns: one character a line, offsets first, a column a layer; what belongs to the whole report in comment lines.

    # newdoc = {"id": …, "source": …, "metadata": …}
    # text = "…"
    # section = {"start": 0, "end": 120, "topic": "leadership", "depth": "1", "heading": 9, "number": "一", "title": "…"}
    offset  character  entity  attributes  quantity  values  item  action

`entity` is `B-LAW`, `I-LAW`, … or `O`; `quantity` is `B-q1`, `I-q1`; `item` and `action` name the quantities that a character is
counted by (`B-q1`, several joined with `|`); `attributes` and `values` stand in the first line of their span as `key=value|…`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pipeline.annotation.exchange.sheet import ENTITIES, ROLES, Link, Mark, Sheet
from pipeline.errors import AnnotationError
from pipeline.language import tr

Say = Callable[[str], None]
_NONE = "O"
_SAFE = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in "%|=")


def write(sheets: Sequence[Sheet], folder: Path, say: Say) -> list[Path]:
    """`records.conll`."""
    say(tr("conll: scores are left out"))
    path = folder / "records.conll"
    path.write_text("".join(f"{line}\n" for sheet in sheets for line in _lines(sheet)), "utf-8", newline="\n")
    return [path]


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"# newdoc = {_json({'id': sheet.id, 'source': sheet.source, 'metadata': sheet.metadata})}"
    yield f"# text = {_json(sheet.text)}"
    headings = {mark.start: mark for mark in sheet.marks if mark.label == "HEADING"}
    for mark in sheet.marks:
        if mark.label == "SECTION":
            section: dict[str, Any] = {"start": mark.start, "end": mark.end, **mark.attributes}
            if mark.start in headings:
                section |= {"heading": headings[mark.start].end, **headings[mark.start].attributes}
            yield f"# section = {_json(section)}"
    rows = [[_NONE, "_", _NONE, "_", _NONE, _NONE] for _ in sheet.text]
    for mark in sheet.marks:
        if mark.label in ENTITIES:
            _fill(rows, mark, 0, mark.label)
            rows[mark.start][1] = _attributes(mark)
        elif mark.label == "QUANTITY":
            _fill(rows, mark, 2, mark.id)
            rows[mark.start][3] = _attributes(mark)
    marks = {mark.id: mark for mark in sheet.marks}
    for link in sheet.links:
        _fill(rows, marks[link.target], 4 if link.role == "item" else 5, link.quantity)
    is_open = False
    for offset, (char, row) in enumerate(zip(sheet.text, rows, strict=True)):
        is_open = any("I-" in cell for cell in (row[0], row[2], row[4], row[5]))
        if char.isspace():
            if char == "\n" and not is_open:
                yield ""
            continue
        yield "\t".join([str(offset), char, *row])
    yield ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def _fill(rows: list[list[str]], mark: Mark, column: int, name: str) -> None:
    for offset in range(mark.start, mark.end):
        tag = f"{'B' if offset == mark.start else 'I'}-{name}"
        rows[offset][column] = tag if rows[offset][column] == _NONE else f"{rows[offset][column]}|{tag}"


def _attributes(mark: Mark) -> str:
    return "|".join(f"{key}={quote(value, safe=_SAFE)}" for key, value in mark.attributes.items()) or "_"


def read(path: Path, say: Say) -> list[Sheet]:
    """Sheets of a file of columns.

    Raises:
        AnnotationError: a line that cannot be read, with its number.
    """
    path = path / "records.conll" if path.is_dir() else path
    sheets: list[Sheet] = []
    spans: _Spans | None = None
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        try:
            if line.startswith("# newdoc = "):
                if spans:
                    spans.close()
                head = json.loads(line.partition("= ")[2])
                sheets.append(Sheet(head["id"], "", head["source"], head["metadata"], [], [], None, f"{path}:{number}"))
                spans = _Spans(sheets[-1])
            elif line.strip() and spans is None:
                raise ValueError(tr("no '# newdoc = …' before it"))
            elif line.strip() and spans:
                spans.take(line)
        except (ValueError, KeyError, IndexError) as error:
            raise AnnotationError(
                tr("{path}:{number}: no line of these columns ({error}): {line}", path=path, number=number, error=error, line=line[:60])
            ) from error
    if spans:
        spans.close()
    return sheets


class _Spans:
    """Reads the lines of one report."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._open: dict[tuple[str, str], Mark] = {}
        self._targets: dict[tuple[str, str], list[Mark]] = defaultdict(list)

    def take(self, line: str) -> None:
        """One line that is not empty."""
        if line.startswith("# text = "):
            self.sheet.text = json.loads(line.partition("= ")[2])
        elif line.startswith("# section = "):
            self._section(json.loads(line.partition("= ")[2]))
        elif not line.startswith("#"):
            offset, char, entity, attributes, quantity, values, item, action = line.split("\t")
            at = int(offset)
            if self.sheet.text[at : at + 1] != char:
                raise ValueError(tr("the text has {text!r} at {at}", text=self.sheet.text[at : at + 1], at=at))
            self._tag("entity", entity, at, attributes)
            self._tag("quantity", quantity, at, values)
            self._tag("item", item, at, "_")
            self._tag("action", action, at, "_")

    def _section(self, section: dict[str, Any]) -> None:
        start, end = section.pop("start"), section.pop("end")
        heading = section.pop("heading", None)
        title: dict[str, str] = {key: section.pop(key) for key in ("number", "title") if key in section}
        self.sheet.marks.append(Mark(f"s{start}", "SECTION", start, end, section))
        if heading is not None:
            self.sheet.marks.append(Mark(f"h{start}", "HEADING", start, heading, title))

    def _tag(self, column: str, cell: str, at: int, attributes: str) -> None:
        tags = [] if cell == _NONE else cell.split("|")
        for tag in tags:
            prefix, _, name = tag.partition("-")
            if prefix not in ("B", "I") or not name:
                raise ValueError(tr("{tag!r} is no tag: B-, I- and a name, or O", tag=tag))
            running = self._open.get((column, name))
            if prefix == "B" or running is None:
                self._open[column, name] = self._begin(column, name, at, attributes)
            else:
                running.end = at + 1
        names = {tag.partition("-")[2] for tag in tags}
        for key in [key for key in self._open if key[0] == column and key[1] not in names]:
            del self._open[key]

    def _begin(self, column: str, name: str, at: int, attributes: str) -> Mark:
        label = name if column == "entity" else "QUANTITY" if column == "quantity" else ROLES[column]
        mark = Mark(name if column == "quantity" else f"{column}{at}-{name}", label, at, at + 1)
        if attributes != "_":
            mark.attributes = {key: unquote(value) for key, _, value in (pair.partition("=") for pair in attributes.split("|"))}
        if column in ROLES:
            self.sheet.links.append(Link(column, name, mark.id))
        self.sheet.marks.append(mark)
        return mark

    def close(self) -> None:
        """The report is whole."""
        self._open.clear()
