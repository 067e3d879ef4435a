"""Kinks: points where a function has a value and no derivative, and the engine chooses one.

They are found, not listed: where the slopes just left and just right of the point differ, there is
no derivative, whatever the primitive. Next to a minimum they differ, too, by an amount that grows
with the distance; at a kink it stays. One float beside a kink one of the slopes is the one that was
chosen at the kink: there the values tell that it bends next door. The number that was chosen is
the rule's (see conventions).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .primitive import Primitive, local_derivative

#: slopes of kinks are moderate; next to a pole two neighbouring floats differ by more than this
_STEEPEST = 1e6
_SIDES = (-math.inf, math.inf)


def chosen_slope(
    primitive: Primitive, position: int, z: float, operands: Sequence[float]
) -> float | None:
    """The derivative that was chosen by an operand at a kink; None where it is a derivative.

    >>> from autodiff.primitive import PRIMITIVES
    >>> [chosen_slope(PRIMITIVES["abs"], 0, abs(x), [x]) for x in (0.0, 2.0)]
    [0.0, None]
    >>> chosen_slope(PRIMITIVES["cosh"], 0, 1.0, [0.0])
    """
    if not all(map(math.isfinite, (z, *operands))):
        return None
    left, right = (_slope(primitive, position, operands, side, 1.0) for side in _SIDES)
    if left is None or right is None or max(abs(left), abs(right)) > _STEEPEST:
        return None
    gap, slopes = abs(left - right), (left, right)
    if gap <= 1e-6 * max(abs(left), abs(right)):
        return None
    far = [_slope(primitive, position, operands, side, 64.0) for side in _SIDES]
    if any(b is not None and abs(b - a) > gap / 4 for a, b in zip(slopes, far, strict=True)):
        return None
    if any(_bends_there(primitive, position, z, operands, at, slopes) for at in (0, 1)):
        return None
    return local_derivative(primitive, position, z, operands) or 0.0


def _bends_there(
    primitive: Primitive, position: int, z: float, operands: Sequence[float], at: int,
    slopes: tuple[float, float],
) -> bool:  # fmt: skip
    """Whether the kink is the next float on that side: up to it the other side's slope holds."""
    beside, x = list(operands), operands[position]
    beside[position] = math.nextafter(x, _SIDES[at])
    run, own, other = beside[position] - x, slopes[at], slopes[1 - at]
    if abs(own - other) * abs(run) < math.ulp(z):  # values do not tell the slopes apart
        return False
    rise = primitive.forward(*beside) - z
    return abs(rise - other * run) < abs(rise - own * run)


def _slope(
    primitive: Primitive, position: int, operands: Sequence[float], side: float, floats: float
) -> float | None:
    """The slope so many floats beside the point; None where the function has no value."""
    beside, x = list(operands), operands[position]
    beside[position] = x + floats * (math.nextafter(x, side) - x)
    try:
        value = primitive.forward(*beside)
    except (ValueError, ArithmeticError):
        return None
    slope = local_derivative(primitive, position, value, beside) or 0.0
    return slope if math.isfinite(slope) else None
