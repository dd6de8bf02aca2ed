"""Which files a run reads, in which order, under which ids."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.run import find_jobs


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("文", "utf-8")


def test_ids_are_unique(tmp_path: Path) -> None:
    make(tmp_path, "a/2021.txt", "b/2021.txt", "b/2021.md", "c d.txt")
    assert [job.id for job in find_jobs([tmp_path])] == ["a-2021", "b-2021", "b-2021-txt", "c_d"]


def test_order_is_that_of_the_arguments_then_of_the_paths(tmp_path: Path) -> None:
    make(tmp_path, "in/b.txt", "in/a/z.txt", "in/a.txt", "in/a-b/c.txt", "other.md")
    found = [job.shown for job in find_jobs([tmp_path / "other.md", tmp_path / "in"])]
    assert found == ["other.md", *sorted(["b.txt", "a/z.txt", "a.txt", "a-b/c.txt"], key=lambda name: Path(name).parts)]


def test_hidden_and_foreign_files_and_the_output_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", ".hidden.txt", ".git/b.txt", "~$word.docx", "c.exe", "out.part/d.txt", "out/e.txt")
    (tmp_path / "link").symlink_to(tmp_path / "out", target_is_directory=True)
    assert [job.shown for job in find_jobs([tmp_path], leave_out=[tmp_path / "out.part", tmp_path / "out"])] == ["a.txt"]


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "secret.txt", "in/a.txt")
    (tmp_path / "in" / "out.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "in" / "within.txt").symlink_to(tmp_path / "in" / "a.txt")
    (tmp_path / "in" / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    jobs = {job.shown: job.problem for job in find_jobs([tmp_path / "in"])}
    assert set(jobs) == {"a.txt", "out.txt", "within.txt"}
    assert [name for name, problem in jobs.items() if problem] == ["out.txt"]
    assert "leads out of the folder" in str(jobs["out.txt"])


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("两\n行.txt", "两_行"), ("$(rm -rf x).txt", "__rm_-rf_x_"), ("a;b|c.txt", "a_b_c"), ("..txt.txt", "txt"), ("‮txt.exe.txt", "_txt.exe")],
)
def test_odd_names_give_ids_that_are_safe_as_file_names(tmp_path: Path, name: str, identifier: str) -> None:
    make(tmp_path, name)
    (job,) = find_jobs([tmp_path / name])
    assert (job.id, job.shown, job.path.name) == (identifier, name, name)


def test_a_name_in_gb18030_is_read_as_such(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/" + "法治报告".encode("gb18030") + b".txt"
    try:
        with open(raw, "wb") as file:
            file.write("文".encode())
    except OSError:
        pytest.skip("the file system takes only UTF-8")
    (job,) = find_jobs([tmp_path])
    assert (job.id, job.shown) == ("法治报告", "法治报告.txt")
    assert job.path.read_text("utf-8") == "文"


def test_a_folder_that_cannot_be_read_is_a_job_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.txt", "locked/b.txt")
    original = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", scandir)
    jobs = {job.shown: job.problem for job in find_jobs([tmp_path])}
    assert jobs == {"a.txt": None, "locked": "the folder cannot be read: Permission denied"}


def test_no_files_and_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert not find_jobs([tmp_path])
    assert [job.id for job in find_jobs([tmp_path / "missing.txt"])] == ["missing"]
