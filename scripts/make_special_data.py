"""Make tests/data/special.json: high-precision values of the functions in autodiff/special/.

    python scripts/make_special_data.py        (needs mpmath)

Each function is computed from its definition alone, with enough digits that cancellation does
not matter, at exact double arguments: random ones, tails, subnormals, and next to zeros, poles
and removable singularities. Records are [name, args, value], rounded once to a double.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath as mp

TARGET = Path(__file__).parent.parent / "tests" / "data" / "special.json"
SEED = 20240917


def _tail_digits(x: float) -> int:
    """Digits that 1 + exp(-|x|) and tanh need before they differ from 1 at x."""
    return 60 + min(2000, int(abs(x)))


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x))."""
    return 1 / (1 + mp.exp(-x))


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def mish(x: Any) -> Any:
    """x*tanh(log(1 + exp(x))), written without cancellation."""
    e = mp.exp(x)
    return x * e * (e + 2) / (e * (e + 2) + 2)


def gelu(x: Any) -> Any:
    """x times the normal distribution function."""
    if abs(x) > 1000:  # mpmath's erfc stops at huge arguments
        return x if x > 0 else mp.mpf(0)
    return x * mp.erfc(-x / mp.sqrt(2)) / 2


def gelu_tanh(x: Any) -> Any:
    """x*sigmoid(2u): the tanh form cancels on the left."""
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))


SELU_SCALE = "1.0507009873554804934193349852946"
SELU_ALPHA = "1.6732632423543772848170429916717"


def selu(x: Any) -> Any:
    """The scaled elu, constants with 32 digits."""
    return mp.mpf(SELU_SCALE) * (x if x > 0 else mp.mpf(SELU_ALPHA) * mp.expm1(x))


def sinc_derivative(n: float, x: Any) -> Any:
    """pi^n times the integral of t^n cos(pi x t + n pi/2), 0..1, as its power series in x."""
    if n == 0 and x != 0 and x == int(x):
        return mp.mpf(0)
    total, k = mp.mpf(0), 0
    with mp.workdps(60 + int(3 * min(abs(x), 400))):
        if abs(x) > 400:  # upward recurrence, stable there
            u = mp.pi * x
            value = mp.sin(u) / u
            for k in range(1, int(n) + 1):
                value = (mp.sin(u + k * mp.pi / 2) - k * value) / u
            return value * mp.pi ** int(n)
        n, u = int(n), mp.pi * mp.mpf(x)
        start = (n + 1) // 2
        term = (-1) ** start * u ** (2 * start - n) / mp.factorial(2 * start - n)
        k = start
        while True:
            total += term / (2 * k + 1)
            if abs(term) < mp.mpf(10) ** (-80 - n) and k > abs(u):
                break
            k += 1
            term *= -u * u / ((2 * k - n) * (2 * k - n - 1))
        return total * mp.pi**n


def power_log(x: Any, y: Any, k: float) -> Any:
    """x**y * log(x)**k."""
    return mp.power(x, y) * mp.log(x) ** int(k)


def logsumexp(*xs: Any) -> Any:
    """log(exp(x1) + ...)."""
    return mp.log(mp.fsum(mp.exp(x) for x in xs))


def over_norm2(x: Any, y: Any) -> Any:
    """x/(x*x + y*y)."""
    return x / (x * x + y * y)


