"""Values and NumPy: scalars become floats, arrays work elementwise in both directions."""

import pytest

import autodiff
from autodiff import OperandError, Value

np = pytest.importorskip("numpy")


def test_numpy_scalars_are_operands_and_never_enter_the_engine():
    x = Value(2.0)
    for scalar in (np.float64(3), np.float32(3), np.int64(3), np.bool_(True)):
        for result in (x * scalar, scalar * x, x - scalar, scalar / x, x**scalar):
            assert type(result) is Value and type(result.data) is float
            assert all(type(operand) in (float, Value) for operand in result.operands)
    assert type(Value(np.float32(1.5)).data) is float
    x.data = np.float64(4.0)
    assert type(x.data) is float


def test_arrays_are_elementwise_in_both_directions():
    x, array = Value(2.0), np.array([1.0, 3.0])
    for result, expected in (
        (x * array, [2, 6]), (array * x, [2, 6]), (x - array, [1, -1]), (array - x, [-1, 1]),
        (array / x, [0.5, 1.5]), (x**array, [2, 8]), (array**x, [1, 9]), (x + array, [3, 5]),
    ):  # fmt: skip
        assert result.dtype == object and [v.data for v in result] == expected
        assert all(x in {id(p) for p in v.parents} or v.parents[0] is x for v in result)


def test_numpy_functions_of_values_and_object_arrays():
    x = Value(0.5)
    for name in ("exp", "sin", "tanh", "sqrt", "arctan", "log1p", "arcsinh", "degrees"):
        result = getattr(np, name)(x)
        assert type(result) is Value and result.data == pytest.approx(getattr(np, name)(0.5))
    matrix = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    product = matrix @ matrix
    product.sum().backward()
    assert [[v.grad for v in row] for row in matrix] == [[7.0, 11.0], [9.0, 13.0]]


def test_arrays_where_one_number_is_meant_are_refused():
    for make in (Value, autodiff.exp, lambda a: autodiff.hypot(1.0, a)):
        with pytest.raises(OperandError, match="ndarray"):
            make(np.array([1.0, 2.0]))
