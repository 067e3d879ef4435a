"""Programs as functions of arrays: the same numbers on both machines, no gradient for constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import autodiff as ad
from autodiff import Program, Value
from autodiff.program.arrays import ArrayFunction

np = pytest.importorskip("numpy")


def graph() -> tuple[list[Value], Value]:
    leaves = [Value(0.5), Value(-1.5), Value(2.0)]
    x, y, z = leaves
    return leaves, ad.sin(x * y) + ad.dot([x, y], [z, x]) / z


def test_value_and_gradient_are_those_of_backward(machine: str) -> None:
    leaves, output = graph()
    output.backward()
    function = ArrayFunction(Program.of(output), exact=True)
    numbers: Any = np.array([leaf.data for leaf in leaves])
    value, gradient = function(numbers)
    assert value == function.value(numbers) == output.data
    assert gradient.tolist() == [leaf.grad for leaf in leaves]
    assert (function.size > 0) == (machine == "llvm")


def test_passive_leaves_have_gradient_0(machine: str) -> None:
    leaves, output = graph()
    output.backward()
    program = replace(Program.of(output), passive=frozenset({1}))
    _, gradient = ArrayFunction(program, exact=True)([leaf.data for leaf in leaves])
    assert gradient.tolist() == [leaves[0].grad, 0.0, leaves[2].grad]
