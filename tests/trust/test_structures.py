"""How jit and vmap tell arguments apart: faults of identity, equality and of what holds numbers."""

from __future__ import annotations

import array
import decimal
import enum
import fractions
import gc
import math
import types
import warnings
import weakref
from collections import Counter, OrderedDict, UserList, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.jit import JitWarning
from autodiff.program.tracing.trace import TraceError

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
w = Value(2.0)


def matrix(rows: list[list[float]]) -> Any:
    return np.array(rows).view(np.matrix)


# ---- identities of things that are gone ------------------------------------------------------


def test_rows_that_are_made_when_they_are_asked_for() -> None:
    """They were told apart by dead weak references and ids that were used again: [0, 0, 0]."""
    rows = np.ma.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    assert [y.data for y in vmap(lambda r: w * r[0])(rows)] == [0.0, 4.0, 8.0]


class Lazy:
    """A sequence that makes its rows anew, in a class of its own."""

    class Row:
        def __init__(self, number: float) -> None:
            self.number = number

    def __init__(self, count: int) -> None:
        self.count, self.made = count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, at: int) -> Row:
        self.made += 1
        return self.Row(float(at))


def test_each_entry_of_a_lazy_sequence_is_asked_for_once() -> None:
    lazy = Lazy(5)
    assert [y.data for y in vmap(lambda row: w * row.number)(lazy)] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert lazy.made == 5


@pytest.mark.parametrize(
    "make",
    [lambda: array.array("d", [1.0, 2.0, 3.0]), lambda: deque([1.0, 2.0, 3.0]),
     lambda: memoryview(array.array("d", [1.0, 2.0, 3.0])), lambda: range(1, 4),
     lambda: UserList([1.0, 2.0, 3.0]), lambda: np.array([1.0, 2.0, 3.0]),
     lambda: np.ma.array([1.0, 2.0, 3.0])],
)  # fmt: skip
def test_vmap_maps_over_what_has_a_length_and_entries(make: Callable[[], Any]) -> None:
    each = vmap(lambda x: w * x)
    for _ in range(2):
        assert [y.data for y in each(make())] == [2.0, 4.0, 6.0]