def erfinv(y: Any) -> Any:
    """The inverse of erf; near the ends by Newton's method on erfc, which keeps 1 - |y|."""
    if abs(y) < 0.9:
        return mp.erfinv(y)
    rest, z = 1 - abs(y), mp.sqrt(-mp.log(1 - abs(y)))
    for _ in range(200):
        step = (mp.erfc(z) - rest) * mp.sqrt(mp.pi) / 2 * mp.exp(z * z)
        z += step
        if abs(step) < mp.mpf(10) ** -45:
            break
    return mp.sign(y) * z


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x),
    "softplus": softplus,
    "logit": lambda p: mp.log(p / (1 - p)),
    "silu": lambda x: x * sigmoid(x),
    "mish": mish,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "selu": selu,
    "softsign": lambda x: x / (1 + abs(x)),
    "digamma": mp.digamma,
    "polygamma": lambda n, x: mp.polygamma(int(n), x),
    "sinc": lambda x: sinc_derivative(0, x),
    "sinc_derivative": sinc_derivative,
    "power_log": power_log,
    "over_norm2": over_norm2,
    "logsumexp": logsumexp,
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
    "erfinv": erfinv,
    "log1mexp": lambda x: mp.log(-mp.expm1(-x)),
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log1p(y),
    "logaddexp": logsumexp,
    "share": lambda x, y: 1 / (1 + mp.exp(y - x)),
}


def exact(name: str, args: tuple[float, ...]) -> Any:
    """The value as a high-precision number."""
    numbers = [mp.mpf(x) for x in args]
    digits = max(_tail_digits(x) for x in args)
    if name == "polygamma":  # mpmath cancels about 2**n next to half-integers left of 0
        digits = 100 + 3 * int(args[0])
    with mp.workdps(digits):
        return DEFINITIONS[name](*numbers)


def _real_line(source: random.Random) -> Iterator[float]:
    """Points of the whole line for the functions that are built of exp(x)."""
    yield from (0.0, 5e-324, -5e-324, 1e-300, -1e-300, 1e-17, -1e-17, 1e-8, -1e-8, 1e-3, -1e-3)
    yield from (0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 17.0, -17.0, 36.7, -36.7, 37.5, -37.0, -37.4)
    yield from (-38.3, -38.5, 300.0, -300.0, 709.9, -699.9, -700.1, -709.9, -744.0, -750.0)
    yield from (1e3, -1e3, 1e17, -1e17, 1e300, -1e300)
    yield from (source.uniform(-2.0, 2.0) for _ in range(12))
    yield from (source.uniform(-20.0, 20.0) for _ in range(12))
    yield from (source.uniform(-750.0, 100.0) for _ in range(8))


def _gamma_points(source: random.Random) -> Iterator[float]:
    zero = 1.4616321449683622
    yield from (zero, 1.4616321449683625, zero + 1e-9, zero - 1e-5, 1.0, 2.0, 1.0 - 1e-12, 2 + 1e-9)
    yield from (
        1e-300,
        1e-17,
        1e-5,
        0.1,
        0.5,
        3.0,
        9.999,
        10.0,
        10.5,
        23.0,
        100.5,
        1e5,
        1e17,
        1e300,
    )
    yield from (source.uniform(0.0, 3.0) for _ in range(8))
    yield from (source.uniform(3.0, 30.0) for _ in range(6))
    yield from (-1e-17, -1e-5, -0.25, -0.5, -0.75, -1 - 1e-9, -1 + 1e-9, -2.5, -10.5, -100.25)
    yield from (-30.0 + 2**-40, -30.0 - 2**-40, -1e6 - 0.375)
    yield from (source.uniform(-1.0, 0.0) for _ in range(4))
    yield from (source.uniform(-12.0, -1.0) for _ in range(8))


def _sinc_points(source: random.Random) -> Iterator[float]:
    yield from (0.0, 5e-324, 1e-300, 1e-9, -1e-5, 0.01, 0.1, -0.3, 0.5, 1.0, -1.0, 1.0 + 2**-40)
    yield from (1.5, 2.0, 2.25, 2.5, 3.0, 7.0, 100.5, 12345.678, 1e9 + 0.25, -(2.0**51) - 0.5)
    yield from (source.uniform(-1.0, 1.0) for _ in range(6))
    yield from (source.uniform(-9.0, 9.0) for _ in range(8))


