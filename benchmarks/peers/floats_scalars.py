"""Plain Python floats: the forward pass alone, the floor under every engine of scalars."""

from __future__ import annotations

import math
import platform

from benchmarks.peers import Numbers


def load() -> Numbers:
    return Numbers(
        name="floats, forward only",
        version=platform.python_version(),
        leaf=float,
        value=float,
        functions={
            "relu": lambda x: x if x > 0.0 else 0.0,
            "sin": math.sin,
            "exp": math.exp,
            "tanh": math.tanh,
        },
    )
