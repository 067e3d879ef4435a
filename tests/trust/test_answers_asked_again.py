"""What a function asks of its numbers is asked again at each replay: a story for each place.

Every story is called with numbers whose answers differ, in one compiled function: a place that
forgot its guard gives the answer of the first call.
"""

from __future__ import annotations

import contextlib
import math
import operator
import pickle
import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autodiff import Value, jit
from autodiff.program.tracing.trace import TraceError

w = Value(2.0, "w")
_LARGE = 2**60 + 1


one = Value(1.0)
_NOT = math.nan, math.nan, 1.0


def floats(*numbers: float) -> Any:
    return np.array(numbers, float)


def ints(*numbers: int) -> Any:
    return np.array(numbers, int)


def small(*numbers: int) -> Any:
    return np.array(numbers, np.int8)


def unsigned(*numbers: int) -> Any:
    return np.array(numbers, np.uint64)


def narrow(*numbers: float) -> Any:
    return np.array(numbers, np.float32)


def truths(*numbers: int) -> Any:
    return np.array(numbers, bool)


def _nothing(a: Any) -> Any:
    b = a.copy()
    b[0] = None
    return str(b[0])


def _ragged(a: Any) -> Any:
    b = a.copy()
    b[0:2] = [[1, 2], [3]]
    return b


def _written_at(a: Any, b: Any) -> Any:
    c = a.copy()
    c[b % 2] = 7
    return c.tolist()


def _narrowed(a: Any, b: Any) -> Any:
    c = a.copy()
    c[0] = b[0]
    return c.tolist()


def _given_back(a: Any) -> Any:
    b = a.copy()
    c = np.multiply(b, 2, out=b)
    c[0] = 7.0
    return b.tolist(), c is b


