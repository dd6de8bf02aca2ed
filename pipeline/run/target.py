"""Where the records of a run go, where its errors, and where its working files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.language import tr
from pipeline.storage import Format, check_installed, format_of, stem_of


@dataclass(frozen=True, slots=True)
class Target:
    """Where records go: a file, or a folder of files of `shard_size` records each."""

    path: Path
    format: Format
    shard_size: int | None = None

    @classmethod
    def of(cls, path: Path, shard_size: int | None = None, wanted: Format | None = None) -> Target:
        """The target that a user asks for.

        Raises:
            OutputError: a folder where a file is meant, or the other way round.
            MissingComponent: no library for the format.
        """
        if shard_size is None and path.is_dir():
            raise OutputError(
                tr(
                    "{path} is a folder; give a file such as {example}, or --shard-size to fill the folder with files",
                    path=path,
                    example=path / "out.jsonl",
                )
            )
        if shard_size is not None and path.exists() and not path.is_dir():
            raise OutputError(
                tr("{path} is a file; --shard-size needs a folder, such as {example}", path=path, example=path.with_name(stem_of(path)))
            )
        check_installed(wanted or format_of(path))
        return cls(path, wanted or format_of(path), shard_size)

    @property
    def errors(self) -> Path:
        """The error file: `OUT.errors.jsonl` beside `OUT.jsonl` or the folder `OUT`."""
        return self.path.with_name(f"{self.path.name if self.shard_size else stem_of(self.path)}.errors.jsonl")

    @property
    def working(self) -> Path:
        """The folder of a run that is not finished."""
        return self.path.with_name(f"{self.path.name}.part")

    def part(self, number: int) -> Path:
        """The file of part `number` (from 1) of the output."""
        return self.path / f"records-{number:05}.{self.format}" if self.shard_size else self.path

    def records(self, number: int) -> Path:
        """The working file of part `number`: JSON lines, whatever the format."""
        return self.working / f"records-{number:05}.jsonl"
