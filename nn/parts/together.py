"""All parameters of an optimizer in one step: its formula on arrays instead of floats.

An optimizer writes its formula once, in `update`, with `self.math` for what is no operator. On
floats that is `Floats`; here the same lines run on NumPy arrays, with `Arrays`. Every operation
is rounded as IEEE 754 says in both, so the bits are the same.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable
from contextvars import Context
from operator import call, is_
from typing import Any, Protocol
from weakref import WeakValueDictionary

from autodiff import ParameterVector, Value, require


class Stepping(Protocol):
    """What an optimizer is here: the names of the arrays that it keeps, and its `update`."""

    buffers: tuple[str, ...]

    def update(self, index: Any, data: Any, grad: Any) -> Any: ...


class Floats:
    """What a formula may use besides operators, on single numbers."""

    sqrt: Any = staticmethod(math.sqrt)
    larger: Any = staticmethod(max)

    @staticmethod
    def power(base: float, exponent: int) -> float:
        """The base to a count of steps."""
        return float(base**exponent)

    @staticmethod
    def where(condition: Any, x: Any, y: Any) -> Any:
        """x if the condition holds, else y."""
        return x if condition else y


class Arrays:
    """The same on arrays, with the same bits: NumPy's own power and maximum have others."""

    def __init__(self, np: Any) -> None:
        self._np = np
        self.sqrt: Any = np.sqrt
        self.where: Any = np.where
        self._counts: Any = None  # those that `power` has looked at last
        self._count: int | None = None  # and the number, if they are all the same

    def larger(self, x: Any, y: Any) -> Any:
        """The larger one, x where they are equal or one is nan, as Python's max decides."""
        return self._np.where(y > x, y, x)

    def power(self, base: float, exponents: Any) -> Any:
        """The base to each count of steps, each different one computed by Python."""
        if exponents is not self._counts:
            first, last = exponents.min(), exponents.max()
            self._counts, self._count = exponents, int(first) if first == last else None
        if self._count is not None:
            return float(base**self._count)
        different, places = self._np.unique(exponents, return_inverse=True)
        return self._np.array([base ** int(count) for count in different])[places]


class _Running:
    """One running quantity during a step: what is assigned to it waits for the end of the step."""

    def __init__(self, now: Any) -> None:
        self.now = now
        self.next: Any = None

    def __getitem__(self, index: Any) -> Any:
        return self.now[index] if self.next is None else self.next

    def __setitem__(self, index: Any, numbers: Any) -> None:
        self.next = numbers


class Plan:
    """What stays the same from step to step: views of the arrays, and an optimizer that has them.

    Good as long as the optimizer has the same arrays; whoever assigns a list gets an array of it.
    """

    def __init__(self, optimizer: Stepping, vector: ParameterVector) -> None:
        self.np: Any = require("numpy", "jit")
        self.vector = vector
        self.arrays: dict[str, array[Any]] = {
            name: _array(optimizer, name, "d") for name in optimizer.buffers
        }
        running = {name: _Running(self._view(numbers)) for name, numbers in self.arrays.items()}
        self.running: tuple[_Running, ...] = tuple(running.values())
        self.arrays["steps"] = _array(optimizer, "steps", "q")
        self.steps: Any = self._view(self.arrays["steps"])
        self.formula: Any = object.__new__(type(optimizer))
        self.own: dict[str, Any] = {**running, "math": Arrays(self.np), "_plan": None}
        self._strictly: Callable[..., Any] = _raising(self.np)

    def _view(self, numbers: array[Any]) -> Any:
        return self.np.frombuffer(numbers, dtype=numbers.typecode)

    def fits(self, optimizer: Stepping) -> bool:
        """Whether the arrays are still those of the optimizer."""
        return all(map(is_, map(vars(optimizer).get, self.arrays), self.arrays.values()))

    def step(self, optimizer: Stepping, frozen: set[int]) -> bool:
        """Make one step with all parameters at once, or change nothing and return False.

        False where an operation overflows, divides by zero or has no value: parameter by parameter
        it is then clear what happens or what is raised, and in which order.
        """
        vector, formula, running = self.vector, self.formula, self.running
        index: Any = _ALL
        before, grad = vector.data, vector.grad
        p = before
        if frozen:
            moving = [at for at, x in enumerate(vector.parameters) if id(x) not in frozen]
            if not moving:
                return True
            index = self.np.array(moving)
            p, grad = before[index], grad[index]
        for each in running:
            each.next = None
        counts = self.steps + 1
        own = vars(formula)
        own.update(vars(optimizer))
        own.update(self.own)
        own["steps"] = counts
        try:
            after = self._strictly(formula.update, index, p, grad)
        except FloatingPointError:
            return False
        if frozen:
            before[index] = after
            after, counts = before, counts[index]
        changed = [(r.now, index, r.next) for r in running if r.next is not None]
        vector.store(after, [(self.steps, index, counts), *changed])
        return True


def _raising(np: Any) -> Callable[..., Any]:
    """What calls a function with NumPy raising for operations that overflow or have no value."""
    settings = {"all": "raise", "under": "ignore"}
    if np.lib.NumpyVersion(np.__version__) < "2.0.0":  # which keeps them for the whole thread
        called: Callable[..., Any] = np.errstate(**settings)(call)
        return called
    context = Context()  # entering one that is set takes a tenth of the time
    context.run(np.seterr, **settings)
    return lambda *called: context.copy().run(*called)


_ALL = slice(None)


def _array(optimizer: Stepping, name: str, typecode: str) -> array[Any]:
    numbers = getattr(optimizer, name)
    if not isinstance(numbers, array) or numbers.typecode != typecode:
        numbers = array(typecode, numbers)
        setattr(optimizer, name, numbers)
    return numbers


#: the vectors of optimizers: by the ids of their parameters, and by that of their tuple
_VECTORS: WeakValueDictionary[tuple[int, ...] | int, ParameterVector] = WeakValueDictionary()


def known_vector(parameters: tuple[Value, ...]) -> ParameterVector | None:
    """The ParameterVector that somebody has of exactly these."""
    vector = _VECTORS.get(id(parameters))
    if vector is None or vector.parameters is not parameters:
        vector = _VECTORS.get(tuple(map(id, parameters)))
    return vector


def vector_of(parameters: Iterable[Value]) -> ParameterVector:
    """The ParameterVector of these; the same as long as an optimizer or somebody else has it."""
    found = tuple(parameters)
    vector = known_vector(found)
    if vector is None:
        vector = ParameterVector(found)
        _VECTORS[tuple(map(id, found))] = _VECTORS[id(vector.parameters)] = vector
    return vector


def all_finite(numbers: Any) -> bool:
    """Whether none of the numbers of a list or an array is nan or infinite."""
    if isinstance(numbers, list):
        # The sum says so at once unless it overflows.
        return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))
    return bool(require("numpy", "jit").isfinite(numbers).all())
