"""The nodes that a jitted function returns: one call is one node of the surrounding graph.

A call with one result is a node whose operands are the call's arguments and captured parameters.
A call with several results is one such node, whose number is a bundle, and one node per result
that picks its part. Either way a backward pass, from a result or from anything that was computed
from the results, goes through the compiled reverse sweep once per call.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Sequence
from math import copysign
from typing import Any, NoReturn, cast

from autodiff.context import current, finish, modes
from autodiff.errors import AutodiffError
from autodiff.formula import Formula
from autodiff.graph import UNTOUCHED
from autodiff.primitive import Primitive
from autodiff.value import Value

from .machine import Executable, Frame

_new = object.__new__
_grad_of = operator.attrgetter("_grad")
_set_grad = vars(Value)["_grad"].__set__


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

    def backward(self, seed: float = 1.0) -> None:
        """Add seed * d(self)/d(node) to the `grad` of every node that self depends on.

        A call on leaves alone, the loss of a training step, needs no walk over the graph.
        """
        if modes or not isinstance(self.primitive, CallPrimitive):
            return super().backward(seed)
        operands: tuple[Any, ...] = self._x
        leaves = self.primitive.leaves or _different_leaves(operands)
        if leaves is None or self.primitive.results > 1:
            return super().backward(seed)
        seed = self._real(seed)
        parts = self.primitive.machine.reverse(self._frame, {0: seed})
        if self.primitive.leaves is not None:
            parts = parts[len(parts) - len(leaves) :]
        elif len(leaves) < len(operands):
            pairs = zip(operands, parts, strict=True)
            parts = [part for operand, part in pairs if operand.__class__ is not float]
        grads = list(map(operator.add, map(_grad_of, leaves), parts))
        grads.append(self._grad + seed)
        # In C: an interrupt comes before all of them, or after.
        deque(map(_set_grad, (*leaves, self), grads), maxlen=0)
        return None

    def _refuse(self, memo: Any = None) -> NoReturn:
        raise AutodiffError(
            f"{self!r} was computed by a jitted function and cannot be copied or pickled with its "
            "graph; take its number (.data or .detach()), or call the undecorated function"
        )

    __reduce__ = __copy__ = __deepcopy__ = _refuse


def _different_leaves(operands: tuple[Any, ...]) -> tuple[Value, ...] | None:
    """The Values among operands if none has operands itself and none occurs twice, else None."""
    values = [x for x in operands if x.__class__ is not float]
    if all(x.primitive is None for x in values) and len(set(map(id, values))) == len(values):
        return tuple(values)
    return None


class _CompiledPrimitive(Primitive):
    """What compiled primitives have in common: no rule that could be read."""

    def __init__(self, name: str, forward: Callable[..., float], doc: str) -> None:
        super().__init__(name, forward, [], variables=["x"], columns=1, doc=doc)
        self._total = self
        self.pullback = self._pullback

    def _pullback(self, node: Any, adjoint: float) -> None:
        raise NotImplementedError

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """There are none: the derivative is a compiled sweep."""
        raise AutodiffError(
            f"{self.name}: the derivative of a compiled call cannot be written as a formula; call "
            "the undecorated function (its attribute __wrapped__) to see or differentiate its graph"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise AutodiffError(f"{self.name} is compiled and cannot be pickled")


class CallPrimitive(_CompiledPrimitive):
    """One call of a compiled Program with `results` results, as a primitive.

    `leaves` are the last operands where they are the only Values and have no operands themselves.
    """

    def __init__(
        self, name: str, machine: Executable, results: int, leaves: tuple[Value, ...] | None = None
    ) -> None:
        super().__init__(name, self._forward, f"The compiled function {name}.")
        self.machine = machine
        self.results = results
        self.leaves = leaves
        parts = range(results if results > 1 else 0)
        self.parts = [_PartPrimitive(name, index) for index in parts]

    def _forward(self, *numbers: float) -> float:
        outputs = self.machine.forward(numbers).outputs
        return outputs[0] if self.results == 1 else Bundle(outputs[: self.results])

    def _pullback(self, node: Any, adjoint: float) -> None:
        """Run the compiled reverse sweep, and pass what it found to the operands."""
        operands = node._x
        frame = getattr(node, "_frame", None)
        if frame is None:  # a node that evaluate() has made: recompute its run
            frame = self.machine.forward([getattr(x, "_data", x) for x in operands])
        if adjoint.__class__ is Bundle:
            parts = adjoint.parts
            seeds = {at: part for at, part in enumerate(parts) if part is not None}
        else:
            seeds = {0: adjoint}
        found = self.machine.reverse(frame, seeds)
        for operand, part in zip(operands, found, strict=True):
            if operand.__class__ is not float and (part != 0.0 or copysign(1.0, part) > 0.0):
                operand._adjoint += part

    def nodes(self, frame: Frame, operands: tuple[Any, ...]) -> list[Value]:
        """The result nodes of a run."""
        outputs = frame.outputs
        if modes and not current().recording:  # without operands they need not keep the run
            return [Value(number) for number in outputs[: self.results]]
        number = outputs[0] if self.results == 1 else Bundle(outputs[: self.results])
        call = _node(self, number, operands, frame)
        if self.results == 1:
            return [finish(call) if modes else call]
        made: list[Value] = [
            _node(part, outputs[part.index], (call,), frame) for part in self.parts
        ]
        return [finish(node) for node in made] if modes else made


class _PartPrimitive(_CompiledPrimitive):
    """One result of a call that has several."""

    def __init__(self, name: str, index: int) -> None:
        super().__init__(f"{name}[{index}]", self._forward, f"Result {index} of {name}.")
        self.index = index

    def _forward(self, bundle: float) -> float:
        return cast("Bundle", bundle).parts[self.index] or 0.0

    def _pullback(self, node: Any, adjoint: float) -> None:
        """Leave the adjoint with the call, whose pullback comes after those of all its results."""
        (call,) = node._x
        if call._adjoint.__class__ is not Bundle:
            assert call._adjoint is UNTOUCHED
            call._adjoint = Bundle([None] * call.primitive.results)
        call._adjoint.parts[self.index] = adjoint


def _node(primitive: Primitive, number: float, operands: tuple[Any, ...], frame: Frame) -> Result:
    node = _new(Result)
    node._data = number
    node._grad = 0.0
    node._adjoint = node.label = node._y = None
    node.primitive = primitive
    node._x = operands
    node._frame = frame
    return node
