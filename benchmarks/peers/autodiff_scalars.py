"""This project's `Value`, one node per operation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from autodiff import Value
from benchmarks.peers import Numbers


def clear(parameters: Sequence[Value]) -> None:
    for parameter in parameters:
        parameter.grad = 0.0


def descend(parameters: Sequence[Value], rate: float) -> None:
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
        parameter.grad = 0.0


def load() -> Numbers:
    try:
        release = version("scalar-autodiff")
    except PackageNotFoundError:
        release = "working tree"
    return Numbers(
        name="autodiff",
        version=release,
        leaf=Value,
        value=lambda v: float(v.data),
        functions={
            "relu": Value.relu,
            "sin": Value.sin,
            "exp": Value.exp,
            "tanh": Value.tanh,
        },
        backward=Value.backward,
        gradient=lambda v: float(v.grad),
        clear=clear,
        descend=descend,
    )
