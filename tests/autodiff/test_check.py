"""check_gradients and numerical_gradient: faults are found, correct functions pass."""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autodiff as ad
from autodiff import GradientCheckError, Value, check_gradients, numerical_gradient
from tests.support.programs import random_program


class TestNumericalGradient:
    @pytest.mark.parametrize(
        ("f", "x", "exact"),
        [
            (ad.sin, 1.3, math.cos(1.3)),
            (ad.exp, 2.0, math.exp(2.0)),
            (ad.log, 1e-5, 1e5),
            (ad.tan, 1.57, 1.0 / math.cos(1.57) ** 2),
            (lambda x: x**3, 1e10, 3e20),
            (lambda x: x * x, 0.0, 0.0),
            (lambda x: 1e-20 * ad.sin(x), 1.0, 1e-20 * math.cos(1.0)),
            (ad.relu, 1e-3, 1.0),
            (lambda x: 7.0, 1.0, 0.0),
        ],
    )
    def test_digits(self, f: Callable[[Any], Any], x: float, exact: float) -> None:
        assert numerical_gradient(f, x) == pytest.approx(exact, rel=1e-11, abs=0.0)

    def test_one_sided_at_the_edge_of_a_domain(self) -> None:
        assert numerical_gradient(lambda x: x * x + 0 * ad.sqrt(x - 1.0), 1.0) == pytest.approx(
            2.0, rel=1e-6
        )
        assert numerical_gradient(lambda x: x * ad.atanh(x - 1), 1.0) == pytest.approx(1.0)

    def test_infinite_derivatives(self) -> None:
        assert numerical_gradient(ad.sqrt, 0.0) == math.inf
        assert numerical_gradient(lambda x: ad.asin(x) * ad.sqrt(1 - x), 1.0) == -math.inf
        assert numerical_gradient(ad.cbrt, 0.0) == math.inf

    def test_containers(self) -> None:
        found = numerical_gradient(lambda p, s: p["a"] * p["b"][0] * s, {"a": 2.0, "b": [3.0]}, 5.0)
        assert found[0]["a"] == pytest.approx(15.0)
        assert found[0]["b"][0] == pytest.approx(10.0)
        assert found[1] == pytest.approx(6.0)

    def test_functions_of_plain_floats(self) -> None:
        assert numerical_gradient(lambda x: math.sin(x) * x, 1.0) == pytest.approx(
            math.sin(1.0) + math.cos(1.0), rel=1e-11
        )

    def test_methods_of_values(self) -> None:
        assert numerical_gradient(lambda x: x.tanh(), 0.0) == pytest.approx(1.0)

    def test_complex_step(self) -> None:
        exact = math.exp(2.0) * (math.sin(2.0) + math.cos(2.0))
        found = numerical_gradient(lambda x: cmath.exp(x) * cmath.sin(x), 2.0, method="complex")
        assert found == pytest.approx(exact, rel=2e-16)
        with pytest.raises(TypeError):
            numerical_gradient(ad.sin, 2.0, method="complex")

    def test_errors(self) -> None:
        with pytest.raises(TypeError, match="returned"):
            numerical_gradient(lambda x: [x], 1.0)
        with pytest.raises(ValueError, match="method"):
            numerical_gradient(ad.sin, 1.0, method="magic")
        with pytest.raises(ad.DomainError):
            numerical_gradient(ad.log, -1.0)


