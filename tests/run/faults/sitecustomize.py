"""Put on PYTHONPATH, this gives every process a reader of files that do harm, and a table of texts that one file holds.

A text that begins with `!` does its harm while it is read, with `?` while it is worked on: `crash`, `hang`, `memory`,
`once PATH` (crashes unless PATH is there, and makes it).
"""

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from pipeline import readers
from pipeline.errors import UnreadableReport
from pipeline.record import Source

read_report = readers.read_report


def harm(words: str) -> None:
    if words.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if words.startswith("hang"):
        while True:
            pass
    if words.startswith("memory"):
        kept = []
        while True:
            kept.append(bytearray(50_000_000))
    if words.startswith("once"):
        flag = Path(words.split()[1])
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Harmful:
    """A report that does harm when it is worked on."""

    def __init__(self, text: str, source: Source) -> None:
        self._text, self.source = text, source

    @property
    def text(self) -> str:
        harm(self._text[1:])
        return self._text


def report(text: str, name: str, data: bytes) -> object:
    source = Source(path=name, format="txt", sha256=hashlib.sha256(data).hexdigest(), encoding="utf-8")
    if text.startswith("!"):
        harm(text[1:])
    return Harmful(text, source) if text.startswith("?") else readers.Report(text, source)


def read_all(path: Path, shown: str | None = None) -> Iterator[object]:
    name = shown or path.name
    if path.suffix == ".jsonl":
        data = path.read_bytes()
        for line in data.splitlines():
            text = json.loads(line)["text"]
            yield UnreadableReport(f"{name}: a row without text") if not text else report(text, name, data)
    elif path.exists() and path.read_bytes().startswith((b"!", b"?")):
        yield report(path.read_text("utf-8"), name, path.read_bytes())
    else:
        yield read_report(path, shown)


readers.read_all = read_all  # type: ignore[attr-defined]
