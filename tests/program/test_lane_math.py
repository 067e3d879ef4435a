"""Functions in lanes: every bit is that of `math`, and what is not quite that is left out."""

import math
import random
import struct

import pytest

import autodiff
from autodiff import vmap
from autodiff.call import call
from autodiff.primitive import PRIMITIVES

llvmlite = pytest.importorskip("llvmlite")

from autodiff.program.machine import compiled, exp_table, lane_math, lane_trial, libm  # noqa: E402 - after the check

#: where the ways of these functions change, and where they end
EDGES = [
    0.0, 5e-324, 1e-310, 2.0**-55, 2.0**-54, 2.0**-29, 2.0**-28, 0.25, 0.2928932188134524, 0.34657,
    0.35, 0.4142135623730951, 0.42, 0.5, 0.84375, 1.0, 1.0397, 1.04, 1.25, 2.857,
    6.0, 19.5, 20.0, 21.99, 22.0, 22.5, 26.0, 28.0, 37.0, 38.9,
    56.1, 511.9, 512.1, 700.0, 708.5, 709.7, 709.9, 745.2, 1e16, 1e300, math.inf, math.nan,
]  # fmt: skip
NAMES = (
    "exp expm1 log1p tanh erf erfc exp2 sinh cosh sigmoid sigmoid_slope silu silu_bend mish "
    "mish_bend gelu gelu_tanh elu selu softplus log_sigmoid log sqrt"
).split()


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", "llvm")


def bits(x):
    return b"nan" if math.isnan(x) else struct.pack("d", x)


@pytest.mark.parametrize("name", NAMES)
def test_the_bits_of_math(np, name):
    primitive, rng = PRIMITIVES[name], random.Random(name)
    xs = [sign * x for x in EDGES for sign in (1.0, -1.0)]
    xs += [rng.uniform(-b, b) for b in (1e-3, 0.5, 2.0, 30.0, 750.0) for _ in range(600)]
    xs += [rng.choice((1.0, -1.0)) * 10.0 ** rng.uniform(-300.0, 300.0) for _ in range(600)]
    rows = [[x, *[rng.uniform(0.1, 2.0) for _ in primitive.variables[1:]]] for x in xs]
    expected = []
    for row in rows[:]:
        try:
            expected.append(primitive.forward(*row))
        except (ValueError, ArithmeticError):
            rows.remove(row)
    rng.shuffle(both := list(zip(rows, expected, strict=True)))  # not the hard ones together
    found = vmap(lambda row: call(primitive, *row))([row for row, _ in both]).numbers
    wrong = [
        (row, x, y) for (row, y), x in zip(both, found.tolist(), strict=True) if bits(x) != bits(y)
    ]
    assert not wrong


def test_an_error_in_one_lane_is_that_of_the_loop(np):
    xs = np.linspace(-1.0, 1.0, 100)
    xs[77] = 800.0
    with pytest.raises(OverflowError, match=r"exp\(x\)") as caught:
        vmap(lambda x: call(PRIMITIVES["exp"], x))(xs)
    assert "in example 77" in caught.value.__notes__[-1]


@pytest.mark.parametrize("spot", [0, 40, 99])
def test_an_error_that_later_operations_hide(np, spot):
    """1/(1/0) is an error in Python, and 0 where an infinity is a number like others."""

    @autodiff.primitive(local_derivatives=[lambda z, x: 1.0])
    def twice_inverted(x):
        return 1.0 / (1.0 / x)

    xs = np.linspace(1.0, 2.0, 100)
    assert (vmap(lambda x: twice_inverted(x))(xs).numbers == 1.0 / (1.0 / xs)).all()
    xs[spot] = 0.0
    with pytest.raises(ZeroDivisionError):
        vmap(lambda x: twice_inverted(x))(xs)


def chosen(fused):
    return lane_trial.chosen(libm.equal_to_math(), compiled._compiled_alone, fused=fused)


def test_what_differs_anywhere_is_left_out(monkeypatch):
    """A coefficient that is a little off changes a result in some thousands: the trial finds it."""
    found = compiled.machine_for(()).lanes
    fused = "fused" in found.values()
    c2, c3, c4, c5 = lane_math._EXP
    monkeypatch.setattr(lane_math, "_EXP", (c2, c3, c4, c5 * 1.00001))
    q1, q2, *rest = lane_math._EXPM1
    monkeypatch.setattr(lane_math, "_EXPM1", (q1, q2 * (1.0 + 1e-11), *rest))
    left = chosen(fused)
    assert not {"exp", "expm1", "tanh"} & set(left)
    assert left.get("log1p") == found.get("log1p")


def test_the_table_of_exp_is_that_of_powers_of_two():
    for k, (rest, word) in enumerate(exp_table.powers_of_two()):
        whole = struct.unpack("d", struct.pack("Q", word + (k << 45)))[0]
        share = struct.unpack("d", struct.pack("Q", rest))[0]
        assert whole == 2.0 ** (k / 128) or math.isclose(whole, 2.0 ** (k / 128), rel_tol=2.3e-16)
        assert abs(share) <= 2.0**-53
