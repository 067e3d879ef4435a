"""Tells the pictures of autodiff which neuron a parameter belongs to, and what a model looks like.

Modules are noted when they are made, weakly: a model that is gone is forgotten.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autodiff import Place, Value, leaf_namer
from nn.parts.activation_names import activation_name

_LIVE: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
_COUNT = itertools.count()


def note(module: Any) -> None:
    """Remember a module while it lives."""
    _LIVE[next(_COUNT)] = module


@leaf_namer
def _places(leaves: Sequence[Value]) -> Mapping[int, Place]:
    wanted = {id(leaf) for leaf in leaves}
    found: dict[int, Place] = {}
    modules = [module for _, module in sorted(_LIVE.items())]
    layered = {id(unit) for module in modules for unit in _neurons(module)}
    for module in modules:
        units = list(enumerate(_neurons(module), 1))
        if not units and hasattr(module, "weight") and id(module) not in layered:
            units = [(0, module)]
        for number, unit in units:
            for position, parameter in enumerate((unit.bias, *unit.weight)):
                if id(parameter) in wanted:
                    found[id(parameter)] = Place(module, number, position)
        for name, item in vars(module).items():
            if isinstance(item, Value) and id(item) in wanted and not name.startswith("_"):
                found.setdefault(id(item), Place(module, name=name))
    return found


def _neurons(module: Any) -> Sequence[Any]:
    units = vars(module).get("neurons", ())
    return [unit for unit in units if hasattr(unit, "weight") and hasattr(unit, "bias")]


def architecture(module: Any) -> list[list[tuple[Sequence[float], float | None, str]]]:
    """Layer by layer, for each neuron its weights, its bias and the name of its activation."""

    def unit_of(unit: Any) -> tuple[Sequence[float], float | None, str]:
        bias = unit.bias.data if isinstance(unit.bias, Value) else None
        return [w.data for w in unit.weight], bias, activation_name(unit.activation)

    inside: Iterator[Any] = (each for _, each in module.named_modules())
    layers = [[unit_of(unit) for unit in _neurons(each)] for each in inside if _neurons(each)]
    if not layers and hasattr(module, "weight"):
        return [[unit_of(module)]]
    return layers
