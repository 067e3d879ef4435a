"""Compiled equals eager, bit for bit: on all reference data and on random programs."""

import math
import operator
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import Value
from autodiff.program import Program, jit
from tests.support.data import load, same
from tests.support.effort import FACTOR
from tests.support.known import LOSSES, known

pytestmark = pytest.mark.usefixtures("machine")


def outcome(function, arguments):
    """Value and gradients, or the type of the exception."""
    inputs = [Value(x) for x in arguments]
    try:
        result = function(*inputs)
    except (ValueError, ArithmeticError) as error:
        return type(error)
    if not isinstance(result, Value):
        return [result]
    result.backward()
    return [result.data, *[x.grad for x in inputs]]


def agree(left, right):
    if isinstance(left, type) or isinstance(right, type):
        return left is right
    return len(left) == len(right) and all(map(same, left, right))


RECORDS = {}
for record in load("reference")["records"]:
    if record["name"] not in LOSSES:
        key = record["name"], str(record["params"]), len(record["args"])
        RECORDS.setdefault(key, []).append(record)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in RECORDS}))
def test_reference(name):
    for (which, _, _), records in RECORDS.items():
        if which == name:
            function = known(name, records[0]["params"])
            compiled = jit(function, exact=True)
            for record in records:
                assert agree(outcome(compiled, record["args"]), outcome(function, record["args"]))


def test_conventions():
    compared = 0
    for record in load("conventions"):
        name = record["op"]
        try:
            function = known(name, {})
            expected = outcome(function, record["args"])
        except (AttributeError, TypeError):
            continue
        compared += 1
        compiled = jit(function, exact=True)
        for _ in range(2):
            assert agree(outcome(compiled, record["args"]), expected), record
    assert compared > 60


_SPECIAL = {
    "rsub": lambda c, x: c - x, "rdiv": lambda c, x: c / x, "rpow": lambda c, x: c**x,
    "powc": operator.pow, "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
}  # fmt: skip


def run(program, inputs):
    nodes = list(inputs)
    for name, *operands in program["ops"]:
        chosen = [x[1] if isinstance(x, list) else nodes[x] for x in operands]
        function = _SPECIAL.get(name) or known(name, {})
        nodes.append(function(*chosen))
    return nodes[program["output"]]


def test_programs_value_gradient_and_hessian_vector_product():
    for program in load("programs")["programs"][:: 1 if FACTOR > 1 else 3]:

        def function(*inputs, program=program):
            return run(program, inputs)

        inputs = program["inputs"]
        assert agree(outcome(jit(function, exact=True), inputs), outcome(function, inputs))
        leaves = [Value(x) for x in inputs]
        flat = Program.of(function(*leaves), inputs=leaves)
        product = flat.hvp(inputs, program["direction"])
        largest = max(map(abs, program["hvp"]), default=0.0)
        for got, want, ulps in zip(product, program["hvp"], program["hvp_tol_ulps"], strict=True):
            tolerance = max(ulps * math.ulp(want), program["hvp_norm_rtol"] * largest)
            assert abs(got - want) <= tolerance


UNARY = (
    "exp log sqrt sin cos tanh sigmoid relu softplus abs neg square atan gelu log1p cbrt expm1 elu"
).split()
BINARY = "add sub mul div maximum minimum pow atan2 add mul add mul".split()
SAFE = {
    "neg": operator.neg, "abs": abs, "square": lambda x: x * x, "add": operator.add,
    "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "pow": autodiff.pow,
}  # fmt: skip


@st.composite
def random_programs(draw):
    """Instructions over 3 inputs with much sharing; operands are nodes or constants."""
    ops = []
    for at in range(draw(st.integers(1, 40))):
        node = st.integers(0, 2 + at)
        operand = st.one_of(node, node, node, st.floats(-3, 3).map(lambda c: ("c", c)))
        if draw(st.booleans()):
            ops.append((draw(st.sampled_from(BINARY)), draw(operand), draw(operand)))
        else:
            ops.append((draw(st.sampled_from(UNARY)), draw(node)))
    inputs = draw(st.lists(st.floats(-4, 4), min_size=3, max_size=3))
    return ops, inputs


