"""Zip archives: every report a part, nothing unpacked to disk, archives made to do harm refused."""

from __future__ import annotations

import io
import stat
import time
import zipfile
from pathlib import Path

import pytest
from report_files import as_docx, written, zipped

from pipeline.readers import Limits, Part, read_all


def parts(tmp_path: Path, data: bytes, limits: Limits | None = None) -> list[Part]:
    return list(read_all(written(tmp_path, "a.zip", data), limits=limits))


def outcome(part: Part) -> str:
    return part.report.text if part.report else str(part.error)


def test_reports_in_order_with_ids_of_their_own(tmp_path: Path) -> None:
    files = {
        "b/报告.txt": "乙".encode(), "a.txt": "甲".encode(), "a.md": "甲二".encode(), "b/r.docx": as_docx(["丙"]), "t.jsonl": b'{"text": "x"}\n{"text": "y"}',
        "__MACOSX/a.txt": b"no", ".hidden.txt": b"no", "~$r.docx": b"no", "picture.png": b"no", "empty.txt": b"",
    }  # fmt: skip
    found = parts(tmp_path, zipped(files))
    assert [part.suffix for part in found] == ["-a", "-a-txt", "-b-r", "-b-报告", "-empty", "-t-1", "-t-2"]
    assert [outcome(part) for part in found] == ["甲二", "甲", "丙\n", "乙", "a.zip/empty.txt: the file is empty", "x", "y"]
    assert found[3].path == "a.zip/b/报告.txt"


def test_names_of_chinese_windows(tmp_path: Path) -> None:
    data = zipped({"xxxx.txt": "甲".encode()}).replace(b"xxxx", "报告".encode("gbk"))
    assert parts(tmp_path, data)[0].path == "a.zip/报告.txt"


@pytest.mark.parametrize("name", ["../../escaped.txt", "/etc/escaped.txt", "..\\..\\escaped.txt", "a\nb\x1b[31m;rm -rf $HOME.txt", "a/../../b.txt"])
def test_names_that_lead_out_or_talk_to_the_shell(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    [part] = parts(tmp_path / "in", zipped({name: "甲".encode()}))
    assert outcome(part) == "甲"
    assert ".." not in part.path
    assert part.path.isprintable()
    assert not set("/\\\n\x1b;$ ") & set(part.suffix)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.zip"]


def test_links_locked_files_and_archives_in_archives(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", zipped({"a.txt": b"x"}))
        archive.writestr("locked.txt", "x")
        archive.writestr("ok.txt", "甲")
    data = bytearray(buffer.getvalue())
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.rindex(b"locked.txt", 0, data.rindex(b"locked.txt")) - 30 if header.endswith(b"\x04") else data.rindex(b"locked.txt") - 46
        data[at + offset] |= 1
    found = [outcome(part) for part in parts(tmp_path, bytes(data))]
    assert [words.split(": ")[-1].split(";")[0] for words in found] == [
        "an archive in an archive",
        "a link, which is not followed",
        "locked with a password",
        "甲",
    ]


def test_a_bomb_among_good_files_is_refused_alone(tmp_path: Path) -> None:
    start = time.monotonic()
    found = parts(tmp_path, zipped({"a.txt": "甲".encode(), "bomb.txt": b"0" * 190_000_000, "c.txt": "丙".encode()}))
    assert [outcome(part)[:30] for part in found][::2] == ["甲", "丙"]
    assert "times its size; refused" in outcome(found[1])
    assert time.monotonic() - start < 20


def test_files_that_share_their_bytes(tmp_path: Path) -> None:
    """Overlapping entries, of which a small archive can name many."""
    one = zipped({"a.txt": "甲".encode() * 1000})
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        entry = archive.infolist()[0]
    buffer = io.BytesIO(one)
    with zipfile.ZipFile(buffer, "a") as archive:
        for n in range(5):
            twin = zipfile.ZipInfo(f"b{n}.txt")
            twin.header_offset, twin.CRC, twin.compress_size, twin.file_size, twin.compress_type = (
                0,
                entry.CRC,
                entry.compress_size,
                entry.file_size,
                8,
            )
            archive.filelist.append(twin)
            archive._didModify = True
    found = parts(tmp_path, buffer.getvalue(), Limits(archive_bytes=9_000))
    assert all(part.error for part in found[-2:])


def test_limits_and_damage(tmp_path: Path) -> None:
    data = zipped({f"{n}.txt": b"x" * 500 for n in range(5)})
    assert "5 files, more than the limit of 4" in outcome(parts(tmp_path, data, Limits(archive_files=4))[0])
    found = parts(tmp_path, data, Limits(archive_bytes=1_200))
    assert len(found) == 3
    assert "GONGWEN_MAX_ARCHIVE_BYTES" in outcome(found[-1])
    assert "more than the limit of 400" in outcome(parts(tmp_path, data, Limits(bytes=400))[0])
    broken = bytearray(zipped({"a.txt": bytes(range(48, 120)) * 9, "b.txt": "乙".encode()}))
    broken[60] ^= 0xFF
    found = parts(tmp_path, bytes(broken))
    assert "damaged in the archive" in outcome(found[0])
    assert outcome(found[1]) == "乙"
    assert "not a zip archive" in outcome(parts(tmp_path, data[:-30])[0])
