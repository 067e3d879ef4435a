"""vmap is plain mapping, traced once."""

import pytest

import autodiff
from autodiff import Value, vmap

pytestmark = pytest.mark.usefixtures("machine")


def test_equals_mapping_and_traces_once():
    w, traces = Value(0.4), []

    def loss(x, y):
        traces.append(1)
        return (autodiff.tanh(w * x[0] + x[1]) - y) ** 2

    xs, ys = [[0.1, 0.2], [1.0, -1.0], [0.5, 0.7]], [1.0, 0.0, -1.0]
    total = autodiff.sum(vmap(loss)(xs, ys))
    assert traces == [1]
    total.backward()
    found, w.grad = w.grad, 0.0
    expected = autodiff.sum([loss(x, y) for x, y in zip(xs, ys, strict=True)])
    expected.backward()
    assert total.data == expected.data and found == pytest.approx(w.grad, rel=1e-14)


def test_arrays_and_shared_arguments():
    np = pytest.importorskip("numpy")
    xs = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = vmap(lambda x, scale: x[0] * x[1] * scale, in_axes=(0, None))(xs, 10.0)
    assert [y.data for y in found] == [20.0, 120.0]


def test_nested():
    table = vmap(lambda row: vmap(lambda x: x * x)(row))([[1.0, 2.0], [3.0, 4.0]])
    assert [[y.data for y in row] for row in table] == [[1.0, 4.0], [9.0, 16.0]]


def test_errors_name_example_and_operation():
    with pytest.raises(ValueError, match="log") as caught:
        vmap(autodiff.log)([1.0, 2.0, -3.0])
    assert "example 2" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="entries"):
        vmap(lambda x, y: x * y)([1.0], [1.0, 2.0])
    with pytest.raises(TypeError, match="in_axes"):
        vmap(lambda x: x)(3.0)