class TestCorrectFunctions:
    @pytest.mark.parametrize(
        ("f", "args"),
        [
            (lambda x, y: x * y + x**3, (2.0, -1.5)),
            (lambda p: ad.softmax(p["z"])[1] * p["s"], ({"z": [1.0, 2.0, 0.5], "s": 3.0},)),
            (lambda x: ad.relu(x), (0.0,)),
            (lambda x: abs(x), (0.0,)),
            (lambda x, y: ad.maximum(x, y), (1.0, 1.0)),
            (lambda x: ad.leaky_relu(x, 0.1), (0.0,)),
            (lambda x: ad.clip(x, -1.0, 1.0), (1.0,)),
            (lambda x: ad.sqrt(x), (0.0,)),
            (lambda x: ad.asin(x), (1.0,)),
            (lambda x: ad.where(x > 0, ad.sqrt(x), 0.0), (0.0,)),
            (lambda x: x % 3.0, (6.0,)),
            (lambda x, y: x // y, (-15.1, 0.7)),
            (lambda x: ad.hypot(x, 0.0), (0.0,)),
            (lambda x: 1 / x, (1e-150,)),
            (lambda x: x * x, (1e100,)),
            (lambda x: ad.relu(x), (1e-9,)),
            (lambda x: 3.0, (1.0,)),
            (lambda: 3.0, ()),
        ],
    )
    def test_no_alarm(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        check_gradients(f, *args)

    @pytest.mark.parametrize(
        "f",
        [
            ad.sin, ad.tan, lambda x: ad.fmod(x, 3.7), lambda x: x % 4, lambda x: x % 1e6,
            lambda x: x % 1e-6, lambda x: x // 3.7, lambda x: round(x, 2),
            lambda x: ad.remainder(x, 3.7), lambda x: 1e9 // x, lambda x: 1e9 % x,
        ],
    )  # fmt: skip
    def test_no_alarm_where_waves_and_steps_are_closer_than_floats(
        self, f: Callable[[Any], Any]
    ) -> None:
        """The rules of x // 3 from 1e5 on, of x % 3 and sin(x) from 1e14 on, were called wrong."""
        rng = random.Random(3)
        for exponent in (-2, 3, 5, 8, 11, 14, 16, 17, 100, 300):
            for _ in range(3):
                check_gradients(f, rng.choice((-1, 1)) * rng.uniform(1.0, 9.0) * 10.0**exponent)

    def test_faults_are_found_beside_what_cannot_be_judged(self) -> None:
        with pytest.raises(GradientCheckError, match="The rule of wrong_product"):
            check_gradients(lambda x, y: wrong_product(2.0, x) + y % 4.0, 3.0, 1e17)
        with pytest.raises(GradientCheckError, match="cut off"):
            check_gradients(lambda x: x.data * 3.0, 1e17)

    def test_third_order(self) -> None:
        check_gradients(lambda x, y: ad.tanh(x * y) + x**4, 0.5, 0.7, order=3)

    def test_no_alarm_on_random_programs(self) -> None:
        rng = random.Random(20240918)
        for _ in range(100):
            program = random_program(rng)
            check_gradients(program, *program.inputs)

    def test_nothing_is_left_behind(self) -> None:
        x = Value(2.0)
        check_gradients(lambda x: x * x, x)
        assert (x.grad, x.parents) == (0.0, ())


@ad.primitive(local_derivatives=[lambda z, x, y: y, lambda z, x, y: -x])
def wrong_product(x: float, y: float) -> float:
    return x * y


@ad.primitive(local_derivatives=[lambda z, x: ad.where(x > 0, 3 * x * x, 0.0)])
def half_right_cube(x: float) -> float:
    return x * x * x


@ad.primitive(local_derivatives=[lambda z, x: ad.sin(x)])
def wrong_slope(x: float) -> float:
    return math.cos(x)


@ad.primitive(local_derivatives=[lambda z, x: wrong_slope(x)])
def wrong_in_second_order(x: float) -> float:
    return math.sin(x)


class TestReports:
    def test_the_primitive_at_fault(self) -> None:
        with pytest.raises(GradientCheckError) as caught:
            check_gradients(lambda x, y: wrong_product(x, y) + x, 2.0, 3.0)
        report = str(caught.value)
        assert report.startswith("1 of 2 derivatives of order 1 is wrong")
        assert "the sign is flipped" in report
        assert "The rule of wrong_product by y gives -2.0 at (2.0, 3.0)" in report
        assert isinstance(caught.value, AssertionError)

    def test_places_in_containers(self) -> None:
        with pytest.raises(GradientCheckError, match=r"params\['w'\]\[1\]"):
            check_gradients(
                lambda params: wrong_product(params["w"][0], params["w"][1]), {"w": [2.0, 3.0]}
            )

    def test_faults_on_one_side_only(self) -> None:
        check_gradients(half_right_cube, 2.0)
        with pytest.raises(GradientCheckError, match="cut off"):
            check_gradients(half_right_cube, -2.0)

    def test_faults_of_second_order(self) -> None:
        check_gradients(wrong_in_second_order, 0.5, order=1)
        with pytest.raises(GradientCheckError, match="order 2") as caught:
            check_gradients(lambda x: wrong_in_second_order(x), 0.5)
        assert "x, x" in str(caught.value)

    def test_lost_gradients(self) -> None:
        with pytest.warns(ad.LostGradientWarning), pytest.raises(GradientCheckError):
            check_gradients(lambda x: x * math.sin(x), 1.0, order=1)

    def test_detached(self) -> None:
        with pytest.raises(GradientCheckError, match="cut off"):
            check_gradients(lambda x: x.detach() * 3.0, 1.0)

    def test_many_faults(self) -> None:
        def f(xs: list[Any]) -> Any:
            return ad.sum([x.detach() * x.detach() for x in xs])

        with pytest.raises(GradientCheckError, match=r"30 of 30 .* are wrong[\s\S]*and 10 more"):
            check_gradients(f, [1.0 + index for index in range(30)])

    def test_an_infinite_derivative_that_is_none(self) -> None:
        with pytest.raises(GradientCheckError, match="not infinite"):
            check_gradients(lambda x: x, 1.0, gradient=lambda x: math.inf)

    def test_nan(self) -> None:
        with pytest.raises(GradientCheckError, match="nan"):
            check_gradients(lambda x: ad.sqrt(x) ** 2, 0.0)

    def test_a_kink(self) -> None:
        with pytest.raises(GradientCheckError, match="a kink: -1 on the left, 1 on the right"):
            check_gradients(lambda x: abs(x), 0.0, gradient=lambda x: 2.0)

    def test_wrong_requests(self) -> None:
        with pytest.raises(ValueError, match="order"):
            check_gradients(ad.sin, 1.0, order=0)
        with pytest.raises(ValueError, match="the gradient is a container of 1"):
            check_gradients(lambda x: x, 1.0, gradient=lambda x: [1.0])


# ---- the bug zoo: a learner's engine with one mistake each -------------------------------------


class Learned:
    """A learner's Value; `bug` names the mistake in it."""

    bug = ""

    def __init__(self, data: float, parents: tuple[Learned, ...] = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, parents
        self.push: Callable[[], None] = lambda: None

    def give(self, other: Learned, amount: float) -> None:
        other.grad = amount if self.bug == "= for +=" else other.grad + amount

    def __add__(self, other: Any) -> Learned:
        other = other if isinstance(other, Learned) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other))

        def push() -> None:
            self.give(self, out.grad)
            self.give(other, out.grad)

        out.push = push
        return out

    def __radd__(self, other: float) -> Any:
        return other + self.data if self.bug == "__radd__ leaks .data" else self + other

    def __mul__(self, other: Any) -> Learned:
        other = other if isinstance(other, Learned) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other))

        def push() -> None:
            mine, others = self.data, other.data
            if self.bug == "operands swapped":
                mine, others = others, mine
            self.give(self, others * out.grad)
            self.give(other, mine * out.grad)

        out.push = push
        return out

    def tanh(self) -> Learned:
        t = math.tanh(self.data)
        out = type(self)(t, (self,))

        def push() -> None:
            slope = 1.0 - t if self.bug == "square forgotten" else 1.0 - t * t
            self.give(self, slope * out.grad)

        out.push = push
        return out

    def backward(self) -> None:
        self.grad = 1.0
        for node in self.order():
            node.push()

    def order(self) -> Iterator[Learned]:
        if self.bug == "no topological order":
            yield self
            for parent in self.parents:
                yield from parent.order()
            return
        done: list[Learned] = []
        seen: set[int] = set()

        def visit(node: Learned) -> None:
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                done.append(node)

        visit(self)
        yield from reversed(done)


