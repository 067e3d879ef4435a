"""A story for each guard, key and comparison whose fault no other test would notice."""

from __future__ import annotations

import datetime
import functools
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import autodiff as ad
import nn
from autodiff import Value, Watched, jit, no_grad, vmap, where
from autodiff.program.jit import JitWarning
from autodiff.program.tracing.statics import Identity, UnfitArgument, exactly, is_static
from autodiff.program.tracing.trace import TraceError
from autodiff.program.tracing.trace_table import MOST_NUMBERS, Paths

w, weights, unused = Value(2.0, "w"), [Value(1.0), Value(2.0)], [Value(7.0)]


class Counted:
    """A jitted function, how often it has run in Python, and the guards of its traces."""

    def __init__(self, f: Callable[..., Any], **options: Any) -> None:
        self.calls = 0

        @functools.wraps(f)
        def counted(*args: Any) -> Any:
            self.calls += 1
            return f(*args)

        self.f, self.compiled = f, jit(counted, **options)

    def same(self, *args: Any) -> Counted:
        """Asserts that the compiled call gives what the plain one gives."""
        assert repr(self.compiled(*args)) == repr(ad.jit(self.f).__wrapped__(*args)), args
        return self

    @property
    def guards(self) -> list[int]:
        """How many guards each trace has."""
        return [len(v.guards) for known in self.compiled._variants.values() for v in known]


# ---- answers that become guards ------------------------------------------------------------------


def test_two_comparisons_of_the_same_numbers_are_two() -> None:
    f = Counted(lambda x, y: where(x < y, w, 0.0) + where(x > y, w * 10.0, 0.0))
    for pair in ((1.0, 2.0), (2.0, 1.0), (1.0, 1.0)):
        f.same(*pair)
    assert f.calls == 1


def test_what_is_asked_again_is_one_guard() -> None:
    f = Counted(lambda x: w * sum(bool(x > 0.25 * n / n) for n in range(1, 9)))
    assert f.same(1.0).guards == [1]
    f = Counted(lambda: w * sum(bool(w > 0.0) for _ in range(5)))
    assert f.same().guards == [1]
    f = Counted(lambda x: w * len(f"{x}{x}") * (2.0 if x > 1.0 else 3.0) * (x in {2.0, 5.0}))
    assert f.same(2.0).same(3.0).guards == [1, 1]


def test_a_number_that_is_no_number_is_one_key() -> None:
    f = Counted(lambda x: w * len(str(x)))
    for _ in range(3):
        f.same(math.nan).same(-0.0).same(0.0)
    assert f.calls == 3


def test_rows_with_zeros_of_both_signs_and_no_numbers() -> None:
    rows = [0.0, -0.0, math.nan, 1.5, math.nan, -0.0, 0.0]
    f = lambda x: w * len(str(x)) + 0.5  # noqa: E731 - a function as users write it
    assert [y.data for y in vmap(f)(rows)] == [f(x).data for x in rows]
    g = lambda x: w * int(x) + round(x) + math.floor(x)  # noqa: E731 - the same
    rows = [0.5, 1.5, -0.5, 2.5, -1.5]
    assert [y.data for y in vmap(g)(rows)] == [g(x).data for x in rows]


def test_inside_no_grad_nothing_is_recorded_in_a_trace_either() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            fixed = x * w + w
        return fixed * x

    compiled = jit(f)
    for number in (3.0, 4.0):
        x, y = Value(number), Value(number)
        f(x).backward()
        compiled(y).backward()
        assert x.grad == y.grad == 2.0 * number + 2.0


def test_the_argument_itself_must_not_be_stored() -> None:
    kept: list[Any] = []
    with pytest.raises(TraceError, match="outlives"):
        jit(lambda x: kept.append(x) or x * w)(Value(1.0))


def test_a_text_without_gradient_is_answered_by_replays() -> None:
    f = Counted(lambda v: v * len(repr(v)))
    x = Value(1.5, "x")
    f.same(x).same(x)
    assert f.calls == 1
    x.grad = 2.0
    with pytest.raises(TraceError, match="text of a gradient"):
        f.compiled(x)


# ---- what the trace depends on -------------------------------------------------------------------


def test_what_is_not_used_may_be_replaced() -> None:
    f = Counted(lambda x: w * x if len(unused) else unused[0] * x)
    f.same(1.0)
    unused[0] = Value(8.0)
    f.same(2.0)
    assert f.calls == 1


def test_an_equal_number_is_the_same_setting() -> None:
    class Settings(Watched):
        """Of a user."""

        def __init__(self) -> None:
            self.scale = 2.5

    settings = Settings()
    f = Counted(lambda x: w * x * settings.scale)
    for scale in (2.5, float("2.5"), 2.5):
        settings.scale = scale
        f.same(1.0)
    assert f.calls == 1
    settings.scale = 3.5
    assert f.same(1.0).calls == 2


