"""What all commands share: errors shown as one line, the console, records from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.errors import GongwenError
from pipeline.language import later, tr

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.record import Record


class Language(StrEnum):
    """Languages of pages and messages."""

    zh = "zh"
    en = "en"


@contextmanager
def clear_errors(stopped: str = later("run the same command with --resume to go on")) -> Iterator[None]:
    """A user's mistake is one line on stderr and exit status 2; `stopped` is what Ctrl-C answers."""
    try:
        yield
    except GongwenError as error:
        for line in str(error).splitlines():
            typer.echo(f"gongwen: {line}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        typer.echo(tr("gongwen: stopped; {stopped}", stopped=tr(stopped)), err=True)
        raise typer.Exit(130) from None


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 140
    return Console(stderr=stderr, width=wide)


def records_of(path: Path) -> list[Record]:
    from pipeline.record import read_records

    if not path.exists():
        raise GongwenError(tr("{path}: no such file; give records: .jsonl, .jsonl.zst, .parquet, or a folder of them", path=path))
    return list(read_records(path))
