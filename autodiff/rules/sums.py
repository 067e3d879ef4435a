"""Functions of any number of operands; sums are added left to right."""

from __future__ import annotations

from autodiff.formula import Formula
from autodiff.primitive import Primitive

from .exponentials import exp, log1p
from .selections import define_pick, equal, greater, greater_equal, less, not_, where
from .table import ATOM, INF, constant, define, define_sum, when, zero


def _outweighs(x: Formula, s: Formula, lost: Formula, r: Formula) -> Formula:
    """Whether exp(x) is surely more than all the other exponentials, r times it, together."""
    return less(r, 0.9) * greater(x - s - lost, -0.69)


sum_: Primitive = define_sum(
    "sum", 0.0, "x",
    doc="The sum of the operands, added left to right.", example="sum(1.0, 2.0, 3.0) -> 6.0",
)  # fmt: skip
dot: Primitive = define_sum(
    "dot", 0.0, "x y", doc="The sum of products x*y, added left to right.",
    example="dot(1.0, 2.0, 3.0, 4.0) -> 11.0",
)  # fmt: skip
affine: Primitive = define_sum(
    "affine", "b", "w x", doc="A neuron's sum b + w*x + ..., added left to right from b.",
    example="affine(2.0, 3.0, 1.0) -> 7.0",
)  # fmt: skip
# The softmax of an entry x that outweighs all others together is 1/(1 + r), r the sum of their
# exp(other - x): its derivative by r keeps the digits of 1 - p, which p - p*p loses.
logsumexp: Primitive = define(  # z alone is too coarse: at x = (1e300, 1e300) exp(x - z) would be 1
    "logsumexp", ATOM, [lambda z, x, lost, r: shifted_exp(x, z, lost, r)], ["exp(x - z)"],
    variables="x", columns=1, shared=["logsumexp_error", "below_peak"],
    doc="log(exp(x) + ...), without overflow.",
    example="logsumexp(0.0, 0.0) -> 0.6931471805599453",
)  # fmt: skip
logsumexp_error: Primitive = define(
    "logsumexp_error", ATOM, [zero], variables="x", columns=1,
    doc="What rounding took from the first operand, the logsumexp of the others, if it is large.",
    example="logsumexp_error(1e300, 1e300, 1e300) -> 0.6931471805599453",
)  # fmt: skip
peak: Primitive = define_pick(
    "peak", doc="The largest operand after the first two.",
    example="peak(9.0, 9.0, 1.0, 2.0) -> 2.0",
)  # fmt: skip
below_peak: Primitive = define(
    "below_peak", ATOM,
    [lambda z, x, m, row: when(greater(row, 0), exp_below(x, m) - z * greater_equal(x, m))],
    ["when(row > 0, where(x < peak, exp(x - peak), -z))"],
    variables="x", columns=1, shared=["peak"], by_row=True,
    kink="where two are the largest it is not asked for",
    doc="The sum of exp(x - m) over the operands after the first but the largest of them, m.",
    example="below_peak(0.0, 1.0, 1.0) -> 1.0",
)  # fmt: skip
exp_below: Primitive = define(
    "exp_below", lambda x, m: where(x < m, exp(x - m), 0), [lambda z, x, m: z, lambda z, x, m: -z],
    variables="x m", reads="where(x < m, exp(x - m), 0)",
    doc="exp(x - m) for x < m, else 0.", example="exp_below(1.0, 1.0) -> 0.0",
)  # fmt: skip
exp_minus: Primitive = define(
    "exp_minus", lambda x, s: exp(x - s), [lambda z, x, s: z, lambda z, x, s: -z],
    variables="x s", reads="exp(x - s)", doc="exp(x - s): how an entry of softmax is shown.",
    example="exp_minus(3.0, 3.0) -> 1.0",
)  # fmt: skip
shifted_exp: Primitive = define(  # by x and s, or by r: two forms of one number
    "shifted_exp", lambda x, s, lost, r: exp(where(equal(x, s), 0, x - s) - lost),
    [
        lambda z, x, s, lost, r: when(not_(_outweighs(x, s, lost, r)), z),
        lambda z, x, s, lost, r: when(not_(_outweighs(x, s, lost, r)), -z),
        zero,
        lambda z, x, s, lost, r: when(_outweighs(x, s, lost, r), -z * z),
    ],
    [
        "when(where(r < 0.9, where(x - s - lost > -0.69, 0, 1), 1), exp(x - s))",
        "when(where(r < 0.9, where(x - s - lost > -0.69, 0, 1), 1), -exp(x - s))",
        "0", "when(where(r < 0.9, where(x - s - lost > -0.69, 1, 0), 0), -exp(x - s)**2)",
    ],
    variables="x s lost r", reads="exp(x - s)", shown_as="exp_minus", limit=constant(INF),
    doc="exp(x - s), an entry of softmax; rounding took `lost` from s, its logsumexp.",
    example="shifted_exp(3.0, 3.0, 0.0, 0.0) -> 1.0",
)  # fmt: skip
log_share: Primitive = define(
    "log_share", lambda x, s, m, r: where(equal(x, m), 0, x - m) - log1p(r),
    [
        lambda z, x, s, m, r: when(not_(equal(x, m) * less(r, 1)), 1.0),
        lambda z, x, s, m, r: when(not_(equal(x, m) * less(r, 1)), -1.0),
        zero,
        lambda z, x, s, m, r: when(equal(x, m) * less(r, 1), -1 / (1 + r)),
    ],
    [
        "when(where(r < 1, not_equal(x, m), 1), 1)", "when(where(r < 1, not_equal(x, m), 1), -1)",
        "0", "when(where(r < 1, equal(x, m), 0), -1/(1 + r))",
    ],
    variables="x s m r", reads="x - s", shown_as="sub",
    doc="x - s, s the logsumexp of the entries, m the largest, r what is below: of log_softmax.",
    example="log_share(3.0, 3.0, 3.0, 0.0) -> 0.0",
)  # fmt: skip
