"""The language of messages: every message in the code and every help text has its Chinese, with the same fields."""

from __future__ import annotations

import ast
import os
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from conftest import ROOT

from pipeline import errors
from pipeline.cli import app
from pipeline.cli.spoken import retold, wanted_language
from pipeline.language import CATALOGUES, DOMAIN, VARIABLE, language, tr

SOURCE = ROOT / "pipeline"
PO = CATALOGUES / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po"
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.GongwenError)}
TYPERS = {  # what Typer asks gettext for
    "Arguments", "Options", "Commands", "Error", "Aborted.", "[required]", "[default: {}]", "(dynamic)",
    "Try [blue]'{command_path} {help_option}'[/] for help.", "No such command {name!r}.", "Missing command.", "Show this message and exit.",
}  # fmt: skip


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the package: place, name of the function, call."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name, node


def said_in_code() -> dict[str, str]:
    """Message → a place that says it."""
    return {
        node.args[0].value: place
        for place, name, node in calls()
        if name in {"tr", "later"} and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }


def said_in_help(command: Any, name: str = "gongwen") -> dict[str, str]:
    """Help text → the command or option that it is of."""
    found = {command.help: name} | {part.help: f"{name} {part.name}" for part in command.params if getattr(part, "help", None)}
    for below, other in getattr(command, "commands", {}).items():
        found |= said_in_help(other, f"{name} {below}")
    return {text: place for text, place in found.items() if text}


def fields(message: str) -> set[tuple[str | None, str | None, str | None]]:
    return {(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(message) if name is not None}


def catalogue() -> dict[str, str]:
    with PO.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_nothing_lacks_its_chinese_and_nothing_is_left_over() -> None:
    wanted = said_in_code() | said_in_help(typer.main.get_command(app)) | dict.fromkeys(TYPERS, "Typer")
    translated = catalogue()
    lacking = {message: place for message, place in wanted.items() if not translated.get(message)}
    assert lacking == {}, "add them to the catalogue, then make messages"
    assert translated.keys() - wanted.keys() == set(), "no longer said: take them out of the catalogue"


def test_fields_are_the_same_in_both_languages_and_those_that_are_given() -> None:
    for message, chinese in catalogue().items():
        if "{" in message:
            assert fields(chinese) == fields(message), message
    for place, name, node in calls():
        if name == "tr" and isinstance(node.args[0], ast.Constant):
            assert {field.split(".")[0] for field, *_ in fields(node.args[0].value) if field} == {k.arg for k in node.keywords}, place


def test_no_message_goes_past_the_catalogue() -> None:
    """An error, and a line that the command line says, is `tr(…)` or made of parts that are."""
    said = [(place, node.args[0]) for place, name, node in calls() if node.args and (name in ERRORS or (name == "echo" and "/cli/" in place))]
    assert len(said) > 150
    past = [place for place, argument in said if any(character.isalpha() for character in literal(argument).replace("gongwen", ""))]
    assert past == []


def literal(argument: ast.expr) -> str:
    """What a string says by itself; separators, and the name that every line begins with, are no words."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(part.value) for part in argument.values if isinstance(part, ast.Constant)).replace("\t", "").replace("\n", "")
    return ""


def test_the_compiled_catalogue_is_that_of_the_readable_one() -> None:
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = {str(message.id): str(message.string) for message in read_mo(file) if message.id}
    assert compiled == catalogue(), "run make messages"


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en_US:zh_CN"}, "en"),
        ({"LANG": "de_DE.UTF-8", VARIABLE: "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", VARIABLE: "en"}, "en"),
    ],
)
def test_the_locale_decides(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], spoken: str) -> None:
    for name in (VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == spoken
    assert tr("{name}: the file is empty", name="x") == {"en": "x: the file is empty", "zh": "x：文件是空的"}[spoken]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], None),
        (["--lang", "zh", "extract"], "zh"),
        (["--help", "--lang=en"], "en"),
        (["--lang", "fr"], None),
        (["extract", "x", "--lang", "zh"], "zh"),
        (["extract", "x", "--lang=zh", "--workers", "2"], "zh"),
        (["extract", "x", "--lang"], None),
        (["view", "out.jsonl", "--lang", "en"], None),
        (["--lang", "zh", "view", "out.jsonl", "--lang", "en"], "zh"),
    ],
)
def test_lang_stands_before_the_command_or_behind_it(arguments: list[str], wanted: str | None) -> None:
    assert wanted_language(arguments) == wanted


def gongwen(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit status and all that is said, by a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in {VARIABLE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"}}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        env=kept | {"COLUMNS": "200", "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_help_in_chinese() -> None:
    for arguments, environment in ((["--help"], {"LANG": "zh_CN.UTF-8"}), (["--lang", "zh", "--help"], {})):
        status, said = gongwen(*arguments, **environment)
        assert status == 0
        assert {"用法：", "命令", "选项", "显示本帮助"} <= {word for word in ("用法：", "命令", "选项", "显示本帮助") if word in said}, said
        assert not {"Usage", "Options", "Commands", "Show this"} & set(said.replace(":", " ").split()), said
    _, english = gongwen("--help", LANG="en_GB.UTF-8")
    assert "Usage: " in english
    assert "用法" not in english


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["extract", "no-such-file.md"], 1, "没有这个文件"),
        (["extract"], 2, "缺少参数"),
        (["extract", "x", "--workers", "0"], 2, "不能小于 1"),
        (["extract", "x", "--segmenter", "y"], 2, "不在可选范围"),
        (["annotate", "export", "x"], 2, "缺少选项"),
        (["tables", "no-such-file.jsonl"], 2, "没有这个文件"),
        (["nothing"], 2, "没有 'nothing' 这个命令"),
        (["panel"], 2, "请给出"),
    ],
)
def test_mistakes_in_chinese(arguments: list[str], status: int, expected: str, tmp_path: Path) -> None:
    output = ["-o", str(tmp_path / "out.jsonl")] if arguments[:2] == ["extract", "no-such-file.md"] else []
    code, said = gongwen(*arguments, *output, LC_ALL="zh_CN.UTF-8")
    assert (code, expected in said) == (status, True), said


def test_lang_behind_a_command(tmp_path: Path) -> None:
    code, said = gongwen("tables", str(tmp_path / "none.jsonl"), "--lang", "zh")
    assert (code, "没有这个文件" in said) == (2, True), said
    code, said = gongwen("tables", str(tmp_path / "none.jsonl"), "--lang", "fr")
    assert (code, "No such option: --lang" in said) == (2, True), said


def test_what_is_not_known_stays_as_it_is() -> None:
    assert retold("Something new: x") == "Something new: x"
