"""Out to labelling tools and back: nothing is lost, offsets survive what tools count in other ways, faults are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import GOLD_RECORD, ROOT
from typer.testing import CliRunner

from pipeline.annotation.exchange import TOOLS, export_records, import_records
from pipeline.annotation.exchange.label_studio import labelling_config
from pipeline.annotation.folder import compile_folder
from pipeline.cli import app
from pipeline.errors import AnnotationError
from pipeline.extractor import Extractor
from pipeline.record import Record, read_records, write_records

runner = CliRunner()
# CRLF, a tab, an emoji of two UTF-16 units, one of several code points, and a character of a name beyond the BMP (𠮷)
HARD = (
    "一、工作情况\r\n📣市司法局受理\t行政复议案件12件，同比增长3成👨‍👩‍👧。\r\n"
    "𠮷安县公安局依照《治安管\r\n理处罚法》办结 8 件，推进“𣲙一件事”改革。\r\n\r\n— 2 —\r\n\r\n完成。\r\n"
)


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def hard(extractor: Extractor) -> Record:
    """A record of a text that is hard for tools, with attributes and links on it."""
    record = extractor(HARD, id="hard")
    assert {e.label for e in record.entities} >= {"LAW", "AGENCY"}
    assert any(q.item for q in record.quantities)
    return record


def layers(record: Record) -> dict[str, Any]:
    """What a person corrects."""
    by_rule = {"score", "basis", "period", "per", "part_of", "base"}
    parts = {name: [p.model_dump(exclude=by_rule) for p in getattr(record, name)] for name in ("sections", "entities", "quantities")}
    return {**parts, "id": record.id, "text": record.text, "source": record.source, "metadata": record.metadata.model_dump()}


def there_and_back(records: list[Record], tool: str, folder: Path, change: Callable[[Path], None] = lambda folder: None) -> list[Record]:
    export_records(records, tool, folder, quiet)
    if tool == "label-studio":
        submit(folder / "tasks.json")
    change(folder)
    return import_records(folder, tool, quiet)


def submit(tasks: Path) -> None:
    """As Label Studio does when a person opens a task and submits it: the pre-annotation becomes an annotation."""
    data = json.loads(tasks.read_text("utf-8"))
    for task in data:
        for prediction in task.pop("predictions", []):
            task.setdefault("annotations", []).append({"result": prediction["result"], "was_cancelled": False})
    tasks.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


@pytest.mark.parametrize("tool", TOOLS)
def test_nothing_is_lost(tool: str, tmp_path: Path, hard: Record) -> None:
    (gold,) = read_records(GOLD_RECORD)
    pieces = [piece.record for piece in compile_folder(ROOT / "annotations" / "train" / "p01")]
    records = [gold, hard, *pieces]
    back = {record.id: record for record in there_and_back(records, tool, tmp_path)}
    assert len(back) == len(records)
    for record in records:
        assert layers(back[record.id]) == layers(record)


def test_a_task_has_scores_and_the_model_that_made_it(tmp_path: Path, hard: Record) -> None:
    export_records([hard], "label-studio", tmp_path, quiet)
    (task,) = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    (prediction,) = task["predictions"]
    assert hard.pipeline
    assert prediction["model_version"] == hard.pipeline.model
    assert 0 < prediction["score"] <= 1
    law = next(r for r in prediction["result"] if r.get("value", {}).get("labels") == ["LAW"])
    assert law["score"] == next(e.score for e in hard.entities if e.label == "LAW")
    assert "annotations" not in task


def test_the_labelling_configuration_names_all_that_the_tasks_use(tmp_path: Path, hard: Record) -> None:
    (gold,) = read_records(GOLD_RECORD)
    export_records([gold, hard], "label-studio", tmp_path, quiet)
    root = ElementTree.fromstring((tmp_path / "labelling-config.xml").read_text("utf-8"))
    names = {node.get("name"): node for node in root.iter() if node.get("name")}
    for task in json.loads((tmp_path / "tasks.json").read_text("utf-8")):
        for result in (task.get("annotations") or task["predictions"])[0]["result"]:
            if result["type"] == "relation":
                assert set(result["labels"]) <= {node.get("value") for node in root.iter("Relation")}
                continue
            node = names[result["from_name"]]
            assert node.get("toName") == result["to_name"] == "text"
            for kind, tag in (("labels", "Label"), ("choices", "Choice")):
                assert set(result["value"].get(kind, [])) <= {child.get("value") for child in node.iter(tag)}
    assert labelling_config().isascii()


def test_offsets_in_utf16_units_are_counted_back(tmp_path: Path, hard: Record) -> None:
    """What an old release of the editor would give back: every offset counted in UTF-16 units."""

    def count_in_units(folder: Path) -> None:
        tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
        for result in tasks[0]["annotations"][0]["result"]:
            value = result.get("value", {})
            if "start" in value:
                for key in ("start", "end"):
                    value[key] = len(HARD[: value[key]].encode("utf-16-le")) // 2
        (folder / "tasks.json").write_text(json.dumps(tasks), "utf-8")

    (back,) = there_and_back([hard], "label-studio", tmp_path, count_in_units)
    assert layers(back) == layers(hard)


def results_of(folder: Path) -> tuple[list[Any], list[Any]]:
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    return tasks, tasks[0]["annotations"][0]["result"]


def correct(folder: Path, change: Callable[[list[Any]], None]) -> None:
    """A scripted correction of the first task."""
    tasks, results = results_of(folder)
    change(results)
    (folder / "tasks.json").write_text(json.dumps(tasks), "utf-8")


def region(name: str, label: str, words: str) -> dict[str, Any]:
    start = HARD.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def test_what_a_person_draws_is_completed(tmp_path: Path, hard: Record) -> None:
    """A name without canonical form, a number without value, a relation drawn backwards and without a label."""

    def draw(results: list[Any]) -> None:
        results[:] = [
            r for r in results if (r["type"] != "relation" and r["from_name"] != "label") or r.get("value", {}).get("labels") == ["SECTION"]
        ]
        results += [region("new1", "AGENCY", "𠮷安县公安局"), region("new2", "QUANTITY", "12件"), region("new3", "ITEM", "\t行政复议案件")]
        results.append({"type": "relation", "from_id": "new3", "to_id": "new2", "direction": "right", "labels": []})

    (back,) = there_and_back([hard], "label-studio", tmp_path, lambda folder: correct(folder, draw))
    (agency,) = back.entities
    (number,) = back.quantities
    assert (agency.text, agency.canonical) == ("𠮷安县公安局", "𠮷安县公安局")
    assert (number.value, number.unit, number.bound) == ("12", "件", "exact")
    assert number.item
    assert number.item.text == "行政复议案件"
    assert HARD[number.item.start] == "行", "the tab at its beginning is drawn in"


FAULTS = [
    ([region("n", "PERSON", "完成")], "unknown label 'PERSON'"),
    ([region("n", "AGENCY", "司法局受理")], "overlap"),
    ([region("n", "MEASURE", "\r\n\r\n")], "covers nothing that is read"),
    ([region("n", "QUANTITY", "完成")], "has no value, and its words do not say one"),
    ([region("n", "QUANTITY", "理处罚法")], "lies in a LAW"),
    ([region("n", "HEADING", "完成")], "begins no SECTION"),
    ([region("n", "SECTION", "完成")], "has no topic"),
    ([{"type": "relation", "from_id": "e1", "to_id": "nowhere", "labels": ["item"]}], "links go from a QUANTITY"),
    ([{**region("n", "AGENCY", "完成"), "value": {"start": 900, "end": 904, "labels": ["AGENCY"]}}], "is not inside the text"),
]


@pytest.mark.parametrize(("added", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_faults_are_named_with_file_and_task(added: list[Any], words: str, tmp_path: Path, hard: Record) -> None:
    with pytest.raises(AnnotationError, match=words) as error:
        there_and_back([hard], "label-studio", tmp_path, lambda folder: correct(folder, lambda results: results.extend(added)))
    assert "tasks.json: task 1: " in str(error.value)


def test_what_is_left_out_is_said(tmp_path: Path, hard: Record) -> None:
    said: list[str] = []
    export_records([hard], "label-studio", tmp_path, said.append)
    with pytest.raises(AnnotationError, match="nothing that was labelled"):
        import_records(tmp_path, "label-studio", said.append)
    submit(tmp_path / "tasks.json")
    correct(tmp_path, lambda results: results.append(region("n", "ACTION", "完成")))
    correct(tmp_path, lambda results: results.append(region("law", "LAW", "工作情况")))
    import_records(tmp_path, "label-studio", said.append)
    text = "\n".join(said)
    assert "not exported: words and sentences" in text
    assert "not annotated yet" in text
    assert "ACTION '完成' at" in text
    assert "LAW 工作情况 has no rank" in text


def test_doccano_says_which_attributes_went_with_their_span(tmp_path: Path, hard: Record) -> None:
    said: list[str] = []
    export_records([hard], "doccano", tmp_path, said.append)
    row = json.loads((tmp_path / "data.jsonl").read_text("utf-8"))
    agency = next(e for e in row["entities"] if e["label"] == "AGENCY")
    agency["start_offset"] += 1
    (tmp_path / "data.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    import_records(tmp_path, "doccano", said.append)
    assert any("the attributes of AGENCY" in line for line in said)


@pytest.mark.parametrize(
    ("tool", "file", "content", "words"),
    [
        ("label-studio", "tasks.json", "{", "no Label Studio export"),
        ("label-studio", "tasks.json", '[{"text": "…", "label": []}]', "not JSON-MIN or CSV"),
        ("doccano", "data.jsonl", '{"text": "…"}\n', "data.jsonl:1: no line of a doccano export"),
        ("brat", "a.ann", "T1\tLAW 0 2\t文。\n", "needs the .txt and .json"),
        ("conll", "records.conll", "1\t文\tO\n", r"records.conll:1: no line of these columns"),
        ("docbin", "records.spacy", "PK", "no DocBin"),
    ],
)
def test_files_of_another_kind_are_refused(tool: str, file: str, content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(content, "utf-8")
    with pytest.raises(AnnotationError, match=words):
        import_records(tmp_path, tool, quiet)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_binary_file_and_an_empty_folder_are_refused(tool: str, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00\x01\n" * 9)
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "a.bin", tmp_path / "empty"):
        with pytest.raises(AnnotationError):
            import_records(path, tool, quiet)


def test_a_line_of_brat_that_fits_nothing_is_named(tmp_path: Path, hard: Record) -> None:
    export_records([hard], "brat", tmp_path, quiet)
    ann = tmp_path / "hard.ann"
    lines = ann.read_text("utf-8").count("\n")
    ann.write_text(ann.read_text("utf-8") + "A99\trank T999 law\n", "utf-8")
    with pytest.raises(AnnotationError, match=rf"hard.ann:{lines + 1}: "):
        import_records(tmp_path, "brat", quiet)


def test_two_records_of_one_name(tmp_path: Path, hard: Record) -> None:
    with pytest.raises(AnnotationError, match="two records are called 'hard'"):
        export_records([hard, hard], "brat", tmp_path, quiet)


def test_the_commands(tmp_path: Path, hard: Record) -> None:
    write_records(tmp_path / "out.jsonl", [hard])
    done = runner.invoke(app, ["annotate", "export", str(tmp_path / "out.jsonl"), "--to", "conll"])
    assert done.exit_code == 0
    assert (tmp_path / "out-conll" / "records.conll").exists()
    gold = tmp_path / "gold.jsonl"
    done = runner.invoke(app, ["annotate", "import", str(tmp_path / "out-conll"), "--from", "conll", "-o", str(gold)])
    assert done.exit_code == 0
    assert layers(next(iter(read_records(gold)))) == layers(hard)
    done = runner.invoke(app, ["annotate", "import", str(tmp_path / "nowhere"), "--from", "brat"])
    assert done.exit_code == 2
    assert "no such file or folder" in done.output
