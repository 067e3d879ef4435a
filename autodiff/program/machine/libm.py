"""Which functions of the C library have the bits of Python's `math` here.

Python's math calls the C library for most functions, and has code of its own for others, which
depends on its version. So this is measured: a function whose results at many points are equal,
bit for bit, is called directly by the machine, any other through Python.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import math
import random
import struct
from collections.abc import Callable

NAMES = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf",
    "erfc", "exp", "exp2", "expm1", "fmod", "lgamma", "log", "log10", "log1p", "log2", "pow",
    "remainder", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
_TWO = frozenset(("atan2", "fmod", "pow", "remainder"))


@functools.cache
def library() -> ctypes.CDLL | None:
    """The C library's functions, or None where they cannot be found."""
    for name in (ctypes.util.find_library("m"), None):
        try:
            found = ctypes.CDLL(name)
            getattr(found, "exp")  # noqa: B009 - the question is whether the symbol is there
        except (OSError, AttributeError, TypeError):
            continue
        return found
    return None


def address(name: str) -> int:
    """The address of a function of the C library."""
    return ctypes.cast(getattr(library(), name), ctypes.c_void_p).value or 0


def arity(name: str) -> int:
    """How many operands a function takes."""
    return 2 if name in _TWO else 1


def equal_to_math() -> list[str]:
    """The names of the functions that agree with Python's math wherever that has a result."""
    if library() is None:
        return []
    return [name for name in NAMES if hasattr(library(), name) and _agrees(name)]


def _agrees(name: str) -> bool:
    direct = getattr(library(), name)
    direct.restype = ctypes.c_double
    direct.argtypes = [ctypes.c_double] * arity(name)
    python: Callable[..., float] = getattr(math, name)
    if name == "pow":
        python = _power
    source = random.Random(20)
    for spread in (1e-300, 1e-8, 1e-3, 0.5, 1.0, 2.0, 10.0, 40.0, 300.0, 1e6, 1e300):
        for _ in range(40):
            point = [source.uniform(-spread, spread) for _ in range(arity(name))]
            try:
                expected = python(*point)
            except (ValueError, ArithmeticError):
                continue
            if struct.pack("d", expected) != struct.pack("d", direct(*point)):
                return False
    return True


def _power(x: float, y: float) -> float:
    result = x**y
    if isinstance(result, complex):
        raise ValueError
    return float(result)