def interpret(ops, inputs):
    nodes = list(inputs)
    for name, *operands in ops:
        chosen = [x[1] if isinstance(x, tuple) else nodes[x] for x in operands]
        function = SAFE.get(name) or getattr(autodiff, name)
        nodes.append(function(*chosen))
    return nodes[-1] + nodes[len(nodes) // 2] * 0.5


@given(random_programs())
def test_random_programs(program):
    ops, inputs = program

    def function(*inputs):
        return interpret(ops, inputs)

    compiled, expected = jit(function, exact=True), outcome(function, inputs)
    for _ in range(2):
        assert agree(outcome(compiled, inputs), expected)


@given(st.integers(0, 10**9))
def test_each_of_several_outputs_sums_in_its_own_order(seed):
    """The order of one output's graph differs from that of all of them together."""
    source = random.Random(seed)
    weights = [source.uniform(-2, 2) for _ in range(4)]
    choices = [[source.randrange(4 + at) for _ in range(5)] for at in range(14)]
    kinds = [source.randrange(4) for _ in choices]

    def function(*ws):
        nodes = list(ws)
        for kind, (a, b, c, d, e) in zip(kinds, choices, strict=True):
            x = [nodes[k] for k in (a, b, c, d, e)]
            if kind == 0:
                nodes.append(autodiff.affine(x[:2], x[2:4], x[4]))
            elif kind == 1:
                nodes.append(autodiff.sin(x[0]) * x[1])
            else:
                nodes.append(autodiff.tanh(x[0] * x[1] + x[2] * x[3] + x[4]))
        return [nodes[k] * 1.0 for k in (-2, 9, -1, 12)]

    compiled = jit(function, exact=True)
    for pick in range(4):
        expected = outcome(lambda *ws, pick=pick: function(*ws)[pick], weights)
        assert agree(outcome(lambda *ws, pick=pick: compiled(*ws)[pick], weights), expected)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30))
def test_sums_of_products_with_shared_factors(pairs):
    """Where fusion would change the order of a sum it must not happen."""

    def function(*ws):
        hidden = [autodiff.sin(w) for w in ws]
        total, parts = 0.0, []
        for count, (i, j) in enumerate(pairs):
            total = total + hidden[i] * ws[j] if count % 3 else total + hidden[j]
            if count % 4 == 3:
                parts.append(total * ws[i])
                total = parts[-1] * ws[j] if count % 8 == 3 else 0.0
        return total + autodiff.sum(parts) + (ws[0] + hidden[1] * ws[1]) * ws[0]

    inputs = [0.3, -1.1, 0.7, 1.9, -0.2]
    assert agree(outcome(jit(function, exact=True), inputs), outcome(function, inputs))


N = 40
STRIDED = {
    "the start among the first factors": lambda ws, xs: autodiff.affine(ws, xs, ws[3]),
    "the start among the second factors": lambda ws, xs: autodiff.affine(ws, xs, xs[3]),
    "second factors backwards": lambda ws, xs: autodiff.affine(ws, xs[::-1], ws[0]),
    "first factors backwards": lambda ws, xs: autodiff.affine(ws[::-1], xs, 0.5),
    "one second factor": lambda ws, xs: autodiff.affine(ws, xs[:1] * N, 0.5),
    "one first factor": lambda ws, xs: autodiff.affine(ws[:1] * N, xs, 0.5),
    "the same on both sides": lambda ws, xs: autodiff.dot(ws, ws),
    "overlapping": lambda ws, xs: autodiff.dot(ws[:-1], ws[1:]),
    "every second": lambda ws, xs: autodiff.dot(ws[::2], xs[1::2]),
}


@pytest.mark.parametrize("name", STRIDED)
def test_long_sums_of_neighbours(name):
    """Such a sum is one instruction where that changes no order; planted faults took it always."""
    rng = random.Random(name)
    inputs = [rng.uniform(-2.0, 2.0) for _ in range(2 * N)]

    def function(*numbers):
        ws, xs = list(numbers[:N]), list(numbers[N:])
        return STRIDED[name](ws, xs) * ws[3] + xs[3]

    assert agree(outcome(jit(function, exact=True), inputs), outcome(function, inputs))
