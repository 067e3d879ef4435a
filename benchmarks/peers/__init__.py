"""The engines that are compared, each behind the same small interface, so that one plain text of
a workload runs on all of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.rows import Options, Row

SCALAR_ENGINES = ("autodiff", "floats", "tuples", "micrograd", "torch")


@dataclass(frozen=True)
class Numbers:
    """An engine of scalars.

    `leaf` makes a number that gets a gradient; `functions` has those of relu, sin, exp, tanh that
    the engine offers; `backward` fills the gradients (None for plain floats); `descend` does
    `p -= rate * gradient` and clears the gradient, for a whole list.
    """

    name: str
    version: str
    leaf: Callable[[float], Any]
    value: Callable[[Any], float]
    functions: dict[str, Callable[[Any], Any]]
    backward: Callable[[Any], None] | None = None
    gradient: Callable[[Any], float] | None = None
    clear: Callable[[Sequence[Any]], None] | None = None
    descend: Callable[[Sequence[Any], float], None] | None = None
    recursive: bool = False


def load(name: str) -> Numbers:
    """The engine of that name; ImportError where it is not installed."""
    numbers: Numbers = importlib.import_module(f"benchmarks.peers.{name}_scalars").load()
    return numbers


def engines(options: Options, table: str) -> Iterator[tuple[str, Numbers | Row]]:
    """All engines of scalars; for one that is not installed, the row that says so."""
    for name in SCALAR_ENGINES:
        if options.wants(name):
            try:
                yield name, load(name)
            except ImportError as error:
                yield name, Row(table, name, note=f"missing: {error}")
