"""Notes: what compiles, and every fault with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT, ROOT
from typer.testing import CliRunner

from pipeline.annotation.check import check, coverage, measured_records
from pipeline.annotation.folder import compile_folder
from pipeline.annotation.notes import compile_notes
from pipeline.cli import app
from pipeline.errors import AnnotationError
from pipeline.record import Record, read_records, write_records

TEXT = "一、化解纠纷\n市司法局修编市级 44 个、县级 292\n\n个预案，依照《信访工作条例》\n\n— 2 —\n\n办结。\n"
NOTES = """P pen=p00; kind=chapter
M issuer=某市司法局
L 1
H 1 一、 化解纠纷
T disputes
L 2
AGENCY 市司法局 | level=city; canon=某市司法局
LAW 《信访工作条例》 | rank=party
Q 44个 | value=44; unit=个; item=预案; action=修编
Q 292个 | value=292; unit=个; bound=exact; item=预案#1; action=修编
"""


def compiled(tmp_path: Path, notes: str, text: str = TEXT) -> Path:
    path = tmp_path / "piece.txt"
    path.write_text(text, "utf-8", newline="")
    path.with_suffix(".notes").write_text(notes, "utf-8")
    return path


def test_a_piece(tmp_path: Path) -> None:
    piece = compile_notes(compiled(tmp_path, NOTES))
    record = piece.record
    assert piece.pen == "p00"
    assert [(e.label, e.text, e.level, e.rank) for e in record.entities] == [
        ("AGENCY", "市司法局", "city", None),
        ("LAW", "《信访工作条例》", None, "party"),
    ]
    assert record.entities[1].canonical == "信访工作条例"
    assert [q.text for q in record.quantities] == ["44个", "292个"]
    assert record.text[record.quantities[1].start : record.quantities[1].end] == "292\n\n个"
    assert [q.item.text for q in record.quantities if q.item] == ["预案", "预案"]
    assert [(s.title, s.topic) for s in record.sections] == [("化解纠纷", "disputes")]


FAULTS = [
    ("X 市司法局", "unknown tag X"),
    ("LAW 《信访工作条例》", "a LAW needs a rank"),
    ("AGENCY 县司法局 | level=county", "'县司法局' not found"),
    ("T sports", "unknown topic 'sports'"),
    ("Q 44个 | unit=个", "a quantity needs a value"),
    ("Q 44个 | value=44; unit=个; bound=perhaps", "unknown bound 'perhaps'"),
    ("Q 44个 | value=44; unit=个; item=群众", "item '群众' not found"),
    ("L 99", "no line 99"),
    ("H 一、 化解纠纷", "a heading needs a level"),
]


@pytest.mark.parametrize(("line", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_a_fault_is_named_with_file_and_line(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(AnnotationError) as error:
        compile_notes(compiled(tmp_path, f"L 1\nT disputes\nL 2\n{line}\n"))
    assert words in str(error.value)
    assert "piece.notes:4: " in str(error.value)


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ("L 1\nT disputes\nL 2\nAGENCY 市司法局 | level=city\nL 2\nAGENCY 司法局 | level=city\n", "overlap"),
        ("L 1\nH 1 一、 化解纠纷\n", "no topics"),
        ("L 1\nT disputes\nL 2\nQ 44个 | value=vierundvierzig; unit=个\n", "is no decimal number"),
    ],
)
def test_contradictions_are_named(tmp_path: Path, notes: str, words: str) -> None:
    with pytest.raises(AnnotationError, match=words):
        compile_notes(compiled(tmp_path, notes))


def test_notes_without_a_report(tmp_path: Path) -> None:
    (tmp_path / "lonely.notes").write_text("L 1\n", "utf-8")
    with pytest.raises(AnnotationError, match="no report of that name"):
        compile_folder(tmp_path)


def test_gold_notes_compile_to_the_gold_record() -> None:
    (gold,) = read_records(GOLD_RECORD)
    record = compile_notes(GOLD_REPORT).record
    assert record.entities == gold.entities
    assert record.quantities == gold.quantities
    assert record.sections == gold.sections


def test_the_training_set_compiles_and_holds_no_gold() -> None:
    pieces = compile_folder(ROOT / "annotations" / "train")
    assert len(pieces) >= 10
    measured = {
        record.text for folder in ("gold", "dev") for path in (ROOT / "annotations" / folder).glob("*.jsonl") for record in read_records(path)
    }
    assert not measured & {piece.record.text for piece in pieces}
    assert len({piece.record.id for piece in pieces}) == len(pieces)
    assert all(piece.info.get("pen") for piece in pieces)


def test_check_finds_what_compiling_cannot(tmp_path: Path) -> None:
    first = tmp_path / "first.txt"
    first.write_text("一、甲\n全市各级执法机关认真开展案卷评查，累计评查案卷44卷，整改问题12个。\n二、乙\n办结9件。\n", "utf-8")
    first.with_suffix(".notes").write_text(
        "P pen=p0\nL 1\nH 1 一、 甲\nT oversight\nL 2\nQ 44卷 | value=440; unit=卷; item=案卷\nL 3\nH 1 二、 乙\nT oversight\nL 4\nQ 9件 | value=9; unit=件; item=案卷; itemL=2\n",
        "utf-8",
    )
    second = tmp_path / "second.txt"
    second.write_text("全市各级执法机关认真开展案卷评查，累计评查案卷57卷，整改问题30个。\n", "utf-8")
    second.with_suffix(".notes").write_text(
        "P pen=p1; kind=chapter; place=某市; level=city; department=justice; year=2020\nL 1\nT oversight\n", "utf-8"
    )
    found = "\n".join(check(compile_folder(tmp_path)))
    assert "'44卷' says 440, its surface reads 44" in found
    assert "item '案卷' stands in another part" in found
    assert "first.txt: the P line has no kind" in found
    assert "first and second: nearly the same sentence" in found
    assert any(line.startswith("2 pieces") for line in coverage(compile_folder(tmp_path)))


def test_the_training_set_is_clean() -> None:
    assert list(check(compile_folder(ROOT / "annotations" / "train"), measured_records(ROOT / "annotations"))) == []


def test_gold_records_are_pieces_too_and_compiled_ones_are_left_out(tmp_path: Path) -> None:
    path = compiled(tmp_path, NOTES)
    record = compile_notes(path).record
    write_records(path.with_suffix(".jsonl"), [record])
    assert [p.line for p in compile_folder(tmp_path)] == [0], "the compiled record of notes is not a second piece"
    other = record.model_copy(update={"id": "other", "text": record.text.replace("市司法局", "县司法局")})
    other = Record.model_validate_json(other.to_json().replace("市司法局", "县司法局"))
    write_records(tmp_path / "corrected.jsonl", [other])
    pieces = compile_folder(tmp_path)
    assert [(p.record.id, p.pen, p.line) for p in pieces] == [("other", "corrected", 1), ("piece", "p00", 0)]


def changed(record: Record, old: str, new: str, count: int = 1) -> str:
    line = record.to_json()
    assert old in line
    return line.replace(old, new, count)


BAD_RECORDS = [
    ('"label":"AGENCY"', '"label":"PERSON"', "Input should be 'LAW', 'AGENCY' or 'MEASURE'"),
    ('"start":6,"end":11', '"start":600,"end":604', "entities 600–604 is not inside|is not inside the text"),
    ('"start":7,"end":11,"text":"市司法局"', '"start":8,"end":12,"text":"市司法局"', "does not read '市司法局'"),
    ('"topic":"disputes"', '"topic":"sports"', "Input should be 'overview'"),
    ('"value":"44"', '"value":"viele"', "is no decimal number"),
]


@pytest.mark.parametrize(("old", "new", "words"), BAD_RECORDS, ids=[words for _, _, words in BAD_RECORDS])
def test_bad_records_are_named_with_file_and_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    record = compile_notes(compiled(tmp_path, NOTES)).record
    agency = record.entities[0]
    if old.startswith('"start"'):
        old = f'"start":{agency.start},"end":{agency.end}' + (',"text":"市司法局"' if "text" in old else "")
        new = new.replace("8,", f"{agency.start + 1},").replace("12,", f"{agency.end + 1},")
    (tmp_path / "piece.notes").unlink()
    (tmp_path / "bad.jsonl").write_text(f"\n{changed(record, old, new)}\n", "utf-8")
    with pytest.raises(AnnotationError, match=words) as error:
        compile_folder(tmp_path)
    assert "bad.jsonl:2: " in str(error.value)


def test_records_with_overlaps_and_misaligned_spans_are_named(tmp_path: Path) -> None:
    record = compile_notes(compiled(tmp_path, NOTES)).record
    (tmp_path / "piece.notes").unlink()
    first, second = record.quantities
    overlapping = record.model_copy(update={"quantities": [first, first.model_copy(update={"id": "q9"})]})
    law = record.entities[1]
    in_law = second.model_copy(update={"start": law.start, "end": law.end, "text": law.text, "item": None, "action": None})
    padded = first.model_copy(update={"end": first.end + 1, "text": "44个、"})
    misaligned = padded.model_copy(update={"start": first.start - 1, "end": first.end, "text": "44个"})
    lines = [overlapping, record.model_copy(update={"quantities": [in_law]}), record.model_copy(update={"quantities": [misaligned]})]
    write_records(tmp_path / "bad.jsonl", [r.model_copy(update={"id": f"r{n}"}) for n, r in enumerate(lines)])
    with pytest.raises(AnnotationError) as error:
        compile_folder(tmp_path)
    text = str(error.value)
    assert "bad.jsonl:1: quantities q1 '44个' and q9 '44个' overlap" in text
    assert "bad.jsonl:2: quantity q2" in text
    assert "lies in a LAW" in text
    assert "bad.jsonl:3: quantity q1" in text
    assert "fits no text that is read" in text


def test_overlaps_in_notes_are_named_with_their_lines(tmp_path: Path) -> None:
    notes = "L 1\nT disputes\nL 2\nAGENCY 市司法局 | level=city\nL 2\nAGENCY 司法局 | level=city\nL 2\nQ 44个 | value=44; unit=个\nL 2\nQ 44个 | value=44; unit=个\n"
    with pytest.raises(AnnotationError) as error:
        compile_notes(compiled(tmp_path, notes))
    assert "piece.notes:6: '司法局' and '市司法局' (line 4) overlap" in str(error.value)
    assert "piece.notes:10: '44个' and '44个' (line 8) overlap" in str(error.value)


def test_a_bad_value_in_notes_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"piece\.notes:4: "):
        compile_notes(compiled(tmp_path, "L 1\nT disputes\nL 2\nQ 44个 | value=viele; unit=个\n"))


def test_notes_in_another_encoding(tmp_path: Path) -> None:
    path = compiled(tmp_path, NOTES)
    path.with_suffix(".notes").write_bytes(NOTES.encode("gb18030"))
    with pytest.raises(AnnotationError, match="not UTF-8"):
        compile_notes(path)


def test_the_same_report_twice_is_named(tmp_path: Path) -> None:
    for pen in ("a", "b"):
        (tmp_path / pen).mkdir()
    compiled(tmp_path / "a", NOTES)
    compiled(tmp_path / "b", NOTES)
    with pytest.raises(AnnotationError, match=r"b/piece.notes: a piece called 'piece' is there already: .*a/piece.notes"):
        compile_folder(tmp_path)
    for file in sorted((tmp_path / "b").iterdir()):
        file.rename(file.with_name(f"other{file.suffix}"))
    with pytest.raises(AnnotationError, match=r"other.notes: the same report as .*a/piece.notes"):
        compile_folder(tmp_path)


def test_a_gold_report_in_the_training_set_is_named_and_training_refused(tmp_path: Path) -> None:
    (gold,) = read_records(GOLD_RECORD)
    half = gold.text[: len(gold.text) // 2]
    entities = [e for e in gold.entities if e.end <= len(half)]
    quantities: list[object] = []
    piece = gold.model_copy(update={"id": "renamed", "text": half, "entities": entities, "quantities": quantities, "sections": []})
    write_records(tmp_path / "own.jsonl", [piece])
    with pytest.raises(AnnotationError, match=r"own\.jsonl:1: the report 'lianyungang-2021' of the gold or development set"):
        compile_folder(tmp_path, [gold])
    done = CliRunner().invoke(app, ["train", "--annotations", str(tmp_path), "-o", str(tmp_path / "model")])
    assert done.exit_code == 2
    assert "must not be trained on" in done.output
    assert not (tmp_path / "model").exists()
