"""A function is written once: printed as Python, emitted as machine code, and left to neither."""

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import Value, jit
from autodiff.atoms import ATOMS
from autodiff.custom import _BUILT_IN as BUILT_IN
from autodiff.formula import Variable
from autodiff.opaque import traced
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.program import Program
from autodiff.source import Printer
from tests.support.data import same

pytest.importorskip("llvmlite")
from autodiff.program.machine import libm
from autodiff.program.machine.compiled import machine_for
from autodiff.program.machine.composite import functions
from autodiff.program.machine.llvm_machine import LlvmExecutable

SCALE = 2.0


def machine(name, count):
    """A function of floats: the primitive on the LLVM machine."""
    program = Program(leaves=count, constants=(), primitives=(PRIMITIVES[name].total,),
                      operands=(tuple(range(count)),), outputs=(count,))  # fmt: skip
    executable = LlvmExecutable(program)
    return lambda *xs: executable.forward(xs).outputs[0]


# ---- the table -------------------------------------------------------------------------------


def test_every_primitive_is_an_atom_a_composite_or_a_sum():
    for name in BUILT_IN:
        primitive = PRIMITIVES[name]
        kinds = [name in ATOMS, primitive.formula is not None, primitive.terms is not None]
        assert any(kinds), name
        assert not (kinds[0] and kinds[2]), name
    assert set(ATOMS) <= BUILT_IN


def test_a_function_is_printed_when_it_is_first_called():
    """And whoever held it before has the printed one: no look-up, no second printing."""
    primitive = Primitive("probe", None, [], variables=["x"],
                          function=lambda x: PRIMITIVES["exp"](x) + x)  # fmt: skip
    held = primitive.forward
    before = held.__code__
    assert held(0.0) == 1.0 and held is primitive.forward
    assert held.__code__ is not before and held.__code__.co_filename == "<probe>"


def test_what_is_used_twice_is_computed_once_and_only_where_it_is_chosen():
    printer = Printer(lambda name: PRIMITIVES[name].forward)
    source = printer.body(PRIMITIVES["sigmoid"].formula)
    assert source == [
        "if (x_ >= 0.0):", "    return (1.0 / (1.0 + f_exp((-x_))))", "t1 = f_exp(x_)",
        "return (t1 / (1.0 + t1))",
    ]  # fmt: skip


def test_what_both_branches_need_is_computed_before_them():
    x = Variable("x")
    shared = PRIMITIVES["exp"](x)
    formula = PRIMITIVES["where"](x > 0, shared + 1, PRIMITIVES["where"](x < -1, shared, -shared))
    lines = Printer(lambda name: PRIMITIVES[name].forward).body(formula)
    assert sum("f_exp" in line for line in lines) == 1


def test_only_the_gamma_family_and_opaque_functions_are_left_to_python():
    direct = machine_for([]).direct
    asking = {n for n in BUILT_IN if functions([PRIMITIVES[n]], direct)[0] - {"sinc_derivative"}}
    family = {"gamma", "lgamma", "digamma", "polygamma"}
    assert asking <= family | (set(libm.NAMES) - set(direct))


# ---- everyday operations ---------------------------------------------------------------------

EVERYDAY = {
    "%": lambda x, y: x % y,
    "//": lambda x, y: x // y + 0.0 * x,
    "fmod": autodiff.fmod,
    "remainder": autodiff.remainder,
    "round": lambda x, y: round(x, 2) + y,
    "degrees": lambda x, y: autodiff.degrees(x),
    "radians": lambda x, y: autodiff.radians(x),
    "hypot": lambda x, y: autodiff.hypot(x, y, 1.5, x),
    "dist": lambda x, y: autodiff.dist([x, y], [y, 0.5]),
    "norm": lambda x, y: autodiff.norm([x, y, 3.0], 3),
    "atan2": autodiff.atan2,
    "sinc": lambda x, y: autodiff.sinc(x),
    "logsumexp": lambda x, y: autodiff.logsumexp([x, y, 0.3, x - y]),
    "logsumexp of three": lambda x, y: autodiff.logsumexp([x, y, 0.3]),
    "softmax": lambda x, y: autodiff.softmax([x, y, 0.3])[1],
    "large softmax": lambda x, y: autodiff.softmax([x + 50.0, y + 50.0])[1],
    "dot": lambda x, y: autodiff.dot([x] * 20, [y] * 20),
    "power": lambda x, y: (x * x) ** y,
    "erfinv": lambda x, y: autodiff.erfinv(x / 9.0),
    "erfcx": lambda x, y: autodiff.erfcx(x),
    "logaddexp": autodiff.logaddexp,
    "gelu": lambda x, y: autodiff.gelu(x),
}


class Asked:
    """Stands for the functions that Python computes for the machine: notes each that is asked."""

    def __init__(self):
        self.numbers = []

    def __getitem__(self, number):
        self.numbers.append(number)
        return lambda *operands: math.nan


