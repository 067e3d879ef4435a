"""What a compiled function returns is made anew in each call; what else it does is refused."""

from __future__ import annotations

import array
import enum
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, to_python, vmap
from autodiff.program.tracing.trace import TraceError

w = Value(2.0)
OUTSIDE = np.arange(3.0)
LISTED = [1.0, 2.0]


class Typed(NamedTuple):
    """As users write it."""

    a: Any
    b: Any = 3


Pair = namedtuple("Pair", "a b")


@dataclass
class Point:
    x: Any
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fixed:
    x: Any
    y: Any = 1


class Marked(list):  # type: ignore[type-arg]  # as users write it
    note = ""


class Named(dict):  # type: ignore[type-arg]  # with a constructor of its own
    def __init__(self, name: str, **items: Any) -> None:
        super().__init__(**items)
        self.name = name


class Row(tuple):  # type: ignore[type-arg]  # the same
    __slots__ = ()

    def __new__(cls, *items: Any) -> Row:
        return super().__new__(cls, items)


class Colour(enum.Enum):
    RED = 1


def marked(x: Any) -> Marked:
    made = Marked([w * x, 1])
    made.note = "seen"
    return made


def grouped(x: Any) -> Any:
    groups = defaultdict(list)
    groups["a"].append(w * x)
    return groups


def objects(x: Any) -> Any:
    made = np.empty(2, dtype=object)
    made[:] = [w * x, "text"]
    return made


RESULTS: dict[str, Callable[[Any], Any]] = {
    "Value": lambda x: w * x,
    "list": lambda x: [w * x, x + 1.0],
    "mixed list": lambda x: [w * x, "text", None, True, 3, [w + x]],
    "tuple": lambda x: (w * x, 1),
    "nested": lambda x: {"a": [(w * x,)], "b": {"c": w + x}},
    "Counter": lambda x: Counter(a=2, b=3),
    "Counter of results": lambda x: Counter(a=w * x),
    "defaultdict": grouped,
    "OrderedDict": lambda x: OrderedDict(z=w * x, a=1),
    "NamedTuple": lambda x: Typed(w * x),
    "namedtuple": lambda x: Pair(1, w * x),
    "dataclass": lambda x: Point(w * x, ["new"]),
    "frozen slots": lambda x: Fixed(w * x),
    "namespace": lambda x: types.SimpleNamespace(a=w * x),
    "deque": lambda x: deque([w * x, 1], maxlen=5),
    "set": lambda x: {1, 2},
    "frozenset": lambda x: frozenset({1, 2}),
    "set of tuples": lambda x: {(1, 2), (3,)},
    "list subclass": marked,
    "dict subclass": lambda x: Named("n", a=w * x),
    "tuple subclass": lambda x: Row(w * x, 2),
    "array": lambda x: np.array([1.0, 2.0]),
    "objects": objects,
    "bytearray": lambda x: bytearray(b"ab"),
    "array.array": lambda x: array.array("d", [1.0]),
    "text": lambda x: "text",
    "None": lambda x: None,
    "enum member": lambda x: [Colour.RED, w * x],
    "type": lambda x: [dict, w * x],
    "range": lambda x: range(3),
    "the same twice": lambda x: [w * x] * 2,
    "empty": lambda x: [],
}


def plainly(tree: Any) -> Any:
    """A result with the numbers of its Values, in a form that == compares."""
    if isinstance(tree, Value):
        return tree.data
    if isinstance(tree, float):  # jit returns numbers as Values
        return tree
    if isinstance(tree, np.ndarray):
        return ["array", *map(plainly, tree.tolist())]
    if isinstance(tree, dict):
        return type(tree), [(key, plainly(part)) for key, part in tree.items()], vars_of(tree)
    if isinstance(tree, (list, tuple, deque)):
        return type(tree), [plainly(part) for part in tree], vars_of(tree)
    if isinstance(tree, (Point, types.SimpleNamespace)):
        return type(tree), {key: plainly(part) for key, part in vars(tree).items()}
    return (type(tree), plainly(tree.x), tree.y) if isinstance(tree, Fixed) else (type(tree), tree)


def vars_of(tree: Any) -> Any:
    attributes = dict(getattr(tree, "__dict__", {}))
    return attributes, getattr(tree, "maxlen", None), getattr(tree, "default_factory", None)


MUTABLE = (list, dict, set, deque, np.ndarray, Point, bytearray, array.array, types.SimpleNamespace)


@pytest.mark.parametrize("name", RESULTS)
def test_results_keep_what_they_are_and_are_new_in_each_call(name: str) -> None:
    """Subclasses became plain, and one array or Counter was returned by every call."""
    f = RESULTS[name]
    for compiled in (jit(f), jit(f, exact=True)):
        found = [compiled(x) for x in (1.0, 3.0, 5.0)]
        assert [plainly(y) for y in found] == [plainly(f(x)) for x in (1.0, 3.0, 5.0)]
        if isinstance(found[0], MUTABLE):
            assert len(set(map(id, found))) == 3
    several = vmap(f)([1.0, 3.0, 5.0])
    assert [plainly(y) for y in several] == [plainly(f(x)) for x in (1.0, 3.0, 5.0)]


