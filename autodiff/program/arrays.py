"""A Program on arrays: leaves in one array, the gradient in another, no Value anywhere."""

from __future__ import annotations

from typing import Any

from autodiff.extras import require

from .machine import chosen
from .program import Program


class ArrayFunction:
    """The first output of a Program and its gradient, as a function of an array of leaves.

    Keeps its own memory between calls, so one object serves one thread; the gradient returned is
    a view that the next call overwrites. Passive leaves (plain numbers) have gradient 0. Repeated
    structure is computed in lanes unless `exact` is set, as in `jit`.

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> value, gradient = ArrayFunction(Program.of(x * x))([4.0])
    >>> value, gradient.tolist()
    (16.0, [8.0])
    """

    def __init__(self, program: Program, *, exact: bool = False) -> None:
        self._np = np = require("numpy", "jit")
        self.program = program
        self._passive = np.array(sorted(program.passive), dtype=np.int64)
        self._compiled = chosen() == "llvm"
        self._code: Any = program.executable(exact=exact).arrays(np) if self._compiled else None  # type: ignore[attr-defined]  # the machine of llvmlite has it

    @property
    def size(self) -> int:
        """Bytes of code and numbers that the machine uses for this Program."""
        return self._code.size if self._compiled else 0

    def value(self, leaves: Any) -> float:
        """The first output alone."""
        if not self._compiled:
            return self.program.evaluate(*leaves)[0]
        return self._code.forward(leaves)  # type: ignore[no-any-return]  # a float

    def __call__(self, leaves: Any) -> tuple[float, Any]:
        """The first output and the gradient by every leaf."""
        if not self._compiled:
            gradient = self._np.array(self.program.gradient(*leaves))
            return self.program.evaluate(*leaves)[0], gradient
        value, gradient = self._code.gradient(leaves)
        if len(self._passive):
            gradient[self._passive] = 0.0
        return value, gradient
