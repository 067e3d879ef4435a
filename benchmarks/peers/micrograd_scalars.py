"""micrograd 0.1.0 from PyPI, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.peers import Numbers


def clear(parameters: Sequence[Any]) -> None:
    for parameter in parameters:
        parameter.grad = 0.0


def descend(parameters: Sequence[Any], rate: float) -> None:
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
        parameter.grad = 0.0


def load() -> Numbers:
    from micrograd.engine import Value

    return Numbers(
        name="micrograd",
        version=version("micrograd"),
        leaf=Value,
        value=lambda v: float(v.data),
        functions={"relu": Value.relu},  # it has no sin, exp, tanh
        backward=Value.backward,
        gradient=lambda v: float(v.grad),
        clear=clear,
        descend=descend,
        recursive=True,
    )
