"""Every checker: what it knows, that it raises no false alarm, and what it says to a learner."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

import exercises as ex
from exercises import engine, limits
from exercises.solutions import solution
from tests.exercises.learners import variants

CHECKERS = [each for lesson in ex.LESSONS.values() for each in lesson]
each_checker = pytest.mark.parametrize("checker", CHECKERS, ids=lambda c: c.__name__)

#: Per checker: slips, of these told apart; pairs of slips, told apart, hidden (the second slip
#: changes nothing once the first is made); false alarms on 20 right solutions written differently.
TABLE = {
    "check_nest": (4, 4, 6, 6, 0, 0),
    "check_slide": (4, 4, 6, 4, 2, 0),
    "check_rounding": (4, 4, 6, 6, 0, 0),
    "check_local_and_whole": (4, 4, 6, 5, 1, 0),
    "check_count_paths": (4, 4, 6, 1, 5, 0),
    "check_eager": (9, 9, 36, 5, 25, 0),
    "check_two_paths": (4, 4, 6, 5, 1, 0),
    "check_gates": (5, 5, 10, 9, 1, 0),
    "check_tanh_pieces": (4, 4, 6, 6, 0, 0),
    "check_circuit": (3, 3, 3, 3, 0, 0),
    "check_rules": (4, 4, 6, 6, 0, 0),
    "check_difference": (4, 4, 6, 5, 1, 0),
    "check_best_step": (3, 3, 3, 1, 2, 0),
    "check_complex_step": (3, 3, 3, 1, 2, 0),
    "check_dual": (4, 4, 6, 5, 1, 0),
    "check_sweeps": (3, 3, 3, 1, 2, 0),
    "check_products": (3, 3, 3, 3, 0, 0),
    "check_add": (3, 3, 3, 1, 2, 0),
    "check_mul": (6, 6, 15, 5, 10, 0),
    "check_topological_order": (5, 5, 10, 7, 1, 0),
    "check_backward": (10, 10, 45, 11, 26, 0),
    "check_twice": (6, 6, 15, 2, 5, 0),
    "check_power": (3, 3, 3, 1, 2, 0),
    "check_tanh": (4, 4, 6, 0, 6, 0),
    "check_sub": (4, 4, 6, 4, 2, 0),
    "check_div": (5, 5, 10, 7, 3, 0),
    "check_exp": (3, 3, 3, 0, 3, 0),
    "check_log": (3, 3, 3, 0, 3, 0),
    "check_relu": (3, 3, 3, 0, 3, 0),
    "check_neuron": (7, 7, 21, 16, 5, 0),
    "check_three_layers": (7, 7, 21, 21, 0, 0),
    "check_tanh_layers": (7, 7, 21, 20, 1, 0),
    "check_two_hidden": (7, 7, 21, 20, 1, 0),
    "check_sigmoid_slope": (4, 4, 6, 6, 0, 0),
    "check_three_zeros": (2, 2, 1, 0, 1, 0),
    "check_outer": (4, 4, 6, 4, 2, 0),
    "check_affine": (5, 5, 10, 9, 1, 0),
    "check_shapes": (4, 4, 6, 6, 0, 0),
    "check_classifier": (8, 8, 28, 28, 0, 0),
    "check_half_squares": (4, 4, 6, 5, 1, 0),
    "check_jacobian": (4, 4, 6, 4, 2, 0),
    "check_elementwise": (4, 4, 6, 5, 1, 0),
    "check_softmax_layer": (5, 5, 10, 8, 2, 0),
    "check_size": (3, 3, 3, 1, 2, 0),
    "check_training_loop": (7, 7, 21, 21, 0, 0),
    "check_loops": (2, 2, 1, 1, 0, 0),
    "check_steepest": (4, 4, 6, 6, 0, 0),
    "check_momentum": (5, 5, 10, 10, 0, 0),
    "check_chain": (5, 5, 10, 8, 2, 0),
    "check_depth": (3, 3, 3, 1, 2, 0),
    "check_residual": (3, 3, 3, 3, 0, 0),
    "check_clip": (4, 4, 6, 2, 4, 0),
    "check_softmax_cross_entropy": (9, 9, 36, 23, 11, 0),
    "check_two_classes": (4, 4, 6, 6, 0, 0),
    "check_soft_targets": (4, 4, 6, 6, 0, 0),
    "check_logsumexp": (4, 4, 6, 5, 1, 0),
    "check_squares": (4, 4, 6, 6, 0, 0),
    "check_relu_hessian": (5, 5, 10, 6, 4, 0),
    "check_newton": (4, 4, 6, 3, 3, 0),
    "check_hvp": (4, 4, 6, 4, 2, 0),
    "check_kind": (3, 3, 3, 2, 1, 0),
    "check_generated": (4, 4, 6, 4, 2, 0),
    "check_traces": (3, 3, 3, 0, 3, 0),
    "check_ways": (3, 3, 3, 2, 1, 0),
    "check_shared": (3, 3, 3, 2, 1, 0),
    "check_checkpoints": (4, 4, 6, 4, 2, 0),
    "check_distance": (3, 3, 3, 2, 1, 0),
    "check_sweep": (4, 4, 6, 3, 3, 0),
    "check_remember": (4, 4, 6, 6, 0, 0),
    "check_attend": (5, 5, 10, 9, 1, 0),
    "check_first_loss": (3, 3, 3, 2, 1, 0),
    "check_mask": (5, 5, 10, 9, 1, 0),
    "check_interpolated": (5, 5, 10, 9, 1, 0),
    "check_stop": (3, 3, 3, 2, 1, 0),
    "check_temperature": (4, 4, 6, 0, 6, 0),
    "check_perplexity": (3, 3, 3, 3, 0, 0),
    "check_check": (3, 3, 3, 3, 0, 0),
    "check_first_bad": (3, 3, 3, 3, 0, 0),
    "check_symptoms": (3, 3, 3, 3, 0, 0),
    "check_find": (3, 3, 3, 2, 1, 0),
    "check_softplus": (3, 3, 3, 2, 1, 0),
    "check_saturated": (3, 3, 3, 0, 3, 0),
    "check_from_logit": (4, 4, 6, 5, 1, 0),
    "check_roots": (3, 3, 3, 1, 2, 0),
    "check_einsum": (3, 3, 3, 1, 2, 0),
    "check_unbroadcast": (4, 4, 6, 5, 1, 0),
    "check_matmul": (4, 4, 6, 6, 0, 0),
    "check_reductions": (3, 3, 3, 3, 0, 0),
    "check_tape": (4, 4, 6, 5, 1, 0),
    "check_detach": (3, 3, 3, 1, 2, 0),
    "check_accumulate": (4, 4, 6, 3, 3, 0),
    "check_last_layer": (3, 3, 3, 3, 0, 0),
    "check_bias": (3, 3, 3, 0, 3, 0),
    "check_own_slope": (4, 4, 6, 5, 1, 0),
    "check_column_row": (3, 3, 3, 3, 0, 0),
    "check_ratio": (3, 3, 3, 3, 0, 0),
    "check_ones": (3, 3, 3, 0, 3, 0),
    "check_vector_by_vector": (3, 3, 3, 1, 2, 0),
    "check_gap": (3, 3, 3, 0, 3, 0),
}  # fmt: skip


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call solutions of ours without counting their steps: a hundred times faster."""
    monkeypatch.setattr(engine, "attempt", lambda what, function, *rest: function(*rest))


