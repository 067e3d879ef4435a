"""Every primitive of the rule table, a user's own ones included, against its own definition.

For each: the rule against differences of the forward function, the textbook formula against the
rule, the derived pullback against the plain reading of the rule, the total twin against the
forward function, the documented example, and second derivatives. And, so that these tests are
worth something, planted faults: each rule is spoiled in several ways, and each spoiled rule must
be found.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value
from autodiff.check.blame import fault_of
from autodiff.check.numeric import derivatives
from autodiff.custom import _BUILT_IN as BUILT_IN
from autodiff.expression import textbook_formula
from autodiff.expression.evaluation import evaluate_formula
from autodiff.formula import Apply, Constant, Formula, is_literal, split_condition
from autodiff.primitive import PRIMITIVES, Primitive, local_derivative
from autodiff.value import record
from tests.support.data import identical, same
from tests.support.domains import DOMAINS, constants, domain
from tests.support.effort import examples


@ad.primitive(local_derivatives=[lambda z, x: 3 * x * x], textbook=["3*x**2"])
def own_cube(x: float) -> float:
    """A user's primitive of one number."""
    return x * x * x


@ad.primitive(
    local_derivatives=[
        lambda z, x, y: ad.where(x > y, 2 * x / (1 + y * y), 0.0),
        lambda z, x, y: -2 * y * z / (1 + y * y),
    ],
    domain="x > y",
)
def own_share(x: float, y: float) -> float:
    """A user's primitive of two numbers, without textbook formulas."""
    if x <= y:
        raise ValueError("x <= y")
    return x * x / (1 + y * y)


@ad.primitive(local_derivatives=[lambda z, x: 2 * x])
def own_squares(*xs: float) -> float:
    """A user's n-ary primitive."""
    return math.fsum(x * x for x in xs)


Path = tuple[int, ...]

OWN_DOMAINS = {"own_share": lambda x, y: x - y > 0.1}

OWN = ("own_cube", "own_share", "own_squares")
TABLE = [PRIMITIVES[name] for name in (*sorted(BUILT_IN), *OWN)]  # not those of other tests
FLOATS = st.floats() | st.sampled_from(
    [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, 1.0, -1.0, 2.0, 0.5, 1e308]
)


def name_of(primitive: Primitive) -> str:
    return primitive.name


def points(primitive: Primitive, count: int = 12) -> list[tuple[float, ...]]:
    """Operands well inside the domain, always the same ones."""
    rng = random.Random(f"points of {primitive.name}")
    place = domain(primitive.name)
    if primitive.name in OWN_DOMAINS:
        place = type(place)(OWN_DOMAINS[primitive.name])
    return [place.sample(primitive, rng) for _ in range(count)]


def real_operands(primitive: Primitive, count: int) -> list[int]:
    """The operands by which a derivative makes sense: no orders, indices or conditions."""
    skip = {position % count for position in constants(primitive.name)}
    return [index for index in range(count) if index not in skip]


def is_helper(primitive: Primitive, index: int) -> bool:
    """Operands that only repeat others to more digits: their derivative is 0 by agreement."""
    helpers = {"direction": (2,), "shifted_exp": (2,), "log_share": (2,), "fine_length": (0,),
               "ties": (0,)}  # fmt: skip
    return primitive.name in ("fine_length", "logsumexp_error") or index in helpers.get(
        primitive.name, ()
    )


