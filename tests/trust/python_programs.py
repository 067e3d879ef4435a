"""Random programs in Python itself, not only in arithmetic: what people write around numbers.

A program is the source of a function `f(x, y, n, k, b, s, v, xs, labels, d, c)` made of statements
drawn from families (dicts, texts, types, ints, loops, exceptions, ...). It is run as it is, and
compiled: the outcomes must agree to the last bit, or the compiled function refuses with TraceError.
"""

from __future__ import annotations

import array
import bisect
import collections
import contextlib
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import heapq
import itertools
import json
import math
import numbers
import operator
import random
import statistics
import struct
import textwrap
import types
import warnings
from collections import Counter, namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autodiff as ad
import nn
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import active
from nn import Neuron

from .program_parts import (
    EFFECTS,
    FORMS,
    OF_ARRAYS,
    OF_COPIES,
    OF_OBJECTS,
    PARTS,
    REFUSED,
    STATEMENTS,
)


class Color(enum.Enum):
    """An argument of the programs."""

    RED, GREEN, BLUE = 1, 2, 3


Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Box:
    """A container with names."""

    low: Any
    high: Any


@functools.singledispatch
def kind_name(_: Any) -> str:
    """What singledispatch takes an argument for."""
    return "object"


kind_name.register(float)(lambda _: "float")
kind_name.register(int)(lambda _: "int")
kind_name.register(bool)(lambda _: "bool")
kind_name.register(Value)(lambda _: "Value")


class Scaler:
    """A closure over state, as an object."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        """The argument times the factor."""
        return x * self.factor


class Mixed:
    """A class as people write them: a property, a class method, an operator."""

    def __init__(self, size: Any) -> None:
        self.size = size

    @classmethod
    def of(cls, size: Any) -> Mixed:
        """Another way to make one."""
        return cls(size * 2)

    @property
    def half(self) -> Any:
        """Half of it."""
        return self.size * 0.5

    def scaled(self, by: Any = 2.0) -> Any:
        """The size times something."""
        return self.size * by

    def __matmul__(self, other: Any) -> Any:
        return self.size * other + 1.0


class Called:
    """A callable object, and its methods."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        """What the function gives."""
        return self.function(*args)

    method = __call__

    @staticmethod
    def static(function: Callable[..., Any]) -> Callable[..., Any]:
        """A function inside a function."""
        return lambda *args: function(*args)


class Record:
    """An object among the arguments, which a program may write to."""

    def __init__(self) -> None:
        self.gain, self.count, self.total, self.seen = 0.5, 0, 0.0, [1.0]


class Slots:
    """An object without a dict."""

    __slots__ = ("count", "rate")

    def __init__(self) -> None:
        self.count, self.rate = 3, 0.5


@contextlib.contextmanager
def doubled(x: Any) -> Iterator[Any]:
    """A context that gives twice a number."""
    yield x * 2


class Model(nn.Module):
    """What has a mode, plain attributes and a parameter, all of which change between calls."""

    def __init__(self) -> None:
        self.shift = Value(0.25, "shift")
        self.scale = 2.0
        self.kind = "up"
        self.layer = Neuron(1, "tanh", seed=1)

    def forward(self, x: Any) -> Any:
        """In training a multiple of the argument, else a shifted one."""
        if self.training:
            return self.layer(x) * self.scale
        return x + self.shift if self.kind == "up" else x * self.shift

    def change(self, rng: random.Random) -> None:
        """What a program outside would do between two calls."""
        self.train(rng.random() < 0.5)
        self.scale, self.kind = rng.choice((2.0, 0.5)), rng.choice(("up", "down"))
        if rng.random() < 0.5:
            self.shift = Value(rng.choice((0.25, -1.0)), "shift")
        if rng.random() < 0.5:
            self.layer = Neuron(1, "tanh", seed=rng.randrange(3))


SCALE = {0: 1.5, 1: -0.5, 2: 2.25, 3: 0.125, 4: 3.0}
SEEN = frozenset((1, 3, 4, 8))
WORDS = ["no", "one", "two", "many"]

_MODULES = (
    math, operator, itertools, heapq, bisect, random, statistics, fractions, decimal, datetime,
    json, textwrap, contextlib, dataclasses, types,
)  # fmt: skip


class Maker:
    """Draws a program. Letters in templates stand for parts: F float, I int, B bool, V Value."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.depth = 0
        self.names = {"F": ["x", "y"], "I": ["n", "k"], "B": ["b"], "V": ["v"], "T": ["s"]}
        self.array = self.rng.choice(["floats", "floats", "ints", "ints", *OF_ARRAYS])
        self.object = self.rng.choice([*[each for each in OF_OBJECTS if each not in REFUSED]])
        if self.rng.random() < 0.04:
            self.object = self.rng.choice(REFUSED)
        self.effects = self.rng.random() < 0.2
        self.parts = {
            letter: parts + OF_ARRAYS[self.array].get(letter, ()) for letter, parts in PARTS.items()
        }
        self.used: set[str] = set()
        self.count = 0

    def fill(self, template: str) -> str:
        """A template with its letters replaced by parts."""
        self.depth += 1
        made = []
        skip = False
        part = self.part
        if "f'" in template:  # before Python 3.12 no text stands inside a text
            part = lambda letter: self.rng.choice(self.names[letter])  # noqa: E731
        for at, letter in enumerate(template):
            before = template[at - 1] if at else " "
            after = template[at + 1] if at + 1 < len(template) else " "
            if skip:
                skip = False
            elif (
                letter in "N="
                and after in PARTS
                and not before.isalnum()
                and (letter == "=" or template[at + 2 : at + 4] == " =")
            ):
                made.append(self.new(after) if letter == "N" else self.latest[after])
                skip = True
            elif letter in PARTS and not (
                before.isalnum() or before in "_'" or after.isalnum() or after in "_'"
            ):
                made.append(part(letter))
            else:
                made.append(letter)
        self.depth -= 1
        return "".join(made)

    def new(self, letter: str) -> str:
        """A new variable."""
        self.count += 1
        name = f"{letter.lower()}{self.count}"
        self.latest[letter] = name
        self.pending.append((letter, name))
        return name

    def part(self, letter: str) -> str:
        """An expression of a kind."""
        if self.depth > 3 or self.rng.random() < 0.35:
            return self.rng.choice(self.names[letter])
        return self.fill(self.rng.choice(self.parts[letter]))

    def program(self, statements: int) -> str:
        """The source of a program."""
        self.latest: dict[str, str] = {}
        lines = []
        families = dict(STATEMENTS)
        families["argument"] = families["the same argument"] = OF_OBJECTS[self.object]
        if self.array in ("floats", "ints"):
            families["copies of the array"] = OF_COPIES
        if self.effects:
            families["effects"] = EFFECTS
        for _ in range(statements):
            family = self.rng.choice(list(families))
            self.used.add(family)
            self.pending: list[tuple[str, str]] = []
            text = self.fill(self.rng.choice(families[family]))
            lines += text.split("\n")
            for letter, name in self.pending:
                self.names[letter].append(name)
        ends = [self.names[letter][-1] for letter in "FIBVT"]
        result = self.rng.choice(
            ["[" + ", ".join(ends) + "]", f"({ends[3]} * {ends[0]}, {ends[3]}, {ends[4]})",
             "{'f': " + ends[0] + ", 'i': " + ends[1] + ", 'v': [" + ends[3] + ", w * x]}", ends[3],
             f"({ends[1]}, {ends[2]}, {ends[0]} + {ends[1]})"]
        )  # fmt: skip
        lines.append(f"return {result}")
        head = "def f(x, y, n, k, b, s, v, xs, labels, d, c, a, o, q):\n    ran()\n"
        body = head + "\n".join("    " + line for line in lines)
        return f"{body}\n{self.rng.choice(FORMS)}"