Story = tuple[Callable[..., Any], list[tuple[Any, ...]]]
STORIES: dict[str, Story] = {
    "a comparison with an int beyond the floats": (
        lambda x: w * (x >= _LARGE), [(1.0,), (2.0**61,), (2.0,)]
    ),
    "pickles": (lambda x: pickle.loads(pickle.dumps(x)) * w, [(1.0,), (2.0,)]),
    "shifts": (lambda n, m: w * (n << m), [(3, 1), (3, 2), (4, 2)]),
    "shifts to the right": (lambda n, m: w * (n >> m), [(9, 1), (9, 2), (33, 2)]),
    "a shift far to the left": (lambda n: w * (n << 60), [(3,), (4,)]),
    "complex": (lambda n: w * complex(n).real, [(3,), (4,)]),
    "round to tens": (lambda n: w * round(n, -1), [(13,), (47,)]),
    "powers of a rest": (
        lambda n, m, k: w * pow(n, m, k), [(3, 5, 7), (4, 5, 7), (3, 6, 7), (3, 6, 5)]
    ),
    "int8": (lambda a: a[0] - a[1], [(small(9, 2),), (small(9, 3),), (small(8, 3),)]),
    "a truth value as an index": (lambda a: operator.index(a[0]), [(truths(1),), (truths(0),)]),
    "minus an entry": (
        lambda a: (type(-a[0]).__name__, type(abs(a[1])).__name__, (-a[0]).dtype.name),
        [(floats(1, 2),), (floats(2, 3),)],
    ),
    "as truth values": (lambda a: a.astype(bool).tolist(), [(floats(1, 0),), (floats(0, 3),)]),
    "as narrow ints": (lambda a: a.astype(np.int8).tolist(), [(ints(1, 2),), (ints(1, 3),)]),
    "as narrow floats": (lambda a: a.astype("f4").tolist(), [(floats(1, 0),), (floats(0, 3),)]),
    "as texts": (lambda a: a.astype("U5").tolist(), [(floats(1, 0),), (floats(0, 3),)]),
    "as complex": (lambda a: a.astype(complex).tolist(), [(floats(1, 0),), (floats(0, 3),)]),
    "entries at places": (
        lambda a, b: a[b % 2].tolist(),
        [(floats(1, 0), ints(1, 1)), (floats(1, 3), ints(0, 1)), (floats(1, 3), ints(1, 1))],
    ),
    "entries written at places": (
        _written_at,
        [(floats(1, 0), ints(1, 1)), (floats(1, 3), ints(0, 0)), (floats(1, 3), ints(1, 1))],
    ),
    "an int of another kind, upside down": (
        lambda a: (~a[0]).item(), [(np.array([1], np.uint8),), (np.array([4], np.uint8),)]
    ),
    "an entry beside True": (lambda a: type(a[0] + True).__name__, [(ints(1),), (ints(2),)]),
    "a number beside True": (lambda n: type(n + True).__name__, [(1,), (2,)]),
    "an int beside a large one of NumPy's": (
        lambda n: (n - np.int64(_LARGE), np.int64(_LARGE) + n, n * np.int64(_LARGE - 1)),
        [(1,), (2,)],
    ),
    "a condition that is False": (
        lambda x: w * (2.0 if (x > 1.0) is False else 3.0), [(1.0,), (2.0,)]
    ),
    "an entry written into narrow ints": (
        _narrowed, [(small(1, 2), ints(3)), (small(1, 2), ints(4)), (small(1, 2), ints(300))]
    ),
    # A result of a class of its own was taken as the objects gave it, in their order.
    "all about different entries": (
        lambda a: getattr(np, "unique_all", np.unique)(a)[0].tolist(),
        [(floats(1, 2, 3),), (floats(*_NOT),)],
    ),
    "a dtype": (lambda a: np.result_type(a, 1).name, [(floats(1, 0),), (ints(1, 2),)]),
    "what is no number among different ones": (
        lambda a: np.unique(a).tolist(),
        [(floats(1, 2, 3),), (floats(*_NOT),), (floats(*_NOT[:2], 5),)],
    ),
    "what is no number in order": (
        lambda a: np.sort(a).tolist(),
        [(floats(1, 2, 3),), (floats(math.nan, 2, 1),), (floats(math.nan, 3, 1),)],
    ),
    "places in order": (
        lambda a: np.argsort(a).tolist(),
        [(floats(1, 2, 3),), (floats(math.nan, 2, 1),), (floats(2, math.nan, 1),)],
    ),
    "the largest": (
        lambda a: (str(np.max(a)), int(np.argmax(a))),
        [(floats(1, 2, 3),), (floats(1, math.nan, 2),), (floats(math.nan, 2, 1),)],
    ),
    "a float of NumPy's": (
        lambda x: (type(x).__name__, x.dtype.name, str(-x)), [(np.float64(1),), (np.float64(2),)]
    ),
    "a small int of NumPy's": (
        lambda n: (type(n + n).__name__, str(n + n)), [(np.int8(1),), (np.int8(60),)]
    ),
    "texts by a condition": (
        lambda a: np.where(a > 1, "big", "small").tolist(), [(floats(1, 0),), (floats(2, 3),)]
    ),
    "what an out argument gives": (_given_back, [(floats(1, 0),), (floats(2, 3),)]),
    "methods of functions": (
        lambda a: (np.add.reduce(a).item(), np.multiply.accumulate(a).tolist(),
                   np.subtract.outer(a, a)[0].tolist()),
        [(floats(1, 0),), (floats(2, 3),)],
    ),
    "a method of a function with a number": (
        lambda x: np.add.outer(np.array([1.0, 2.0]), x).tolist(), [(1.0,), (2.0,)]
    ),
    "the kind of an answer beside an entry": (
        lambda a, n: ((n < a[0]).dtype.name, type(n + a[0]).__name__, ((n > 1) + a[0]).dtype.name),
        [(floats(1, 0), 2), (floats(2, 3), 3), (floats(2, 3), 2.5)],
    ),
    "the kind of a sum with an entry": (
        lambda a, n: (type(n + a[0]).__name__, (n & a[0]).dtype.name, ((n > 1) + a[0]).dtype.name),
        [(ints(1, 0), 2), (ints(2, 3), 3)],
    ),
    "a shift by less than nothing": (lambda n, m: w * (n << m), [(3, 1), (3, -1), (3, 2)]),
    "a negative key": (lambda n: w * {-5: 2.0, -6: 3.0}[n], [(-5,), (-6,), (-7,)]),
    "powers of ints and floats": (
        lambda n, m: (w * n**0.5, w * 2.5**n, w * n**m, str(n**0.5), str(2.5**n)),
        [(4, 2), (5, 3), (5, -1)]
    ),
    "unsigned ints beside ints": (
        lambda a, b: (type(a[0] + b[0]).__name__, str(b[0] * a[0])),
        [(unsigned(3), ints(2)), (unsigned(3), ints(-4))],
    ),
    "narrow floats compared": (
        lambda a, x: (a[0] < x, a[0] == x, a[0] < a[1]),
        [(narrow(0.1, 0.2), 0.1), (narrow(0.1, 0.1), 0.2), (narrow(0.3, 0.1), 0.2)],
    ),
    "an answer about an entry that is known": (
        lambda a: (str(a[0]), (a[0] > 1.0).dtype.name), [(floats(1, 0),), (floats(2, 3),)]
    ),
    "means of lists": (
        lambda a: (float(str(np.mean([a[0], a[1]]))), str(np.sum([a[0] > 1, True]))),
        [(ints(1, 2),), (ints(2, 3),)],
    ),
    "bytes of an entry": (lambda a: a[0].tobytes(), [(floats(1, 0),), (floats(0, 3),)]),
    "the same argument twice": (
        lambda a, b: (w * a if a is b else w - b), [(one, one), (one, Value(2.0)), (one, one)]
    ),
    # The plain call makes nan of it, or raises; 0.0 stood there.
    "None is written": (_nothing, [(floats(1, 0),), (floats(0, 3),), (ints(1, 2),)]),
    "what has no shape is written": (_ragged, [(floats(1, 0),), (ints(1, 2),)]),
}  # fmt: skip


