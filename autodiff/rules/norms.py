"""Norms, to all digits where squares would overflow or underflow."""

from __future__ import annotations

from autodiff.primitive import Primitive
from autodiff.special.several import TINY, UP

from .arithmetic import abs, ratio, sign
from .exponentials import pow
from .selections import define_pick, equal, greater, less, not_, where
from .table import ATOM, define, when, zero

# The share x/h of an operand that is larger than all others together is 1/sqrt(1 + q) in size, q
# the sum of their (other/x)**2: its derivative by q keeps the digits that 1 - (x/h)**2 loses.
hypot: Primitive = define(
    "hypot", ATOM, [lambda z, x, f, q: direction(x, z, f, q)], ["x/z"],
    variables="x", columns=1, shared=["fine_length", "below_dominant"], kink="0 at the origin",
    doc="The Euclidean norm of the operands.", example="hypot(3.0, 4.0) -> 5.0",
)  # fmt: skip
fine_length: Primitive = define(
    "fine_length", ATOM, [zero], variables="x", columns=1,
    doc="The first operand z; where z is tiny, the norm of the others times 2**600.",
    example="fine_length(5.0, 3.0, 4.0) -> 5.0",
)  # fmt: skip
dominant: Primitive = define_pick(
    "dominant", doc="The operand of the largest size after the first two.",
    example="dominant(9.0, 9.0, 1.0, -2.0) -> -2.0",
)  # fmt: skip
below_dominant: Primitive = define(
    "below_dominant", ATOM,
    [lambda z, x, m, row:
     when(greater(row, 0), 2 * (part_below(x, m) - equal(x, m) * ratio(z, m)))],
    [("when(row > 0, where(equal(x, dominant), -2*z/x, "
      "where(abs(x) < abs(dominant), 2*x/dominant**2, 0)))")],
    variables="x", columns=1, shared=["dominant"], by_row=True,
    kink="where two are of the largest size it is not asked for",
    doc="The sum of (x/m)**2 over the operands after the first but m, that of the largest size.",
    example="below_dominant(5.0, 3.0, -4.0) -> 0.5625",
)  # fmt: skip
part_below: Primitive = define(
    "part_below", lambda x, m: where(abs(x) < abs(m), x / m / m, 0),
    [lambda z, x, m: less(abs(x), abs(m)) * ratio(ratio(1, m), m),
     lambda z, x, m: -2 * ratio(z, m)],
    variables="x m", reads="where(abs(x) < abs(m), x/m**2, 0)",
    doc="x/m**2 for |x| < |m|, else 0.", example="part_below(3.0, -3.0) -> 0.0",
)  # fmt: skip
leads: Primitive = define(
    "leads", lambda x, h, q: (q < 0.9) & (abs(x) > 0.71 * h), [zero] * 3, variables="x h q",
    reads="(q < 0.9)*(abs(x) > 0.71*h)",
    doc="1 if x*x, q times which the other squares are, is (surely) more than them all.",
    example="leads(3.0, 3.0, 0.0) -> 1.0",
)  # fmt: skip
direction: Primitive = define(  # by x and h, or by q; f is h in other words, without derivative
    "direction", lambda x, h, f, q: where(h > TINY, x / h, ratio(x * UP, f)),
    [
        lambda z, x, h, f, q: ratio(not_(leads(x, h, q)), h),
        lambda z, x, h, f, q: -z * ratio(not_(leads(x, h, q)), h),
        zero,
        lambda z, x, h, f, q: -0.5 * z * z * z * leads(x, h, q),
    ],
    variables="x h f q", reads="x / h", shown_as="ratio", kink="0 at h = 0",
    doc="x/h for h = hypot(x, ...), 0 where h is 0; to all digits where h is tiny.",
    example="direction(3.0, 5.0, 5.0, 0.5) -> 0.6",
)  # fmt: skip
p_norm: Primitive = define(
    "p_norm", ATOM, [lambda z, x, p: sign(x) * pow(ratio(abs(x), z), p - 1), zero],
    ["sign(x)*(abs(x)/z)**(p - 1)", "0"], variables="x p", columns=1, domain="p >= 1",
    kink="0 at the origin; p is a constant, without derivative",
    doc="The p-norm of the operands before the last, which is p.",
    example="p_norm(3.0, 4.0, 2.0) -> 5.0",
)  # fmt: skip
