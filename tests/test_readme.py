"""The README in its two languages: the same commands, which the command line has, the same code and the same figures."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
from conftest import ROOT

from pipeline.cli import app

ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))


def blocks(readme: str) -> list[tuple[str, str]]:
    """(language, text) of the code blocks."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


def commands(readme: str) -> list[str]:
    """What the code blocks tell to type, without the remarks."""
    lines = [line for language, text in blocks(readme) if not language for line in text.splitlines()]
    return [re.sub(r"\s+# .*", "", line) for line in lines]


def test_each_leads_to_the_other_from_its_top() -> None:
    assert "](README.zh-CN.md)" in "".join(ENGLISH.splitlines()[:4])
    assert "](README.md)" in "".join(CHINESE.splitlines()[:4])


def test_both_name_the_same_commands_code_and_picture() -> None:
    assert len(commands(ENGLISH)) > 10
    assert commands(CHINESE) == commands(ENGLISH)
    assert [block for block in blocks(CHINESE) if block[0]] == [block for block in blocks(ENGLISH) if block[0]]
    for pattern in (r"`((?:make|pip) [^`\n]*)`", r"!\[[^\]]*\]\(([^)]*)\)"):
        english, chinese = (re.findall(pattern, readme.split("\n## ")[1]) for readme in (ENGLISH, CHINESE))
        assert english
        assert chinese == english


def test_both_give_the_same_scores() -> None:
    scores = [re.findall(r"\d\.\d{3}(?: \[[^\]]*\])?", re.split(r"\n## ", readme)[2]) for readme in (ENGLISH, CHINESE)]
    assert len(scores[0]) > 20
    assert scores[1] == scores[0]


@pytest.mark.parametrize("line", [line for line in commands(ENGLISH) if line.startswith("gongwen ")])
def test_the_command_line_has_them(line: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in shlex.split(line)[1:]:
        name = word.split("=")[0]
        if name in getattr(command, "commands", {}):
            command = command.commands[name]
        elif name.startswith("-") and name != "--help":
            assert name in {option for parameter in command.params for option in parameter.opts}, f"{command.name} {name}"
    assert command.name != "gongwen"
