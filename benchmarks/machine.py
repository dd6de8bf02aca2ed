"""Where and with what a run was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("jieba", "rjieba", "spacy", "numpy", "pydantic", "pyahocorasick", "spacy-pkuseg", "scikit-learn", "python-crfsuite")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system, Python."""
    return {
        "cpu": _from_proc("cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1) if hasattr(os, "sysconf") else None,
        "system": platform.system(),
        "python": platform.python_version(),
    }


def packages() -> dict[str, str]:
    """Versions of what the figures depend on; what is not installed is left out."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def today() -> str:
    """The date as `2026-01-31`."""
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """The commit that is measured; with a `+` where the tree has changes, `unknown` where there is no Git."""
    try:
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed.strip() else "")


def _from_proc(name: str, key: str) -> str | None:
    try:
        lines = Path("/proc", name).read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), None)
