"""grad, value_and_grad, jacobian, hessian, hvp, vjp, jvp: containers, nesting, errors."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

Point = namedtuple("Point", "x y")


def rosenbrock(xs: Sequence[Any]) -> Any:
    total: Any = 0.0
    for a, b in pairwise(xs):
        total = total + 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    return total


class TestGrad:
    def test_of_a_number(self) -> None:
        assert grad(lambda x: x**3)(2.0) == 12.0
        assert isinstance(grad(ad.sin)(0.5), float)

    def test_of_an_int(self) -> None:
        assert grad(lambda x: x**2)(3) == 6.0

    def test_argnums(self) -> None:
        def f(x: Any, y: Any, z: Any) -> Any:
            return x * y + z**2

        assert grad(f)(2.0, 3.0, 4.0) == 3.0
        assert grad(f, 2)(2.0, 3.0, 4.0) == 8.0
        assert grad(f, -1)(2.0, 3.0, 4.0) == 8.0
        assert grad(f, (2, 0))(2.0, 3.0, 4.0) == (8.0, 3.0)
        assert grad(f, (1,))(2.0, 3.0, 4.0) == (2.0,)

    def test_other_arguments_may_be_anything(self) -> None:
        assert grad(lambda x, name, scale=1.0: x * scale)(2.0, "x", scale=5.0) == 5.0

    def test_containers_come_back(self) -> None:
        def f(p: Any) -> Any:
            return p["w"][0] * p["w"][1] + p["b"].x * p["b"].y + p["t"][0] * 2

        tree = OrderedDict(w=[2.0, 3.0], b=Point(5.0, 7.0), t=(1, ()))
        gradient = grad(f)(tree)
        assert gradient == {"w": [3.0, 2.0], "b": Point(7.0, 5.0), "t": (2.0, ())}
        assert isinstance(gradient, OrderedDict)
        assert isinstance(gradient["b"], Point)
        assert isinstance(gradient["t"], tuple)

    def test_empty_container(self) -> None:
        assert grad(lambda xs: 3.0)([]) == []
        assert hessian(lambda xs: 3.0)([]) == []

    def test_has_aux(self) -> None:
        def f(x: Any) -> Any:
            y = x * x
            return y * x, {"square": y, "name": "cube"}

        assert grad(f, has_aux=True)(2.0) == (12.0, {"square": 4.0, "name": "cube"})
        assert value_and_grad(f, has_aux=True)(2.0) == (
            (8.0, {"square": 4.0, "name": "cube"}),
            12.0,
        )

    def test_what_the_output_does_not_depend_on(self) -> None:
        assert grad(lambda x, y: y * 2.0)(1.0, 2.0) == 0.0
        assert grad(lambda p: p[0] * 2.0)([1.0, 2.0]) == [2.0, 0.0]
        assert grad(lambda x: 7.0)(1.0) == 0.0
        assert hessian(lambda p: p[0] * p[0])([1.0, 2.0]) == [[2.0, 0.0], [0.0, 0.0]]
        assert hessian(lambda x: 7)(1.0) == 0.0

    def test_the_argument_keeps_its_grad(self) -> None:
        x = Value(2.0)
        (x * x).backward()
        grad(lambda y: y * x)(3.0)
        assert x.grad == 4.0

    def test_keeps_name_and_documentation(self) -> None:
        assert grad(rosenbrock).__name__ == "rosenbrock"

    def test_value_and_grad(self) -> None:
        assert value_and_grad(rosenbrock)([1.0, 2.0]) == (100.0, [-400.0, 200.0])
        assert value_and_grad(lambda x, y: x * y, (0, 1))(2.0, 3.0) == (6.0, (3.0, 2.0))


class TestMatrices:
    def test_jacobian_of_lists(self) -> None:
        assert jacobian(lambda p: [p[0] * p[1], p[0]])([2.0, 3.0]) == [[3.0, 2.0], [1.0, 0.0]]

    def test_jacobian_of_a_number(self) -> None:
        assert jacobian(lambda x: x * x)(3.0) == 6.0
        assert jacobian(lambda x: {"a": x * x, "b": 1.0})(3.0) == {"a": 6.0, "b": 0.0}

    def test_jacobian_of_containers(self) -> None:
        found = jacobian(lambda p: (p["a"] * p["b"][0], [p["a"]]))({"a": 2.0, "b": [3.0]})
        assert found == ({"a": 3.0, "b": [2.0]}, [{"a": 1.0, "b": [0.0]}])

    def test_jacobian_by_several_arguments(self) -> None:
        found = jacobian(lambda x, y: [x * y, y], argnums=(0, 1))(2.0, 3.0)
        assert found == [(3.0, 2.0), (0.0, 1.0)]

    def test_hessian_by_several_arguments(self) -> None:
        found = hessian(lambda x, y: x * x * y, argnums=(0, 1))(2.0, 3.0)
        assert found == ((6.0, 4.0), (4.0, 0.0))

    def test_hessian_of_a_dict(self) -> None:
        found = hessian(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 3.0})
        assert found == {"a": {"a": 0.0, "b": 1.0}, "b": {"a": 1.0, "b": 0.0}}

    def test_hessian_of_power_at_exponent_zero(self) -> None:
        matrix = hessian(lambda p: p[0] ** p[1])([2.0, 0.0])
        assert matrix[0][1] == matrix[1][0] == 0.5
        assert matrix[0][0] == 0.0
        assert matrix[1][1] == pytest.approx(math.log(2.0) ** 2, rel=1e-15)


class TestProducts:
    def test_hvp(self) -> None:
        def f(p: Any) -> Any:
            return p[0] ** 2 * p[1]

        assert hvp(f, ([3.0, 5.0],), ([1.0, 0.0],)) == [10.0, 6.0]
        assert hvp(f, [3.0, 5.0], [1.0, 0.0]) == [10.0, 6.0]
        assert hvp(lambda x: x**3, (2.0,), (0.5,)) == 6.0
        assert hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 1.0)) == (10.0, 4.0)
        assert hvp(lambda x: 3.0 * x, (2.0,), (1.0,)) == 0.0

    def test_a_zero_direction_does_not_meet_an_infinite_derivative(self) -> None:
        assert hvp(lambda p: p[0] ** 1.5 + p[1] ** 2, [0.0, 1.0], [0.0, 1.0]) == [0.0, 2.0]

    def test_zeros_of_directions_and_cotangents_take_no_part(self) -> None:
        def f(p: Any) -> Any:
            return [ad.sqrt(p[0]), p[1] ** 2]

        assert jvp(f, ([0.0, 1.0],), ([0.0, 1.0],))[1] == [0.0, 2.0]
        _, pull = vjp(f, [0.0, 1.0])
        assert pull([0.0, 1.0]) == ([0.0, 2.0],)
        assert pull([1.0, 0.0]) == ([math.inf, 0.0],)

    def test_vjp(self) -> None:
        output, pull = vjp(lambda p, s: {"a": p[0] * s, "b": p[1]}, [2.0, 3.0], 5.0)
        assert output == {"a": 10.0, "b": 3.0}
        assert pull({"a": 1.0, "b": 0.0}) == ([5.0, 0.0], 2.0)
        assert pull({"a": 0.0, "b": 7.0}) == ([0.0, 7.0], 0.0)

    def test_vjp_of_constants(self) -> None:
        output, pull = vjp(lambda x: [1.0, x], 3.0)
        assert output == [1.0, 3.0]
        assert pull([5.0, 2.0]) == (2.0,)

    def test_jvp(self) -> None:
        output, rate = jvp(lambda p: [p[0] * p[1], 4.0], ([2.0, 3.0],), ([1.0, 10.0],))
        assert output == [6.0, 4.0]
        assert rate == [23.0, 0.0]

    def test_jvp_takes_no_detour_over_a_selection(self) -> None:
        assert jvp(lambda x: ad.sqrt(ad.relu(x)), (-1.0,), (1.0,)) == (0.0, 0.0)
        assert jvp(lambda x: ad.where(x > 0, ad.sqrt(x), 0.0), (0.0,), (1.0,)) == (0.0, 0.0)

    def test_jvp_composes_with_reverse(self) -> None:
        f = ad.tanh
        _, rate = jvp(grad(f), (0.3,), (1.0,))
        assert rate == pytest.approx(hessian(f)(0.3), rel=1e-14)
        again = grad(lambda x: jvp(f, (x,), (1.0,))[1])(0.3)
        assert again == pytest.approx(rate, rel=1e-14)

    def test_directions_may_be_other_sequences(self) -> None:
        assert jvp(lambda p: p[0] * p[1], ([2.0, 3.0],), ((1.0, 10.0),)) == (6.0, 23.0)


class TestNesting:
    """Perturbation confusion: an inner derivative that takes an outer variable for its own."""

    def test_the_classical_example(self) -> None:
        # Siskind & Pearlmutter, Perturbation confusion and referential transparency, 2005
        assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
        assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0

    def test_with_forward_mode(self) -> None:
        def derivative(f: Callable[[Any], Any], x: Any) -> Any:
            return jvp(f, (x,), (1.0,))[1]

        assert derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0) == 1.0
        assert derivative(lambda x: x * derivative(lambda y: x * y, 2.0), 3.0) == 6.0
        assert grad(lambda x: x * derivative(lambda y: x * y, x))(3.0) == 6.0

    def test_functions_returned_from_derivatives(self) -> None:
        # Manzyuk et al., Perturbation confusion in forward automatic differentiation of
        # higher-order functions, Journal of Functional Programming 29 (2019): the derivative of a
        # curried shift, applied twice, is the second derivative.
        def shift(u: Any) -> Callable[[Any], Any]:
            return lambda f: lambda x: f(x + u)

        def derivative_of_shift(at: float) -> Callable[[Any], Any]:
            return lambda f: lambda x: grad(lambda u: shift(u)(f)(x))(at)

        d = derivative_of_shift(0.0)
        assert d(d(lambda x: x**3))(2.0) == 12.0
        assert d(d(ad.exp))(1.0) == pytest.approx(math.e, rel=1e-15)

    def test_a_closure_that_escapes_keeps_its_own_variable(self) -> None:
        escaped = []

        def f(x: Any) -> Any:
            escaped.append(lambda y: x * y)
            return x * x

        assert grad(f)(3.0) == 6.0
        assert grad(escaped[0])(2.0).data == 3.0  # x from outside: a Value
        assert grad(lambda x: f(x) * x)(3.0) == 27.0

    def test_orders_by_nesting(self) -> None:
        f: Callable[..., Any] = ad.sin
        for expected in (math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin):
            f = grad(f)
            assert f(0.7) == pytest.approx(expected(0.7), rel=1e-14)

    def test_a_captured_value_is_differentiable(self) -> None:
        w = Value(3.0, "w")
        slope = grad(lambda x: w * x * x)(2.0)
        assert isinstance(slope, Value)
        assert slope.data == 12.0
        slope.backward()
        assert w.grad == 4.0

    def test_a_captured_value_that_does_not_matter(self) -> None:
        w = Value(3.0)
        gradient = grad(lambda p: p[0] * w + p[1] * 2.0)([1.0, 1.0])
        assert isinstance(gradient[0], Value)
        assert gradient[1] == 2.0
        assert isinstance(gradient[1], float)

    def test_values_as_arguments(self) -> None:
        x = Value(2.0, "x")
        slope = grad(lambda y: y**3)(x)
        assert isinstance(slope, Value)
        slope.backward()
        assert (slope.data, x.grad) == (12.0, 12.0)
        constant = grad(lambda y: 3.0 * y)(x)
        assert isinstance(constant, Value)
        assert constant.data == 3.0

    def test_training_on_a_gradient(self) -> None:
        """A penalty on the slope of a model: the parameters get their mixed second derivatives."""
        w, b = Value(0.5), Value(-0.25)
        penalty = grad(lambda x: ad.tanh(w * x + b))(0.3) ** 2
        penalty.backward()

        def plain(w: float, b: float) -> float:
            return (w * (1.0 - math.tanh(w * 0.3 + b) ** 2)) ** 2

        assert w.grad == pytest.approx(ad.numerical_gradient(plain, 0.5, -0.25)[0], rel=1e-8)
        assert b.grad == pytest.approx(ad.numerical_gradient(plain, 0.5, -0.25)[1], rel=1e-8)

    def test_all_of_them_inside_each_other(self) -> None:
        def f(p: Any) -> Any:
            return p[0] ** 3 * p[1] ** 2

        assert jacobian(hessian(f))([1.0, 2.0])[0][0] == [24.0, 24.0]
        assert grad(lambda x: hvp(f, ([x, 2.0],), ([1.0, 0.0],))[0])(1.0) == 24.0
        _, pull = vjp(lambda x: grad(f)([x, 2.0])[0], 1.0)
        assert pull(1.0) == (24.0,)


class TestNone:
    """A layer without a bias has None in its place, and so has its gradient (as in JAX)."""

    P: Any = {"w": [2.0, None], "bias": None, "more": (None, 3.0)}  # noqa: RUF012 - never changed

    @staticmethod
    def loss(p: Any) -> Any:
        assert p["bias"] is None and p["w"][1] is None and p["more"][0] is None
        return p["w"][0] ** 2 * p["more"][1]

    def test_gradients(self) -> None:
        expected = {"w": [12.0, None], "bias": None, "more": (None, 4.0)}
        assert grad(self.loss)(self.P) == expected
        assert value_and_grad(self.loss)(self.P) == (12.0, expected)
        assert vjp(self.loss, self.P)[1](1.0) == (expected,)

    def test_tangents_and_second_derivatives(self) -> None:
        tangent = {"w": [1.0, None], "bias": None, "more": (None, 0.0)}
        assert jvp(self.loss, (self.P,), (tangent,)) == (12.0, 12.0)
        assert hvp(self.loss, (self.P,), (tangent,)) == {
            "w": [6.0, None], "bias": None, "more": (None, 4.0),
        }  # fmt: skip
        assert hessian(lambda p: p[0] ** 3)([2.0, None]) == [[12.0, None], None]

    def test_results(self) -> None:
        assert jacobian(lambda x: [x * 2.0, None])(1.0) == [2.0, None]

    def test_a_place_without_a_number_is_no_number(self) -> None:
        with pytest.raises(ValueError, match="must correspond"):
            jvp(lambda p: p[0], ([1.0, None],), ([1.0, 2.0],))


class TestErrors:
    @pytest.mark.parametrize(
        ("transform", "name"),
        [(grad, "grad"), (hessian, "hessian"), (value_and_grad, "value_and_grad")],
    )
    def test_a_function_that_returns_no_number(self, transform: Any, name: str) -> None:
        with pytest.raises(TypeError, match=rf"{name}: what the function returned is None"):
            transform(lambda x: None)(1.0)
        with pytest.raises(TypeError, match="a str"):
            transform(lambda x: "y")(1.0)
        with pytest.raises(TypeError, match=r"container of 1.*jacobian"):
            transform(lambda x: [x])(1.0)

    @pytest.mark.parametrize("argument", ["2.0", None, 1j, [1.0, "x"], {1.0}])
    def test_arguments_that_hold_no_numbers(self, argument: Any) -> None:
        with pytest.raises(TypeError, match="argument 0"):
            grad(lambda x: x)(argument)

    def test_the_place_of_a_wrong_entry(self) -> None:
        with pytest.raises(TypeError, match=r"argument 0\['w'\]\[1\] is a str"):
            grad(lambda p: 1.0)({"w": [1.0, "x"]})

    @pytest.mark.parametrize("argnums", [1, -2, (0, 1)])
    def test_no_such_argument(self, argnums: Any) -> None:
        with pytest.raises(ValueError, match="called with 1 positional argument"):
            grad(lambda x: x, argnums)(1.0)

    def test_wrong_argnums(self) -> None:
        with pytest.raises(TypeError, match="position of an argument"):
            grad(lambda x: x, "x")(1.0)  # type: ignore[arg-type]  # on purpose
        with pytest.raises(TypeError, match="position of an argument"):
            grad(lambda x: x, True)(1.0)
        with pytest.raises(ValueError, match="once"):
            grad(lambda x, y: x, (0, -2))(1.0, 2.0)
        with pytest.raises(ValueError, match="once"):
            grad(lambda x, y: x, ())(1.0, 2.0)

    def test_aux_is_a_pair(self) -> None:
        with pytest.raises(TypeError, match="pair"):
            grad(lambda x: x, has_aux=True)(1.0)

    def test_mismatched_tangents(self) -> None:
        with pytest.raises(ValueError, match="tangent 0"):
            jvp(lambda p: p[0], ([1.0, 2.0],), ([1.0],))
        with pytest.raises(ValueError, match="2 primals"):
            jvp(lambda x, y: x, (1.0, 2.0), (1.0,))
        with pytest.raises(ValueError, match="tangent 0"):
            hvp(lambda p: p[0], ([1.0, 2.0],), (1.0,))
        with pytest.raises(TypeError, match="tuples"):
            jvp(lambda x: x, 1.0, 1.0)  # type: ignore[arg-type]  # on purpose

    def test_mismatched_cotangents(self) -> None:
        _, pull = vjp(lambda x: [x, x], 1.0)
        with pytest.raises(ValueError, match="cotangents"):
            pull([1.0])
        with pytest.raises(ValueError, match="cotangents"):
            pull(1.0)

    def test_float_of_an_argument_warns(self) -> None:
        with pytest.warns(ad.LostGradientWarning):
            assert grad(lambda x: math.sin(x))(1.0) == 0.0


class TestModes:
    def test_inside_no_grad(self) -> None:
        with ad.no_grad():
            assert grad(lambda x: x**3)(2.0) == 12.0
            assert hessian(lambda x: x**3)(2.0) == 12.0
            assert hvp(lambda x: x**3, (2.0,), (1.0,)) == 12.0
            assert jvp(lambda x: x**3, (2.0,), (1.0,)) == (8.0, 12.0)
            slope = grad(lambda x: x**3)(Value(2.0))
        assert slope.data == 12.0
        assert slope.parents == ()

    def test_no_grad_inside(self) -> None:
        def f(x: Any) -> Any:
            with ad.no_grad():
                factor = x * x
            return factor * x

        assert grad(f)(3.0) == 9.0

    def test_no_grad_in_threads(self) -> None:
        inside, checked = threading.Event(), threading.Event()
        found = []

        def quiet() -> None:
            with ad.no_grad():
                inside.set()
                assert checked.wait(10)
                found.append((Value(2.0) * 3.0).parents)

        thread = threading.Thread(target=quiet)
        thread.start()
        assert inside.wait(10)
        x = Value(2.0)
        assert (x * 3.0).parents == (x,)
        assert grad(lambda x: x**3)(2.0) == 12.0
        checked.set()
        thread.join()
        assert found == [()]

    def test_no_grad_in_asyncio(self) -> None:
        async def quiet(started: asyncio.Event, seen: asyncio.Event) -> int:
            with ad.no_grad():
                started.set()
                await seen.wait()
                return len((Value(2.0) * 3.0).parents)

        async def loud(started: asyncio.Event, seen: asyncio.Event) -> int:
            await started.wait()
            seen.set()
            return len((Value(2.0) * 3.0).parents)

        async def both() -> list[int]:
            started, seen = asyncio.Event(), asyncio.Event()
            return list(await asyncio.gather(quiet(started, seen), loud(started, seen)))

        assert asyncio.run(both()) == [0, 1]

    def test_no_grad_is_left_after_an_exception(self) -> None:
        with pytest.raises(ZeroDivisionError), ad.no_grad():
            Value(1.0) / 0.0
        assert (Value(1.0) * 2.0).parents != ()

    def test_strict(self) -> None:
        with ad.strict():
            assert grad(lambda x: x**3)(2.0) == 12.0
            with pytest.raises(ad.NonFiniteError, match="sqrt"):
                grad(lambda x: ad.sqrt(x))(0.0)

    def test_nothing_for_the_cyclic_collector(self) -> None:
        def f(p: Any) -> Any:
            return ad.relu(p[0]) * p[1] + ad.maximum(*p) + ad.logsumexp(p)

        x, v = [0.5, 0.3], [1.0, 2.0]
        for _ in range(2):  # the first round fills caches
            gc.collect()
            gc.disable()
            try:
                assert len(value_and_grad(f)(x)) == len(hessian(f)(x)) == len(hvp(f, x, v)) == 2
                assert len(jvp(f, (x,), (v,))) == len(vjp(f, x)) == 2
                found = gc.collect()
            finally:
                gc.enable()
        assert found == 0

    def test_gradients_in_threads(self) -> None:
        expected = hessian(rosenbrock)([0.3, -0.4, 0.5])
        found: list[Any] = [None] * 4

        def work(index: int) -> None:
            for _ in range(5):
                found[index] = hessian(rosenbrock)([0.3, -0.4, 0.5])

        threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [expected] * 4


class TestOptimization:
    def test_newton_on_rosenbrock(self) -> None:
        x = [-1.2, 1.0]
        for _ in range(7):
            (a, b), (c, d) = hessian(rosenbrock)(x)
            u, v = grad(rosenbrock)(x)
            determinant = a * d - b * c
            x = [x[0] - (d * u - b * v) / determinant, x[1] - (a * v - c * u) / determinant]
        assert x == pytest.approx([1.0, 1.0], abs=1e-12)

    def test_conjugate_gradients_with_products_alone(self) -> None:
        """Newton's direction from Hessian-vector products: no matrix."""
        x, n = [0.5] * 6, 6

        def f(xs: Sequence[Any]) -> Any:
            return ad.sum([(i + 1.0) * ad.cosh(x - i / n) for i, x in enumerate(xs)])

        for _ in range(6):
            r = [-g for g in grad(f)(x)]
            step, p, rr = [0.0] * n, list(r), sum(a * a for a in r)
            for _ in range(n):
                if rr < 1e-30:
                    break
                hp = hvp(f, (x,), (p,))
                alpha = rr / sum(a * b for a, b in zip(p, hp, strict=True))
                step = [s + alpha * a for s, a in zip(step, p, strict=True)]
                r = [a - alpha * b for a, b in zip(r, hp, strict=True)]
                rr, old = sum(a * a for a in r), rr
                p = [a + rr / old * b for a, b in zip(r, p, strict=True)]
            x = [a + s for a, s in zip(x, step, strict=True)]
        assert x == pytest.approx([i / n for i in range(n)], abs=1e-12)
