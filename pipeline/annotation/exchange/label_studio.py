"""Label Studio: tasks with pre-annotations, a labelling configuration, and the JSON that it exports.

Its editor counts code points in a Text tag, CR and LF one each (seen in 1.18 and 1.23); other tools that write its format count UTF-16
units. What comes back is therefore checked against the words that it says it marked, and counted the other way where only that fits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pipeline.annotation.exchange.sheet import ATTRIBUTES, ENTITIES, LABELS, METADATA, ROLES, Link, Mark, Sheet
from pipeline.annotation.notes import BOUNDS, RANKS
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import TOPICS

Say = Callable[[str], None]

_COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#d68910", "#7d3c98", "#148f77", "#5d6d7e", "#b2babb")
_LEVELS = ("central", "province", "city", "county", "town")
_CHOICES: dict[str, Sequence[str]] = {
    "rank": RANKS, "level": _LEVELS, "bound": BOUNDS, "change": ("increase", "decrease"), "topic": TOPICS, "depth": tuple("123456789"),
}  # fmt: skip
_SHOWN_FOR = {"rank": ("LAW",), "level": ("AGENCY",)}


def labelling_config() -> str:
    """The labelling configuration: labels, attributes of each region, relations, and the report's metadata."""
    lines = ["<View>", '  <Labels name="label" toName="text" choice="single">']
    for number, (label, colour) in enumerate(zip(LABELS, _COLOURS, strict=True), 1):
        lines.append(f'    <Label value="{label}" background="{colour}" hotkey="{number}"/>')
    lines += ["  </Labels>", "  <Relations>", *(f'    <Relation value="{role}"/>' for role in ROLES), "  </Relations>"]
    lines.append('  <Text name="text" value="$text" granularity="symbol" saveTextResult="yes"/>')
    for name, labels in _controls():
        shown = f'whenTagName="label" whenLabelValue={quoteattr(",".join(labels))}'
        lines.append(f'  <View visibleWhen="region-selected" {shown}><Header value="{name}" size="6"/></View>')
        if name in _CHOICES:
            choices = "".join(f'<Choice value="{choice}"/>' for choice in _CHOICES[name])
            lines.append(f'  <Choices name="{name}" toName="text" choice="single" showInline="true" perRegion="true" {shown}>{choices}</Choices>')
        else:
            lines.append(f'  <TextArea name="{name}" toName="text" editable="true" maxSubmissions="1" perRegion="true" {shown}/>')
    lines.append('  <Collapse><Panel value="metadata of the report">')
    for key in (*METADATA, "cc"):
        limit = "" if key == "cc" else ' maxSubmissions="1"'
        lines.append(f'    <Header value="{key}" size="6"/><TextArea name="metadata_{key}" toName="text" editable="true"{limit}/>')
    lines.append("  </Panel></Collapse>")
    return "\n".join([*lines, "</View>"]) + "\n"


def _controls() -> list[tuple[str, list[str]]]:
    """Names of the controls of a region's attributes, and the labels that each is shown for."""
    names = list(dict.fromkeys(name for label in (ENTITIES[0], *LABELS[3:]) for name in ATTRIBUTES[label]))
    return [(name, [label for label in LABELS if name in ATTRIBUTES[label] and label in _SHOWN_FOR.get(name, LABELS)]) for name in names]


def write(sheets: Sequence[Sheet], folder: Path, say: Say) -> list[Path]:
    """`tasks.json` to import and `labelling-config.xml` to paste into the project's settings."""
    tasks, config = folder / "tasks.json", folder / "labelling-config.xml"
    tasks.write_text(json.dumps([_task(sheet, say) for sheet in sheets], ensure_ascii=False, indent=1) + "\n", "utf-8")
    config.write_text(labelling_config(), "utf-8")
    return [tasks, config]


def _task(sheet: Sheet, say: Say) -> dict[str, Any]:
    if sheet.metadata.get("warnings"):
        say(tr("{id}: shown in the task's data only: metadata warnings", id=sheet.id))
    task: dict[str, Any] = {"data": {"text": sheet.text, "id": sheet.id, "source": sheet.source, "warnings": sheet.metadata.get("warnings") or []}}
    result = list(_results(sheet))
    if sheet.model is None:
        return task | {"annotations": [{"result": result}]}
    scores = [mark.score for mark in sheet.marks if mark.score is not None]
    mean = sum(scores) / len(scores) if scores else 0.0
    return task | {"predictions": [{"model_version": sheet.model, "score": round(mean, 4), "result": result}]}


