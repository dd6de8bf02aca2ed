"""A new model takes the place of the old one in two renames; a run that breaks off in between is mended by the next."""

from __future__ import annotations

import shutil
from pathlib import Path


def _backup(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def install(fresh: Path, output: Path) -> None:
    """Move a whole new folder to `output`. What was there is put back if that fails."""
    backup = _backup(output)
    if output.exists():
        shutil.rmtree(backup, ignore_errors=True)
        output.rename(backup)
    try:
        fresh.rename(output)
    except BaseException:
        recover(output)
        raise
    shutil.rmtree(backup, ignore_errors=True)


def recover(output: Path) -> None:
    """Put the old model back where an earlier run was killed between the two renames."""
    backup = _backup(output)
    if backup.exists() and not output.exists():
        backup.rename(output)


def keep_rejected(fresh: Path, output: Path) -> Path:
    """Keep a model that is not installed beside the one that stays; returns where."""
    kept = output.with_name(f"{output.name}.rejected")
    shutil.rmtree(kept, ignore_errors=True)
    fresh.rename(kept)
    return kept
