"""What a traced number may be asked, each with the story of the fault that taught it.

`exactly(f, *calls)` runs f plainly and compiled, several calls each, and compares bit for bit.
"""

from __future__ import annotations

import collections
import enum
import functools
import math
import numbers
import random
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, jit, to_python, vmap, where
from autodiff.program.jit import JitWarning
from autodiff.program.tracing.trace import TraceError
from tests.trust.python_programs import Run, outcome, plainly

pytestmark = pytest.mark.filterwarnings("error")


def exactly(f: Callable[..., Any], *calls: tuple[Any, ...]) -> None:
    """f compiled gives what f gives, twice over."""
    for compiled in (jit(f), jit(f, exact=True)):
        for args in calls * 2:
            want = outcome(functools.partial(f, *args))
            got = outcome(functools.partial(compiled, *args))
            assert want[1] == got[1], (args, want[0], got[0])


W = Value(2.0, "w")
SCALE = {0: 1.5, 1: -0.5, 2: 2.25}


@pytest.mark.parametrize(
    "f",
    [
        lambda n: n | 4, lambda n: n & 6, lambda n: 6 & n, lambda n: n ^ 3, lambda n: n << 3,
        lambda n: n >> 1, lambda n: ~n, lambda n: -n, lambda n: abs(n), lambda n: n & 1,
        lambda n: (n // 3, n % 3, n // -3, n % -3), lambda n: divmod(-7, n or 1),
        lambda n: n**2, lambda n: 2 ** (abs(n) % 90), lambda n: (n or 1) ** -2, lambda n: n / 3,
        lambda n: pow(n, 5, 13), lambda n: n.bit_length(), lambda n: n.as_integer_ratio(),
        lambda n: round(n, -1), lambda n: (round(n), math.floor(n), math.ceil(n), int(n)),
        lambda n: n * n * n % 7, lambda n: n**5 % 11, lambda n: (n + 1) - n,
        lambda n: math.copysign(1.0, -n * 1) if n else 0.0, lambda n: ad.copysign(1.0, -n),
        lambda n: ad.copysign(1.0, n * -3), lambda n: ad.copysign(1.0, n % -3),
        lambda n: [0.5, 1.5, 2.5][n % 3], lambda n: "ab" * (n % 3), lambda n: n == 2**53 + 1,
        lambda n: math.factorial(abs(n) % 9), lambda n: math.sqrt(abs(n)), lambda n: W * n + n,
        lambda n: sum(range(abs(n) % 5)), lambda n: math.log(abs(n) + 1.0),
    ],
)  # fmt: skip
def test_integers_are_integers(f: Any) -> None:
    """`|` was maximum, `&` a product, and 300011**3 % 7 was rounded."""
    exactly(f, (5,), (-7,), (0,), (300_011,), (-300_013,), (2**53,), (40,))


def test_powers_of_other_numbers_do_not_take_the_trace_of_small_ones() -> None:
    """Replayed without a guard on its size, 7**30 was rounded."""
    exactly(lambda n, k: n**k, (5, 2), (5, -2), (2, 60), (7, 30), (0, 0))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x > 0) + 1, lambda x: ~(x > 0), lambda x: (x > 0) & (x < 1),
        lambda x: (x > 0) | (x < -1), lambda x: (x > 0) ^ (x < 1), lambda x: (x > 0) & 3,
        lambda x: {True: "a", False: "b"}[x > 0], lambda x: f"{x > 0}", lambda x: hash(x > 0),
        lambda x: 0 < x < 1, lambda x: not x, lambda x: isinstance(x > 0, bool),
        lambda x: where((x > 0) & (x < 1), x, 2.0), lambda x: (x > 0) is True,
        lambda x: sum(x > t for t in (0.0, 1.0, 2.0)) / 3, lambda x: [x, 2.0][x > 1],
    ],
)  # fmt: skip
def test_conditions_are_bools(f: Any) -> None:
    """`(x > 0) is True` cannot be traced: where a function asks it, conditions are bools."""
    exactly(f, (0.5,), (-1.5,), (0.0,), (1.5,), (math.nan,))


def _matches(x: Any) -> Any:
    match x:
        case 0.5:
            return "half"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case Value():
            return "Value"


def _truth(x: Any) -> float:
    match x > 0:
        case True:
            return 1.0
        case _:
            return 2.0


@functools.singledispatch
def _kind(_: Any) -> str:
    return "other"