def _results(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for mark in sheet.marks:
        span = {"start": mark.start, "end": mark.end}
        common = {"id": mark.id, "to_name": "text"} | ({} if mark.score is None else {"score": mark.score})
        words = sheet.text[mark.start : mark.end]
        yield common | {"from_name": "label", "type": "labels", "value": span | {"text": words, "labels": [mark.label]}}
        for name, value in mark.attributes.items():
            if name in _CHOICES:
                yield common | {"from_name": name, "type": "choices", "value": span | {"choices": [value]}}
            else:
                yield common | {"from_name": name, "type": "textarea", "value": span | {"text": [value]}}
    for link in sheet.links:
        yield {"type": "relation", "from_id": link.quantity, "to_id": link.target, "direction": "right", "labels": [link.role]}
    for key in (*METADATA, "cc"):
        said = sheet.metadata.get(key)
        if said:
            texts = said if isinstance(said, list) else [said]
            yield {"id": f"m-{key}", "from_name": f"metadata_{key}", "to_name": "text", "type": "textarea", "value": {"text": texts}}


def read(path: Path, say: Say) -> list[Sheet]:
    """Sheets of an export in the format `JSON`; of several annotations of a task the last one counts.

    Raises:
        AnnotationError: it is no such export.
    """
    path = path / "tasks.json" if path.is_dir() else path
    try:
        tasks = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AnnotationError(
            tr("{path}: no Label Studio export ({error}): choose the format JSON when exporting", path=path, error=error)
        ) from error
    sheets = []
    for number, task in enumerate(tasks if isinstance(tasks, list) else [], 1):
        origin = f"{path}: task {task.get('id', number) if isinstance(task, dict) else number}"
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict) or "text" not in task["data"] or "source" not in task["data"]:
            raise AnnotationError(
                tr("{origin}: not a task that `gongwen annotate export` made; export in the format JSON, not JSON-MIN or CSV", origin=origin)
            )
        done = [a for a in task.get("annotations") or [] if not a.get("was_cancelled")]
        if not done:
            say(tr("{origin}: left out: not annotated yet (skipped, or only pre-annotated)", origin=origin))
            continue
        if len(done) > 1:
            say(tr("{origin}: {done} annotations: the last one counts", origin=origin, done=len(done)))
        last = max(enumerate(done), key=lambda pair: (str(pair[1].get("updated_at") or ""), pair[0]))[1]
        sheets.append(_sheet(task["data"], last.get("result") or [], origin))
    return sheets


def _sheet(data: dict[str, Any], results: Sequence[dict[str, Any]], origin: str) -> Sheet:
    sheet = Sheet(data["id"], data["text"], data["source"], {"warnings": data.get("warnings") or []}, [], [], None, origin)
    marks: dict[str, Mark] = {}
    units = _Utf16(sheet.text)
    try:
        for result in results:
            if result["type"] == "labels":
                start, end = units.code_points(result["value"])
                labels = result["value"]["labels"]
                marks[result["id"]] = Mark(result["id"], labels[0] if labels else "", start, end)
        for result in results:
            value = result.get("value", {})
            if result["type"] == "relation":
                sheet.links.append(_link(result, marks))
            elif str(result.get("from_name", "")).startswith("metadata_"):
                key = result["from_name"].removeprefix("metadata_")
                sheet.metadata[key] = value["text"] if key == "cc" else value["text"][0]
            elif result["type"] in ("choices", "textarea") and result["id"] in marks:
                said = value["choices"] if result["type"] == "choices" else value["text"]
                if said:
                    marks[result["id"]].attributes[result["from_name"]] = said if isinstance(said, str) else said[-1]
    except (KeyError, IndexError, TypeError) as error:
        raise AnnotationError(
            tr(
                "{origin}: a result that is not of the labelling configuration ({kind}: {error})",
                origin=origin,
                kind=type(error).__name__,
                error=error,
            )
        ) from error
    sheet.marks = list(marks.values())
    return sheet


def _link(result: dict[str, Any], marks: dict[str, Mark]) -> Link:
    """A relation; without a label its target says what it is, drawn backwards it is turned."""
    source, target = result["from_id"], result["to_id"]
    if target in marks and marks[target].label == "QUANTITY" and marks.get(source) and marks[source].label != "QUANTITY":
        source, target = target, source
    roles = result.get("labels") or [role for role, label in ROLES.items() if target in marks and marks[target].label == label]
    return Link(roles[0] if roles else "", source, target)


class _Utf16:
    """Offsets as code points, whichever way a tool counted them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_plain = all(ord(char) < 0x10000 for char in text)
        self._data = b"" if self._is_plain else text.encode("utf-16-le", "surrogatepass")

    def code_points(self, value: dict[str, Any]) -> tuple[int, int]:
        """Offsets of a region; counted in UTF-16 units where only those fit the words that it marks."""
        start, end = int(value["start"]), int(value["end"])
        words = value.get("text")
        if self._is_plain or not isinstance(words, str) or (end <= len(self._text) and _same(self._text[start:end], words)):
            return start, end
        before, inside = (self._data[: 2 * start], self._data[2 * start : 2 * end])
        if _same(inside.decode("utf-16-le", "replace"), words):
            first = len(before.decode("utf-16-le", "replace"))
            return first, first + len(inside.decode("utf-16-le", "replace"))
        return start, end


def _same(left: str, right: str) -> bool:
    return "".join(left.split()) == "".join(right.replace("\\n", " ").split())
