"""What a function does to the objects that it is given, and what stands in the place of others."""

from __future__ import annotations

import collections
import math
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError


class Box:
    """An object of no known kind."""

    def __init__(self) -> None:
        self.count, self.items, self.table = 0, [1.0], {"a": [2.0]}
        self.queue, self.members, self.bytes = collections.deque([1]), {1}, bytearray(b"a")
        self.array, self.words = np.array([1.0, 2.0]), np.array([1.0, [2]], dtype=object)
        self.rng, self.draws = random.Random(3), np.random.default_rng(3)
        self.legacy = np.random.RandomState(3)
        self.inner: Any = types.SimpleNamespace(n=0)

    def bump(self) -> int:
        """Count, and say how far."""
        self.count += 1
        return self.count


class Slots:
    """Attributes in slots."""

    __slots__ = ("count", "late")

    def __init__(self) -> None:
        self.count = 0

    def bump(self) -> int:
        """Count, and say how far."""
        self.count += 1
        return self.count


class Counting(nn.Module):
    """A module that counts, and is an argument."""

    def __init__(self) -> None:
        self.count = 0

    def bump(self) -> int:
        """Count, and say how far."""
        self.count += 1
        return self.count


def _late(thing: Any) -> float:
    thing.late = 1.0
    return 1.0


def _gone(thing: Any) -> float:
    del thing.count
    return 1.0


WRITERS: list[tuple[Callable[[], Any], Callable[[Any], float]]] = [
    (Box, lambda b: b.bump()),
    (Box, _late),
    (Box, _gone),
    (Box, lambda b: b.items.append(1.0) or len(b.items)),
    (Box, lambda b: b.table["a"].append(1.0) or len(b.table["a"])),
    (Box, lambda b: b.table.update(b=1.0) or len(b.table)),
    (Box, lambda b: b.table.pop("a")[0]),
    (Box, lambda b: b.queue.append(1) or len(b.queue)),
    (Box, lambda b: b.members.add(2) or len(b.members)),
    (Box, lambda b: b.bytes.append(2) or len(b.bytes)),
    (Box, lambda b: b.array.__setitem__(0, 5.0) or 1.0),
    (Box, lambda b: b.words.__setitem__(0, 5.0) or 1.0),
    (Box, lambda b: b.words[1].append(5.0) or 1.0),
    (Box, lambda b: b.rng.random()),
    (Box, lambda b: float(b.draws.normal())),
    (Box, lambda b: float(b.legacy.normal())),
    (Box, lambda b: b.inner.__setattr__("n", 1) or 1.0),
    (Slots, lambda s: s.bump()),
    (Slots, _late),
    (Slots, _gone),
    (Counting, lambda m: m.bump()),
    (lambda: Box().bump, lambda bump: bump()),
    (lambda: random.Random(1), lambda rng: rng.gauss(0.0, 1.0)),
    (lambda: np.random.default_rng(1), lambda rng: float(rng.normal())),
]


def _seen(thing: Any) -> str:
    """All that a thing holds, as a text."""
    if isinstance(thing, types.MethodType):
        return _seen(thing.__self__)
    if isinstance(thing, random.Random):
        return repr(thing.getstate())
    if isinstance(thing, np.random.Generator):
        return repr(thing.bit_generator.state)
    if isinstance(thing, np.random.RandomState):
        return repr(thing.get_state(legacy=False))
    if isinstance(thing, (list, tuple)):
        return repr([_seen(part) for part in thing])
    held = getattr(thing, "__dict__", None)
    if held is None and hasattr(thing, "__slots__"):
        held = {name: getattr(thing, name, "nothing") for name in thing.__slots__}
    if held is None:
        return repr(thing)
    return repr({name: _seen(part) for name, part in held.items()})


@pytest.mark.parametrize("number", range(len(WRITERS)))
def test_what_is_done_to_objects_is_refused_and_undone(number: int) -> None:
    """A counter in an argument was raised by the first call alone, and its number came back."""
    make, write = WRITERS[number]
    thing = make()
    before = _seen(thing)
    for compiled in (jit(lambda t, x: write(t) * x), vmap(lambda t, x: write(t) * x, (None, 0))):
        with pytest.raises(TraceError, match="writes to an argument"):
            compiled(thing, [2.0, 3.0] if "vmap" in repr(compiled) else 2.0)
        assert _seen(thing) == before


def test_a_function_that_raises_writes_once() -> None:
    """It is run again as it is, after what the trace has done was undone."""
    box = Box()

    def f(box: Box, x: float) -> float:
        box.bump()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        jit(f)(box, 1.0)
    assert box.count == 1


def test_objects_that_are_read_are_answered() -> None:
    box, g = Box(), jit(lambda box, x: (x * len(box.items) * box.array[1], box))
    for x in (1.0, 2.0):
        number, same = g(box, x)
        assert (number.data, same is box) == (x * 2.0, True)
    assert "1 structure" in g.explain() or len(g._variants) == 1


