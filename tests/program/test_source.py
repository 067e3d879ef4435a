"""to_python: the printed source runs, on floats and arrays, and equals the engine."""

import pytest

import autodiff
from autodiff import Value, to_python
from tests.support.data import load, same
from tests.support.known import LOSSES, known


def run(source):
    namespace = {}
    exec(source, namespace)  # noqa: S102 - the printed source is what is tested
    (function,) = [f for name, f in namespace.items() if name.endswith("_and_gradient")]
    return function


def test_a_function_of_two_numbers_in_the_users_names():
    def loss(weight, x):
        hidden = autodiff.tanh(weight * x).named("hidden")
        return (hidden - 0.5) ** 2 + 0.1 * weight * weight

    source = to_python(loss)
    assert "def loss_and_gradient(weight, x):" in source
    assert "hidden = tanh(" in source and "d_hidden = " in source and "# hidden = tanh(" in source
    w, x = Value(0.7), Value(-1.2)
    y = loss(w, x)
    y.backward()
    assert run(source)(0.7, -1.2) == (y.data, (w.grad, x.grad))


def test_arrays():
    np = pytest.importorskip("numpy")
    function = run(to_python(lambda x, y: autodiff.sigmoid(x * y) * autodiff.relu(x) - x / y))
    xs, ys = np.array([0.5, -1.0, 2.0]), np.array([1.5, 2.0, -0.3])
    value, (dx, dy) = function(xs, ys)
    for k in range(3):
        assert function(float(xs[k]), float(ys[k])) == (value[k], (dx[k], dy[k]))


def test_a_value_with_fused_nodes_and_selections():
    x, y = Value(0.3, "x"), Value(-0.8, "y")
    z = autodiff.affine([x, y], [y, 2.0], x) * autodiff.maximum(x, y, 0.0)
    z = z + autodiff.logsumexp([x, y, z]) + autodiff.where(x > y, autodiff.sqrt(x), y)
    z.backward()
    assert run(to_python(z))(0.3, -0.8) == (z.data, (x.grad, y.grad))


def test_names_never_clash():
    a, b = Value(1.5, "sin"), Value(2.5, "lambda")
    c = Value(0.5, "t0")
    z = autodiff.sin(a) * b * c
    z.backward()
    assert run(to_python(z))(1.5, 2.5, 0.5) == (z.data, (a.grad, b.grad, c.grad))


def test_all_primitives_of_the_reference():
    seen = set()
    for record in load("reference")["records"]:
        if record["name"] in LOSSES or record["name"] in seen:
            continue
        seen.add(record["name"])
        inputs = [Value(x) for x in record["args"]]
        try:
            result = known(record["name"], record["params"])(*inputs)
        except (ValueError, ArithmeticError):
            continue
        if not result.operands:
            continue
        result.backward()
        order = autodiff.program.Program.of(result, inputs=inputs)
        value, gradient = run(to_python(order))(*record["args"])
        assert same(value, result.data), record
        assert all(map(same, gradient, [x.grad for x in inputs])), record


def test_what_cannot_be_printed():
    with pytest.raises(TypeError, match="Value"):
        to_python(3)
    with pytest.raises(TypeError, match="where"):
        to_python(lambda x: x if x > 0 else -x)
