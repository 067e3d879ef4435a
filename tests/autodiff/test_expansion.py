"""expand(): fused and composed nodes in elementary operations."""

from __future__ import annotations

import math
import random

import pytest

import autodiff as ad
from autodiff import Value, expand, scope
from autodiff.graph import leaves, topological_order

ELEMENTARY = {"add", "sub", "mul", "div", "neg", "exp", "log", "sqrt", "abs", "pow", "erf", "tanh"}


def names(value: Value) -> list[str]:
    return [node.primitive.name for node in topological_order(value) if node.primitive]


def test_affine_is_a_sum_of_products() -> None:
    w, x, b = [Value(2.0), Value(5.0)], [Value(3.0), Value(7.0)], Value(1.0)
    wide = expand(ad.affine(w, x, b).named("neuron"))
    assert names(wide) == ["mul", "add", "mul", "add"]
    assert (wide.data, wide.label) == (42.0, "neuron")
    assert {id(leaf) for leaf in leaves(wide)} == {id(leaf) for leaf in [*w, *x, b]}


def test_sums_are_the_same_bit_for_bit() -> None:
    rng = random.Random(1)
    xs, ys = ([Value(rng.gauss(0.0, 10.0 ** rng.randint(-8, 8))) for _ in range(50)] for _ in "xy")
    for value in (ad.sum(xs), ad.dot(xs, ys), ad.affine(xs, ys, Value(0.1)), ad.mean(xs)):
        wide = expand(value)
        assert wide.data == value.data
        assert set(names(wide)) <= {"add", "mul", "div"}


@pytest.mark.parametrize(
    "name",
    "sigmoid log_sigmoid softplus silu mish gelu softsign tanh sinh cosh expm1 log1p logit".split(),
)
def test_composed_functions(name: str) -> None:
    x = Value(0.3, "x")
    value = getattr(ad, name)(x)
    wide = expand(value)
    assert name not in names(wide) or name == "tanh"
    assert set(names(wide)) <= ELEMENTARY
    assert wide.data == pytest.approx(value.data, rel=1e-13)
    assert ad.gradient(wide, x).data == pytest.approx(ad.gradient(value, x).data, rel=1e-12)


def test_logsumexp_and_softmax() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    wide = expand(ad.logsumexp(xs))
    assert sorted(set(names(wide))) == ["add", "exp", "log"]
    assert wide.data == pytest.approx(ad.logsumexp(xs).data, rel=1e-15)
    far = [Value(1000.0), Value(1001.0)]
    assert expand(ad.logsumexp(far)).data == pytest.approx(1001.3132616875183, rel=1e-15)
    assert set(names(expand(ad.softmax(xs)[0]))) == {"add", "exp", "log", "sub"}


def test_hypot() -> None:
    assert names(expand(ad.hypot(Value(3.0), Value(4.0)))) == ["mul", "mul", "add", "sqrt"]


def test_what_would_overflow_stays() -> None:
    assert names(expand(ad.hypot(Value(1e200), 1e200))) == ["hypot"]
    assert names(expand(ad.softplus(Value(800.0)))) == ["softplus"]
    assert names(expand(ad.expm1(Value(1e-12)))) == ["expm1"]


def test_labels_scopes_and_untouched_parts() -> None:
    x = Value(0.5, "x")
    inner = ad.sin(x).named("inner")
    with scope("layer"):
        outer = (ad.sigmoid(inner).named("s") * 2.0).named("outer")
    wide = expand(outer)
    assert (wide.label, wide.scope) == ("outer", ("layer",))
    assert all(node.scope == ("layer",) for node in topological_order(wide)[2:])
    found = {node.label: node for node in topological_order(wide) if node.label}
    assert found["inner"] is inner
    assert found["s"].data == pytest.approx(1.0 / (1.0 + math.exp(-math.sin(0.5))))


def test_nothing_to_expand() -> None:
    x = Value(2.0)
    y = x * x + 1.0
    assert expand(y) is y
    assert expand(x) is x


def test_constants_among_the_operands() -> None:
    x = Value(2.0)
    assert expand(ad.sum([1.0, 2.0, x])).data == 5.0
    assert expand(ad.logsumexp([1.0, x, 2.0])).data == pytest.approx(2.8619948040582511)
    assert expand(ad.sum([x])).data == 2.0


def test_deep_graphs() -> None:
    node = Value(0.1)
    for _ in range(20_000):
        node = ad.sum([node, 1.0])
    assert expand(node).data == node.data
