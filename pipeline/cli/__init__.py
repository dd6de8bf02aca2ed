"""The command line, one module a group of commands. They import what they need when they run, so that help comes at once."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli import annotate, explain, extract, model, panel, show, site, tables
from pipeline.version import __version__

app = typer.Typer(
    name="gongwen",
    help="Chinese official reports as data one can cite: laws, agencies, measures, and every figure with what it counts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(extract.extract)
app.command()(model.train)
app.command()(model.compare)
app.command()(model.score)
app.command()(explain.explain)
app.command()(tables.tables)
app.command()(tables.query)
app.command()(panel.panel)
app.command()(site.view)
app.command()(show.schema)
app.command()(show.quantities)
app.add_typer(annotate.app, name="annotate")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gongwen {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Options of all commands."""


def main() -> None:
    """Entry point of the console script."""
    app()
