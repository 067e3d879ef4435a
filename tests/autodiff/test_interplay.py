"""Values beside NumPy's reductions, SymPy, `match` and weak references."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import OperandError, Value

NUMBERS = [1.2, 2.6, 4.31]  # not where rounding jumps
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "std": lambda np, a: np.std(a),
    "std, ddof": lambda np, a: np.std(a, ddof=1),
    "var": lambda np, a: np.var(a),
    "var, axis": lambda np, a: np.var(a, axis=0),
    "round": lambda np, a: np.round(a),
    "round, digits": lambda np, a: np.round(a, 1),
    "rint": lambda np, a: np.rint(a),
    "arctan2": lambda np, a: np.arctan2(a, a + 1),
    "arctan2, number": lambda np, a: np.arctan2(a, 2.0),
    "hypot": lambda np, a: np.hypot(a, a * 2),
    "hypot, number": lambda np, a: np.hypot(a, 2),
    "fmod": lambda np, a: np.fmod(a, 2.0),
    "conjugate": lambda np, a: np.conj(a),
    "norm": lambda np, a: np.linalg.norm(a),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpy_functions_of_arrays_of_values(name: str) -> None:
    """np.std said that Value has no callable conjugate method."""
    np = pytest.importorskip("numpy")
    values = [Value(number) for number in NUMBERS]
    result = FUNCTIONS[name](np, np.array(values))
    expected = FUNCTIONS[name](np, np.array(NUMBERS))
    flat = result.ravel().tolist() if isinstance(result, np.ndarray) else [result]
    assert [each.data for each in flat] == pytest.approx(np.ravel(expected).tolist())
    total = ad.sum(flat)
    total.backward()
    step = 1e-6

    def at(move: float, index: int) -> float:
        moved = [x + move * (index == k) for k, x in enumerate(NUMBERS)]
        return float(np.sum(FUNCTIONS[name](np, np.array(moved))))

    for index, value in enumerate(values):
        slope = (at(step, index) - at(-step, index)) / (2 * step)
        assert value.grad == pytest.approx(slope, abs=1e-6), index


def test_numpy_functions_of_one_value() -> None:
    np = pytest.importorskip("numpy")
    x = Value(2.25)
    assert np.arctan2(x, 1.0).data == math.atan2(2.25, 1.0)
    assert np.hypot(x, x).data == math.hypot(2.25, 2.25)
    assert np.fmod(x, 2.0).data == 0.25 and np.rint(x).data == 2.0


def test_sympy_is_told_what_it_would_lose() -> None:
    """x + Symbol("s") was s + 2.0: an expression of the number, and the gradient was gone."""
    sympy = pytest.importorskip("sympy")
    x, s = Value(2.0), sympy.Symbol("s")
    for use in (
        lambda: x + s, lambda: s + x, lambda: s * x, lambda: x**s, lambda: x < s,
        lambda: sympy.sin(x), lambda: sympy.Integer(3) - x, lambda: sympy.sympify(x),
    ):  # fmt: skip
        with pytest.raises(OperandError, match=r"lose its gradient.*\.data.*lambdify"):
            use()
    function = sympy.lambdify(s, sympy.sin(s) * sympy.exp(-s), modules=ad)
    function(x).backward()
    assert x.grad == pytest.approx((math.cos(2.0) - math.sin(2.0)) * math.exp(-2.0))


def test_a_value_matches_by_its_number() -> None:
    match Value(3.0):
        case Value(2.0):
            pytest.fail("another number")
        case Value(number):
            assert number == 3.0 and type(number) is float
    match Value(1.0, "x"):
        case Value(data=1.0, label="x"):
            pass
        case _:
            pytest.fail("it is one, and called x")


def test_nodes_have_no_room_for_weak_references() -> None:
    """docs/decisions/0002 has the measurement; a table keyed by Values keeps them."""
    import weakref

    with pytest.raises(TypeError):
        weakref.ref(Value(1.0))
    assert {Value(1.0): "kept"}
