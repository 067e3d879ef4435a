"""Modes, attributes and parameters that change behind a compiled function's back are noticed."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value, Watched, jit, vmap


class Drop(nn.Module):
    """A child that behaves differently in training."""

    def __init__(self) -> None:
        self.rate = 0.5

    def forward(self, x: Any) -> Any:
        return x * (1.0 - self.rate) if self.training else x


class Net(nn.Module):
    """Plain attributes, a child, parameters in a list, a tuple and a dict."""

    def __init__(self) -> None:
        self.scale = 2.0
        self.w = Value(3.0)
        self.pair = (Value(1.0), Value(2.0))
        self.rows = [Value(4.0), Value(5.0)]
        self.named = {"a": Value(6.0)}
        self.layers = [nn.Neuron(1, None, seed=1), nn.Neuron(1, "tanh", seed=2)]
        self.drop = Drop()
        self.last = ad.tanh

    def forward(self, x: Any) -> Any:
        y = self.w * x * self.scale + self.pair[0] * self.pair[1] + self.named["a"]
        y = y + self.rows[0] * x + self.rows[-1]
        for layer in self.layers:
            y = layer(y)
        y = self.last(self.drop(y))
        return y * 2.0 if self.training else y


class Other(nn.Module):
    """A child of another kind."""

    def forward(self, x: Any) -> Any:
        return x * 7.0


CHANGES: dict[str, Callable[[Net], Any]] = {
    "eval": lambda net: net.eval(),
    "train": lambda net: net.train(),
    "child's mode": lambda net: net.drop.eval(),
    "rate of a child": lambda net: setattr(net.drop, "rate", 0.25),
    "plain attribute": lambda net: setattr(net, "scale", 5.0),
    "the same number of another kind": lambda net: setattr(net, "scale", 5),
    "minus zero": lambda net: (setattr(net, "scale", 0.0), setattr(net, "scale", -0.0)),
    "a number again": lambda net: setattr(net, "scale", 1.5),
    "another parameter": lambda net: setattr(net, "w", Value(8.0)),
    "a parameter of the same number": lambda net: setattr(net, "w", Value(8.0)),
    "another tuple": lambda net: setattr(net, "pair", (net.pair[0], Value(9.0))),
    "another entry": lambda net: net.rows.__setitem__(0, Value(4.0)),
    "one more entry": lambda net: net.rows.append(Value(1.5)),
    "another item": lambda net: net.named.update(a=Value(6.0)),
    "another child": lambda net: setattr(net, "drop", Other()),
    "a layer replaced": lambda net: net.layers.__setitem__(0, nn.Neuron(1, "relu", seed=5)),
    "a layer more": lambda net: net.layers.append(nn.Neuron(1, None, seed=6)),
    "a layer less": lambda net: net.layers.pop(0),
    "other layers": lambda net: setattr(net, "layers", [nn.Neuron(1, None, seed=7)]),
    "another function": lambda net: setattr(net, "last", ad.sigmoid),
    "a parameter in a layer": lambda net: setattr(net.layers[0], "bias", Value(0.5)),
    "no bias": lambda net: setattr(net.layers[0], "bias", 0.0),
    "frozen": lambda net: net.freeze(),
    "unfrozen": lambda net: net.unfreeze(),
    "a method of its own": lambda net: setattr(net, "forward", lambda x: net.w * x),
    "the method of the class": lambda net: delattr(net, "forward"),
}


def outcome(net: Net, result: Any) -> tuple[float, list[float]]:
    net.zero_grad()
    result.backward()
    return result.data, [p.grad for p in net.parameters()]


def _first_of(each: Callable[[list[float]], Any]) -> Callable[[float], Any]:
    return lambda x: each([x])[0]


WAYS: dict[str, Callable[[Net], Callable[[float], Any]]] = {
    "module": lambda net: jit(net),
    "exact": lambda net: jit(net, exact=True),
    "closure": lambda net: jit(lambda x: net(x)),
    "bound method": lambda net: jit(net.__call__),
    "partial": lambda net: jit(functools.partial(lambda model, x: model(x), net)),
    "argument": lambda net: functools.partial(jit(lambda model, x: model(x)), net),
    "inside an argument": lambda net: functools.partial(jit(lambda d, x: d["m"](x)), {"m": net}),
    "vmap": lambda net: _first_of(vmap(net)),
    "vmap of a closure": lambda net: _first_of(vmap(lambda x: net(x))),
    "two levels": lambda net: jit(lambda x, inner=lambda y: net(y): inner(x)),
}


@pytest.mark.parametrize("way", WAYS)
def test_changes_of_a_module_are_noticed(way: str) -> None:
    """The numbers of the first call came back: modes, rates, parameters and layers were frozen."""
    net = Net()
    f = WAYS[way](net)
    for name, change in CHANGES.items():
        change(net)
        for _ in range(2):
            expected, found = outcome(net, net(0.3)), outcome(net, f(0.3))
            assert found[0] == expected[0], name
            assert found[1] == pytest.approx(expected[1], rel=1e-12, abs=1e-300), name


def test_a_bound_forward_follows_attributes() -> None:
    net = Net()
    f = jit(net.forward)
    for _ in range(2):
        for change in (net.eval, net.train):
            change()
            assert f(0.3).data == net(0.3).data


def test_modes_that_come_back_are_answered_by_their_traces() -> None:
    net = Net()
    calls = []

    def counted(x: Any) -> Any:
        calls.append(1)
        return net(x)

    f, each = jit(counted), vmap(counted)
    for _ in range(5):
        for change in (net.eval, net.train):
            change()
            assert f(0.3).data == net(0.3).data
            assert each([0.3, 0.4])[1].data == net(0.4).data
    assert len(calls) == 4


def test_what_a_function_does_not_read_is_nothing_to_it() -> None:
    net, other = Net(), Net()
    calls = []
    f = jit(lambda x: calls.append(1) or net(x))
    for number in range(5):
        other.eval()
        other.scale = float(number)
        net.epoch = number
        assert f(0.3).data == net(0.3).data
    assert len(calls) == 1


def test_training_compiled_and_plainly_with_modes() -> None:
    """fit switches modes; a validation score in the midst of it too."""
    histories = []
    for compile in (False, True):
        model = nn.Sequential(nn.Layer(1, 2, "tanh", seed=1), nn.Layer(2, 1, None, seed=2), Drop())
        optimizer = nn.SGD(model, lr=0.05)
        data = [[0.1 * k] for k in range(8)], [0.2 * k for k in range(8)]
        history = nn.fit(
            model, *data, loss="mse", optimizer=optimizer, epochs=3, compile=compile,
            validation=data,
        )  # fmt: skip
        model.layers[-1].rate = 0.1
        nn.fit(model, *data, loss="mse", optimizer=optimizer, epochs=3, compile=compile,
               history=history, validation=data)  # fmt: skip
        histories.append(history)
    plain, compiled = histories
    for key in ("loss", "validation_loss"):
        assert compiled[key] == pytest.approx(plain[key], rel=1e-9), key


# ---- names and containers outside --------------------------------------------------------------

weight = Value(2.0)
weights = [Value(1.0), Value(2.0)]
table = {"a": Value(1.0)}
net = Net()


def helper(x: Any) -> Any:
    return weight * x


def test_names_of_the_module_that_mean_another_parameter() -> None:
    """A cell of a notebook that is run again puts another Value, or function, under the name."""
    global weight, weights, table, net, helper
    f = jit(lambda x: helper(x) + weights[0] * table["a"] * x + weights[-1])
    g = jit(lambda x: net(x))
    before = helper

    def check() -> None:
        parameters = [weight, *weights, *table.values()]
        for p in parameters:
            p.grad = 0.0
        found = f(3.0)
        found.backward()
        gradients = [p.grad for p in parameters]
        for p in parameters:
            p.grad = 0.0
        expected = f.__wrapped__(3.0)
        expected.backward()
        assert (found.data, gradients) == (expected.data, [p.grad for p in parameters])
        assert g(0.3).data == net(0.3).data

    check()
    weight = Value(2.0)  # the same number, but another parameter
    check()
    weights = [Value(1.0), Value(2.0)]
    check()
    weights[0] = Value(1.0)
    check()
    weights.append(Value(4.0))
    check()
    table = {"a": Value(1.0)}
    check()
    table["a"] = Value(7.0)
    check()
    net = Net()
    check()
    helper = lambda x: weight * x * 2.0  # noqa: E731 - as in a cell that is run again
    check()
    helper = before
    check()


def test_closures_that_mean_another_parameter() -> None:
    slope, rows = Value(2.0), [[Value(1.0)], [Value(2.0)]]

    @jit
    def f(x: Any) -> Any:
        return slope * x + rows[0][0] * rows[1][0]

    assert f(1.0).data == 4.0
    slope = Value(2.0)
    f(1.0).backward()
    assert slope.grad == 1.0
    rows[1][0] = Value(5.0)
    f(1.0).backward()
    assert rows[1][0].grad == 1.0
    rows[0] = [Value(3.0)]
    assert f(1.0).data == 17.0


def test_users_may_watch_objects_of_their_own() -> None:
    class Settings(Watched):
        """A user's settings."""

        scale = 2.0

        def __init__(self) -> None:
            self.parts = {"a": 1.0}

    settings, w = Settings(), Value(3.0)
    f = jit(lambda x: settings.scale * w * x + settings.parts["a"])
    assert f(1.0).data == 7.0
    settings.scale = 10.0
    assert f(1.0).data == 31.0
    settings.parts["a"] = 2.0
    assert f(1.0).data == 32.0
    del settings.scale
    assert f(1.0).data == 8.0


