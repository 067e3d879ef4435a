"""Pictures compared byte by byte with the ones that were looked at.

After a change that is meant to be seen: `python -m tests.display.test_golden` writes the pictures
anew; look at every one before committing it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import autodiff
from autodiff import Value
from autodiff.display import Drawing, draw, to_dot, walkthrough
from tests.display.graphs import neuron, selections, shared_scopes, three_layers, toy, two_paths

FOLDER = Path(__file__).parent / "golden"


def swept(value: Value) -> Value:
    value.backward()
    return value


def network() -> Drawing:
    """Three layers of fused neurons, collapsed, without importing nn."""
    signals: list[Value] = [Value(0.689, "x0"), Value(0.516, "x1")]
    for layer, width in enumerate((5, 5, 1)):
        signals = [
            autodiff.affine(
                [Value(((7 * layer + 5 * unit + 3 * i) % 11 - 5) / 7) for i in range(len(signals))],
                signals,
                Value(0.1 * unit),
            ).tanh()
            for unit in range(width)
        ]
    signals[0].backward()
    return draw(signals[0], collapse=True)


PICTURES: dict[str, Callable[[], str]] = {
    "toy.svg": lambda: draw(swept(toy())).svg,
    "toy_dark_down.svg": lambda: draw(swept(toy()), theme="dark", direction="down").svg,
    "two_paths.svg": lambda: draw(swept(two_paths())).svg,
    "neuron_worksheet.svg": lambda: draw(neuron(), worksheet="all").svg,
    "dead.svg": lambda: draw(swept(three_layers(-1.2)), background=None).svg,
    "selections.svg": lambda: draw(swept(selections())).svg,
    "scopes.svg": lambda: draw(shared_scopes()).svg,
    "network.svg": lambda: network().svg,
    "toy.dot": lambda: to_dot(toy()),
    "toy.tex": lambda: draw(swept(toy())).tikz,
}


def comparable(text: str) -> str:
    """Numbers in tooltips have all digits, and the last one may differ between C libraries."""
    return re.sub(r"(\d\.\d{11})\d+", r"\1…", text)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_picture_is_the_one_that_was_looked_at(name: str) -> None:
    golden = (FOLDER / name).read_text(encoding="utf-8")
    assert comparable(PICTURES[name]()) == comparable(golden)


PROGRAM = """
import hashlib, tests.display.test_golden as golden
for name, make in sorted(golden.PICTURES.items()):
    print(name, hashlib.sha256(make().encode()).hexdigest())
page = golden.walkthrough(golden.two_paths()).page
print(hashlib.sha256(page.encode()).hexdigest())
"""


def test_the_same_bytes_under_any_hash_seed() -> None:
    seen = set()
    for seed in ("0", "1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=FOLDER.parent.parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        seen.add(answer.stdout)
    assert len(seen) == 1


if __name__ == "__main__":
    assert walkthrough is not None
    for name, make in PICTURES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print("wrote", FOLDER / name)
