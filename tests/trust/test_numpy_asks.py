"""Where NumPy asked nobody: arrays and lists of traced numbers became arrays of objects.

What was written into them was not cut off, a 2 beside a float stayed an int, their dtype was
`object`, and nan was not passed on. Now NumPy must ask, and gets the plain number or a TraceError.
"""

from __future__ import annotations

import decimal
import io
import operator
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError, active
from tests.trust.python_programs import outcome

Story = Callable[..., Any]
W = np.array([Value(1.5), Value(-2.0)], dtype=object)
_NAN = float("nan")
ROWS = {
    "ints": [[1, 2, 3], [3, 0, 2], [1, 2, 3]],
    "floats": [[1.0, 2.0, 3.0], [3.5, 0.25, -2.0], [_NAN, 1.0, 2.5], [1.0, _NAN, 2.5]],
    "int8": [[1, 2, 3], [100, 1, 2]],
    "uint8": [[1, 2, 3], [200, 1, 2]],
    "truths": [[True, False, True], [False, False, True]],
}
_KINDS = {"ints": int, "floats": float, "int8": np.int8, "uint8": np.uint8, "truths": bool}


def _written(change: Story, read: Story = lambda b: b) -> Story:
    def story(a: Any) -> Any:
        b = a.copy()
        found = change(b)
        return read(b), [str(z) for z in b], found

    return story


def _zeros_seen(change: Story) -> Story:
    """A copy of zeros alone, which no number of the trace is in, and a view of it."""

    def story(a: Any) -> Any:
        b = a.copy()
        b[:] = 0
        change(b)
        return b

    return story


def _saved(a: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, a)
    return file.getvalue()


def _filled(b: Any) -> Any:
    b.ravel().fill(9)  # a copy, where columns come first
    return b


def _into_real(a: Any) -> Any:
    b = np.zeros(3, a.dtype)
    b |= a
    return b


#: answered by replays
ARRAYS: dict[str, Story] = {
    "flat is written": _written(lambda b: b.flat.__setitem__(0, 2.7)),
    "flat is set": _written(lambda b: setattr(b, "flat", 2.7)),
    "flat": lambda a: (a.flat[1], a.flat[:2], next(a.flat), len(a.flat), list(a.flat)),
    "a view of zeros": _zeros_seen(lambda b: np.reshape(b, -1).__setitem__(0, 7)),
    "a longer shape": _zeros_seen(lambda b: np.expand_dims(b, 0).__setitem__((0, 1), 7.9)),
    "parts": _zeros_seen(lambda b: [part.fill(9) for part in np.array_split(b, 2)]),
    "no copy": _written(lambda b: b.astype(b.dtype, copy=False).__setitem__(0, 1)),
    "text": _written(lambda b: b.__setitem__(0, "1")),
    "None": _written(lambda b: b.__setitem__(0, None)),
    "an array of one": _written(lambda b: b.__setitem__(0, np.array(1.5))),
    "add.at": _written(lambda b: np.add.at(b, [0, 0, 2], 1)),
    "where=": _written(lambda b: np.add(b, 1, out=b, where=b > 1)),
    "memory is shared": lambda a: (np.shares_memory(a, a[1:]), np.shares_memory(a, a.copy())),
    "nan comes first": lambda a: (a.max(), np.min(a), np.maximum(a, a[::-1])),
    "nan is replaced": np.nan_to_num,
    "nan is replaced in place": _written(lambda b: np.nan_to_num(b, copy=False)),
    "sorted with nan": lambda a: (np.sort(a), np.argsort(a), np.median(a)),
    "objects": lambda a: (type(a.astype(object)[0]).__name__, np.where(a > 1, a, None)[0]),
    "with Values": lambda a: (type(np.concatenate([W, a])[2]).__name__, np.outer(W, a)[0]),
    "a function of objects": lambda a: np.frompyfunc(lambda q: type(q).__name__, 1, 1)(a),
    "division by nothing": lambda a: (a / 0, a[0] / np.float64(0.0)),
    "nothing in place": _written(lambda b: np.floor_divide(b, 0, out=b) is b),
    "partly divided": _written(lambda b: np.floor_divide(b, np.array([2, 0, 1]), out=b) is b),
    "saved": lambda a: _saved(a),
    "kinds": lambda a: (isinstance(a, np.ndarray), type(a).__name__, np.result_type(a, 1.0)),
    "texts": lambda a: (str(a), f"{a}", repr(a), "%s" % a),  # noqa: UP031 - it is asked
    "in order": lambda a: _filled(np.copy(np.outer(a, a).T)),
    "tables": lambda a: np.histogram(a, bins=2)[0],
}
#: floats of these leave a domain, or are asked for
_OUTSIDE = ("division by nothing", "nothing in place", "partly divided", "tables", "saved")
#: refused, if the plain call does not raise
REFUSED: dict[str, Story] = {
    "asarray": lambda a: np.asarray(a).dtype,
    "array": lambda a: np.array(a) / 2,
    "rows": lambda a: np.array([a, a]).dtype,
    "iterator": lambda a: [int(z) for z in np.nditer(a)],
    "strides": lambda a: np.lib.stride_tricks.as_strided(a)[0],
    "memory": lambda a: a.view(np.uint8)[0],
    "vectorize": lambda a: np.vectorize(lambda q: q * 2)(a),
    "apply": lambda a: np.apply_along_axis(lambda row: row.sum(), 0, a),
    "flags": lambda a: a.copy().setflags(write=False),
    "base": lambda a: a.base is None,
}


