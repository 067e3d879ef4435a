"""The checkers of "build your own Value": right ones pass, wrong ones are told what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import autodiff
import exercises
from exercises.solutions import value as solution
from tests.exercises.learners import Closures
from tests.exercises.plants import EDITS, planted

VALUE_CHECKERS = [
    exercises.check_add,
    exercises.check_mul,
    exercises.check_backward,
    exercises.check_twice,
    exercises.check_power,
    exercises.check_tanh,
]


@pytest.mark.parametrize("check", VALUE_CHECKERS)
@pytest.mark.parametrize("value", [solution.Value, Closures, autodiff.Value])
def test_right_solutions_pass(check: Callable[[Any], exercises.Result], value: Any) -> None:
    result = check(value)
    assert result, result
    assert "✓" in repr(result)


def test_a_walk_along_all_paths_is_right_where_nothing_is_shared() -> None:
    """Steps 1 and 2 ask for no topological order; only step 4 does."""
    assert exercises.check_add(planted("every path"))
    assert exercises.check_mul(planted("every path"))
    assert not exercises.check_backward(planted("every path"))


@pytest.mark.parametrize("check", [exercises.check_add, exercises.check_mul])
def test_a_checker_needs_no_later_step(check: Callable[[Any], exercises.Result]) -> None:
    class OnlySums(solution.Value):
        tanh = __pow__ = None  # type: ignore[assignment]  # the steps not done yet

    assert exercises.check_add(OnlySums)
    assert exercises.check_mul(OnlySums)
    assert exercises.check_backward(OnlySums)


#: checker, planted fault, what the answer must say (message and hint)
WRONG = [
    ("add", "= for +=", r"b = a \+ a.*a\.grad is 1 and should be 2.*writes = where \+="),
    ("add", "no seed", r"all gradients stay 0.*by itself: that is 1"),
    ("add", "no number on the left", r"b = 1 \+ a.*raises TypeError.*__radd__"),
    ("add", "no numbers at all", r"b = a \+ 1.*AttributeError.*plain number"),
    ("add", "leaking radd", r"b = 1 \+ a.*should be 1.*__radd__ leaks \.data"),
    ("add", "radd for ever", r"calls itself without end.*__radd__"),
    ("add", "sum of one", r"b\.grad is 0 and should be 1"),
    ("add", "sum gives float", r"the result is a float, not a Value"),
    ("add", "sum in place", r"c = a \+ b: the result is the operand itself"),
    ("add", "sum multiplies", r"c\.data is 6 and should be 5.*forward pass"),
    ("add", "sum has slope -1", r"sign of every number that is wrong is the opposite"),
    ("add", "grad starts at 1", r"a\.grad is 1 before any backward"),
    ("add", "grad starts at None", r"a\.grad is None before any backward"),
    ("add", "no grad", r"no attribute grad.*self\.grad = 0\.0"),
    ("add", "no data", r"no attribute data"),
    ("add", "not written", r"not written yet"),
    ("add", "endless", r"does not come to an end"),
    ("mul", "= for +=", r"b = a \* a.*writes = where \+="),
    ("mul", "exchanged factors", r"a\.grad is 2 and should be 3.*operands exchanged"),
    ("mul", "product adds", r"c\.data is 5 and should be 6"),
    ("mul", "leaking rmul", r"b = 3 \* a.*a\.grad is 0 and should be 3"),
    ("mul", "no number on the left", r"b = 3 \* a.*__rmul__"),
    ("mul", "no seed", r"all gradients stay 0"),
    ("mul", "leaking radd", r"^$"),
    ("backward", "forward order", r"a\.grad is 0 and should be 4.*from the leaves to the result"),
    ("backward", "self before parents", r"before its parents have been visited"),
    ("backward", "stale", r"^$"),
    ("backward", "every path", r"does not come to an end.*every path"),
    ("backward", "no visited set", r"should be 4|does not come to an end"),
    ("backward", "endless", r"does not come to an end"),
    ("twice", "stale", r"should be 108|second pass has used gradients that the first one left"),
    ("twice", "seed added to stale", r"after two calls, is 6 and should be 4"),
    ("twice", "second call replaces", r"second call of backward\(\) has replaced the first"),
    ("twice", "= for +=", r"writes = where \+="),
    ("power", "power kept", r"b = a \*\* 2.*n\*x\*\*n.*goes down by one"),
    ("power", "power without n", r"b = a \*\* 2.*factor n is missing.*x\*\*\(n - 1\)"),
    ("power", "power by multiplication", r"b\.data is 6 and should be 8"),
    ("power", "power for whole n", r"b = a \*\* 0\.5.*should be 0\.35"),
    ("tanh", "tanh of the input", r"1 - x\*\*2.*square the output"),
    ("tanh", "tanh like sigmoid", r"derivative of the sigmoid"),
    ("tanh", "tanh without square", r"1 - t\b.*1 - t\*t"),
    ("tanh", "tanh is sine", r"\.data is .* and should be"),
    ("tanh", "tanh with plus", r"a\.grad is 1\.9.* and should be 0\.07"),
]
CHECKERS = {check.__name__.removeprefix("check_"): check for check in VALUE_CHECKERS}


@pytest.mark.parametrize(("check", "fault", "said"), WRONG)
def test_wrong_answers_are_recognised(check: str, fault: str, said: str) -> None:
    result = CHECKERS[check](planted(fault))
    if said == "^$":  # not this step's business
        assert result, result
        return
    assert not result
    assert re.search(said, f"{result.message} {result.hint}", re.DOTALL | re.IGNORECASE), result
    assert result.hint, "an answer without a hint"


def test_every_planted_fault_is_used() -> None:
    assert {fault for _, fault, _ in WRONG} == set(EDITS)


def test_something_else_than_a_class() -> None:
    for argument in (None, 3.0, solution.Value(2.0)):
        assert "not a class" in exercises.check_add(argument).message
    assert "your code raises TypeError" in exercises.check_add(object).message


def _reversed(root: Any, parents: Any) -> list[Any]:
    return solution.order(root, parents)[::-1]


def _breadth(root: Any, parents: Any) -> list[Any]:
    found = [root]
    for node in found:
        found += [parent for parent in dict.fromkeys(parents(node)) if parent not in found]
    return found[::-1]


def _every_path(root: Any, parents: Any) -> list[Any]:
    return [n for parent in parents(root) for n in _every_path(parent, parents)] + [root]


def _unique_but_exponential(root: Any, parents: Any) -> list[Any]:
    return list(dict.fromkeys(_every_path(root, parents)))


def _first_parent(root: Any, parents: Any) -> list[Any]:
    return [n for p in parents(root)[:1] for n in _first_parent(p, parents)] + [root]


def _pre_order(root: Any, parents: Any) -> list[Any]:
    found = [root]
    for parent in parents(root):
        found += [n for n in _pre_order(parent, parents) if n not in found]
    return found


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (_reversed, "children come before their parents"),
        (_breadth, "a parent of"),
        (_pre_order, "is listed before its parents"),
        (_every_path, "listed once for each path"),
        (_unique_but_exponential, "does not come to an end"),
        (_first_parent, "only the first parent"),
        (lambda root, parents: None, "gives a NoneType"),
        (lambda root, parents: [root], "is listed is 0 and should be 1"),
        (lambda root, parents: solution.order(root, parents)[:-1], "the root is missing"),
        (lambda root: [root], "TypeError"),
        (lambda root, parents: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_wrong_orders_are_recognised(order: Any, said: str) -> None:
    result = exercises.check_topological_order(order)
    assert not result
    assert said in result.message


def test_an_answer_without_a_hint_reads_well() -> None:
    assert repr(exercises.Result("x", True, "right")) == "✓ x: right"