def test_fresh_functions_as_arguments() -> None:
    """From the 65th call on this was a KeyError, and the function stayed broken."""
    g = jit(lambda fn, x: fn(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        for k in range(300):
            assert g(lambda t, k=k: t * k, 1.5).data == 1.5 * k
    assert len(g._variants) <= 64


def test_objects_whose_id_is_used_again() -> None:
    class Scale:
        def __init__(self, number: float) -> None:
            self.number = number

    f = jit(lambda scale, x: scale.number * x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        for number in range(200):
            assert f(Scale(number), 3.0).data == 3.0 * number


def test_static_arguments_are_not_kept_alive() -> None:
    class Scale:
        number = 3.0

    f, scale = jit(lambda scale, x: scale.number * x), Scale()
    assert f(scale, 2.0).data == 6.0
    gone = weakref.ref(scale)
    del scale
    gc.collect()
    assert gone() is None


# ---- structures that are equal and not the same ----------------------------------------------


class Text(str):
    __slots__ = ()


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


Pair = namedtuple("Pair", "a b")
OTHER = namedtuple("Pair", "a b")  # type: ignore[name-match]  # two kinds of one name
nan = float("nan")


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ({1: 2.0}, {True: 2.0}, lambda d: type(next(iter(d))).__name__),
        ({1: 2.0}, {1.0: 2.0}, lambda d: type(next(iter(d))).__name__),
        ({0.0: 2.0}, {-0.0: 2.0}, lambda d: math.copysign(1.0, next(iter(d)))),
        ({"a": 2.0, "b": 3.0}, {"b": 2.0, "a": 3.0}, lambda d: next(iter(d))),
        ({(1, 2): 2.0}, {(True, 2): 2.0}, lambda d: type(next(iter(d))[0]).__name__),
        ({"k": 2.0}, {Text("k"): 2.0}, lambda d: type(next(iter(d))).__name__),
        (1, True, lambda x: type(x) is bool),
        (0j, -0j, lambda z: math.copysign(1.0, z.real)),
        (complex(0.0, 0.0), complex(0.0, -0.0), lambda z: math.copysign(1.0, z.imag)),
        (range(0, 4, 2), range(0, 3, 2), lambda r: r.stop),
        (slice(0, 1), slice(False, 1), lambda s: type(s.start).__name__),
        ((1.0, 2.0), Pair(1.0, 2.0), lambda t: type(t).__name__),
        (Pair(1.0, 2.0), OTHER(1.0, 2.0), lambda t: type(t) is Pair),
        ([1.0], (1.0,), lambda t: type(t).__name__),
        ([1.0], deque([1.0]), lambda t: type(t).__name__),
        (deque([1.0]), deque([1.0], maxlen=3), lambda t: t.maxlen or 0),
        (defaultdict(int, a=1.0), defaultdict(list, a=1.0), lambda d: d.default_factory.__name__),
        ({"a": 1.0}, OrderedDict(a=1.0), lambda d: type(d).__name__),
        ({"a": 1}, Counter(a=1), lambda d: type(d).__name__),
        ({1, 2}, frozenset({1, 2}), lambda s: type(s).__name__),
        ({1, 2}, {1.0, 2.0}, lambda s: type(next(iter(s))).__name__),
        ({8, 0}, {0, 8}, lambda s: str(list(s))),
        (Colour.RED, Colour.BLUE, lambda c: c is Colour.RED),
        (Level.LOW, Level.HIGH, lambda c: c is Level.LOW),
        (Level.LOW, 1, lambda c: isinstance(c, Level)),
        (decimal.Decimal("1.0"), decimal.Decimal("1.00"), str),
        (fractions.Fraction(1, 3), fractions.Fraction(1, 4), lambda q: q.denominator),
        (date(2020, 1, 1), date(2020, 1, 2), lambda d: d.day),
        (b"a", bytearray(b"a"), lambda b: type(b).__name__),
        (bytearray(b"a"), bytearray(b"b"), lambda b: b[0]),
        (2**60, 2**60 + 1, lambda n: n % 2),
        (None, ..., lambda x: x is None),
        (np.array([True]), np.array([False]), lambda a: bool(a[0])),
        (np.array(["a"]), np.array(["b"]), lambda a: str(a[0])),
        (np.array([2**60]), np.array([2**60 + 1]), lambda a: int(a[0]) % 2),
        (np.array([[1.0, 2.0]]), matrix([[1.0, 2.0]]), lambda a: a[0].ndim),
        (math.sin, math.cos, lambda f: f.__name__),
        (int, float, lambda k: k.__name__),
    ],
)
def test_equal_is_not_the_same(one: Any, other: Any, seen: Callable[[Any], Any]) -> None:
    """The trace of the one answered for the other."""

    def f(thing: Any, x: float) -> Any:
        return {str(seen(thing)): w * x}

    compiled, exact = jit(f), jit(f, exact=True)
    mapped = vmap(f, in_axes=(None, 0))
    for thing in (one, other, one, other):
        (expected,) = f(thing, 1.0)
        assert list(compiled(thing, 1.0)) == [expected]
        assert list(exact(thing, 1.0)) == [expected]
        assert [list(each) for each in mapped(thing, [1.0, 3.0])] == [[expected]] * 2
    assert len(compiled._variants) == 2


def test_a_call_by_name_is_another_structure_than_its_dict() -> None:
    f = jit(lambda *args, **kwargs: w * len(args) + len(kwargs))
    assert [f((1.0,), {"a": 2.0}).data, f(1.0, a=2.0).data] == [4.0, 3.0]
    assert [f(1.0, 2.0).data, f(1.0).data, f(*[1.0] * 3).data] == [4.0, 2.0, 6.0]


def test_nan_as_a_key() -> None:
    f = jit(lambda d: w * sum(d.values()))
    for _ in range(3):
        assert f({float("nan"): 1.0}).data == 2.0
    assert len(f._variants) == 1


def test_bound_methods_are_the_same_when_their_objects_are() -> None:
    class Scale:
        def __init__(self, number: float) -> None:
            self.number = number

        def times(self, x: Any) -> Any:
            return self.number * x

    f, one, other = jit(lambda fn, x: fn(x)), Scale(2.0), Scale(3.0)
    for _ in range(3):
        assert (f(one.times, 1.0).data, f(other.times, 1.0).data) == (2.0, 3.0)
    assert len(f._variants) == 2


# ---- what holds numbers is data, or is refused -------------------------------------------------


@dataclass
class Point:
    x: Any
    y: Any = 0.0


@dataclass(frozen=True, slots=True)
class Fixed:
    x: Any
    y: Any = 0.0


class Marked(list):  # type: ignore[type-arg]  # as users write it
    scale = 1.0


def marked(numbers: list[float], scale: float) -> Marked:
    made = Marked(numbers)
    made.scale = scale
    return made


#: two of a kind with other numbers, and what f makes of them
DATA: list[tuple[str, Any, Any, Callable[[Any], Any]]] = [
    ("float", 1.5, 2.5, lambda x: w * x),
    ("int", 3, 4, lambda x: w * x),
    ("float32", np.float32(1.5), np.float32(2.5), lambda x: w * x),
    ("int64", np.int64(3), np.int64(4), lambda x: w * x),
    ("fraction", fractions.Fraction(1, 3), fractions.Fraction(1, 7), lambda x: w * x),
    ("list", [1.0, 2.0], [3.0, 4.0], lambda xs: w * xs[0] + xs[1]),
    ("rows", [[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]], lambda xs: w * xs[0][1]),
    ("named tuple", Pair(1.0, 2.0), Pair(3.0, 4.0), lambda p: w * p.a + p.b),
    ("dict", {"a": 1.0}, {"a": 2.0}, lambda d: w * d["a"]),
    ("dict of numbers", {1: 1.0}, {1: 2.0}, lambda d: w * d[1]),
    ("default dict", defaultdict(int, a=1.0), defaultdict(int, a=2.0),
     lambda d: w * d["a"]),
    ("ordered dict", OrderedDict(a=1.0), OrderedDict(a=2.0), lambda d: w * d["a"]),
    ("counter", Counter("aab"), Counter("abbb"), lambda d: w * d["b"]),
    ("deque", deque([1.0, 2.0]), deque([3.0, 4.0]), lambda q: w * q[-1]),
    ("list subclass", marked([1.0], 5.0), marked([1.0], 6.0), lambda m: w * m[0] * m.scale),
    ("dataclass", Point(1.0, 2.0), Point(3.0, 4.0), lambda p: w * p.x + p.y),
    ("frozen slots", Fixed(1.0, 2.0), Fixed(3.0, 4.0), lambda p: w * p.x + p.y),
    ("namespace", types.SimpleNamespace(a=1.0), types.SimpleNamespace(a=2.0),
     lambda n: w * n.a),
    ("array", np.array([1.0, 2.0]), np.array([3.0, 4.0]), lambda a: w * a[0] + a[1]),
    ("int array", np.array([1, 2]), np.array([3, 4]), lambda a: w * a[0] + a[1]),
    ("array of wide ints", np.array([2**60]), np.array([2**60 + 2**10]), lambda a: w * int(a[0])),
    ("array of no axes", np.array(1.5), np.array(2.5), lambda a: w * a[()]),
    ("matrix", matrix([[1.0, 2.0]]), matrix([[3.0, 4.0]]),
     lambda m: w * (m * m.T)[0, 0]),
    ("objects", np.array([1.0, [2.0]], dtype=object), np.array([3.0, [4.0]], dtype=object),
     lambda a: w * a[0] + a[1][0]),
    ("set", {1.0, 2.0}, {1.0, 4.0}, lambda s: w * max(s)),
    ("frozen set", frozenset({1.0, 2.0}), frozenset({1.0, 4.0}), lambda s: w * max(s)),
    ("bytes", b"ab", b"ac", lambda b: w * b[1]),
    ("bytearray", bytearray(b"ab"), bytearray(b"ac"), lambda b: w * b[1]),
    ("complex", 1 + 2j, 1 + 3j, lambda z: w * z.imag),
    ("range", range(3), range(4), lambda r: w * sum(r)),
    ("slice", slice(0, 2), slice(0, 3), lambda s: w * sum([1.0, 2.0, 3.0][s])),
    ("Values", [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], lambda vs: vs[0] * vs[1]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "one", "other", "f"), DATA, ids=[row[0] for row in DATA])
def test_arguments_that_hold_numbers_are_data(
    name: str, one: Any, other: Any, f: Callable[[Any], Any]
) -> None:
    compiled, exact, mapped = jit(f), jit(f, exact=True), vmap(f)
    for thing in (one, other, one):
        expected = f(thing).data
        assert compiled(thing).data == expected
        assert exact(thing).data == expected
        assert [y.data for y in mapped([thing, thing])] == [expected] * 2
    assert [y.data for y in vmap(f)([one, other])] == [f(one).data, f(other).data]


def test_arrays_in_files(tmp_path: Any) -> None:
    """Memory maps crashed."""
    numbers = np.memmap(tmp_path / "numbers", dtype=float, shape=(3, 2), mode="w+")
    f, each = jit(lambda a: w * a[1][0]), vmap(lambda r: w * r[0])
    for number in (1.0, 5.0):
        numbers[:] = number
        assert f(numbers).data == 2.0 * number
        assert [y.data for y in each(numbers)] == [2.0 * number] * 3


class Steps(np.ndarray):
    """A user's kind of array."""


class Metres(float):
    __slots__ = ()


class Box:
    """Something with numbers inside that is no container of Python's."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: int) -> float:
        return self.numbers[at]


def _generated() -> Iterator[float]:
    yield 1.0


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "array.array": (lambda: array.array("d", [1.0]), "pass list"),
    "memoryview": (lambda: memoryview(b"1"), "pass list"),
    "generator": (_generated, "pass list"),
    "iterator": (lambda: iter([1.0]), "pass list"),
    "map": (lambda: map(float, [1]), "pass list"),
    "enumerate": (lambda: enumerate([1.0]), "pass list"),
    "keys": (lambda: {1.0: 2.0}.keys(), "pass list"),
    "values": (lambda: {1.0: 2.0}.values(), "pass list"),
    "items": (lambda: {1.0: 2.0}.items(), "pass list"),
    "mapping proxy": (lambda: types.MappingProxyType({"a": 1.0}), "pass dict"),
    "user list": (lambda: UserList([1.0]), "pass list"),
    "user's sequence": (lambda: Box(1.0), "pass list"),
    "set of Values": (lambda: {Value(1.0)}, "pass list"),
    "kind of float": (lambda: Metres(1.0), "pass float"),
    "kind of text": (lambda: Text("a"), "pass str"),
    "masked array": (lambda: np.ma.array([1.0], mask=[True]), "filled"),
    "record array": (lambda: np.rec.array([(1.0, 2)], dtype=[("a", float), ("b", int)]), "dict"),
    "record": (lambda: np.array([(1.0, 2)], dtype=[("a", float), ("b", int)])[0], "dict"),
    "kind of array": (lambda: np.zeros(2).view(Steps), "numpy.asarray"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_trace_could_follow_is_refused_in_words(name: str) -> None:
    """Its first content was frozen, without a word."""
    make, remedy = REFUSED[name]
    f = jit(lambda thing, x: w * x)
    for _ in range(2):
        with pytest.raises(TraceError, match=rf"test_structures.py:\d+: an argument is .*{remedy}"):
            f(make(), 1.0)
        with pytest.raises(TraceError, match=remedy):
            f({"inside": [make()]}, 1.0)


def test_tensors_that_change_in_place_are_refused_and_mapped() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([1.0, 2.0])
    with pytest.raises(TraceError, match=r"numpy.asarray\(...\) or .tolist\(\)"):
        jit(lambda t: w * t[0].item())(tensor)
    each = vmap(lambda t: w * t.item())
    assert [y.data for y in each(tensor)] == [2.0, 4.0]
    tensor += 1.0
    assert [y.data for y in each(tensor)] == [4.0, 6.0]


def test_rows_of_data_frames() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    with pytest.raises(TraceError, match="to_numpy"):
        jit(lambda row: w * row["a"])(frame.iloc[0])
    assert [y.data for y in vmap(lambda row: w * row[0])(frame)] == [2.0, 4.0]
    assert ad.jit(lambda row: w * row[0])(frame.iloc[0].to_numpy()).data == 2.0
