"""The ledger without a model: a run stopped at every single write gives, resumed, the bytes of an unbroken run."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path

import pytest

import pipeline.run
import pipeline.run.ledger
from pipeline.errors import OutputError
from pipeline.record import Provenance
from pipeline.run import Outcome, Setup, Target, Task, Totals, find_jobs, run
from pipeline.run.worker import failure
from pipeline.storage import Format, lines_of


def outcome_of(task: Task, provenance: Provenance) -> Outcome:
    text = task.job.path.read_text("utf-8")
    key = hashlib.sha256(text.encode()).hexdigest()
    if text.startswith("bad"):
        return failure(task.job, 0, key, "UnreadableReport", f"{task.job.shown}: bad", last=True)
    record = {
        "schema": "1", "id": task.job.id, "source": {"path": task.job.shown, "format": "txt", "sha256": key, "encoding": "utf-8"}, "text": text,
        "metadata": {}, "sections": [], "sentences": [], "tokens": [[0, 1]], "entities": [], "quantities": [], "pipeline": provenance.model_dump(),
    }  # fmt: skip
    return Outcome(task.job, 0, key, json.dumps(record, ensure_ascii=False).encode(), len(text))


class FakePool:
    """Reads files without a model; `begun`: how many outcomes it was asked for."""

    provenance = Provenance(version="1", model="m", config="c")
    begun = 0

    def __init__(self, *arguments: object) -> None:
        pass

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            if task.first == 0:
                FakePool.begun += 1
                yield outcome_of(task, self.provenance)


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.run, "Pool", FakePool)
    monkeypatch.setattr(pipeline.run, "Inline", FakePool)
    monkeypatch.setattr(FakePool, "begun", 0)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(7):
        (folder / f"r{number}.txt").write_text("bad" if number in {0, 3, 6} else f"受理案件{number}件。" * (number + 1), "utf-8")
    return folder


def do_run(reports: Path, target: Target, *, resume: bool = False) -> Totals:
    return run(find_jobs([reports]), target, Setup(), resume=resume)


def content(target: Target) -> dict[str, bytes]:
    """All files of an output by name; nothing of the run may be left beside them."""
    assert not target.working.exists()
    files = sorted(target.path.iterdir()) if target.path.is_dir() else [target.path]
    return {path.name: path.read_bytes() for path in [*files, target.errors]}


SOME = [(None, Format.jsonl), (2, Format.zst)]
KINDS = [*SOME, (None, Format.zst), (None, Format.parquet), (1, Format.jsonl), (2, Format.jsonl), (2, Format.parquet)]
KILLED = [pytest.param(*kind, torn, marks=() if kind in SOME and torn else pytest.mark.slow) for kind in KINDS for torn in (True, False)]


def target_in(folder: Path, shard_size: int | None, wanted: Format) -> Target:
    folder.mkdir(exist_ok=True)
    return Target.of(folder / ("out" if shard_size else f"out.{wanted}"), shard_size, wanted)


def dies_at(stop: int, *, is_torn: bool) -> None:
    """From now on the process kills itself at its `stop`-th change to the disk, half way through if it is a write."""
    count = 0

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def change(*arguments: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count == stop:
                if is_torn and original is FileIO.write:
                    file, data = arguments
                    original(file, bytes(data)[: len(bytes(data)) // 2])  # type: ignore[call-overload]
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **named)

        return change

    class Counting(FileIO):
        write = counted(FileIO.write)  # type: ignore[assignment]
        truncate = counted(FileIO.truncate)  # type: ignore[assignment]

    pipeline.run.ledger.FileIO = Counting  # type: ignore[misc]
    os.replace = counted(os.replace)  # type: ignore[assignment]
    os.mkdir = counted(os.mkdir)  # type: ignore[assignment]
    os.unlink = counted(os.unlink)  # type: ignore[assignment]


def died(action: Callable[[], object]) -> bool:
    """Whether the action, in a process of its own, was killed; it ended well otherwise."""
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize(("shard_size", "wanted", "is_torn"), KILLED)
def test_a_run_killed_at_any_write_is_finished_with_the_same_bytes(
    tmp_path: Path, reports: Path, shard_size: int | None, wanted: Format, is_torn: bool
) -> None:
    whole = target_in(tmp_path / "whole", shard_size, wanted)
    do_run(reports, whole)
    expected = content(whole)
    for stop in range(1, 200):
        target = target_in(tmp_path / f"killed-{stop}", shard_size, wanted)

        def broken(target: Target = target, stop: int = stop) -> None:
            dies_at(stop, is_torn=is_torn)
            do_run(reports, target)

        if not died(broken):
            break

        def broken_again(target: Target = target, stop: int = stop) -> None:
            dies_at(1 + stop % 5, is_torn=is_torn)
            do_run(reports, target, resume=True)

        died(broken_again)
        do_run(reports, target, resume=True)
        assert content(target) == expected, f"killed at write {stop}"
    assert stop > 20


@pytest.mark.slow
@pytest.mark.parametrize(("shard_size", "wanted"), SOME)
def test_files_cut_short_by_a_loss_of_power(tmp_path: Path, reports: Path, shard_size: int | None, wanted: Format) -> None:
    """Of each working file any number of bytes is lost that were not flushed to the disk (`fsync`), or reads as zeros."""
    whole = target_in(tmp_path / "whole", shard_size, wanted)
    do_run(reports, whole)
    chance = random.Random(8)
    for number in range(60):
        target = target_in(tmp_path / f"lost-{number}", shard_size, wanted)

        flushed = tmp_path / "flushed"
        shutil.rmtree(flushed, ignore_errors=True)
        flushed.mkdir()

        def broken(target: Target = target, stop: int = chance.randint(15, 26), flushed: Path = flushed) -> None:
            dies_at(stop, is_torn=False)
            original = os.fsync

            def fsync(descriptor: int) -> None:
                original(descriptor)
                (flushed / str(os.fstat(descriptor).st_ino)).write_text(str(os.fstat(descriptor).st_size))

            os.fsync = fsync  # type: ignore[assignment]
            do_run(reports, target)

        died(broken)
        for path in target.working.glob("*") if target.working.exists() else ():
            size, safe = path.stat().st_size, flushed / str(path.stat().st_ino)
            left = chance.choice([size, chance.randint(min(size, int(safe.read_text())) if safe.exists() else 0, size)])
            os.truncate(path, left)
            if chance.random() < 0.3:
                os.truncate(path, size)
        do_run(reports, target, resume=True)
        assert content(target) == content(whole)


def broken_off(reports: Path, target: Target, stop: int = 18) -> None:
    def broken() -> None:
        dies_at(stop, is_torn=False)
        do_run(reports, target)

    assert died(broken)


def test_what_is_done_is_not_done_again(tmp_path: Path, reports: Path) -> None:
    target = target_in(tmp_path / "o", None, Format.jsonl)
    broken_off(reports, target)
    totals = do_run(reports, target, resume=True)
    assert totals.kept == 7 - FakePool.begun > 2
    assert (totals.done, totals.failed) == (4, 3)
    assert do_run(reports, target, resume=True).is_finished
    assert totals.kept == 7 - FakePool.begun, "a whole output is left as it is"
    assert not target.working.exists()


@pytest.mark.parametrize(("shard_size", "wanted"), KINDS)
def test_a_file_that_changed_is_read_again(tmp_path: Path, reports: Path, shard_size: int | None, wanted: Format) -> None:
    target, fresh = target_in(tmp_path / "o", shard_size, wanted), target_in(tmp_path / "p", shard_size, wanted)
    broken_off(reports, target, 20)
    (reports / "r2.txt").write_text("结案2件。", "utf-8")
    (reports / "r3.txt").write_text("结案3件。", "utf-8")
    do_run(reports, target, resume=True)
    do_run(reports, fresh)
    assert content(target) == content(fresh)


@pytest.mark.parametrize("change", ["add", "remove", "edit", "mend"])
def test_a_whole_output_is_made_anew_when_the_files_changed(tmp_path: Path, reports: Path, change: str) -> None:
    target, fresh = target_in(tmp_path / "o", None, Format.zst), target_in(tmp_path / "p", None, Format.zst)
    do_run(reports, target)
    if change == "remove":
        (reports / "r5.txt").unlink()
    else:
        (reports / {"add": "r9.txt", "edit": "r4.txt", "mend": "r3.txt"}[change]).write_text("办结9件。", "utf-8")
    assert not do_run(reports, target, resume=True).is_finished
    do_run(reports, fresh)
    assert content(target) == content(fresh)


def test_another_model_is_not_mixed_in(tmp_path: Path, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = target_in(tmp_path / "o", 2, Format.jsonl)
    broken_off(reports, target, 20)
    monkeypatch.setattr(FakePool, "provenance", Provenance(version="1", model="other", config="c"))
    with pytest.raises(OutputError, match=r"another model, configuration or version \(version=1 model=m config=c\)"):
        do_run(reports, target, resume=True)
    shutil.rmtree(target.working)
    with pytest.raises(OutputError, match="holds files already"):
        do_run(reports, target)
    shutil.rmtree(target.path)
    do_run(reports, target)
    assert {json.loads(line)["pipeline"]["model"] for line in lines_of(target.path)} == {"other"}


def test_a_whole_output_of_another_model_is_made_anew(tmp_path: Path, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = target_in(tmp_path / "o", None, Format.parquet)
    do_run(reports, target)
    monkeypatch.setattr(FakePool, "provenance", Provenance(version="1", model="other", config="c"))
    assert not do_run(reports, target, resume=True).is_finished
    assert {json.loads(line)["pipeline"]["model"] for line in lines_of(target.path)} == {"other"}


def test_an_unfinished_run_is_not_thrown_away(tmp_path: Path, reports: Path) -> None:
    target = target_in(tmp_path / "o", None, Format.jsonl)
    broken_off(reports, target)
    with pytest.raises(OutputError, match=r"was broken off: add --resume to finish it, or delete .*out\.jsonl\.part"):
        do_run(reports, target)
    with pytest.raises(OutputError, match="begun with other options"):
        do_run(reports, Target(target.path, Format.zst), resume=True)


def test_two_runs_never_write_the_same_output(tmp_path: Path, reports: Path) -> None:
    target = target_in(tmp_path / "o", None, Format.jsonl)
    jobs = find_jobs([reports])
    ledger = pipeline.run.ledger.Ledger(target, FakePool.provenance.model_dump())
    ledger.begin(jobs, resume=False)
    with pytest.raises(OutputError, match="another run is writing"):
        do_run(reports, target)
    ledger.close()
    do_run(reports, target)


@pytest.mark.parametrize(("shard_size", "wanted"), [(None, Format.jsonl), *SOME[1:], (None, Format.parquet)])
@pytest.mark.parametrize("limit", [100, 300, 700, 1100])
def test_a_full_disk_is_a_clear_error_and_resumed(tmp_path: Path, reports: Path, limit: int, shard_size: int | None, wanted: Format) -> None:
    whole, target = target_in(tmp_path / "w", shard_size, wanted), target_in(tmp_path / "o", shard_size, wanted)
    do_run(reports, whole)

    def on_a_full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        with pytest.raises(OutputError, match=r"cannot write .*: File too large; (what is finished is kept|make room)"):
            do_run(reports, target)

    assert not died(on_a_full_disk)
    assert shard_size or not target.path.exists(), "only whole parts are in place"
    do_run(reports, target, resume=True)
    assert content(target) == content(whole)


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"is a folder; give a file such as .*out\.jsonl, or --shard-size"):
        Target.of(tmp_path)
    with pytest.raises(OutputError, match="is a file; --shard-size needs a folder"):
        Target.of(tmp_path / "file", 10)
    assert Target.of(tmp_path / "o.jsonl.zst").errors.name == "o.errors.jsonl"
    assert Target.of(tmp_path / "o", 3).errors.name == "o.errors.jsonl"