def drawn(seed: int) -> Run:
    """The program of a seed."""
    maker = Maker(seed)
    return Run(maker.program(6), (maker.array, maker.object))


class Run:
    """A program ready to be called; counts the calls that were no trace."""

    def __init__(self, source: str, kinds: tuple[str, str] = ("floats", "none")) -> None:
        self.source = source
        self.eager = 0
        self.w = Value(0.75, "w")
        self.model = Model()
        self.plain, self.compiled = Side(kinds), Side(kinds)
        names: dict[str, Any] = {
            "ad": ad, "Value": Value, "numbers": numbers, "Counter": Counter, "jit": jit,
            "collections": collections, "functools": functools, "Color": Color, "Point": Point,
            "Box": Box, "SCALE": SCALE, "SEEN": SEEN, "WORDS": WORDS, "kind_name": kind_name,
            "HALVE": Scaler(0.5), "DOUBLE": Scaler(2.0), "w": self.w, "ran": self._ran,
            "model": self.model, "np": np, "Mixed": Mixed, "doubled": doubled, "Called": Called,
            "SQUARE": jit(lambda q: q * q, exact=True), "HALVES": vmap(lambda q: q * 0.5),
            **{module.__name__: module for module in _MODULES},
        }  # fmt: skip
        exec(self.source, names)  # noqa: S102 - the programs are made above
        self.f = names["f"]

    def _ran(self) -> None:
        self.eager += active() is None