def test_a_parameter_more_is_noticed_by_whoever_asks_for_all() -> None:
    model = nn.Neuron(1, None, seed=1)
    f = Counted(lambda x: x * ad.sum(list(model.parameters())))
    f.same(2.0)
    model.extra = Value(5.0)
    assert f.same(2.0).calls == 2


class Helper:
    """Its method uses a name of the module; no instance is a parameter."""

    def __call__(self, x: Any) -> Any:
        return weights[0] * x

    def other(self, x: Any) -> Any:
        return self(x) + weights[1]


helper = Helper()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: helper.other(x), functools.partial(lambda a, x: a * weights[0] * x, 2.0),
        lambda x, inside=weights: inside[0] * x + inside[1],
        functools.partial(lambda x, rows: rows["a"][0] * x, rows={"a": weights}),
        helper, helper.other,
    ],
    ids=["method", "partial", "default", "keyword", "object", "bound"],
)  # fmt: skip
def test_another_parameter_wherever_the_function_finds_it(f: Callable[..., Any]) -> None:
    compiled = jit(f)
    compiled(2.0)
    for at in (0, 1):
        weights[at] = Value(weights[at].data + 1.0)
        result = compiled(2.0)
        assert result.data == f(2.0).data
    result.backward()
    assert weights[0].grad != 0.0


