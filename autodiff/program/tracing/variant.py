"""One trace of a function, ready to run: its Program, guards, captured leaves and result shape."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from autodiff.buffers import move
from autodiff.context import _ours as is_ours
from autodiff.context import entered
from autodiff.graph import topological_order
from autodiff.program.explain import frozen
from autodiff.program.machine import Executable, Frame, chosen
from autodiff.program.program import Program
from autodiff.value import Node, Value
from autodiff.watched import Reads, remembered_reads

from .calls import CallPrimitive
from .containers import Copied, rebuild, spread
from .effects import refuse_changes, refuse_leaks
from .flattening import flatten
from .inputs import Inputs
from .questions import QUESTIONS
from .results import Shape
from .trace import Guard, Trace, TraceError, is_traced
from .traced import TracedInt
from .watch import Watch

#: From so many captured parameters on they are moved into a buffer.
BUFFERED = 16


class Asked(NamedTuple):
    """A guard as `explain` shows it."""

    question: str
    expected: Any
    line: str


class Retrace(Exception):
    """A run gave no usable trace: the function raised, or caught what an operation raised."""


class Variant:
    """A recorded run of a function for one structure of arguments and one outcome of guards."""

    def __init__(
        self, name: str, trace: Trace, numbers: Sequence[Any], arguments: Sequence[Node],
        passive: set[int], shape: Shape, exact: bool = True,
    ) -> None:  # fmt: skip
        self.shape = shape
        outputs = shape.outputs
        self.single: bool = shape.single
        plain = len(passive) == len(arguments)
        self.results: int = len(outputs)
        self.labels: list[str | None] = [node.label for node in outputs]
        self.kinds: list[type | None] = [
            type(node).stands_for if isinstance(node, TracedInt) else None for node in outputs
        ]
        self._whole = any(self.kinds)
        roots: list[Node] = list(outputs)
        self.guards: list[Asked] = []
        #: plain numbers and texts that the function used from outside
        self.frozen: list[tuple[str, str]] = []
        self.checks: list[tuple[int, Callable[[float], Any], Any, str]] = []
        #: positions of arguments that the trace asked for their very number, and these numbers
        self.pins: tuple[int, ...]
        self.pinned: tuple[Any, ...]
        self.pins, self.pinned = self._watch(trace.guards.values(), roots, arguments, numbers)
        places = {id(leaf): at for at, leaf in enumerate(arguments)} if trace.shown else {}
        #: Values whose text was asked: positions of arguments, and others
        self._shown = {places[id(leaf)] for leaf in trace.shown if id(leaf) in places}
        self._shown_outside = [leaf for leaf in trace.shown if not is_traced(leaf)]
        everything = topological_order(*roots)
        if dead := trace.dead(set(map(id, everything))):
            roots += dead
            everything = topological_order(*roots)
        order, captured = _captured(everything, arguments)
        if len(captured) >= BUFFERED and chosen() == "llvm":
            captured = move(captured)
        self.captured: tuple[Value, ...] = tuple(captured)
        self.program: Program = flatten(order, roots, arguments, captured, passive=passive)
        self.machine: Executable = self.program.executable(exact=exact)
        self._inputs = Inputs(numbers, captured)
        self._call = None
        if outputs:
            self._call = CallPrimitive(name, self.machine, self.results, self._inputs, plain, exact)
        shape.outputs = []
        #: what it depends on besides its arguments; None where that is nothing
        self.watch: Watch | None = None
        #: attributes that the function has written, once and for all
        self.written: list[str] = []
        #: whether it has answered a call after the one that it was traced for
        self.replayed = False

    def _watch(
        self, guards: Iterable[Guard], roots: list[Node], arguments: Sequence[Node],
        numbers: Sequence[Any],
    ) -> tuple[tuple[int, ...], tuple[Any, ...]]:  # fmt: skip
        """Make what the guards ask about outputs of the Program.

        Returns the positions of arguments whose very number was asked, and these numbers: whoever
        looks for a trace looks there.
        """
        single = _single_places(arguments, numbers)
        positions: dict[int, int] = {}
        pins: dict[int, Any] = {}
        for node, name, expected, line in guards:
            self.guards.append(Asked(name, expected, line))
            if name == "value" and id(node) in single:
                pins[single[id(node)]] = expected
                continue
            if id(node) not in positions:
                positions[id(node)] = len(roots)
                roots.append(node)
            self.checks.append((positions[id(node)], QUESTIONS[name].answer, expected, name))
        return tuple(sorted(pins)), tuple([pins[at] for at in sorted(pins)])

    def run(self, numbers: Sequence[Any]) -> Frame | None:
        """Run the Program; None where a guard comes out differently."""
        frame = self.machine.run(self._inputs, numbers)
        if (self._shown or self._shown_outside) and self._has_gradients(numbers):
            return None
        if self.checks:
            outputs = frame.outputs
            try:
                for position, answer, expected, _ in self.checks:
                    if answer(outputs[position]) != expected:
                        return None
            except (ValueError, OverflowError):  # int(nan), int(inf)
                return None
        return frame

    def _has_gradients(self, numbers: Sequence[Any]) -> bool:
        """Whether a text that f has made would show a gradient by now."""
        values = spread(numbers) if self._shown else []
        shown = [*[values[at] for at in self._shown], *self._shown_outside]
        return any(value._grad != 0.0 for value in shown)

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
        return self._shaped(nodes, given)

    def refill(self, results: Sequence[Any]) -> Any:
        """The shape that the function returned, with these results in it."""
        return self._shaped(results, None)

    def _shaped(self, results: Sequence[Any], given: Any) -> Any:
        if self._whole:  # plain whole numbers and truth values are that again
            kinds = zip(results, self.kinds, strict=True)
            results = [node if kind is None else kind(node._data) for node, kind in kinds]
        return results[0] if self.single else self.shape.make(results, given)


def trace(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any, numbers: Sequence[Any],
    exact: bool = True, settle: bool = False,
) -> Variant:  # fmt: skip
    """Run a function once on traced Values and keep what it did.

    Raises Retrace where the run cannot be kept and the eager function must decide, TraceError
    where the function does what a trace cannot hold.
    """
    recording = Trace(settle=settle)
    line = line_of(function)
    try:
        variant, reads = _traced(recording, name, function, args, kwargs, numbers, exact, line)
    finally:
        recording.close()
    recording.guards.clear()
    refuse_leaks(recording.nodes, line)
    variant.frozen = frozen(function)
    variant.watch = Watch(function, reads, variant.captured) or None
    variant.written = sorted({name for _, name in reads.written})
    return variant


def _traced(
    recording: Trace, name: str, function: Callable[..., Any], args: Any, kwargs: Any,
    numbers: Sequence[Any], exact: bool, line: str,
) -> tuple[Variant, Reads]:  # fmt: skip
    """The same, the trace still open."""
    whole, numbers = numbers, spread(numbers)
    leaves: list[Node] = []
    arguments: list[Node] = []
    first: dict[int, Node] = {}
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
            entered(observer=recording.observe, asked=recording.asked, recording=True, scope=()),
            remembered_reads() as reads,
        ):
            box = [function(*traced_args, **traced_kwargs)]
    except TraceError:
        raise
    except Exception as error:
        if recording.refused:
            raise recording.refused from None
        raise Retrace from error
    if recording.refused:
        raise recording.refused
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


def _single_places(arguments: Sequence[Node], numbers: Sequence[Any]) -> dict[int, int]:
    """By the id of its leaf, where a number stands among `numbers`; not those inside arrays."""
    places: dict[int, int] = {}
    leaf = 0
    for at, number in enumerate(numbers):
        if number.__class__.__name__ == "ndarray":
            leaf += number.size
        else:
            places.setdefault(id(arguments[leaf]), at)
            leaf += 1
    return places


def untraceable(name: str, cause: BaseException) -> TraceError:
    """The error for a function that works on plain numbers and not on those of a trace."""
    line = ""
    for frame, number in traceback.walk_tb(cause.__traceback__):
        if not is_ours(frame.f_globals.get("__name__", "")):
            line = f"{frame.f_code.co_filename}:{number}: "
    return TraceError(
        f"{line}{type(cause).__name__}: {cause}: {name} records this function once on numbers that "
        "stand for others, and here something needs a plain one; compute it outside, or pass it as "
        "a part of the structure (a string, None, an object)"
    )


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


def _captured(order: list[Value], arguments: Sequence[Node]) -> tuple[list[Value], list[Value]]:
    """The nodes of the trace in their order, and the nodes from outside that they use.

    What was computed before the call is a leaf to the trace: gradients flow on through it when
    the result's graph is swept.
    """
    inside: list[Value] = []
    outside: list[Value] = []
    for node in order:
        (inside if is_traced(node) else outside).append(node)
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