class Side:
    """The objects of one of the two that run a program: as it is, or compiled."""

    def __init__(self, kinds: tuple[str, str]) -> None:
        self._array, self._kind = kinds
        self.record = Record()
        self.model = Model()
        self._lasting = {"slots": Slots(), "function": Scaler(2.0), "module": self.model}

    def arguments(self, rng: random.Random) -> tuple[Any, ...]:
        """Arguments of a call; few different ints, as labels are."""
        v = Value(rng.choice([0.25, 1.5, -0.5]), "v")
        return (
            rng.choice([0.5, -1.25, 2.0, 2, round(rng.uniform(-2, 2), 3)]), rng.uniform(0.1, 2.0),
            rng.choice([0, 1, 2, 3, 5, 8]), rng.choice([1, 2, 7]), rng.random() < 0.5,
            rng.choice(["lin", "log"]), v,
            [rng.choice([0.1, 0.4, -0.3, 1.2]) for _ in range(3)],
            [rng.choice([0, 1, 3]) for _ in range(4)], {"a": rng.uniform(0.0, 1.0), "b": 0.5},
            rng.choice([Color.RED, Color.BLUE]), self._numbers(rng), self.record,
            self._object(rng, v),
        )  # fmt: skip

    def _numbers(self, rng: random.Random) -> Any:
        if self._array == "values":
            return np.array([Value(rng.uniform(-1.0, 1.0)) for _ in range(3)], dtype=object)
        if self._array == "ints":
            return np.array([rng.choice([0, 1, 3]) for _ in range(3)])
        if self._array == "truths":
            return np.array([rng.random() < 0.5 for _ in range(3)])
        numbers = np.array([rng.choice([0.1, 0.4, -0.3]) for _ in range(6)])
        return numbers[::2].astype(np.float32) if self._array == "float32" else numbers[::-2]

    def _object(self, rng: random.Random, v: Value) -> Any:
        p, q, whole = rng.uniform(0.1, 1.0), rng.choice([0.5, -1.0]), rng.choice([1, 2])
        made: dict[str, Callable[[], Any]] = {
            "deque": lambda: collections.deque([p, q], maxlen=3),
            "counter": lambda: Counter(p=whole, r=1),
            "ordered": lambda: collections.OrderedDict(p=p, r=q),
            "default": lambda: collections.defaultdict(float, p=p),
            "point": lambda: Point(p, q), "box": lambda: Box(p, q),
            "space": lambda: types.SimpleNamespace(rate=p),
            "values": lambda: [Value(p), Value(q)], "shared": lambda: [v, Value(q)],
            "nested": lambda: {"p": [[p, q], whole], "q": Value(q)},
            "none": lambda: rng.choice([None, p]), "iterator": lambda: iter([p]),
            "masked": lambda: np.ma.array([p, q], mask=[False, True]),
            "record": lambda: np.array([(p, whole)], dtype=[("p", float), ("r", int)])[0],
            "array": lambda: array.array("d", [p]),
        }  # fmt: skip
        return made[self._kind]() if self._kind in made else self._lasting[self._kind]


def plainly(result: Any) -> Any:
    """A result as what can be compared: numbers by their bits, kinds of containers kept."""
    kind = type(result).__name__
    if isinstance(result, (Value, float)):
        number = result.data if isinstance(result, Value) else result
        return "nan" if number != number else struct.pack("<d", number)
    if isinstance(result, dict):
        return kind, [(plainly(key), plainly(item)) for key, item in result.items()]
    if isinstance(result, (set, frozenset)):
        return kind, sorted(map(repr, map(plainly, result)))
    if isinstance(result, np.ndarray):
        return result.shape, [plainly(item) for item in result.ravel().tolist()]
    if isinstance(result, (list, tuple, collections.deque)):
        return kind, [plainly(item) for item in result]
    if isinstance(result, (Box, Record, types.SimpleNamespace)):
        return kind, plainly(vars(result))
    if isinstance(result, Slots):
        return kind, result.count, result.rate
    if isinstance(result, _BY_KIND) or callable(result):
        return kind
    return kind, repr(result)


_BY_KIND = (Iterator, Model)


def outcome(call: Callable[..., Any], *args: Any) -> tuple[Any, Any]:
    """What a call gives: its result, and that as what can be compared; or its exception."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call(*args)
            return result, plainly(result)
    except Exception as error:  # noqa: BLE001 - whatever a program raises is its outcome
        return error, ("raises", type(error).__name__, str(error))


def leaves_of(tree: Any) -> list[Value]:
    """The Values among the arguments, in order."""
    if isinstance(tree, Value):
        return [tree]
    if isinstance(tree, Model):
        return list(tree.parameters())
    if isinstance(tree, dict):
        tree = list(tree.values())
    elif isinstance(tree, np.ndarray):
        tree = tree.ravel().tolist()
    elif isinstance(tree, Box):
        tree = [tree.low, tree.high]
    parts = tree if isinstance(tree, (list, tuple)) else ()
    return [leaf for part in parts for leaf in leaves_of(part)]


def values_of(result: Any, like: Any) -> list[Value]:
    """The Values of a result at the places where another result has Values, in order."""
    if isinstance(like, Value):
        return [result]
    if isinstance(like, dict):
        pairs = zip(result.values(), like.values(), strict=True)
    elif isinstance(like, (list, tuple)):
        pairs = zip(result, like, strict=True)
    else:
        return []
    return [value for one, other in pairs for value in values_of(one, other)]


def gradients(values: list[Value], leaves: list[Value]) -> list[list[float]]:
    """The gradients of each Value, and of all combined from the last one to the first."""
    if values:
        combined = values[-1] * leaves[0]
        for value in values[-2::-1]:
            combined = combined + value * leaves[0] * 0.5
        values = [*values, combined]
    found = []
    for value in values:
        for leaf in leaves:
            leaf.grad = 0.0
        value.backward()
        found.append([leaf.grad for leaf in leaves])
    return found