@pytest.mark.parametrize("primitive", TABLE, ids=name_of)
class TestPrimitive:
    def test_rule_against_differences(self, primitive: Primitive) -> None:
        for operands in points(primitive):
            for index in real_operands(primitive, len(operands)):
                if not is_helper(primitive, index):
                    assert fault_of(primitive, index, operands) is None

    def test_textbook_agrees_with_the_rule(self, primitive: Primitive) -> None:
        if primitive.textbook:
            assert len(primitive.textbook) == len(primitive.variables)
        for operands in points(primitive):
            z = primitive.forward(*operands)
            for index in range(len(operands)):
                rule = local_derivative(primitive, index, z, operands) or 0.0
                names = primitive.bind(index, z, operands)
                for shared in primitive.shared:
                    names[shared] = PRIMITIVES[shared].forward(z, *operands)
                which = primitive.variable_of(index, len(operands))[0]
                formula = textbook_formula(primitive, which)
                textbook = evaluate_formula(formula, names)
                assert textbook == pytest.approx(rule, rel=1e-8, abs=1e-10), (formula, operands)

    def test_pullback_agrees_with_the_rule(self, primitive: Primitive) -> None:
        rng = random.Random(0)
        for operands in points(primitive, 6):
            z = primitive.forward(*operands)
            # every choice of which operands are Values (of n-ary ones some choices)
            for choice in itertools.product((True, False), repeat=min(len(operands), 4)):
                is_value = [choice[index % len(choice)] for index in range(len(operands))]
                if any(is_value):
                    self.compare(primitive, z, operands, is_value, rng.uniform(-2.0, 2.0))

    @staticmethod
    def compare(
        primitive: Primitive, z: float, operands: Sequence[float],
        is_value: Sequence[bool], g: float,
    ) -> None:  # fmt: skip
        given = [Value(x) if ours else x for x, ours in zip(operands, is_value, strict=True)]
        node = record(primitive, given)
        assert identical(node.data, z)
        node.backward(g)
        for index, (x, ours) in enumerate(zip(given, is_value, strict=True)):
            if ours:
                local = local_derivative(primitive, index, z, operands)
                expected = 0.0 if local is None else 0.0 + g * local
                assert same(x.grad, expected), (operands, index)

    def test_total_twin(self, primitive: Primitive) -> None:
        assert primitive.total.total is primitive.total
        assert primitive.total.total is primitive.total
        assert primitive.total.name == primitive.name
        for operands in points(primitive):
            assert identical(primitive.total.forward(*operands), primitive.forward(*operands))

    def test_documented_example(self, primitive: Primitive) -> None:
        assert primitive.doc
        if primitive.example is None:
            assert primitive.name.startswith("own_")
            return
        asked, answer = primitive.example.split(" -> ")
        name, arguments = asked.rstrip(")").split("(")
        assert name == primitive.name
        found = primitive.forward(*[float(x) for x in arguments.split(",")])
        assert identical(found, float(answer))

    def test_second_derivatives(self, primitive: Primitive) -> None:
        for operands in points(primitive, 4):
            free = real_operands(primitive, len(operands))
            for index in free:
                if is_helper(primitive, index):
                    continue
                self.check_row(primitive, operands, index, free)

    @staticmethod
    def check_row(
        primitive: Primitive, operands: Sequence[float], index: int, free: Sequence[int]
    ) -> None:
        """The derivatives of one local derivative against its differences."""
        given: list[Any] = [Value(x) if place in free else x for place, x in enumerate(operands)]
        first = ad.gradient(record(primitive, given), given[index])
        row = ad.gradient(first, [given[place] for place in free])
        for place, second in zip(free, row, strict=True):

            def probe(x: float, place: int = place) -> list[float]:
                moved = [*operands[:place], x, *operands[place + 1 :]]
                local = local_derivative(primitive, index, primitive.total.forward(*moved), moved)
                return [local or 0.0]

            (numerical,) = derivatives(probe, operands[place], 1)
            allowed = 1e-6 * abs(numerical.value) + 1e-8 + 10 * numerical.error
            assert abs(second.data - numerical.value) <= allowed, (operands, index, place)


@pytest.mark.parametrize("primitive", TABLE, ids=name_of)
@given(data=st.data())
@examples(25)
def test_total_twin_never_raises(primitive: Primitive, data: st.DataObject) -> None:
    count = primitive.arity or primitive.tail + primitive.columns * data.draw(st.integers(1, 3))
    operands = data.draw(st.lists(FLOATS, min_size=count, max_size=count))
    for position in constants(primitive.name):
        operands[position] = float(data.draw(st.integers(0, 3)))
    result = primitive.total.forward(*operands)
    assert result.__class__ is float
    try:
        expected = primitive.forward(*operands)
    except (ValueError, ArithmeticError):
        return
    assert identical(result, expected)


