"""Results of `jit(f, exact=True)`: gradients with the bits of the eager engine, however used.

A result that is swept alone takes the compiled sweep, whose order is that of its graph. Where it is
combined with others, or a Value is used inside and outside of f, the eager order goes in and out of
f: then the graph of the call is made, once, as the eager engine would have made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

from autodiff import rules
from autodiff.modes import modes
from autodiff.program.ends import TRUTH, detach
from autodiff.program.instructions import Instructions
from autodiff.program.machine.interface import Frame
from autodiff.value import Value

from .calls import CallPrimitive

_new = object.__new__


class _Run:
    """One call: its frame, its operands, and its graph when somebody has asked for that."""

    def __init__(
        self, call: CallPrimitive, frame: Frame, operands: tuple[Value | float, ...]
    ) -> None:
        self.call = call
        self.frame = frame
        self.operands = operands
        self._roots: list[Value] | None = None

    def root(self, index: int) -> Value:
        """The node that a result is in the graph of the call."""
        if self._roots is None:
            program = self.call.program
            numbers = self.frame.leaves(program.leaves)
            plain = program.leaves - len(self.operands)
            leaves = [*numbers[:plain], *self.operands]
            roots = graph_of(program, leaves, numbers)
            self._roots = [x if isinstance(x, Value) else Value(x) for x in roots]
        return self._roots[index]


class ExactResult(Value):
    """A result whose operand, the root of its graph, is made when a walk comes to it."""

    __slots__ = ("_index", "_run")
    _run: _Run
    _index: int

    @property
    def _x(self) -> Value:  # a slot in other nodes
        return self._run.root(self._index)

    def backward(self, seed: float = 1.0, **options: Never) -> None:
        """Add seed * d(self)/d(node) to the `grad` of every node that self depends on."""
        run = self._run
        # `take` with a plain index is an entry eagerly: its graph visits no other entries.
        if options or modes or rules.take in run.call.program.primitives:
            return super().backward(seed, **options)
        number = self._real(seed)
        if not run.call.sweep_leaves(self, run.frame, run.operands, self._index, number):
            return super().backward(seed)
        return None

    def __reduce__(self) -> tuple[object, ...]:
        return self._x.__reduce__()

    def __copy__(self) -> Value:
        made: Value = self._x.__copy__()
        return made

    def __deepcopy__(self, memo: dict[int, object]) -> Value:
        made: Value = self._x.__deepcopy__(memo)
        return made


class ExactCall(CallPrimitive):
    """A call whose results have the graph that the eager engine would have made."""

    def _recorded(self, frame: Frame, operands: tuple[Value | float, ...]) -> list[Value]:
        run = _Run(self, frame, operands)
        made: list[Value] = []
        for index in range(self.results):
            node = _new(ExactResult)
            node._data = frame.outputs[index]
            node._grad = 0.0
            node._adjoint = node.label = node._y = None
            node.primitive = rules.identity
            node._run, node._index = run, index
            made.append(node)
        return made


def graph_of(
    program: Instructions, leaves: Sequence[Value | float], numbers: Sequence[float]
) -> list[Value | float]:
    """The outputs of a Program as the eager engine would have made them at some numbers.

    `leaves` are Values, and floats for plain numbers. What is plain in f is a float here too:
    comparisons are bools there, and `take` with a plain index is the entry itself.
    """
    nodes: list[Value | float] = [*leaves, *program.constants]
    data: list[float] = [*numbers, *program.constants]
    for primitive, slots in zip(program.primitives, program.operands, strict=True):
        number = primitive.total.forward(*[data[slot] for slot in slots])
        operands = [nodes[slot] for slot in slots]
        data.append(number)
        if primitive is detach:  # a leaf to everybody
            nodes.append(Value(number))
        elif primitive in TRUTH or all(x.__class__ is float for x in operands):
            nodes.append(number)
        elif primitive is rules.take and operands[-1].__class__ is float:
            nodes.append(operands[int(operands[-1])])
        else:
            node = _new(Value)
            node._data, node._grad, node.primitive = number, 0.0, primitive
            node._adjoint = node.label = None
            node._x, node._y = primitive.pack(operands)
            nodes.append(node)
    return [nodes[slot] for slot in program.outputs]
