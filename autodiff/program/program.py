"""`Program`: instructions that can be run, differentiated and read. What users get to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: F401 - hints of __init__ are read here
from dataclasses import dataclass

from autodiff.errors import OperandError, ShapeError
from autodiff.primitive import Primitive  # noqa: F401 - the same
from autodiff.value import Value

from .flattening import flatten_graph
from .higher import hvp_instructions
from .instructions import Instructions
from .machine import chosen
from .machine.interface import Executable


@dataclass(frozen=True, eq=False, repr=False)
class Program(Instructions):
    """Instructions that have been checked, and the machine that runs them.

    >>> x = Value(3.0, "x")
    >>> program = Program.of(x * x + 1.0)
    >>> print(program)
    x      leaf
    c0     1.0
    t0     x * x
    t1     t0 + c0
    return t1
    >>> program.evaluate(4.0), program.gradient(4.0)
    ([17.0], [8.0])
    """

    def __post_init__(self) -> None:
        self.validate()

    @classmethod
    def from_instructions(cls, instructions: Instructions) -> Program:
        """The same instructions, ready to run; what flattening makes needs no check."""
        made = object.__new__(cls)
        vars(made).update(vars(instructions))
        return made

    @classmethod
    def of(cls, *outputs: Value, inputs: Sequence[Value] | None = None) -> Program:
        """The Program of an existing graph, as a function of its inputs.

        `inputs` are its leaves unless given, in topological order; they may be any nodes, and
        then the graph is cut there. Leaves that are no inputs become constants.
        """
        for output in outputs:
            if not isinstance(output, Value):
                raise OperandError(f"Program.of takes Values, not {type(output).__name__}")
        return cls.from_instructions(flatten_graph(outputs, inputs))

    # ---- running -----------------------------------------------------------------------------

    def executable(self, *, exact: bool = True) -> Executable:
        """The Program on the best machine there is; made once.

        Exact runs give the bits of the eager engine; otherwise repeated structure is computed in
        lanes, which adds up adjoints in another order.
        """
        known: dict[bool, Executable] = self.__dict__.setdefault("_executables", {})
        if exact not in known:
            known[exact] = chosen().executable(self, exact=exact)
        return known[exact]

    def evaluate(self, *numbers: float) -> list[float]:
        """The outputs for given leaves, in the order of `leaves`.

        Outside a domain the result is what IEEE 754 gives (nan, an infinity), not an error.
        """
        return list(self.executable().forward(self._checked(numbers)).outputs)

    def gradient(self, *numbers: float, seeds: Sequence[float] | None = None) -> list[float]:
        """The derivative by each leaf of sum(seed * output); the seeds are 1 unless given."""
        if seeds is not None and len(seeds) != len(self.outputs):
            raise ShapeError(f"{len(seeds)} seeds for {len(self.outputs)} outputs")
        machine = self.executable()
        frame = machine.forward(self._checked(numbers))
        weights = [1.0] * len(self.outputs) if seeds is None else [float(s) for s in seeds]
        found = machine.reverse(frame, dict(enumerate(weights)))
        return [0.0 if at in self.passive else part + 0.0 for at, part in enumerate(found)]

    def hvp(self, numbers: Sequence[float], tangents: Sequence[float]) -> list[float]:
        """The product of the Hessian of the first output with `tangents`, a number per leaf.

        The Program of the product is made once, by differentiating the graph that this Program
        stands for; then it runs like any other.

        >>> x = Value(3.0)
        >>> Program.of(x * x * x).hvp([2.0], [1.0])
        [12.0]
        """
        if len(tangents) != self.leaves:
            raise ShapeError(f"{len(tangents)} tangents for {self.leaves} leaves")
        product: Program | None = self.__dict__.get("_hvp")
        if product is None:
            product = self.__dict__["_hvp"] = Program.from_instructions(hvp_instructions(self))
        return product.evaluate(*self._checked(numbers), *map(float, tangents))

    def _checked(self, numbers: Sequence[float]) -> list[float]:
        if len(numbers) != self.leaves:
            raise ShapeError(f"{len(numbers)} numbers for {self.leaves} leaves")
        return [float(number) for number in numbers]
