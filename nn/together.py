"""All parameters of an optimizer in one step: its formula on arrays instead of floats.

An optimizer writes its formula once, in `update`, with `self.math` for what is no operator. On
floats that is `Floats`; here the same lines run on NumPy arrays, with `Arrays`. Every operation
is rounded as IEEE 754 says in both, so the bits are the same.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from autodiff import ParameterVector, require

if TYPE_CHECKING:
    from nn.optimizer import Optimizer


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


def step_together(optimizer: Optimizer, vector: ParameterVector, frozen: set[int]) -> bool:
    """Make one step with all parameters at once, or change nothing and return False.

    False where an operation overflows, divides by zero or has no value: parameter by parameter
    it is then clear what happens or what is raised, and in which order.
    """
    np = require("numpy", "jit")
    index: Any = slice(None)
    if frozen:
        moving = [at for at, x in enumerate(vector.parameters) if id(x) not in frozen]
        if not moving:
            return True
        index = np.array(moving)
    steps = _view(np, optimizer, "steps", "q")
    counts = steps + 1
    running = {name: _Running(_view(np, optimizer, name, "d")) for name in optimizer.buffers}
    formula = object.__new__(type(optimizer))
    vars(formula).update({**vars(optimizer), **running, "steps": counts, "math": Arrays(np)})
    before = vector.data
    try:
        with np.errstate(all="raise", under="ignore"):
            moved = formula.update(index, before[index], vector.grad[index])
    except FloatingPointError:
        return False
    after = moved
    if frozen:
        after = before.copy()
        after[index] = moved
    changed = [(each.now, index, each.next) for each in running.values() if each.next is not None]
    vector.store(after, [(steps, index, counts[index]), *changed])
    return True


def _view(np: Any, optimizer: Optimizer, name: str, typecode: str) -> Any:
    """NumPy's view of a running quantity; whoever has assigned a list gets an array of it."""
    numbers = getattr(optimizer, name)
    if not isinstance(numbers, array) or numbers.typecode != typecode:
        numbers = array(typecode, numbers)
        setattr(optimizer, name, numbers)
    return np.frombuffer(numbers, dtype=typecode)
