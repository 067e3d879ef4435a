"""The reference data in tests/data, with the non-finite numbers as floats."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data"


@functools.cache
def load(name: str) -> Any:
    """The content of tests/data/name.json; the strings "inf", "-inf" and "nan" become floats."""
    return _numbers(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def _numbers(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _numbers(entry) for key, entry in content.items()}
    if isinstance(content, list):
        return [_numbers(entry) for entry in content]
    if content in ("inf", "-inf", "nan"):
        return float(content)
    return content


def same(a: float, b: float) -> bool:
    """Equal numbers; nan equals nan and 0.0 equals -0.0."""
    return a == b or (a != a and b != b)


def identical(a: float, b: float) -> bool:
    """The same bits: -0.0 differs from 0.0 (all nan count as one)."""
    if a != a or b != b:
        return a != a and b != b
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def close(a: float, b: float, relative: float, absolute: float = 0.0) -> bool:
    """Whether a is within the tolerance of the exact b; infinities must match."""
    if same(a, b):
        return True
    return math.isfinite(a) and math.isfinite(b) and abs(a - b) <= relative * abs(b) + absolute


def ulps(a: float, exact: float) -> float:
    """The distance of a from an exact value, in units in the last place of the latter."""
    if same(a, exact):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(exact)):
        return math.inf
    return abs(a - exact) / math.ulp(exact)
