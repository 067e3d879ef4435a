"""Domains are written once: what raises, what messages say, what tests draw: the same words."""

import itertools
import math
import random

import pytest

from autodiff.custom import _BUILT_IN as BUILT_IN
from autodiff.expression import parse_condition
from autodiff.formula import fold
from autodiff.primitive import PRIMITIVES

WITH_DOMAIN = sorted(
    name for name in BUILT_IN if PRIMITIVES[name].domain and PRIMITIVES[name].arity
)
POINTS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 0.75, 1.5, -2.5, 40.0, 1e9, -1e9, 1e-9,
          math.inf, -math.inf]  # fmt: skip


#: what Python's math makes of infinities here, the words do not tell
AT_INFINITY = ("pow", "gamma", "lgamma", "digamma", "polygamma")


def holds(condition, names):
    return bool(fold(condition, float, names.__getitem__, lambda n, xs: PRIMITIVES[n].forward(*xs)))


def test_every_domain_is_an_expression():
    assert len(WITH_DOMAIN) > 25
    for name in BUILT_IN:
        if PRIMITIVES[name].domain:
            assert PRIMITIVES[name].condition is not None, name


@pytest.mark.parametrize("name", WITH_DOMAIN)
def test_a_primitive_raises_just_where_its_domain_ends(name):
    """Story: sinc claimed to need finite numbers, and took infinities."""
    primitive, rng = PRIMITIVES[name], random.Random(name)
    count = len(primitive.variables)
    rows = list(itertools.product(POINTS, repeat=count)) if count < 3 else []
    rows += [[rng.choice(POINTS) for _ in range(count)] for _ in range(300)]
    inside = 0
    for row in rows:
        if name == "polygamma":
            row = [float(rng.randrange(5)), row[1]]
        names = dict(zip(primitive.variables, row, strict=True))
        try:
            primitive.forward(*row)
        except OverflowError:  # too large a result is no matter of the domain
            continue
        except (ValueError, ZeroDivisionError):
            raised = True
        else:
            raised = False
            inside += 1
        ends = name in AT_INFINITY and not all(map(math.isfinite, row))
        assert raised is not holds(primitive.condition, names) or ends, row
    assert inside


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("x > 0", {"x": 1.0}, True),
        ("x > 0 or x < 0 and whole(y)", {"x": -1.0, "y": 2.0}, True),
        ("x > 0 or x < 0 and whole(y)", {"x": -1.0, "y": 2.5}, False),
        ("not whole(x) and finite(x)", {"x": 2.5}, True),
        ("-1 < x < 1", {"x": 1.0}, False),
    ],
)
def test_conditions(text, names, expected):
    assert holds(parse_condition(text), names) is expected


def test_domains_are_read_alike_by_the_primitives_and_by_everybody() -> None:
    """The grammar below the primitives knows their names alone; the words mean the same there."""
    asked = [each for each in PRIMITIVES.values() if each.condition is not None]
    assert len(asked) > 20
    for primitive in asked:
        assert primitive.condition == parse_condition(str(primitive.domain)), primitive.name
