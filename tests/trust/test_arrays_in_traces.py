"""Arrays inside a trace do what arrays of their dtype do: stories of numbers that were wrong.

Inside a trace an array is one of objects. It kept 2.7 where an array of ints keeps 2, and divided
in place what NumPy refuses to divide.
"""

from __future__ import annotations

import contextlib
import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError, active
from tests.trust.python_programs import outcome

Story = Callable[[Any], Any]
ARRAYS = {
    "ints": [np.array([1, 2, 3]), np.array([4, 0, 6]), np.array([1, 2, 3])],
    "floats": [np.array([1.0, 2.5, -3.5]), np.array([4.0, 0.5, 6.0])],
    "float32": [np.array([1.0, 2.5, 3.5], np.float32)],
    "int8": [np.array([1, 2, 3], np.int8), np.array([3, 2, 2], np.int8)],
    "truths": [np.array([True, False, True]), np.array([False, False, True])],
}
_ONE = np.int64(3)


def _read(b: Any) -> Any:
    # Entries of float32 in a result are Values or scalars of NumPy's: no floats to compare.
    return b if b.dtype != np.float32 else None, b.tolist(), str(b[0])


def _written(change: Callable[[Any], Any], read: Story = _read) -> Story:
    """A story of a copy that is written to."""

    def story(a: Any) -> Any:
        b = a.copy()
        change(b)
        return read(b)

    return story


def _in_place(operator: str) -> Story:
    def story(a: Any) -> Any:
        b = copy.copy(a)
        if operator == "/=":
            b /= 2
        elif operator == "+=":
            b += 0.5
        elif operator == "//=":
            b //= 2
        elif operator == "*=":
            b *= a[1]
        elif operator == "-=":
            b -= True
        else:
            b **= 2
        return b, str(b[0])

    return story


def _new(make: Story) -> Story:
    """A story of a new array like the argument, into which an entry and a fraction are written."""

    def story(a: Any) -> Any:
        b = make(a)
        b[0] = a[1] * 0.5
        b[1] = a[0]
        return b, str(b[0]), type(b[2]).__name__, b.dtype.name

    return story