@pytest.mark.parametrize("name", EVERYDAY)
def test_everyday_operations_never_call_python_back(name, monkeypatch):
    """Story: `%`, `//`, degrees and logsumexp took 20 times a product: each asked Python."""

    asked = Asked()
    monkeypatch.setattr(machine_for([]), "_totals", asked)
    rng = random.Random(name)
    operation = EVERYDAY[name]
    compiled = jit(lambda x, y: operation(x, y), exact=True)
    for _ in range(200):
        x, y = Value(rng.uniform(0.2, 3.0) * rng.choice((-1, 1))), Value(rng.uniform(0.2, 3.0))
        a, b = Value(x.data), Value(y.data)
        expected = operation(a, b)
        expected.backward()
        found = compiled(x, y)
        found.backward()
        assert same(found.data, expected.data)
        assert same(x.grad, a.grad) and same(y.grad, b.grad)
    assert not asked.numbers


def test_a_question_to_python_is_noticed(monkeypatch):
    """The test above once replaced what the machine had already taken hold of."""
    asked = Asked()
    monkeypatch.setattr(machine_for([]), "_totals", asked)
    assert math.isnan(machine("gamma", 1)(2.5)) and asked.numbers


ENTRIES = st.one_of(
    st.floats(-40, 40), st.floats(), st.sampled_from([0.0, -0.0, 1.0, 1e-320, 1e308, -math.inf])
)


@given(st.lists(ENTRIES, min_size=1, max_size=9))
def test_loops_have_the_bits_of_python(xs):
    for name in ("hypot", "logsumexp", "maximum", "minimum"):
        assert same(machine(name, len(xs))(*xs), PRIMITIVES[name].total.forward(*xs)), name
    for name in ("ties", "fine_length", "logsumexp_error"):
        z = PRIMITIVES["logsumexp"].total.forward(*xs)
        found = machine(name, len(xs) + 1)(z, *xs)
        assert same(found, PRIMITIVES[name].total.forward(z, *xs)), name
    found = machine("p_norm", len(xs) + 1)(*xs, 3.0)
    assert same(found, PRIMITIVES["p_norm"].total.forward(*xs, 3.0))


def test_sums_of_exponentials_round_as_fsum_does_where_they_tie():
    """Story: two exponentials of like size often end half-way between two floats."""
    rng, compute = random.Random(5), machine("logsumexp", 3)
    for _ in range(3000):
        xs = [rng.gauss(0.0, 5.0) for _ in range(3)]
        assert compute(*xs) == PRIMITIVES["logsumexp"].forward(*xs)


def test_a_sum_that_is_almost_half_way_is_left_to_python():
    """1 + 2**-53 is a tie, and what comes behind decides; two compensations do not see it."""
    xs = (1.0, 2.0**-53, 2.0**-120, 1.0)
    assert PRIMITIVES["p_norm"].forward(*xs) == 1.0 + 2.0**-52
    assert machine("p_norm", 4)(*xs) == 1.0 + 2.0**-52


def test_hypot_of_this_python_is_known():
    assert machine_for([]).lanes["hypot"] == "loop"


# ---- users' functions ------------------------------------------------------------------------


def cube(x):
    return x * x * x


def with_functions(x, y):
    return autodiff.hypot(x, y) / (x % y) + abs(x) ** 2


def with_a_loop(x):
    total = x
    for _ in range(3):
        total = total * x + 1
    return total


def with_where(x):
    return autodiff.where(x > 0, autodiff.sqrt(x), 0.0)


def of_math(x):
    return math.sin(x)


def reads_a_number(x):
    return SCALE * x


def decides(x):
    return x if x > 0 else 0.0


def compares(x):
    return 1.0 if x == 3.7 else x


def catches(x):
    try:
        return math.sin(x)
    except TypeError:
        return 0.0


def looks_at_types(x):
    return x if isinstance(x, float) else 0.0 * x


def rolls_dice(x):
    return x * random.random()


def asks_the_clock(x):
    return x + time.time()


def negative_truth(x):
    return -(x < 0)


def has_inner_function(x):
    return (lambda: x * x)()


def names_of(function):
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


@pytest.mark.parametrize("function", [cube, with_functions, with_a_loop, with_where])
def test_a_users_function_is_traced(function):
    assert traced(function, names_of(function), BUILT_IN) is not None


@pytest.mark.parametrize(
    "function",
    [of_math, reads_a_number, decides, compares, catches, looks_at_types, rolls_dice,
     asks_the_clock, negative_truth, has_inner_function, math.sin],
)  # fmt: skip
def test_in_doubt_a_users_function_stays_an_atom(function):
    """A formula that is not the function would be a wrong number in machine code, silently."""
    names = names_of(function) if hasattr(function, "__code__") else ["x"]
    assert traced(function, names, BUILT_IN) is None