_kind.register(float)(lambda _: "float")
_kind.register(int)(lambda _: "int")
_kind.register(Value)(lambda _: "Value")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: [isinstance(x, kind) for kind in (float, int, bool, Value, numbers.Real, str)],
        lambda x: [isinstance(x * 2, kind) for kind in (float, int, bool, Value, numbers.Real)],
        _matches, _kind, lambda x: _kind(x * 1.0), lambda x: _kind(W * x),
        lambda x: hasattr(x, "data"),
        lambda x: x if isinstance(x, Value) else Value(x), lambda x: type(x) == float,  # noqa: E721 - it is asked
        lambda x: type(x) in (int, float),
        lambda x: getattr(x, "data", x) if not isinstance(x, Value) else 0,
        lambda x: (Value(x) if not isinstance(x, Value) else x) * W,
    ],
)  # fmt: skip
def test_kinds_are_those_of_the_plain_call(f: Any) -> None:
    """`isinstance(x, float)` was False inside a trace, for every number."""
    exactly(f, (0.5,), (2.0,), (3,), (Value(0.5),), (True,), (-7,))


def test_conditions_match_literals() -> None:
    """`case True` compares by identity, which no traced condition can pass."""
    exactly(_truth, (1.0,), (-1.0,))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: f"{x}|{x!r}|{x:8.2f}|{x:e}", lambda x: str(x), lambda x: "%s %.3f %d" % (x, x, 2),  # noqa: UP031, RUF100 - it is asked
        lambda x: "{:.1f}".format(x), lambda x: hash(x), lambda x: {x: 1.0}.get(0.5, 2.0),  # noqa: UP032 - it is asked
        lambda x: x in {0.5, 2.0}, lambda x: len({x, 0.5}), lambda x: sorted({x, 1.0}),
        lambda x: math.isnan(x), lambda x: [math.isinf(x), math.isfinite(x)],
        lambda x: x.is_integer(),
        lambda x: x.as_integer_ratio() if math.isfinite(x) else 0,
        lambda x: x.hex(), lambda x: x.real,
    ],
)  # fmt: skip
def test_texts_and_keys_hold_for_the_very_number(f: Any) -> None:
    """The text of the first number was the text of all; 0.0 and -0.0 differ in it."""
    exactly(f, (0.5,), (-0.0,), (0.0,), (2.0,), (math.nan,), (math.inf,), (1e300,))


def test_texts_of_values() -> None:
    """Labels belong to the structure of arguments no more than numbers do."""
    exactly(lambda v: f"{v:.2f} {v!r} {v}", (Value(1.5),), (Value(2.5),), (Value(1.5),))


def test_the_mean_of_each_class_is_found_by_labels() -> None:
    """A dict of lists, keyed by labels that are data, kept the classes of the first batch."""

    def means(labels: list[int], xs: list[float]) -> dict[str, float]:
        groups: dict[int, list[float]] = {}
        for label, x in zip(labels, xs, strict=True):
            groups.setdefault(label, []).append(x)
        return {str(k): sum(g) / len(g) for k, g in sorted(groups.items())}

    xs = [0.1, 0.2, 0.4]
    exactly(means, ([0, 1, 0], xs), ([1, 1, 0], xs), ([2, 2, 2], [1.0, 2.0, 4.0]))
    exactly(lambda labels: collections.Counter(labels)[1], ([1, 1, 0],), ([0, 0, 1],), ([2, 2, 2],))


@pytest.mark.parametrize(
    "index", [lambda n: n, lambda n: n % 26, lambda n: 2 * n + 1, lambda n: f"{n}"]
)
def test_forty_labels_are_answered_by_replays(index: Any) -> None:
    """Ten classes were ten paths in a row, and the 17th ran eagerly for good."""
    table = {**{k: 0.5 * k for k in range(100)}, **{str(k): 1.5 * k for k in range(100)}}
    source_runs = []

    def f(n: int, x: float) -> Any:
        source_runs.append(1)
        return W * table[index(n)] * x

    compiled = jit(f)
    for n in list(range(40)) * 3:
        assert compiled(n, 0.5).data == (W * table[index(n)] * 0.5).data
    assert len(source_runs) <= 40 + 16
    mapped = vmap(f)
    labels, xs = [k % 40 for k in range(200)], [0.25] * 200
    assert [y.data for y in mapped(labels, xs)] == [2.0 * table[index(n)] * 0.25 for n in labels]
    runs = len(source_runs)
    assert [y.data for y in mapped(labels, xs)] == [2.0 * table[index(n)] * 0.25 for n in labels]
    assert len(source_runs) == runs


def test_numbers_that_never_come_again_end_in_a_warning() -> None:
    """A text of a float that changes at each call: tracing it anew for good would be slower."""
    compiled = jit(lambda x: Value(len(f"{x}")))
    for k in range(257):
        assert compiled(k / 7).data == len(f"{k / 7}")
    with pytest.warns(JitWarning, match="test_traced_numbers.py"):
        assert compiled(300.5).data == 5.0
    assert compiled(300.25).data == 6.0


