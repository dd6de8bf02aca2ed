"""Put on PYTHONPATH, this gives every process a reader of files that do harm, and a table of texts that one file holds.

A text that begins with `!` does its harm while it is read, with `?` while it is worked on: `crash`, `hang`, `memory`,
`once PATH` (crashes unless PATH is there, and makes it).
"""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline import readers
from pipeline.errors import UnreadableReport
from pipeline.record import Source


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


def read_all(path: Path, shown: str | None = None) -> Iterator[readers.Part]:
    name = shown or path.name
    data = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes() if path.exists() else b""
    if path.suffix == ".jsonl" or data.startswith(b"{"):
        for number, line in enumerate(data.splitlines(), 1):
            text, where = json.loads(line)["text"], f"{name}#{number}"
            if text:
                yield readers.Part(f"-{number}", where, report(text, where, data))  # type: ignore[arg-type]
            else:
                yield readers.Part(f"-{number}", where, error=UnreadableReport(f"{where}: a row without text"))
    elif data.startswith((b"!", b"?")):
        yield readers.Part("", name, report(data.decode(), name, data))  # type: ignore[arg-type]
    else:
        yield from original(path, shown)


original = readers.read_all
readers.read_all = read_all  # type: ignore[assignment]
