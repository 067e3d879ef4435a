"""Random programs in Python itself, not only in arithmetic: what people write around numbers.

A program is the source of a function `f(x, y, n, k, b, s, v, xs, labels, d, c)` made of statements
drawn from families (dicts, texts, types, ints, loops, exceptions, ...). It is run as it is, and
compiled: the outcomes must agree to the last bit, or the compiled function refuses with TraceError.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import math
import numbers
import random
import struct
import warnings
from collections import Counter, namedtuple
from collections.abc import Callable
from typing import Any, ClassVar

import autodiff as ad
from autodiff import Value
from autodiff.program.tracing.trace import active


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


#: families that work only together with a change of the structures of arguments and results
AWAITING: tuple[str, ...] = ("results",)

SCALE = {0: 1.5, 1: -0.5, 2: 2.25, 3: 0.125, 4: 3.0}
SEEN = frozenset((1, 3, 4, 8))
WORDS = ["no", "one", "two", "many"]

_MATCHES = (
    """\
match I:
    case 0:
        NF = F
    case 1 | 2:
        =F = F
    case _:
        =F = F""",
    """\
match F:
    case int():
        NI = 1
    case float():
        =I = 2
    case _:
        =I = 3""",
    """\
match (B, I % 2):
    case (True, 0):
        NF = F
    case (False, q):
        =F = F + q
    case _:
        =F = 0.75""",
    """\
match c:
    case Color.RED:
        NF = F
    case _:
        =F = F""",
    """\
match V:
    case Value():
        NT = 'value'
    case _:
        =T = 'no'""",
)
_GROUPS = """\
groups = {}
for name, z in zip(labels, xs):
    groups.setdefault(name, []).append(z)
