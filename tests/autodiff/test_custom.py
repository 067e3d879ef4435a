"""User-defined primitives behave like built-in ones."""

import copy
import math
import pickle

import pytest

import autodiff
from autodiff import OperandError, Value


@autodiff.primitive(
    local_derivatives=[lambda z, x, y: 2.0 * x * y, lambda z, x, y: x * x],
    textbook=["2*x*y", "x**2"], domain="y >= 0",
)  # fmt: skip
def square_times(x, y):
    """x squared times y."""
    if y < 0.0:
        raise ValueError("y is negative")
    return x * x * y


@autodiff.primitive(local_derivatives=[lambda z, x: 2.0 * x])
def sum_of_squares(*xs):
    """The sum of squares."""
    return math.fsum(x * x for x in xs)


@autodiff.primitive(local_derivatives=[lambda z, x: autodiff.exp(x) / autodiff.sqrt(x)])
def dawson_like(x):
    """Some antiderivative; only its rule matters here."""
    return x


def test_on_floats_and_values():
    assert square_times(3.0, 2.0) == 18.0
    x, y = Value(3.0), Value(2.0)
    square_times(x, y).backward()
    assert (x.grad, y.grad) == (12.0, 9.0)
    square_times(x, 5).backward()
    assert x.grad == 42.0


def test_n_ary():
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    z = sum_of_squares(*xs, 4.0)
    z.backward()
    assert z.data == 30.0 and [x.grad for x in xs] == [2.0, 4.0, 6.0]


def test_the_derivative_never_raises():
    x = Value(0.0)
    dawson_like(x).backward()
    assert x.grad == math.inf


def test_errors_name_it():
    with pytest.raises(ValueError, match=r"square_times\(x, why\): x = 1.0, why = -1.0"):
        square_times(Value(1.0), Value(-1.0, "why"))
    with pytest.raises(OperandError, match="takes 2 numbers"):
        square_times(1.0)
    with pytest.raises(OperandError, match="str"):
        square_times("1", 2.0)


def test_rules_that_cannot_be_traced_are_refused_where_they_are_written():
    with pytest.raises(OperandError, match="functions of autodiff"):
        autodiff.primitive(local_derivatives=[lambda z, x: math.cos(x)])(lambda x: math.sin(x))
    with pytest.raises(OperandError, match="where"):
        autodiff.primitive(local_derivatives=[lambda z, x: 1.0 if x > 0 else 0.0])(lambda x: x)
    with pytest.raises(OperandError, match="one per argument"):
        autodiff.primitive(local_derivatives=[lambda z, x: 1.0])(lambda x, y: x)


def test_copy_and_pickle_find_it_by_name():
    z = square_times(Value(3.0), 2.0)
    for again in (copy.deepcopy(z), pickle.loads(pickle.dumps(z))):
        assert again.primitive is z.primitive
        again.backward()
        assert again.parents[0].grad == 12.0


def test_a_name_of_a_built_in_primitive_does_not_replace_it():
    @autodiff.primitive(local_derivatives=[lambda z, x: 5.0])
    def exp(x):
        return 5.0 * x

    x = Value(0.0)
    exp(x).backward()
    assert x.grad == 5.0 and autodiff.exp(0.0) == 1.0
    x.grad = 0.0
    autodiff.exp(x).backward()
    assert x.grad == 1.0


def test_a_rule_may_use_every_operator_from_both_sides() -> None:
    @autodiff.primitive(
        local_derivatives=[
            lambda z, x: abs(+x) % 3 + 7 % x + x // 2 + 9 // x + 2**x + x**2 - (1 - x) / (3 / x)
        ]
    )
    def every_operator(x: float) -> float:
        return x

    x = Value(2.5)
    every_operator(x).backward()
    a = 2.5
    assert x.grad == a % 3 + 7 % a + a // 2 + 9 // a + 2**a + a**2 - (1 - a) / (3 / a)


def test_a_rule_of_something_else_than_numbers_is_refused() -> None:
    with pytest.raises(OperandError, match="plain numbers only, not with str"):

        @autodiff.primitive(local_derivatives=[lambda z, x: x + "1"])
        def adds_text(x: float) -> float:
            return x
