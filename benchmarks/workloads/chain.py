"""chain: long chains with shared operands; nanoseconds and bytes per node from 10³ to 10⁶ nodes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import collector, deep_recursion, timed
from benchmarks.peers import Numbers, engines, load
from benchmarks.rows import Options, Row, agree, workload

NODES_PER_LINK = 5


def functions_chain(numbers: Numbers, x: Any, a: Any, links: int) -> Any:
    """sin, mul, tanh, exp, add per link; x, a and the sine are shared operands."""
    sin, tanh, exp = (numbers.functions[name] for name in ("sin", "tanh", "exp"))
    for _ in range(links):
        s = sin(x)
        x = exp(tanh(s * a)) + s
    return x


def arithmetic_chain(numbers: Numbers, x: Any, a: Any, links: int) -> Any:
    """mul, add, mul, add, add per link, for engines without transcendental functions."""
    for _ in range(links):
        s = x * a
        x = (s + x) * a + s + a
    return x


CHAINS = {"functions": functions_chain, "arithmetic": arithmetic_chain}
START = {"functions": (0.7, 0.4), "arithmetic": (0.7, 0.3)}


def forward_backward(kind: str, numbers: Numbers, nodes: int) -> Callable[[], Any]:
    """A function that builds the chain anew and sweeps it; it returns (end, leaves)."""
    x, a = START[kind]
    build, links = CHAINS[kind], nodes // NODES_PER_LINK

    def step() -> Any:
        leaves = numbers.leaf(x), numbers.leaf(a)
        end = build(numbers, *leaves, links)
        if numbers.backward is not None:
            numbers.backward(end)
        return end, leaves

    return step


def gradient(kind: str, numbers: Numbers, nodes: int) -> list[float]:
    assert numbers.gradient is not None
    with deep_recursion(numbers.recursive):
        return [numbers.gradient(leaf) for leaf in forward_backward(kind, numbers, nodes)()[1]]


def bytes_per_node(kind: str, engine: str, nodes: int) -> float:
    """Resident memory that a swept chain keeps, per node, measured in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.memory", kind, engine, str(nodes)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)


@workload("chain", group="eager")
def run(options: Options) -> Iterator[Row]:
    """Chains of 10^3 to 10^6 nodes with shared operands: ns and bytes per node."""
    sizes = [50, 500] if options.quick else [10**3, 10**5, 10**6]
    for kind in CHAINS:
        expected = gradient(kind, load("tuples"), 1000)
        for nodes in sizes:
            table = f"chain of {kind}, {nodes} nodes, forward and backward per node"
            for name, numbers in engines(options, table):
                if isinstance(numbers, Row):
                    yield numbers
                elif kind == "functions" and "sin" not in numbers.functions:
                    note = "has no sin, exp, tanh: see the chain of arithmetic"
                    yield Row(table, numbers.name, note=note)
                else:
                    difference = 0.0
                    if numbers.backward is not None:
                        difference = agree(name, gradient(kind, numbers, 1000), expected)
                    yield _row(table, kind, name, numbers, nodes, difference, options)


def _row(
    table: str,
    kind: str,
    name: str,
    numbers: Numbers,
    nodes: int,
    difference: float,
    options: Options,
) -> Row:
    seconds_long = nodes > 10**5 and name in ("micrograd", "torch")
    step = forward_backward(kind, numbers, nodes)
    with deep_recursion(numbers.recursive), collector("default"):
        timing = timed(step, 1 if seconds_long else options.runs, keep=False)
    settings = []
    details: dict[str, Any] = {"nodes": nodes, "largest difference": difference}
    if numbers.backward is not None and (nodes == 10**5 or options.quick):
        details["bytes per node"] = bytes_per_node(kind, name, nodes)
        settings.append(f"{details['bytes per node']:.0f} bytes per node")
    if numbers.recursive:
        settings.append("recursion limit raised")
    return Row(
        table,
        numbers.name,
        ", ".join(settings),
        timing.median / nodes * 1e9,
        "ns",
        spread=timing.spread / nodes * 1e9,
        runs=timing.runs,
        baseline=name == "autodiff",
        details=details,
    )
