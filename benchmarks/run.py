"""A run of the benchmark: everything that its JSON file says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.accuracy import Counts
from benchmarks.measure import Measure
from pipeline.errors import GongwenError

ACCEPTED = Path("benchmarks/accepted.json")
_SCHEMA = 1


@dataclass(slots=True)
class Run:
    """Figures with machine, versions, date and commit.

    Attributes:
        accuracy: by peer, reports (`gold`, `gold and development`) and figure.
        missing: peers that could not be measured, and why.
        cnn: what is known of spaCy's CNN: training text, time, F1 on pens held out.
        seconds: how long the run took by the clock.
    """

    date: str
    commit: str
    machine: dict[str, Any]
    packages: dict[str, str]
    settings: dict[str, Any]
    measures: list[Measure] = field(default_factory=list)
    accuracy: dict[str, dict[str, Counts]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    cnn: dict[str, Any] | None = None
    seconds: float = 0.0

    def find(self, group: str, name: str) -> Measure:
        """One figure.

        Raises:
            GongwenError: it was not measured.
        """
        for measure in self.measures:
            if measure.key == (group, name):
                return measure
        raise GongwenError(f"{ACCEPTED}: no figure {group} / {name}: run `make bench ACCEPT=1`")

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        data = {"schema": _SCHEMA, **asdict(self), "measures": [measure.as_json() for measure in self.measures]}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read one.

        Raises:
            GongwenError: it is not there, or of another version of the benchmark.
        """
        try:
            data = json.loads(path.read_text("utf-8"))
            if data.pop("schema") != _SCHEMA:
                raise ValueError("written by another version of the benchmark")
            data["measures"] = [Measure.from_json(entry) for entry in data["measures"]]
            return cls(**data)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GongwenError(f"{path}: no run of the benchmark ({error}); `make bench ACCEPT=1` writes one") from error
