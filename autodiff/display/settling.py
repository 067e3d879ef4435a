"""Questions that only decide in which form digits are kept are answered before a graph is shown.

The graph of a derivative of softmax asks whether an entry outweighs the others, and takes one of
two forms of the same number. A reader sees the form that was taken: the question, the other form
and what it adds up to (0, or a factor 1) are left out. Every number that is shown is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS
from autodiff.value import Value

Operation = tuple[Primitive | None, tuple[Any, ...]]

#: operations whose operands tell only how large the entries are, and their first ones, which are
#: there for the rule
_ASIDE = {"peak": 2, "dominant": 2, "below_peak": 1, "below_dominant": 1}
_LOGIC = ("not", "mul", "add")
#: the comparison that holds where another does not
OPPOSITES = {
    "less": "greater_equal", "greater_equal": "less", "greater": "less_equal",
    "less_equal": "greater", "equal": "not_equal", "not_equal": "equal",
}  # fmt: skip


def settle(order: Sequence[Value], roots: Iterable[Value]) -> dict[int, Operation]:
    """The operation and operands of every node, by id, operands before users."""
    return _Settling(roots).all(order)


class _Settling:
    def __init__(self, roots: Iterable[Value]) -> None:
        self.roots = set(map(id, roots))
        self.found: dict[int, Operation] = {}
        #: what is shown in the place of a node
        self.instead: dict[int, Value | float] = {}
        #: nodes that are true or false; whether they ask about digits only
        self.questions: dict[int, bool] = {}

    def all(self, order: Sequence[Value]) -> dict[int, Operation]:
        for value in order:
            primitive, operands = value.primitive, value.operands
            self.found[id(value)] = primitive, operands
            if primitive is not None:
                self._note(value, primitive)
                self._settle(value, primitive, operands)
        return self.found

    def _note(self, value: Value, primitive: Primitive) -> None:
        """Whether it is a question, and of which kind."""
        nodes = value.parents
        kinds = [self.questions.get(id(node)) for node in nodes]
        if primitive.name == "leads":
            self.questions[id(value)] = True
        elif primitive.name in COMPARISONS:
            names = (node.primitive.name for node in nodes if node.primitive)
            self.questions[id(value)] = not _ASIDE.keys().isdisjoint(names)
        elif primitive.name in _LOGIC and kinds and None not in kinds:
            self.questions[id(value)] = any(kinds)

    def _settle(self, value: Value, primitive: Primitive, operands: tuple[Any, ...]) -> None:
        stays = id(value) in self.roots or value.label is not None
        if self.questions.get(id(value)) and not stays:
            self.instead[id(value)] = value.data
            return
        shown = tuple(x if x.__class__ is float else self.instead.get(id(x), x) for x in operands)
        changed = any(a is not b for a, b in zip(operands, shown, strict=True))
        answered = self.questions.get(id(operands[0])) if operands else False
        name = primitive.name
        result: Value | float | None = None
        if name == "one" and value.data == 1.0:
            result = 1.0
        elif name == "where" and answered:
            result = shown[1 if operands[0].data else 2]
        elif name == "gate" and answered:
            turned = _is(shown[1], -1.0)
            primitive, shown = PRIMITIVES["neg" if turned else "mul"], shown[1 + turned :]
            result = _neutral(primitive.name, *shown) if operands[0].data else 0.0
        elif name == "where" and value.data == value.data and _is_doubled(operands):
            shown = (*shown[:2], operands[2].operands[1])
        elif name == "exp_below":
            primitive = PRIMITIVES["exp_minus"]
            result = None if value.data else 0.0
        elif name in _ASIDE:
            first = _ASIDE[name]
            shown = (0.0,) * first + shown[first:]
        elif changed and name == "sub" and _is(shown[0], 0.0):
            primitive, shown = PRIMITIVES["neg"], shown[1:]
        elif changed:
            result = value.data if set(map(type, shown)) == {float} else _neutral(name, *shown)
        self.found[id(value)] = primitive, shown
        if stays and isinstance(result, Value) and result.primitive is not None:
            self.found[id(value)] = self.found[id(result)]
        elif not stays and result is not None:
            self.instead[id(value)] = result


def _is_doubled(operands: Sequence[Any]) -> bool:
    """a if x > 0, b if x <= 0, else c: only nan is left for c."""
    asked, other = operands[0], operands[2]
    if not isinstance(asked, Value) or not isinstance(other, Value) or other.label is not None:
        return False
    again = other.operands[0] if other.primitive and other.primitive.name == "where" else None
    if asked.primitive is None or not isinstance(again, Value) or again.primitive is None:
        return False
    opposite = OPPOSITES.get(asked.primitive.name) == again.primitive.name
    pairs = zip(asked.operands, again.operands, strict=False)
    return opposite and all(a is b or (_is(a, 0.0) and _is(b, 0.0)) for a, b in pairs)


def _is(x: Any, number: float) -> bool:
    """Whether it is that constant."""
    return x.__class__ is float and x == number


def _neutral(name: str, x: Any, y: Any = None, *_: Any) -> Any:
    """What is left of an operation on a number that changes nothing; None if there is none."""
    if (name in ("add", "sub") and _is(y, 0.0)) or (name == "mul" and _is(y, 1.0)):
        return x
    if (name == "add" and _is(x, 0.0)) or (name == "mul" and _is(x, 1.0)):
        return y
    nothing = (name in ("mul", "ratio") and _is(x, 0.0)) or (name == "mul" and _is(y, 0.0))
    return 0.0 if nothing else None
