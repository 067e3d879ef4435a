"""Where each primitive is defined and smooth: what tables of tests and random programs draw from.

A `Domain` says which operands lie well inside: away from singularities, from the ends of the
domain and from kinks and jumps, so that differences are a fair judge of derivatives there.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from autodiff.primitive import Primitive
from autodiff.rules import PRIMITIVES

Sampler = Callable[[random.Random], float]


def _anywhere(*_: float) -> bool:
    return True


@dataclass(frozen=True)
class Domain:
    """Operands well inside a primitive's domain.

    `counts` are the numbers of operands of an n-ary primitive that are worth trying; `special`
    draws operands that are no ordinary real numbers (indices, orders), by position.
    """

    inside: Callable[..., bool] = _anywhere
    counts: tuple[int, ...] = (1, 2, 5)
    special: dict[int, Sampler] = field(default_factory=dict)

    def sample(self, primitive: Primitive, rng: random.Random) -> tuple[float, ...]:
        """Operands inside the domain."""
        for _ in range(10_000):
            count = primitive.arity if primitive.arity is not None else rng.choice(self.counts)
            operands = [_number(rng) for _ in range(count)]
            for position, sampler in self.special.items():
                operands[position] = sampler(rng)
            if self.inside(*operands):
                return tuple(operands)
        raise AssertionError(f"{primitive}: the domain of the tests seems empty")


def _number(rng: random.Random) -> float:
    return rng.choice((rng.uniform(-3.0, 3.0), rng.uniform(0.0, 1.0), rng.gauss(0.0, 10.0)))


def _order(rng: random.Random) -> float:
    return float(rng.randrange(4))


def _whole(rng: random.Random) -> float:
    return float(rng.randrange(1, 4))


def _condition(rng: random.Random) -> float:
    return float(rng.random() < 0.5)


def _fraction_away(quotient: float, jump: float, distance: float = 0.02) -> bool:
    """Whether a quotient is away from the numbers jump, jump + 1, ..."""
    return distance < (quotient - jump) % 1.0 < 1.0 - distance


def _pole_free(x: float) -> bool:
    return -9.0 < x < 30.0 and (x > 0.05 or _fraction_away(x, 0.0, 0.1))


def _apart(*xs: float) -> bool:
    ordered = sorted(xs)
    return all(b - a > 0.05 for a, b in itertools.pairwise(ordered))


def _not_near(*kinks: float) -> Callable[[float], bool]:
    return lambda x: all(abs(x - kink) > 0.05 for kink in kinks)


def _below(bound: float) -> Callable[..., bool]:
    return lambda *xs: all(abs(x) < bound for x in xs)


def _modulus(jump: float) -> Callable[[float, float], bool]:
    return lambda x, y: abs(y) > 0.1 and abs(x / y) < 40.0 and _fraction_away(x / y, jump)


def _power(x: float, y: float) -> bool:
    return 0.1 < x < 8.0 and abs(y) < 6.0


def _clip(x: float, lo: float, hi: float) -> bool:
    return hi - lo > 0.2 and abs(x - lo) > 0.05 and abs(x - hi) > 0.05


_nonzero = _not_near(0.0)
_inside_one = lambda x: abs(x) < 0.95  # noqa: E731 - a table reads better so
_positive = lambda x: x > 0.05  # noqa: E731 - the same

DOMAINS: dict[str, Domain] = {
    "div": Domain(lambda x, y: abs(y) > 0.1),
    "pow": Domain(_power),
    "abs": Domain(_nonzero),
    "fabs": Domain(_nonzero),
    "mod": Domain(_modulus(0.0)),
    "floordiv": Domain(_modulus(0.0)),
    "fmod": Domain(_modulus(0.0)),
    "trunc_quotient": Domain(_modulus(0.0)),
    "remainder": Domain(_modulus(0.5)),
    "round_quotient": Domain(_modulus(0.5)),
    "copysign": Domain(lambda x, y: _nonzero(x) and _nonzero(y)),
    "round": Domain(lambda x, n: _fraction_away(x * 10**n, 0.5), special={1: _order}),
    "exp": Domain(_below(20.0)),
    "exp2": Domain(_below(20.0)),
    "expm1": Domain(_below(20.0)),
    "log": Domain(_positive),
    "log2": Domain(_positive),
    "log10": Domain(_positive),
    "log1p": Domain(lambda x: x > -0.9),
    "sqrt": Domain(_positive),
    "cbrt": Domain(_nonzero),
    "tan": Domain(lambda x: abs(math.cos(x)) > 0.2),
    "asin": Domain(_inside_one),
    "acos": Domain(_inside_one),
    "atan2": Domain(lambda y, x: math.hypot(x, y) > 0.1 and (x > 0.0 or abs(y) > 0.1)),
    "sinh": Domain(_below(20.0)),
    "cosh": Domain(_below(20.0)),
    "acosh": Domain(lambda x: x > 1.1),
    "atanh": Domain(_inside_one),
    "gamma": Domain(_pole_free),
    "lgamma": Domain(_pole_free),
    "digamma": Domain(_pole_free),
    "polygamma": Domain(lambda n, x: _pole_free(x), special={0: _order}),
    "hypot": Domain(lambda *xs: math.hypot(*xs) > 0.1),
    "relu": Domain(_nonzero),
    "relu6": Domain(_not_near(0.0, 6.0)),
    "hardtanh": Domain(_not_near(-1.0, 1.0)),
    "clip": Domain(_clip),
    "maximum": Domain(_apart),
    "minimum": Domain(_apart),
    "where": Domain(special={0: _condition}),
    "take": Domain(
        lambda *xs: xs[-1] < len(xs) - 1, (3, 5), {-1: lambda rng: float(rng.randrange(4))}
    ),
    "logit": Domain(lambda x: 0.05 < x < 0.95),
    "softsign": Domain(_nonzero),
    "leaky_relu": Domain(lambda x, slope: _nonzero(x)),
    "elu": Domain(lambda x, alpha: _nonzero(x)),
    "selu": Domain(_nonzero),
    "dot": Domain(counts=(2, 4, 10)),
    "affine": Domain(counts=(1, 3, 5, 11)),
    "asin_slope": Domain(_inside_one),
    "acosh_slope": Domain(lambda x: x > 1.1),
    "over_norm2": Domain(lambda x, y: math.hypot(x, y) > 0.1),
    "gauss": Domain(lambda c, n, x: abs(c) > 0.1 and abs(x) > 0.05, special={1: _order}),
    "sign": Domain(_nonzero),
    "ratio": Domain(lambda x, h: abs(h) > 0.1),
    "direction": Domain(lambda x, h, f: h > 0.1, special={1: lambda rng: rng.uniform(0.2, 9.0)}),
    "shifted_exp": Domain(_below(10.0), special={2: lambda rng: 0.0}),
    "fine_length": Domain(lambda z, *xs: z > 0.1, (2, 5)),
    "logsumexp_error": Domain(_below(15.0), (2, 5)),
    "power_term": Domain(
        lambda c, x, y, k: _power(x, y) and _nonzero(x - 1.0), special={3: _whole}
    ),
    "sinc_derivative": Domain(special={0: _order}),
    "ties": Domain(_apart, (2, 5)),
    "not": Domain(_nonzero),
    "gate": Domain(special={0: _condition}),
    **dict.fromkeys(
        ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), Domain(_apart)
    ),
}


def domain(name: str) -> Domain:
    """The domain of a primitive; everywhere, unless the table says otherwise."""
    return DOMAINS.get(name, Domain())


def constants(name: str) -> tuple[int, ...]:
    """The positions of operands that are no ordinary real numbers: orders and indices."""
    return tuple(domain(name).special) if name != "direction" else ()


assert DOMAINS.keys() <= PRIMITIVES.keys(), "a misspelled primitive"