def test_dicts_with_an_order_of_their_own() -> None:
    """`move_to_end` changes the order of an OrderedDict and not that of the dict below it."""

    def f(n: int, x: float) -> Any:
        made = collections.OrderedDict({n: x, n + 1: x * 2.0})
        made.move_to_end(n)
        return made

    g = jit(f)
    for n, x in ((1, 2.0), (1, 3.0), (4, 5.0)):
        got = g(n, x)
        assert [(k, v.data) for k, v in got.items()] == list(f(n, x).items())


# ---- what stands in the place of others ----------------------------------------------------------

PLACES = {
    "a module": (
        "import types; m = types.ModuleType('m'); m.w = Value(2.0)\ndef f(x): return m.w * x",
        "m.w = Value(5.0)",
    ),
    "a function of a module": (
        ("import types; m = types.ModuleType('m'); m.w = Value(2.0)\n"
        "exec('def g(x): return w * x', vars(m)); m.g.__module__ = 'm'\n"
        "def f(x): return m.g(x)"),
        "m.w = Value(5.0)",
    ),
    "a function in a module's place": (
        ("import types; m = types.ModuleType('m'); m.g = lambda x: x * 2.0\n"
        "def f(x): return m.g(x)"),
        "m.g = lambda x: x * 5.0",
    ),
    "a class": ("class C:\n    w = Value(2.0)\ndef f(x): return C.w * x", "C.w = Value(5.0)"),
    "a base class": (
        "class B:\n    w = Value(2.0)\nclass C(B): pass\ndef f(x): return C.w * x",
        "B.w = Value(5.0)",
    ),
    "another class": (
        "class C:\n    k = 2.0\ndef f(x): return C.k * x", "class C:\n    k = 5.0"),
    "a class method": (
        ("w = Value(2.0)\nclass C:\n    @classmethod\n    def m(cls, x): return w * x\n"
        "def f(x): return C.m(x)"), "w = Value(5.0)",
    ),
    "a property": (
        ("class C:\n    v = Value(2.0)\n    @property\n    def w(self): return self.v\n"
        "c = C()\ndef f(x): return c.w * x"), "C.w = property(lambda self: Value(5.0))",
    ),
    "a method": (
        "class C:\n    def m(self, x): return x * 2.0\nc = C()\ndef f(x): return c.m(x)",
        "C.m = lambda self, x: x * 5.0",
    ),
    "a slot": (
        "class C:\n    __slots__ = ('w',)\nc = C(); c.w = Value(2.0)\ndef f(x): return c.w * x",
        "c.w = Value(5.0)",
    ),
    "an object inside an object": (
        "class C: pass\nc = C(); c.d = C(); c.d.w = Value(2.0)\ndef f(x): return c.d.w * x",
        "d = C(); d.w = Value(5.0); c.d = d",
    ),
    "a default": ("def f(x, w=Value(2.0)): return w * x", "f.__defaults__ = (Value(5.0),)"),
    "a keyword's default": (
        "def f(x, *, w=Value(2.0)): return w * x", "f.__kwdefaults__ = {'w': Value(5.0)}"),
    "an item of them": (
        "def f(x, *, w=Value(2.0)): return w * x", "f.__kwdefaults__['w'] = Value(5.0)"),
    "an attribute of a function": (
        "def f(x): return f.w * x\nf.w = Value(2.0)", "f.w = Value(5.0)"),
    "the code of a function": (
        "def g(x): return x * 2.0\ndef f(x): return g(x)",
        "g.__code__ = (lambda x: x * 5.0).__code__",
    ),
    "a built-in function": (
        "import operator; act = operator.pos\ndef f(x): return 2.0 * act(x)",
        "act = operator.neg",
    ),
    "a class of a module of nn": (
        ("class M(nn.Module):\n    rate = 2.0\n    def forward(self, x): return x * self.rate\n"
        "f = M()"), "M.rate = 5.0",
    ),
    "a base of a module of nn": (
        ("class B(nn.Module):\n    rate = 2.0\nclass M(B):\n"
        "    def forward(self, x): return x * self.rate\nf = M()"), "B.rate = 5.0",
    ),
    "a module's forward": (
        "class M(nn.Module):\n    def forward(self, x): return x * 2.0\nf = M()",
        "M.forward = lambda self, x: x * 5.0",
    ),
    "a list in a module's class": (
        ("class M(nn.Module):\n    rates = [Value(2.0)]\n"
        "    def forward(self, x): return x * self.rates[0]\nf = M()"),
        "M.rates[0] = Value(5.0)",
    ),
}  # fmt: skip


