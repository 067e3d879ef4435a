"""Value: arithmetic as Python's floats, backward by the chain rule."""

import math
import operator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autodiff
from autodiff import LostGradientWarning, OperandError, RangeError, Value

OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod,
    operator.floordiv,
]  # fmt: skip


def outcome(function, *arguments):
    """The bits of a float result, or the built-in exception type that was raised."""
    try:
        result = function(*arguments)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        for kind in (ZeroDivisionError, OverflowError, ValueError):
            if isinstance(error, kind):
                return kind
    if isinstance(result, complex):
        return ValueError  # a negative base to a fractional power: refused here
    return "nan" if result != result else float(result).hex()


@pytest.mark.parametrize("operate", OPERATORS)
@given(x=st.floats(), y=st.floats())
@example(x=-1.1e56, y=5.5)  # Python overflows on its way to a complex number
def test_arithmetic_is_that_of_floats_bit_for_bit(operate, x, y):
    expected = outcome(operate, x, y)
    if operate is operator.pow and -math.inf < x < 0.0 and math.isfinite(y) and y % 1.0:
        expected = ValueError
    assert outcome(lambda: operate(Value(x), Value(y)).data) == expected
    assert outcome(lambda: operate(Value(x), y).data) == expected
    assert outcome(lambda: operate(x, Value(y)).data) == expected


@given(x=st.floats(), y=st.floats())
def test_comparisons_are_by_number(x, y):
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(Value(x), Value(y)) is compare(x, y)
        assert compare(Value(x), y) is compare(x, y)
        assert compare(x, Value(y)) is compare(x, y)


def test_hash_is_by_identity():
    assert len({Value(1.0), Value(1.0)}) == 2


@pytest.mark.parametrize("number", [3, True, 3.0, Fraction(3, 2)])
def test_operands_of_other_kinds_become_floats(number):
    x = Value(2.0)
    for result in (x * number, number * x, x + number, number - x, x / number, number**x):
        assert type(result.data) is float
        assert result.parents == (x,)
    assert (x * number).operands == (x, float(number))


@pytest.mark.parametrize("wrong", ["3", None, 3j, Decimal(3), [3], object()])
def test_what_is_no_real_number_is_refused(wrong):
    x = Value(2.0)
    for operate in (operator.add, operator.sub, operator.truediv, operator.pow):
        with pytest.raises(TypeError):
            operate(x, wrong)
        with pytest.raises(TypeError):
            operate(wrong, x)
    with pytest.raises(OperandError, match=type(wrong).__name__):
        Value(wrong)
    with pytest.raises(OperandError):
        x.data = wrong
    with pytest.raises(OperandError):
        x.grad = wrong
    assert (x.data, x.grad) == (2.0, 0.0)


def test_an_integer_too_large_for_a_float_says_so():
    with pytest.raises(RangeError, match="too large"):
        Value(1.0) * 10**400


def test_data_and_grad_are_floats_whatever_is_assigned():
    x = Value(True)
    assert type(x.data) is float
    x.data = 3
    x.grad = Fraction(1, 2)
    assert (type(x.data), type(x.grad), x.data, x.grad) == (float, float, 3.0, 0.5)


def test_the_toy_by_hand():
    x = Value(-4.499, "x")
    a = (-x).named("a")
    b = a.exp().named("b")
    c = b.sin().named("c")
    f = (2 / c).named("f")
    f.backward()
    expected_c, expected_b = -2.0 / c.data / c.data, math.cos(b.data)
    assert f.grad == 1.0
    assert c.grad == pytest.approx(expected_c, rel=1e-15)
    assert b.grad == pytest.approx(expected_c * expected_b, rel=1e-15)
    assert x.grad == -a.grad
    assert x.grad == pytest.approx(-80.39305660176542, rel=1e-12)
    assert [node.primitive.name for node in (a, b, c, f)] == ["neg", "exp", "sin", "div"]
    assert f.operands == (2.0, c) and f.parents == (c,)
    assert [local() for local in f.local_derivatives] == [c.grad]


