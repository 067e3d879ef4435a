"""to_jax gives the same numbers and gradients, under jit and vmap and on a mesh."""

import os

import pytest

import autodiff
from autodiff import Value, grad, hessian, to_jax

pytestmark = pytest.mark.extras
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)


def f(p):
    x, y = p
    hidden = autodiff.tanh(x * y) + autodiff.sigmoid(x) * autodiff.softplus(y)
    return hidden * autodiff.relu(x) + autodiff.maximum(x, y) ** 2 + autodiff.atan2(y, x)


def test_value_gradient_hessian():
    g = to_jax(f)
    for point in ([0.3, 1.2], [0.8, -0.5], [-0.4, 0.9]):
        array = jax.numpy.asarray(point)
        assert float(g(array)) == pytest.approx(value(point), rel=1e-13)
        assert jax.grad(g)(array).tolist() == pytest.approx(grad(f)(point), rel=1e-12, abs=1e-14)
        second = jax.hessian(g)(array).tolist()
        for row, expected in zip(second, hessian(f)(point), strict=True):
            assert row == pytest.approx(expected, rel=1e-11, abs=1e-12)


def value(point):
    return f([Value(x) for x in point]).data


def test_jit_vmap_and_containers():
    g = jax.jit(jax.vmap(to_jax(lambda d: {"out": [d["a"] * autodiff.exp(d["b"][0])]})))
    batch = {"a": jax.numpy.arange(4.0), "b": [jax.numpy.ones(4)]}
    assert g(batch)["out"][0].tolist() == pytest.approx([k * 2.718281828459045 for k in range(4)])


def test_mesh_of_eight_devices():
    if len(jax.devices()) < 8:
        pytest.skip("JAX was started before with fewer devices")
    mesh = jax.sharding.Mesh(jax.devices(), ("batch",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))
    points = jax.device_put(jax.numpy.linspace(0.1, 2.0, 32).reshape(16, 2), sharding)
    loss = jax.jit(lambda ps: jax.numpy.mean(jax.vmap(to_jax(f))(ps)))
    expected = sum(value(p) for p in points.tolist()) / 16
    assert float(loss(points)) == pytest.approx(expected, rel=1e-12)
    assert jax.grad(loss)(points).sharding.is_equivalent_to(sharding, 2)


def test_take_selections_and_functions_that_only_python_has():
    g = to_jax(lambda xs, k: autodiff.take(xs, k) * autodiff.polygamma(1, xs[0]))
    xs = jax.numpy.asarray([1.5, 2.5, 3.5])
    for k in range(3):
        expected = float(xs[k]) * autodiff.polygamma(1, 1.5)
        assert float(jax.jit(g)(xs, float(k))) == pytest.approx(expected, rel=1e-12)
    relu = jax.grad(to_jax(autodiff.relu))
    assert [float(relu(x)) for x in (-1.0, 0.0, 2.0)] == [0.0, 0.0, 1.0]


def test_python_decisions_are_refused():
    with pytest.raises(autodiff.AutodiffError, match="where"):
        to_jax(lambda x: x if x > 0 else -x)(1.0)
