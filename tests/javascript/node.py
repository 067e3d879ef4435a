"""Runs scripts with node; tests that use it are skipped where there is none."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import autodiff

FOLDER = Path(autodiff.__file__).parent / "javascript"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

#: JSON has no infinities, no nan and no -0.0: they travel as strings
_READ = """
const IN = JSON.parse(require("fs").readFileSync(0, "utf8"),
  (_, v) => (typeof v === "string" && v[0] === "#" ? Number(v.slice(1)) : v));
"""
_WRITE = """
const told = (v) => (Object.is(v, -0) ? "#-0" : Number.isFinite(v) ? v : `#${v}`);
process.stdout.write(JSON.stringify(OUT, (_, v) => (typeof v === "number" ? told(v) : v)));
"""


def run(script: str, data: Any) -> Any:
    """`OUT` after a script that finds `IN`; numbers that JSON lacks go through, too."""
    done = subprocess.run(
        ["node", "-e", _READ + script + _WRITE],
        input=json.dumps(_out(data)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return _in(json.loads(done.stdout))


def _out(item: Any) -> Any:
    if isinstance(item, float) and not math.isfinite(item):
        return {"inf": "#Infinity", "-inf": "#-Infinity", "nan": "#NaN"}[repr(item)]
    if isinstance(item, dict):
        return {key: _out(value) for key, value in item.items()}
    return [_out(each) for each in item] if isinstance(item, (list, tuple)) else item


def _in(item: Any) -> Any:
    if isinstance(item, str) and item.startswith("#"):
        return float(item[1:].replace("Infinity", "inf"))
    if isinstance(item, dict):
        return {key: _in(value) for key, value in item.items()}
    return [_in(each) for each in item] if isinstance(item, list) else item