def arguments(source: random.Random) -> Iterator[tuple[str, tuple[float, ...]]]:
    """All (name, args) of the table."""
    for name in ("sigmoid", "log_sigmoid", "softplus", "silu", "mish", "gelu", "gelu_tanh"):
        yield from ((name, (x,)) for x in _real_line(source))
    for name in ("selu", "softsign"):
        yield from ((name, (x,)) for x in _real_line(source))
    yield from (("elu", (x, source.choice((1.0, 0.3, -2.0)))) for x in _real_line(source))
    halves = [0.5 + side * 2.0**-k for k in range(2, 50, 5) for side in (-1, 1)]
    ends = [5e-324, 1e-300, 1e-17, 1e-5, 0.5, 0.2499, 0.7501, 1 - 1e-5, 1 - 2**-53]
    yield from (("logit", (p,)) for p in halves + ends + [source.random() for _ in range(12)])
    yield from (("digamma", (x,)) for x in _gamma_points(source))
    for n in (1, 2, 3, 4, 5, 7, 9, 12, 30, 100, 170, 200):
        yield from (("polygamma", (float(n), x)) for x in _gamma_points(source))
    # Here x + k is rounded, which the power n + 1 magnifies.
    for n in (100, 170):
        yield from (("polygamma", (float(n), x)) for x in (63.85663997382354, 127.17822004165647))
    yield from (("sinc", (x,)) for x in _sinc_points(source))
    for n in (1, 2, 3, 4, 5, 6, 7, 8, 12, 20):
        yield from (("sinc_derivative", (float(n), x)) for x in _sinc_points(source))
    for k in range(1, 5):
        for _ in range(12):
            x, y = 10.0 ** source.uniform(-3, 3), source.uniform(-5.0, 5.0)
            yield "power_log", (x, y, float(k))
        yield from (("power_log", (x, y, float(k))) for x, y in ((1e-300, 1.07), (1e-5, 64.5)))
        yield from (("power_log", (x, y, float(k))) for x, y in ((1 + 2**-40, 3e14), (1e5, -64.5)))
    for scale in (1.0, 1e200, 1e-200, 1e-300, 1e-310, 1e307):
        for _ in range(5):
            x, y = scale * source.uniform(-9.0, 9.0), scale * source.uniform(-9.0, 9.0)
            yield "over_norm2", (x, y)
    yield from (("over_norm2", pair) for pair in ((1.0, 1e-20), (1e-20, 1.0), (5e-324, 1.0)))
    for spread in (1.0, 30.0, 800.0):
        for n in (2, 3, 7):
            yield "logsumexp", tuple(source.uniform(-spread, spread) for _ in range(n))
    yield from (("erfcx", (x,)) for x in (0.0, 1e-300, 0.5, 1.0, 9.999, 10.0, 25.0, 1e10, -26.0))
    yield from (("erfcx", (source.uniform(-26.0, 30.0),)) for _ in range(20))
    ends = [0.75, 0.7500000001, -0.75, 1e-300, 0.99948, 1 - 2**-53, -(1 - 2**-30)]
    yield from (("erfinv", (x,)) for x in ends + [source.uniform(-1.0, 1.0) for _ in range(20)])
    yield from (("log1mexp", (x,)) for x in (1e-300, 1e-9, 0.6931471805599453, 40.0, 700.0))
    yield from (("log1mexp", (source.uniform(0.0, 40.0),)) for _ in range(20))
    for name in ("xlogy", "xlog1py", "logaddexp", "share"):
        for _ in range(20):
            yield name, (source.uniform(0.1, 30.0), source.uniform(0.1, 30.0))


def main() -> None:
    """Write the table, leaving out values that a double cannot hold."""
    records = []
    for name, args in arguments(random.Random(SEED)):
        value = exact(name, args)
        if abs(value) < mp.mpf(2) ** 1024 * (1 - mp.mpf(2) ** -54):
            records.append([name, list(args), float(value)])
    lines = ",\n".join(json.dumps(record) for record in records)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
