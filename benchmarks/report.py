"""The report: a table for readers, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.rows import Row

PACKAGES = ("micrograd", "torch", "jax", "numpy", "llvmlite", "casadi", "scikit-learn")


def environment() -> dict[str, Any]:
    """Machine and versions: without them a time means nothing."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def table(rows: Sequence[Row]) -> str:
    """All rows as text, one block per table, with the ratio to the block's baseline."""
    return "\n\n".join(
        _block(title, [row for row in rows if row.table == title])
        for title in dict.fromkeys(row.table for row in rows)
    )


def _block(title: str, rows: Sequence[Row]) -> str:
    base = next((row.median for row in rows if row.baseline), None)
    lines = [("engine", "setting", "median", "±", "ratio", "runs")]
    for row in rows:
        if row.median is None:
            lines.append((row.engine, row.note, "–", "", "", ""))
            continue
        ratio = f"{row.median / base:.3g}x" if base else ""
        spread = f"{row.spread:.2g}" if row.spread else ""
        median = f"{row.median:.4g} {row.unit}"
        lines.append((row.engine, row.setting, median, spread, ratio, str(row.runs)))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    text = [title, "-" * len(title)]
    for line in lines:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
        text.append("  ".join(left + right).rstrip())
    return "\n".join(text)


def write_json(path: Path, rows: Iterable[Row]) -> None:
    """Write rows and environment to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "environment": environment(),
        "command": ["python", "-m", "benchmarks", *sys.argv[1:]],
        "rows": [row.as_json() for row in rows],
    }
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
