"""Make tests/data/digits.json: derivatives of orders 1 to 3, entry by entry, correctly rounded.

    python scripts/make_digits_data.py     (needs mpmath; a few minutes)

Every function of the table at points where digits get lost: tails, next to zeros, one operand far
larger than the others, large and small numbers. A record is [name, operands, entries]; an entry is
[orders by operand, value, condition], the condition being by how much a relative change of the
operands is magnified. Two precisions must agree.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mpmath as mp
from make_special_data import gelu, gelu_tanh, mish, selu, sigmoid, softplus

TARGET = Path(__file__).parent.parent / "tests" / "data" / "digits.json"
SEED = 20240918
ORDERS = 3
DIGITS = (130, 150)

Points = Sequence[Sequence[float]]


def _logsumexp(*xs: Any) -> Any:
    return mp.log(mp.fsum([mp.exp(x) for x in xs]))


def _norm(*xs: Any) -> Any:
    return mp.sqrt(mp.fsum([x * x for x in xs]))


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * abs(x) ** (mp.mpf(1) / 3)


SMALL = (1e-17, -1e-9, 1e-4, -0.3)
LINE = (*SMALL, 2.5, -7.0)
FAR = (*LINE, 40.0, -40.0)
POSITIVE = (1e-9, 1e-4, 0.3, 1 - 1e-9, 1 + 1e-9, 2.5, 40.0, 1e9)
INSIDE = (*SMALL, 0.75, -1 + 1e-9)
LOGITS = (
    (0.0, -40.0), (0.0, -30.0), (12.0, 0.0), (1.0, 1.5), (90.0, -1.0), (700.0, 700.5),
    (0.0, -40.0, -41.0), (0.0, 40.0, 30.0), (-2.0, 0.5, 1.0), (20.0, 0.0, -20.0),
    (0.5, 0.5, 0.5), (-1.0, 2.0, 0.0, 33.0),
)  # fmt: skip
LENGTHS = (
    (1e-8, 1.0), (3.0, 4.0), (-1e-30, 2.0), (1.0, -1.0), (1e100, 1e92), (1e-100, 1e-107),
    (1.0, 1e-8, 2e-9), (-2.0, 3.0, 6.0), (1e-5, 1e-9, -1.0), (0.1, 0.2, 0.3, 5.0),
)  # fmt: skip
PAIRS = ((0.5, 2.0), (3.0, -1.5), (1e-8, 0.75), (2.0, 1e-9), (1 + 1e-9, 3.0), (40.0, 0.3))

# name: (the function in many digits, points, how many further points are drawn from where)
FUNCTIONS: dict[str, tuple[Callable[..., Any], Points, tuple[float, float]]] = {
    **{name: (f, [(x,) for x in points], drawn) for name, (f, points, drawn) in {
        "exp": (mp.exp, LINE, (-5, 5)), "exp2": (lambda x: 2**x, LINE, (-5, 5)),
        "expm1": (mp.expm1, FAR, (-5, 5)), "log": (mp.log, POSITIVE, (0, 5)),
        "log2": (lambda x: mp.log(x, 2), POSITIVE, (0, 5)),
        "log10": (lambda x: mp.log(x, 10), POSITIVE, (0, 5)),
        "log1p": (lambda x: mp.log(1 + x), (*SMALL, 7.0, -1 + 1e-9), (-1, 5)),
        "sqrt": (mp.sqrt, POSITIVE, (0, 5)), "cbrt": (_cbrt, (*POSITIVE, -3.0), (-5, -1)),
        "sin": (mp.sin, LINE, (-5, 5)), "cos": (mp.cos, LINE, (-5, 5)),
        "tan": (mp.tan, (*LINE, 1.57), (-1, 1)), "asin": (mp.asin, INSIDE, (-1, 1)),
        "acos": (mp.acos, INSIDE, (-1, 1)),
        "atan": (mp.atan, (*FAR, 1e5, 1e100, -1e155), (-5, 5)),
        "sinh": (mp.sinh, FAR, (-5, 5)), "cosh": (mp.cosh, FAR, (-5, 5)),
        "tanh": (mp.tanh, FAR, (-5, 5)), "asinh": (mp.asinh, (*FAR, 1e5, 1e100), (-5, 5)),
        "acosh": (mp.acosh, (1 + 1e-9, 1.5, 40.0, 1e5), (1, 5)),
        "atanh": (mp.atanh, INSIDE, (-1, 1)), "erf": (mp.erf, LINE, (-3, 3)),
        "erfc": (mp.erfc, (*LINE, 20.0), (-3, 3)),
        "erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), (*SMALL, 0.6, 5.0, 20.0, 1e5), (-2, 9)),
        "gamma": (mp.gamma, (1e-9, 1.5, 20.0, -0.5), (0, 5)),
        "lgamma": (lambda x: mp.log(mp.gamma(x)), (1e-9, 1.5, 20.0, 1e5), (0, 5)),
        "digamma": (lambda x: mp.digamma(x), (1e-9, 1.5, 20.0, 1e5), (0, 5)),
        "sinc": (lambda x: mp.sin(mp.pi * x) / (mp.pi * x), (*SMALL, 1.0, 2.5), (-3, 3)),
        "sigmoid": (sigmoid, FAR, (-5, 5)), "softplus": (softplus, FAR, (-5, 5)),
        "log_sigmoid": (lambda x: -softplus(-x), FAR, (-5, 5)),
        "logit": (lambda x: mp.log(x / (1 - x)), (1e-9, 0.25, 0.75, 1 - 1e-9), (0, 1)),
        "silu": (lambda x: x * sigmoid(x), FAR, (-5, 5)), "mish": (mish, FAR, (-5, 5)),
        "gelu": (gelu, (*LINE, -20.0), (-3, 3)), "gelu_tanh": (gelu_tanh, LINE, (-3, 3)),
        "selu": (selu, (-1e-9, -0.3, -40.0), (-5, 0)),
        "softsign": (lambda x: x / (1 + abs(x)), FAR, (-5, 5)),
        "log1mexp": (lambda x: mp.log(-mp.expm1(-x)), (1e-9, 0.3, 0.7, 40.0), (0, 5)),
    }.items()},
    "pow": (lambda x, y: x**y, PAIRS, (0, 3)),
    "atan2": (
        lambda y, x: mp.atan2(y, x), ((1.0, 2.0), (1e-9, 1.0), (1.0, 1e-9), (1e80, 1e70)), (0, 3)
    ),
    "logaddexp": (_logsumexp, LOGITS[:6], (-3, 3)),
    "xlogy": (lambda x, y: x * mp.log(y), ((2.0, 0.3), (1e-9, 1e-9), (3.0, 40.0)), (0, 3)),
    "xlog1py": (lambda x, y: x * mp.log(1 + y), ((2.0, 1e-9), (1e-9, -0.3)), (0, 3)),
    "logsumexp": (_logsumexp, LOGITS, (-3, 3)),
    "softmax": (lambda *xs: mp.exp(xs[0] - _logsumexp(*xs)), LOGITS, (-3, 3)),
    "log_softmax": (lambda *xs: xs[0] - _logsumexp(*xs), LOGITS, (-3, 3)),
    "cross_entropy": (lambda *xs: _logsumexp(*xs) - xs[1], LOGITS, (-3, 3)),
    "norm": (_norm, LENGTHS, (-3, 3)),
    "norm3": (lambda *xs: _cbrt(mp.fsum([abs(x) ** 3 for x in xs])), LENGTHS, (0, 3)),
    "prod": (lambda *xs: mp.fprod(xs), ((2.0, 1e-9, 3.0), (1e-9, 5.0)), (-3, 3)),
}  # fmt: skip


def orders_of(count: int) -> list[tuple[int, ...]]:
    """How often to differentiate by each operand, of all derivatives up to the third."""
    found = itertools.product(range(ORDERS + 1), repeat=count)
    return [orders for orders in found if 0 < sum(orders) <= ORDERS]


def derivative(f: Callable[..., Any], xs: Sequence[Any], orders: tuple[int, ...]) -> Any:
    """One derivative, by differences in many digits, relative to the operands' sizes."""
    scales = [abs(x) if x else mp.mpf(1) for x in xs]
    scaled = mp.diff(
        lambda *ts: f(*[t * s for t, s in zip(ts, scales, strict=True)]),
        tuple(x / s for x, s in zip(xs, scales, strict=True)), orders,
    )  # fmt: skip
    return scaled / mp.fprod([s**n for s, n in zip(scales, orders, strict=True)])