class Level(enum.Enum):
    """Members are told apart by identity."""

    LOW, HIGH = 1, 2


def test_enum_members_are_passed_as_they_are() -> None:
    exactly(lambda c, x: x if c is Level.LOW else -x, (Level.LOW, 1.0), (Level.HIGH, 1.0))


@pytest.mark.parametrize("use", [math.sin, float, lambda x: math.fsum([x, 1.0]), abs.__call__])
def test_what_would_lose_a_gradient_names_line_and_remedy(use: Any) -> None:
    if use(2.0) == 2.0 and use is not float:
        return
    with pytest.raises(TraceError, match=r"test_traced_numbers\.py:\d+: float\(\).*autodiff\.sin"):
        jit(lambda x: use(x) * W)(2.0)


def test_a_refusal_that_f_catches_is_no_branch() -> None:
    """TraceError is a TypeError: `except TypeError` took it for the plain call's."""

    def f(x: float) -> float:
        try:
            return math.sin(x)
        except TypeError:
            return 7.0

    with pytest.raises(TraceError, match=r"autodiff\.sin"):
        jit(f)(1.0)


def test_what_works_on_numbers_alone_is_a_trace_error_with_its_line() -> None:
    import decimal

    with pytest.raises(TraceError, match=r"test_traced_numbers\.py:\d+: TypeError.*plain one"):
        jit(lambda x: decimal.Decimal(x))(0.5)


@pytest.mark.parametrize(
    "dead",
    [lambda x: ad.acosh(x), lambda x: ad.log(x), lambda x: 1.0 / x, lambda x: ad.exp(1000 * -x),
     lambda x: x**-1.5, lambda x: ad.polygamma(1, x), lambda x: ad.clip(x, x, 2.0),
     lambda x: int(1 / x)],
)  # fmt: skip
def test_errors_in_dead_code(dead: Any) -> None:
    """What f computes and drops raises as f does."""

    def f(x: Any) -> Any:
        dead(x)
        return abs(x)

    for kind in (float, Value):
        exactly(f, *[(kind(x),) for x in (2.0, 0.0, -1.0, 1.5, 3.0)])


def _grads(f: Any, compiled: Any, combine: Any, numbers: list[float]) -> None:
    found = []
    for function in (f, compiled):
        x, w = Value(0.37, "x"), f.w
        w.grad = 0.0
        combine(function(x, *numbers), x, w).backward()
        found.append((x.grad, w.grad))
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", range(12))
def test_exact_gradients_of_conditions_and_combinations(seed: int) -> None:
    """A condition was sorted before its branches; results combined in another order, and an x used
    outside as well as inside, added up in another order than eagerly."""
    import random

    rng = random.Random(seed)
    c = [rng.uniform(-2, 2) for _ in range(8)]
    w = Value(rng.uniform(0.2, 1.5), "w")

    def f(x: Any, a: float) -> Any:
        p, q = ad.sin(x * c[0]) * w + c[1] * x, ad.tanh(w * c[2] + x * x)
        r = where(p < q, q * w + p, p * q * x) + where(q * c[3] > p, x * w, q)
        return [r + p * a, p * q + x, q * c[4] * w]

    f.w = w  # type: ignore[attr-defined]  # for _grads
    for combine in (
        lambda r, x, w: r[2] * c[5] + r[0] + r[1] * x,
        lambda r, x, w: x * w * c[6] + r[1] * r[0] + w * x + r[2],
        lambda r, x, w: r[0],
        lambda r, x, w: r[1],
        lambda r, x, w: ad.exp(r[2]) * x + ad.sum([x * c[7], r[0], w, r[1]]),
    ):
        _grads(f, jit(f, exact=True), combine, [c[7]])


@pytest.mark.parametrize("seed", range(8))
def test_exact_gradients_where_a_condition_or_an_index_hides_operands(seed: int) -> None:
    """Eagerly a condition is a bool and `take(xs, 1)` an entry: the others are no operands."""
    import random

    rng = random.Random(seed)
    c = [rng.uniform(-2, 2) for _ in range(6)]

    def hidden(x: Any, w: Any, n: int) -> Any:
        p, q, r = x * w * c[0], ad.sin(x) * c[1] + w, ad.tanh(w * c[2])
        late = (ad.take([p, q, r], n) if c[5] > 0.0 else r) * c[3]
        return where(p * c[4] < q * r, x * w, w) + late + p * c[5] + q * x + r * w

    for n in range(3):
        found = []
        for combine in (lambda y, x: y, lambda y, x: y * x + y):
            for f in (hidden, jit(hidden, exact=True)):
                x, w = Value(0.37), Value(1.21)
                combine(f(x, w, n), x).backward()
                found.append((x.grad, w.grad))
        assert found[0] == found[1] and found[2] == found[3]


