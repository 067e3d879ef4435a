"""The engine of all checkers: switches, pairs, all points, and what learners do to it."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
import signal
import sys
import time
from typing import Any

import pytest

import exercises as ex
from exercises import limits
from exercises.engine import exercise
from exercises.points import reals
from exercises.result import Result, grade
from exercises.solutions.local import LOCAL_DERIVATIVES
from exercises.solutions.value import Value
from exercises.solutions.witnesses import ANSWERS, number_on_the_left, used_twice


@exercise(
    "square and cube", points=reals(10), level=2, labels=("the square", "the cube"),
    slips={
        "two": ("the 2 is missing", "2*x"),
        "also two": ("the first number is halved", "2*x"),
        "three": ("the 3 is missing", "3*x*x"),
        "minus": ("the cube falls", "3*x*x is positive"),
    },
)  # fmt: skip
def check_sample(slip: Any, x: float) -> list[float]:
    """`f(x)`: [2*x, 3*x*x]."""
    two = 1.0 if slip("two") or slip("also two") else 2.0
    return [two * x, (1.0 if slip("three") else 3.0) * x * x * (-1.0 if slip("minus") else 1.0)]


def test_a_pair_is_found_and_both_are_named() -> None:
    result = check_sample(lambda x: [2 * x, -x * x])
    assert (
        "two slips together explain all your numbers: the cube falls, and the 3" in result.message
    )
    assert set(result.slips) == {"three", "minus"}
    assert (result.points, result.worth) == (2.0, 8)


def test_explanations_that_fit_equally_are_all_named() -> None:
    message = check_sample(lambda x: [x, 3 * x * x]).message
    assert "2 explanations fit all your numbers equally: the 2 is missing; or the first" in message


def test_a_diagnosis_explains_every_point() -> None:
    """At the first point the 3 is missing; elsewhere nothing is: no switch explains that."""
    first = check_sample.cases[0][0]
    result = check_sample(lambda x: [2 * x, (1 if x == first else 3) * x * x])
    assert "3 is missing" not in result.message
    assert "9 of 10 points are right" in result.message


def test_what_no_switch_explains_is_described() -> None:
    assert "in another order" in check_sample(lambda x: [3 * x * x, 2 * x]).message
    assert "is 5 times the right one" in check_sample(lambda x: [10 * x, 15 * x * x]).message
    assert "is the opposite" in check_sample(lambda x: [-2 * x, -3 * x * x]).message
    assert "all your numbers are 0" in check_sample(lambda x: [0, 0]).message


def test_a_crash_after_a_slip_does_not_hide_the_slip() -> None:
    last = check_sample.cases[-1][0]
    result = check_sample(lambda x: [2 * x, x * x / (x != last)])
    assert "the 3 is missing; and at x" in result.message
    assert "ZeroDivisionError" in result.message
    assert result.points == 0


def test_an_unknown_switch_is_an_error_of_ours() -> None:
    broken = exercise("broken", points=reals(1), slips={})(lambda slip, x: slip("typo"))
    with pytest.raises(KeyError, match="no slip 'typo'"):
        broken(lambda x: x)


def test_results_are_marks() -> None:
    right, slipped = (
        check_sample(lambda x: [2 * x, 3 * x * x]),
        check_sample(lambda x: [x, 3 * x**2]),
    )
    marks = json.loads(grade([right, slipped]))
    assert (marks["points"], marks["worth"]) == (12.0, 16)
    assert marks["results"][1]["slips"] == ["also two", "two"]
    assert json.loads(right.json())["seed"] == 0
    assert "seed 0" in right.message


def test_a_learner_may_not_sleep_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    assert "does not come to an end" in check_sample(lambda x: time.sleep(60)).message
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def test_a_learner_without_mercy_is_stopped() -> None:
    def hopeless(x: float) -> float:
        while True:
            with contextlib.suppress(Exception):
                x += 1.0

    assert "does not come to an end" in check_sample(hopeless).message


def test_a_bare_except_in_a_loop_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", 10_000)

    def shameless(x: float) -> float:
        while True:
            try:
                x += 1.0
            except:  # noqa: E722 - what a learner may write
                x = 0.0

    assert "does not come to an end" in check_sample(shameless).message
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0
    assert check_sample(check_sample.solution())


def test_numbers_that_look_alike_are_shown_with_all_digits() -> None:
    result = check_sample(lambda x: [2 * x * (1 + 1e-7), 3 * x * x])
    found = re.search(r"the square is (\S+) and should be ([^\s;]+)", result.message)
    assert found and found[1] != found[2]


def test_a_number_that_is_nearly_right_is_wrong() -> None:
    assert not check_sample(lambda x: [2 * x * (1 + 1e-6), 3 * x * x])
    assert check_sample(lambda x: [2 * x * (1 + 1e-10), 3 * x * x])

    class Rounded(Value):
        def tanh(self) -> Value:
            return Value(round(super().tanh().data, 4), (self,), (1.0,))

    assert "should be 0.964028" in ex.check_tanh(Rounded).message
    assert ".data is" in ex.check_tanh(Rounded).message


def test_parts_of_an_answer_have_names() -> None:
    said = ex.check_classifier(ex.check_classifier.solution("sign")).message
    assert "dL/dW1[0][0] is" in said


def test_a_checker_leaves_the_tracer_and_the_output_alone(capsys: Any) -> None:
    before = sys.gettrace()
    check_sample(lambda x: print("hello") or 1 / 0)
    assert sys.gettrace() is before
    assert capsys.readouterr().out == ""
    print("back")
    assert capsys.readouterr().out == "back\n"


def test_arguments_that_are_changed_harm_nobody() -> None:
    def greedy(logits: list[float], target: int) -> list[float]:
        found = ex.check_softmax_cross_entropy.solution()(logits, target)
        logits.clear()
        return found

    assert ex.check_softmax_cross_entropy(greedy)
    assert ex.check_softmax_cross_entropy(greedy)


@pytest.mark.parametrize(("code", "method"), [
    (lambda: object() ** 2, "__pow__"), (lambda: object() + 1, "__add__"),
    (lambda: 1 + object(), "__radd__"), (lambda: 1 / object(), "__rtruediv__"),
    (lambda: -object(), "__neg__"), (lambda: 2 * object(), "__rmul__"),
])  # fmt: skip
def test_the_method_that_is_missing_is_named(code: Any, method: str) -> None:
    """A missing __pow__ was answered with advice on __radd__."""
    hint = check_sample(lambda x: code()).hint
    assert f"write {method}" in hint
    assert ("number on the left" in hint) == method.startswith("__r")


def test_every_checker_says_what_is_asked() -> None:
    for name in ex.__all__:
        if name.startswith("check_"):
            assert len(inspect.getdoc(getattr(ex, name)) or "") > 25, name
    assert repr(ex.check_nest).startswith("check_nest (•): `derivative(x)`")


# ---- local derivatives, find the bug -------------------------------------------------------------


@pytest.mark.parametrize("name", ex.OPERATIONS)
def test_local_derivatives(name: str) -> None:
    right = LOCAL_DERIVATIVES[name]
    result = ex.check_local_derivatives(name, *right)
    assert result, result
    checker = ex.OPERATIONS[name]
    figures = checker.figures()
    assert figures["singles"] == figures["slips"]
    for slip, (said, _) in checker.slips.items():
        wrong = [lambda *p, i=i, s=slip: checker.solution(s)(*p)[i] for i in range(len(right))]
        assert said in ex.check_local_derivatives(name, *wrong).message


def test_local_derivatives_that_cannot_be_checked() -> None:
    assert "no operation 'sine'" in ex.check_local_derivatives("sine").message
    assert "got 1 functions for 2 operands" in ex.check_local_derivatives("mul", max).message
    assert "None" in ex.check_local_derivatives("sin", lambda x: None).message


@pytest.mark.parametrize(("number", "fault", "witness"), ANSWERS)
def test_the_bugs_are_found(number: int, fault: str, witness: Any) -> None:
    result = ex.check_bug(number, fault, witness)
    assert result, result
    for other in ex.FAULTS:
        if other != fault:
            refused = ex.check_bug(number, other, witness)
            assert "your witness would give" in refused.message or "not tell the" in refused.message
    blind = number_on_the_left if witness is used_twice else used_twice
    assert "does not show the fault" in ex.check_bug(number, fault, blind).message


def test_every_fault_has_its_specimen() -> None:
    assert {fault for _, fault, _ in ANSWERS} == set(ex.FAULTS)
    with pytest.raises(ValueError, match="specimens 1 to 6"):
        ex.specimen(7)
    with pytest.raises(ValueError, match="the loops are a, b, c, d"):
        ex.broken_loop("e")


def test_what_a_witness_returns() -> None:
    for witness, said in {
        lambda value: value(2.0): "returns",
        lambda value: 1 / 0: "ZeroDivisionError",
        lambda value: []: "returns",
        lambda value: "0": "returns",
    }.items():
        assert said in ex.check_bug(2, "= for +=", witness).message
    assert "no fault called" in ex.check_bug(2, "a typo", used_twice).message
    assert ex.check_bug(2, "= for +=", lambda value: [used_twice(value), 1.0])


def test_a_broken_loop_runs() -> None:
    assert ex.broken_loop("d")([1.0], [2.0], 1, 0.1) == [0.4, 0.0]
    assert isinstance(ex.check_loops(lambda letter: "kept"), Result)
