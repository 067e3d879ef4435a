"""Where the graph of the eager engine ends, and an instruction stands in a Program.

A comparison is a plain bool to the engine, and a detached number a leaf: its sweep does not go
behind them.
"""

from __future__ import annotations

from autodiff import rules
from autodiff.primitive import Primitive

#: Identity without derivative: `detach` and `no_grad` inside a trace.
detach: Primitive = Primitive(
    "detach", lambda x: x, [lambda z, x: 0.0], ["0"], variables=["x"],
    doc="The same number; no derivative passes.", example="detach(2.0) -> 2.0",
    function=lambda x: x,
)  # fmt: skip

#: Operations that give a truth value.
TRUTH = frozenset(
    (rules.less, rules.less_equal, rules.greater, rules.greater_equal, rules.equal, rules.not_equal)
)

ENDS = TRUTH | {detach}
