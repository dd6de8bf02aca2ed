"""Panel rows and the codebook to files: CSV (for Excel too), JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pipeline.errors import GongwenError, MissingComponent
from pipeline.language import tr
from pipeline.panel.codebook import Codebook
from pipeline.panel.rows import PanelRow

FORMATS = (".csv", ".jsonl", ".parquet")


def check_target(path: Path) -> None:
    """Raise an error before any work is done where rows cannot be written to a path.

    Raises:
        GongwenError: the name ends in no known format.
        MissingComponent: Parquet without pyarrow.
    """
    if path.suffix not in FORMATS:
        raise GongwenError(tr("{path}: the panel is written as {choices}: choose one of them as the ending", path=path, choices=", ".join(FORMATS)))
    if path.suffix == ".parquet":
        _pyarrow()


def write_rows(path: Path, rows: Sequence[PanelRow]) -> None:
    """Write rows in the format that the path's ending names; CSV with a byte-order mark, so that Excel reads it."""
    check_target(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        _write_parquet(path, rows)
        return
    names = [field.name for field in fields(PanelRow)]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            writer.writerows(asdict(row) for row in rows)
        return
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def codebook_table(codebook: Codebook) -> list[dict[str, str]]:
    """The codebook as rows: code, names, base unit, kind, what it counts, an example and a counter-example."""
    return [
        {
            "code": i.code, "zh": i.zh, "en": i.en, "unit": i.unit, "kind": i.kind, "counts_zh": i.counts_zh, "counts_en": i.counts_en,
            "example": i.examples[0], "counterexample": i.counterexamples[0],
        }
        for i in codebook.indicators
    ]  # fmt: skip


def _write_parquet(path: Path, rows: Sequence[PanelRow]) -> None:
    pa, parquet = _pyarrow()
    kinds = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "str": pa.string()}
    schema = pa.schema([(field.name, kinds[str(field.type).split(" | ")[0]]) for field in fields(PanelRow)])
    parquet.write_table(pa.Table.from_pylist([asdict(row) for row in rows], schema=schema), path)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingComponent(tr("Parquet needs pyarrow: pip install 'gongwen[parquet]', or write .csv or .jsonl")) from error
    return pyarrow, pyarrow.parquet
