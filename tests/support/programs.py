"""Random programs over all functions: one strategy for the laws of every part of the project.

A `Program` is data: inputs, and operations on node numbers. It can be run on any kind of number
that the functions take: floats, Values, tracers. Programs are built while they are computed, so
that each operation only gets operands well inside its domain (tests/support/domains.py); nothing
is drawn in vain, and shrinking keeps programs valid.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

import autodiff as ad
from autodiff.primitive import PRIMITIVES
from tests.support.domains import domain, well_inside

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]

#: Intermediate results stay below this, so that third derivatives are still finite.
LARGEST = 50.0


@dataclass(frozen=True)
class Step:
    """One operation: an int operand is the number of a node, a float is a constant."""

    name: str
    operands: tuple[int | float, ...]


@dataclass(frozen=True)
class Program:
    """Nodes 0, 1, ... are the inputs, then one per step; the last one is the output."""

    inputs: tuple[float, ...]
    steps: tuple[Step, ...]

    def nodes(self, inputs: Sequence[Any]) -> list[Any]:
        """All numbers of the program at these inputs."""
        nodes = list(inputs)
        for step in self.steps:
            operands = [x if isinstance(x, float) else nodes[x] for x in step.operands]
            nodes.append(OPERATIONS[step.name].compute(*operands))
        return nodes

    def __call__(self, *inputs: Any) -> Any:
        """The output at these inputs."""
        return self.nodes(inputs)[-1]

    def of_list(self, inputs: Sequence[Any]) -> Any:
        """The output, the inputs given as one list."""
        return self.nodes(inputs)[-1]


@dataclass(frozen=True)
class Operation:
    """A function of numbers, how many it takes, and where it is smooth."""

    compute: Callable[..., Any]
    counts: tuple[int, ...]
    inside: Callable[..., bool] = lambda *_: True
    #: a kink or a jump somewhere, or a derivative that is 0 everywhere
    smooth: bool = True


def _of_primitive(name: str, compute: Callable[..., Any], *counts: int) -> Operation:
    place = domain(name)

    def inside(*operands: float) -> bool:
        primitive = PRIMITIVES.get(name)
        return place.inside(*operands) and (primitive is None or well_inside(primitive, operands))

    return Operation(compute, counts or (1,), inside, name not in _ROUGH)


_ROUGH = frozenset(
    "abs fabs mod floordiv fmod remainder copysign relu relu6 hardtanh clip maximum minimum where "
    "softsign leaky_relu elu selu".split()
)
_UNARY = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh "
    "acosh atanh degrees radians erf erfc gamma lgamma digamma fabs sinc relu relu6 hardtanh "
    "sigmoid log_sigmoid logit silu mish selu softsign"
).split()


def _listed(function: Callable[[Sequence[Any]], Any]) -> Callable[..., Any]:
    return lambda *xs: function(list(xs))


def _halves(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *xs: function(list(xs[: len(xs) // 2]), list(xs[len(xs) // 2 :]))


def _affine(*xs: Any) -> Any:
    half = len(xs) // 2
    return ad.affine(list(xs[:half]), list(xs[half:-1]), xs[-1])


OPERATIONS: dict[str, Operation] = {
    "add": _of_primitive("add", operator.add, 2),
    "sub": _of_primitive("sub", operator.sub, 2),
    "mul": _of_primitive("mul", operator.mul, 2),
    "div": _of_primitive("div", operator.truediv, 2),
    "neg": _of_primitive("neg", operator.neg),
    "pow": _of_primitive("pow", operator.pow, 2),
    "square": Operation(lambda x: x**2, (1,)),
    "cube": Operation(lambda x: x**3, (1,)),
    "reciprocal": Operation(lambda x: 1 / x, (1,), lambda x: abs(x) > 0.1),
    "abs": _of_primitive("abs", operator.abs),
    "mod": _of_primitive("mod", operator.mod, 2),
    "floordiv": _of_primitive("floordiv", operator.floordiv, 2),
    **{name: _of_primitive(name, getattr(ad, name)) for name in _UNARY},
    "atan2": _of_primitive("atan2", ad.atan2, 2),
    "fmod": _of_primitive("fmod", ad.fmod, 2),
    "remainder": _of_primitive("remainder", ad.remainder, 2),
    "copysign": _of_primitive("copysign", ad.copysign, 2),
    "log_base": Operation(ad.log, (2,), lambda x, b: x > 0.05 and b > 0.05 and abs(b - 1.0) > 0.2),
    "trigamma": _of_primitive("digamma", lambda x: ad.polygamma(1, x)),
    "hypot": _of_primitive("hypot", ad.hypot, 1, 2, 3),
    "norm": _of_primitive("hypot", _listed(ad.norm), 2, 3),
    "dist": Operation(
        _halves(ad.dist),
        (2, 4),
        lambda *xs: math.dist(xs[: len(xs) // 2], xs[len(xs) // 2 :]) > 0.1,
    ),
    "clip": _of_primitive("clip", ad.clip, 3),
    "maximum": _of_primitive("maximum", ad.maximum, 2, 3),
    "minimum": _of_primitive("minimum", ad.minimum, 2, 3),
    "where": Operation(
        lambda c, x, y: ad.where(c > 0.0, x, y), (3,), lambda c, x, y: abs(c) > 0.05, smooth=False
    ),
    "take": Operation(lambda *xs: ad.take(xs, len(xs) // 2), (2, 3)),
    "sum": Operation(_listed(ad.sum), (1, 2, 4)),
    "prod": Operation(_listed(ad.prod), (1, 2, 4)),
    "mean": Operation(_listed(ad.mean), (1, 2, 4)),
    "dot": Operation(_halves(ad.dot), (2, 4, 6)),
    "affine": Operation(_affine, (1, 3, 5)),
    "logsumexp": Operation(_listed(ad.logsumexp), (1, 2, 3)),
    "softmax": Operation(lambda *xs: ad.softmax(xs)[0], (1, 2, 3)),
    "log_softmax": Operation(lambda *xs: ad.log_softmax(xs)[-1], (1, 2, 3)),
    "leaky_relu": _of_primitive("leaky_relu", ad.leaky_relu, 2),
    "elu": _of_primitive("elu", ad.elu, 2),
    "gelu": Operation(ad.gelu, (1,)),
    "gelu_tanh": Operation(lambda x: ad.gelu(x, "tanh"), (1,)),
    "softplus": Operation(ad.softplus, (1,)),
    "softplus_beta": Operation(lambda x: ad.softplus(x, 2.0), (1,)),
}

SMOOTH = tuple(name for name, operation in OPERATIONS.items() if operation.smooth)


def build(
    choose: Choose[Any], inputs: Sequence[float], count: int, names: Sequence[str] | None = None
) -> Program:
    """A program of `count` steps; `choose` picks one of a list each time something is open."""
    numbers = list(inputs)
    steps: list[Step] = []
    for _ in range(count):
        available: list[int | float] = [*range(len(numbers)), 2.0, -0.5]
        drawn = [choose(available) for _ in range(6)]
        if all(isinstance(operand, float) for operand in drawn[:1]):
            drawn[0] = choose(range(len(numbers)))
        fitting = []
        for name in names or OPERATIONS:
            for arity in OPERATIONS[name].counts:
                result = _try(
                    name, [x if isinstance(x, float) else numbers[x] for x in drawn[:arity]]
                )
                if result is not None:
                    fitting.append((name, arity, result))
        name, arity, result = choose(fitting)
        steps.append(Step(name, tuple(drawn[:arity])))
        numbers.append(result)
    return Program(tuple(inputs), tuple(steps))


def _try(name: str, operands: Sequence[float]) -> float | None:
    """The result of an operation, None where it is not well inside its domain."""
    operation = OPERATIONS[name]
    if not operation.inside(*operands):
        return None
    result = float(operation.compute(*operands))
    return result if abs(result) < LARGEST else None


@st.composite
def programs(
    draw: st.DrawFn,
    min_inputs: int = 1,
    max_inputs: int = 4,
    max_steps: int = 10,
    names: Sequence[str] | None = None,
) -> Program:
    """Programs away from kinks and singularities; `names=SMOOTH` leaves out what has any."""
    inputs = draw(
        st.lists(
            st.floats(-3.0, 3.0, allow_subnormal=False), min_size=min_inputs, max_size=max_inputs
        )
    )
    count = draw(st.integers(1, max_steps))
    return build(lambda options: draw(st.sampled_from(options)), inputs, count, names)


def random_program(rng: random.Random, names: Sequence[str] | None = None) -> Program:
    """A program without hypothesis, for long runs."""
    inputs = [rng.uniform(-3.0, 3.0) for _ in range(rng.randint(1, 4))]
    return build(rng.choice, inputs, rng.randint(1, 10), names)
