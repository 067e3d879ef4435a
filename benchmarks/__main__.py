"""`python -m benchmarks [NAME ...]`: run workloads, print the table, write JSON."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import benchmarks.workloads  # noqa: F401 - registers the workloads
from benchmarks.report import environment, table, write_json
from benchmarks.rows import WORKLOADS, Disagreement, Options, Row, select

CONDITIONS = """\
Medians of process CPU time, on one thread (the waiting of others would be counted). Cyclic
collector: default = Python's thresholds, relaxed = autodiff.relaxed_collector(), off = disabled
during the runs. What was imported before is frozen (gc.freeze), so that no engine pays for
another's modules; in moons one older graph stays alive while the next one is built."""


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    listing = "\n".join(
        f"  {entry.name:16} {entry.group:10} {entry.summary}" for entry in WORKLOADS.values()
    )
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure this project against its peers. Gradients are compared first.",
        epilog=f"workloads and their groups:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="workloads or groups; all if none")
    parser.add_argument("--runs", type=int, default=7, help="runs per median (default 7)")
    parser.add_argument("--engine", action="append", help="only this engine (repeatable)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it still work?")
    parser.add_argument(
        "--json", type=Path, default=Path("benchmarks/results/latest.json"), help="where to write"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the workloads asked for; 1 where engines disagree, 2 for a wrong command line."""
    given = arguments().parse_args(argv)
    options = Options(
        runs=1 if given.quick else max(1, given.runs),
        quick=given.quick,
        engines=tuple(given.engine) if given.engine else None,
    )
    try:
        entries = list(select(given.names))
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    machine = environment()
    print(f"Python {machine['python']}, {machine['processor']}, {machine['cores']} cores")
    print(CONDITIONS)
    rows: list[Row] = []
    for entry in entries:
        print(f"... {entry.name}", file=sys.stderr, flush=True)
        try:
            rows.extend(entry.run(options))
        except Disagreement as error:
            print(f"{entry.name}: {error}; nothing was timed", file=sys.stderr)
            return 1
    print("\n" + table(rows))
    write_json(given.json, rows)
    print(f"\nwritten to {given.json}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy is imported, which is later
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    sys.exit(main())
