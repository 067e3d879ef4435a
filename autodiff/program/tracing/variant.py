"""One trace of a function, ready to run: its Program, guards, captured leaves and result shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.buffers import move
from autodiff.context import entered
from autodiff.graph import topological_order
from autodiff.program.machine import Executable, Frame, chosen
from autodiff.program.program import Program
from autodiff.value import Value

from .calls import CallPrimitive
from .containers import fill, rebuild, spread, template
from .flattening import flatten
from .inputs import Inputs
from .trace import TESTS, Guard, Trace, TraceError, is_traced

#: From so many captured parameters on they are moved into a buffer.
BUFFERED = 16


class Retrace(Exception):
    """A run gave no usable trace: the function raised, or caught what an operation raised."""


class _Place:
    """Where in a result a number goes: the position of its node among the outputs."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Variant:
    """A recorded run of a function for one structure of arguments and one outcome of guards."""

    def __init__(
        self, name: str, trace: Trace, numbers: Sequence[Any], arguments: Sequence[Value],
        passive: set[int], result: Any, exact: bool = True,
    ) -> None:  # fmt: skip
        outputs: list[Value] = []
        places: dict[int, _Place] = {}

        def place(node: Value) -> Any:
            if not is_traced(node):
                return node
            if id(node) not in places:
                places[id(node)] = _Place(len(outputs))
                outputs.append(node)
            return places[id(node)]

        self._template = template(result, place)
        self.single: bool = isinstance(self._template, _Place)
        plain = len(passive) == len(arguments)
        self.results: int = len(outputs)
        self.labels: list[str | None] = [node.label for node in outputs]
        roots = list(outputs)
        self.guards: list[Guard] = []
        self.checks: list[tuple[int, Callable[[float], int], int]] = []
        self._watch(trace.guards, roots)
        order, captured = _captured(topological_order(*roots), arguments)
        if len(captured) >= BUFFERED and chosen() == "llvm":
            captured = move(captured)
        self.captured: tuple[Value, ...] = tuple(captured)
        self.program: Program = flatten(order, roots, arguments, captured, passive=passive)
        self.machine: Executable = self.program.executable(exact=exact)
        self._inputs = Inputs(numbers, captured)
        self._call = None
        if outputs:
            self._call = CallPrimitive(name, self.machine, self.results, self._inputs, plain)

    def _watch(self, guards: Sequence[Guard], roots: list[Value]) -> None:
        """Make what the guards ask about outputs of the Program; ask every question once."""
        positions: dict[int, int] = {}
        for guard in guards:
            if id(guard.node) not in positions:
                positions[id(guard.node)] = len(roots)
                roots.append(guard.node)
            check = (positions[id(guard.node)], TESTS[guard.test], guard.expected)
            if check not in self.checks:
                self.checks.append(check)
                self.guards.append(guard)

    def run(self, numbers: Sequence[Any]) -> Frame | None:
        """Run the Program; None where a guard comes out differently."""
        frame = self.machine.run(self._inputs, numbers)
        if self.checks:
            outputs = frame.outputs
            try:
                for position, test, expected in self.checks:
                    if test(outputs[position]) != expected:
                        return None
            except (ValueError, OverflowError):  # int(nan), int(inf)
                return None
        return frame

    def finish(self, frame: Frame, numbers: Sequence[Any]) -> Any:
        """The results of a run, as nodes in the shape that the function returned."""
        if self._call is None:
            return self._template
        nodes = self._call.nodes(frame, numbers)
        for node, label in zip(nodes, self.labels, strict=True):
            node.label = label
        return self.refill(nodes)

    def refill(self, results: Sequence[Any]) -> Any:
        """The shape that the function returned, with these results in it."""
        if self.single:
            return results[0]
        return fill(self._template, lambda part: results[part.index], _Place)


def trace(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any, numbers: Sequence[Any],
    exact: bool = True,
) -> Variant:  # fmt: skip
    """Run a function once on traced Values and keep what it did.

    Raises Retrace where the run cannot be kept and the eager function must decide, TraceError
    where the function does what a trace cannot hold.
    """
    recording = Trace()
    whole, numbers = numbers, spread(numbers)
    leaves: list[Value] = []
    arguments: list[Value] = []
    first: dict[int, Value] = {}
    for number in numbers:
        if isinstance(number, Value) and id(number) in first:
            leaves.append(first[id(number)])
            arguments.append(Value(0.0))  # a slot that nothing reads: the first one serves both
            continue
        leaf = recording.argument(number, getattr(number, "label", None))
        leaves.append(leaf)
        arguments.append(leaf)
        if isinstance(number, Value):
            first[id(number)] = leaf
    passive = {at for at, number in enumerate(numbers) if not isinstance(number, Value)}
    try:
        traced_args, traced_kwargs = rebuild((args, kwargs), iter(leaves))
        try:
            with entered(observer=recording.observe, recording=True, scope=()):
                result = function(*traced_args, **traced_kwargs)
        except TraceError:
            raise
        except Exception as error:
            raise Retrace from error
        if recording.raised:
            raise Retrace
        return Variant(name, recording, whole, arguments, passive, result, exact)
    finally:
        recording.close()


def trace_anywhere(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any, numbers: Sequence[Any]
) -> Variant:
    """Trace where the numbers do not matter, at the first of some that f is defined for.

    `numbers` are the arguments' places as Values or floats, as for `trace`.
    """
    failure: BaseException | None = None
    for number in (0.5, 1.0, 2.0, 0.0, -0.5):
        examples = [
            Value(number, x.label) if isinstance(x, Value) else number if x == 0.5 else x
            for x in numbers
        ]
        try:
            return trace(name, function, args, kwargs, examples)
        except Retrace as error:
            failure = failure or error.__cause__
    assert failure is not None
    raise failure


def _captured(order: list[Value], arguments: Sequence[Value]) -> tuple[list[Value], list[Value]]:
    """The nodes of the trace in their order, and the nodes from outside that they use.

    What was computed before the call is a leaf to the trace: gradients flow on through it when
    the result's graph is swept.
    """
    inside = [node for node in order if is_traced(node)]
    outside = [node for node in order if not is_traced(node)]
    if all(node.primitive is None for node in outside):
        return inside, outside
    used: dict[int, Value] = {}
    for node in order:
        for parent in node.parents:
            if is_traced(parent) and not is_traced(node):
                raise TraceError(
                    f"{node!r} was computed from a traced Value outside the trace (in another "
                    "thread?): compute it inside the jitted function"
                )
            if is_traced(node) and not is_traced(parent):
                used[id(parent)] = parent
    return inside, list(used.values())
