"""Primitives as plain functions of floats and of NumPy arrays: what printed source imports.

`from autodiff.program.elementwise import sin` gives a function that is Python's on floats (but
never raises: 1/0 is inf) and works entry by entry on arrays.

>>> sigmoid = elementwise("sigmoid")
>>> sigmoid(0.0)
0.5
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from autodiff.primitive import PRIMITIVES

from .numpy_types import numpy

#: of floats, and entry by entry of arrays: whoever runs printed source knows which it has
Elementwise: TypeAlias = Callable[..., Any]


@functools.cache
def elementwise(name: str) -> Elementwise:
    """The primitive of that name on floats, and entry by entry on arrays."""
    compute = PRIMITIVES[name].total.forward

    def function(*operands: Any) -> Any:
        if any(getattr(operand, "shape", ()) for operand in operands):
            return numpy().vectorize(compute, otypes=[float])(*operands)
        return compute(*map(float, operands))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = PRIMITIVES[name].doc
    return function


def __getattr__(name: str) -> Elementwise:
    known = name if name in PRIMITIVES else name.rstrip("_")
    if known not in PRIMITIVES or name.startswith("__"):
        raise AttributeError(f"there is no primitive {name!r}")
    return elementwise(known)
