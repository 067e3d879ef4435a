"""One trace of a function, ready to run: its Program, guards, captured leaves and result shape."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.buffers import move
from autodiff.context import entered
from autodiff.graph import topological_order
from autodiff.program.machine import Executable, Frame, chosen
from autodiff.program.program import Program
from autodiff.value import Value
from autodiff.watched import Reads, remembered_reads

from .calls import CallPrimitive
from .containers import Copied, rebuild, spread
from .effects import refuse_changes, refuse_leaks
from .flattening import flatten
from .inputs import Inputs
from .results import Shape
from .trace import TESTS, Guard, Trace, TraceError, is_traced
from .watch import Watch

#: From so many captured parameters on they are moved into a buffer.
BUFFERED = 16


class Retrace(Exception):
    """A run gave no usable trace: the function raised, or caught what an operation raised."""


class Variant:
    """A recorded run of a function for one structure of arguments and one outcome of guards."""

    def __init__(
        self, name: str, trace: Trace, numbers: Sequence[Any], arguments: Sequence[Value],
        passive: set[int], shape: Shape, exact: bool = True,
    ) -> None:  # fmt: skip
        self.shape = shape
        outputs = shape.outputs
        self.single = shape.single
        plain = len(passive) == len(arguments)
        self.results = len(outputs)
        self.labels = [node.label for node in outputs]
        roots = list(outputs)
        self.guards: list[Guard] = []
        self.checks: list[tuple[int, Callable[[float], int], int]] = []
        self._watch(trace.guards, roots)
        order, captured = _captured(topological_order(*roots), arguments)
        if len(captured) >= BUFFERED and chosen() == "llvm":
            captured = move(captured)
        self.captured = tuple(captured)
        self.program: Program = flatten(order, roots, arguments, captured, passive=passive)
        self.machine: Executable = self.program.executable(exact=exact)
        self._inputs = Inputs(numbers, captured)
        self._call = None
        if outputs:
            self._call = CallPrimitive(name, self.machine, self.results, self._inputs, plain)
        shape.outputs = []
        #: what it depends on besides its arguments; None where that is nothing
        self.watch: Watch | None = None
        #: attributes that the function has written, once and for all
        self.written: list[str] = []
        #: whether it has answered a call after the one that it was traced for
        self.replayed = False

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
                self.guards.append(guard._replace(node=_GONE))

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

    def stands(self) -> bool:
        """Whether parameters, modes and attributes are where the trace found them."""
        return self.watch is None or self.watch.stands()

    def finish(self, frame: Frame, numbers: Sequence[Any], given: Any) -> Any:
        """The results of a run, as nodes in the shape that the function returned.

        `given` are the call's (args, kwargs), which may be parts of the result.
        """
        if self._call is None:
            return self.shape.make((), given)
        nodes = self._call.nodes(frame, numbers)
        for node, label in zip(nodes, self.labels, strict=True):
            node.label = label
        return nodes[0] if self.single else self.shape.make(nodes, given)

    def refill(self, results: Sequence[Any]) -> Any:
        """The shape that the function returned, with these results in it."""
        return self.shape.make(results, None)


#: stands for the nodes of guards, which must not outlive their trace
_GONE = Value(0.0)


def trace(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any, numbers: Sequence[Any],
    exact: bool = True,
) -> Variant:  # fmt: skip
    """Run a function once on traced Values and keep what it did.

    Raises Retrace where the run cannot be kept and the eager function must decide, TraceError
    where the function does what a trace cannot hold.
    """
    recording = Trace()
    line = line_of(function)
    try:
        variant, reads = _recorded(recording, name, function, args, kwargs, numbers, exact, line)
    finally:
        recording.close()
    recording.guards.clear()
    refuse_leaks(recording.nodes, line)
    watch = Watch(function, reads, variant.captured)
    variant.watch = watch or None
    variant.written = sorted({name for _, name in reads.written})
    return variant


def _recorded(
    recording: Trace, name: str, function: Callable[..., Any], args: Any, kwargs: Any,
    numbers: Sequence[Any], exact: bool, line: str,
) -> tuple[Variant, Reads]:  # fmt: skip
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
    copies: list[Copied] = []
    traced_args, traced_kwargs = rebuild((args, kwargs), iter(leaves), copies)
    try:
        with (
            entered(observer=recording.observe, recording=True, scope=()),
            remembered_reads() as reads,
        ):
            box = [function(*traced_args, **traced_kwargs)]
    except TraceError:
        raise
    except Exception as error:
        raise Retrace from error
    if recording.raised:
        raise Retrace
    refuse_changes(copies, line)
    shape = Shape(box, copies, line)
    return Variant(name, recording, whole, arguments, passive, shape, exact), reads


def line_of(function: Callable[..., Any]) -> str:
    """Where a function is defined, for messages."""
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = function.func
    for each in (function, getattr(type(function), "forward", None), type(function).__call__):
        if (code := getattr(each, "__code__", None)) is not None:
            return f"{code.co_filename}:{code.co_firstlineno}"
    return getattr(function, "__name__", type(function).__name__)


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