def shared(x: Any, y: Any) -> Any:
    """A program in which nodes are used twice, before and after others that use them."""
    a = x * y + x
    b = a + a
    total = 2.0 + (b * a + x)
    return y * (total.tanh() if hasattr(total, "tanh") else math.tanh(total))


def learned_gradient(bug: str) -> Callable[..., Any]:
    engine = type("Engine", (Learned,), {"bug": bug})
    kept: list[Learned] = []

    def gradient(*args: float) -> tuple[float, ...]:
        if not (kept and bug == "missing zero_grad"):
            kept[:] = [engine(x) for x in args]
        output = shared(*kept)
        output.backward()
        return tuple(leaf.grad for leaf in kept)

    return gradient


POINT = (0.3, -0.4)


def test_the_learned_engine_is_right() -> None:
    check_gradients(shared, *POINT, gradient=learned_gradient(""))


@pytest.mark.parametrize(
    "bug",
    [
        "= for +=", "no topological order", "__radd__ leaks .data", "operands swapped",
        "square forgotten",
    ],
)  # fmt: skip
def test_bug_zoo(bug: str) -> None:
    with pytest.raises(GradientCheckError, match="wrong"):
        check_gradients(shared, *POINT, gradient=learned_gradient(bug))


def test_missing_zero_grad() -> None:
    with pytest.raises(GradientCheckError, match="another gradient the second time"):
        check_gradients(shared, *POINT, gradient=learned_gradient("missing zero_grad"))


