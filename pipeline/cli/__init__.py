"""The command line, one module a group of commands. They import what they need when they run, so that help comes at once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.cli import annotate, explain, extract, model, panel, show, site, tables
from pipeline.cli.common import Language
from pipeline.cli.spoken import Command, Group, translate, wanted_language
from pipeline.language import choose
from pipeline.version import __version__

app = typer.Typer(
    name="gongwen",
    cls=Group,
    help="Chinese official reports as data one can cite: laws, agencies, measures, and every figure with what it counts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    extract.extract, model.train, model.compare, model.score, explain.explain, tables.tables, tables.query, panel.panel, site.view, show.schema,
    show.quantities,
):  # fmt: skip
    app.command(cls=Command)(command)
app.add_typer(annotate.app, name="annotate")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gongwen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    language: Annotated[Language | None, typer.Option("--lang", help="Language of messages and help; default: the locale's.")] = None,
) -> None:
    """Options of all commands."""


def main() -> None:
    """Entry point of the console script."""
    choose(wanted_language(sys.argv[1:]))
    command = typer.main.get_command(app)
    translate(command)
    command()