def test_backward_twice_doubles():
    """micrograd gives 72 for x**3 at 3 after two calls: intermediate grads leak into the sweep."""
    x = Value(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 54.0 and y.grad == 2.0


def test_two_losses_that_share_nodes_add_up():
    x = Value(3.0)
    shared = x * x
    (shared * 2.0).backward()
    (shared * 5.0).backward()
    assert x.grad == 42.0 and shared.grad == 7.0


def test_seed_and_zero_grad():
    x = Value(3.0)
    y = x * x
    y.backward(seed=0.5)
    assert x.grad == 3.0
    y.zero_grad()
    assert (x.grad, y.grad) == (0.0, 0.0)
    with pytest.raises(OperandError):
        y.backward(seed="1")


def test_the_same_node_as_both_operands():
    x = Value(3.0)
    for result, expected in ((x * x, 6.0), (x + x, 2.0), (x - x, 0.0), (x / x, 0.0)):
        x.grad = 0.0
        result.backward()
        assert x.grad == expected
        assert result.parents == (x, x) and len(result.local_derivatives) == 2


def test_the_naive_recursion_would_go_wrong_here():
    """b = a + a; c = b + b: pushing gradients without a topological order counts paths twice."""
    a = Value(1.0)
    b = a + a
    (b + b).backward()
    assert a.grad == 4.0


def test_ladder_of_doublings_in_linear_time():
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_a_leaf_is_its_own_gradient():
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0 and x.parents == () and x.operands == () and x.primitive is None


def test_piecewise_constant_operations():
    x = Value(7.5)
    for result in (x // 2.0, round(x, 0), divmod(x, 2.0)[0]):
        result.backward()
        assert x.grad == 0.0
    assert round(x) == 8 and type(round(x)) is int
    assert (math.floor(x), math.ceil(x), math.trunc(x), int(x)) == (7, 8, 7, 7)
    for pair in ((Value(1.0), "a"), ("a", Value(1.0))):
        with pytest.raises(TypeError, match="unsupported operand"):
            divmod(*pair)
    quotient, rest = divmod(Value(-5.0), 3.0)
    assert (quotient.data, rest.data) == divmod(-5.0, 3.0)
    quotient, rest = divmod(7.0, Value(2.0))
    assert (quotient.data, rest.data) == (3.0, 1.0)


def test_builtins():
    xs = [Value(2.0), Value(3.0), Value(4.0)]
    assert sum(xs).data == 9.0 and math.prod(xs).data == 24.0
    assert max(xs) is xs[2] and min(xs) is xs[0]
    assert f"{xs[0]:.3f}" == "2.000" and f"{xs[0]}" == "Value(2.0)"
    assert bool(Value(0.0)) is False and +xs[0] is xs[0] and abs(-xs[0]).data == 2.0


def test_methods_with_parameters_are_the_functions():
    x = Value(0.7)
    pairs = [
        (x.log(), autodiff.log(x)), (x.log(3.0), autodiff.log(x, 3.0)),
        ((-x).leaky_relu(), autodiff.leaky_relu(-x)),
        ((-x).leaky_relu(0.2), autodiff.leaky_relu(-x, 0.2)),
        ((-x).elu(), autodiff.elu(-x)), ((-x).elu(2.0), autodiff.elu(-x, 2.0)),
        (x.gelu(), autodiff.gelu(x)), (x.gelu("tanh"), autodiff.gelu(x, "tanh")),
        (x.softplus(), autodiff.softplus(x)), (x.softplus(2.0), autodiff.softplus(x, 2.0)),
        (x.clip(0.0, 0.5), autodiff.clip(x, 0.0, 0.5)),
        (x.arctan2(2.0), autodiff.atan2(x, 2.0)), (x.hypot(3.0), autodiff.hypot(x, 3.0)),
        ((x * 5).fmod(2.0), autodiff.fmod(x * 5, 2.0)),
    ]  # fmt: skip
    assert [method.data for method, _ in pairs] == [function.data for _, function in pairs]
    kinds = [method.primitive for method, _ in pairs]
    assert kinds == [function.primitive for _, function in pairs]
    assert len({method.data for method, _ in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: autodiff.polygamma(0.5, 1.0), "n = 0.5 is not a whole number"),
        (lambda: autodiff.polygamma(-1, 1.0), "n = -1 is not a whole number"),
        (lambda: autodiff.gelu(1.0, "erf"), 'approximate is "none" or "tanh", not \'erf\''),
        (lambda: autodiff.take([1.0, 2.0], "1st"), "the index '1st' is not a whole number"),
        (lambda: autodiff.take([1.0, 2.0], math.inf), "the index inf is not a whole number"),
    ],
)
def test_parameters_that_are_none_are_refused_in_words(call, message):
    with pytest.raises(autodiff.AutodiffError, match=message):
        call()


def test_comparisons_are_called_what_they_are():
    assert Value.__lt__.__name__ == "__lt__" and Value.__eq__.__name__ == "__eq__"


def test_float_of_a_computed_value_warns():
    x = Value(2.0)
    assert float(x) == 2.0
    with pytest.warns(LostGradientWarning, match=r"\.data") as caught:
        math.sin(x * 1.0)
    assert caught[0].filename == __file__  # the line that lost the gradient, not one of ours
    assert (x * 1.0).item() == 2.0
    with autodiff.strict(), pytest.raises(OperandError, match="cuts the gradient"):
        float(x * 1.0)


def test_repr_label_named_detach():
    z = (Value(1.0) * 2.0).named("z")
    assert repr(z) == "Value(2.0, label='z')" and str(z) == repr(z)
    assert z.detach().parents == () and z.detach().label == "z"
    assert z.named(None).label is None
    with pytest.raises(OperandError, match="label"):
        z.named(3)


@pytest.mark.parametrize(
    ("old", "new"), [("_prev", "parents"), ("_op", "primitive"), ("_backward", "local_deriv")]
)
def test_names_of_micrograd_are_pointed_out(old, new):
    with pytest.raises(AttributeError, match=new):
        getattr(Value(1.0), old)


def test_errors_name_operation_operands_and_domain():
    z = Value(-1.0, "z")
    with pytest.raises(ValueError, match=r"log\(z\): z = -1.0 is outside the domain z > 0"):
        autodiff.log(z)
    with pytest.raises(autodiff.AutodiffError, match=r"x = 1.0, d = 0.0"):
        Value(1.0) / Value(0.0, "d")
    with pytest.raises(OverflowError, match=r"exp\(x\): x = 1000.0: .*too large"):
        Value(1000.0).exp()
    with pytest.raises(ValueError, match="cbrt"):
        Value(-8.0) ** (1 / 3)


def test_an_exception_in_forward_leaves_nodes_untouched():
    x = Value(2.0, "x")
    before = (x.data, x.grad, x.label, x.operands)
    with pytest.raises(ZeroDivisionError):
        x / 0.0
    assert (x.data, x.grad, x.label, x.operands) == before


def test_infinite_derivatives_do_not_raise():
    for make, start, expected in (
        (lambda x: x**0.5, 0.0, math.inf), (lambda x: autodiff.sqrt(x), 0.0, math.inf),
        (lambda x: autodiff.acos(x), 1.0, -math.inf), (lambda x: 1 / x, 1e-200, -math.inf),
    ):  # fmt: skip
        x = Value(start)
        make(x).backward()
        assert x.grad == expected
    a, b = Value(1e-300), Value(1e-200)
    (a / b).backward()
    assert b.grad == pytest.approx(-1e100, rel=1e-15)


def test_an_interrupt_in_the_sweep_changes_nothing():
    @autodiff.primitive(local_derivatives=[lambda z, x: 2.0 * x])
    def interrupted(x):
        return x * x

    x = Value(3.0)
    y = interrupted(x) * 2.0 + x
    made = y.operands[0].operands[0].primitive
    made.pullback, derived = _raise_interrupt, made.pullback
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)
    made.pullback = derived
    y.backward()
    assert x.grad == 13.0


def _raise_interrupt(node, adjoint):
    raise KeyboardInterrupt
