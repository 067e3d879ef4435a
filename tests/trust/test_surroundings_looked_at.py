"""What a trace depends on besides numbers is looked at again: a story for each way to find it."""

from __future__ import annotations

import functools
import itertools
import os
import pickle
import sys
import types
import warnings
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, Watched, jit, no_grad, vmap
from autodiff.errors import AutodiffError, OperandError
from autodiff.program.batches import batch_path
from autodiff.program.batches.arguments import Arguments
from autodiff.program.batches.examples import MOST_STRUCTURES, Operands, by_structure
from autodiff.program.jit import JitWarning
from autodiff.program.machine import cache
from autodiff.program.tracing.statics import UnfitArgument
from autodiff.program.tracing.trace import TraceError
from autodiff.program.tracing.variant import Variant
from tests.trust.test_threads_and_forks import forks, in_child

_new = itertools.count(50.0)
weights = [Value(1.0), Value(2.0)]
module = types.ModuleType("module")
module.module = module  # type: ignore[attr-defined]  # as `import numpy as np` in NumPy itself
module.weights = weights  # type: ignore[attr-defined]


def scaled(x: Any) -> Any:
    return weights[0] * x


def with_defaults(x: Any, a: Any = weights[1], *, b: Any = weights[1]) -> Any:
    return a * b * x


def other_code(x: Any, a: Any = None, *, b: Any = None) -> Any:
    return weights[1] * 3.0 * x


class Slotted:
    """Its only attribute is in a slot."""

    __slots__ = ("part",)


class Box:
    """Holds a parameter."""

    shared = Value(3.0)

    def __init__(self) -> None:
        self.own = Value(next(_new))

    def method(self, x: Any) -> Any:
        return scaled(x)


class Proper:
    """Reaches a parameter through a property alone."""

    @property
    def twice(self) -> Any:
        return scaled(2.0)


class Settings(Watched):
    """Of a user; the list is of the class."""

    rates = [0.5, 2.0]  # noqa: RUF012 - the story is about such a list


@functools.lru_cache
def cached(at: int) -> Callable[[Any], Any]:
    return lambda x: weights[at] * x


class Forgiving(list):  # type: ignore[type-arg]  # of whatever
    """Says that it is like any other list."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as lists have none


class ForgivingValue(Value):
    """Says that it is like any other number."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Value.__hash__


class Layer(Watched):
    """With a parameter of its own."""

    def __init__(self) -> None:
        self.own = Value(next(_new))


slotted, box, settings = Slotted(), Box(), Settings()
slotted.part = box
plain_settings = Settings()
plain_settings.scale = 1.5  # type: ignore[attr-defined]  # of the story
layers, spaces, slots = [Layer(), 1.0], [SimpleNamespace(own=Value(2.0))], [slotted, box]
first_list, second_list = [box, 1.0], [box, 2.0]
forgiving, alike = Forgiving([Box()]), [ForgivingValue(2.0)]
outer, ring = Box(), SimpleNamespace(own=Value(2.0))
outer.inner, ring.ring = Box(), ring  # type: ignore[attr-defined]  # of the stories
around = Box()
around.around = [around, {"own": box}]  # type: ignore[attr-defined]  # a circle
_code, _method = with_defaults.__code__, Box.method


def _set(
    owner: Any, name: str, make: Callable[[], Any] = lambda: Value(next(_new))
) -> Callable[[], None]:
    """What replaces an attribute."""
    return lambda: setattr(owner, name, make())


def _item(at: int) -> Callable[[], None]:
    return lambda: weights.__setitem__(at, Value(weights[at].data + 4.0))


def _first(things: list[Any], make: Callable[[], Any]) -> Callable[[], None]:
    return lambda: things.__setitem__(0, make())


def _slotted() -> Slotted:
    made = Slotted()
    made.part = Box()
    return made


