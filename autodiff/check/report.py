"""What a failed gradient check says: a table of the wrong derivatives, with hints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .numeric import Estimate


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


def report(level: int, count: int, faults: Sequence[Fault]) -> str:
    """The wrong derivatives among `count` of one order, as a table."""
    verb = "is" if len(faults) == 1 else "are"
    what = "not to be judged" if all(each.hint == NO_STEP for each in faults) else "wrong"
    lines = [f"{len(faults)} of {count} derivatives of order {level} {verb} {what}"]
    table = [("by", "computed", "numerical", "difference", "tolerance", "")]
    table += [
        (
            fault.name,
            repr(fault.computed),
            str(fault.numerical),
            f"{fault.computed - fault.numerical.value:.3g}",
            f"{fault.tolerance:.2g}",
            fault.hint,
        )
        for fault in faults[:20]
    ]
    widths = [max(len(row[column]) for row in table) for column in range(6)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(("  " + "  ".join(cells)).rstrip())
    if len(faults) > 20:
        lines.append(f"  ... and {len(faults) - 20} more")
    return "\n".join(lines)