def told(function: Callable[..., Any], call: tuple[Any, ...]) -> Any:
    """The numbers that a call gives, or what it raises."""
    try:
        return repr(_numbers(function(*[x.copy() if hasattr(x, "copy") else x for x in call])))
    except TraceError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the plain call raises
        return type(error)


def _numbers(result: Any) -> Any:
    if isinstance(result, Value):
        return result.data
    if isinstance(result, (list, tuple)):
        return [_numbers(part) for part in result]
    return _numbers(result.tolist()) if isinstance(result, np.ndarray) else result


@pytest.mark.parametrize("name", STORIES)
def test_an_answer_is_asked_again(name: str) -> None:
    function, calls = STORIES[name]
    compiled = jit(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of the plain call as well
        for call in (*calls, *calls):
            assert told(compiled, call) == told(function, call), call


def test_a_function_of_numpys_writes_no_value_into_numbers() -> None:
    def function(a: Any) -> Any:
        b = a.copy()
        np.put(b, [0], [w * 2.0])
        return b[0]

    with pytest.raises(TraceError, match="float"):
        jit(function)(floats(1, 2))


def test_an_out_argument_of_plain_numbers_is_not_forgotten() -> None:
    def function(x: Any) -> Any:
        b = np.zeros(())
        np.add(np.float64(2.0), x, b)
        return w * float(b)

    with contextlib.suppress(TraceError):
        assert jit(function)(1.0).data == function(1.0).data


def test_no_number_is_one_key_whichever_object_it_is() -> None:
    traced = []
    compiled = jit(lambda x: traced.append(None) or w * len(str(x)))
    for _ in range(3):
        assert compiled(float("nan")).data == 6.0
    assert len(traced) == 1


def test_floats_beyond_the_exact_ints_are_data() -> None:
    traced = []
    compiled = jit(lambda a: traced.append(None) or w * a[0])
    for number in (1e300, 2e300, -1e300):
        assert compiled(floats(number)).data == 2.0 * number
    assert len(traced) == 1


class ndarray(np.ndarray):  # noqa: N801 - named as NumPy's own
    """Of a user."""


@pytest.mark.parametrize(
    "array",
    [floats(1, 2).view(ndarray), np.array(["a"]).view(np.char.chararray)],
    ids=["own", "texts"],
)
def test_arrays_of_other_classes_are_refused(array: Any) -> None:
    with pytest.raises(TraceError, match="pass"):
        jit(lambda a: w * 2.0)(array)


class Typed:
    """Has a dtype, and is none of NumPy's."""

    dtype = "float"


@pytest.mark.parametrize("thing", [Typed(), np.sin, np.dtype(float)], ids=["own", "ufunc", "dtype"])
def test_what_has_a_dtype_or_is_of_numpy_may_be_an_argument(thing: Any) -> None:
    compiled = jit(lambda thing, x: w * x)
    assert [compiled(thing, x).data for x in (1.0, 2.0)] == [2.0, 4.0]


@pytest.mark.parametrize(
    ("make", "first", "second"), [(unsigned, (3, 2), (1, 2)), (small, (-9, 2), (-9, 120))]
)
def test_ints_that_wrap_are_refused_in_replays_too(make: Any, first: Any, second: Any) -> None:
    compiled = jit(lambda a: w * int(a[0] - a[1]))
    assert compiled(make(*first)).data == 2.0 * (first[0] - first[1])
    with pytest.raises(TraceError, match="wraps"):
        compiled(make(*second))


@pytest.mark.parametrize("name", ["data", "grad"])
def test_a_value_has_what_values_have(name: str) -> None:
    assert jit(lambda v: v * 2.0 if hasattr(v, name) else v)(Value(1.0)).data == 2.0


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.float32])
def test_functions_that_numpy_rounds_to_narrow_floats_are_refused(kind: Any) -> None:
    with pytest.raises(TraceError, match="which rounds"):
        jit(lambda a: w * np.sin(a[0]))(np.array([1, 2], kind))
    assert jit(lambda a: w * np.sin(a[0]))(np.array([1, 2], np.int32)).data == 2.0 * math.sin(1.0)


