"""The checkers of derivatives by hand, softmax, training and the bug zoo."""

from __future__ import annotations

import inspect
import math
import re
import sys
from typing import Any

import pytest

import exercises
from exercises.by_hand import net_gradient
from exercises.softmax import softmax
from exercises.solutions import by_hand as solution
from exercises.solutions.witnesses import ANSWERS, number_on_the_left, used_twice
from exercises.training import descend


def s(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def says(result: exercises.Result, said: str) -> None:
    assert not result
    assert re.search(said, f"{result.message} {result.hint}", re.DOTALL), result
    assert result.hint


# ---- local derivatives -----------------------------------------------------------------------


def test_there_is_a_solution_for_each_operation() -> None:
    assert set(solution.LOCAL_DERIVATIVES) == set(exercises.OPERATIONS)


@pytest.mark.parametrize("name", exercises.OPERATIONS)
def test_right_local_derivatives(name: str) -> None:
    result = exercises.check_local_derivatives(name, *solution.LOCAL_DERIVATIVES[name])
    assert result, result


@pytest.mark.parametrize("name", exercises.OPERATIONS)
def test_a_wrong_sign_is_called_that(name: str) -> None:
    for place in range(len(solution.LOCAL_DERIVATIVES[name])):
        given = list(solution.LOCAL_DERIVATIVES[name])
        right = given[place]
        given[place] = lambda *xs, right=right: -right(*xs)
        says(exercises.check_local_derivatives(name, *given), "only the sign|y enters with")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("mul", [lambda x, y: x, lambda x, y: x], "the slope in x is y"),
        ("mul", [lambda x, y: y, lambda x, y: y], "the slope in y is x"),
        ("mul", [lambda x, y: y], "got 1 functions for 2 operands"),
        ("sub", [lambda x, y: 1.0, lambda x, y: 1.0], "only the sign is wrong"),
        ("div", [lambda x, y: y, lambda x, y: -x / y**2], "x times 1/y"),
        ("div", [lambda x, y: 1 / y, lambda x, y: -1 / y**2], "numerator x stays"),
        ("div", [lambda x, y: 1 / y, lambda x, y: 1 / x], "y stands below"),
        ("add", [lambda x, y: x, lambda x, y: 1.0], "hold the other operand fixed"),
        ("square", [lambda x: x], "uses x twice"),
        ("square", [lambda x: x * x], "that is square itself"),
        ("reciprocal", [lambda x: math.log(abs(x))], "integral"),
        ("exp", [lambda x: x * math.exp(x - 1)], "power rule is for"),
        ("log", [lambda x: math.exp(x)], "inverse function"),
        ("log", [lambda x: math.log(x)], "that is log itself"),
        ("sqrt", [lambda x: 0.5 * math.sqrt(x)], "exponent goes down"),
        ("sqrt", [lambda x: 1 / math.sqrt(x)], "factor 1/2"),
        ("sin", [lambda x: math.sin(x)], "that is sin itself"),
        ("cos", [lambda x: math.sin(x)], "only the sign"),
        ("tanh", [lambda x: 1 - x * x], "square the output"),
        ("tanh", [lambda x: 1 - math.tanh(x)], "has to be squared"),
        ("sigmoid", [lambda x: x * (1 - x)], "use the output"),
        ("sigmoid", [lambda x: 1 - s(x)], "a factor is missing"),
        ("relu", [lambda x: max(x, 0.0)], "that is relu itself"),
        ("relu", [lambda x: 1.0], "the slope there is 0"),
        ("sin", [lambda x: 1 / 0], "raises ZeroDivisionError"),
        ("sin", [lambda x: None], "you give None"),
        ("sine", [math.cos], "no operation 'sine'"),
    ],
)
def test_wrong_local_derivatives(name: str, given: list[Any], said: str) -> None:
    says(exercises.check_local_derivatives(name, *given), said)


# ---- three layers ----------------------------------------------------------------------------


def test_three_layers() -> None:
    result = exercises.check_three_layers(solution.three_layers)
    assert result, result


def _with(**options: Any) -> Any:
    return lambda x, y, theta, b: net_gradient(x, y, theta, b, **options)


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (_with(factor=1.0), "factor 2"),
        (_with(factor=-2.0), "sign"),
        (_with(slope=False), "sigmoid's slope"),
        (_with(dead=False), "dead relu"),
        (_with(inputs=False), "multiply h1 and h2"),
        (_with(weights=False), "takes its weight"),
        (lambda x, y, t, b: net_gradient(x, y, t, b)[3:] + net_gradient(x, y, t, b)[:3], "exch"),
        (lambda x, y, t, b: net_gradient(x, y, t, b)[:3], "3 numbers"),
        (lambda x, y, t, b: None, "gives None"),
        (lambda x, y, t, b: (0.0,) * 6, "last layer first"),
        (lambda x, y, t: (0.0,) * 6, "TypeError"),
        (lambda x, y, t, b: [n / 2 if i < 3 else n for i, n in enumerate(net_gradient(x, y, t, b))],
         "dC/dtheta3"),
    ],
)  # fmt: skip
def test_wrong_three_layers(gradient: Any, said: str) -> None:
    says(exercises.check_three_layers(gradient), said)


# ---- softmax and cross-entropy ---------------------------------------------------------------


def test_softmax_cross_entropy() -> None:
    result = exercises.check_softmax_cross_entropy(solution.softmax_cross_entropy)
    assert result, result


