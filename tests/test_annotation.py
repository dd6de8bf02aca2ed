"""Notes: what compiles, and every fault with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GOLD_RECORD, GOLD_REPORT, ROOT

from pipeline.annotation.check import check, coverage, measured_records
from pipeline.annotation.folder import compile_folder
from pipeline.annotation.notes import compile_notes
from pipeline.errors import AnnotationError
from pipeline.record import read_records

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
