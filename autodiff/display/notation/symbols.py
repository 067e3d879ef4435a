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


def symbol(name: Name, node: int) -> Symbol:
    """The symbol of a node."""
    return Symbol(str(name), name, node)
