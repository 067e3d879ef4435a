"""Transforms on NumPy arrays, and the optimizers of SciPy that take what they give."""

from __future__ import annotations

from typing import Any

import pytest

import autodiff as ad
from autodiff import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

np = pytest.importorskip("numpy")


def rosenbrock(x: Any) -> Any:
    return ad.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


START = np.array([-1.2, 1.0, 0.7])


def test_arrays_come_back() -> None:
    value, gradient = value_and_grad(rosenbrock)(START)
    assert isinstance(value, float)
    assert gradient.dtype == np.float64
    assert grad(rosenbrock)(START).tolist() == gradient.tolist()
    assert hessian(rosenbrock)(START).shape == (3, 3)


def test_integers_and_single_numbers() -> None:
    gradient = grad(lambda x: ad.sum(x**2))(np.array([1, 2, 3]))
    assert gradient.dtype == np.float64
    assert gradient.tolist() == [2.0, 4.0, 6.0]
    assert grad(lambda x: x * x)(np.float64(3.0)) == 6.0
    assert type(grad(lambda x: x * x)(np.float32(3.0))) is float


def test_functions_written_with_numpy() -> None:
    gradient = grad(lambda x: np.sum(np.exp(x) * x) + np.dot(x, x))(np.array([0.0, 1.0]))
    assert gradient == pytest.approx([1.0, 2.0 * np.e + 2.0])


def test_arrays_of_more_dimensions() -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    gradient = grad(lambda m: np.sum(m * m))(matrix)
    assert gradient.tolist() == (2.0 * matrix).tolist()
    assert hessian(lambda m: np.sum(m * m))(matrix).shape == (2, 3, 2, 3)


def test_jacobian_is_a_matrix() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert jacobian(lambda x: a @ x)(np.array([1.0, 1.0])).tolist() == a.tolist()
    rows = jacobian(lambda x: [x[0], x[1] * 2.0])(np.array([1.0, 1.0]))
    assert [row.tolist() for row in rows] == [[1.0, 0.0], [0.0, 2.0]]
    columns = jacobian(lambda x: np.array([x, x * x]))(3.0)
    assert columns.tolist() == [1.0, 6.0]


def test_jacobian_with_an_array_and_a_number_inside() -> None:
    found = jacobian(lambda p: p["s"] * p["x"])({"x": np.array([1.0, 2.0]), "s": 3.0})
    assert found["x"].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert found["s"].tolist() == [1.0, 2.0]


def test_empty_array() -> None:
    assert grad(lambda x: 1.0)(np.array([])).shape == (0,)
    assert hessian(lambda x: 1.0)(np.array([])).shape == (0, 0)
    assert jacobian(lambda x: np.array([]))(np.array([1.0, 2.0])).shape == (0, 2)


def test_products() -> None:
    direction = np.array([1.0, 0.5, -1.0])
    expected = hessian(rosenbrock)(START) @ direction
    assert hvp(rosenbrock, (START,), (direction,)) == pytest.approx(expected)
    assert hvp(rosenbrock, START, direction) == pytest.approx(expected)
    _, rate = jvp(grad(rosenbrock), (START,), (direction,))
    assert rate == pytest.approx(expected)
    output, pull = vjp(grad(rosenbrock), START)
    assert output == pytest.approx(grad(rosenbrock)(START))
    assert pull(direction)[0] == pytest.approx(expected)


def test_arrays_of_values() -> None:
    values = np.array([Value(1.0), Value(2.0)])
    gradient = grad(lambda x: x[0] * x[1] ** 2)(values)
    assert gradient.dtype == object
    gradient[0].backward()
    assert values[1].grad == 4.0


def test_an_array_of_strings() -> None:
    with pytest.raises(TypeError, match="array"):
        grad(lambda x: x)(np.array(["a"]))


@pytest.mark.extras
@pytest.mark.parametrize("method", ["Newton-CG", "trust-exact", "trust-ncg", "dogleg"])
def test_scipy_minimize_with_hessian(method: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    start = np.array([0.8, 1.2, 0.7])
    result = optimize.minimize(
        value_and_grad(rosenbrock),
        start,
        method=method,
        jac=True,
        hess=hessian(rosenbrock),
        tol=1e-9,
    )
    assert result.success
    assert result.x == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)


@pytest.mark.extras
def test_scipy_minimize_with_products() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    result = optimize.minimize(
        value_and_grad(rosenbrock),
        START,
        method="Newton-CG",
        jac=True,
        hessp=lambda x, p: hvp(rosenbrock, x, p),
        tol=1e-9,
    )
    assert result.x == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)


@pytest.mark.extras
def test_scipy_least_squares() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    times = np.linspace(0.0, 2.0, 9)
    data = 3.0 * np.exp(-0.7 * times)

    def residuals(p: Any) -> Any:
        return np.array([p[0] * ad.exp(p[1] * t) for t in times]) - data

    result = optimize.least_squares(
        lambda p: residuals(p).astype(float), np.array([1.0, 0.0]), jac=jacobian(residuals)
    )
    assert result.x == pytest.approx([3.0, -0.7])
