"""to_jax gives the same numbers and gradients, under jit and vmap and on a mesh."""

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff
from autodiff import Value, grad, hessian, to_jax
from autodiff.custom import _BUILT_IN as BUILT_IN
from autodiff.formula import fold
from autodiff.primitive import PRIMITIVES, local_derivative
from autodiff.program.jax_values import in_columns
from autodiff.program.to_jax import jax_primitive
from tests.support.domains import domain

pytestmark = pytest.mark.extras
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
PAGE = Path(__file__).parents[2] / "docs" / "jax.md"


def f(p):
    x, y = p
    hidden = autodiff.tanh(x * y) + autodiff.sigmoid(x) * autodiff.softplus(y)
    return hidden * autodiff.relu(x) + autodiff.maximum(x, y) ** 2 + autodiff.atan2(y, x)


def test_functions_that_are_undefined_where_they_are_traced_first():
    assert float(to_jax(lambda x: autodiff.log(x - 0.6))(1.6)) == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(autodiff.AutodiffError, match="decides by numbers"):
        to_jax(lambda x, n: autodiff.sum([x for _ in range(n)]))(1.0, 3)  # traced at 3, not at 0.5


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


def of_operands(primitive):
    """A primitive in JAX as a function of single operands."""
    return lambda *operands: jax_primitive(primitive)(*in_columns(primitive, operands))


ONLY_PYTHON = {"polygamma", "sinc_derivative"}


@pytest.mark.parametrize("name", sorted(BUILT_IN - ONLY_PYTHON))  # not those of other tests
def test_every_primitive_without_a_call_back_to_python(name):
    """Story: the slopes of tanh, sigmoid and pow were computed by Python in the middle of JAX's
    program: slow on one device, and on a mesh all devices waited for one another, for ever."""
    primitive, rng, where = PRIMITIVES[name], random.Random(1), domain(name)
    f = of_operands(primitive)
    samples = [where.sample(primitive, rng) for _ in range(60)]
    samples = [row for row in samples if len(row) == len(samples[0])]
    columns = [jax.numpy.asarray(column) for column in zip(*samples, strict=True)]
    order = tuple(range(len(columns)))
    both = jax.vmap(jax.value_and_grad(f, argnums=order))
    if not ONLY_PYTHON & _used(primitive):
        assert "callback" not in str(jax.make_jaxpr(both)(*columns))
    values, gradients = both(*columns)
    for at, row in enumerate(samples):
        z = primitive.total.forward(*row)
        assert float(values[at]) == pytest.approx(z, rel=1e-12, abs=1e-14), row
        for i in order:
            expected = local_derivative(primitive, i, z, row) or 0.0
            assert float(gradients[i][at]) == pytest.approx(expected, rel=1e-10, abs=1e-12), (
                i,
                row,
            )


def _used(primitive):
    """The names of the functions in the rules of a primitive."""
    names = set(primitive.shared)
    for rule in primitive.formulas:
        fold(rule, lambda number: None, lambda name: None, lambda name, _: names.add(name))
    return names


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("over_norm2", (0.0, 0.0), 0.0),
        ("over_norm2", (1.0, float("inf")), 0.0),
        ("gauss", (3.0, -1.0, 0.0), 0.0),
        ("gauss", (1.0, 2.0, float("inf")), 0.0),
        ("silu_bend", (float("-inf"),), 0.0),
        ("mish_bend", (float("inf"),), 0.0),
        ("direction", (0.0, 0.0, 0.0, 0.0), 0.0),
        ("power_term", (0.0, 0.0, -1.0, 0.0), 0.0),
        ("power_term", (1.0, 0.0, 2.0, 1.0), 0.0),
        ("power_term", (1.0, 0.0, -1.0, 1.0), float("-inf")),
        ("power_term", (2.0, -3.0, 2.0, 0.0), 18.0),
        ("power_term", (1.0, -3.0, 2.0, 1.0), float("nan")),
        ("remainder", (2.5, 1.0), 0.5),
        ("remainder", (3.5, 1.0), -0.5),
        ("remainder", (-7.0, 4.0), 1.0),
        ("logsumexp_error", (1e300, 1e300, 1e300), math.log(2.0)),
    ],
)
def test_conventions_at_the_ends(name, operands, expected):
    assert PRIMITIVES[name].total.forward(*operands) == pytest.approx(expected, nan_ok=True)
    found = of_operands(PRIMITIVES[name])(*map(jax.numpy.asarray, operands))
    assert float(found) == pytest.approx(expected, nan_ok=True)


def used_twice(root, x):
    return autodiff.where(x > 0, root, 0.0) + 0.0 * root


BELOW = {
    "sqrt of positive numbers": (lambda x: autodiff.where(x > 0, autodiff.sqrt(x), 0.0), 0.0),
    "sqrt of relu": (lambda x: autodiff.sqrt(autodiff.relu(x)), -1.0),
    "power of a clipped number": (lambda x: autodiff.clip(x, 0.0, 1.0) ** 0.5, -1.0),
    "product below": (
        lambda x: autodiff.where(x > 0, autodiff.sqrt(x) * autodiff.sqrt(x), x), 0.0
    ),
    "largest": (lambda x: autodiff.maximum(autodiff.sqrt(x), 1.0), 0.0),
    "two selections": (
        lambda x: autodiff.where(x > 1, autodiff.relu(autodiff.sqrt(x) - 0.5), 0.0 * x), 0.0
    ),
    "chosen": (lambda x: autodiff.where(x >= 0, autodiff.sqrt(x), 0.0), 0.0),
    "used outside as well": (lambda x: used_twice(autodiff.sqrt(x), x), 0.0),
}  # fmt: skip


@pytest.mark.parametrize("name", BELOW)
def test_conventions_below_selections(name):
    """Story: JAX passed the adjoint 0 to what was not chosen, and 0 times infinity was nan."""
    function, at = BELOW[name]
    g = to_jax(function)
    first, second = grad(function), grad(grad(function))
    for compile_it in (lambda h: h, jax.jit):
        for ours, theirs in ((first, jax.grad(g)), (second, jax.grad(jax.grad(g)))):
            for x in (at, 0.7, 2.5):
                expected = ours(x)
                assert float(compile_it(theirs)(x)) == pytest.approx(expected, nan_ok=True), x


def test_infinite_numbers_below_selections():
    """Where the engine would have raised, JAX goes on: its numbers must not reach the gradient."""
    entropy = to_jax(lambda x: autodiff.where(x > 0, x * autodiff.log(x), 0.0))
    for g in (jax.grad(entropy), jax.grad(jax.grad(entropy))):
        assert float(g(0.0)) == 0.0


def test_the_page_about_jax():
    """Its examples run in a process of their own: the eight devices come before JAX."""
    program = (
        "import doctest, pathlib, re, sys\n"
        f"text = pathlib.Path({str(PAGE)!r}).read_text(encoding='utf-8')\n"
        "code = '\\n'.join(re.findall(r'^```python\\n(.*?)^```', text, re.M | re.S))\n"
        "test = doctest.DocTestParser().get_doctest(code, {}, 'jax.md', None, 0)\n"
        "sys.exit(doctest.DocTestRunner().run(test).failed or len(test.examples) < 20)\n"
    )
    clean = {name: text for name, text in os.environ.items() if name != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PAGE.parents[1],
        env={**clean, "PYTHONPATH": str(PAGE.parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_python_decisions_are_refused():
    with pytest.raises(autodiff.AutodiffError, match="where"):
        to_jax(lambda x: x if x > 0 else -x)(1.0)