NF = sum(sum(g) / len(g) for g in groups.values())"""


class Maker:
    """Draws a program. Letters in templates stand for parts: F float, I int, B bool, V Value."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.depth = 0
        self.names = {"F": ["x", "y"], "I": ["n", "k"], "B": ["b"], "V": ["v"], "T": ["s"]}
        self.used: set[str] = set()
        self.count = 0

    PARTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "F": (
            "x", "y", "0.5", "(F + F)", "(F * F)", "(F - I)", "abs(F)", "ad.tanh(F)", "ad.sin(F)",
            "(I / 4)", "(I * 0.25)", "max(F, F)", "min(F, 1.5)", "SCALE[I % 5]", "d['a']",
            "xs[I % 3]", "sum(xs)", "(F if B else F)", "(I / (1 + abs(I)))", "round(F, 2)",
            "(F % 1.75)", "(F // 0.5)", "-F", "ad.where(F > F, F, F)", "ad.relu(F)", "F.real",
            "(F ** 2)", "HALVE(F)", "ad.take(xs, I % 3)",
        ),
        "I": (
            "n", "k", "(3)", "(I + I)", "(I - I)", "(I * I)", "(I // 3)", "(I % 5)", "(I & 1)",
            "(I | I)", "(I ^ I)", "(I << 2)", "(I >> 1)", "~I", "-I", "abs(I)", "len(xs)",
            "int(F * 4)", "math.floor(F)", "math.ceil(F)", "round(F)", "(B + I)",
            "sum(z > F for z in xs)",
            "divmod(I, 4)[1]", "pow(I % 5, 3, 7)", "I.bit_length()", "labels[I % 4]", "hash(I)",
            "(I ** 2)", "max(I, I)", "labels.index(labels[2])", "len(f'{I}')", "int(str(I % 50))",
            "(I * I * I * I * 9176543210987)", "I.numerator", "(5 & I)", "(2 ** (I % 6))",
            "int.from_bytes((I % 200).to_bytes(2, 'big'), 'big')", "ord(WORDS[I % 4][0])",
        ),
        "B": (
            "b", "(F > F)", "(I == I)", "(F < 0.3)", "(I in SEEN)", "(not B)", "(B and B)",
            "(B or B)", "(B & B)", "(B ^ B)", "isinstance(F, float)", "isinstance(I, int)",
            "isinstance(V, Value)", "isinstance(F, Value)", "isinstance(B, bool)",
            "isinstance(I, bool)", "isinstance(F, numbers.Real)", "isinstance(V, float)",
            "math.isnan(F)", "math.isfinite(F)", "(0 < I <= 4)", "(V > 0.5)", "F.is_integer()",
            "(type(F) == float)", "(type(I) in (int, str))", "bool(I)", "(s == 'lin')",
            "(c is Color.RED)", "hasattr(F, 'data')", "(f'{F:.1f}' == '0.5')", "callable(F)",
        ),
        "V": (
            "v", "w", "(V * F)", "(V + V)", "(F * V)", "(V * V)", "ad.tanh(V)", "(V - I)",
            "ad.where(V > F, V, V)", "ad.where(V > V, V * V, V)", "(V if B else -V)",
            "ad.sigmoid(V)",
            "(V / (2 + I % 3))", "ad.maximum(V, w)", "V * SCALE[I % 5]", "Value(F)",
            "ad.exp(ad.tanh(V))",
        ),
        "T": (
            "s", "f'{I}'", "f'{F:.2f}'", "str(B)", "'%d' % I", "'%.1f' % F", "'{}'.format(I)",
            "kind_name(F)", "kind_name(I)", "kind_name(B)", "kind_name(V)", "repr(F)", "c.name",
            "'%s-%s' % (I, B)", "type(I).__name__[:0] + 'i'", "WORDS[I % 4]", "f'{I:04d}|{B}'",
        ),
    }  # fmt: skip

    STATEMENTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "arithmetic": ("NF = F", "NI = I", "NB = B", "NV = V", "NT = T"),
        "branches": (
            "if B:\n    NF = F\nelse:\n    =F = F",
            "NV = V\nif B:\n    =V = V",
            "if B:\n    return {'early': F, 'v': V}",
        ),
        "dicts": (
            "NF = {True: F, False: F}[B]",
            "NF = SCALE.get(I, F)",
            "NI = Counter(labels)[I]",
            _GROUPS,
            "NI = len({*labels, I})",
            "memo = {I: F, I: F}\nNF = sum(memo.values())",
            "NI = len(set(labels) & SEEN)",
            "NF = d.get('b', 0.0) * len(d)",
        ),
        "texts": ("NT = T", "NI = len(T)", "NF = {'1': F, '2': F}.get(f'{I}', 0.25)",
                  "NB = T == T"),
        "match": _MATCHES,
        "loops": (
            "NF = F\nfor i in range(I % 4):\n    =F = =F * 0.5 + i",
            "NF = abs(F) + 3.0\nwhile =F > 1.0:\n    =F = =F / 2",
            "NF = 0.0\nfor z in xs:\n    if z > F:\n        break\n    =F = =F + z",
            "NI = 0\nfor i, z in enumerate(xs):\n    =I += i if z > F else 2",
            "NV = V\nfor z in xs:\n    =V = =V * z + V",
            "NF = [z for z in xs if z > 0.2][:1][0] if xs[0] > 0.2 else F",
        ),
        "sorting": (
            "NF = sorted(xs)[0]", "NI = sorted(labels, key=lambda q: -q)[1]",
            "NF = max(xs, key=lambda z: -z)", "NI = min(range(3), key=lambda i: xs[i])",
            "NI = sorted(labels, reverse=True).index(max(labels))",
        ),
        "closures": (
            "def inner(q, factor=F):\n    return q * factor + x\nNF = inner(F)",
            "NF = (lambda q: q * F)(y)", "NF = HALVE(F) + DOUBLE(F)",
            "NF = functools.reduce(lambda p, q: p * 0.5 + q, xs, F)",
        ),
        "containers": (
            "p = Point(F, I)\nNF = p.x * p.y", "box = Box(F, V)\nNV = box.low * box.high",
            "a, *rest = xs\nNF = a - sum(rest)",
            "q = collections.deque(xs)\nq.rotate(I % 3)\nNF = q[0]",
            "NF = sum(p * q for p, q in zip(xs, xs[1:]))",
        ),
        "exceptions": (
            "try:\n    NF = SCALE[I]\nexcept KeyError:\n    =F = F",
            "try:\n    NF = F / (I % 3)\nexcept ZeroDivisionError:\n    =F = -1.0",
            "if I > 40:\n    raise ValueError(f'too large: {I}')",
            "try:\n    NI = WORDS.index(T)\nexcept ValueError:\n    =I = -1",
            "ad.log(F + 1.5)", "ad.acosh(F + 2.0)", "NF = ad.sqrt(F + 3.0)",
        ),
        "results": ("return [Point(F, V), {I: F}, {I, I}]", "return Counter(labels)"),
    }  # fmt: skip

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
                and after in self.PARTS
                and not before.isalnum()
                and (letter == "=" or template[at + 2 : at + 4] == " =")
            ):
                made.append(self.new(after) if letter == "N" else self.latest[after])
                skip = True
            elif letter in self.PARTS and not (
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
        return self.fill(self.rng.choice(self.PARTS[letter]))

    def program(self, statements: int, without: tuple[str, ...] = ()) -> str:
        """The source of a program."""
        self.latest: dict[str, str] = {}
        lines = []
        families = [name for name in self.STATEMENTS if name not in without]
        for _ in range(statements):
            family = self.rng.choice(families)
            self.used.add(family)
            self.pending: list[tuple[str, str]] = []
            text = self.fill(self.rng.choice(self.STATEMENTS[family]))
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
        head = "def f(x, y, n, k, b, s, v, xs, labels, d, c):\n    ran()\n"
        return head + "\n".join("    " + line for line in lines)


class Run:
    """A program ready to be called; counts the calls that were no trace."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.eager = 0
        self.w = Value(0.75, "w")
        names: dict[str, Any] = {
            "ad": ad, "Value": Value, "math": math, "numbers": numbers, "Counter": Counter,
            "collections": collections, "functools": functools, "Color": Color, "Point": Point,
            "Box": Box, "SCALE": SCALE, "SEEN": SEEN, "WORDS": WORDS, "kind_name": kind_name,
            "HALVE": Scaler(0.5), "DOUBLE": Scaler(2.0), "w": self.w, "ran": self._ran,
        }  # fmt: skip
        exec(source, names)  # noqa: S102 - the programs are made above
        self.f = names["f"]

    def _ran(self) -> None:
        self.eager += active() is None


def arguments(rng: random.Random) -> tuple[Any, ...]:
    """Arguments of a call; few different ints, as labels are."""
    return (
        rng.choice([0.5, -1.25, 2.0, round(rng.uniform(-2, 2), 3)]), rng.uniform(0.1, 2.0),
        rng.choice([0, 1, 2, 3, 5, 8]), rng.choice([1, 2, 7]), rng.random() < 0.5,
        rng.choice(["lin", "log"]), Value(rng.choice([0.25, 1.5, -0.5]), "v"),
        [rng.choice([0.1, 0.4, -0.3, 1.2]) for _ in range(3)],
        [rng.choice([0, 1, 3]) for _ in range(4)], {"a": rng.uniform(0.0, 1.0), "b": 0.5},
        rng.choice([Color.RED, Color.BLUE]),
    )  # fmt: skip


def plainly(result: Any) -> Any:
    """A result as what can be compared: numbers by their bits, kinds of containers kept."""
    if isinstance(result, (Value, float)):
        number = result.data if isinstance(result, Value) else result
        return "nan" if number != number else struct.pack("<d", number)
    if isinstance(result, dict):
        items = [(plainly(key), plainly(item)) for key, item in result.items()]
        return type(result).__name__, items
    if isinstance(result, (set, frozenset)):
        return type(result).__name__, sorted(map(repr, map(plainly, result)))
    if isinstance(result, (list, tuple)):
        return type(result).__name__, [plainly(item) for item in result]
    return type(result).__name__, repr(result)


def outcome(call: Callable[[], Any]) -> tuple[Any, Any]:
    """What a call gives: its result, and that as what can be compared; or its exception."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call()
            return result, plainly(result)
    except Exception as error:  # noqa: BLE001 - whatever a program raises is its outcome
        return error, ("raises", *[kind for kind in _BUILT_IN if isinstance(error, kind)])


_BUILT_IN = (
    ValueError, ZeroDivisionError, OverflowError, KeyError, IndexError, TypeError, AttributeError,
)  # fmt: skip


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


def gradients(values: list[Value], leaves: list[Value]) -> list[list[str]]:
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