def _same(story: Story, *calls: Any) -> set[str]:
    """Compares calls of a story with compiled ones; what was refused, and how often it ran."""
    runs = 0

    def counted(*args: Any) -> Any:
        nonlocal runs
        runs += active() is None
        return story(*args)

    compiled, refused = jit(counted), set()
    for args in calls:
        (got, mine), (want, others) = outcome(compiled, *args), outcome(story, *args)
        if isinstance(got, TraceError):
            refused.add(str(got))
        else:
            assert mine == others, (args, got, want)
            runs -= isinstance(want, Exception)
    return refused | ({"eagerly"} if runs > 0 and not refused else set())


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_those_of_their_dtype(name: str, kind: str) -> None:
    calls = [(np.array(row, _KINDS[kind]),) for row in ROWS[kind]]
    refused = _same(ARRAYS[name], *calls)
    if kind in ("ints", "floats") and name not in _OUTSIDE:
        assert not refused


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind != "truths"])  # which are static
@pytest.mark.parametrize("name", REFUSED)
def test_what_forgets_the_dtype_is_refused(name: str, kind: str) -> None:
    (array,) = np.array(ROWS[kind][:1], _KINDS[kind])
    with pytest.raises(TraceError, match=r"\.py:\d+"):
        jit(REFUSED[name])(array)


def test_a_real_array_is_written_once() -> None:
    """NumPy computes twice: what it wrote into an array of its own was added twice."""
    assert not _same(_into_real, (np.array([1, 2, 3]),), (np.array([4, 2, 1]),))

    def added(a: Any) -> Any:
        total = np.zeros(3, int)
        total += a
        return total

    assert not _same(added, (np.array([1, 2, 3]),), (np.array([4, 2, 1]),))


_NUMBERS = [(0.5, 1.5, 3), (2.5, -1.0, 4), (0.5, 1.5, 3)]
LISTS: dict[str, Story] = {
    "with a Value behind": lambda x, y, n: np.array([x, W[0] * y])[0] * 2,
    "with a Value before": lambda x, y, n: np.array([W[0] * y, x, 2])[2],
    "of objects": lambda x, y, n: np.array([x, 2], dtype=object)[1],
    "ints": lambda x, y, n: (np.array([n, 2]).dtype, np.array([n, 2]) / 2),
    "a range": lambda x, y, n: (np.arange(n), np.zeros(n), np.arange(6)[[n % 3, 1]]),
    "stack": lambda x, y, n: (np.stack([x, 2]), np.stack([x, y]).dtype, str(np.stack([x, 2])[1])),
    "products": lambda x, y, n: (W @ [x, y], np.dot(W, [x, 2]), W * [n, 2], np.dot(W, [n, 3])),
    "sums": lambda x, y, n: (
        np.mean([x, y]), np.sum([x, y]), type(np.sum([x, y])).__name__, np.std([x, y])
    ),
    "numbers": lambda x, y, n: (np.where(x > y, x, 0), np.clip(x, 0, 1), np.round(x, 1)),
    "a place for objects": lambda x, y, n: [
        np.array(row) for row in ([x, W[0] * x], [W[1] * x, y])
    ],
    "Values": lambda x, y, n: np.mean([W[0] * x, y]),
    "stacked Values": lambda x, y, n: np.stack([W[0], x])[1] * 2,
    "texts": lambda x, y, n: (f"{np.append([1.0], x)}", np.linspace(0, x, 3)),
}  # fmt: skip
LISTS_REFUSED: dict[str, Story] = {
    "an int beside": lambda x, y, n: np.array([x, 2]),
    "dtype": lambda x, y, n: x if np.array([x, y]).dtype == float else y,
    "written": lambda x, y, n: operator.setitem(np.array([x, y]), 0, 2),
    "largest": lambda x, y, n: np.max([x, 2]),
    "sum with an int": lambda x, y, n: np.sum([x, 2]),
    "sorted": lambda x, y, n: np.sort([x, y]),
    "rows": lambda x, y, n: np.sum([[x, y], [y, x]], axis=0),
    "no Value": lambda x, y, n: np.dot([1.0, 2.0], [x, y]),
    "entry by entry": lambda x, y, n: np.ones(2) * [x, y],
    "the next list has one": lambda x, y, n: [np.array(row) for row in ([x, y], [W[0] * y, y])],
    "taken again": lambda x, y, n: (np.array([x, y]).dtype.name, W @ [x, y]),
    "a row of sums": lambda x, y, n: np.sum([x, y], keepdims=True),
    "caught": lambda x, y, n: _caught(lambda: np.array([x, 2], float)),
}