def test_explain_says_what_python_computes():
    opaque = autodiff.primitive(local_derivatives=[lambda z, x: autodiff.cos(x)])(of_math)
    formula = autodiff.primitive(local_derivatives=[lambda z, x: 3 * x * x])(cube)
    w = Value(2.0)
    f, g = jit(lambda x: opaque(x) * w), jit(lambda x: formula(x) * w)
    f(1.5), g(1.5)
    assert "calls back into Python for of_math" in f.explain()
    assert "calls back" not in g.explain()
    h = jit(lambda x: autodiff.lgamma(x) * w)
    h(1.5)
    assert "calls back into Python for digamma" in h.explain()


def test_both_branches_of_a_users_where_may_raise():
    """Story: a formula that computes the chosen branch alone gave a number where Python raises."""
    function = autodiff.primitive(local_derivatives=[lambda z, x: 1.0])(with_where)
    w = Value(2.0)
    compiled = jit(lambda x: function(x) * w)
    assert compiled(4.0).data == 4.0  # traced: from now on compiled
    for run in (function, compiled):
        with pytest.raises(autodiff.DomainError, match="sqrt"):
            run(-4.0)


def reciprocal_twice(x):
    return 1 / (1 / x)


def exp_of_exp(x):
    return autodiff.exp(-autodiff.exp(x))


@pytest.mark.parametrize(("function", "at"), [(reciprocal_twice, 0.0), (exp_of_exp, 800.0)])
def test_a_composite_gives_up_where_python_raises_on_the_way(function, at):
    """IEEE arithmetic goes on with an infinity, and may come back with a number."""
    made = autodiff.primitive(local_derivatives=[lambda z, x: 1.0])(function)
    w = Value(2.0)
    compiled = jit(lambda x: made(x) * w)
    assert same(compiled(1.5).data, (made(Value(1.5)) * w).data)  # traced: from now on compiled
    for run in (made, compiled):
        with pytest.raises((ZeroDivisionError, OverflowError)):
            run(at)


# ---- new functions ---------------------------------------------------------------------------


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("function", "at", "value", "gradient"),
    [
        (autodiff.xlogy, (0.0, 0.0), 0.0, (-math.inf, 0.0)),
        (autodiff.xlogy, (0.0, 2.0), 0.0, (math.log(2.0), 0.0)),
        (autodiff.xlog1py, (0.0, -1.0), 0.0, (-math.inf, 0.0)),
        (autodiff.logaddexp, (-math.inf, -math.inf), -math.inf, (0.5, 0.5)),
        (autodiff.logaddexp, (math.inf, 1.0), math.inf, (1.0, 0.0)),
        (autodiff.logaddexp, (1e300, -1e300), 1e300, (1.0, 0.0)),
        (autodiff.erfcx, (math.inf,), 0.0, (-0.0,)),
        (autodiff.erfcx, (1e200,), 5.641895835477563e-201, (-0.0,)),
        (lambda x, y: autodiff.norm([x, y], 3), (0.0, 0.0), 0.0, (0.0, 0.0)),
        (lambda x, y: autodiff.norm([x, y], 1), (3.0, -4.0), 7.0, (1.0, -1.0)),
        (lambda x, y: autodiff.norm([x, y], math.inf), (3.0, -4.0), 4.0, (0.0, -1.0)),
        (lambda x, y: autodiff.norm([x, y], 3), (1e200, 0.0), 1e200, (1.0, 0.0)),
    ],
)
def test_new_functions_at_their_ends(function, at, value, gradient):
    for run in (function, jit(function, exact=True)):
        inputs = [Value(x) for x in at]
        result = run(*inputs)
        result.backward()
        assert same(result.data, value)
        assert [x.grad for x in inputs] == pytest.approx(list(gradient), rel=1e-15)


@pytest.mark.parametrize("call", [
    lambda: autodiff.xlogy(1.0, 0.0), lambda: autodiff.xlogy(0.0, -1.0),
    lambda: autodiff.xlog1py(1.0, -1.0), lambda: autodiff.log1mexp(0.0),
    lambda: autodiff.log1mexp(-1.0), lambda: autodiff.erfinv(1.0),
    lambda: autodiff.erfinv(-1.5), lambda: autodiff.norm([1.0, 2.0], 0.5),
])  # fmt: skip
def test_new_functions_outside_their_domain(call):
    with pytest.raises(autodiff.DomainError, match="outside the domain"):
        call()


def test_the_order_of_a_norm_is_a_plain_number():
    with pytest.raises(autodiff.OperandError, match="ord is a plain number"):
        autodiff.norm([1.0, 2.0], Value(3.0))
    with pytest.raises(autodiff.OperandError, match="not str"):
        autodiff.norm([1.0], "fro")
    with pytest.raises(autodiff.ShapeError):
        autodiff.norm([], 3)
