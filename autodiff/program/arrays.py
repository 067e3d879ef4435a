"""A Program on arrays: leaves in one array, the gradient in another, no Value anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.extras import require

from .numpy_types import Array
from .program import Program


class ArrayFunction:
    """The first output of a Program and its gradient, as a function of an array of leaves.

    Keeps its own memory between calls, so one object serves one thread; the gradient returned is
    a view that the next call overwrites. Passive leaves (plain numbers) have gradient 0. Repeated
    structure is computed side by side unless `exact` is set, as in `jit`.

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> value, gradient = ArrayFunction(Program.of(x * x))([4.0])
    >>> value, gradient.tolist()
    (16.0, [8.0])
    """

    def __init__(self, program: Program, *, exact: bool = False) -> None:
        np = require("numpy", "jit")
        self.program = program
        passive = sorted(program.passive)
        #: passive leaves: a slice where they are neighbours, as they mostly are
        self._passive = np.array(passive, dtype=np.int64)
        if passive and passive[-1] - passive[0] == len(passive) - 1:
            self._passive = slice(passive[0], passive[-1] + 1)
        self._code = program.executable(exact=exact).arrays()

    @property
    def size(self) -> int:
        """Bytes of code and numbers that the machine uses for this Program."""
        return self._code.size

    def value(self, leaves: Sequence[float] | Array) -> float:
        """The first output alone."""
        return self._code.forward(leaves)

    def __call__(self, leaves: Sequence[float] | Array) -> tuple[float, Array]:
        """The first output and the gradient by every leaf."""
        value, gradient = self._code.gradient(leaves)
        gradient[self._passive] = 0.0
        return value, gradient
