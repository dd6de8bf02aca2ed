"""brat standoff: a `.txt` and a `.ann` for each report, the metadata in a `.json` beside them, and brat's configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.annotation.exchange.sheet import ENTITIES, LABELS, ROLES, Link, Mark, Sheet
from pipeline.annotation.notes import BOUNDS, RANKS
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import TOPICS

Say = Callable[[str], None]

_CHOICES: dict[str, tuple[tuple[str, ...], Sequence[str]]] = {
    "rank": (("LAW",), RANKS),
    "level": (("AGENCY",), ("central", "province", "city", "county", "town")),
    "bound": (("QUANTITY",), BOUNDS),
    "change": (("QUANTITY",), ("increase", "decrease")),
    "topic": (("SECTION",), TOPICS),
    "depth": (("SECTION",), tuple("123456789")),
}
_BREAK = re.compile(r"[\r\n\f\v\x85\u2028\u2029]+")


def write(sheets: Sequence[Sheet], folder: Path, say: Say) -> list[Path]:
    """The files of a brat collection."""
    say(
        tr("brat shows no metadata: it travels in the .json beside each report; a section is marked by its first line, its end follows from the next")
    )
    say(tr("brat shows names, values and units as notes (JSON) of their spans; scores are left out"))
    written = [folder / "annotation.conf"]
    written[0].write_text(_configuration(), "utf-8")
    for sheet in sheets:
        text, ann, rest = (folder / f"{sheet.id}.{suffix}" for suffix in ("txt", "ann", "json"))
        text.write_bytes(sheet.text.encode("utf-8", "surrogatepass"))
        ann.write_text("".join(f"{line}\n" for line in _lines(sheet)), "utf-8")
        rest.write_text(json.dumps({"id": sheet.id, "source": sheet.source, "metadata": sheet.metadata}, ensure_ascii=False, indent=1), "utf-8")
        written += [text, ann, rest]
    return written


def _configuration() -> str:
    anything = "|".join((*ENTITIES, *ROLES.values()))
    attributes = [f"{name}\tArg:{'|'.join(labels)}, Value:{'|'.join(values)}" for name, (labels, values) in _CHOICES.items()]
    relations = [f"{role}\tArg1:QUANTITY, Arg2:{anything}" for role in ROLES]
    return "\n".join(["[entities]", *LABELS, "[relations]", *relations, "[events]", "[attributes]", *attributes]) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    names = {mark.id: f"T{number}" for number, mark in enumerate(sheet.marks, 1)}
    attributes = notes = 0
    for mark in sheet.marks:
        end = mark.end
        extra: dict[str, str | int] = {}
        if mark.label == "SECTION":
            line_end = _BREAK.search(sheet.text, mark.start, mark.end)
            end, extra = line_end.start() if line_end else mark.end, {"end": mark.end}
        pieces = list(_fragments(sheet.text, mark.start, end))
        yield f"{names[mark.id]}\t{mark.label} {';'.join(f'{s} {e}' for s, e in pieces)}\t{' '.join(sheet.text[s:e] for s, e in pieces)}"
        for name, value in mark.attributes.items():
            if name in _CHOICES and mark.label in _CHOICES[name][0]:
                attributes += 1
                yield f"A{attributes}\t{name} {names[mark.id]} {value}"
            else:
                extra[name] = value
        if extra:
            notes += 1
            yield f"#{notes}\tAnnotatorNotes {names[mark.id]}\t{json.dumps(extra, ensure_ascii=False)}"
    for number, link in enumerate(sheet.links, 1):
        yield f"R{number}\t{link.role} Arg1:{names[link.quantity]} Arg2:{names[link.target]}"


def _fragments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a span between line breaks: a mark of brat's does not run over one."""
    for gap in _BREAK.finditer(text, start, end):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if end > start:
        yield start, end


def read(path: Path, say: Say) -> list[Sheet]:
    """Sheets of a folder of `.ann` files with their `.txt` and `.json`.

    Raises:
        AnnotationError: files are missing or lines cannot be read.
    """
    files = sorted(path.glob("*.ann")) if path.is_dir() else [path]
    return [_sheet(file, say) for file in files]


def _sheet(ann: Path, say: Say) -> Sheet:
    try:
        text = ann.with_suffix(".txt").read_bytes().decode("utf-8", "surrogatepass")
        rest: dict[str, Any] = json.loads(ann.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AnnotationError(tr("{ann}: needs the .txt and .json of its name beside it ({error})", ann=ann, error=error)) from error
    marks: dict[str, Mark] = {}
    links: list[Link] = []
    for number, line in enumerate(ann.read_text("utf-8").split("\n"), 1):
        try:
            _take(line, marks, links, len(text))
        except (ValueError, KeyError, IndexError) as error:
            raise AnnotationError(
                tr("{ann}:{number}: no line of brat's that fits the others ({error}): {line}", ann=ann, number=number, error=error, line=line[:60])
            ) from error
    return Sheet(rest["id"], text, rest["source"], rest["metadata"], list(marks.values()), links, None, str(ann))


def _take(line: str, marks: dict[str, Mark], links: list[Link], length: int) -> None:
    if not line.strip():
        return
    name, rest, *more = line.split("\t")
    if name[0] == "T":
        label, _, offsets = rest.partition(" ")
        numbers = [int(n) for n in re.split("[ ;]", offsets)]
        end = length if label == "SECTION" else numbers[-1]
        marks[name] = Mark(name, label, numbers[0], end)
    elif name[0] in "AM":
        key, target, value = rest.split(" ", 2)
        marks[target].attributes[key] = value
    elif name[0] == "R":
        role, first, second = rest.split(" ")
        links.append(Link(role, first.partition(":")[2], second.partition(":")[2]))
    elif name[0] == "#" and more:
        mark = marks[rest.split(" ")[1]]
        extra = json.loads(more[0]) if more[0].startswith("{") else {}
        mark.end = int(extra.pop("end", mark.end))
        mark.attributes.update(extra)
