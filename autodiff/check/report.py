"""What a failed gradient check says: a second look, hints, a table of the wrong derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .numeric import (
    Estimate,
    Probe,
    diverges,
    is_next_to_an_end,
    jumps,
    look_closer,
    overflows,
)  # fmt: skip


class Fault(NamedTuple):
    """One derivative that is wrong."""

    name: str
    computed: float
    numerical: Estimate
    tolerance: float
    hint: str


NO_STEP = "no step gives a digit: waves, jumps or the ends of the domain are too near"


def likely(computed: float, numerical: float) -> str:
    """What a wrong factor suggests."""
    if computed == 0.0:
        return "0: cut off from the graph? (float(), .data, math instead of autodiff)"
    ratio = computed / numerical if numerical else math.inf
    if abs(ratio + 1.0) < 1e-6:
        return "the sign is flipped"
    for factor in (2, 3, 4):
        if abs(ratio - factor) < 1e-6 * factor:
            return f"{factor} times too large: counted more than once?"
        if abs(ratio * factor - 1.0) < 1e-6:
            return f"1/{factor} of it: contributions of several uses must be added (+=)"
    return ""


def second_thoughts(
    level: int, probe: Probe, x: float, count: int, row: int, derivative: float,
    numerical: Estimate, rtol: float, atol: float,
) -> str | None:  # fmt: skip
    """A hint at what is wrong; None if the derivative is right after all, or cannot be judged."""
    if math.isinf(derivative):
        here = probe(x)
        if here is None or not math.isfinite(here[row]):
            return None
        sign = diverges(probe, x, row) or overflows(probe, x, row)
        return None if sign * derivative > 0.0 else "differences do not grow: not infinite"
    look = look_closer(probe, x, count, row, abs(derivative - numerical.value))
    if look.supports(derivative, rtol, atol):
        return None
    if not look.all:
        unknowable = (
            numerical.is_noise
            or (level > 1 and jumps(probe, x, row))
            or is_next_to_an_end(probe, x)  # the numbers between are too few
            or (derivative == 0.0 and diverges(probe, x, row))
        )
        return None if unknowable else NO_STEP
    if derivative != derivative:
        return "nan: 0*inf or inf - inf on the way back"
    if look.kink is not None:
        return "a kink: {:.6g} on the left, {:.6g} on the right".format(*look.kink)
    return likely(derivative, numerical.value)


def report(level: int, count: int, faults: Sequence[Fault]) -> str:
    """The wrong derivatives among `count` of one order, as a table."""
    verb = "is" if len(faults) == 1 else "are"
    what = "not to be judged" if all(each.hint == NO_STEP for each in faults) else "wrong"
    lines = [f"{len(faults)} of {count} derivatives of order {level} {verb} {what}"]
    table = [("by", "computed", "numerical", "difference", "tolerance", "")]
    for name, computed, numerical, tolerance, hint in faults[:20]:
        difference = f"{computed - numerical.value:.3g}"
        row = name, repr(computed), str(numerical), difference, f"{tolerance:.2g}", hint
        table.append(row)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    if len(faults) > 20:
        lines.append(f"  ... and {len(faults) - 20} more")
    return "\n".join(lines)
