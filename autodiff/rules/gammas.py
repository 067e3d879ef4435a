"""The gamma function, its logarithm, and the derivatives of that."""

from __future__ import annotations

import math

from autodiff import special
from autodiff.primitive import Primitive

from .table import ATOM, INF, constant, define, zero

gamma: Primitive = define(
    "gamma", ATOM, [lambda z, x: z * digamma(x)], ["gamma(x)*digamma(x)"],
    domain="x > 0 or not whole(x)",
    limit=lambda x: math.nan if x < 0.0 else math.copysign(INF, x),
    doc="The gamma function.", example="gamma(5.0) -> 24.0", source="DLMF 5.2.1, 5.2.2",
)  # fmt: skip
lgamma: Primitive = define(
    "lgamma", ATOM, [lambda z, x: digamma(x)], ["digamma(x)"],
    domain="x > 0 or not whole(x)", limit=constant(INF),
    doc="The logarithm of the absolute value of the gamma function.",
    example="lgamma(1.0) -> 0.0", source="DLMF 5.2.1",
)  # fmt: skip
digamma: Primitive = define(
    "digamma", ATOM, [lambda z, x: polygamma(1, x)], ["polygamma(1, x)"],
    domain="x > 0 or not whole(x)", limit=special.digamma_limit,
    doc="The logarithmic derivative of the gamma function.",
    example="digamma(1.0) -> -0.5772156649015329", source="DLMF 5.2.2",
)  # fmt: skip
polygamma: Primitive = define(
    "polygamma", ATOM, [zero, lambda z, n, x: polygamma(n + 1, x)],
    ["0", "polygamma(n + 1, x)"], variables="n x", domain="x > 0 or not whole(x)",
    limit=special.polygamma_limit,
    doc="The n-th derivative of digamma, n = 0, 1, 2, ...",
    example="polygamma(1, 1.0) -> 1.6449340668482264", source="DLMF 5.15",
)  # fmt: skip
