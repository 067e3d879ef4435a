"""What a function asks of its numbers is asked again at each replay: a story for each place.

Every story is called with numbers whose answers differ, in one compiled function: a place that
forgot its guard gives the answer of the first call.
"""

from __future__ import annotations

import math
import operator
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autodiff import Value, jit
from autodiff.program.tracing.trace import TraceError

w = Value(2.0, "w")
_LARGE = 2**60 + 1


def floats(*numbers: float) -> Any:
    return np.array(numbers, float)


def ints(*numbers: int) -> Any:
    return np.array(numbers, int)


def small(*numbers: int) -> Any:
    return np.array(numbers, np.int8)


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
        lambda n, m, k: w * pow(n, m, k), [(3, 5, 7), (4, 5, 7), (4, 6, 7), (4, 6, 5)]
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
    "an entry written into narrow ints": (
        _narrowed, [(small(1, 2), ints(3)), (small(1, 2), ints(4)), (small(1, 2), ints(300))]
    ),
    "a function of the user's along an axis": (
        lambda a: np.apply_along_axis(lambda row: row.sum() * 2, 0, a).item(),
        [(floats(1, 0),), (floats(0, 3),)],
    ),
    "functions of the user's for pieces": (
        lambda a: np.piecewise(a, [a < 1, a >= 1], [lambda v: -v, lambda v: v * 2]).tolist(),
        [(floats(1, 0),), (floats(0, 3),)],
    ),
    # The plain call makes nan of it, or raises; 0.0 stood there.
    "None is written": (_nothing, [(floats(1, 0),), (floats(0, 3),), (ints(1, 2),)]),
    "what has no shape is written": (_ragged, [(floats(1, 0),), (ints(1, 2),)]),
}  # fmt: skip


def told(function: Callable[..., Any], call: tuple[Any, ...]) -> Any:
    """The numbers that a call gives, or what it raises."""
    try:
        return _numbers(function(*[x.copy() if hasattr(x, "copy") else x for x in call]))
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
     lambda x: x + 1, lambda x: f"{x:.3f}", lambda x: x.is_integer(), math.isnan],
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
    with pytest.raises((TraceError, AttributeError)):
        ask(kept[0])
