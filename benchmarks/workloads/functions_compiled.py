"""rosenbrock and chain under jit: time per call, time of the first call, memory per operation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import timed
from benchmarks.peers import load
from benchmarks.rows import Options, Row, agree, workload
from benchmarks.workloads.chain import functions_chain
from benchmarks.workloads.rosenbrock import exact_gradient, rosenbrock

ROSENBROCK = "rosenbrock compiled, n = 1000, value and gradient"
CHAIN = "chain of functions compiled, per node"


@workload("functions_compiled", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """Rosenbrock function and long chains under jit, with memory."""
    try:
        import llvmlite  # noqa: F401 - the question is whether it is there
        import numpy as np
    except ImportError as error:
        yield Row(ROSENBROCK, "autodiff jit", note=f"missing: {error}")
        return
    yield from _rosenbrock(np, options)
    yield from _chain(np, options)


def _rosenbrock(np: Any, options: Options) -> Iterator[Row]:
    from autodiff import Value, jit
    from autodiff.program.arrays import ArrayFunction
    from autodiff.program.program import Program

    start = [0.5 + 0.1 * (i % 7) for i in range(8 if options.quick else 1000)]
    xs, point = [Value(x) for x in start], np.array(start)
    expected = exact_gradient(start)
    function = ArrayFunction(Program.of(rosenbrock(xs), inputs=xs))
    difference = agree("jit", function(point)[1].tolist(), expected)
    compiled: Any = jit(rosenbrock)

    def as_users_write() -> Any:
        compiled(xs).backward()

    def by_hand() -> Any:
        left, right = point[:-1], point[1:]
        inner = right - left * left
        value = (100.0 * inner * inner + (1.0 - left) ** 2).sum()
        gradient = np.zeros_like(point)
        gradient[:-1] = -400.0 * left * inner - 2.0 * (1.0 - left)
        gradient[1:] += 200.0 * inner
        return value, gradient

    agree("NumPy", by_hand()[1].tolist(), expected)
    for name, setting, step in (
        ("autodiff jit", "on arrays", lambda: function(point)),
        ("autodiff jit", "as users write it", as_users_write),
        (f"NumPy {np.__version__}, by hand", "", by_hand),
    ):
        timing = timed(step, options.runs)
        yield Row(ROSENBROCK, name, setting, timing.median * 1e3, spread=timing.spread * 1e3,
                  runs=timing.runs, baseline=setting == "on arrays",
                  details={"largest difference": difference})  # fmt: skip


def _chain(np: Any, options: Options) -> Iterator[Row]:
    from autodiff.program.arrays import ArrayFunction
    from autodiff.program.program import Program

    numbers = load("autodiff")
    for nodes in (500,) if options.quick else (1000, 10_000, 100_000):
        leaves = [numbers.leaf(0.7), numbers.leaf(0.4)]
        end = functions_chain(numbers, leaves[0], leaves[1], nodes // 5)
        end.backward()
        start = time.process_time()
        program = Program.of(end, inputs=leaves)
        function = ArrayFunction(program)
        point = np.array([leaf.data for leaf in leaves])
        difference = agree("jit", function(point)[1].tolist(), [leaf.grad for leaf in leaves])
        first = time.process_time() - start
        timing = timed(lambda function=function, point=point: function(point), options.runs)  # type: ignore[misc]  # mypy cannot infer lambdas with defaults
        setting = f"{nodes} nodes"
        yield Row(CHAIN, "autodiff jit", setting, timing.median / nodes * 1e9, unit="ns",
                  runs=timing.runs, details={"largest difference": difference})  # fmt: skip
        yield Row(CHAIN, "autodiff jit", f"{setting}, made ready once", first / nodes * 1e9,
                  unit="ns", runs=1)  # fmt: skip
        yield Row(CHAIN, "autodiff jit", f"{setting}, code and numbers",
                  function.size / nodes, unit="bytes", runs=1)  # fmt: skip
