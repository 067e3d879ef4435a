"""A user's function of floats as a formula, where calling it on symbols surely says all about it.

A wrong formula would be a wrong number in machine code and in JAX. So a function is only traced if
nothing but its arguments can matter to it: it reads modules and functions of autodiff, no numbers
from outside (they may change), compares nothing by `==` or `is` (symbols would answer), catches no
exception and defines no inner function. And at many points the formula must give the bits, or
raise where the function raises. In doubt a function stays an atom, which Python computes.
"""

from __future__ import annotations

import dis
import inspect
import itertools
import math
import struct
import types
from collections.abc import Callable, Collection, Sequence
from typing import Any

from .formula import Constant, Formula, Variable, lift, names_in, parts, write
from .primitive import PRIMITIVES

_PURE = frozenset(("abs", "float", "max", "min", "pow", "range", "sum"))
_LONGEST = 500
_POINTS = (0.5, -0.7, 0.0, -0.0, 1.0, -1.0, 2.0, 3.0, -2.5, 1e-3, 17.25, -40.0, 1e200, 5e-324,
           math.inf, -math.inf, math.nan)  # fmt: skip


def traced(
    function: Callable[..., Any], names: Sequence[str], known: Collection[str]
) -> Formula | None:
    """The function as a formula of the primitives `known`; None where it stays an atom."""
    if not isinstance(function, types.FunctionType) or not _depends_on_arguments_alone(function):
        return None
    try:
        formula = lift(function(*map(Variable, names)))
        whole = parts(formula)
        if len(whole) > _LONGEST or not names_in(formula) <= set(known):
            return None
        return formula if _agrees(function, formula, names) else None
    except Exception:  # noqa: BLE001 - whatever it was: Python computes the function
        return None


def _depends_on_arguments_alone(function: types.FunctionType) -> bool:
    code = function.__code__
    outside = inspect.getclosurevars(function)
    read = [*outside.globals.values(), *outside.nonlocals.values()]
    return (
        all(map(_is_ours, read))
        and set(outside.builtins) <= _PURE
        and not code.co_exceptiontable
        and not any(isinstance(constant, types.CodeType) for constant in code.co_consts)
        and not any(map(_compares_identity, dis.get_instructions(code)))
    )


def _is_ours(thing: Any) -> bool:
    if isinstance(thing, types.ModuleType):
        return thing.__name__ in ("autodiff", "math")
    return callable(thing) and getattr(thing, "__module__", "").split(".")[0] == "autodiff"


def _compares_identity(instruction: dis.Instruction) -> bool:
    name, how = instruction.opname, str(instruction.argval)
    if name == "COMPARE_OP":
        return "==" in how or "!=" in how
    return name in ("IS_OP", "CONTAINS_OP", "STORE_GLOBAL") or name.startswith("MATCH_")


def _agrees(function: Callable[..., Any], formula: Formula, names: Sequence[str]) -> bool:
    """Whether the two have the same bits, or both raise, at many points; some must have a value."""
    shifts = itertools.islice(itertools.product(range(3), repeat=len(names)), 9)
    found = 0
    for shift, start in itertools.product(shifts, range(len(_POINTS))):
        numbers = [
            _POINTS[(start * (1 + 2 * at) + 5 * by) % len(_POINTS)] for at, by in enumerate(shift)
        ]
        left = _outcome(function, *numbers)
        right = _outcome(_value, formula, dict(zip(names, numbers, strict=True)))
        if left != right:
            return False
        found += left is not None
    return found > 0


def _outcome(compute: Callable[..., Any], *arguments: Any) -> bytes | None:
    try:
        number = float(compute(*arguments))
    except (ValueError, ArithmeticError):
        return None
    return b"nan" if number != number else struct.pack("d", number)


def _value(formula: Formula, values: dict[str, float]) -> float:
    """A formula on floats; both branches of a selection are computed, as calls of `where` do."""

    def leaf(part: Formula) -> float:
        return part.value if isinstance(part, Constant) else values[str(part)]

    return write(
        formula, leaf, lambda part, numbers: PRIMITIVES[part.name].forward(*numbers),
        lambda condition, then, other: (other(), then())[bool(condition)],
    )  # fmt: skip