def test_exact_results_are_nodes_like_others() -> None:
    """They are differentiated again, evaluated and copied as the eager graph is."""
    import copy

    w = Value(0.7, "w")
    (y, _) = jit(lambda x: (w * x * x, x), exact=True)(3.0)
    (first,) = ad.gradient(y, [w])
    assert first.data == 9.0 and ad.evaluate(y, {w: 2.0}) == 18.0
    assert copy.deepcopy(y).data == y.data and y.operands[0].operands[0].operands[0] is w


def test_guards_on_one_node_are_shared() -> None:
    """Eight thousand guards took half a second to store."""
    compiled = jit(lambda x: x if all(x > 0.0 for _ in range(500)) else -x)
    compiled(1.0)
    ((variant,),) = compiled._variants.values()
    assert len(variant.guards) == len(variant.checks) == 1


def test_explain_shows_the_number_that_was_frozen() -> None:
    """It showed what the name means now."""
    rate, table = 0.125, [1.0, 2.0]

    def f(x: float, power: float = 3.5) -> Any:
        return x * rate * table[0] * power

    compiled = jit(f)
    compiled(2.0)
    rate = 0.25
    text = compiled.explain()
    assert "rate = 0.125" in text and "table = [1.0, 2.0]" in text and "power = 3.5" in text


def test_below_a_selection_printed_python_has_the_conventions_of_the_engine() -> None:
    """It raised ZeroDivisionError, or gave nan, where the engine has no contribution."""
    cases: list[Any] = [
        lambda x, y: where(x > 0, ad.sqrt(x), 0) + y, lambda x, y: where(x > y, x / 2, 1 / (y + 2)),
        lambda x, y: ad.relu(x) ** 0.5 + y,
        lambda x, y: ad.maximum(x, y) ** 2 * ad.cbrt(where(x > 0, x, y)),
        lambda x, y: where(x > 0, x**0.5, y) * (x - 1) ** 3, lambda x, y: ad.sqrt(x) + y,
    ]  # fmt: skip
    for f in cases:
        space: dict[str, Any] = {}
        exec(to_python(f), space)  # noqa: S102 - the printed source is what is tested
        (printed,) = [g for name, g in space.items() if name.endswith("_and_gradient")]
        for a, b in ((0.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.25, 0.5), (0.5, 0.25)):
            x, y = Value(a), Value(b)
            z = f(x, y)
            z.backward()
            assert repr(printed(a, b)) == repr((z.data, (x.grad, y.grad))), (a, b)


def test_printed_python_reads_as_one_writes_it() -> None:
    """It said `power_term(2.0, t1, 2.0 - 1.0, 0.0)` and `where(not_(t0 <= 0.0), ...)`."""
    text = to_python(lambda w, x: (ad.relu(w * x) - 1) ** 2 + x**3)
    assert "power_term" not in text and "not_(" not in text
    assert "2.0 * t2" in text and "** 3" in text
    assert "where(t0 <= 0.0, 0.0, d_t1 * one(t0))" in text  # but for nan, one is 1


def test_a_program_that_counts_its_runs() -> None:
    """The generator's own instrument: a plain run is seen."""
    run = Run("def f(x):\n    ran()\n    return x")
    run.f(1.0)
    jit(run.f)(1.0)
    assert run.eager == 1 and plainly(1.0) == plainly(Value(1.0)) != plainly(1)


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
def test_below_a_selection_jax_has_the_conventions_of_the_engine() -> None:
    """It gave nan where the engine has no contribution."""
    jax = pytest.importorskip("jax")
    f = ad.to_jax(lambda x: where(x > 0, ad.sqrt(x), 0.0))
    assert float(jax.grad(f)(0.0)) == 0.0


@pytest.mark.parametrize("n", [8, -8, 0, -1, 2**70, -(2**70), True])
def test_generators_are_seeded_as_in_the_plain_call(n: int) -> None:
    """Random(n) takes the size of an int, and took the hash of the number that stands for one."""

    def f(n: Any, x: Any) -> Any:
        random.seed(n - 1)
        return [x * random.Random(n).random(), x * random.random(), x * random.Random(-n).random()]

    w = Value(1.0)
    compiled = jit(lambda n: f(n, w))
    for _ in range(3):
        assert [each.data for each in compiled(n)] == [each.data for each in f(n, w)]
