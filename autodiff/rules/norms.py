"""Norms, to all digits where squares would overflow or underflow."""

from __future__ import annotations

from autodiff.primitive import Primitive
from autodiff.special.several import TINY, UP

from .arithmetic import abs, ratio, sign
from .exponentials import pow
from .selections import where
from .table import ATOM, define, zero

hypot: Primitive = define(
    "hypot", ATOM, [lambda z, x, fine_length: direction(x, z, fine_length)], ["x/z"],
    variables="x", columns=1, shared=["fine_length"], kink="0 at the origin",
    doc="The Euclidean norm of the operands.", example="hypot(3.0, 4.0) -> 5.0",
)  # fmt: skip
fine_length: Primitive = define(
    "fine_length", ATOM, [zero], variables="x", columns=1,
    doc="The first operand z; where z is tiny, the norm of the others times 2**600.",
    example="fine_length(5.0, 3.0, 4.0) -> 5.0",
)  # fmt: skip
direction: Primitive = define(  # fine_length is z in other words: it has no derivative of its own
    "direction", lambda x, h, f: where(h > TINY, x / h, ratio(x * UP, f)),
    [lambda z, x, h, f: ratio(1, h), lambda z, x, h, f: -ratio(z, h), zero],
    ["1/h", "-x/h**2", "0"],
    variables="x h f", reads="x / h", kink="0 at h = 0",
    doc="x/h for h = hypot(x, ...), 0 where h is 0; to all digits where h is tiny.",
    example="direction(3.0, 5.0, 5.0) -> 0.6",
)  # fmt: skip
p_norm: Primitive = define(
    "p_norm", ATOM, [lambda z, x, p: sign(x) * pow(ratio(abs(x), z), p - 1), zero],
    ["sign(x)*(abs(x)/z)**(p - 1)", "0"], variables="x p", columns=1, domain="p >= 1",
    kink="0 at the origin; p is a constant, without derivative",
    doc="The p-norm of the operands before the last, which is p.",
    example="p_norm(3.0, 4.0, 2.0) -> 5.0",
)  # fmt: skip