def test_settings_that_follow_each_other_are_no_paths_too_many() -> None:
    class Settings(Watched):
        """Of a user."""

        scale = 0.0

    settings = Settings()
    f = jit(lambda x: w * x * settings.scale, max_variants=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for turn in range(20):
            settings.scale = float(turn)
            assert f(1.5).data == 3.0 * turn
    (known,) = f._variants.values()
    assert len(known) <= 4


# ---- traces that are kept ------------------------------------------------------------------------


class Fake:
    """What Paths asks of a trace."""

    def __init__(self, number: float | None = None, stands: bool = True) -> None:
        self.pins = () if number is None else (0,)
        self.pinned = () if number is None else (number,)
        self.valid = stands

    def stands(self) -> bool:
        """Whether the settings are those of the trace."""
        return self.valid


def test_traces_give_way_by_use() -> None:
    paths: Any = Paths()
    first, second, stale = Fake(), Fake(), Fake(stands=False)
    for each in (stale, first):
        assert paths.takes(each, 2) and paths.add(each, 2) == []
    assert paths.takes(second, 2) and paths.add(second, 2) == [stale]
    assert list(paths) == [second, first] and not paths.takes(Fake(), 2)
    paths.prefer(first)
    assert paths.fitting([0.5]) == [first, second]
    old, late = Fake(), Fake(stands=False)
    paths = Paths()
    assert paths.add(old, 2) == [] == paths.add(late, 2)
    assert paths.add(first, 2) == [late]


def test_numbers_give_way_by_use_and_are_given_up_in_the_end() -> None:
    paths: Any = Paths()
    made = [Fake(float(number)) for number in range(1, MOST_NUMBERS + 2)]
    dropped = []
    for variant in made[:-1]:
        dropped += paths.add(variant, 2)
    assert dropped == [] and len(paths) == MOST_NUMBERS and not paths.hopeless
    paths.prefer(made[0])
    assert not paths.hopeless
    assert paths.add(made[-1], 2) == [made[1]]
    assert paths.fitting([1.0]) == [made[0]] and paths.fitting([2.0]) == []
    for number in range(1000, 1000 + MOST_NUMBERS):
        paths.add(Fake(float(number)), 2)
    assert paths.hopeless
    paths.prefer(paths[0])
    assert not paths.hopeless


# ---- keys ----------------------------------------------------------------------------------------


class Thing:
    """Compared by identity."""

    def method(self) -> None:
        """Bound."""

    def other(self) -> None:
        """Bound too."""


_ONE, _TWO = Thing(), Thing()
#: things of which no two are the same for every function
DIFFERENT: list[Any] = [
    0, 0.0, -0.0, False, 0j, complex(-0.0, 0.0), complex(0.0, -0.0), 1, 1.0, True, 1 + 0j, 1j, "1",
    b"1", "", b"", None, ..., bytearray(b"1"), bytearray(), math.nan, math.inf,
    range(4), range(0, 4, 2), range(0, 3, 2), range(1, 4, 2), slice(4), slice(0, 4, 2),
    slice(0, 3, 2), slice(1, 4, 2), slice(0, 4, None), slice(0, 4.0, 2), slice(0, 4, True),
    slice(True, 4, 2), (), (1,), (1.0,), (True,), (1, 2), ((1, 2),), frozenset(), frozenset({1}),
    frozenset({True}), {1}, set(), {1.0}, ((),), np.bool_(True), np.complex128(1), np.complex64(1),
    np.complex128(-0.0), np.complex128(0.0), np.datetime64("2020-01-01"), np.timedelta64(1, "s"),
    np.timedelta64(1, "ms"), np.str_("1"), datetime.date(2020, 1, 1), datetime.date(2020, 1, 2),
    datetime.datetime(2020, 1, 1), datetime.timedelta(1), Decimal("1.0"), Decimal("1.00"),
    Decimal("-0"), Fraction(1, 2), Fraction(1), _ONE, _TWO, _ONE.method, _TWO.method, _ONE.other,
    Thing, int, len, math.sin,
]  # fmt: skip


def test_what_differs_for_some_function_has_another_key() -> None:
    for one, other in combinations(DIFFERENT, 2):
        assert exactly(one) != exactly(other), (one, other)
    counted = Counted(lambda thing, x: x * w)
    for count, thing in enumerate(DIFFERENT, 1):
        for number in (1.0, 2.0):
            if not isinstance(thing, (int, float)) or isinstance(thing, bool):
                counted.compiled(thing, number)
        assert counted.calls <= count


def test_what_is_the_same_has_the_same_key() -> None:
    def again() -> list[Any]:
        return [
            float("1.5"), complex("1+2j"), "te" + str(1), (1, float("2")), frozenset({1, 2}),
            bytearray(b"ab"), range(0, 4, 2), slice(0, 4), _ONE.method, np.complex64(1),
            Decimal("1.0"), Fraction(1, 3), datetime.date(2020, 1, 1), {3, 4}, float("nan"),
            np.datetime64("2020-01-01"), np.bool_(True),
        ]  # fmt: skip

    for one, other in zip(again(), again(), strict=True):
        assert exactly(one) == exactly(other) and hash(exactly(one)) == hash(exactly(other))
    f = Counted(lambda things, x: x * w)
    f.compiled(again()[2:14], 1.0)
    f.compiled(again()[2:14], 2.0)
    assert f.calls == 1


def test_an_object_that_is_gone_equals_no_other() -> None:
    class Slotted:
        """Cannot be held weakly."""

        __slots__ = ()

    thing, slotted = Thing(), Slotted()
    key, same, other = Identity(thing), Identity(thing), Identity(Thing())
    assert key == same and hash(key) == hash(same) and key != other and key != 3
    assert Identity(slotted) == Identity(slotted) != Identity(Slotted())
    assert "Thing" in repr(key)
    forged = Identity(_ONE)
    forged._hash = key._hash  # an object in the place of one that is gone has its id
    assert forged != key
    del thing
    assert key == key and key != same  # a key in a table finds itself


def test_what_is_static_and_what_is_not() -> None:
    static = [1 + 2j, range(3), slice(3), bytearray(b"a"), {1}, frozenset({1}), 2**60, Thing, _ONE,
              np.float64, np.bool_(True), np.datetime64(0, "s"), Decimal(1),
              datetime.date(2020, 1, 1), nn.Neuron(1)]  # fmt: skip
    assert [thing for thing in static if not is_static(thing)] == []
    sized = type("Sized", (), {"__len__": lambda self: 1, "__getitem__": lambda self, at: 1})
    array = type("Array", (), {"__array__": None})
    numbers = [np.float64(1.0), np.int8(1), np.ones(2), iter([1]), memoryview(b"a"), {}.items(),
               np.void(b"a"), np.ma.array([1.0]), sized(), array()]  # fmt: skip
    assert [thing for thing in numbers if is_static(thing)] == []
    with pytest.raises(UnfitArgument):
        is_static({Value(1.0)})


@pytest.mark.parametrize(
    "array",
    [np.array([2**60]), np.array([-(2**60)]), np.array([2**63], np.uint64), np.array(["a"]),
     np.array([True]), np.array([1j]), np.ones(2, np.longdouble), np.array([np.nan, 1.0]),
     np.array([np.inf]), np.array([], np.int64), np.array([2**53])],
    ids=repr,
)  # fmt: skip
def test_arrays_are_told_apart_by_all_their_bits(array: Any) -> None:
    f = Counted(lambda x: w * len(x) * (2.0 if str(x.dtype).startswith("int") else 3.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", JitWarning)
        assert f.compiled(array).data == f.compiled(array.copy()).data
    assert f.calls == 1
    if array.dtype.kind in "Ubc" or array.itemsize > 8:
        other = array.copy()
        other[0] = {"U": "b", "b": False, "c": 2j}.get(array.dtype.kind, 7)
        f.compiled(other)
        assert f.calls == 2
