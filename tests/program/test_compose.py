"""jit with the transforms, with users' primitives, with nn."""

import math

import pytest

import autodiff
import nn
from autodiff import Value, grad, gradient, hessian, hvp, jacobian, value_and_grad
from autodiff.program import Program, jit
from tests.support.data import same

pytestmark = pytest.mark.usefixtures("machine")


def f(p):
    return autodiff.sin(p[0]) * p[1] ** 2 + autodiff.tanh(p[0] * p[1]) + autodiff.relu(p[1])


POINTS = ([0.3, 1.2], [-0.7, 0.4], [1.1, -2.0])


@pytest.mark.parametrize("transform", [grad, hessian, jacobian, value_and_grad])
def test_jit_of_a_transform(transform):
    compiled = jit(transform(f))
    for point in POINTS:
        expected = transform(f)(list(point))
        found = compiled(list(point))
        assert repr(plain(found)) == repr(plain(expected))
    assert len(compiled._variants) == 1 and len(next(iter(compiled._variants.values()))) == 1


def plain(tree):
    if isinstance(tree, (list, tuple)):
        return [plain(item) for item in tree]
    return getattr(tree, "data", tree)


def test_jit_of_hvp():
    compiled = jit(lambda p, v: hvp(f, (p,), (v,)))
    for point in POINTS:
        assert plain(compiled(point, [1.0, -0.5])) == plain(hvp(f, (point,), ([1.0, -0.5],)))


def test_transforms_of_jit_are_eager():
    compiled = jit(f)
    for point in POINTS:
        assert grad(compiled)(point) == grad(f)(point)
        assert hessian(compiled)(point) == hessian(f)(point)


def test_gradient_of_a_compiled_call_says_what_to_do():
    x = Value(2.0)
    with pytest.raises(autodiff.AutodiffError, match="__wrapped__"):
        gradient(jit(lambda x: x * x)(x), x)


def test_gradient_by_captured_parameter_inside_jit():
    w = Value(3.0)
    compiled = jit(lambda x: gradient(w * w * x, w))
    y = compiled(5.0)
    y.backward()
    assert y.data == 30.0 and w.grad == 10.0


def test_users_primitives():
    @autodiff.primitive(local_derivatives=[lambda z, x: autodiff.cos(x) * z])
    def expsin(x):
        return math.exp(math.sin(x))

    @autodiff.primitive(local_derivatives=[lambda z, x: 2 * x])
    def squares(*xs):
        return float(sum(sorted(x * x for x in xs)))

    @autodiff.primitive(local_derivatives=[lambda z, x, n: n * z / x, lambda z, x, n: 0.0])
    def table(x, n):
        return {1.0: x, 2.0: x * x}[n]

    def g(x, y):
        return expsin(x * y) + squares(x, y, 2.0) * expsin(y) + table(x, 2.0)

    compiled = jit(g)
    for _ in range(2):
        a, b, c, d = Value(0.4), Value(-1.3), Value(0.4), Value(-1.3)
        expected, found = g(a, b), compiled(c, d)
        expected.backward()
        found.backward()
        assert (expected.data, a.grad, b.grad) == (found.data, c.grad, d.grad)
    failing = jit(lambda x, n: table(x, n))
    assert failing(2.0, 2.0).data == 4.0
    with pytest.raises(KeyError):
        failing(2.0, 3.0)


def test_python_that_the_machine_translates():
    @autodiff.primitive(local_derivatives=[lambda z, x, y: 1.0, lambda z, x, y: 0.0])
    def mixture(x, y):
        """Everything the translator knows."""
        total, part = (x % y, 0.5) if x < 0.0 else (y % x, -0.5)
        while total > 4.0:
            total -= 1.5
        if not (0.0 < total <= 2.0) or total != total:
            part += abs(total) ** 2.0
        return total * part + int(x) - float(x > y) + math.copysign(1.0, y) / (1.0 + x * x)

    compiled = jit(mixture)
    for x in (-7.25, -0.5, 0.3, 5.0, 6.5):
        for y in (-3.0, -0.7, 2.0, 9.0):
            assert compiled(x, y).data == mixture(x, y)
    with pytest.raises((ValueError, ArithmeticError)):
        compiled(-1.0, 0.0)


def test_a_users_primitive_follows_what_it_reads():
    setting = {"scale": 2.0}
    factor = 3.0

    @autodiff.primitive(local_derivatives=[lambda z, x: z / x])
    def scaled(x):
        return x * setting["scale"] * factor

    compiled = jit(lambda x: scaled(x))
    assert compiled(5.0).data == 30.0
    setting["scale"], factor = 4.0, 1.0
    assert compiled(5.0).data == 20.0


def test_a_redefined_primitive_is_another_one():
    def define(factor):
        @autodiff.primitive(local_derivatives=[lambda z, x: z / x])
        def redefined(x):
            return (1.0 if factor > 1 else 7.0) * x

        return redefined

    first = Program.of(define(2)(Value(3.0)))
    second = Program.of(define(0)(Value(3.0)))
    assert first.evaluate(3.0) == [3.0] and second.evaluate(3.0) == [21.0]
    assert first.gradient(3.0) == [1.0] and second.gradient(3.0) == [7.0]


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy_with_logits", "l1", "huber"])
def test_losses_of_nn(loss):
    model = nn.MLP(2, [3, 1], activation="tanh", seed=4)
    points, targets = [[0.1, -0.4], [0.9, 0.3], [-0.6, 0.8]], [1.0, 0.0, 1.0]

    def step(points, targets):
        return getattr(nn, loss)([model(point) for point in points], targets)

    for run in (step, jit(step)):
        model.zero_grad()
        y = run(points, targets)
        y.backward()
        found = [y.data, *[p.grad for p in model.parameters()]]
        if run is step:
            expected = found
    assert all(map(same, found, expected))


def test_training_differs_by_one_decorator():
    points = [[math.cos(k), math.sin(2 * k)] for k in range(12)]
    targets = [1.0 if k % 3 else -1.0 for k in range(12)]

    def train(decorate):
        model = nn.MLP(2, [4, 4, 1], seed=3)

        @decorate
        def step(points, targets):
            margins = [1 - t * model(p) for p, t in zip(points, targets, strict=True)]
            data = autodiff.mean([autodiff.relu(m) for m in margins])
            return data + 1e-4 * autodiff.sum(p * p for p in model.parameters())

        for _ in range(100):
            model.zero_grad()
            step(points, targets).backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
        return model.state_dict()

    eager = train(lambda function: function)
    assert train(jit(exact=True)) == eager
    lanes = train(jit)
    assert all(math.isclose(lanes[name], eager[name], rel_tol=1e-12) for name in eager)


def test_programs_evaluate_differentiate_and_print():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = (x * y).named("z") + autodiff.sin(x)
    program = Program.of(z)
    assert program.evaluate(2.0, 3.0) == [z.data]
    assert program.gradient(2.0, 3.0) == [3.0 + math.cos(2.0), 2.0]
    assert program.hvp([2.0, 3.0], [1.0, 0.0]) == [-math.sin(2.0), 1.0]
    assert "z" in str(program) and "x * y" in str(program)
    assert program.statistics()["instructions"] == 3
