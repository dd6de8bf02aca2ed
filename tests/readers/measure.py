"""Faults of every kind, each read in a process of its own: what came of it, its processor time, how much memory. `python tests/readers/measure.py`

Prints the table of docs/formats.md.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

# ruff: noqa: E402  (the tests' builders are found by the path above)
from report_files import as_docx, as_pdf, as_web_page, with_document_xml, written, zipped
from test_pdf import HARMFUL, bare_pdf

SENTENCE = "全年受理行政复议案件312件，追发工资近5629万元。"


def entities() -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return with_document_xml(lambda xml: xml.replace("?>", f'?><!DOCTYPE x [<!ENTITY e0 "大">{levels}]>', 1).replace("甲。", "甲&e11;。"))


def external() -> bytes:
    return with_document_xml(lambda xml: xml.replace("?>", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', 1).replace("甲。", "甲&e;。"))


def nested_docx() -> bytes:
    return with_document_xml(lambda xml: xml.replace("<w:body>", "<w:body>" + "<w:sdt>" * 100_000 + "</w:sdt>" * 100_000, 1))


def parquet_bomb(folder: Path) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"text": ["零" * 30_000_000]}), folder / "made.parquet", compression="zstd", use_dictionary=False)
    return (folder / "made.parquet").read_bytes()


CASES: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "a text of 999,000 characters": ("r.txt", lambda _: (SENTENCE * 37_000).encode()),
    "the same in GB18030": ("r.txt", lambda _: (SENTENCE * 37_000).encode("gb18030")),
    "text of 60 MB": ("r.txt", lambda _: SENTENCE.encode() * 900_000),
    "bytes of a program": ("r.txt", lambda _: Path(sys.executable).read_bytes()[:1_000_000]),
    "lone surrogates, NUL, marks of direction": ("r.jsonl", lambda _: b'{"text": "1\\u200b2\\u202e3\\ud800\\u0000' + SENTENCE.encode() + b'"}'),
    "web page of 50 MB": ("r.html", lambda _: b"<p>" + SENTENCE.encode() * 750_000),
    "web page of 19 MB, 138,000 paragraphs": ("r.html", lambda _: as_web_page([f"{n}{SENTENCE}" for n in range(138_000)], "汇编")),
    "web page with 900,000 characters of text": ("r.html", lambda _: as_web_page([f"{n}{SENTENCE}" for n in range(27_000)], "汇编")),
    "`<div>` nested 100,000 deep": ("r.html", lambda _: b"<html><body>" + b"<div>" * 100_000 + f"<p>{SENTENCE}</p>".encode() * 9),
    "tables nested 100,000 deep": ("r.html", lambda _: b"<html><body>" + b"<table><tr><td>" * 100_000 + f"<p>{SENTENCE}</p>".encode() * 9),
    "Word: entities that grow to 10¹¹ characters": ("r.docx", lambda _: entities()),
    "Word: an external entity, `/etc/passwd`": ("r.docx", lambda _: external()),
    "Word: XML of 60 MB in 60 kB": ("r.docx", lambda _: zipped({"word/document.xml": b" " * 60_000_000})),
    "Word: elements nested 100,000 deep": ("r.docx", lambda _: nested_docx()),
    "Word: 20,000 paragraphs": ("r.docx", lambda _: as_docx([f"（{n}）{SENTENCE}" for n in range(20_000)])),
    **{f"PDF: {name}": ("r.pdf", lambda _, name=name: bare_pdf(HARMFUL[name])) for name in HARMFUL},
    "PDF: 300 pages": ("r.pdf", lambda _: as_pdf([f"（{n}）{SENTENCE * 9}" for n in range(900)], header="公报")),
    "zip: 190 MB of one byte": ("r.zip", lambda _: zipped({"a.txt": SENTENCE.encode(), "bomb.txt": b"0" * 190_000_000})),
    "zip: names that lead out": ("r.zip", lambda _: zipped({"../../../tmp/x.txt": SENTENCE.encode()})),
    "zip: 20,000 reports": ("r.zip", lambda _: zipped({f"{n}.txt": SENTENCE.encode() for n in range(20_000)})),
    "Parquet: 90 MB in 10 kB": ("r.parquet", parquet_bomb),
}


def peak() -> float:
    """The most memory that this process has held, MB (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def read(path: str, queue: multiprocessing.Queue[tuple[str, float, float]]) -> None:
    from pipeline.readers import read_all

    before = peak()
    start = time.process_time()
    good, faults, characters = 0, [], 0
    for part in read_all(Path(path)):
        if part.report:
            good += 1
            characters += len(part.report.text)
        else:
            faults.append(str(part.error))
    seconds, memory = time.process_time() - start, peak() - before
    words = [f"{good} report{'s' if good > 1 else ''}, {characters:,} characters"] if good else []
    queue.put(("; ".join([*words, *(f"error: {fault.split(': ', 1)[1]}" for fault in faults)]), seconds, memory))


def main() -> None:
    context = multiprocessing.get_context("spawn")
    print("| file | what happened | CPU seconds | memory, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (file, make) in CASES.items():
            path = written(Path(folder), file, make(Path(folder)))
            queue = context.Queue()
            process = context.Process(target=read, args=(str(path), queue))
            process.start()
            outcome, seconds, memory = queue.get(timeout=600)
            process.join()
            print(f"| {name} | {outcome} | {seconds:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