def test_reading_is_as_quick_as_ever_outside_of_traces() -> None:
    """The hook that sees readings is there while a function is traced, and never else."""
    seen = []
    f = jit(lambda x: seen.append("__getattribute__" in vars(Watched)) or x * 2.0)
    f(1.0)
    assert seen == [True]
    assert "__getattribute__" not in vars(Watched)
    with pytest.raises(ZeroDivisionError):
        jit(lambda x: 1 / 0)(1.0)
    assert "__getattribute__" not in vars(Watched)


def test_attributes_that_the_function_writes_are_frozen_and_listed() -> None:
    """A counter is an effect without a traced number; it does not make every call a trace."""

    class Counting(nn.Module):
        """Counts its calls."""

        def __init__(self) -> None:
            self.calls = 0

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return x * 2.0 + 0.0 * self.calls

    model = Counting()
    f = jit(model)
    for _ in range(3):
        f(1.0)
    assert model.calls == 1
    assert "written by the traced call alone: calls" in f.explain()


def test_zeros_of_both_signs_are_two_numbers() -> None:
    class Times(Watched):
        """Holds a factor."""

        scale = 0.0

    times = Times()
    f = jit(lambda x: x * times.scale)
    for scale in (0.0, -0.0, 0.0):
        times.scale = scale
        assert math.copysign(1.0, f(1.0).data) == math.copysign(1.0, scale)


