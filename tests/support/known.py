"""The functions that the reference data name, as functions of the engine's numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import autodiff as ad

Function = Callable[..., Any]


def _half(function: Function) -> Function:
    return lambda *xs: function(xs[: len(xs) // 2], xs[len(xs) // 2 :])


def _one_sequence(function: Function) -> Function:
    return lambda *xs: function(list(xs))


#: Names in the data that are not public names.
_RENAMED: dict[str, Function] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "div": operator.truediv,
    "mod": operator.mod,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "min": ad.minimum,
    "min_n": ad.minimum,
    "max": ad.maximum,
    "max_n": ad.maximum,
    "log_base": ad.log,
    "pow": operator.pow,
    "hypot3": ad.hypot,
    "dist2": _half(ad.dist),
    "dist3": _half(ad.dist),
    "dot": _half(ad.dot),
    "sum": _one_sequence(ad.sum),
    "mean": _one_sequence(ad.mean),
    "prod": _one_sequence(ad.prod),
    "logsumexp": _one_sequence(ad.logsumexp),
}

#: The reference's losses belong to the package nn, whose tests read the same data.
LOSSES = frozenset(
    "squared_error l1_loss huber mse_mean mse_half bce bce_logits hinge cross_entropy nll".split()
)

#: What Python itself computes, for the law that values are Python's, bit for bit.
PYTHON: dict[str, Callable[..., float]] = {
    **{
        name: getattr(math, name)
        for name in (
            "acos acosh asin asinh atan atan2 atanh cbrt copysign cos cosh degrees erf erfc exp "
            "exp2 expm1 fabs fmod gamma hypot lgamma log log10 log1p log2 radians remainder sin "
            "sinh sqrt tan tanh"
        ).split()
    },
    "hypot3": math.hypot,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "mod": operator.mod,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": operator.abs,
    "pow": operator.pow,
    "log_base": math.log,
    "max": max,
    "min": min,
    "max_n": max,
    "min_n": min,
    "prod": lambda *xs: math.prod(xs, start=1.0),
    "relu": lambda x: max(x, 0.0),
}


def known(name: str, params: Mapping[str, Any]) -> Function:
    """The function of that name; `params` are the constants of one record."""
    if name == "pow_const":
        return lambda x: x ** params["n"]
    if name == "rpow_const":
        return lambda y: params["base"] ** y
    if name == "gelu_tanh":
        return lambda x: ad.gelu(x, "tanh")
    if name == "softplus_beta":
        return lambda x: ad.softplus(x, params["beta"])
    if name in ("softmax", "log_softmax"):
        function = getattr(ad, name)
        return lambda *xs: function(list(xs))[params["index"]]
    if name in _RENAMED:
        return _RENAMED[name]
    function = getattr(ad, name)
    return lambda *xs: function(*xs, *params.values())


def left_to_right(xs: Sequence[float]) -> float:
    """The sum as a loop computes it, from 0.0."""
    total = 0.0
    for x in xs:
        total += x
    return total
