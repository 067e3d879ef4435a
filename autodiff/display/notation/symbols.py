"""Two leaves that display adds to expression trees: a node's name, and a number with a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autodiff.formula import Constant, Variable

from .names import Name

Role = Literal["", "value", "grad", "local"]
"""What a number is: it decides the colour, in every format."""


@dataclass(frozen=True, slots=True)
class Symbol(Variable):
    """The name of node number `node` of a graph."""

    shown: Name
    node: int


@dataclass(frozen=True, slots=True)
class Figure(Constant):
    """A number that stands for a quantity of the graph, coloured by its role."""

    role: Role = "value"


@dataclass(frozen=True, slots=True)
class Derivative(Variable):
    """The derivative of one node by another.

    `whole`: d, through all paths from `by` to `of`. Otherwise ∂, in one step and by one operand
    alone; `slot` counts the operands that are the same node (∂a/∂x① and ∂a/∂x② in a = x·x), and
    is 0 where there is one.
    """

    of: Name
    by: Name
    whole: bool
    slot: int = 0


def whole(of: Name, by: Name) -> Derivative:
    """df/dx, through all paths: the number on the card of x."""
    return Derivative(f"d{of}/d{by}", of, by, True)


def local(of: Name, by: Name, slot: int = 0) -> Derivative:
    """∂a/∂x, in the one step from x to a: the number on the wire."""
    return Derivative(f"∂{of}/∂{by}/{slot}", of, by, False, slot)


def circled(number: int) -> str:
    """①, ②, …, (51).

    >>> circled(1), circled(20), circled(51)
    ('①', '⑳', '(51)')
    """
    for first, last, code in ((1, 20, 0x2460), (21, 35, 0x3251), (36, 50, 0x32B1)):
        if first <= number <= last:
            return chr(code + number - first)
    return f"({number})"


def symbol(name: Name, node: int) -> Symbol:
    """The symbol of a node."""
    return Symbol(str(name), name, node)
