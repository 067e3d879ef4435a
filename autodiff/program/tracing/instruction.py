"""Why C code asks for a float: the instruction of the caller tells.

`math.isnan(x)` and `"%.2f" % x` ask a number for its float as `math.sin(x)` does. For the first two
the answer of a traced number can be a guard; the third one would lose the gradient.
"""

from __future__ import annotations

import dis
import functools
from types import CodeType, FrameType

PREDICATES = frozenset(("isnan", "isinf", "isfinite"))


def reason(frame: FrameType | None) -> str | None:
    """`isnan` or the like, `%` for the formatting of text, None for anything else."""
    return None if frame is None else _reason(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _reason(code: CodeType, offset: int) -> str | None:
    found: dict[tuple[int | None, int | None], str] = {}
    for instruction in dis.get_instructions(code):
        place = instruction.positions
        start = (place.lineno, place.col_offset) if place else (None, None)
        if instruction.offset == offset:
            if instruction.opname == "BINARY_OP" and instruction.argrepr.startswith("%"):
                return "%"
            return found.get(start) if instruction.opname in ("CALL", "PRECALL") else None
        # What loads the function begins where the call begins; an argument begins later.
        name = instruction.argval
        if isinstance(name, str) and instruction.opname.startswith("LOAD"):
            if name in PREDICATES:
                found[start] = name
            else:
                found.pop(start, None)
    return None