STORIES: dict[str, tuple[Callable[[Any], Any], Callable[[], None]]] = {
    "the code of a helper": (
        lambda x: with_defaults(x), _set(with_defaults, "__code__", lambda: other_code.__code__)
    ),
    "its defaults": (
        lambda x: with_defaults(x), _set(with_defaults, "__defaults__", lambda: (Value(7.0),))
    ),
    "its defaults by name": (
        lambda x: with_defaults(x), _set(with_defaults, "__kwdefaults__", lambda: {"b": Value(8.0)})
    ),
    "a function that is an argument of a partial": (
        functools.partial(lambda g, x: g(x), scaled), _item(0)
    ),
    "a function that is a default": (lambda x, g=scaled: g(x), _item(0)),
    "an object that is a default": (lambda x, g=box: g.own * x, _set(box, "own")),
    "what a cached function is made from": (lambda x: cached(1)(x), _item(1)),
    "a compiled function": ((lambda g: lambda x: g(x))(jit(lambda x: scaled(x) + x)), _item(0)),
    "a slot": (lambda x: slotted.part.own * x, _set(slotted, "part", Box)),
    "an object in a slot": (lambda x: slotted.part.own * x, _set(box, "own")),
    "a class": (lambda x: Box.shared * x, _set(Box, "shared")),
    "an object before its class": (lambda x: box.shared * x, _set(box, "shared")),
    "a method": (lambda x: box.method(x), _item(0)),
    "a property": ((lambda proper: lambda x: proper.twice * x)(Proper()), _item(0)),
    "another method": (
        lambda x: box.method(x), _set(Box, "method", lambda: lambda self, x: weights[1] * x)
    ),
    "a list of a class": (
        lambda x: weights[0] * x * settings.rates[0], lambda: settings.rates.__setitem__(0, 3.0)
    ),
    "a module in a list": (lambda x: layers[0].own * x, _first(layers, Layer)),
    "a namespace in a list": (
        lambda x: spaces[0].own * x, _first(spaces, lambda: SimpleNamespace(own=Value(next(_new))))
    ),
    "an object with slots in a list": (lambda x: slots[0].part.own * x, _first(slots, _slotted)),
    "an object in one of two lists": (
        lambda x: first_list[0].own * second_list[0].own * x, _first(first_list, Box)
    ),
    "an object in the other list": (
        lambda x: first_list[0].own * second_list[0].own * x, _first(second_list, Box)
    ),
    "an object in a circle": (
        lambda x: around.around[1]["own"].own * x, lambda: around.around[1].update(own=Box())
    ),
    "an object in an object": (
        lambda x: outer.inner.own * x, _set(outer, "inner", Box)  # type: ignore[attr-defined]  # see above
    ),
    "an object that holds itself": (lambda x: ring.ring.own * x, _set(ring, "own")),
    "a list with an == of its own": (
        lambda x: forgiving[0].own * x, _first(forgiving, Box)
    ),
    "a parameter with an == of its own": (
        lambda x: alike[0] * x, _first(alike, lambda: ForgivingValue(next(_new)))
    ),
    "all attributes at once": (
        lambda x: weights[0] * x * (len(vars(settings)) + 1), lambda: setattr(settings, "more", 1.0)
    ),
    "the attributes one by one": (
        lambda x: weights[0] * x * sum(each for each in vars(plain_settings).values()),
        lambda: setattr(plain_settings, "scale", 3.5),
    ),
    "a module that holds itself": (lambda x: module.module.weights[0] * x, _item(0)),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_what_was_replaced_is_noticed(name: str) -> None:
    function, change = STORIES[name]
    compiled = jit(function)
    before = [compiled(2.0).data for _ in range(2)]
    kept = box.own, slotted.part
    try:
        change()
        result = compiled(2.0)
        assert result.data == function(2.0).data != before[0] == before[1]
    finally:
        box.own, slotted.part = kept
        vars(box).pop("shared", None)
        with_defaults.__code__, Box.method = _code, _method  # type: ignore[method-assign]  # as it was


def test_a_set_in_the_place_of_one_like_it_is_looked_at() -> None:
    settings.chosen = {weights[0]}  # type: ignore[attr-defined]  # of the story
    compiled = jit(lambda x: x * len(settings.chosen) * weights[0])  # type: ignore[attr-defined]
    before = compiled(1.0).data
    settings.chosen = {weights[0]}  # type: ignore[attr-defined]
    assert compiled(1.0).data == before
    settings.chosen.add(weights[1])  # type: ignore[attr-defined]
    assert compiled(1.0).data == 2.0 * before


def test_a_text_of_a_parameter_is_made_again_once_it_has_a_gradient() -> None:
    w = Value(2.0)
    compiled = jit(lambda x: x * len(f"{w}"))
    assert compiled(1.0).data == len(f"{w}")
    (w * 0.123456789).backward()
    with pytest.raises(TraceError, match="text of a gradient"):
        compiled(1.0)


# ---- traces that are kept ------------------------------------------------------------------------


def test_a_trace_that_its_own_numbers_contradict_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Variant, "run", lambda *_: None)
    compiled = jit(lambda x: weights[0] * x)
    assert compiled(2.0).data == weights[0].data * 2.0 and not compiled._variants


