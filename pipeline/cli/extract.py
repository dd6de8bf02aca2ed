"""`gongwen extract`: reports to records."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import clear_errors, console
from pipeline.errors import GongwenError
from pipeline.language import tr
from pipeline.readers import ALL_SUFFIXES


class Segmenter(StrEnum):
    """Word segmenters to choose from."""

    jieba = "jieba"
    pkuseg = "pkuseg"
    char = "char"


class RecordFormat(StrEnum):
    """Formats of record files."""

    jsonl = "jsonl"
    zst = "jsonl.zst"
    parquet = "parquet"


class Engine(StrEnum):
    """What runs the workers."""

    local = "local"
    ray = "ray"


_RAY_SHARD_SIZE = 1000
_FORMATS = " ".join(ALL_SUFFIXES)


def extract(
    paths: Annotated[list[Path], typer.Argument(help=f"Reports ({_FORMATS}) and folders of them; - reads standard input.", metavar="PATH...")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where the records go: .jsonl, .jsonl.zst or .parquet; errors beside it (OUT.errors.jsonl).")
    ] = Path("out.jsonl"),
    model: Annotated[Path | None, typer.Option(help="A model folder that `gongwen train` wrote; default: the shipped one.")] = None,
    segmenter: Annotated[Segmenter | None, typer.Option(help="Word segmenter in place of the model's own.")] = None,
    segmenter_model: Annotated[Path | None, typer.Option(help="Folder of a trained pkuseg model.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes to use.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was broken off.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Print what was found in the first report.")] = False,
    shard_size: Annotated[int | None, typer.Option(min=1, help="Make OUT a folder of files with so many records each.", metavar="N")] = None,
    record_format: Annotated[RecordFormat | None, typer.Option("--format", help="Format of the records; default: by the name of OUT.")] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds that one report may take; default 1800, 0 for no limit.", metavar="SECONDS")
    ] = None,
    max_memory: Annotated[int | None, typer.Option(min=1, help="Megabytes that one worker may use (Linux).", metavar="MB")] = None,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out laws, agencies, measures and quantities whose score is lower.", metavar="P")
    ] = 0.0,
    engine: Annotated[Engine, typer.Option(help="`ray`: the workers of a Ray cluster; see docs/cluster.md.")] = Engine.local,
) -> None:
    """Read reports and write one record (a JSON line) for each, in the order given.

    Exit status: 0 all done, 1 some reports failed (see the error file), 2 wrong use or no place to write, 130 stopped with Ctrl-C.
    """
    with clear_errors():
        from pipeline.cli.progress import progress, report
        from pipeline.run import Setup, Target, find_jobs, run
        from pipeline.storage import Format

        if engine is Engine.ray and shard_size is None:
            shard_size = _RAY_SHARD_SIZE
        target = Target.of(output, shard_size, Format(record_format.value) if record_format else None)
        jobs = find_jobs(paths, leave_out=[target.path, target.errors, target.working])
        if not jobs:
            raise GongwenError(tr("no reports in {paths}: give files or folders with {formats}", paths=", ".join(map(str, paths)), formats=_FORMATS))
        setup = Setup(
            str(model) if model else None,
            segmenter.value if segmenter else None,
            str(segmenter_model) if segmenter_model else None,
            max_memory * 1_000_000 if max_memory else None,
            min_score,
        )
        if engine is Engine.ray:
            from pipeline.run.cluster import run_on_cluster

            totals = run_on_cluster(jobs, target, setup, workers=workers, timeout=timeout, resume=resume)
        else:
            with progress(len(jobs)) as shown:
                totals = run(jobs, target, setup, workers=workers, timeout=timeout, resume=resume, on_start=shown.start, on_outcome=shown.step)
        if summary and totals.done:
            _print_summary(target.path)
        report(totals, target.path, target.errors)
    if totals.failed:
        raise typer.Exit(1)


def _print_summary(output: Path) -> None:
    from itertools import islice

    from pipeline.record import read_records
    from pipeline.summary import print_summary

    print_summary(list(islice(read_records(output), 20)), console())
