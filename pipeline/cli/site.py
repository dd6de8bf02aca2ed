"""`gongwen view`: records as pages to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.common import Language, clear_errors
from pipeline.errors import GongwenError
from pipeline.language import tr


def view(
    records: Annotated[Path, typer.Argument(help="Records that `gongwen extract` wrote.", metavar="OUT.jsonl")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the site; index.html opens in a browser.")] = Path("site"),
    language: Annotated[Language, typer.Option("--lang", help="What pages say at first; readers can change it.")] = Language.zh,
    panel: Annotated[
        Path | None, typer.Option(help="A panel (CSV or JSON lines: region, year, code, name, value, unit, report, start, end).")
    ] = None,
) -> None:
    """Make a static site of records: a list with search, a page a report, pages for laws, agencies, measures across reports.

    It opens from the disk, without network.
    """
    with clear_errors():
        from pipeline.record import read_records
        from pipeline.site import build_site, read_panel

        if not records.is_file():
            raise GongwenError(tr("{records}: no such file; give records as JSONL", records=records))
        rows = list(read_panel(panel)) if panel else []
        count = build_site(read_records(records), output, language=language.value, panel=rows)
        typer.echo(tr("{count} reports → {path}", count=count, path=output / "index.html"), err=True)
