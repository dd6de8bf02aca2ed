"""Shared fixtures: the shipped model is loaded once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

os.environ["LANGUAGE"] = "en"  # messages are compared in English, whatever the locale of who runs the tests

import pipeline
from pipeline.extractor import Extractor

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
GOLD_REPORT = ROOT / "annotations" / "gold" / "lianyungang-2021.md"
GOLD_RECORD = GOLD_REPORT.with_suffix(".jsonl")


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a data file: one JSON object a line; lines that begin with # are comments."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="session")
def extractor() -> Extractor:
    return pipeline.load()