def _caught(f: Story) -> Any:
    try:
        return f()
    except TypeError:
        return 0.0


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_numbers_are_what_the_plain_call_has(name: str) -> None:
    assert not _same(LISTS[name], *_NUMBERS)


@pytest.mark.parametrize("name", LISTS_REFUSED)
def test_lists_of_floats_are_no_arrays_of_objects(name: str) -> None:
    with pytest.raises(TraceError, match=r"numpy_asks\.py:\d+: .*numpy\.stack"):
        jit(LISTS_REFUSED[name])(*_NUMBERS[0])


_SCALARS = [
    np.float64(0.5),
    np.float32(0.1),
    np.int64(3),
    np.int8(100),
    np.uint8(7),
    np.bool_(True),
]


@pytest.mark.parametrize("scalar", _SCALARS, ids=repr)
def test_scalars_of_numpy_beside_numbers(scalar: Any) -> None:
    """`x * np.float32(0.1)` was not rounded, and `x + np.float64(2)` was a float of Python's."""
    for apply in (operator.add, operator.mul, operator.truediv, operator.pow, operator.eq):
        for f in (lambda x, g=apply: g(x, scalar), lambda x, g=apply: g(scalar, x)):
            kinds = lambda x, f=f: (f(x), type(f(x)).__name__, isinstance(f(x), np.generic))  # noqa: E731
            for numbers in ((1 / 3, 2.0, 1 / 3), (3, 7, 3)):
                _same(kinds, *[(x,) for x in numbers])
    assert jit(lambda a, x: type(a[0] / x) == float)(np.array([1, 2]), 3) is False  # noqa: E721


def test_a_library_that_asks_for_types_makes_no_other_number() -> None:
    """statistics.mean of ints was cut off: the type of a traced int is no subclass of int."""
    for f in (statistics.mean, statistics.pvariance):
        with pytest.raises(TraceError, match=r"autodiff\.mean"):
            jit(f)([3, 3, 4])
        assert jit(lambda n: type(n)(2.5))(3) == 2
    assert jit(lambda xs: ad.mean(xs))([3, 3, 4]).data == statistics.mean([3, 3, 4])


def test_copies_keep_the_order_of_an_argument() -> None:
    """A copy of a table by columns is one, and its ravel() is a copy, too."""
    table = np.asfortranarray(np.outer([1.0, 2.0], [3.0, 4.0]))
    assert not _same(lambda m: _filled(m.copy(order="K")), (table,), (table + 1.0,))


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64])
def test_entries_of_any_size_are_asked(kind: Any) -> None:
    def story(a: Any) -> Any:
        made = np.array([a[0], a[1]])
        return made.dtype.name, made + 100

    assert not _same(story, (np.array([1, 2], kind),), (np.array([3, 2], kind),))


def test_an_example_that_no_trace_can_hold_runs_once() -> None:
    """It ran once more in vmap: what it took from its argument was gone, and KeyError came out."""

    def f(n: Any, table: Any) -> Any:
        rest = decimal.Decimal(n)
        return float(rest) + table.pop("b")

    tables = [{"b": 0.5}, {"b": 1.5}]
    with pytest.raises(TraceError, match="Decimal"):
        list(vmap(f)([3, 4], tables))
    assert tables == [{"b": 0.5}, {"b": 1.5}]


@pytest.mark.parametrize(
    "story",
    [lambda a: np.array([*a], object).mean(), lambda a: np.array([*a], object).sum(),
     lambda a: [a[1] * np.uint64(3), a[1] + a.astype(np.uint64)[0]],
     lambda a: [a.astype(np.uint64)[1] * a[0], a[1] // a.astype(np.uint64)[0]]],
    ids=["mean of objects", "sum of objects", "beside an unsigned number", "unsigned beside it"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_entries_keep_the_kind_that_numpy_gives_them(story: Story, kind: type) -> None:
    """A mean of objects was not cut to their dtype, though it is in the plain call."""
    compiled = jit(lambda a: [story(a), W[0]])
    for row in ([3, 4, 9], [3, 4, 9], [5, 1, 2]):
        array = np.array(row, kind)
        found, wanted = compiled(array)[0], story(array)
        assert repr(found) == repr(wanted)


def test_a_mean_of_whole_numbers_asks_for_none_of_them() -> None:
    traced = []
    compiled = jit(lambda a: traced.append(1) or W[0] * a.mean())
    for row in ([3, 4, 9], [5, 1, 2], [7, 7, 1]):
        assert compiled(np.array(row)).data == 1.5 * np.mean(row)
    assert len(traced) == 1
