"""What micrograd would need for a task that nobody would wait for: an estimate, and called one."""

from __future__ import annotations

from benchmarks.measure import collector, timed
from benchmarks.moons_data import moons
from benchmarks.peers import load
from benchmarks.rows import Options, Row
from benchmarks.workloads.moons import training_step


def micrograd(
    options: Options, table: str, operations: int, setting: str, unit: str = "ms"
) -> Row:  # fmt: skip
    """Operations times micrograd's time for one, measured now on a training step of moons.

    Forward and backward of a network much like those of the tasks, in the same process, with
    Python's own collector settings; what else a step does is left out, in micrograd's favour.
    """
    try:
        numbers = load("micrograd")
    except ImportError as error:
        return Row(table, "micrograd", note=f"missing: {error}")
    data = moons(6, (2, 3, 1)) if options.quick else moons()
    with collector("default"):
        timing = timed(training_step(numbers, data), min(2, options.runs))
    each = timing.median / data.operations
    details = {"operations": operations, "µs per operation": each * 1e6}
    shown = f"{setting}: {operations:,} operations x {each * 1e6:.1f} µs"
    total = each * operations * (1e3 if unit == "ms" else 1.0)
    return Row(table, "micrograd, estimate", shown, total, unit, runs=timing.runs,
               details=details)  # fmt: skip
