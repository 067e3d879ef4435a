"""A second look at a derivative that seems to differ from the numerical one."""

from __future__ import annotations

import math

from .numeric import (
    Estimate,
    Probe,
    diverges,
    is_next_to_an_end,
    jumps,
    look_closer,
    overflows,
)
from .report import NO_STEP, likely


def second_thoughts(
    level: int, probe: Probe, x: float, count: int, row: int, derivative: float,
    numerical: Estimate, rtol: float, atol: float,
) -> str | None:  # fmt: skip
    """A hint at what is wrong; None if the derivative is right after all, or cannot be judged."""
    if math.isinf(derivative):
        here = probe(x)
        sign = diverges(probe, x, row) or overflows(probe, x, row)
        if here is None or not math.isfinite(here[row]):
            return None
        return None if sign * derivative > 0.0 else "differences do not grow: not infinite"
    look = look_closer(probe, x, count, row, abs(derivative - numerical.value))
    if look.supports(derivative, rtol, atol):
        return None
    if not look.all:
        if numerical.is_noise or (level > 1 and jumps(probe, x, row)):
            return None
        if is_next_to_an_end(probe, x):  # the numbers between are too few
            return None
        return None if derivative == 0.0 and diverges(probe, x, row) else NO_STEP
    if derivative != derivative:
        return "nan: 0*inf or inf - inf on the way back"
    if look.kink is not None:
        return "a kink: {:.6g} on the left, {:.6g} on the right".format(*look.kink)
    return likely(derivative, numerical.value)
