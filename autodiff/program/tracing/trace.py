"""Tracing: running a function once on numbers that record what is done with them.

Where Python itself needs an answer about a number (`if`, an index, a key of a dict, a text), the
answer becomes a *guard*: at replay the trace is only used if all its guards come out as they did.
What would lose a gradient, or freeze a number without need, is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from typing import Any, NamedTuple, NoReturn

from autodiff import rules
from autodiff.complaints import caller
from autodiff.errors import AutodiffError, visible
from autodiff.graph import Node, topological_order
from autodiff.modes import current
from autodiff.program.ends import detach
from autodiff.value import Arithmetic, Value, record

from .guard_questions import QUESTIONS
from .stands import Answer


class TraceError(AutodiffError, TypeError):
    """Something that cannot be part of a trace, such as reading the number of a traced Value.

    Nobody can raise one without the user's line and a remedy.
    """

    def __init__(self, line: str, what: str, remedy: str) -> None:
        super().__init__(line, what, remedy)

    def __str__(self) -> str:
        return visible("{}: {}; {}".format(*self.args), kept="\n")


class Guard(NamedTuple):
    """An answer that a trace depends on: `QUESTIONS[question]` of the node's number."""

    node: Node
    question: str
    expected: Answer
    line: str


#: Operations that raise nothing, whatever the operands: what nobody uses of them need not be run.
_NEVER_RAISE = frozenset((
    rules.add, rules.sub, rules.mul, rules.neg, rules.abs, rules.fabs, rules.less,
    rules.less_equal, rules.greater, rules.greater_equal, rules.equal, rules.not_equal,
    rules.where, rules.maximum, rules.minimum, rules.relu, rules.identity, rules.sum_, rules.dot,
    rules.affine, rules.tanh, rules.sigmoid, detach,
))  # fmt: skip


def refuse(*_: object) -> NoReturn:
    """TraceError for the use of a number that outlived its trace."""
    raise TraceError(
        caller(),
        "this Value was computed inside a jitted function and outlived the trace",
        "return it from the function instead of storing it",
    )


class Leaked:
    """Stands where the number of a traced Value was, once its trace has ended."""


for _name in (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow neg abs lt "
    "le gt ge eq ne float bool int round floor ceil trunc format"
).split():
    setattr(Leaked, f"__{_name}__", refuse)


class Trace:
    """The nodes and guards of one run of a function on traced Values.

    `comparisons` are those made so far: the same comparison is one node, and so one guard. To
    `settle` is to ask the int arguments themselves where something is asked that depends on them
    alone: their numbers are looked up in a table, however many there are.
    """

    #: numbers that NumPy has taken out of lists; see listed.py
    listed: Any

    def __init__(self, *, settle: bool = False) -> None:
        self._settle = settle
        self.nodes: list[Node] = []
        self.guards: dict[tuple[int, str], Guard] = {}
        #: ids of nodes whose number is known: a guard holds for its very bits
        self.known: set[int] = set()
        #: by id, the largest magnitude that a whole number can have
        self.bounds: dict[int, int] = {}
        self.comparisons: dict[Hashable, Node] = {}
        #: leaves and Values from outside whose text was asked: it shows their gradient
        self.shown: list[Value] = []
        #: nodes that were given a label
        self.named: list[Node] = []
        #: by id, the nodes that answer for Values from outside
        self.seen: dict[int, Value] = {}
        #: what the nodes hold in the place of their numbers when the trace has ended
        self.ended: Leaked = Leaked()
        #: an operation raised inside the trace and f went on: its `except` hides a branch
        self.raised = False
        #: what was refused first; f may have caught it, as a TypeError
        self.refused: TraceError | None = None

    def asked(self, value: Value) -> Value | None:
        """What answers for a Value from outside that is asked for its number."""
        if isinstance(value, Traced):
            return None
        if id(value) not in self.seen:
            self.seen[id(value)] = record(rules.identity, (value,)).named(value.label)
        return self.seen[id(value)]

    def ask(self, node: Node, question: str) -> Answer:
        """The answer to a question that Python needs answered; it becomes a guard."""
        answer = QUESTIONS[question].answer(node._data)
        if self._settle and node.primitive is not None:
            self.settle(node)
        key = id(node), question
        if id(node) not in self.known and key not in self.guards:
            self.guards[key] = Guard(node, question, answer, caller())
            if question == "value":
                self.known.add(id(node))
        return answer

    def settle(self, node: Node) -> bool:
        """Ask the int arguments for their numbers if a node depends on these alone."""
        if id(node) in self.known:
            return True
        leaves = [each for each in topological_order(node) if each.primitive is None]
        if not all(isinstance(leaf, Traced) and leaf.is_whole for leaf in leaves):
            return False
        for leaf in leaves:
            self.ask(leaf, "value")
        self.known.add(id(node))
        return True

    def refuse(self, line: str, what: str, remedy: str) -> NoReturn:
        """Raise a TraceError, and remember it in case that f catches it."""
        error = TraceError(line, what, remedy)
        self.refused = self.refused or error
        raise error

    def dead(self) -> list[Node]:
        """Computed nodes that are not marked, and whose operations may raise elsewhere."""
        return [
            node
            for node in self.nodes
            if node._adjoint is None and node.primitive is not None
            and node.primitive not in _NEVER_RAISE
        ]  # fmt: skip

    def close(self) -> None:
        """End the trace: its nodes' numbers can no longer be used by mistake."""
        self.guards.clear()
        self.comparisons.clear()
        self.seen.clear()
        self.shown.clear()
        self.named.clear()
        self._alone = sys.getrefcount(self.ended)
        ended: Any = self.ended
        for node in self.nodes:
            node._data = ended  # refuses to be used as a float

    def leaks(self) -> bool:
        """Whether a node lives on once nobody inside holds any: it holds what its number became."""
        return sys.getrefcount(self.ended) > self._alone


class Traced(Arithmetic):
    """What all nodes of a trace have in common."""

    __slots__ = ()
    is_whole = False  # a plain int, or a truth value

    def operation_raised(self) -> None:
        """What errors.explain calls for the operands of an operation that raises."""
        trace = active()
        if trace is not None:
            trace.raised = True


def is_traced(node: object) -> bool:
    """Whether a node was made inside a trace."""
    return isinstance(node, Traced)


def active() -> Trace | None:
    """The trace that is on in this context."""
    trace = getattr(current().observer, "__self__", None)
    return trace if isinstance(trace, Trace) else None