def _row(checker: ex.Checker) -> tuple[int, ...]:
    found = checker.figures()
    alarms = sum(not checker(each) for each in variants(checker))
    return (found["slips"], found["singles"], found["all pairs"], found["pairs"], found["hidden"],
            alarms)  # fmt: skip


@pytest.mark.usefixtures("untraced")
def test_the_table_of_all_checkers(capsys: pytest.CaptureFixture[str]) -> None:
    found = {each.__name__: _row(each) for each in CHECKERS}
    assert found == TABLE
    for slips, singles, *_, alarms in found.values():
        assert slips == singles >= 2
        assert alarms == 0


def test_twenty_right_solutions_each() -> None:
    assert {len(variants(each)) for each in CHECKERS} == {20}


def test_three_exercises_for_each_lesson_in_order_of_the_names() -> None:
    assert list(ex.LESSONS) == list(ex.NAMES)
    assert min(map(len, ex.LESSONS.values())) >= 3
    assert len({each.__name__ for each in CHECKERS}) == len(CHECKERS)
    for name, lesson in ex.LESSONS.items():
        assert len({each.level for each in lesson}) > 1 or name == "compile_it", f"{name}: graded"


@each_checker
def test_a_right_solution_passes(checker: ex.Checker) -> None:
    result = checker(solution(checker.__name__))
    assert result, result
    assert result.points == result.worth == 4 * checker.level