@pytest.mark.parametrize("primitive", TABLE, ids=name_of)
@given(data=st.data())
@examples(20)
def test_rules_never_raise(primitive: Primitive, data: st.DataObject) -> None:
    """Where there is a value there is a gradient, a first and a second one: perhaps inf or nan."""
    count = primitive.arity or primitive.tail + primitive.columns * data.draw(st.integers(1, 2))
    operands: list[Any] = data.draw(st.lists(FLOATS, min_size=count, max_size=count))
    for position in constants(primitive.name):
        operands[position] = float(data.draw(st.integers(0, 3)))
    try:
        primitive.forward(*operands)
    except (ValueError, ArithmeticError):
        return
    fixed = {position % count for position in constants(primitive.name)}
    given = [x if place in fixed else Value(x) for place, x in enumerate(operands)]
    inputs = [x for x in given if isinstance(x, Value)]
    if not inputs:
        return
    output = record(primitive, given)
    output.backward()
    firsts = ad.gradient(output, inputs)
    assert all(same(a.data, b.grad) for a, b in zip(firsts, inputs, strict=True))
    for first in firsts:
        ad.gradient(first, inputs)


def test_the_table_of_domains_is_up_to_date() -> None:
    assert set(OWN) <= set(PRIMITIVES)
    assert set(DOMAINS) <= BUILT_IN


# ---- planted faults ---------------------------------------------------------------------------


def spoiled(formula: Formula) -> Iterator[tuple[str, Formula]]:
    """A rule with a fault: another sign, a dropped term, swapped operands, another factor."""
    condition, derivative = split_condition(formula)

    def whole(part: Formula) -> Formula:
        return part if condition is None else Apply("when", (condition, part))

    if is_literal(derivative, 0.0):
        yield "a derivative where there is none", Constant(1.0)
        return
    yield "sign flipped", whole(Apply("neg", (derivative,)))
    yield "factor 2", whole(Apply("mul", (Constant(2.0), derivative)))
    yield "no derivative", Constant(0.0)
    if condition is not None:
        yield "always chosen", derivative
        yield "the other one chosen", Apply("when", (Apply("not", (condition,)), derivative))
    for path, part in parts(derivative):
        if not isinstance(part, Apply):
            continue
        if part.name in ("add", "sub"):
            yield "first term dropped", whole(replaced(derivative, path, part.operands[1]))
            yield "second term dropped", whole(replaced(derivative, path, part.operands[0]))
        if len(part.operands) == 2 and part.name not in ("add", "mul", "equal"):
            swapped = Apply(part.name, part.operands[::-1])
            yield "operands swapped", whole(replaced(derivative, path, swapped))


def parts(formula: Formula, path: Path = ()) -> Iterator[tuple[Path, Formula]]:
    yield path, formula
    if isinstance(formula, Apply):
        for index, operand in enumerate(formula.operands):
            yield from parts(operand, (*path, index))


def replaced(formula: Formula, path: Sequence[int], by: Formula) -> Formula:
    if not path:
        return by
    assert isinstance(formula, Apply)
    operands = list(formula.operands)
    operands[path[0]] = replaced(operands[path[0]], path[1:], by)
    return Apply(formula.name, tuple(operands))


def with_rule(primitive: Primitive, which: int, formula: Formula) -> Primitive:
    """The primitive with another rule for one variable."""
    formulas = list(primitive.formulas)
    formulas[which] = formula
    spoilt = Primitive.__new__(Primitive)
    spoilt.__dict__.update(primitive.__dict__)
    spoilt._formulas, spoilt._total = tuple(formulas), None
    spoilt.pullback = spoilt._first_pullback
    return spoilt


TWO_FORMS = ("shifted_exp", "log_share")

#: Points at which several operands are chosen: only there does their number matter.
TIES = {name: [(1.0, 1.0), (2.0, 2.0, 2.0)] for name in ("maximum", "minimum")}


def test_every_planted_fault_is_found() -> None:
    planted, missed = 0, []
    for primitive in TABLE:
        cases = points(primitive, 20) + TIES.get(primitive.name, [])
        orders = {position % len(primitive.variables) for position in constants(primitive.name)}
        for which, formula in enumerate(primitive.formulas):
            if which in orders:
                continue
            for what, fault in spoiled(formula):
                if (primitive.name, what) == ("sqrt", "second term dropped"):
                    continue  # z + 0.0 matters for sqrt(-0.0) alone: see test_conventions.py
                if primitive.name in TWO_FORMS and what == "always chosen":
                    continue  # the other form is chosen where x is most of all: see test_digits.py
                planted += 1
                found = any(
                    fault_of(with_rule(primitive, which, fault), index, operands)
                    for operands in cases
                    for index in real_operands(primitive, len(operands))
                    if primitive.variable_of(index, len(operands))[0] == which
                )
                if not found:
                    missed.append(f"{primitive.name} by {primitive.variables[which]}: {what}")
    assert planted > 500
    assert not missed