def test_a_wider_float_than_pythons_is_refused() -> None:
    with pytest.raises(TraceError, match="longdouble"):
        jit(lambda x: x * w)(np.longdouble("0.1"))


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x * 1.0], ids=["argument", "computed"])
def test_a_narrow_float_is_compared_as_numpy_compares_it(make: Any) -> None:
    """0.1 is no float of 32 bits, and NumPy makes it one before it compares."""
    a = np.array([0.1], np.float32)
    for function in (
        lambda a, x: a[0] == make(x), lambda a, x: a[0] == 0.1, lambda a, x: a[0] < 0.1,
        lambda a, x: a[0] == 0.5, lambda a, x: a[0] != math.nan,
    ):  # fmt: skip
        assert repr(jit(function)(a, 0.1)) == repr(function(a, 0.1))


class isnan:  # noqa: N801 - it is written where the function would be
    """Begins like a question that makes a guard, and is another one."""

    sin = staticmethod(math.sin)


def test_a_method_of_something_that_is_called_isnan_asks_for_the_number() -> None:
    with pytest.raises(TraceError, match=r"float\(\)"):
        jit(lambda x: w * isnan.sin(x))(1.0)


def test_sums_of_truth_values_are_small_whatever_they_are() -> None:
    """No guard says that a number of three conditions is exact as a float."""
    compiled = jit(lambda x, y, z: w * ((x > 0.0) + (y > 0.0) + (z > 0.0)) * 3)
    assert compiled(1.0, 1.0, 1.0).data == 18.0
    (known,) = compiled._variants.values()
    assert [variant.guards for variant in known] == [[]]


@pytest.mark.parametrize(
    "ask",
    [float, bool, int, math.floor, math.ceil, hash, round, abs, str, lambda x: x == 1.0,
     lambda x: x + 1, lambda x: f"{x:.3f}", math.isnan],
    ids=lambda ask: ask.__name__,
)  # fmt: skip
@pytest.mark.parametrize("make", [lambda x: x, lambda x: x + w, Value], ids=["x", "x + w", "Value"])
def test_a_number_that_has_outlived_its_trace_answers_nothing(make: Any, ask: Any) -> None:
    kept: list[Any] = []
    with pytest.raises(TraceError, match="outlives"):
        jit(lambda x: kept.append(make(x)) or x * w)(1.0)
    if ask in (hash, str) and isinstance(kept[0], Value):
        assert "outlived" in str(kept[0])  # a hash is that of the object
        return
    with pytest.raises(TraceError):
        ask(kept[0])


# ---- arguments that are nearly the same ----------------------------------------------------------


class Floats(list):  # type: ignore[type-arg]  # of whatever
    """A list of a user's class."""


class Others(list):  # type: ignore[type-arg]  # of whatever
    """A list of another class."""