def test_what_the_caller_does_to_a_result_stays_with_it() -> None:
    f = jit(lambda x: {"sum": w * x, "words": ["a"], "zeros": np.zeros(2), "point": Point(1)})
    for _ in range(3):
        found = f(1.0)
        assert found["words"] == ["a"]
        assert found["zeros"].tolist() == [0.0, 0.0]
        assert found["point"].notes == []
        found["words"].append("b")
        found["zeros"] += 1.0
        found["point"].notes.append("seen")
        found["more"] = 1


def test_a_fresh_leaf_is_another_one_in_each_call() -> None:
    f = jit(lambda x: [Value(3.0, "fresh"), w * x])
    first, second = f(1.0)[0], f(1.0)[0]
    assert first is not second
    assert (second.data, second.label) == (3.0, "fresh")


def test_what_stood_outside_is_returned_itself() -> None:
    f = jit(lambda x: [OUTSIDE, LISTED, w, RESULTS, Colour, w * x])
    for _ in range(3):
        assert [a is b for a, b in zip(f(1.0), (OUTSIDE, LISTED, w, RESULTS), strict=False)] == [
            True
        ] * 4


def test_arguments_are_returned_themselves() -> None:
    f = jit(lambda xs, d: {"xs": xs, "inner": d["inner"], "y": w * xs[0] + d["inner"][0]})
    for number in (1.0, 4.0):
        xs, d = [number, 2.0], {"inner": [number]}
        found = f(xs, d)
        assert found["xs"] is xs
        assert found["inner"] is d["inner"]
        assert found["y"].data == 3.0 * number
    g = jit(lambda *, s, a: (s, a, w + a[0]))
    for _ in range(2):
        s, a = {1, 2}, np.array([1.0])
        found = g(s=s, a=a)
        assert found[0] is s
        assert found[1] is a
    h = jit(lambda fn, text, x: [fn, text, w * x])
    assert h(len, "a", 1.0)[:2] == [len, "a"] == h(len, "a", 2.0)[:2]
    rows = [[1.0], [2.0]]
    assert all(a is b for a, b in zip(vmap(lambda r: r)(rows), rows, strict=True))


# ---- what cannot be made again -----------------------------------------------------------------


class Opaque:
    """An object of no known kind."""


def circle(x: Any) -> Any:
    made = [w * x]
    made.append(made)
    return made


@pytest.mark.parametrize(
    ("f", "what"),
    [(lambda x: (w * i for i in range(3)), "an iterator"), (lambda x: iter([w * x]), "an iterator"),
     (lambda x: map(float, [1]), "an iterator"), (lambda x: zip([1], [2], strict=True), "iterator"),
     (lambda x: [Opaque(), w * x], "an object that it has made .*Opaque"),
     (lambda x: {"a": Opaque()}, "an object that it has made"), (circle, "holds itself")],
)  # fmt: skip
def test_results_that_no_replay_could_make(f: Callable[[Any], Any], what: str) -> None:
    for run in (jit(f), jit(f, exact=True), lambda x: list(vmap(f)([x]))):
        with pytest.raises(TraceError, match=rf"test_results_and_effects.py:\d+: .*{what}"):
            run(1.0)
    with pytest.raises(TraceError, match=what):
        to_python(f)


def _append(xs: Any) -> Any:
    xs.append(3.0)
    return w * xs[0]


def _item(xs: Any) -> Any:
    xs[0] = xs[0] + 1.0
    return w * xs[0]


def _in_place(a: Any) -> Any:
    a += 1.0
    return w * a[0]


def _view(a: Any) -> Any:
    a[1:][0] = 7.0
    return w * a[0]


def _new_key(d: Any) -> Any:
    d["new"] = w * d["a"]
    return d["new"]


def _order(d: Any) -> Any:
    d["a"] = d.pop("a")
    return w * d["a"]


def _attribute(p: Any) -> Any:
    p.x = w * p.x
    return p.x


def _fresh_attribute(xs: Any) -> Any:
    xs.seen = True
    return w * xs[0]


def _deep(tree: Any) -> Any:
    tree["a"][0].append(1.0)
    return w * tree["a"][0][0]


def _set(s: Any) -> Any:
    s.add(5)
    return w * len(s)


def _bytes(b: Any) -> Any:
    b[0] = 7
    return w * b[0]


def _words(a: Any) -> Any:
    a[0] = "c"
    return w * len(a)


