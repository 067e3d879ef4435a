"""Comparisons and selections: pass the adjoint to the chosen operand, nothing to the others.

Their derivatives are written `when(condition, derivative)`: no contribution at all unless the
condition holds.
"""

from __future__ import annotations

from autodiff.primitive import Primitive
from autodiff.signs import COMPARISONS

from .table import ATOM, NAN, constant, define, when, zero

less: Primitive
less_equal: Primitive
greater: Primitive
greater_equal: Primitive
equal: Primitive
not_equal: Primitive
less, less_equal, greater, greater_equal, equal, not_equal = (
    define(
        name, ATOM, [zero, zero], variables="x y", doc=f"1 if x {sign.text} y, else 0.",
        example=f"{name}(1.0, 2.0) -> {float(sign.python(1.0, 2.0))}", reads=f"x {sign.text} y",
    )
    for name, sign in COMPARISONS.items()
)  # fmt: skip
not_: Primitive = define("not", ATOM, [zero], doc="1 where x is 0, else 0.",
              example="not(0.0) -> 1.0")  # fmt: skip
where: Primitive = define(
    "where", ATOM,
    [zero, lambda z, c, x, y: when(c, 1.0), lambda z, c, x, y: when(not_(c), 1.0)],
    ["0", "when(c, 1)", "when(equal(c, 0), 1)"], variables="c x y",
    doc="x if the condition holds (is not 0), else y.", example="where(1.0, 2.0, 3.0) -> 2.0",
)  # fmt: skip


def define_pick(name: str, **details: str) -> Primitive:
    """Add a primitive that is one of its operands after the first two."""
    return define(
        name, ATOM, [lambda z, x, row: when(greater(row, 1) * equal(x, z), 1.0)],
        ["when(where(row > 1, equal(x, z), 0), 1)"], variables="x", columns=1, by_row=True,
        **details,
    )  # fmt: skip


one: Primitive = define(
    "one", lambda x: where(equal(x, x), 1, x), [zero], ["0"], reads="1",
    doc="1, and nan where x is nan: a selection that chose nan has no derivative.",
    example="one(2.0) -> 1.0",
)  # fmt: skip
gate: Primitive = define(
    "gate", lambda c, x, y: where(c, x * y, 0),
    [zero, lambda z, c, x, y: when(c, y), lambda z, c, x, y: when(c, x)],
    ["0", "when(c, y)", "when(c, x)"], variables="c x y", reads="where(c, x * y, 0)",
    doc="x*y if the condition holds, else 0: a contribution below a selection.",
    example="gate(0.0, 2.0, 3.0) -> 0.0",
)  # fmt: skip
identity: Primitive = define(
    "identity", lambda x: x, [constant(1.0)], ["1"], reads="x",
    doc="x as a node of its own: the variable by which a transform differentiates.",
    example="identity(2.0) -> 2.0",
)  # fmt: skip
unsure: Primitive = define(
    "unsure", ATOM, [constant(1.0)], ["1"], reads="x",
    doc="x, but machines that must have Python's bits leave the whole function to Python.",
    example="unsure(2.0) -> 2.0",
)  # fmt: skip
relu: Primitive = define(
    "relu", lambda x: where(x <= 0, 0, x), [lambda z, x: when(not_(x <= 0), one(x))],
    ["when(x > 0, 1)"], kink="0 at x = 0", doc="The rectifier, max(x, 0).",
    example="relu(-2.0) -> 0.0",
)  # fmt: skip
relu6: Primitive = define(
    "relu6", lambda x: where(x <= 0, 0, where(x >= 6, 6, x)),
    [lambda z, x: when(not_((x <= 0) + (x >= 6)), one(x))], ["when(0 < x < 6, 1)"],
    kink="0 at x = 0 and x = 6", doc="The rectifier clipped at 6.", example="relu6(8.0) -> 6.0",
)  # fmt: skip
hardtanh: Primitive = define(
    "hardtanh", lambda x: where(x <= -1, -1, where(x >= 1, 1, x)),
    [lambda z, x: when(not_((x <= -1) + (x >= 1)), one(x))], ["when(-1 < x < 1, 1)"],
    kink="0 at x = -1 and x = 1", doc="x clipped to [-1, 1].", example="hardtanh(3.0) -> 1.0",
)  # fmt: skip
clip: Primitive = define(
    "clip", lambda x, lo, hi: where(lo <= hi, where(x <= lo, lo, where(x >= hi, hi, x)), NAN),
    [
        lambda z, x, lo, hi: when(not_((x <= lo) + (x >= hi)), one(x)),
        lambda z, x, lo, hi: when(x <= lo, 1.0),
        lambda z, x, lo, hi: when((x >= hi) * not_(x <= lo), 1.0),
    ],
    ["when(lo < x < hi, 1)", "when(x <= lo, 1)", "when(x >= hi, 1)"],
    variables="x lo hi", domain="lo <= hi", kink="at a bound the bound is chosen: 0",
    doc="x limited to the interval [lo, hi].", example="clip(5.0, 0.0, 1.0) -> 1.0",
)  # fmt: skip
maximum: Primitive = define(
    "maximum", ATOM, [lambda z, x, ties: when(not_(x < z), 1 / ties)], ["when(x >= z, 1/ties)"],
    variables="x", columns=1, shared=["ties"], kink="1/k to each of k tied operands",
    doc="The largest operand; nan if any is nan.", example="maximum(2.0, 3.0) -> 3.0",
)  # fmt: skip
minimum: Primitive = define(
    "minimum", ATOM, [lambda z, x, ties: when(not_(x > z), 1 / ties)],
    ["when(x <= z, 1/ties)"],
    variables="x", columns=1, shared=["ties"], kink="1/k to each of k tied operands",
    doc="The smallest operand; nan if any is nan.", example="minimum(2.0, 3.0) -> 2.0",
)  # fmt: skip
ties: Primitive = define(
    "ties", ATOM, [zero], variables="x", columns=1,
    doc="How many of the operands after the first equal the first.",
    example="ties(2.0, 2.0, 1.0, 2.0) -> 2.0",
)  # fmt: skip
take: Primitive = define(
    "take", ATOM, [lambda z, x, index, row: when(equal(row, index), 1.0), zero],
    ["when(equal(row, index), 1)", "0"], variables="x index", columns=1, by_row=True,
    domain="whole(index) and 0 <= index < rows",
    doc="The entry with that index, which comes last.", example="take(5.0, 6.0, 1.0) -> 6.0",
)  # fmt: skip
