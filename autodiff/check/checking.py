"""Checking gradients: numerical derivatives, and a report of where and by how much one fails."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from autodiff.complaints import check_function
from autodiff.errors import GradientCheckError, OperandError, ShapeError
from autodiff.graph import topological_order
from autodiff.modes import no_grad
from autodiff.transform import grad, jacobian
from autodiff.trees import Structure, flatten
from autodiff.value import Value

from .blame import beyond_judgement, blame
from .numeric import Probe, derivatives, diverges
from .report import Fault, report, second_thoughts

Function = Callable[..., Any]
Flat = Callable[[Sequence[Any]], Sequence[Any]]


def numerical_gradient(f: Function, *args: Any, method: str = "differences") -> Any:
    """The gradient of f by evaluating f alone: slow, approximate, and independent of any rule.

    f takes numbers or containers of numbers and returns one number. The result comes in the
    containers of the argument; a tuple of them if there are several arguments.

    `method="differences"` extrapolates central differences, one-sided at the edge of a domain,
    with steps of its own choice; usually 10 to 13 digits are right. Infinite derivatives show
    in differences that grow as the step shrinks. `method="complex"` takes the
    imaginary part of f(x + 1e-200i)*1e200 (W. Squire & G. Trapp, SIAM Review 40, 1998), right to
    the last digits; f must accept complex numbers: plain arithmetic and cmath do, the functions
    of this package refuse them, and abs, comparisons and the like are not differentiable so.

    Raises OperandError when f returns no number, and what f raises at the point itself.

    >>> numerical_gradient(lambda x: x * x, 3.0)
    6.0
    >>> numerical_gradient(lambda x: 1 / (1 + x * x), 2.0, method="complex")
    -0.15999999999999998
    """
    if method not in ("differences", "complex"):
        raise ShapeError(f'method is "differences" or "complex", not {method!r}')
    problem = _Problem("numerical_gradient", f, args)
    if method == "complex":
        found = [problem.complex_step(index) for index in range(len(problem.numbers))]
    else:
        problem.values(problem.numbers)
        probes = (problem.probe(problem.values, index) for index in range(len(problem.numbers)))
        found = list(map(_number, probes, problem.numbers))
    results = problem.rebuild(found)
    return results[0] if len(results) == 1 else tuple(results)


def check_gradients(
    f: Function,
    *args: Any,
    order: int = 2,
    gradient: Function | None = None,
    rtol: float = 1e-6,
    atol: float | None = None,
) -> None:
    """Compare the derivatives of f at a point with numerical ones; raise a report if one is wrong.

    Order 1 compares the gradient with differences of f, order 2 the Hessian with differences of
    the gradient, and so on. At a kink everything between the two one-sided derivatives is right;
    an infinite derivative must show in growing differences; where rounding leaves no digit, and
    where waves or steps are too close together for floats (sin(1e300), 1e300 % 3), nothing is
    judged. Many steps are tried, around the point and to both sides; where not one of them gives
    a digit, that is said and counts as a fault. So does a function that gives other numbers when
    it is called again. A difference counts as a fault above
    rtol*|derivative| + atol + 10 times the estimated error of the numerical derivative; `atol` is
    1e-9, or as much less as the largest number of the computation is below 1.

    `gradient` checks a function of yours instead of this package: it is called as
    gradient(*args), twice, must give the same both times, and only order 1 is looked at.

    Raises GradientCheckError (also an AssertionError) with a table of the wrong derivatives, hints
    at the cause, and the primitives whose rules fail at the numbers of this computation.

    >>> check_gradients(lambda x, y: x * y + x**3, 2.0, -1.5)
    >>> check_gradients(lambda x: x * x, 3.0, gradient=lambda x: x)
    Traceback (most recent call last):
    autodiff.errors.GradientCheckError: 1 of 1 derivatives of order 1 is wrong
      by  computed  numerical  difference  tolerance
      x   3.0       6 ± ...
    """
    if order not in range(1, 10):
        raise ShapeError(f"check_gradients: order is 1, 2, ... or 9, not {order!r}")
    problem = _Problem("check_gradients", f, args)
    problem.check_repeatable()
    if gradient is not None:
        problem.compare(1, problem.values, problem.given_gradient(gradient), rtol, atol)
        return
    lower: Flat = problem.values
    higher: Flat = problem.gradient
    for level in range(1, order + 1):
        computed = [float(x) for x in higher(problem.numbers)]
        problem.compare(level, lower, computed, rtol, atol)
        lower, higher = higher, _flat_jacobian(higher)
    problem.check_repeatable()


def _number(probe: Probe, x: float) -> float:
    """The derivative of a function with one result; infinite where differences grow."""
    (estimate,) = derivatives(probe, x, 1)
    if estimate.error > 1e-3 * abs(estimate.value) and (sign := diverges(probe, x, 0)):
        return sign * math.inf
    return estimate.value


class _Problem:
    """A function of containers as one of a flat list of floats."""

    def __init__(self, name: str, f: Function, args: Sequence[Any]) -> None:
        check_function(name, f)
        self._name, self._f = name, f
        self._structures: list[Structure] = []
        self.numbers: list[float] = []
        self._seen: list[float] = []  # f's values at these numbers
        self.names: list[str] = []
        for position, (arg, called) in enumerate(zip(args, _argument_names(f, args), strict=True)):
            numbers, structure = flatten(arg, f"{name}: argument {position}")
            self._structures.append(structure)
            self.numbers += [getattr(number, "data", number) for number in numbers]
            self.names += [called + path for path in structure.paths()]

    def rebuild(self, numbers: Sequence[Any]) -> list[Any]:
        """Flat numbers in the containers of the arguments."""
        rest = iter(numbers)
        counts = [sum(leaf.size for leaf in each.leaves()) for each in self._structures]
        parts = [list(islice(rest, count)) for count in counts]
        return [each.unflatten(part) for each, part in zip(self._structures, parts, strict=True)]

    def call(self, numbers: Sequence[Any]) -> Any:
        output = self._f(*self.rebuild(numbers))
        outputs, structure = flatten(output, f"{self._name}: what the function returned")
        if not structure.is_number:
            got = structure.describe()
            raise OperandError(
                f"{self._name}: the function returned {got}; it must return one number"
            )
        return outputs[0]

    def values(self, numbers: Sequence[Any]) -> Sequence[float]:
        """f as a number, computed on Values (so that their methods work) without a graph."""
        with no_grad():
            output = self.call([Value(number) for number in numbers])
            return [getattr(output, "data", output)]

    def gradient(self, numbers: Sequence[Any]) -> Sequence[Any]:
        found: Sequence[Any] = grad(self.call)(list(numbers))
        return found

    def smallest(self, level: int) -> float:
        """What may always be off: 1e-9, and less where all numbers of the computation are small."""
        output = self.call([Value(number) for number in self.numbers])
        order = topological_order(output) if isinstance(output, Value) else []
        sizes = [abs(node.data) for node in order if node.primitive is not None]
        unit = min([1.0, *[abs(x) for x in self.numbers if x]])
        return 1e-9 * min(1.0, max(sizes, default=1.0) / max(unit**level, 1e-300))

    def check_repeatable(self, times: int = 3) -> None:
        """The same numbers give the same value, else differences mean nothing."""
        values = [self.values(self.numbers)[0] for _ in range(times)]
        self._seen += values
        if len({repr(value) for value in self._seen}) > 1:
            raise GradientCheckError(
                f"the same call gives other numbers: {self._seen}. Differences of such a function "
                "mean nothing: does it use random numbers (dropout), the time, or what an earlier "
                "call has left? Fix the seed inside of it"
            )

    def given_gradient(self, gradient: Function) -> list[float]:
        """The gradient by a function of the user's; it must not depend on earlier calls."""
        results = []
        alone = len(self._structures) == 1
        for _ in range(2):
            given = gradient(*self.rebuild(self.numbers))
            found: list[float] = []
            for part, structure in zip([given] if alone else given, self._structures, strict=True):
                numbers, got = flatten(part, f"{self._name}: the gradient")
                if not structure.agrees_with(got):
                    what = f"{got.describe()} for {structure.describe()}"
                    raise ShapeError(f"{self._name}: the gradient is {what}")
                found += [getattr(number, "data", number) for number in numbers]
            results.append(found)
        first, second = results
        if any(a != b and a == a for a, b in zip(first, second, strict=True)):
            raise GradientCheckError(
                "the same call gives another gradient the second time:\n"
                f"  first  {first}\n  second {second}\n"
                "Something is left over from the first call: are gradients set to zero before "
                "each backward pass?"
            )
        return first

    def probe(self, function: Flat, index: int) -> Probe:
        """The function of one of the numbers, None where it has no value."""

        def at(x: float) -> Sequence[float] | None:
            moved = list(self.numbers)
            moved[index] = x
            try:
                return [float(number) for number in function(moved)]
            except (ValueError, ArithmeticError):
                return None

        return at

    def complex_step(self, index: int) -> float:
        """The derivative by one of the numbers through a tiny imaginary part."""
        moved: list[Any] = list(self.numbers)
        moved[index] = complex(moved[index], 1e-200)
        return complex(self._f(*self.rebuild(moved))).imag * 1e200

    def compare(
        self, level: int, lower: Flat, computed: Sequence[float], rtol: float, atol: float | None
    ) -> None:
        """Raise a report unless the computed derivatives of `lower` agree with differences."""
        width, faults = len(self.numbers), []
        count = len(computed) // width if width else 0
        atol = self.smallest(level) if atol is None else atol
        for index, x in enumerate(self.numbers):
            probe = self.probe(lower, index)
            for row, numerical in enumerate(derivatives(probe, x, count)):
                derivative = computed[row * width + index]
                tolerance = atol + rtol * abs(numerical.value) + 10.0 * numerical.error
                agrees = abs(derivative - numerical.value) <= tolerance
                if agrees and not numerical.is_vague(derivative, atol):
                    continue
                seen = level, probe, x, count, row, derivative, numerical
                hint = second_thoughts(*seen, rtol, atol)
                if hint is not None:
                    name = self._derivative_name(level, row, index)
                    faults.append(Fault(name, derivative, numerical, tolerance, hint))
        if not faults:
            return
        blamed = blame(self.call, self.numbers)
        self.check_repeatable(10)
        if blamed or not beyond_judgement(self.call, self.numbers):
            raise GradientCheckError(report(level, len(computed), faults) + blamed)

    def _derivative_name(self, level: int, row: int, index: int) -> str:
        width, names = len(self.names), [self.names[index]]
        for _ in range(level - 1):
            row, which = divmod(row, width)
            names.insert(0, self.names[which])
        return ", ".join(names)


def _flat_jacobian(function: Flat) -> Flat:
    def flat(numbers: Sequence[Any]) -> Sequence[Any]:
        rows = jacobian(lambda xs: list(function(xs)))(list(numbers))
        return [number for row in rows for number in row]

    return flat


def _argument_names(f: Function, args: Sequence[Any]) -> list[str]:
    """What the arguments are called: the parameters of f, where it has names for them."""
    names = [f"argument {position}" for position in range(len(args))]
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return names
    for position, parameter in enumerate(parameters[: len(args)]):
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            break
        names[position] = parameter.name
    return names
