"""Functions of any number of operands; sums are added left to right."""

from __future__ import annotations

from autodiff.primitive import Primitive

from .exponentials import exp
from .table import ATOM, INF, constant, define, define_sum, zero

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
logsumexp: Primitive = define(  # z alone is too coarse: at x = (1e300, 1e300) exp(x - z) would be 1
    "logsumexp", ATOM,
    [lambda z, x, logsumexp_error: shifted_exp(x, z, logsumexp_error)], ["exp(x - z)"],
    variables="x", columns=1, shared=["logsumexp_error"],
    doc="log(exp(x) + ...), without overflow.",
    example="logsumexp(0.0, 0.0) -> 0.6931471805599453",
)  # fmt: skip
logsumexp_error: Primitive = define(
    "logsumexp_error", ATOM, [zero], variables="x", columns=1,
    doc="What rounding took from the first operand, the logsumexp of the others, if it is large.",
    example="logsumexp_error(1e300, 1e300, 1e300) -> 0.6931471805599453",
)  # fmt: skip
shifted_exp: Primitive = define(
    "shifted_exp", lambda x, s, e: exp(x - s - e),
    [lambda z, x, s, e: z, lambda z, x, s, e: -z, zero], ["exp(x - s)", "-exp(x - s)", "0"],
    variables="x s e", reads="exp(x - s)", limit=constant(INF),
    doc="exp(x - s), s given to more digits by its rounding error e: an entry of softmax.",
    example="shifted_exp(3.0, 3.0, 0.0) -> 1.0",
)  # fmt: skip