def _counter() -> Callable[[Any], Any]:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x * len(calls)

    return f


def _rarely(x: Any, rng: random.Random = random.Random(0)) -> Any:  # noqa: B008 - one for all calls
    return x * (2.0 if rng.random() < 0.3 else 1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * random.random(), lambda x: x * x + 1e-12 * random.random(), _rarely,
        _counter(),
        lambda x: ad.sum([x * x if random.random() < 0.5 else 0.0 for _ in range(9)]),
    ],
    ids=["noise", "a trace of noise", "rarely", "counter", "dropout"],
)  # fmt: skip
def test_a_function_that_gives_other_numbers_is_noticed(f: Callable[[Any], Any]) -> None:
    """All of them passed: in their differences no digit was left that could have been wrong."""
    with pytest.raises(GradientCheckError, match="the same call gives other numbers"):
        check_gradients(f, 1.0)


def test_a_gradient_of_yours_for_a_function_that_gives_other_numbers() -> None:
    with pytest.raises(GradientCheckError, match="the same call gives other numbers"):
        check_gradients(lambda x: x * random.random(), 1.0, gradient=lambda x: 0.5)


HARD = {
    "steep": (lambda x: ad.sin(1e6 * x), 0.3), "steeper": (lambda x: ad.sin(1e9 * x), 0.3),
    "narrow": (lambda x: ad.exp(-(((x - 1.0) * 1e7) ** 2)), 1.0 + 3e-8),
    "narrow at 0": (lambda x: ad.exp(-((x * 1e7) ** 2)), 1e-8),
    "a step near": (lambda x: x // 1, 2.0 + 1e-9), "a kink near": (ad.relu, 1e-9),
    "a pole near": (lambda x: 1 / (1e-12 + (x - 1) * (x - 1)), 1 + 1e-7),
    "the end near": (lambda x: ad.log(x - 0.5), 0.5 + 1e-10), "sqrt near 0": (ad.sqrt, 1e-20),
    "acos near 1": (ad.acos, 1.0 - 1e-12), "log near 0": (ad.log, 1e-300),
    "below a condition": (lambda x: ad.where(x > 0.5, ad.log(x - 0.5), 0.0), 0.5 + 1e-10),
    "large": (lambda x: x**9, 1e30), "small": (lambda x: x**2, 1e-150),
    "cancels": (lambda x: (1e8 + x) - 1e8, 1e-3), "tiny": (lambda x: 1e-30 * ad.sin(x), 0.3),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_no_alarm_at_hard_points(name: str) -> None:
    """Steps that were too long for steep and narrow functions called right rules wrong."""
    f, x = HARD[name]
    check_gradients(f, x)


@pytest.mark.parametrize("factor", [1.001, 1.0001, 2.0, -1.0, 0.0])
@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e-9, 1e-6, 1.0, 1e3, 1e5, 1e6, 1e7])
def test_wrong_derivatives_are_found_at_all_scales(scale: float, factor: float) -> None:
    """Below 1e-9 all passed as zeros; steep ones passed because no step gave a digit."""

    @ad.primitive(local_derivatives=[lambda z, x: factor * scale * ad.cos(x * scale)])
    def wave(x: float) -> float:
        return math.sin(x * scale)

    for x in (0.3, 1e-3, 7.0):
        with pytest.raises(GradientCheckError):
            check_gradients(wave, x, order=1)