def _number(y: Any) -> float:
    return y.data if isinstance(y, Value) else y


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("exact", [False, True])
def test_what_is_put_in_the_place_of_another_is_noticed(place: str, exact: bool) -> None:
    """Only names, cells, and attributes of the first level were looked at."""
    source, change = PLACES[place]
    names: dict[str, Any] = {"Value": Value, "nn": nn, "__name__": "lesson"}
    exec(source, names)  # noqa: S102 - the table above
    f = names["f"]
    compiled, mapped = jit(f, exact=exact), vmap(f)
    for _ in range(2):
        assert compiled(3.0).data == _number(f(3.0)) == mapped([3.0])[0].data
    exec(change, names)  # noqa: S102 - the same
    for _ in range(2):
        assert compiled(3.0).data == _number(f(3.0)) == mapped([3.0])[0].data


# ---- results -------------------------------------------------------------------------------------


def test_a_compiled_function_inside_another_gives_values() -> None:
    """Inside a trace it ran as it is, and gave the plain float that it returns nowhere else."""
    square, halves = jit(lambda q: q * q), vmap(lambda q: q * 0.5)
    table = jit(lambda q: {"a": [q * q, 1, True], "b": 2.0})

    def f(x: float, n: int) -> Any:
        kinds = [isinstance(y, Value) for y in (square(x), square(n), halves([x])[0])]
        made: Any = table(x)
        return *kinds, *(isinstance(part, Value) for part in (*made["a"], made["b"])), made["a"][0]

    for compiled in (jit(f), jit(f, exact=True)):
        for x, n in ((1.5, 2), (2.5, 3)):
            *want, number = f(x, n)
            *got, same = compiled(x, n)
            assert got == want and same.data == number.data


def test_vmap_of_a_compiled_function_refuses_what_that_refuses() -> None:
    """It asked the compiled function again, as the plain one, and so on without end."""
    with pytest.raises(TraceError, match="masked"):
        vmap(jit(lambda row: row.sum()))([np.ma.array([1.0, 2.0], mask=[True, False])])


def test_keys_keep_their_kind() -> None:
    """np.int64(3) and True came back as the ints 3 and 1."""

    def f(x: float, n: int, a: Any) -> Any:
        return {a[0]: x, n: x, x > 1.0: x}

    g = jit(f)
    for x, n, a in ((0.5, 5, np.array([3])), (0.75, 5, np.array([3])), (2.0, 6, np.array([4]))):
        assert [(type(k), k) for k in g(x, n, a)] == [(type(k), k) for k in f(x, n, a)]


def test_numbers_compared_with_entries_of_arrays() -> None:
    """The answer is one of NumPy's, and a sum of those an int of NumPy's."""

    def f(n: int, a: Any) -> Any:
        return [type(answer).__name__ for answer in (n > a[0], n == a[0], n > a[0] + 0.5)]

    for n in (1, 3):
        assert jit(f)(n, np.array([2])) == f(n, np.array([2]))


# ---- printed Python ------------------------------------------------------------------------------

PRINTED: list[Callable[[Any], Any]] = [
    ad.relu,
    lambda x: ad.relu(x) * ad.relu(1.0 - x),
    lambda x: ad.relu(x * math.nan),
    lambda x: ad.where(x > 0.0, x, x * math.inf),
    lambda x: ad.where(x > 0.0, ad.where(x > 1.0, x * x, x), -x),
    lambda x: ad.minimum(x * x, x) + ad.maximum(x, 2.0 * x),
    lambda x: ad.where((x > 0.0) & (x < 1.0), x, -x) + ad.where((x < 0.0) | (x > 1.0), x, 3.0),
    lambda x: ad.where((x > 0.0) ^ (x > 1.0), x, -x) * (x > 0.5) + (x == 1.0),
    lambda x: ad.take([x, x * x, 2.0 * x], 1),
    lambda x: ad.softmax([x, 2.0 * x, 1.0])[0],
    lambda x: [x * x, ad.tanh(x)][0],
    lambda x: ad.relu(ad.relu(x) * 2.0 - ad.relu(-x)),
    lambda x: ad.where(x >= 0.0, 1.0 / (1.0 + ad.exp(-x)), ad.tanh(x)),
    lambda x: ad.where(x > math.nan, x, 2.0 * x),
    lambda x: ad.relu6(x * 4.0) + ad.clip(x, -1.0, 1.0),
]


@pytest.mark.parametrize("number", range(len(PRINTED)))
def test_printed_python_has_the_numbers_of_the_engine(number: int) -> None:
    """What f dropped was a result too, with its gradient in the sum; below a selection that chose
    otherwise 0 * inf was nan, and nan into relu had the slope 1.
    """
    f = PRINTED[number]
    names: dict[str, Any] = {}
    exec(ad.to_python(f), names)  # noqa: S102 - the printed source is what is tested
    (printed,) = [g for name, g in names.items() if name.endswith("_and_gradient")]
    points = (0.0, 1.0, -1.0, 0.5, 2.0, -0.25, 1e-300, math.inf, -math.inf, math.nan)
    for at in points:
        x = Value(at)
        try:
            y = f(x)
            y.backward()
        except (ValueError, ArithmeticError):
            continue
        value, (slope,) = printed(at)
        assert repr((value, slope + 0.0)) == repr((y.data, x.grad + 0.0)), at