def entry(f: Callable[..., Any], point: Sequence[float], orders: tuple[int, ...]) -> list[Any]:
    """[orders, value, condition]."""
    found = []
    for digits in DIGITS:
        with mp.workdps(digits):
            found.append(derivative(f, [mp.mpf(x) for x in point], orders))
    value, again = found
    if not again:
        return [orders, 0.0, None]
    if abs(value - again) > mp.mpf(10) ** -25 * abs(again):
        if max(abs(value), abs(again)) > mp.mpf(10) ** -60:
            sys.exit(f"two precisions disagree at {point}, {orders}: {value} {again}")
        return [orders, 0.0, None]
    condition = mp.mpf(0)
    with mp.workdps(DIGITS[0]):
        step = mp.mpf(10) ** -20
        for at in range(len(point)):
            moved = [mp.mpf(x) * (1 + step * (at == k)) for k, x in enumerate(point)]
            condition += abs(derivative(f, moved, orders) - value) / step / abs(value)
    return [orders, float(again), float(mp.nstr(condition, 3))]


def lines_of(name: str) -> list[str]:
    """The records of one function."""
    f, points, (low, high) = FUNCTIONS[name]
    source = random.Random(f"{SEED} {name}")
    lengths = sorted({len(point) for point in points})[:2]
    drawn = [[source.uniform(low, high) for _ in range(n)] for n in lengths for _ in range(3)]
    lines = []
    for point in [*points, *drawn]:
        entries = [entry(f, point, orders) for orders in orders_of(len(point))]
        lines.append(json.dumps([name, list(point), entries]))
    return lines


def main() -> None:
    """Write the table."""
    with multiprocessing.Pool() as pool:
        lines = []
        for part in pool.imap(lines_of, FUNCTIONS, 1):
            lines += part
            TARGET.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
