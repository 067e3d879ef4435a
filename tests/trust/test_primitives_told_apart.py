"""Primitives are told apart by themselves: two of one factory, or two lambdas, are two."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import pytest

import autodiff as ad
from autodiff import Program, Value, jit, to_python, vmap


def power(n: int) -> Any:
    """A factory: all that it makes has one name."""

    @ad.primitive(local_derivatives=[lambda z, x: n * x ** (n - 1)])
    def nth_power(x: float) -> float:
        return float(x**n)

    return nth_power


SQUARE, CUBE = power(2), power(3)
DOUBLE = ad.primitive(local_derivatives=[lambda z, x: 2.0])(lambda x: 2.0 * x)
TRIPLE = ad.primitive(local_derivatives=[lambda z, x: 3.0])(lambda x: 3.0 * x)


@ad.primitive(local_derivatives=[lambda z, x: 3 * x * x])
def cubed_at_the_top(x: float) -> float:
    """One that pickle finds."""
    return x * x * x


def mixed(x: Any) -> Any:
    return SQUARE(x) + 10.0 * CUBE(x) + 100.0 * DOUBLE(x) + 1000.0 * TRIPLE(x)


def slope(x: float) -> float:
    return 2.0 * x + 30.0 * x * x + 3200.0


def test_they_have_names_of_their_own() -> None:
    made = [each.primitive for each in (SQUARE, CUBE, DOUBLE, TRIPLE)]
    names = [each.name for each in made]
    assert len(set(names)) == 4
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize("exact", [True, False])
def test_compiled_calls_take_each_for_itself(exact: bool) -> None:
    """The one's values and gradients came out for the other, or a KeyError."""
    f = jit(mixed, exact=exact)
    for number in (2.0, 3.0):
        x = Value(number)
        y = f(x)
        y.backward()
        assert (y.data, x.grad) == (mixed(number), pytest.approx(slope(number), rel=1e-15))


def test_maps_programs_and_copies_take_each_for_itself() -> None:
    xs = [Value(2.0), Value(3.0)]
    ys = vmap(mixed)(xs)
    assert [y.data for y in ys] == [mixed(2.0), mixed(3.0)]
    ad.sum(ys).backward()
    assert [x.grad for x in xs] == pytest.approx([slope(2.0), slope(3.0)], rel=1e-15)
    x = Value(2.0)
    program = Program.of(mixed(x))
    assert program.evaluate(5.0) == [mixed(5.0)]
    assert program.gradient(5.0) == pytest.approx([slope(5.0)], rel=1e-15)
    again = copy.deepcopy(mixed(x))
    assert again.data == mixed(2.0)
    assert ad.grad(ad.grad(mixed))(2.0) == pytest.approx(2.0 + 60.0 * 2.0)


def test_printed_programs_name_each_for_itself() -> None:
    names: dict[str, Any] = {}
    exec(to_python(mixed), names)  # noqa: S102 - the source is our own
    value, (derivative,) = names["mixed_and_gradient"](2.0)
    assert (value, derivative) == (mixed(2.0), pytest.approx(slope(2.0), rel=1e-15))


def test_pickles_find_the_very_same_one_or_refuse() -> None:
    """By its name alone, a pickle found the other one."""
    z = cubed_at_the_top(Value(2.0))
    again = pickle.loads(pickle.dumps(z))
    assert again.primitive is z.primitive
    for each in (SQUARE, CUBE, DOUBLE):
        with pytest.raises(ad.AutodiffError, match=r"cannot be pickled.*is not it"):
            pickle.dumps(each(Value(2.0)))


def test_a_cell_that_is_run_again_defines_the_same_primitive() -> None:
    source = (
        "@ad.primitive(local_derivatives=[lambda z, x: {0}])\n"
        "def from_a_cell(x):\n    return {0} * x\n"
    )
    names: dict[str, Any] = {"ad": ad, "__name__": "cell"}
    found = []
    for factor in (2.0, 2.0, 5.0, 2.0):
        exec(compile(source.format(factor), "<cell>", "exec"), names)  # noqa: S102 - as a notebook
        found.append(names["from_a_cell"])
    assert [f.primitive.name for f in found] == [
        "from_a_cell", "from_a_cell", "from_a_cell_2", "from_a_cell",
    ]  # fmt: skip
    x = Value(3.0)
    y = jit(lambda x: found[0](x) + 10.0 * found[1](x) + 100.0 * found[2](x))(x)
    y.backward()
    assert (y.data, x.grad) == (3.0 * 522.0, 522.0)


def test_many_products_of_a_factory_in_one_program() -> None:
    rng = random.Random(1)
    factors = [rng.uniform(-2.0, 2.0) for _ in range(20)]

    def times(factor: float) -> Any:
        return ad.primitive(local_derivatives=[lambda z, x: factor])(lambda x: factor * x)

    steps = [times(factor) for factor in factors]

    def f(x: Any) -> Any:
        for step in steps:
            x = step(x)
        return x

    x = Value(1.5)
    y = jit(f)(x)
    y.backward()
    assert y.data == f(1.5)
    assert x.grad == pytest.approx(math.prod(factors), rel=1e-13)
