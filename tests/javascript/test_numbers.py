"""Numbers stand on a live page as Python writes them."""

from __future__ import annotations

import math
import random
import struct

from autodiff.display.assets import asset
from autodiff.display.notation import MathmlBackend, RunsBackend, shown
from autodiff.display.picture.svg import spans

from .node import needs_node, run


def numbers(count: int) -> list[float]:
    """Of all sizes, short and long ones, and halves on which rounding is a tie."""
    rng = random.Random(0)
    found = [0.0, -0.0, 0.5, 1e6, 999999.5, 1e-4, 9.9995e-5, 1e16, 5e-324, math.inf, math.nan]
    while len(found) < count:
        found.append(struct.unpack("<d", rng.randbytes(8))[0])
        found.append(rng.gauss(0, 1) * 10 ** rng.randint(-6, 6))
        found.append(round(rng.uniform(-100, 100), rng.randint(0, 5)))
        found.append(rng.randint(-(10**6), 10**6) / 2 ** rng.randint(1, 12))
    return found


@needs_node
def test_numbers_are_formatted_as_in_python() -> None:
    given = numbers(12_000)
    script = (
        asset("numbers.js")
        + "const OUT=IN.map(([x,d])=>[asText(x,d),asMath(x,d,'v'),asSpans(x,d,13),repr(x)]);"
    )
    asked = [(x, digits) for x in given for digits in (1, 4, 17)]
    for (x, digits), (text, math_, runs, written) in zip(asked, run(script, asked), strict=True):
        assert text == str(shown(x, digits))
        assert math_ == MathmlBackend(digits).number(x, "value")
        assert runs == spans(RunsBackend(digits).number(x), 13.0)
        assert written == repr(x)