WRITES: list[tuple[Callable[[Any], Any], Callable[[], Any]]] = [
    (_append, lambda: [1.0]), (_append, lambda: deque([1.0])), (_item, lambda: [1.0]),
    (_item, lambda: np.array([1.0])), (_in_place, lambda: np.array([1.0, 2.0])),
    (_in_place, lambda: np.array([1, 2]).astype(object)), (_view, lambda: np.array([1.0, 2.0])),
    (_new_key, lambda: {"a": 1.0}), (_new_key, lambda: defaultdict(list, a=1.0)),
    (_order, lambda: {"a": 1.0, "b": 2.0}), (_attribute, lambda: Point(1.0)),
    (_attribute, lambda: types.SimpleNamespace(x=1.0)), (_fresh_attribute, lambda: Marked([1.0])),
    (_deep, lambda: {"a": [[1.0]]}), (_set, lambda: {1, 2}), (_bytes, lambda: bytearray(b"ab")),
    (_words, lambda: np.array(["a", "b"])), (lambda xs: xs.clear() or w, lambda: [1.0]),
    (lambda xs: xs.sort() or w, lambda: [2.0, 1.0]), (lambda xs: xs.reverse() or w,
     lambda: [2.0, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "make"), WRITES)
def test_writing_to_an_argument_is_refused(
    f: Callable[[Any], Any], make: Callable[[], Any]
) -> None:
    """It happened in the first call and in no other one, or never."""
    for run in (jit(f), jit(f, exact=True)):
        argument, before = make(), make()
        with pytest.raises(TraceError, match=r"effects.py:\d+: the function writes to an argument"):
            run(argument)
        assert plainly(argument) == plainly(before)


class Model:
    """A user's object with a memory."""

    last: Any = None


def test_traced_numbers_that_are_stored_outside_are_found() -> None:
    """They were stored by the first call alone, and nobody was told."""
    kept: list[Any] = []
    table: dict[str, Any] = {}
    model = Model()

    def remember(x: Any) -> Any:
        nonlocal latest
        latest = w * x
        return latest

    latest: Any = None

    def to_attribute(x: Any) -> Any:
        model.last = w * x
        return model.last + 1.0

    def one_deep_inside(x: Any) -> Any:
        y = w * x
        for _ in range(50):
            y = y + x
        table["y"] = [(y,)]
        for _ in range(50):
            y = y * 1.01
        return y

    for f, holder in (
        (lambda x: kept.append(w * x) or w * x, "a list"),
        (lambda x: kept.append([x]) or w * x, "a list"),
        (lambda x: table.update(y=w * x) or w * x, "'y' of a dict or of an object"),
        (to_attribute, "('last' of a dict or of an object|a Model)"),
        (remember, "a cell"),
        (one_deep_inside, "a tuple"),
    ):
        for run in (jit(f), jit(f, exact=True), lambda x, f=f: vmap(f)([x, x])):
            with pytest.raises(TraceError, match=rf"effects.py:\d+: .*outlives.*{holder} holds it"):
                run(1.0)


def test_local_functions_that_call_themselves_hold_nothing() -> None:
    """They are circles, which count as holders until the collector has seen them."""

    def f(x: Any, n: int) -> Any:
        def power(k: int) -> Any:
            return w * x if k == 0 else power(k - 1) * x

        return power(n)

    compiled = jit(f)
    assert [compiled(float(x), 3).data for x in range(4)] == [f(float(x), 3).data for x in range(4)]


def test_effects_without_numbers_happen_once() -> None:
    """The documented exception: they touch no argument and hold no traced number."""
    calls: list[str] = []
    f = jit(lambda x: calls.append("called") or w * x)
    assert [f(x).data for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    assert calls == ["called"]


def test_a_function_that_was_given_up_returns_its_arguments_too() -> None:
    """Run eagerly, its lists came back as copies with Values in them."""

    def f(xs: Any, x: Any) -> Any:
        return {"xs": xs, "y": [xs[0] * 2.0] * (1 if x > 0.0 else 3)}

    compiled, xs = jit(f, max_variants=1), [1.0]
    compiled(xs, 1.0)
    with pytest.warns(match="different paths"):
        compiled(xs, -1.0)
    found = compiled(xs, -1.0)
    assert found["xs"] is xs
    assert [type(y) for y in found["y"]] == [Value] * 3


def test_a_leaf_that_is_returned_and_used_is_refused() -> None:
    """Each call gave the same leaf, so that gradients of all calls added up in it."""

    def f(x: Any) -> Any:
        v = Value(2.0)
        return v, v * x + ad.sum([v, x])

    outside = Value(3.0)
    for compiled in (jit(f), jit(lambda x: f(x)[::-1])):
        with pytest.raises(TraceError, match=r"has made itself and computes with.*make it outside"):
            compiled(1.0)
    found = jit(lambda x: (outside, outside * x, Value(2.0)))
    assert found(1.0)[0] is found(2.0)[0] is outside
    assert found(1.0)[2] is not found(1.0)[2]


def test_a_module_that_is_made_inside_may_hold_traced_numbers() -> None:
    """It was refused as a leak: the notes about what f reads held it."""

    class Holder(ad.Watched):
        """Keeps a number between two lines of a function."""

        scale = 2.0

        def __init__(self, x: Any) -> None:
            self.kept = x * self.scale

    @jit
    def f(x: Any) -> Any:
        return Holder(x).kept + 1.0

    assert [f(x).data for x in (1.0, 3.0)] == [3.0, 7.0]
    assert "written" not in f.explain()
    kept = []
    with pytest.raises(TraceError, match="outlives"):
        jit(lambda x: kept.append(Holder(x)) or x)(1.0)
