"""Help and the command line's own complaints in the language asked for: what Typer writes and gives gettext no chance at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from typer.core import TyperCommand, TyperGroup

from pipeline.language import LANGUAGES, later, tr

_COMPLAINTS = (
    later("Usage: {rest}"),
    later("No such option: {name} (Possible options: {names})"),
    later("No such option: {name}"),
    later("Missing argument '{name}'."),
    later("Missing option '{name}'. Choose from:{names}"),
    later("Missing option '{name}'."),
    later("Invalid value for '{name}': {problem}"),
    later("Value error, {problem}"),
    later("{value} is not one of {names}."),
    later("Input should be greater than or equal to {limit}"),
    later("Input should be less than or equal to {limit}"),
    later("Input should be a valid integer, unable to parse string as an integer"),
    later("Input should be a valid number, unable to parse string as a number"),
    later("Option '{name}' requires an argument."),
    later("Option '{name}' does not take a value."),
    later("Got unexpected extra argument(s) ({names})"),
)
"""What Typer says in English alone, the longer forms first; other versions' words stay as they are."""


class Command(TyperCommand):
    """A command whose help speaks the language asked for, before it or behind it."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Reads the arguments; `--lang`, where the command has none of its own, was read before them."""
        has_own = any("--lang" in part.opts for part in self.params)
        return super().parse_args(ctx, args if has_own else _without_language(args))

    def get_usage(self, ctx: Any) -> str:
        """The line of usage."""
        return retold(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, which Typer adds by itself."""
        return _spoken(super().get_help_option(ctx))


class Group(TyperGroup):
    """A group of commands whose help and complaints speak the language asked for."""

    def get_usage(self, ctx: Any) -> str:
        """The line of usage."""
        return retold(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, which Typer adds by itself."""
        return _spoken(super().get_help_option(ctx))

    def make_context(self, *args: Any, **settings: Any) -> Any:
        """Reads the options before the command."""
        with _complaints_retold():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        """Reads what follows and runs the command."""
        with _complaints_retold():
            return super().invoke(ctx)


def translate(command: Any) -> None:
    """The help of a command, its options and the commands below it, in place, in the language asked for."""
    for part in (command, *command.params):
        _spoken(part)
    for below in getattr(command, "commands", {}).values():
        translate(below)


def retold(complaint: str) -> str:
    """What Typer says, in the language asked for."""
    for template in _COMPLAINTS:
        found = _pattern(template).fullmatch(complaint)
        if found:
            return tr(template, **{name: retold(words) for name, words in found.groupdict().items()})
    return complaint


def wanted_language(arguments: list[str]) -> str | None:
    """What `--lang` asks for; help is written in it, so it is looked for before anything else is read. That of `view` is of its pages."""
    before_view = arguments[: arguments.index("view")] if "view" in arguments else arguments
    place = _place_of_language(before_view)
    return before_view[place.stop - 1].removeprefix("--lang=") if place else None


def _without_language(arguments: list[str]) -> list[str]:
    place = _place_of_language(arguments)
    return arguments[: place.start] + arguments[place.stop :] if place else arguments


def _place_of_language(arguments: list[str]) -> slice | None:
    """Where a language that there is is asked for, as `--lang zh` or `--lang=zh`."""
    for at, argument in enumerate(arguments):
        if argument in {f"--lang={language}" for language in LANGUAGES}:
            return slice(at, at + 1)
        if argument == "--lang" and arguments[at + 1 : at + 2] and arguments[at + 1] in LANGUAGES:
            return slice(at, at + 2)
    return None


def _spoken(part: Any) -> Any:
    if getattr(part, "help", None):
        part.help = tr(part.help)
    return part


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(template)), re.DOTALL)


@contextmanager
def _complaints_retold() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):  # a user's mistake; its class is Click's or Typer's own, by Typer's version
            said = retold(error.format_message())
            error.format_message = lambda: said
        raise
