"""Lesson "debug a gradient": a check by nudging, the first nan, and what a symptom says."""

from __future__ import annotations

import math
from typing import Any

from exercises.engine import exercise
from exercises.points import drawn, many

_F: dict[str, Any] = {"sin": math.sin, "square": lambda x: x * x, "exp": math.exp}
_DF: dict[str, Any] = {
    "sin right": math.cos,
    "sin wrong": math.sin,
    "square right": lambda x: 2 * x,
    "square wrong": lambda x: x,
    "exp right": math.exp,
    "exp wrong": lambda x: -math.exp(x),
    "exp small": lambda x: math.exp(x) * (1 + 1e-3),
}


def _ask_check(check: Any, name: str, x: float) -> float:
    return float(bool(check(_F[name.split()[0]], _DF[name], x)))


@exercise(
    "write the check",
    ask=_ask_check,
    level=2,
    points=lambda rng: [(name, x) for name in _DF for x in (-6.0, -1.3, 0.8, 3.0, 9.0)],
    slips={
        "absolute": (
            "an absolute tolerance lets through what is wrong where numbers are small",
            "compare relative to the size of the two",
        ),
        "loose": (
            "a per mille off is let through",
            "a symmetric difference gives six digits and more",
        ),
        "sign": (
            "only the sizes are compared, not the signs",
            "no abs around each: around the difference",
        ),
    },
)
def check_check(slip: Any, name: str, x: float) -> float:
    """`check(f, df, x)`: True if df(x) is the slope of f at x, by nudging; False if it is off by
    1e-3.

    Right at x = 9, where exp is 8000, and at x = -6, where it is 0.002, too.
    """
    slope, found = _DF[f"{name.split()[0]} right"](x), _DF[name](x)
    if slip("sign"):
        slope, found = abs(slope), abs(found)
    limit = (1e-2 if slip("loose") else 1e-5) * (
        1.0 if slip("absolute") else max(abs(slope), abs(found))
    )
    return float(abs(found - slope) < limit)


@exercise(
    "the first nan",
    points=lambda rng: [
        (v,)
        for v in (
            [1.0, 2.0, math.inf, math.nan, math.nan],
            [math.nan],
            [1.0, 2.0],
            [0.0, math.inf, math.inf],
            [3.0, math.nan, math.inf],
        )
    ],
    slips={
        "last": ("that is the last one", "later ones are made by the first"),
        "inf": (
            "an inf is taken for nothing",
            "nan is made of inf - inf and 0*inf: the inf came first",
        ),
        "from 1": ("you count from 1", "from 0, as lists do"),
    },
)
def check_first_bad(slip: Any, values: Any) -> int:
    """`first(values)`: the index of the first number of a forward pass that is nan or inf; else
    -1.
    """
    bad = [i for i, v in enumerate(values) if math.isnan(v) or (math.isinf(v) and not slip("inf"))]
    if not bad:
        return -1
    return (bad[-1] if slip("last") else bad[0]) + int(slip("from 1"))


_SYMPTOMS = {
    "twice as large at each step": "no zero_grad",
    "exactly 0 everywhere, loss changes nothing": "detached",
    "nan from the third step on": "rate too large",
    "right by 1/N": "sum for mean",
    "one neuron always 0": "dead relu",
    "right but for shared values": "= for +=",
}


@exercise(
    "what a symptom says",
    points=lambda rng: [(s,) for s in _SYMPTOMS],
    slips={
        "dead for detached": (
            "a gradient of 0 everywhere is taken for a dead relu, and the other way round",
            "a dead neuron silences its own path only",
        ),
        "rate for zero": (
            "gradients that pile up and a rate that is too large are exchanged",
            "look at the gradient of the same parameters twice, without a step",
        ),
        "shared for mean": (
            "a constant factor and a missing contribution are exchanged",
            "1/N is the same for all parameters",
        ),
    },
    hint="; ".join(sorted(set(_SYMPTOMS.values()))),
)
def check_symptoms(slip: Any, symptom: str) -> str:
    """`cause(symptom)`: the likeliest of "no zero_grad", "detached", "rate too large", "sum for
    mean", "dead relu", "= for +=".

    The symptoms: "twice as large at each step"; "exactly 0 everywhere, loss changes nothing"; "nan
    from the third step on"; "right by 1/N"; "one neuron always 0"; "right but for shared values".
    """
    cause = _SYMPTOMS[symptom]
    for name, pair in {
        "dead for detached": ("dead relu", "detached"),
        "rate for zero": ("rate too large", "no zero_grad"),
        "shared for mean": ("sum for mean", "= for +="),
    }.items():
        if slip(name) and cause in pair:
            return pair[1 - pair.index(cause)]
    return cause


@exercise(
    "which parameter is wrong",
    points=many(12, lambda rng: (drawn(rng, 4), rng.randint(0, 3), rng.choice((-1.0, 0.5, 2.0)))),
    level=2,
    labels=("the index", "the factor"),
    slips={
        "largest": ("you take the largest gradient", "the one that differs, relative to its size"),
        "upside down": ("the factor is upside down", "given over nudged"),
        "difference": ("the difference is given, not the factor", "divide"),
    },
)
def check_find(slip: Any, nudged: Any, index: int, factor: float) -> list[float]:
    """`find(nudged, given)`: which of the given gradients is wrong, and by what factor.

    `nudged` are the right ones, by differences; exactly one of `given` is a multiple of it.
    """
    at = max(range(len(nudged)), key=lambda i: abs(nudged[i])) if slip("largest") else index
    true = nudged[at]
    given = true * (factor if at == index else 1.0)
    if slip("difference"):
        return [at, given - true]
    return [at, true / given if slip("upside down") else given / true]


def _given(nudged: list[float], index: int, factor: float) -> list[float]:
    return [g * factor if i == index else g for i, g in enumerate(nudged)]


check_find.ask = lambda find, nudged, index, factor: find(nudged, _given(nudged, index, factor))