def _explained(checker: ex.Checker, *slips: str) -> list[frozenset[str]]:
    rows = [checker.answer(frozenset(slips), i) for i in range(len(checker.cases))]
    known = [row for row in rows if row is not None]
    return checker.explanations(known)


@each_checker
def test_each_slip_is_recognised_alone(checker: ex.Checker) -> None:
    for slip in checker.slips:
        assert _explained(checker, slip) == [frozenset({slip})], slip


@each_checker
def test_each_pair_is_named_or_a_single_slip_explains_it_too(checker: ex.Checker) -> None:
    for pair in checker.variants(2):
        rows = [checker.answer(pair, i) for i in range(len(checker.cases))]
        if None in rows:
            continue
        if all(checker._same(row, checker.answer(frozenset(), i)) for i, row in enumerate(rows)):
            continue
        found = checker.explanations(rows)
        assert pair in found or all(len(each) == 1 for each in found), pair


FUNCTIONS = [each for each in CHECKERS if not each.needs_class]
PLAIN = [each for each in FUNCTIONS if each.ask is engine._call]


@pytest.mark.parametrize("checker", PLAIN, ids=lambda c: c.__name__)
def test_a_learner_who_slips(checker: ex.Checker) -> None:
    for slip, (said, hint) in checker.slips.items():
        result = checker(checker.solution(slip))
        _readable(result)
        assert said in result.message, result
        assert hint in result.hint
        assert slip in result.slips
        assert result.points == result.worth / 2


class Careless:
    def __init__(self, value: float, slope: float = 0.0) -> None:
        self.value, self.slope = value, slope

    def _and(self, other: Any) -> Any:
        return other if isinstance(other, Careless) else Careless(other)

    def __add__(self, other: Any) -> Any:
        return Careless(self.value + self._and(other).value, self.slope + self._and(other).slope)

    def __mul__(self, other: Any) -> Any:
        return Careless(self.value * self._and(other).value, self.slope * self._and(other).slope)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> Any:
        t = math.tanh(self.value)
        return Careless(t, (1 - t * t) * self.slope)


@pytest.mark.parametrize(("name", "learner", "said"), [
    ("count_paths", lambda root, leaf, parents: _ways(root, leaf, parents), "counts once"),
    ("eager", lambda root: _down(root, 1.0), "before all of it has arrived"),
    ("eager", lambda root: None, "stay 0"),
    ("rules", lambda e: _product_of_slopes(e), "product of the derivatives"),
    ("rules", lambda e: None, "None is no expression"),
    ("difference", lambda f, x, h: (f(x + h) - f(x)) / h, "to one side"),
    ("difference", lambda f, x, h: (f(x + h) - f(x - h)) / h, "2h apart"),
    ("dual", Careless, "product of the slopes"),
    ("neuron", lambda ws, xs, b: ws[0] * xs[0] + b, "before tanh"),
    ("training_loop", lambda value, xs, ys, n, r: _pile_up(value, xs, ys, n, r), "zero_grad"),
    ("hvp", lambda g, x, v: [(a - b) / 1e-5 for a, b in _both_ways(g, x, v)], "2h apart"),
    ("check", lambda f, df, x: abs(df(x) - (f(x + 1e-5) - f(x - 1e-5)) / 2e-5) < 1e-5,
     "where numbers are"),
    ("find", lambda nudged, given: [max(range(len(nudged)), key=lambda i: abs(nudged[i])), 1.0],
     "should be"),
    ("three_zeros", lambda: (1.0, 1.0, [1.0] * 3, [1.0, -9.0, 0.0]), "only b3 is left"),
    ("topological_order", lambda root, parents: [root], "should be"),
])  # fmt: skip
def test_learners_of_other_things_than_numbers(name: str, learner: Any, said: str) -> None:
    result = getattr(ex, f"check_{name}")(learner)
    _readable(result)
    assert re.search(said, f"{result.message} {result.hint}"), result


