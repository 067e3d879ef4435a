"""How a library of models tells pictures what its parameters are; the engine knows no library.

A namer is asked with the leaves of a graph and answers with the places of those that it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where a parameter stands: `layer` is anything with an identity, the numbers count from 1.

    `input` 0 is the bias; `neuron` 0 is a neuron without a layer around it. `name` replaces w or b
    (a parameter that is no neuron's).
    """

    layer: object
    neuron: int = 0
    input: int = 0
    name: str = ""


Namer = Callable[[Sequence[Any]], Mapping[int, Place]]

NAMERS: list[Namer] = []


def leaf_namer(namer: Namer) -> Namer:
    """Register a function that tells pictures where leaves stand, by their `id`; a decorator.

    >>> from autodiff import Value
    >>> w = Value(2.0)
    >>> @leaf_namer
    ... def mine(leaves):
    ...     return {id(w): Place(layer="only", neuron=2, input=1)}
    >>> from autodiff.display import steps
    >>> print(steps(w * 3.0).leaves[0].name)
    w⁽¹⁾₂₁
    >>> NAMERS.remove(mine)
    """
    NAMERS.append(namer)
    return namer


def places(leaves: Sequence[Any]) -> dict[int, Place]:
    """What all namers know about these leaves."""
    found: dict[int, Place] = {}
    for namer in NAMERS:
        found.update(namer(leaves))
    return found
