"""Right solutions written differently: other formulas, other styles, other kinds of answers."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy

import autodiff
import exercises as ex
from exercises.engine import _call
from exercises.running import sort
from exercises.solutions import solution
from exercises.values import engine


class Closures:
    """A Value of another kind: closures, a set of children, a sort by recursion."""

    def __init__(self, data, _children=()):
        self.data, self.grad = data, 0.0
        self._prev, self._send = set(_children), lambda g: []

    def _make(self, data, *sends):
        out = Closures(data, [node for node, _ in sends])
        out._send = lambda g: [(node, g * slope) for node, slope in sends]
        return out

    @staticmethod
    def lift(other):
        return other if isinstance(other, Closures) else Closures(other)

    def __add__(self, other):
        other = self.lift(other)
        return self._make(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self._make(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = self.lift(other)
        q = self.data / other.data
        return self._make(q, (self, 1 / other.data), (other, -q / other.data))

    def __pow__(self, n):
        return self._make(self.data**n, (self, n * self.data ** (n - 1)))

    def tanh(self):
        return self._make(math.tanh(self.data), (self, 1 / math.cosh(self.data) ** 2))

    def exp(self):
        return self._make(math.exp(self.data), (self, math.exp(self.data)))

    def log(self):
        return self._make(math.log(self.data), (self, 1 / self.data))

    def relu(self):
        return self._make(max(self.data, 0), (self, int(self.data > 0)))

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda self: self * -1  # noqa: E731 - one line per operation
    __sub__ = lambda self, other: self + self.lift(other) * -1  # noqa: E731
    __rsub__ = lambda self, other: self.lift(other) - self  # noqa: E731
    __rtruediv__ = lambda self, other: self.lift(other) / self  # noqa: E731

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node._prev:
                    visit(child)
                order.append(node)

        visit(self)
        sums = dict.fromkeys(order, 0.0)
        sums[self] = 1.0
        for node in reversed(order):
            for child, amount in node._send(sums[node]):
                sums[child] += amount
            node.grad += sums[node]


def _eager(root: Any) -> None:
    """By counting users, without any sort."""
    users: dict[int, int] = {}
    queue = [root]
    seen = {id(root)}
    for node in queue:
        for parent in node.parents:
            users[id(parent)] = users.get(id(parent), 0) + 1
            if id(parent) not in seen:
                seen.add(id(parent))
                queue.append(parent)
    root.grad = 1.0
    ready = [root]
    while ready:
        node = ready.pop()
        for parent, local in zip(node.parents, node.locals, strict=True):
            parent.grad += local * node.grad
            users[id(parent)] -= 1
            if not users[id(parent)]:
                ready.append(parent)


def _count(root: Any, leaf: Any, parents: Any) -> int:
    ways = {id(root): 1}
    total = {}
    for node in reversed(sort(root, parents)):
        total[id(node)] = ways.get(id(node), 0)
        for parent in parents(node):
            ways[id(parent)] = ways.get(id(parent), 0) + ways.get(id(node), 0)
    return total.get(id(leaf), 0)


def _train(value: Any, xs: Any, ys: Any, steps: int, rate: float) -> Any:
    w, b = value(0.0), value(0.0)
    for _ in range(steps):
        w.grad = b.grad = 0.0
        loss = sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)
        loss.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return w, b


def _order(root: Any, parents: Any) -> Iterator[Any]:
    seen: list[Any] = []

    def visit(node: Any) -> Iterator[Any]:
        if not any(node is each for each in seen):
            seen.append(node)
            for parent in parents(node):
                yield from visit(parent)
            yield node

    return visit(root)


def _rules(e: Any) -> Any:
    if not isinstance(e, (tuple, list)):
        return 1.0 if e == "x" else 0.0
    name, *inner = e
    slopes = [_rules(each) for each in inner]
    if name == "+":
        return ["+", *slopes]
    if name == "*":
        return ["+", ["*", slopes[0], inner[1]], ["*", slopes[1], inner[0]]]
    if name == "log":
        return ["*", ["**", inner[0], -1], slopes[0]]
    return ["-", slopes[0], ["*", slopes[0], ["*", ["tanh", inner[0]], ["tanh", inner[0]]]]]


class _Pair(tuple):
    """A dual number as a pair."""

    def __new__(cls, value, slope=0.0):
        return tuple.__new__(cls, (value, slope))

    value = property(lambda self: self[0])
    slope = property(lambda self: self[1])

    @staticmethod
    def _both(other):
        return other if isinstance(other, _Pair) else (other, 0)

    def __add__(self, other):
        v, s = self._both(other)
        return _Pair(self[0] + v, self[1] + s)

    def __mul__(self, other):
        v, s = self._both(other)
        return _Pair(self[0] * v, self[1] * v + self[0] * s)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        return _Pair(math.tanh(self[0]), self[1] / math.cosh(self[0]) ** 2)


def _by_relative_error(f: Any, df: Any, x: float) -> Any:
    h = 1e-4
    slope = (8 * f(x + h) - 8 * f(x - h) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h)
    return numpy.bool_(abs(df(x) / slope - 1) < 1e-5)


#: Where an answer is more than numbers: another solution, by other means.
OTHERS: dict[str, Any] = {
    "check_topological_order": _order,
    "check_count_paths": _count,
    "check_eager": _eager,
    "check_rules": _rules,
    "check_difference": lambda f, x, h: ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2,
    "check_dual": _Pair,
    "check_neuron": lambda ws, xs, b: autodiff.affine(ws, xs, b).tanh(),
    "check_training_loop": _train,
    "check_hvp": lambda gradient, x, v: (
        numpy.subtract(
            gradient(list(numpy.add(x, numpy.multiply(3e-5, v)))),
            gradient(list(numpy.subtract(x, numpy.multiply(3e-5, v)))),
        )
        / 6e-5
    ),
    "check_check": _by_relative_error,
    "check_find": lambda nudged, given: next(
        (i, b / a) for i, (a, b) in enumerate(zip(nudged, given, strict=True)) if abs(b - a) > 1e-9
    ),
    "check_three_zeros": lambda: (-1.0, 0.0, [1.0, 0.3, 2.0], [0.5, 0.2, 0.1]),
}

# ---- the same function in ten styles ------------------------------------------------------------


class _Object:
    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)

    def method(self, *arguments):
        return self.function(*arguments)


def _chatty(function):
    def call(*arguments):
        print("called with", arguments)
        found = function(*arguments)
        print("found", found)
        return found

    return call


def _greedy(function):
    def call(*arguments):
        found = copy.deepcopy(function(*arguments))
        for each in arguments:
            if isinstance(each, list):
                each.clear()
        return found

    return call


def _traced(function):
    calls = []

    @functools.wraps(function)
    def call(*arguments):
        calls.append(len(calls))
        return function(*arguments)

    return call


def _careful(function):
    def call(*arguments, verbose=False):
        try:
            return function(*arguments)
        finally:
            del arguments

    return call


STYLES: list[Callable[[Any], Any]] = [
    lambda f: f, functools.partial, _Object, lambda f: _Object(f).method, _chatty, _traced,
    _careful, lambda f: lambda *a: f(*a), lambda f: functools.partial(_Object(f)),
    lambda f: _chatty(_traced(f)),
]  # fmt: skip


def _each(convert):
    """The numbers of an answer converted, its lists kept."""

    def change(answer):
        if isinstance(answer, (list, tuple)):
            return type(answer)(change(each) for each in answer)
        return answer if isinstance(answer, str) else convert(answer)

    return lambda f: lambda *a: change(f(*a))


def _container(make):
    def change(answer):
        return make([change(e) for e in answer]) if isinstance(answer, (list, tuple)) else answer

    return lambda f: lambda *a: change(f(*a))


#: The same numbers as other kinds of objects.
KINDS: list[Callable[[Any], Any]] = [
    _each(autodiff.Value), _each(numpy.float64), _each(lambda n: n * (1 + 1e-14)),
    _each(lambda n: Fraction(n) if math.isfinite(n) else n), _container(tuple), _container(iter),
    _container(lambda parts: {f"part {i}": each for i, each in enumerate(parts)}), _greedy, _chatty,
    _Object,
]  # fmt: skip


def _noisy(base):
    class Noisy(base):
        def backward(self):
            print("backward of", self)
            base.backward(self)

    return Noisy


def _equal(base):
    class Equal(base):
        def __eq__(self, other):
            return self is other

        __hash__ = base.__hash__

    return Equal


def _own(base):
    class Own(base):
        extra = "an attribute of its own"

        def __repr__(self):
            return f"Own({self.data})"

    return Own


def _renamed(base):
    return type("Number", (base,), {})


def variants(checker: ex.Checker) -> list[Any]:
    """Twenty right solutions."""
    if checker.needs_class and checker.__name__ != "check_dual":
        bases = [solution(checker.__name__), Closures, autodiff.Value, engine()]
        wraps: list[Any] = [lambda base: base, _noisy, _equal, _own, _renamed]
        return [wrap(base) for base in bases for wrap in wraps]
    mine, other = solution(checker.__name__), OTHERS.get(checker.__name__, checker.solution())
    if checker.needs_class:
        return [type(f"Dual{i}", (base,), {}) for i in range(10) for base in (mine, other)]
    if checker.ask is not _call:
        return [style(base) for base in (mine, other) for style in STYLES]
    return [style(base) for base in (mine, other) for style in KINDS]
