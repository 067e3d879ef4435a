"""One module per workload; importing this package registers them, in the order of the report."""

from benchmarks.workloads import moons  # noqa: I001 - the order of the report
from benchmarks.workloads import moons_layers, chain, rosenbrock
from benchmarks.workloads import moons_compiled, moons_batch, gpt, gpt_training
from benchmarks.workloads import functions_compiled, smooth_batch, growth, digits

__all__ = [
    "chain", "digits", "functions_compiled", "gpt", "gpt_training", "growth", "moons",
    "moons_batch", "moons_compiled", "moons_layers", "rosenbrock", "smooth_batch",
]  # fmt: skip
