"""The nodes that a jitted function returns: one call is one node of the surrounding graph.

A call with one result is a node whose operands are the call's arguments and captured parameters.
A call with several results is one such node, whose number is a bundle, and one node per result
that picks its part. Either way a backward pass, from a result or from anything that was computed
from the results, goes through the compiled reverse sweep once per call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign
from typing import Any, Never, NoReturn, Protocol, cast

from autodiff.buffers import Places, commit
from autodiff.errors import AutodiffError
from autodiff.formula import Formula
from autodiff.graph import UNTOUCHED, lock
from autodiff.modes import current, finish, modes
from autodiff.primitive import Primitive
from autodiff.program.inputs import Inputs, Leaf, spread
from autodiff.program.instructions import Instructions
from autodiff.program.machine.interface import Executable, Frame
from autodiff.value import Value

_new = object.__new__
#: of a call: arguments, then captured parameters
Operands = tuple[Value | float, ...]


class Bundle(float):
    """The numbers of several results, or their adjoints, where the engine holds one float."""

    __slots__ = ("parts",)
    parts: list[float | None]

    def __new__(cls, parts: Sequence[float | None]) -> Bundle:
        """A float (the first part) that carries all parts."""
        made = super().__new__(cls, parts[0] or 0.0)
        made.parts = list(parts)
        return made


class Result(Value):
    """A node computed by a jitted function; it remembers the run that it comes from."""

    __slots__ = ("_frame",)
    _frame: Frame

    @property
    def operands(self) -> Operands:
        """The arguments of the call and the captured parameters; of a part, the call."""
        call = self.primitive
        if isinstance(call, CallPrimitive) and call.numeric:
            return (*self._frame.leaves(call.inputs.count), *self._x)
        return super().operands

    def backward(self, seed: float = 1.0, **options: Never) -> None:
        """Add seed * d(self)/d(node) to the `grad` of every node that self depends on.

        A call on leaves alone, the loss of a training step, needs no walk over the graph.
        """
        call = self.primitive
        if options or modes or not isinstance(call, CallPrimitive):
            return super().backward(seed, **options)
        seed = seed if seed.__class__ is float else self._real(seed)
        if not call.sweep_leaves(self, self._frame, self._x, 0, seed):
            return super().backward(seed)
        return None

    def _refuse(self, memo: object = None) -> NoReturn:
        raise AutodiffError(
            f"{self!r} was computed by a jitted function and cannot be copied or pickled with its "
            "graph; take its number (.data or .detach()), or call the undecorated function"
        )

    __reduce__ = __copy__ = __deepcopy__ = _refuse


class CallNode(Protocol):
    """A node of a call or of a part of it, as its pullback sees it."""

    _x: tuple[Any, ...]  # Values and floats; of a part, the node of the call


class CompiledPrimitive(Primitive):
    """What compiled primitives have in common: no rule that could be read."""

    def __init__(self, name: str, forward: Callable[..., float], doc: str) -> None:
        super().__init__(name, forward, [], variables=["x"], columns=1, doc=doc)
        self._total = self
        self.pullback: Callable[[Any, float], None] = self._pullback

    def _pullback(self, node: CallNode, adjoint: float) -> None:
        raise NotImplementedError

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """There are none: the derivative is a compiled sweep."""
        raise AutodiffError(
            f"{self.name}: the derivative of a compiled call cannot be written as a formula; call "
            "the undecorated function (its attribute __wrapped__) to see or differentiate its graph"
        )

    def __reduce__(self) -> tuple[object, ...]:
        raise AutodiffError(f"{self.name} is compiled and cannot be pickled")


class CallPrimitive(CompiledPrimitive):
    """One call of a compiled Program with `results` results, as a primitive.

    A call is `numeric` where no argument is a Value. Its node then holds the captured parameters
    alone, in one tuple for all calls: the arguments are in the memory of its run.
    """

    def __init__(
        self, name: str, machine: Executable, results: int, inputs: Inputs, numeric: bool
    ) -> None:
        super().__init__(name, self._forward, f"The compiled function {name}.")
        self.machine = machine
        self.program: Instructions = machine.program
        self.results = results
        self.inputs = inputs
        self.numeric = numeric
        captured = inputs.captured.values
        self._captured = frozenset(map(id, captured))
        self._on_leaves = all(value.primitive is None for value in captured)
        self._alone = numeric and self._on_leaves
        parts = range(results if results > 1 else 0)
        self.parts: list[_PartPrimitive] = [_PartPrimitive(name, index) for index in parts]

    def _forward(self, *numbers: float) -> float:
        outputs = self.machine.forward(numbers).outputs
        return outputs[0] if self.results == 1 else Bundle(outputs[: self.results])

    def _pullback(self, node: CallNode, adjoint: float) -> None:
        """Run the compiled reverse sweep, and pass what it found to the operands."""
        operands = node._x
        frame = getattr(node, "_frame", None)
        if frame is None:  # a node that evaluate() has made: recompute its run
            frame = self.machine.forward([x._data if isinstance(x, Value) else x for x in operands])
        if adjoint.__class__ is Bundle:
            parts = adjoint.parts
            seeds = {at: part for at, part in enumerate(parts) if part is not None}
        else:
            seeds = {0: adjoint}
        found = self.machine.reverse(frame, seeds)
        for operand, part in zip(operands, found[len(found) - len(operands) :], strict=True):
            if operand.__class__ is not float and (part != 0.0 or copysign(1.0, part) > 0.0):
                operand._adjoint += part

    def sweep_leaves(
        self, result: Value, frame: Frame, operands: Operands, position: int, seed: float
    ) -> bool:
        """Sweep from one result and add to all grads, where the operands are different leaves."""
        found = () if self._alone else self._different_leaves(operands)
        if found is None:
            return False
        parts = self.machine.sweep(frame, position, seed)
        with lock:
            writes = self.inputs.captured.additions(parts[self.inputs.count :])
            if found:
                values, positions = zip(*found, strict=True)
                writes += Places(values).additions([float(parts[at]) for at in positions])
            writes.append((setattr, result, "_grad", result._grad + seed))
            commit(writes)
        return True

    def _different_leaves(self, operands: Operands) -> list[tuple[Value, int]] | None:
        """The Values among the arguments, and where; None if operands are the same or no leaves."""
        if not self._on_leaves:
            return None
        arguments = enumerate(operands[: self.inputs.count])
        found = [(x, at) for at, x in arguments if isinstance(x, Value)]
        ids = {id(x) for x, _ in found}
        alone = len(ids) == len(found) and not ids & self._captured
        if not alone or any(x.primitive is not None for x, _ in found):
            return None
        return found

    def nodes(self, frame: Frame, numbers: Sequence[Leaf]) -> list[Value]:
        """The result nodes of a run with these arguments."""
        operands: Operands = self.inputs.captured.values
        if not self.numeric:
            arguments = [x if isinstance(x, Value) else float(x) for x in spread(numbers)]
            operands = (*arguments, *operands)
        if modes and not current().recording:  # without operands they need not keep the run
            return [Value(number) for number in frame.outputs[: self.results]]
        made = self._recorded(frame, operands)
        return [finish(node) for node in made] if modes else made

    def _recorded(self, frame: Frame, operands: Operands) -> list[Value]:
        """The result nodes, with the graph behind them."""
        outputs = frame.outputs
        if self.results == 1:
            return [result_node(self, outputs[0], operands, frame)]
        call = result_node(self, Bundle(outputs[: self.results]), operands, frame)
        return [result_node(part, outputs[part.index], (call,), frame) for part in self.parts]


class _PartPrimitive(CompiledPrimitive):
    """One result of a call that has several."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__(f"{name}[{index}]", self._forward, f"Result {index} of {name}.")
        self.index = index

    def _forward(self, bundle: float) -> float:
        return cast("Bundle", bundle).parts[self.index] or 0.0

    def _pullback(self, node: CallNode, adjoint: float) -> None:
        """Leave the adjoint with the call, whose pullback comes after those of all its results."""
        (call,) = node._x
        if call._adjoint.__class__ is not Bundle:
            assert call._adjoint is UNTOUCHED
            call._adjoint = Bundle([None] * call.primitive.results)
        call._adjoint.parts[self.index] = adjoint


def result_node(primitive: Primitive, number: float, operands: Operands, frame: Frame) -> Result:
    """The node of a call, or of a part of it, that remembers its run."""
    node = _new(Result)
    node._data = number
    node._grad = 0.0
    node._adjoint = node.label = node._y = None
    node.primitive = primitive
    node._x = operands
    node._frame = frame
    return node
