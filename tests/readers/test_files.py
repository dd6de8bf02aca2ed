"""What is refused before any reader sees it, names, standard input, characters that are not to be seen, limits."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from report_files import as_docx, as_pdf, as_web_page, written, zipped

import pipeline
from pipeline.errors import GongwenError, UnreadableReport
from pipeline.extractor import Extractor
from pipeline.readers import Limits, limits_from_environment, read_all, read_report

SENTENCE = "全年受理行政复议案件312件，追发工资近5629万元。"


@pytest.mark.parametrize("name", ["a\nb.txt", "$(touch x);`id`.txt", "a\x1b[2J.txt", "-rf.txt", "\u202etxt.exe.txt", os.fsdecode(b"\xff\xfe.txt")])
def test_names_with_line_breaks_and_shell_characters(tmp_path: Path, name: str) -> None:
    report = read_report(written(tmp_path, name, SENTENCE.encode()))
    assert report.source.path.isprintable()
    report.source.model_dump_json()
    with pytest.raises(UnreadableReport) as caught:
        read_report(written(tmp_path, name, b""))
    assert str(caught.value).isprintable()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadableReport, match="a pipe, socket or device"):
        read_report(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    with pytest.raises(UnreadableReport, match="a pipe, socket or device"):
        read_report(tmp_path / "zero.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    for path in (tmp_path / "loop.txt", tmp_path / "no\x00name.txt", tmp_path / ("x" * 300 + ".txt")):
        [part] = read_all(path)
        assert isinstance(part.error, UnreadableReport)


STREAMS = {
    "txt": SENTENCE.encode(), "docx": as_docx([SENTENCE]), "pdf": as_pdf([SENTENCE]), "html": as_web_page([SENTENCE] * 3, "报告"),
    "jsonl": b'{"text": "' + SENTENCE.encode() + b'"}', "zip": zipped({"a.txt": SENTENCE.encode()}),
}  # fmt: skip


@pytest.mark.parametrize("kind", STREAMS)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STREAMS[kind])))
    [part] = read_all(Path("-"))
    assert part.report is not None
    assert SENTENCE in part.report.text
    assert part.path.startswith("standard input")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert str(next(read_all(Path("-"))).error) == "standard input: the file is empty"


@pytest.mark.parametrize(
    "mark",
    ["\u200b", "\u200d", "\ufeff", "\xad", "\u200e", "\u200f", "\u202e", "\u2066", "\u2069", "\u2060", "\x00", "\x1f", "\x7f", "\ufe0f", "\u061c"],
)
def test_marks_that_are_not_seen_hide_nothing(extractor: Extractor, mark: str) -> None:
    text = "宁州市司法局依据《优化营商环境条例》，追发工资近5629万元。"
    plain, marked = extractor(text), extractor(mark.join(text))
    assert [(q.text, q.value, q.item and q.item.text) for q in plain.quantities] == [
        (q.text, q.value, q.item and q.item.text) for q in marked.quantities
    ]
    assert [(e.label, e.text) for e in plain.entities] == [(e.label, e.text) for e in marked.entities]
    assert len(plain.quantities) == 1
    assert marked.text == mark.join(text)
    assert plain.fingerprint == marked.fingerprint


def test_lone_surrogates_are_replaced_in_the_python_face(extractor: Extractor) -> None:
    record = extractor(f"\ud800{SENTENCE}\udfff")
    assert record.text == f"\ufffd{SENTENCE}\ufffd"
    assert "5629" in record.to_json()
    assert [q.value for q in record.quantities] == ["312", "56290000"]
    assert pipeline.quantities("受理\ud80012件")[0].value == "12"


def test_limits_are_set_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "r.txt", SENTENCE.encode())
    assert limits_from_environment() == Limits()
    monkeypatch.setenv("GONGWEN_MAX_CHARACTERS", "10")
    with pytest.raises(
        UnreadableReport, match="27 characters, more than the limit of 10; split it into reports, or set GONGWEN_MAX_CHARACTERS higher"
    ):
        read_report(path)
    monkeypatch.setenv("GONGWEN_MAX_BYTES", "20")
    with pytest.raises(UnreadableReport, match="bytes, more than the limit of 20; split it, or set GONGWEN_MAX_BYTES higher"):
        read_report(path)
    for wrong in ("-1", "0", "viel", "", "1e6"):
        monkeypatch.setenv("GONGWEN_MAX_BYTES", wrong)
        with pytest.raises(GongwenError, match=r"GONGWEN_MAX_BYTES=.* is no positive whole number"):
            read_report(path)
        assert next(read_all(path)).error is not None


def test_lack_of_memory_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    path = written(tmp_path, "r.docx", as_docx(["甲。"]))
    monkeypatch.setattr("docx.Document", full)
    with pytest.raises(UnreadableReport, match=r"r\.docx: needs more memory than there is; split it"):
        read_report(path)
