"""What a trace became, ready to run: its Program, guards, captured leaves and result shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, cast

from autodiff.buffers import move
from autodiff.complaints import caller
from autodiff.graph import Node, marked
from autodiff.modes import modes
from autodiff.program.flattening import flatten
from autodiff.program.inputs import Inputs, Leaf, Tree, spread
from autodiff.program.instructions import Instructions
from autodiff.program.machine import chosen
from autodiff.program.machine.interface import Executable, Frame
from autodiff.program.program import Program
from autodiff.value import Value

from .calls import CallPrimitive, result_node
from .expanded import ExactCall
from .frozen import Frozen
from .guard_questions import QUESTIONS
from .returned import Given, Shape
from .stands import Answer
from .trace import Guard, Trace, TraceError, is_traced
from .traced import TracedValue
from .watch import Watch
from .whole import TracedInt

#: From so many captured parameters on they are moved into a buffer.
BUFFERED = 16


class Asked(NamedTuple):
    """A guard as `explain` shows it."""

    question: str
    expected: Answer
    line: str


class Variant:
    """A recorded run of a function for one structure of arguments and one outcome of guards."""

    def __init__(
        self, name: str, trace: Trace, numbers: Sequence[Leaf], arguments: Sequence[Node],
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
        #: what the function found outside and nobody looks at again
        self.frozen: Frozen = Frozen()
        self.checks: list[tuple[int, Callable[[float], Answer], Answer, str]] = []
        #: positions of arguments that the trace asked for their very number, and these numbers
        self.pins: tuple[int, ...]
        self.pinned: tuple[Answer, ...]
        self.pins, self.pinned = self._watch(trace.guards.values(), roots, arguments, numbers)
        places = {id(leaf): at for at, leaf in enumerate(arguments)} if trace.shown else {}
        #: Values whose text was asked: positions of arguments, and others
        self._shown = {places[id(leaf)] for leaf in trace.shown if id(leaf) in places}
        self._shown_outside = [leaf for leaf in trace.shown if not is_traced(leaf)]
        self._shows = bool(self._shown or self._shown_outside)
        instructions, captured = _instructions(trace, roots, arguments, passive)
        self.captured: tuple[Value, ...] = tuple(captured)
        self.program: Program = Program.from_instructions(instructions)
        self.machine: Executable = self.program.executable(exact=exact)
        self._inputs = Inputs(numbers, captured)
        self._call = None
        if outputs:
            kind = ExactCall if exact else CallPrimitive
            self._call = kind(name, self.machine, self.results, self._inputs, plain)
        self._usual = type(self._call) is CallPrimitive and plain and self.single
        self._usual = self._usual and not self._whole and self.results == 1
        shape.outputs = []
        #: what it depends on besides its arguments; None where that is nothing
        self.watch: Watch | None = None
        #: attributes that the function has written, once and for all
        self.written: list[str] = []
        #: whether it has answered a call after the one that it was traced for
        self.replayed = False

    def _watch(
        self, guards: Iterable[Guard], roots: list[Node], arguments: Sequence[Node],
        numbers: Sequence[Leaf],
    ) -> tuple[tuple[int, ...], tuple[Answer, ...]]:  # fmt: skip
        """Make what the guards ask about outputs of the Program.

        Returns the positions of arguments whose very number was asked, and these numbers: whoever
        looks for a trace looks there.
        """
        single = _single_places(arguments, numbers)
        positions: dict[int, int] = {}
        pins: dict[int, Answer] = {}
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

    def run(self, numbers: Sequence[Leaf]) -> Frame | None:
        """Run the Program; None where a guard comes out differently."""
        frame = self.machine.run(self._inputs, numbers)
        if self._shows and self._has_gradients(numbers):
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

    def _has_gradients(self, numbers: Sequence[Leaf]) -> bool:
        """Whether a text that f has made would show a gradient by now."""
        values = spread(numbers) if self._shown else []
        shown = [*[values[at] for at in self._shown], *self._shown_outside]
        return any(isinstance(value, Value) and value._grad != 0.0 for value in shown)

    def stands(self) -> bool:
        """Whether parameters, modes and attributes are where the trace found them."""
        return self.watch is None or self.watch.stands()

    def finish(self, frame: Frame, numbers: Sequence[Leaf], given: Given | None) -> Tree:
        """The results of a run, as nodes in the shape that the function returned.

        `given` are the call's (args, kwargs), which may be parts of the result.
        """
        call = self._call
        if call is None:
            return self.shape.make((), given)
        if self._usual and not modes:  # one Value, from numbers and captured Values
            made = result_node(call, frame.outputs[0], call.inputs.captured.values, frame)
            made.label = self.labels[0]
            return made
        nodes = call.nodes(frame, numbers)
        for node, label in zip(nodes, self.labels, strict=True):
            node.label = label
        return self._shaped(nodes, given)

    def refill(self, results: Sequence[Tree]) -> Tree:
        """The shape that the function returned, with these results in it."""
        return self._shaped(results, None)

    def _shaped(self, results: Sequence[Tree], given: Given | None) -> Tree:
        if self._whole:  # plain whole numbers and truth values are that again
            kinds = zip(results, self.kinds, strict=True)
            results = [node if kind is None else kind(node._data) for node, kind in kinds]
        return results[0] if self.single else self.shape.make(results, given)


def _single_places(arguments: Sequence[Node], numbers: Sequence[Leaf]) -> dict[int, int]:
    """By the id of its leaf, where a number stands among `numbers`; not those inside arrays."""
    places: dict[int, int] = {}
    leaf = 0
    for at, number in enumerate(numbers):
        if number.__class__.__name__ == "ndarray":
            leaf += number.size  # type: ignore[union-attr]  # it is an array
        else:
            places.setdefault(id(arguments[leaf]), at)
            leaf += 1
    return places


def _instructions(
    trace: Trace, roots: list[Node], arguments: Sequence[Node], passive: set[int]
) -> tuple[Instructions, list[Value]]:
    """What the trace did, and the nodes from outside that it uses."""
    with marked(*roots, *arguments) as nodes:
        dead = trace.dead()
        if not dead:
            order, captured = _captured(cast("list[Value]", nodes), arguments)
            if len(captured) >= BUFFERED and chosen().buffers:
                captured = move(captured)
            named = [*arguments, *captured, *trace.named]
            found = flatten(order, roots, arguments, captured, passive=passive, named=named)
            return found, captured
    return _instructions(trace, [*roots, *dead], arguments, passive)


def _captured(order: list[Value], arguments: Sequence[Node]) -> tuple[list[Value], list[Value]]:
    """The nodes of a trace in their order, and the nodes from outside that they use.

    What was computed before the call is a leaf to the trace: gradients flow on through it when
    the result's graph is swept.
    """
    outside = [node for node in order if type(node) is not TracedValue and not is_traced(node)]
    given = {id(node) for node in arguments if not is_traced(node)}
    if all(node.primitive is None for node in outside):
        return order, [node for node in outside if id(node) not in given]
    used: dict[int, Value] = {}
    for node in order:
        for parent in node.parents:
            if is_traced(parent) and not is_traced(node):
                raise TraceError(
                    caller(),
                    f"{node!r} was computed from a traced Value outside the trace (in another "
                    "thread?)",
                    "compute it inside the jitted function",
                )
            if is_traced(node) and not is_traced(parent):
                used[id(parent)] = parent
    return list(filter(is_traced, order)), list(used.values())
