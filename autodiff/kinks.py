"""Kinks: points where a function has a value and no derivative, and the engine chooses one.

They are found, not listed: where the slopes just left and just right of the point differ, there is
no derivative, whatever the primitive. The number that was chosen is the rule's (see conventions).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .primitive import Primitive, local_derivative

#: slopes of kinks are moderate; next to a pole two neighbouring floats differ by more than this
_STEEPEST = 1e6
#: how much a slope may change from float to float, per distance, where it only bends: cos at 0 or
#: pi has neighbours whose slopes differ in every digit, and a derivative
_BENT = 1e3


def chosen_slope(
    primitive: Primitive, position: int, z: float, operands: Sequence[float]
) -> float | None:
    """The derivative that was chosen by an operand at a kink; None where it is a derivative.

    >>> from autodiff.primitive import PRIMITIVES
    >>> [chosen_slope(PRIMITIVES["abs"], 0, abs(x), [x]) for x in (0.0, 2.0)]
    [0.0, None]
    """
    if not all(map(math.isfinite, (z, *operands))):
        return None
    left = _slope(primitive, position, operands, -math.inf)
    right = _slope(primitive, position, operands, math.inf)
    if left is None or right is None or max(abs(left), abs(right)) > _STEEPEST:
        return None
    x = operands[position]
    apart = math.nextafter(x, math.inf) - math.nextafter(x, -math.inf)
    smooth = max(1e-6 * max(abs(left), abs(right)), min(_BENT * apart, 1e-3))
    if abs(left - right) <= smooth:
        return None
    return local_derivative(primitive, position, z, operands) or 0.0


def _slope(
    primitive: Primitive, position: int, operands: Sequence[float], towards: float
) -> float | None:
    """The slope at the neighbouring float; None where the function has no value."""
    beside = list(operands)
    beside[position] = math.nextafter(operands[position], towards)
    try:
        value = primitive.forward(*beside)
    except (ValueError, ArithmeticError):
        return None
    slope = local_derivative(primitive, position, value, beside) or 0.0
    return slope if math.isfinite(slope) else None