def test_options_may_come_before_the_function() -> None:
    assert jit(exact=True)(scaled)(2.0).data == weights[0].data * 2.0


def test_structures_that_have_served_are_forgotten_in_silence() -> None:
    compiled = jit(lambda xs: weights[0] * ad.sum(xs), max_structures=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for length in range(1, 45):
            for _ in range(2):
                compiled([0.5] * length)
    assert len(compiled._variants) == 4


def _caught(*xs: Any) -> Any:
    try:
        return ad.log(xs[0]) * weights[0]
    except ValueError:
        return weights[0] * 2.0


def test_structures_in_which_errors_are_caught_are_kept_by_use() -> None:
    compiled = jit(_caught, max_structures=2, max_variants=3)
    for count in (1, 2, 1, 3):
        compiled(*[-1.0] * count)
    assert list(compiled._variants) == [1, 3]


def test_structures_given_up_are_kept_by_use_and_without_traces() -> None:
    compiled = jit(lambda *xs: weights[0] * round(xs[0]), max_structures=2, max_variants=2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", JitWarning)
        for count in (1, 2, 1, 3, 1):
            for number in (1.0, 2.0, 3.0, 4.0):
                assert compiled(*[number] * count).data == weights[0].data * number
    assert len(told) == 3 and list(compiled._hopeless) == [3, 1] and not compiled._variants


def test_structures_that_were_warned_of_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.vmap"], "_MOST_STRUCTURES", 2)
    mapped = vmap(lambda xs: weights[0] * round(ad.sum(xs)))
    for length in (1, 2, 3):
        with pytest.warns(JitWarning):
            mapped([[float(at)] * length for at in range(20)])
    assert len(mapped._warned) == len(mapped._known) == 2


def test_structures_of_examples_that_have_not_served_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.vmap"], "_MOST_STRUCTURES", 2)
    mapped = vmap(lambda xs: weights[0] * ad.sum(xs))
    with pytest.warns(JitWarning, match="forgotten"):
        _ = [mapped([[0.5] * length]) for length in range(1, 40)]


def test_structures_of_examples_are_kept_by_use_and_forgotten_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.vmap"], "_MOST_STRUCTURES", 2)
    traced = []
    mapped = vmap(lambda xs: traced.append(len(xs)) or weights[0] * ad.sum(xs))
    for length in (1, 2, 1, 3, 1):
        mapped([[0.5] * length] * 3)
    assert traced == [1, 2, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for length in range(4, 45):
            mapped([[0.5] * length] * 3)


def test_labels_that_come_again_are_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.tracing.trace_table"], "MOST_NUMBERS", 4)
    compiled = jit(lambda n: weights[0] * len(str(n)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(12):
            for _ in range(2):
                assert compiled(n).data == weights[0].data * len(str(n))


def test_labels_that_never_come_again_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.tracing.trace_table"], "MOST_NUMBERS", 4)
    compiled = jit(lambda n: weights[0] * len(str(n)))
    with pytest.warns(JitWarning, match="different paths"):
        assert [compiled(n).data for n in range(12)] == [
            weights[0].data * len(str(n)) for n in range(12)
        ]


def test_labels_of_examples_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autodiff.program.vmap"], "MOST_NUMBERS", 3)
    mapped = vmap(lambda n: weights[0] * len(str(n)))
    with pytest.warns(JitWarning):
        assert [y.data for y in mapped([1, 22, 333, 4444, 5])] == [
            weights[0].data * length for length in (1, 2, 3, 4, 1)
        ]
    ((known),) = mapped._known.values()
    assert len(known) == 3


def test_paths_of_other_settings_are_kept_once() -> None:
    settings = Settings()
    settings.scale = 1.0  # type: ignore[attr-defined]  # of the story
    mapped = vmap(lambda x: weights[0] * x * settings.scale)
    for turn in range(6):
        settings.scale = 1.0 + turn % 2  # type: ignore[attr-defined]  # of the story
        assert mapped([1.0, 2.0])[1].data == 2.0 * weights[0].data * (1.0 + turn % 2)
    (known,) = mapped._known.values()
    assert len(known) == 2


# ---- results -------------------------------------------------------------------------------------


def test_a_part_that_is_twice_in_a_result_is_made_anew_in_each_call() -> None:
    def function(x: Any) -> Any:
        part = [1.5, "a"]
        return [part, part, x * weights[0], part]

    compiled = jit(function)
    first, second = compiled(1.0), compiled(2.0)
    assert first[0] == second[0] == [1.5, "a"]
    first[0][0] = 7.0
    assert second[0] == second[1] == compiled(2.0)[0] == [1.5, "a"]


class Tags(set):  # type: ignore[type-arg]  # of whatever
    """A set with a name, which a copy would not have."""

    name = ""


class Called:
    """Can be called, and is new in each call."""

    def __call__(self) -> int:
        return 1


@pytest.mark.parametrize("kind", [Tags, Called])
def test_what_jit_cannot_make_again_is_refused(kind: type) -> None:
    with pytest.raises(TraceError, match="cannot make again"):
        jit(lambda x: [x * weights[0], kind()])(1.0)


@pytest.mark.parametrize(
    "make",
    [lambda: Decimal("1.5"), lambda: date(2020, 1, 2), lambda: len, lambda: (lambda: 1),
     lambda: functools.partial(max, 1), lambda: np.float64(1.5)],
    ids=["decimal", "date", "builtin", "function", "partial", "scalar"],
)  # fmt: skip
def test_constants_may_be_made_inside(make: Any) -> None:
    compiled = jit(lambda x: [x * weights[0], make()])
    for number in (1.0, 2.0):
        result, constant = compiled(number)
        assert result.data == number * weights[0].data and type(constant) is type(make())


def test_whole_numbers_among_results_and_keys() -> None:
    compiled = jit(lambda n, x: (n + 1, weights[0] * x, {(n, "a"): x, n: n > 3}))
    for n in (3, 4):
        more, result, table = compiled(n, 2.0)
        assert (more, result.data) == (n + 1, 2.0 * weights[0].data) and type(more) is int
        assert [*table] == [(n, "a"), n] and type(next(iter(table))[0]) is int
        assert table[n] is (n > 3)


def test_what_an_array_of_objects_holds_is_made_anew() -> None:
    def function(x: Any) -> Any:
        made = np.empty(2, object)
        made[:] = [[1.5], "a"], x * weights[0]
        return made

    compiled = jit(function)
    first, second = compiled(1.0), compiled(2.0)
    first[0][0].append(7.0)
    assert second[0] == compiled(2.0)[0] == [[1.5], "a"]


def test_an_array_of_floats_is_one_of_values() -> None:
    a = Value(2.0)
    numbers = jit(lambda x: np.array([x, x * 2.0]))(a)
    numbers[1].backward()
    assert [y.data for y in numbers] == [2.0, 4.0] and a.grad == 2.0
    assert all(isinstance(y, Value) for y in jit(lambda a: a * 2.0)(np.array([1.0, 2.0])))


class Holder:
    """With one attribute, which may go."""

    def __init__(self) -> None:
        self.only = 1.0


def test_the_last_attribute_is_put_back() -> None:
    holder = Holder()

    def function(holder: Any, x: Any) -> Any:
        del holder.only
        return weights[0] * x

    with pytest.raises(TraceError, match="writes"):
        jit(function)(holder, 1.0)
    assert holder.only == 1.0


def test_what_a_partial_holds_is_not_written_to() -> None:
    held = functools.partial(len, [1.0])
    with pytest.raises(TraceError, match="writes"):
        jit(lambda p, x: p.args[0].append(2.0) or weights[0] * x)(held, 1.0)
    assert held.args == ([1.0],)


def test_a_sum_of_values_is_a_value() -> None:
    compiled = jit(lambda x: weights[0] * isinstance(ad.sum([x, x * 2.0]), Value))
    assert compiled(Value(1.0)).data == weights[0].data and compiled(1.0).data == 0.0


def test_exact_results_stop_where_the_function_stops() -> None:
    def function(x: Any) -> Any:
        with no_grad():
            fixed = ad.exp(x) * weights[0]
        return fixed * x, x * 2.0

    plain, exact = Value(0.7), Value(0.7)
    for x, (first, second) in ((plain, function(plain)), (exact, jit(function, exact=True)(exact))):
        (first * second + x).backward()
    assert plain.grad == exact.grad


def test_a_result_adds_up_its_own_gradient() -> None:
    x = Value(3.0)
    y = jit(scaled)(x)
    y.backward()
    y.backward(0.5)
    assert (y.grad, x.grad) == (1.5, 1.5 * weights[0].data)


def test_what_nothing_reaches_gets_no_gradient_of_zero_times_infinity() -> None:
    x = Value(0.0)
    root = ad.sqrt(x)
    chosen = jit(lambda a, b: [ad.where(b > 0.0, b, a), b * 2.0])
    first, second = chosen(root, Value(1.0))
    (first + second).backward()
    assert x.grad == 0.0
    chosen(ad.sqrt(x), ad.exp(x))[0].backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("function", [lambda a: a * 0.0, lambda a: a * -0.0, lambda a: ad.relu(a)])
def test_what_is_reached_with_zero_gets_zero_times_infinity(function: Any) -> None:
    eager, compiled = Value(0.0), Value(0.0)
    function(ad.sqrt(eager)).backward()
    jit(function)(ad.sqrt(compiled)).backward()
    assert repr(eager.grad) == repr(compiled.grad)


def test_several_results_are_evaluated_again() -> None:
    x = Value(3.0, "x")
    first, second = jit(lambda a: [a * weights[0], a + weights[0]])(x)
    assert ad.evaluate(first * second, {x: 5.0}) == 5.0 * weights[0].data * (5.0 + weights[0].data)


# ---- what is refused -----------------------------------------------------------------------------


def test_a_generator_that_is_closed_inside_a_mode_ends_there() -> None:
    went_on = []

    def numbers() -> Any:
        with no_grad():
            yield 1.0
        went_on.append(True)

    for _ in numbers():
        break
    made = numbers()
    next(made)
    made.close()
    assert not went_on and Value(1.0).exp().parents


def test_a_function_in_which_nothing_is_recorded() -> None:
    @no_grad
    def function(x: Any) -> Any:
        return x * weights[0]

    assert function(Value(2.0)).parents == () and function.__name__ == "function"


@forks
def test_a_process_that_is_forked_inside_a_mode_stays_in_it() -> None:
    with no_grad():
        assert in_child(lambda: not (weights[0] * 2.0).parents) == "right"


@pytest.mark.parametrize("make", [jit, vmap])
def test_a_compiled_function_of_a_class_is_itself(make: Any) -> None:
    class Owner:
        """With a compiled function among its attributes."""

        function = make(scaled)

    assert Owner.function is vars(Owner)["function"]


@pytest.mark.parametrize(
    ("platform", "variable", "inside"),
    [("win32", "LOCALAPPDATA", "scalar-autodiff"), ("linux", "XDG_CACHE_HOME", "scalar-autodiff"),
     ("darwin", "HOME", "Library/Caches/scalar-autodiff")],
)  # fmt: skip
def test_where_each_system_keeps_what_can_be_made_again(
    platform: str, variable: str, inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTODIFF_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache.directory() == tmp_path / inside


def test_no_grad_decorates_functions_alone() -> None:
    with pytest.raises(OperandError, match="not int"):
        no_grad(3)  # type: ignore[type-var]  # that is the story


def test_compiled_nodes_are_not_pickled() -> None:
    result = jit(scaled)(Value(2.0))
    with pytest.raises(AutodiffError, match="cannot be pickled"):
        pickle.dumps(result.primitive)


def test_what_a_function_wrote_before_it_was_refused_is_put_back() -> None:
    """It works on numbers, and not on those of a trace: the plain call has run, and written."""

    def function(told: dict[str, float], a: Any) -> Any:
        told["asked"] = 1.0
        return np.modf(a)[0][0] * weights[0]

    told: dict[str, float] = {}
    with pytest.raises(TraceError, match="modf"):
        jit(function)(told, np.array([1.5]))
    assert told == {}


def test_a_compiled_function_that_refuses_the_examples_is_heard() -> None:
    with pytest.raises(UnfitArgument):
        vmap(jit(lambda row: weights[0]))([memoryview(b"a")])


def test_an_interrupt_while_machine_code_is_stored_is_no_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTODIFF_CACHE", str(tmp_path / "cache"))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    cache.store("key", b"code")
    free = os.dup(0)  # the next descriptor
    os.close(free)
    for _ in range(3):
        assert cache.load("key") == b"code"
    assert os.dup(0) == free, "a folder has stayed open"
    os.close(free)
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.store("other", b"code")
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("again", [True, False])
def test_what_a_call_back_raises_comes_from_the_loop_if_that_raises(
    again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = []

    def run(*_: object) -> None:
        broken.append(again)
        raise KeyError("of the machine")

    def function(x: Any) -> Any:
        if any(broken):
            raise KeyError("of the loop")
        return x * weights[0]

    mapped = vmap(function)
    mapped([1.0])
    monkeypatch.setattr(batch_path.Path, "run", run)
    with pytest.raises(KeyError, match="of the loop" if again else "of the machine") as told:
        mapped([1.0, 2.0])
    assert any("example 0" in note for note in getattr(told.value, "__notes__", [])) is again


# ---- examples ------------------------------------------------------------------------------------

ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {
    "is_integer": (lambda x: weights[0] * x.is_integer(), ([1.0, 1.5, 2.0, 1e300, -0.5],), 0),
    "ints that pass the floats": (
        lambda n: weights[0] * (n * n * n % 7), ([3, 300_011, 5, 300_013, -300_017, 208_063],), 0
    ),
    "a label among numbers that are shared": (
        lambda a, x, b, label: weights[0] * a * b * x * len(str(label)),
        (2.0, [1.0, 2.0, 3.0], 0.5, [1, 22, 1]), (None, 0, None, 0),
    ),
    "a shared label": (
        lambda x, label: weights[0] * x * len(str(label)), ([1.0, 2.0, 3.0], 22), (0, None)
    ),
    "ints beside floats": (
        lambda row: weights[0] * len(str(row[0])) * row[1], ([(1, 2.0), (3, 4.5), (1, 2.5)],), 0
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_examples_get_the_answers_of_their_own_numbers(name: str) -> None:
    function, arguments, axes = ROWS[name]
    mapped = vmap(function, in_axes=axes)
    axes = [axes] * len(arguments) if axes == 0 else axes
    count = len(next(arg for arg, axis in zip(arguments, axes, strict=True) if axis == 0))
    rows = [
        [arg[at] if axis == 0 else arg for arg, axis in zip(arguments, axes, strict=True)]
        for at in range(count)
    ]
    for _ in range(2):
        assert [y.data for y in mapped(*arguments)] == [function(*row).data for row in rows]


def _caught_in_row(x: Any) -> Any:
    try:
        return ad.log(x) * weights[0]
    except ValueError:
        return weights[0] * 2.0


def test_numbers_of_all_results() -> None:
    w0 = weights[0].data
    found = vmap(_caught_in_row)([1.0, -1.0, 1.0])
    assert found.numbers.tolist() == [0.0, 2.0 * w0, 0.0]
    rows = vmap(lambda n: (n + 1, weights[0] * n))([1, 2]).numbers
    assert rows.tolist() == [[2.0, w0], [3.0, 2.0 * w0]]


def test_a_batch_is_evaluated_again_with_the_shared_numbers() -> None:
    mapped = vmap(lambda x, shared: weights[0] * x * shared, in_axes=(0, None))
    total = ad.sum(mapped([1.0, 2.0], 3.0))
    assert ad.evaluate(total, {weights[0]: 5.0}) == 45.0


@pytest.mark.parametrize(
    "rows",
    [[np.array([1.0, 2.0]), np.array([3.0])], [np.array([1, 2]), np.array([3.5, 4.0])],
     [np.array([1.0]), [2.0]], [[2.0], np.array([1.0])], [np.array([1, 2]), np.array([3, 4])]],
    ids=["shapes", "dtypes", "a list", "first a list", "alike"],
)  # fmt: skip
def test_arrays_in_a_list_are_rows_as_they_are(rows: list[Any]) -> None:
    function = lambda row: weights[0] * row[0] * len(str(row[0])) * len(row)  # noqa: E731 - as users write it
    assert [y.data for y in vmap(function)(rows)] == [function(row).data for row in rows]


def test_more_structures_than_can_be_kept_are_no_groups() -> None:
    for most, grouped in ((MOST_STRUCTURES, True), (MOST_STRUCTURES + 1, False)):
        rows = [[0.5] * (at + 1) for at in range(most)]
        assert (by_structure(Arguments([rows], [0]), Operands()) is not None) is grouped


# ---- copies --------------------------------------------------------------------------------------


@jit
def named(x: Any) -> Any:
    return weights[0] * x


mapped_by_name = vmap(scaled)


def test_a_function_with_a_name_is_copied_as_itself_and_others_are_made_again() -> None:
    assert pickle.loads(pickle.dumps(named)) is named
    other = jit(named.__wrapped__)  # the name is that of the first one
    made = pickle.loads(pickle.dumps(jit(scaled)))
    assert made(2.0).data == weights[0].data * 2.0 and made is not named
    assert other.__reduce__() != named.__reduce__() == "named"
    assert pickle.loads(pickle.dumps(mapped_by_name)) is not mapped_by_name


def test_cloudpickle_takes_along_what_belongs_to_the_main_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = lambda function: function.__reduce__()  # noqa: E731 - its code is asked from elsewhere
    asks = {
        name: types.FunctionType(ask.__code__, {"__name__": name})
        for name in ("cloudpickle.cloudpickle", "pickle")
    }
    for module_name, by_name in (("__main__", False), (__name__, True)):
        compiled = jit(scaled)
        compiled.__module__, compiled.__qualname__ = module_name, "of_ours"
        monkeypatch.setattr(sys.modules[module_name], "of_ours", compiled, raising=False)
        assert (asks["cloudpickle.cloudpickle"](compiled) == "of_ours") is by_name
        assert asks["pickle"](compiled) == "of_ours"