def _both_ways(gradient: Any, x: Any, v: Any) -> Any:
    ahead = gradient([p + 1e-5 * q for p, q in zip(x, v, strict=True)])
    behind = gradient([p - 1e-5 * q for p, q in zip(x, v, strict=True)])
    return zip(ahead, behind, strict=True)


def _ways(root: Any, leaf: Any, parents: Any) -> int:
    known = {id(leaf): 1}

    def ways(node: Any) -> int:
        if id(node) not in known:
            known[id(node)] = sum(ways(each) for each in set(parents(node)))
        return known[id(node)]

    return ways(root)


def _down(node: Any, amount: float) -> None:
    node.grad += amount
    for parent, local in zip(node.parents, node.locals, strict=True):
        parent.grad += local * node.grad
        _down(parent, 0.0)


def _product_of_slopes(e: Any) -> Any:
    if isinstance(e, tuple) and e[0] == "*":
        return ("*", _product_of_slopes(e[1]), _product_of_slopes(e[2]))
    if isinstance(e, tuple) and e[0] == "+":
        return ("+", _product_of_slopes(e[1]), _product_of_slopes(e[2]))
    if isinstance(e, tuple):
        outer = ("/", 1.0, e[1]) if e[0] == "log" else ("-", 1.0, ("**", e, 2.0))
        return ("*", outer, _product_of_slopes(e[1]))
    return 1.0 if e == "x" else 0.0


def _pile_up(value: Any, xs: Any, ys: Any, steps: int, rate: float) -> Any:
    w, b = value(0.0), value(0.0)
    for _ in range(steps):
        loss = sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) * (1 / len(xs))
        loss.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return w, b


@pytest.mark.parametrize("checker", FUNCTIONS, ids=lambda c: c.__name__)
def test_learners_who_crash_or_never_end(
    checker: ex.Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STEPS", 20_000)
    for said, learner in {
        "ZeroDivisionError": lambda *a: 1 / 0,
        "does not come to an end": _endless,
        "is not written yet": _unwritten,
        "ends the program": _leaving,
        "calls itself without end": _recursive,
        "TypeError": lambda a, b, c, d, e, f, g: 1.0,
    }.items():
        result = checker(learner)
        _readable(result)
        assert said in result.message, (said, result)
        assert result.points == 0
    for thing in (None, 3.0, "text", [1.0]):
        assert "not a function" in checker(thing).message


@pytest.mark.parametrize("checker", PLAIN, ids=lambda c: c.__name__)
def test_answers_that_are_no_numbers(checker: ex.Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPS", 20_000)
    right = list((checker.answer(frozenset(), 0) or {}).values())
    stories: dict[str, Any] = {
        "your answer is None|None stands": lambda *a: None,
        "stands where|you give": lambda *a: {"a", "set"},
        "you give 0": lambda *a: [],
        "does not come|you give": _fountain,
    }
    if not isinstance(right[0], str):
        stories["is nan|you give"] = lambda *a: [float("nan")] * len(right)
        stories["'0.5' stands|you give"] = lambda *a: "0.5"
    for said, learner in stories.items():
        result = checker(learner)
        _readable(result)
        assert re.search(said, result.message), (said, result)


def _endless(*_: Any) -> float:
    while True:
        pass


def _unwritten(*_: Any) -> float:
    raise NotImplementedError


def _leaving(*_: Any) -> float:
    raise SystemExit


def _recursive(*arguments: Any) -> float:
    return _recursive(*arguments)


def _fountain(*_: Any) -> Any:
    while True:
        yield 1.0


def _readable(result: ex.Result) -> None:
    """Read aloud: one sentence with a place, a hint, nothing that only a program understands."""
    assert not result
    text = repr(result)
    assert text.startswith(f"✗ {result.exercise}: ")
    assert result.hint
    assert len(result.message) < 600, text
    for each in (result.message, result.hint):
        assert each == each.strip() and not each.endswith(";")
        assert not re.search(r"<function|<lambda|<locals>|object at 0x|frozenset", each), text
        assert not re.search(r"stupid|trivial|obvious|simply|just ", each, re.IGNORECASE), text
    assert json.loads(result.json())["exercise"] == result.exercise
