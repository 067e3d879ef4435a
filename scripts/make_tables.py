"""Write what in README.md and docs/performance.md is measured or counted.

    python -m benchmarks --json docs/measurements.json
    python scripts/make_tables.py

Benchmark tables come from docs/measurements.json, line counts from the sources. Between the marks
`<!-- NAME:begin ... -->` and `<!-- NAME:end -->` nothing is written by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MEASUREMENTS = ROOT / "docs" / "measurements.json"

#: The files of the engine in the order in which they explain each other.
READING = [
    ("autodiff/value.py", "a number, its operators, `backward()`"),
    ("autodiff/graph.py", "what a node is; topological order without recursion"),
    ("autodiff/primitive.py", "what an operation is"),
    ("autodiff/rules/__init__.py", "the table of all operations, a file for each family"),
    ("autodiff/rules/hyperbolic.py", "one family: functions and derivatives as formulas"),
    ("autodiff/atoms.py", "what every function is made of, for every target"),
    ("autodiff/formula.py", "derivatives as expression trees"),
    ("autodiff/source.py", "a formula printed as a Python function"),
    ("autodiff/pullback.py", "from a rule to straight Python"),
    ("autodiff/number.py", "the rest of what a Python number can do"),
    ("autodiff/call.py", "how a function meets floats, Values and symbols"),
    ("autodiff/functions.py", "the public functions"),
    ("autodiff/modes.py", "`no_grad`, `strict`, `scope`"),
    ("autodiff/transform/sweep.py", "gradients that are graphs"),
    ("autodiff/transform/functional.py", "`grad`, `jacobian`, `hessian`, `vjp`, `jvp`"),
    ("nn/layers.py", "neurons and networks, on public names alone"),
]


def lines_of(file: str) -> int:
    """How many lines a source file has."""
    return len((ROOT / file).read_text(encoding="utf-8").splitlines())


def reading() -> str:
    """The list "read the source in this order"."""
    entries = [
        f"{place}. [`{file}`]({file}) ({lines_of(file)} lines): {about}"
        for place, (file, about) in enumerate(READING, start=1)
    ]
    return "\n".join(entries)


def measurements() -> dict[str, Any]:
    """The file that the benchmarks wrote."""
    found: dict[str, Any] = json.loads(MEASUREMENTS.read_text(encoding="utf-8"))
    return found


def _setting(text: str) -> str:
    return text.removeprefix("collector ")


def _digits(number: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{number:.3g}" if number < 1000 else f"{round(number, -1):.0f}"


def _tables(report: dict[str, Any]) -> Iterator[str]:
    machine = report["environment"]
    packages = ", ".join(f"{k} {v}" for k, v in machine["packages"].items() if v)
    yield (
        f"Python {machine['python']}, {machine['system']} {machine['machine']}, "
        f"{machine['processor']}, {machine['cores']} cores; {packages}.\n"
        f"Written by `{' '.join(report['command'])}`.\n"
    )
    for title in dict.fromkeys(row["table"] for row in report["rows"]):
        rows = [row for row in report["rows"] if row["table"] == title]
        yield f"### {title[0].upper()}{title[1:]}\n"
        yield _table(rows)


def _table(rows: list[dict[str, Any]]) -> str:
    base = next((row["median"] for row in rows if row["baseline"]), None)
    lines = ["| engine | setting | median | ratio |", "|---|---|---:|---:|"]
    for row in rows:
        if row["median"] is None:
            lines.append(f"| {row['engine']} | {row['note']} | – | |")
            continue
        ratio = f"{row['median'] / base:.3g}" if base else ""
        number = f"{_digits(row['median'])} {row['unit']}"
        lines.append(f"| {row['engine']} | {_setting(row['setting'])} | {number} | {ratio} |")
    return "\n".join(lines) + "\n"


def short_table(report: dict[str, Any]) -> str:
    """The README's table: one training step, each engine with Python's default settings."""
    rows = [
        row
        for row in report["rows"]
        if row["table"].startswith("moons") and row["median"] is not None
        and _setting(row["setting"]) in ("default", "")
    ]  # fmt: skip
    base = next((row["median"] for row in rows if row["engine"] == "micrograd"), None)
    lines = ["| one training step | time | speed, micrograd = 1 |", "|---|---:|---:|"]
    for row in sorted(rows, key=lambda row: -float(row["median"])):
        ratio = f"{base / row['median']:.3g}" if base else ""
        lines.append(f"| {row['engine']} | {_digits(row['median'])} {row['unit']} | {ratio} |")
    return "\n".join(lines)


def replaced(text: str, name: str, block: str) -> str:
    """The text with what is between two marks replaced."""
    pattern = re.compile(rf"(<!-- {name}:begin[^>]*-->\n).*?(<!-- {name}:end -->)", flags=re.DOTALL)
    assert pattern.search(text), f"there is no block {name}"
    return pattern.sub(lambda match: f"{match[1]}{block.rstrip()}\n{match[2]}", text)


def documents() -> dict[Path, str]:
    """The documents with fresh blocks."""
    report = measurements()
    readme, performance = ROOT / "README.md", ROOT / "docs" / "performance.md"
    text = replaced(readme.read_text(encoding="utf-8"), "reading", reading())
    text = replaced(text, "benchmarks", short_table(report))
    tables = "\n" + "\n".join(_tables(report)) + "\n"
    return {
        readme: text,
        performance: replaced(performance.read_text(encoding="utf-8"), "tables", tables),
    }


def main() -> int:
    """Write the documents."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
