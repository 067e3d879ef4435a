"""Powers of two between 1 and 2, exactly rounded: the table of exp."""

from __future__ import annotations

import functools
import struct
from decimal import Decimal, localcontext

STEPS = 128


def bits_of(x: float) -> int:
    """The bits of a float as an unsigned integer."""
    return int(struct.unpack("Q", struct.pack("d", x))[0])


@functools.cache
def powers_of_two() -> list[tuple[int, int]]:
    """For k = 0 .. 127 two words: what 2**(k/128) exceeds its float by, as a share of it, and the
    bits of that float less k in the place that its exponent's share takes.
    """
    found = []
    with localcontext() as context:
        context.prec = 60
        for k in range(STEPS):
            exact = Decimal(2) ** (Decimal(k) / STEPS)
            near = float(exact)
            rest = float(exact / Decimal(near) - 1)
            found.append((bits_of(rest), bits_of(near) - (k << 52) // STEPS))
    return found