def _naive(logits: Any, target: int) -> list[float]:
    powers = [math.exp(z) for z in logits]
    return [power / sum(powers) - (i == target) for i, power in enumerate(powers)]


def _right(logits: Any, target: int) -> list[float]:
    return solution.softmax_cross_entropy(logits, target)


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (lambda z, c: softmax(z), "softmax itself"),
        (lambda z, c: [-g for g in _right(z, c)], "the sign"),
        (lambda z, c: [g if i == c else 0.0 for i, g in enumerate(_right(z, c))], "denominator"),
        (lambda z, c: [0.0 if i == c else g for i, g in enumerate(_right(z, c))], "softmax - 1"),
        (lambda z, c: [p - 1 for p in softmax(z)], "at the target only"),
        (lambda z, c: _right(z, 0), "need not be the first"),
        (lambda z, c: [-1 / p if i == c else 0.0 for i, p in enumerate(softmax(z))], "by the prob"),
        (lambda z, c: [g / len(z) for g in _right(z, c)], "nothing to divide by"),
        (lambda z, c: [p * (1 - p) if i != c else p - 1 for i, p in enumerate(softmax(z))],
         "not diagonal"),
        (_naive, "for large logits.*subtract the largest"),
        (lambda z, c: _right(z, c)[c], "return a list"),
        (lambda z, c: _right(z, c)[:1], "1 numbers for 3 logits"),
        (lambda z, c: [2 * g for g in _right(z, c)], "write the loss as"),
        (lambda z, c: [g + 1 for g in _right(z, c)], "must add up to 0"),
        (lambda z, c: _right(z, (c + 1) % len(z)), r"\[1\] is .* write the loss as"),
    ],
)  # fmt: skip
def test_wrong_softmax_cross_entropy(gradient: Any, said: str) -> None:
    says(exercises.check_softmax_cross_entropy(gradient), said)


# ---- the training loop -----------------------------------------------------------------------


def _keeps_gradients(value: Any, xs: Any, ys: Any, steps: int, rate: float) -> Any:
    w, b = value(0.0), value(0.0)
    for _ in range(steps):
        loss = sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) * (1 / len(xs))
        loss.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return w, b


def _zeroes_gradients(value: Any, xs: Any, ys: Any, steps: int, rate: float) -> Any:
    w, b = value(0.0), value(0.0)
    for _ in range(steps):
        w.grad = b.grad = 0.0
        loss = sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) * (1 / len(xs))
        loss.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return w, b


def test_training_loops() -> None:
    assert exercises.check_training_loop(solution.train)
    assert exercises.check_training_loop(_zeroes_gradients)


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (_keeps_gradients, "without zero_grad"),
        (lambda v, xs, ys, n, r: descend(xs, ys, n, r, sign=1.0), "climbs"),
        (lambda v, xs, ys, n, r: descend(xs, ys, n, r, mean=False), "sum of the squares"),
        (lambda v, xs, ys, n, r: (0.0, 0.0), "nothing has moved"),
        (lambda v, xs, ys, n, r: descend(xs, ys, n + 1, r), "after 1 steps"),
        (lambda v, xs, ys, n, r: None, "return the pair"),
        (lambda v, xs, ys, n, r: [1.0], "return the pair"),
        (lambda v, xs, ys, n, r: (1.0, 2.0), "one step by hand"),
        (lambda v, xs, ys: (1.0, 2.0), "TypeError"),
    ],
)
def test_wrong_training_loops(train: Any, said: str) -> None:
    says(exercises.check_training_loop(train), said)


# ---- the bug zoo -----------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "fault", "witness"), ANSWERS)
def test_the_bugs_are_found(number: int, fault: str, witness: Any) -> None:
    result = exercises.check_bug(number, fault, witness)
    assert result, result


def test_every_fault_has_its_specimen() -> None:
    assert {fault for _, fault, _ in ANSWERS} == set(exercises.FAULTS)
    with pytest.raises(ValueError, match="specimens 1 to 6"):
        exercises.specimen(7)


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("fault", exercises.FAULTS)
def test_every_other_name_is_refused(number: int, fault: str) -> None:
    _, true, witness = ANSWERS[number - 1]
    if fault != true:
        says(exercises.check_bug(number, fault, witness), "your witness would give|not tell the")


def test_a_witness_must_show_the_fault() -> None:
    for number, fault, witness in ANSWERS:
        blind = number_on_the_left if witness is used_twice else used_twice
        said = "it does not show the fault"
        if fault == "no topological order" and blind is used_twice:
            said = "does not show"
        says(exercises.check_bug(number, fault, blind), said)


def test_what_a_witness_returns() -> None:
    says(exercises.check_bug(2, "= for +=", lambda value: value(2.0)), "return a gradient")
    says(exercises.check_bug(2, "= for +=", lambda value: 1 / 0), "ZeroDivisionError")
    says(exercises.check_bug(2, "a typo", used_twice), "no fault called 'a typo'")
    result = exercises.check_bug(2, "= for +=", lambda value: [used_twice(value), 1.0])
    assert result, result


# ---- all of them -----------------------------------------------------------------------------


def test_a_checker_leaves_the_tracer_alone() -> None:
    before = sys.gettrace()
    exercises.check_three_layers(lambda x, y, theta, b: 1 / 0)
    assert sys.gettrace() is before


def test_every_checker_is_documented() -> None:
    for name in exercises.__all__:
        if name.startswith("check_"):
            assert len(inspect.getdoc(getattr(exercises, name)) or "") > 40, name
