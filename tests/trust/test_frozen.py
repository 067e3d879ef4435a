"""The documentation's list of what is frozen is true, and `explain()` shows it as it was."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
from autodiff import Value, Watched, jit, vmap

w = Value(2.0)
RATE, TABLE, WORD = 0.125, {"a": 0.5, "b": [1.5]}, "two"
SENTINEL = Value(1.0)


def helper(x: Any) -> Any:
    return x * RATE


class Scaled(nn.Module):
    """Its class has a number."""

    scale = 3.25

    def forward(self, x: Any) -> Any:
        return x * self.scale * w


class Deeper(Scaled):
    """Its base class has a number."""


class Config:
    """Not watched; only what a function asks for by its name is listed."""

    factor = 1.75

    def __init__(self) -> None:
        self.rate, self.unasked = 0.375, 77.5
        self.inner = SimpleNamespace(depth=4.5)


config = Config()


class Case(NamedTuple):
    """A function, what changes what it reads, and what `explain` says of it."""

    f: Callable[[Any], Any]
    change: Callable[[], Any] | None
    shown: str
    documented: str


def _closure() -> tuple[Callable[[Any], Any], Callable[[], Any]]:
    rate = 0.625

    def change() -> None:
        nonlocal rate
        rate = 9.0

    return lambda x: x * rate, change


def _defaults(x: Any, power: float = 3.5, *, words: tuple[str, ...] = ("ab",)) -> Any:
    return x * power * len(words[0])


_closed, _change_closed = _closure()
_part = functools.partial(lambda a, x, b: x * a * b, 0.75, b=2.25)
CASES: dict[str, Case] = {
    "module": Case(lambda x: x * RATE, lambda: globals().update(RATE=9.0), "RATE = 0.125",
                   "finds in its module"),
    "text": Case(lambda x: x * len(WORD), lambda: globals().update(WORD="three"), "WORD = 'two'",
                 "plain numbers and texts"),
    "container": Case(lambda x: x * TABLE["a"], lambda: TABLE.update(a=9.0),
                      "TABLE = {'a': 0.5, 'b': [1.5]}", "plain numbers"),
    "one that it calls": Case(lambda x: helper(x), lambda: globals().update(RATE=9.0),
                              "RATE = 0.125", "or one that it calls"),
    "closure": Case(_closed, _change_closed, "rate = 0.625", "closes over"),
    "default": Case(_defaults, lambda: setattr(_defaults, "__defaults__", (9.0,)), "power = 3.5",
                    "has as defaults"),
    "keyword default": Case(_defaults, None, "words = ('ab',)", "has as defaults"),
    "partial": Case(_part, lambda: _part.keywords.update(b=9.0), "b = 2.25", "of a `partial`"),
    "place of a partial": Case(_part, None, "argument 0 = 0.75", "of a `partial`"),
    "attribute": Case(lambda x: x * config.rate, lambda: setattr(config, "rate", 9.0),
                      "config.rate = 0.375", "attributes of objects"),
    "deeper": Case(lambda x: x * config.inner.depth, lambda: setattr(config.inner, "depth", 9.0),
                   "config.inner.depth = 4.5", "attributes of objects"),
    "class": Case(lambda x: x * config.factor, lambda: setattr(Config, "factor", 9.0),
                  "config.factor = 1.75", "attributes of classes"),
    "random": Case(lambda x: x * random.random(), random.random, "what random gave",
                   "random numbers"),
    "numpy.random": Case(lambda x: x * float(np.random.rand()), None, "what np gave",
                         "random numbers"),
    "time": Case(lambda x: x * time.perf_counter(), time.perf_counter, "what time gave",
                 "the time"),
    "is": Case(lambda x: x * (2.0 if x is SENTINEL else 3.0), None, f"is ({__file__}:", "`is`"),
    "id": Case(lambda x: x * (2.0 if id(x) == 1 else 3.0), None, f"id() ({__file__}:", "`id()`"),
    "type": Case(lambda x: x * (2.0 if type(x) is float else 3.0), None, f"is ({__file__}:",
                 "`type(x) is float`"),
    "issubclass": Case(lambda x: x * (2.0 if issubclass(type(x), int) else 3.0), None,
                       f"issubclass() ({__file__}:", "`issubclass`"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _as_it_was() -> Any:
    outside = dict(globals())
    yield
    globals().update({name: outside[name] for name in ("RATE", "WORD")})
    TABLE["a"], Config.factor = 0.5, 1.75
    config.rate, config.inner.depth = 0.375, 4.5


@pytest.mark.parametrize("name", CASES)
def test_what_is_frozen_is_documented_and_shown(name: str) -> None:
    case = CASES[name]
    compiled, each = jit(case.f), vmap(case.f)
    before, of_each = compiled(2.0).data, each([2.0])[0].data
    if case.change is not None:
        case.change()
    assert compiled(2.0).data == before and each([2.0])[0].data == of_each  # frozen, as documented
    assert case.shown in compiled.explain()  # as it was, not as it is now
    assert case.shown in each.explain()
    assert case.documented in " ".join(_documented().split())


def _documented() -> str:
    path = Path(__file__).parents[2] / "docs" / "compiling.md"
    text = path.read_text(encoding="utf-8")
    return text[text.index("**Frozen when a path is traced**") : text.index("NumPy's own red")]


def test_what_a_function_does_not_ask_for_is_not_shown() -> None:
    text = jit(lambda x: x * config.rate)
    text(1.0)
    assert "unasked" not in text.explain() and "depth" not in text.explain()
    text = jit(lambda x: x * w if x is not None and (x > 1) is True else x)
    text(1.0)
    assert "identity" not in text.explain() and "frozen when" not in text.explain()


def test_what_is_noticed_is_not_called_frozen() -> None:
    class Settings(Watched):
        """Of a user."""

        def __init__(self) -> None:
            self.rate = 0.5

    settings = Settings()
    f = jit(lambda x: x * settings.rate)
    assert f(1.0).data == 0.5
    settings.rate = 0.75
    assert f(1.0).data == 0.75
    assert "frozen when" not in f.explain()


@pytest.mark.parametrize("kind", [Scaled, Deeper])
def test_classes_of_watched_objects_are_noticed(kind: type[Scaled]) -> None:
    """Also one that comes as an argument, and an attribute that a class gets in between."""
    model, before = kind(), Scaled.scale
    of_outside, given = jit(lambda x: x * model.scale), jit(lambda m, x: x * m.scale)
    assert of_outside(2.0).data == given(model, 2.0).data == 2.0 * before
    try:
        Scaled.scale = 9.0
        assert of_outside(2.0).data == given(model, 2.0).data == 18.0
        if kind is Deeper:
            Deeper.scale = 1.0
            assert of_outside(2.0).data == given(model, 2.0).data == 2.0
    finally:
        Scaled.scale = before
        if "scale" in vars(Deeper):
            del Deeper.scale
    assert of_outside(2.0).data == given(model, 2.0).data == 2.0 * before
    assert "Scaled.scale" not in of_outside.explain()


def test_large_containers_are_not_gone_through() -> None:
    """Their text was made in full at each trace."""

    class Number(float):
        """Says how often its text was made."""

        shown = 0

        def __repr__(self) -> str:
            Number.shown += 1
            return float.__repr__(self)

    numbers = [Number(k) for k in range(1000)]
    f = jit(lambda x: x * numbers[3])
    f(1.0)
    assert Number.shown < 50
    assert "numbers = [0.0, 1.0, 2.0" in f.explain()
