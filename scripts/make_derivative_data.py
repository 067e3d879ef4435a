"""Make tests/data/derivatives.json: derivatives 0 to 6 of every unary function, exactly rounded.

    python scripts/make_derivative_data.py     (needs mpmath; a few minutes)

Every function is defined in many digits and differentiated numerically with as many more
(mpmath's diffs), at exact double arguments: 0 where it belongs to the domain, removable
singularities, points next to the ends of the domain, tails and random points. Two precisions
must agree. A record is [name, x, derivatives, conditions], where conditions[k] is
|x*f^(k+1)(x)/f^(k)(x)|: by how much the k-th derivative magnifies a relative change of x
(null where the derivative vanishes).
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath as mp
from make_special_data import gelu, gelu_tanh, mish, selu, sigmoid, sinc_derivative, softplus

TARGET = Path(__file__).parent.parent / "tests" / "data" / "derivatives.json"
SEED = 20240918
ORDERS = 6

Points = tuple[float, ...]
Range = tuple[float, float]


def _polygammas(first: int) -> Callable[[Any, int], list[Any]]:
    """Derivatives of polygamma(first, x) are the family itself; order -1 is log|gamma|."""

    def derivatives(x: Any, digits: int) -> list[Any]:
        with mp.workdps(3 * digits):
            orders = range(first, first + ORDERS + 2)
            return [mp.log(abs(mp.gamma(x))) if n < 0 else mp.polygamma(n, x) for n in orders]

    return derivatives


def _sinc(x: Any, digits: int) -> list[Any]:
    with mp.workdps(digits):
        return [sinc_derivative(n, x) for n in range(ORDERS + 2)]


def _numeric(f: Callable[[Any], Any]) -> Callable[[Any, int], list[Any]]:
    def derivatives(x: Any, digits: int) -> list[Any]:
        with mp.workdps(digits):
            return list(mp.diffs(f, x, ORDERS + 1))

    return derivatives


def _exactly(number: float) -> Any:
    return mp.mpf(number)


NEAR_0 = (0.0, 1e-300, 1e-9, -1e-4)
LINE = (-1.0, 0.75)

# name: (derivatives, points that matter, ranges that random points come from)
FUNCTIONS: dict[str, tuple[Callable[[Any, int], list[Any]], Points, tuple[Range, ...]]] = {
    "exp": (_numeric(mp.exp), (*NEAR_0, -700.0, 40.0), ((-3, 3), (-30, 30))),
    "exp2": (_numeric(lambda x: 2**x), (*NEAR_0, -900.0, 40.0), ((-3, 3), (-30, 30))),
    "expm1": (_numeric(mp.expm1), (*NEAR_0, -40.0, 40.0), ((-1, 1), (-30, 30))),
    "log": (_numeric(mp.log), (1.0, 1 + 1e-9, 1e-9, 1e9), ((0, 2), (2, 90))),
    "log2": (_numeric(lambda x: mp.log(x, 2)), (1.0, 1 + 1e-9, 1e-9, 1e9), ((0, 2), (2, 90))),
    "log10": (_numeric(mp.log10), (1.0, 1 + 1e-9, 1e-9, 1e9), ((0, 2), (2, 90))),
    "log1p": (_numeric(mp.log1p), (*NEAR_0, -1 + 1e-9, 1e9), ((-1, 1), (1, 90))),
    "sqrt": (_numeric(mp.sqrt), (1.0, 1e-9, 1e9), ((0, 2), (2, 90))),
    "cbrt": (
        _numeric(lambda x: mp.sign(x) * abs(x) ** (mp.mpf(1) / 3)),
        (1.0, -8.0, 1e-9, -1e9),
        ((0, 2), (-90, -2)),
    ),
    "sin": (_numeric(mp.sin), (*NEAR_0, 1e4, 3.141592653589793), ((-7, 7),)),
    "cos": (_numeric(mp.cos), (*NEAR_0, 1e4, 1.5707963267948966), ((-7, 7),)),
    "tan": (_numeric(mp.tan), (*NEAR_0, 1.5707, -1.58, 1e4), ((-1, 1), (-7, 7))),
    "asin": (_numeric(mp.asin), (*NEAR_0, 1 - 1e-9, -1 + 1e-5), ((-1, 1),)),
    "acos": (_numeric(mp.acos), (*NEAR_0, 1 - 1e-9, -1 + 1e-5), ((-1, 1),)),
    "atan": (_numeric(mp.atan), (*NEAR_0, 1e4, -300.0), ((-2, 2), (-30, 30))),
    "sinh": (_numeric(mp.sinh), (*NEAR_0, -40.0, 40.0), ((-2, 2), (-30, 30))),
    "cosh": (_numeric(mp.cosh), (*NEAR_0, -40.0, 40.0), ((-2, 2), (-30, 30))),
    "tanh": (_numeric(mp.tanh), (*NEAR_0, -25.0, 40.0, 300.0), ((-2, 2), (-9, 9))),
    "asinh": (_numeric(mp.asinh), (*NEAR_0, 1e4, -300.0), ((-2, 2), (-30, 30))),
    "acosh": (_numeric(mp.acosh), (1 + 1e-9, 1.0001, 1e4), ((1, 3), (1, 90))),
    "atanh": (_numeric(mp.atanh), (*NEAR_0, 1 - 1e-9, -1 + 1e-5), ((-1, 1),)),
    "erf": (_numeric(mp.erf), (*NEAR_0, 6.5, -20.0), ((-2, 2), (-5, 5))),
    "erfc": (_numeric(mp.erfc), (*NEAR_0, 6.5, 20.0, -6.5), ((-2, 2), (-5, 9))),
    "gamma": (
        _numeric(mp.gamma),
        (1.0, 2.0, 1.4616321449683622, 1e-4, 30.0, -0.5, -1.0001, -3.75),
        ((0, 3), (0, 30), (-3, 0)),
    ),
    "lgamma": (
        _polygammas(-1),
        (1.0, 2.0, 1 + 1e-9, 2 - 1e-9, 1.4616321449683622, 1e-4, 1e5, -0.5, -3.75),
        ((0, 3), (0, 30)),
    ),
    "digamma": (
        _polygammas(0),
        (1.0, 2.0, 1.4616321449683622, 1e-4, 1e5, -0.5, -1.0001, -3.75),
        ((0, 3), (0, 30)),
    ),
    "polygamma1": (_polygammas(1), (1.0, 2.5, 1e-4, 1e5, -0.5, -3.75), ((0, 3), (0, 30))),
    "polygamma2": (_polygammas(2), (1.0, 2.5, 1e-4, 1e5, -0.25, -3.75), ((0, 3), (0, 30))),
    "polygamma3": (_polygammas(3), (1.0, 2.5, 1e-4, 1e5, -0.5, -3.75), ((0, 3), (0, 30))),
    "sinc": (_sinc, (*NEAR_0, 0.5, 1.0, -1.0, 2.0, 30.25, 1e-3), ((-1, 1), (-9, 9))),
    "sigmoid": (_numeric(sigmoid), (*NEAR_0, 40.0, -40.0, -300.0), ((-3, 3), (-30, 30))),
    "log_sigmoid": (
        _numeric(lambda x: -softplus(-x)),
        (*NEAR_0, 40.0, -40.0, 300.0),
        ((-3, 3), (-30, 30)),
    ),
    "softplus": (_numeric(softplus), (*NEAR_0, 40.0, -40.0, -300.0), ((-3, 3), (-30, 30))),
    "logit": (
        _numeric(lambda p: mp.log(p / (1 - p))),
        (0.5, 0.5 + 1e-9, 1e-9, 1 - 1e-9),
        ((0, 1),),
    ),
    "silu": (
        _numeric(lambda x: x * sigmoid(x)),
        (*NEAR_0, 40.0, -40.0, -300.0),
        ((-3, 3), (-30, 30)),
    ),
    "mish": (_numeric(mish), (*NEAR_0, 40.0, -40.0, -300.0), ((-3, 3), (-30, 30))),
    "gelu": (_numeric(gelu), (*NEAR_0, 9.0, -9.0, -20.0), ((-3, 3), (-7, 7))),
    "gelu_tanh": (_numeric(gelu_tanh), (*NEAR_0, 6.0, -6.0, -9.0), ((-3, 3), (-5, 5))),
    "softsign": (
        _numeric(lambda x: x / (1 + abs(x))),
        (1.0, -1.0, 1e-9, -1e-9, 1e4, -1e4),
        ((-3, 3), (-90, 90)),
    ),
    "elu": (
        _numeric(lambda x: x if x > 0 else mp.expm1(x)),
        (2.0, -1e-9, -1e-3, -40.0),
        ((-3, 0), (-30, 0)),
    ),
    "selu": (_numeric(selu), (2.0, -1e-9, -1e-3, -40.0), ((-3, 0), (-30, 0))),
    "reciprocal": (_numeric(lambda x: 1 / x), (1.0, -3.0, 1e-9, -1e9), ((-3, 3), (-90, 90))),
    "square": (_numeric(lambda x: x * x), (0.0, 1.0, -3.0, 1e-9, -1e9), ((-3, 3),)),
    "x**2.5": (_numeric(lambda x: x ** mp.mpf(2.5)), (1.0, 1e-9, 1e9), ((0, 3), (0, 90))),
    "x**7": (_numeric(lambda x: x**7), (0.0, 1.0, -3.0, 1e-9), ((-3, 3), (-90, 90))),
    "x**x": (_numeric(lambda x: x**x), (1.0, 1e-4, 9.0), ((0, 3),)),
    "2.5**x": (_numeric(lambda x: mp.mpf(2.5) ** x), (*NEAR_0, -300.0, 40.0), ((-3, 3),)),
    "degrees": (_numeric(lambda x: x * 180 / mp.pi), (0.0, 1.0, -7.5), ((-7, 7),)),
    "radians": (_numeric(lambda x: x * mp.pi / 180), (0.0, 1.0, -7.5), ((-7, 7),)),
    "log1mexp": (
        _numeric(lambda x: mp.log(-mp.expm1(-x))),
        (1e-9, 0.6931471805599453, 40.0),
        ((0, 3), (3, 30)),
    ),
    "erfinv": (_numeric(mp.erfinv), (*NEAR_0, 0.75, -0.75, 1 - 1e-9, -0.999), ((-1, 1),)),
    "erfcx": (
        _numeric(lambda x: mp.exp(x * x) * mp.erfc(x)),
        (*NEAR_0, 0.5, -2.5),
        ((-3, 0), (0, 1)),
    ),
}
POINTS = 12


def derivatives(name: str, x: float) -> tuple[list[float | str], list[float | None]]:
    """Derivatives 0 to 6 of one function at x as doubles, and their condition numbers."""
    compute = FUNCTIONS[name][0]
    digits = 60 + (int(abs(x)) if abs(x) < 1000.0 else 40)  # exp(-|x|) must not drown next to 1
    if 0.0 < abs(x) < 1e-50:
        digits = 400  # the steps of the differences must be far below x
    exact = compute(_exactly(x), digits)
    check = compute(_exactly(x), digits + 31)
    values: list[float | str] = []
    conditions: list[float | None] = []
    for order in range(ORDERS + 1):
        value, again = exact[order], check[order]
        # Noise in place of an exact zero shrinks with the precision; a tiny value stays.
        if abs(value) < mp.mpf(10) ** -45 and abs(value - again) > 1e-10 * abs(again):
            value = again = mp.mpf(0)
        if abs(value - again) > mp.mpf(2) ** -60 * abs(again):
            sys.exit(f"{name} at {x}, order {order}: two precisions disagree: {value} {again}")
        values.append(float(again) if abs(again) < mp.mpf(2) ** 1023 else "inf")
        condition = abs(x * check[order + 1] / again) if again else None
        conditions.append(None if condition is None else float(mp.nstr(condition, 3)))
    return values, conditions


def main() -> None:
    """Write the table."""
    source = random.Random(SEED)
    lines = []
    for name, (_, points, ranges) in FUNCTIONS.items():
        drawn = [source.uniform(*ranges[i % len(ranges)]) for i in range(POINTS - len(points))]
        lines += [json.dumps([name, x, *derivatives(name, x)]) for x in (*points, *drawn)]
    TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