STORIES: dict[str, Story] = {
    "an entry is cut off": _written(lambda b: b.__setitem__(0, 2.7)),
    "a traced entry is cut off": _written(lambda b: b.__setitem__(0, b[1] * 0.7)),
    "a slice is cut off": _written(lambda b: b.__setitem__(slice(1, None), [9.9, 8.5])),
    "a mask writes": _written(lambda b: b.__setitem__(b > 1, 0)),
    "places write": _written(lambda b: b.__setitem__(b.astype(int) % 2, 1.5)),
    "a view writes": _written(lambda b: b[::-1].__setitem__(0, 1.5)),
    "a shape that does not fit": _written(lambda b: b.__setitem__(0, [1.0, 2.0])),
    "fill": _written(lambda b: b.fill(1.5)),
    "put": _written(lambda b: np.put(b, [0, 2], [0.5, 7.25])),
    "copyto": _written(lambda b: np.copyto(b, b[::-1] * 2, casting="unsafe")),
    "sort": _written(lambda b: b.sort()),
    "an out argument": _written(lambda b: np.multiply(b, 2, out=b)),
    "an out argument of another kind": _written(lambda b: np.multiply(b, 0.5, out=b)),
    "a Value in place": _written(lambda b: b.__iadd__(Value(1.0))),
    **{f"a {op} b": _in_place(op) for op in ("/=", "+=", "//=", "*=", "-=", "**=")},
    "zeros_like": _new(np.zeros_like),
    "ones_like": _new(np.ones_like),
    "empty_like": _written(lambda b: None, lambda b: np.empty_like(b).shape),
    "full_like": _new(lambda a: np.full_like(a, 2.5)),
    "zeros_like of floats": _new(lambda a: np.zeros_like(a, dtype=float)),
    "astype": lambda a: [str(a.astype(kind)[1]) for kind in (int, float, bool)],
    "astype is written": _new(lambda a: a.astype(float)),
    "nobody": lambda a: (a[a > 50].sum(), str(a[a > 50].sum()), type(a[a > 50].sum()).__name__),
    "tolist": lambda a: (str(a.tolist()[0]), type(a.tolist()[1]).__name__, a[None].tolist()),
    "item": lambda a: (str(a[:1].item()), type(a.item(1)).__name__),
    "about": lambda a: (a.dtype.name, a.dtype == float, a.itemsize, a.nbytes, a.dtype.kind),
    "bytes": lambda a: a.tobytes()[:3],
    "concatenate": lambda a: [str(z) for z in np.concatenate([a, [2.5]])],
    "append": lambda a: str(np.append(a, 1.5)[0]),
    "stack": lambda a: str(np.stack([a, a * 0.5])[0, 1]),
    "a list of an entry and a float": lambda a: str(np.stack([2.5, a[1]])[1]),
    "where": lambda a: (str(np.where(a > 1, a, 0.5)[0]), str(np.where(a > 1, a, 0)[0])),
    "mean": lambda a: (a.mean(), str(a.mean()), np.mean(a * 2), a.var()),
    "whole parts": lambda a: (a // 2, a % 2, str((a // 2)[1]), np.floor(a)[0], a.round()[1]),
    "reductions": lambda a: (str(a.sum()), str(a.max()), str(a.prod()), str(np.ptp(a))),
    "running": lambda a: (np.cumsum(a)[2], np.diff(a)[0], np.sort(a)[::-1][0]),
    "counting": lambda a: (np.bincount(a.astype(int) ** 2), np.unique(a).size, (a > 1).sum()),
    "tables": lambda a: (np.outer(a, a)[1] * 3, a.reshape(3, 1).T[0], (a @ a), a.dot(a)),
    "a scalar of NumPy's": lambda a: (int(a[0]) - _ONE, _ONE * int(a[1]), {int(a[0]) - _ONE, 7}),
    "deep copies": _written(lambda b: copy.deepcopy(b).__setitem__(0, 5)),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("name", STORIES)
def test_arrays_are_those_of_their_dtype(name: str, kind: str) -> None:
    """The plain call's numbers and exceptions; float32 alone may be refused, as it rounds."""
    story = STORIES[name]
    compiled = jit(story)
    for array in ARRAYS[kind]:
        got, mine = outcome(compiled, array.copy())
        if isinstance(got, TraceError):
            # What rounds, or a Value that would lose its gradient.
            assert kind == "float32" or "of int8, which rounds" in str(got), str(got)
            continue
        assert mine == outcome(story, array.copy())[1]


@pytest.mark.parametrize("name", STORIES)
def test_rows_are_those_of_their_dtype(name: str) -> None:
    rows = np.array([[1, 2, 3], [4, 0, 6], [1, 2, 2]])
    got, mine = outcome(lambda: list(vmap(STORIES[name])(rows)))
    assert mine == outcome(lambda: [STORIES[name](row) for row in rows])[1], got


def test_most_of_it_is_answered_by_replays() -> None:
    """Neither refused nor run eagerly: what is asked of the numbers are guards."""
    runs = dict.fromkeys(STORIES, 0)
    for name, story in STORIES.items():

        def counted(a: Any, story: Story = story, name: str = name) -> Any:
            runs[name] += active() is None
            return story(a)

        compiled = jit(counted)
        for _ in range(2):
            outcome(compiled, ARRAYS["floats"][0])
    # Two raise in the plain call as well, and NumPy counts no numbers but ints.
    eager = {name for name, count in runs.items() if count}
    raising = {"a Value in place", "a shape that does not fit"}
    assert eager <= {*raising, "counting"}, eager


@pytest.mark.parametrize("kind", ["ints", "floats", "float32", "int8"])
def test_a_value_is_not_written_into_numbers(kind: str) -> None:
    """Its gradient would be lost, as the warning of the plain call says."""

    def story(a: Any) -> Any:
        b = a.copy()
        b[0] = Value(1.0, "v") * 2.0
        return b[0]

    with pytest.raises(TraceError, match="float"):
        jit(story)(ARRAYS[kind][0])


def test_values_in_arrays_of_numbers_stay_values() -> None:
    """A product with a Value is an array of objects in the plain call, too."""
    w = Value(2.0, "w")

    def loss(a: Any) -> Any:
        b = a * w
        b[0] = w * w
        return ad.sum(b)

    result = jit(loss)(np.array([1.0, 2.0]))
    result.backward()
    assert (result.data, w.grad) == (8.0, 6.0)


def test_a_jitted_function_inside_another_one_knows_the_dtype() -> None:
    @jit
    def inner(a: Any) -> Any:
        b = a.copy()
        b[0] = 2.7
        return b[0] * 1

    assert repr(jit(lambda a: inner(a) + a[1])(np.array([1, 2]))) == "np.int64(4)"


def test_a_result_has_the_dtype_of_the_plain_call() -> None:
    assert jit(lambda a: a + 1)(np.array([1, 2])).dtype == int
    assert jit(lambda a: a.astype(bool))(np.array([1, 0])).dtype == bool


def test_a_constant_of_a_trace_gives_a_value_to_a_jitted_function() -> None:
    """Inside the trace it was computed as a float and came back as one."""
    square = jit(lambda q: q * q)
    assert isinstance(jit(lambda x: square(0.5))(1.0), Value)


def test_a_scalar_of_numpy_beside_a_number() -> None:
    """It gives scalars of NumPy's; so do NumPy's functions of a list."""
    for f in (lambda n: n - _ONE, lambda n: _ONE - n, lambda n: n < _ONE, lambda n: np.max([n, 2])):
        for n in (4, 5):
            assert type(jit(f)(n)) is type(f(n)) and jit(f)(n) == f(n)


_SCALARS = [
    np.int64(0), np.int64(3), np.int8(2), np.uint8(5), np.uint64(7), np.int32(-2), np.bool_(True),
]  # fmt: skip
_OPERATIONS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.lt, operator.eq, operator.and_, operator.xor,
]  # fmt: skip


@pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("scalar", _SCALARS, ids=repr)
def test_an_entry_beside_an_int_of_numpys(scalar: Any, operation: Any) -> None:
    """`a[0] * np.int64(0)` was a float: an int of NumPy's is none of Python's."""
    for a in (np.array([2, 1, 3]), np.array([2, 1, 3], dtype=np.int32), np.array([2.5, 1.0, 3.0])):
        for f in (lambda a: operation(a[0], scalar), lambda a: operation(scalar, a[0])):
            compiled = jit(f)
            for b in (a, a[::-1].copy(), a):
                with contextlib.suppress(TraceError):
                    got, want = _outcome(compiled, b), _outcome(f, b)
                    if isinstance(want, np.float64):
                        want, got = float(want), got.data if isinstance(got, Value) else got
                    assert got == want
                    assert isinstance(want, float) or type(got) is type(want)


def _outcome(f: Any, a: Any) -> Any:
    try:
        return f(a)
    except TraceError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the plain call raises
        return type(error)


def test_a_list_beside_an_array_of_values_is_computed_with_in_every_way() -> None:
    """The quick way to the node of an operator passes by what has to see such numbers used."""
    weights = np.array([Value(1.0), Value(2.0)])
    for f in (
        lambda x, y: weights @ [x, y],
        lambda x, y: np.dot([x, y], weights),
        lambda x, y: (weights * [x, y])[1],
    ):
        compiled = jit(f)
        for x, y in ((1.0, 2.0), (3.0, 5.0)):
            assert compiled(x, y).data == f(x, y).data