@ad.primitive(local_derivatives=[lambda z, x: 1.0])
def alone(x: float) -> float:
    if x != 0.5:
        raise ValueError("x = 0.5 only")
    return x


def test_where_no_step_gives_a_digit_it_says_so() -> None:
    """A jump with a value of its own passed; so did what has no neighbours in its domain."""

    def jump(x: Any) -> Any:
        return ad.where(x > 0.0, 1.0, ad.where(x < 0.0, -1.0, x))

    with pytest.raises(GradientCheckError, match=r"(?s)not to be judged.*no step gives a digit"):
        check_gradients(jump, 0.0)
    with pytest.raises(GradientCheckError, match=r"(?s)not to be judged.*no step gives a digit"):
        check_gradients(alone, 0.5)


ENDS: list[tuple[Any, tuple[float, ...]]] = [
    (ad.log, (5e-324, 1e-300, 1e-100, 1e-12, 1e-5)),
    (ad.sqrt, (5e-324, 1e-300, 1e-100, 1e-12, 1e-5)),
    (ad.acos, (1 - 1e-16, 1 - 1e-15, 1 - 1e-12, 1 - 1e-8, -1 + 1e-12)),
    (ad.asin, (1 - 1e-15, 1 - 1e-12)),
    (ad.acosh, (1 + 2.3e-16, 1 + 1e-15, 1 + 1e-8)),
    (ad.atanh, (1 - 1e-16, 1 - 1e-12, 0.999999)),
    (ad.log1p, (-1 + 1e-16, -1 + 1e-12)),
    (lambda x: ad.sqrt(x - 1e8), (1e8 + 1e-7, 1e8 + 1e-5, 1e8 + 1e-3)),
    (lambda x: x**1.5, (0.0, 1e-300, 1e-12)),
    (ad.exp, (-745.0, -740.0, 709.7)),
    (ad.log2, (2.3e-308,)),
]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("number", range(len(ENDS)))
def test_next_to_the_end_of_a_domain_right_code_is_right(number: int, order: int) -> None:
    """Where no step between leaves a digit, and where numbers have few, nothing can be said."""
    f, points = ENDS[number]
    for x in points:
        check_gradients(f, x, order=order)


@pytest.mark.parametrize("factor", [1.01, 2.0, -1.0, 0.0])
@pytest.mark.parametrize(
    ("f", "slope", "points"),
    [
        (ad.log, lambda x: 1 / x, (1e-300, 1e-12, 1e-5)),
        (ad.sqrt, lambda x: 0.5 / math.sqrt(x), (1e-300, 1e-12, 1e-5)),
        (ad.acos, lambda x: -1 / math.sqrt(1 - x * x), (1 - 1e-10, 1 - 1e-8, 1 - 1e-5)),
        (ad.atanh, lambda x: 1 / (1 - x * x), (1 - 1e-9, 1 - 1e-8)),
    ],
)
def test_next_to_the_end_of_a_domain_wrong_code_is_wrong(
    f: Any, slope: Any, points: Any, factor: float
) -> None:
    for x in points:
        with pytest.raises(GradientCheckError):
            check_gradients(f, x, gradient=lambda x: factor * slope(float(x)))
