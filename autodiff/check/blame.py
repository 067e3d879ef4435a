"""Which primitives of a computation have a wrong rule, by differences of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.graph import topological_order
from autodiff.primitive import Primitive, local_derivative
from autodiff.value import Value

from .numeric import derivatives, finest_detail, look_closer


def blame(f: Callable[[Sequence[Any]], Any], numbers: Sequence[float]) -> str:
    """The wrong local derivatives in the graph of f at these numbers, as lines of a report."""
    output = f([Value(number) for number in numbers])
    if not isinstance(output, Value):
        return "\nThe result is a plain number: the computation left the graph."
    lines: dict[str, None] = {}
    for node in topological_order(output):
        if node.primitive is None or is_too_fine(node.primitive, _numbers(node)):
            continue
        for index, operand in enumerate(node.operands):
            if not isinstance(operand, float):
                line = fault_of(node.primitive, index, _numbers(node))
                lines |= {} if line is None else {f"\n{line}": None}
    return "".join(list(lines)[:5])


def _numbers(node: Value) -> list[float]:
    return [getattr(operand, "data", operand) for operand in node.operands]


#: How far apart the waves or steps of a primitive are: by its operand, given all of them.
_PERIODS: dict[str, Callable[..., Sequence[float]]] = {
    **dict.fromkeys(("sin", "cos", "tan"), lambda x: (math.pi,)),
    **dict.fromkeys(
        ("mod", "floordiv", "fmod", "remainder", "trunc_quotient", "round_quotient"),
        lambda x, y: (abs(y), y * (y / x) if x else math.inf),
    ),
    "round": lambda x, n: (10.0**-n, math.inf),
}


def beyond_judgement(f: Callable[[Sequence[Any]], Any], numbers: Sequence[float]) -> bool:
    """Whether something waves or jumps faster than differences can follow, as sin does at 1e300."""
    output = f([Value(number) for number in numbers])
    return isinstance(output, Value) and any(
        node.primitive is not None and is_too_fine(node.primitive, _numbers(node))
        for node in topological_order(output)
    )


def is_too_fine(primitive: Primitive, operands: Sequence[float]) -> bool:
    """Whether differences of a primitive around these operands miss its waves or steps."""
    periods = _PERIODS.get(primitive.name)
    if periods is None or not all(map(math.isfinite, operands)):
        return False
    pairs = zip(periods(*operands), operands, strict=True)
    return any(abs(period) < finest_detail(x) for period, x in pairs)


def fault_of(primitive: Primitive, index: int, operands: Sequence[float]) -> str | None:
    """What is wrong with one local derivative at these operands; None if nothing is."""

    def probe(x: float) -> Sequence[float] | None:
        moved = list(operands)
        moved[index] = x
        try:
            return [primitive.forward(*moved)]
        except (ValueError, ArithmeticError):
            return None

    here = probe(operands[index])
    if here is None:
        return None
    computed = local_derivative(primitive, index, here[0], operands) or 0.0
    (numerical,) = derivatives(probe, operands[index], 1)
    look = look_closer(probe, operands[index], 1, 0, abs(computed - numerical.value))
    if not look.all or look.supports(computed, rtol=1e-6, atol=1e-9):
        return None
    which, _ = primitive.variable_of(index, len(operands))
    shown = ", ".join(map(repr, operands))
    best = min(look.all, key=lambda each: each.error)
    return (
        f"The rule of {primitive.name} by {primitive.variables[which]} gives {computed!r} at "
        f"({shown}); differences of its forward function give {best}."
    )
