"""Where each primitive is defined and smooth: what tables of tests and random programs draw from.

The rule table's own words say where that is: operands satisfy the domain, and keep a distance from
where its comparisons, and those of a function with kinks, change. A `Domain` of the table here adds
what differences need on top: no huge numbers, and a distance from poles and jumps.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from autodiff.atoms import ATOMS
from autodiff.formula import Apply, Formula, fold, parts
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS

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


@functools.cache
def _limits(primitive: Primitive) -> tuple[Formula | None, list[Formula]]:
    """The domain, and the comparisons from whose change operands keep a distance."""
    if primitive.arity is None:
        return None, []
    formulas = [primitive.condition]
    if primitive.kink:
        formulas += primitive.formulas
        formulas += [] if primitive.name in ATOMS else [primitive.formula]
    found = [
        part
        for formula in formulas
        if formula is not None
        for part, _ in parts(formula).values()
        if isinstance(part, Apply) and part.name in COMPARISONS
    ]
    return primitive.condition, [part for part in found if part.operands[0] is not part.operands[1]]


def well_inside(primitive: Primitive, operands: Sequence[float]) -> bool:
    """Whether operands satisfy the domain, at a distance from its ends and from kinks."""
    condition, comparisons = _limits(primitive)
    names = dict(zip(primitive.variables, operands, strict=False), z=math.nan)

    def value(formula: Formula) -> float:
        return fold(formula, float, names.__getitem__, _total)

    if condition is not None and not value(condition):
        return False
    return all(abs(value(a) - value(b)) > 0.05 for a, b in (each.operands for each in comparisons))


def _total(name: str, operands: tuple[float, ...]) -> float:
    return PRIMITIVES[name].total.forward(*operands)


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


_nonzero = _not_near(0.0)

DOMAINS: dict[str, Domain] = {
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
    "cbrt": Domain(_nonzero),
    "tan": Domain(lambda x: abs(math.cos(x)) > 0.2),
    "atan2": Domain(lambda y, x: math.hypot(x, y) > 0.1 and (x > 0.0 or abs(y) > 0.1)),
    "sinh": Domain(_below(20.0)),
    "cosh": Domain(_below(20.0)),
    "gamma": Domain(_pole_free),
    "lgamma": Domain(_pole_free),
    "digamma": Domain(_pole_free),
    "polygamma": Domain(lambda n, x: _pole_free(x), special={0: _order}),
    "hypot": Domain(lambda *xs: math.hypot(*xs) > 0.1),
    "maximum": Domain(_apart),
    "minimum": Domain(_apart),
    "where": Domain(special={0: _condition}),
    "take": Domain(
        lambda *xs: xs[-1] < len(xs) - 1, (3, 5), {-1: lambda rng: float(rng.randrange(4))}
    ),
    "dot": Domain(counts=(2, 4, 10)),
    "affine": Domain(counts=(1, 3, 5, 11)),
    "over_norm2": Domain(lambda x, y: math.hypot(x, y) > 0.1),
    "gauss": Domain(lambda c, n, x: abs(c) > 0.1 and abs(x) > 0.05, special={1: _order}),
    "direction": Domain(lambda x, h, f: h > 0.1, special={1: lambda rng: rng.uniform(0.2, 9.0)}),
    "shifted_exp": Domain(_below(10.0), special={2: lambda rng: 0.0}),
    "fine_length": Domain(lambda z, *xs: z > 0.1, (2, 5)),
    "logsumexp_error": Domain(_below(15.0), (2, 5)),
    "power_term": Domain(
        lambda c, x, y, k: _power(x, y) and _nonzero(x - 1.0), special={3: _whole}
    ),
    "sinc_derivative": Domain(special={0: _order}),
    "xlogy": Domain(lambda x, y: y > 0.05),
    "xlog1py": Domain(lambda x, y: y > -0.95),
    "erfcx": Domain(lambda x: x > -4.0),
    "erfcx_slope": Domain(lambda x: x > -4.0),
    "erfcx_bend": Domain(lambda x: x > -4.0),
    "share": Domain(_below(10.0)),
    "p_norm": Domain(
        lambda *xs: all(abs(x) > 0.1 for x in xs), (2, 4), {-1: lambda rng: rng.choice((1.5, 3.0))}
    ),
    "floor": Domain(lambda x: _fraction_away(x, 0.0)),
    "nearest": Domain(lambda x: _fraction_away(x, 0.5)),
    "whole": Domain(lambda x: _fraction_away(x, 0.0)),
    "ties": Domain(_apart, (2, 5)),
    "not": Domain(_nonzero),
    "gate": Domain(special={0: _condition}),
    **dict.fromkeys(
        ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), Domain(_apart)
    ),
}


@functools.cache
def domain(name: str) -> Domain:
    """The domain of a primitive: what the rule table says, and what the table here adds."""
    primitive, added = PRIMITIVES[name], DOMAINS.get(name, Domain())

    def inside(*operands: float) -> bool:
        return added.inside(*operands) and well_inside(primitive, operands)

    return replace(added, inside=inside)


def constants(name: str) -> tuple[int, ...]:
    """The positions of operands that are no ordinary real numbers: orders and indices."""
    return tuple(domain(name).special) if name != "direction" else ()


assert DOMAINS.keys() <= PRIMITIVES.keys(), "a misspelled primitive"
