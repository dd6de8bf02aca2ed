"""What a run came to."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_TIMEOUT = 1800.0


@dataclass(slots=True)
class Totals:
    """Counts of a run.

    Attributes:
        done, failed: reports, in the whole output. `kept`: of both, from an earlier run.
        characters: of text read by this run, in `seconds`.
        is_finished: the output was whole already.
    """

    done: int = 0
    failed: int = 0
    kept: int = 0
    characters: int = 0
    seconds: float = 0.0
    is_finished: bool = False