@pytest.mark.parametrize("at", [0, 19, 39])
def test_another_value_with_the_same_number_in_a_long_list(at: int) -> None:
    """Long lists are compared in C, where Values that are equal pass for each other."""
    rows = [[Value(float(i + j)) for j in range(10)] for i in range(4)]

    @jit
    def f(x: Any) -> Any:
        return ad.sum(w * x for row in rows for w in row)

    f(2.0).backward()
    before = rows[at // 10][at % 10]
    rows[at // 10][at % 10] = now = Value(before.data)
    f(2.0).backward()
    assert (before.grad, now.grad) == (2.0, 2.0)


@pytest.mark.parametrize("at", range(4))
def test_any_one_of_many_closures_may_mean_another_parameter(at: int) -> None:
    """Names are looked up by the thing that has them: all of these are, not the first ones."""
    a, b, c, d = (Value(float(k)) for k in (1, 2, 3, 4))

    def f(x: Any) -> Any:
        return a * x + b * x + c * x + d * x

    compiled = jit(f)
    assert [compiled(1.0).data for _ in range(2)] == [10.0, 10.0]
    assert f.__closure__ is not None
    f.__closure__[at].cell_contents = Value(100.0)
    assert compiled(1.0).data == f(1.0).data != 10.0


def test_what_another_thread_writes_during_a_trace_is_noticed() -> None:
    """The mark that is looked at first is none that the write has left."""

    class Settings(Watched):
        scale = 2.0

    settings, w, threads = Settings(), Value(3.0), []
    settings.scale = 2.0

    def f(x: Any) -> Any:
        y = settings.scale * w * x
        if not threads:
            threads.append(threading.Thread(target=setattr, args=(settings, "scale", 10.0)))
            threads[0].start()
            threads[0].join()
        return y

    compiled = jit(f)
    assert [compiled(1.0).data for _ in range(3)] == [6.0, 30.0, 30.0]


class Alike(Value):
    """A user's parameter that equals every other one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Value.__hash__


class Box:
    """A user's object that holds a parameter."""

    def __init__(self, number: float) -> None:
        self.w = Value(number)


class AlikeBox(Box):
    """The same, and it equals every other one."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Box.__hash__


@pytest.mark.parametrize("kind", [Value, Alike, Box, AlikeBox])
def test_parameters_in_a_list_are_told_apart_by_identity(kind: Any) -> None:
    things = [kind(1.0), kind(2.0)]
    compiled = jit(lambda x: sum(getattr(each, "w", each) * x for each in things))
    with ad.scope("outside"):
        assert [compiled(1.0).data for _ in range(2)] == [3.0, 3.0]
        assert ad.current_scope() == ("outside",)  # whoever compares takes its mode off
    things[1] = kind(5.0)
    assert compiled(1.0).data == 6.0
