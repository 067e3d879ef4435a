"""Same bits: in fresh processes, under any PYTHONHASHSEED, with any Python from 3.11 on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust import determinism_programs

ROOT = Path(__file__).parents[2]
SCRIPT = Path(determinism_programs.__file__)
#: recorded with Python 3.11; every other version must print the same
RECORDED = (ROOT / "tests/data/bits.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_the_bits_are_those_that_were_recorded(number: int) -> None:
    """The builtin sum of floats changed in Python 3.12, as math.hypot did in 3.10: not here."""
    assert _lines[number] == RECORDED[number]


_lines = determinism_programs.lines()


@pytest.mark.parametrize("option", ["--exact", "--libm"])
def test_fresh_processes_under_any_hash_seed(option: str) -> None:
    outputs = set()
    path = ":".join(filter(None, sys.path))
    for seed in ("0", "1", "4294967295"):
        done = subprocess.run(
            [sys.executable, str(SCRIPT), option],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        outputs.add(done.stdout)
    assert len(outputs) == 1
    if option == "--libm":
        assert outputs.pop().splitlines() == determinism_programs.lines_of_libm()
    else:
        assert outputs.pop().splitlines() == RECORDED
