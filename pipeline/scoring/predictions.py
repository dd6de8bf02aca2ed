"""What a model says about gold reports, and the gold records of files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import Record, read_records


def gold_records(paths: Sequence[Path]) -> list[Record]:
    """The gold records of JSONL files and of folders that hold some.

    Raises:
        AnnotationError: a path that is not there or holds none, or two reports of one id.
    """
    records: dict[str, Record] = {}
    for path in paths:
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not files or not all(file.is_file() for file in files):
            raise AnnotationError(tr("{path}: no gold records (*.jsonl) there", path=path))
        for record in (record for file in files for record in read_records(file)):
            if record.id in records:
                raise AnnotationError(tr("{path}: the gold report {id!r} is there twice", path=path, id=record.id))
            records[record.id] = record
    return list(records.values())


def predictions(source: Path, gold: Sequence[Record]) -> list[Record]:
    """Records of the gold reports: from a model folder, by extracting their texts, or from a file of records.

    Raises:
        AnnotationError: neither is there.
        ModelError: the folder is no model, or not the one that its card describes.
    """
    if source.is_file():
        return list(read_records(source))
    if not source.is_dir():
        raise AnnotationError(tr("{source}: neither a model folder nor a file of records (JSONL)", source=source))
    from pipeline.extractor import load

    extractor = load(source)
    return [extractor(record.text, id=record.id) for record in gold]