x, y, z = Value(2.0), Value(3.0), Value(4.0)
_BIG = 2**60
_ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
#: calls of which no two are one structure
NEARLY: dict[str, list[Any]] = {
    "ends of a call in which a Value repeats": [(x, x, "a"), (x, x, "b"), (x, y, "b")],
    "keys": [{"a": x}, {"b": x}, OrderedDict(a=x), OrderedDict(b=x), defaultdict(list, a=x)],
    "names": [SimpleNamespace(a=x), SimpleNamespace(b=x)],
    "factories": [defaultdict(list, a=1.0), defaultdict(int, a=1.0), defaultdict(None, a=1.0)],
    "lengths allowed": [deque([1.0]), deque([1.0], 3), deque([1.0], 4)],
    "floats": [[1.0, 2.0], (1.0, 2.0), [1.0, 2.0, 3.0], (1.0, 2.0, 3.0), floats(1, 2)],
    "ints": [[1, 2], (1, 2), [1, 2, 3], (1, 2, 3), ints(1, 2), [1, True], [1.0, 2]],
    "Values": [[x, y], (x, y), [x, y, z], (x, y, z), [x, y, y], (x, y, y), [x, x], [x, 2.0],
               [x, [y]], [x, [2.0]]],
    "classes": [Floats([1.0]), Others([1.0]), [1.0]],
    "rows": [_ROWS, tuple(_ROWS), [tuple(r) for r in _ROWS], [r[:2] for r in [*_ROWS, _ROWS[0]]],
             [r[:2] for r in _ROWS], [*_ROWS, _ROWS[0]],
             [[1.0, 2], [3.0, 4]], [[1, 2], [3, 4]], [[1.0, 2.0], [3.0]], [[], []]],
    "large ints": [[1, _BIG + 1], [1, _BIG + 3], [-_BIG - 1, 1], [-_BIG - 3, 1], [-5, 1],
                   _BIG + 1, _BIG + 3, -_BIG - 1],
    "arrays of objects": [np.array([[x, y]]), np.array([x, y]), np.array([x, 2.0]), [x, y],
                          np.array([[x], [y]]), np.array([[x, y]]).view(np.matrix)],
    "shapes": [floats(1, 2), floats(1, 2, 3), floats(1, 2).reshape(1, 2), floats(1, 2)[:, None]],
    "other arrays": [np.array(["a", "b"]), np.array([["a", "b"]]), np.array(["a", "c"]),
                     np.array([b"\x01"]), truths(1), np.array([1], "u1"), np.array([1], "i1"),
                     np.array([_BIG + 1]), np.array([_BIG + 3]),
                     np.array([-_BIG - 1]), np.array([-_BIG - 3]), np.array([_BIG + 1], np.uint64)],
    "matrices": [floats(1, 2).reshape(1, 2).view(np.matrix), floats(1, 2).reshape(1, 2),
                 np.array([["a", "b"]]).view(np.matrix), np.array([["a", "b"]])],
    "constants of two kinds": ["f", "i", "v", 1.0, 1, x, True, None, b"f", (), [], {}, ""],
}  # fmt: skip


@pytest.mark.parametrize("before", [(), ("",)], ids=["alone", "second"])
@pytest.mark.parametrize("name", NEARLY)
def test_arguments_that_are_nearly_the_same_are_not_taken_for_each_other(
    name: str, before: tuple[Any, ...]
) -> None:
    """Nothing is asked of the numbers: only what the arguments are tells the calls apart."""
    traced = []
    compiled = jit(lambda *trees: traced.append(None) or w * 2.0)
    for count, tree in enumerate(NEARLY[name], 1):
        for _ in range(2):
            compiled(*before, tree)
        assert len(traced) == count, tree


def _reshaped(a: Any) -> Any:
    a.shape = (2, 1)
    return w * 2.0


def _renamed(d: Any) -> Any:
    d["b"] = d.pop("a")
    return w * 2.0


@pytest.mark.parametrize(
    ("write", "to"),
    [(_reshaped, floats(1, 2)), (_reshaped, np.array(["a", "b"])), (_renamed, {"a": x}),
     (_renamed, OrderedDict(a=x)), (lambda s: setattr(s, "b", 1.0) or w, SimpleNamespace(a=x))],
    ids=["shape", "shape of texts", "key", "key of an ordered dict", "name"],
)  # fmt: skip
def test_what_is_done_to_an_argument_without_another_number_is_refused(write: Any, to: Any) -> None:
    with pytest.raises(TraceError, match="writes to an argument"):
        jit(write)(to)
