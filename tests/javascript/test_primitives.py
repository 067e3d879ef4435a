"""Every primitive in JavaScript against Python, on hard points too."""

from __future__ import annotations

import math
import random
import re
import struct
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

import autodiff
from autodiff.javascript import bundle
from autodiff.javascript.bundle import text
from autodiff.kinks import chosen_slope
from autodiff.primitive import PRIMITIVES, Primitive, local_derivative
from autodiff.program import to_javascript

from .node import FOLDER, needs_node, run

ROOT = Path(__file__).parents[2]
#: the rule table's own: other tests define primitives, too
NAMES = re.findall(r"^const f_(\w+)", (FOLDER / "functions.js").read_text("utf-8"), re.MULTILINE)
HARD = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 6.0, math.inf, -math.inf, math.nan, 1e-300,
        1e300, -1e300, 1e-9, 20.0, -20.0, 709.0]  # fmt: skip
#: operands that count: orders of derivatives
ORDERS = {"sinc_derivative": 0, "polygamma": 0, "gauss": 1, "power_term": 3, "cbrt_power": 0}
#: more than 8 ulp, of the function or of a derivative, and why
LOOSE = {
    "lgamma": 64,  # next to its zeros at 1 and 2
    "silu_bend": 64,  # a difference that cancels
    "gelu_tanh": 64,  # the same in its derivative
    "sinc_derivative": 64,  # recurrences
    "erfcx_slope": 128,  # differences of nearly equal numbers
    "erfcx_bend": 128,
    "cbrt_power": 16,  # a cube root to a power
}
#: at the far left, where the result leaves the range, a limit stands for one or the other
FAR = ("erfcx", "erfcx_slope", "erfcx_bend")


def points(primitive: Primitive) -> list[list[float]]:
    rng = random.Random(primitive.name)

    def one() -> float:
        near = (rng.gauss(0, 1), rng.gauss(0, 10), rng.random(), float(rng.randint(-5, 5)))
        return rng.choice([*near, rng.choice(HARD)])

    sizes = [primitive.arity] if primitive.arity else [
        primitive.columns * rows + primitive.tail for rows in (1, 2, 4)
    ]  # fmt: skip
    found = [[one() for _ in range(size)] for size in sizes for _ in range(120)]
    if primitive.arity in (1, 2):
        found += [list(each) for each in product(HARD, repeat=primitive.arity)]
    if (at := ORDERS.get(primitive.name)) is not None:
        for operands in found:
            operands[at] = float(rng.randint(0, 4))
    return found


def close(a: float | None, b: float | None, allowed: float) -> bool:
    """Within so many ulp; next to a zero, where terms of size 1 cancel, within 2 ulp of 1."""
    apart = abs(a - b) if a is not None and b is not None else math.inf
    return ulps(a, b) <= allowed or apart <= 4.5e-16


def ulps(a: float | None, b: float | None) -> float:
    if a is None or b is None or a != a or b != b:
        return 0.0 if (a is None and b is None) or (a != a and b != b) else math.inf
    if a == b:
        return 0.0
    first, second = (struct.unpack("<q", struct.pack("<d", x))[0] for x in (a, b))
    ordered = [i if i >= 0 else -(i & (2**63 - 1)) for i in (first, second)]
    return float(abs(ordered[0] - ordered[1]))


def _raises(primitive: Primitive, operands: list[float]) -> bool:
    try:
        primitive.forward(*operands)
    except (ValueError, ArithmeticError):
        return True
    return False


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[list[list[float]], list]]:
    given = {name: points(PRIMITIVES[name]) for name in NAMES}
    script = (
        bundle(NAMES)
        + text("machine.js")
        + text("columns.js")
        + """
    const OUT = {};
    for (const [name, points] of Object.entries(IN)) {
      const [f, d] = PRIMITIVES[name];
      OUT[name] = points.map((o) => {
        const z = f(...o);
        return [z, o.map((_, i) => localDerivative(d, i, z, o))];
      });
    }"""
    )
    found = run(script, given)
    return {name: (given[name], found[name]) for name in NAMES}


def test_the_twin_that_never_raises_has_javascript_too() -> None:
    """Once only where the rule had been traced before: y of log(y) at y < 0 had no slider."""
    twin = "from autodiff.javascript import has_javascript; has = has_javascript(log.total)"
    log = "from autodiff.primitive import PRIMITIVES; log = PRIMITIVES['log']"
    subprocess.run([sys.executable, "-c", f"{log}; {twin}; assert has"], check=True, cwd=ROOT)


@needs_node
@pytest.mark.parametrize("name", NAMES)
def test_primitives_agree_with_python(name: str, answers: dict) -> None:
    primitive, allowed = PRIMITIVES[name], LOOSE.get(name, 8)
    for operands, (z, slopes) in zip(*answers[name], strict=True):
        if name in FAR and operands[0] < -20.0:
            continue
        outside = _raises(primitive, operands)
        if outside and name not in autodiff.__all__:
            continue  # what only rules use is never asked there
        assert close(float(primitive.total.forward(*operands)), z, allowed), operands
        if outside:
            continue  # no value, no slope
        for position, slope in enumerate(slopes):
            if name == "logsumexp" and not all(map(math.isfinite, operands)):
                continue  # the softmax of infinities is nan in one way or another
            expected = local_derivative(primitive, position, z, operands)
            assert close(expected, slope, allowed), (operands, position)


@needs_node
def test_kinks_are_where_python_finds_them() -> None:
    """|x| at 5e-324 was called a kink, there as here."""
    names = [name for name in NAMES if PRIMITIVES[name].kink]
    given: dict[str, list[list[float]]] = {}
    for name in names:
        size = PRIMITIVES[name].arity or 3
        places = [p for x in (0.0, 1.0, -1.0, 3.0, 6.0, 0.1)
                  for p in (x, math.nextafter(x, 9), math.nextafter(x, -9))]  # fmt: skip
        given[name] = [[p, *[x] * (size - 1)] for p in places for x in (p, 0.1, 3.0)]
    script = (
        bundle(names)
        + "".join(text(f"{each}.js") for each in ("machine", "columns", "kinks"))
        + """
    const OUT = {};
    for (const [name, points] of Object.entries(IN)) {
      const [f, d] = PRIMITIVES[name];
      OUT[name] = points.map((o) => chosenSlope({ f, d }, 0, f(...o), o));
    }"""
    )
    for name, found in run(script, given).items():
        for operands, slope in zip(given[name], found, strict=True):
            if not _raises(PRIMITIVES[name], operands):
                z = PRIMITIVES[name].forward(*operands)
                expected = chosen_slope(PRIMITIVES[name], 0, z, operands)
                assert close(expected, slope, 8) or expected is slope, (name, operands)


def test_printed_file_is_current() -> None:
    script = ROOT / "scripts" / "make_javascript.py"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0


@needs_node
def test_to_javascript_gives_value_and_gradient() -> None:
    x, new = autodiff.Value(0.7, "x"), autodiff.Value(-1.3, "new")  # a word of JavaScript's own
    y = autodiff.maximum(x * new, autodiff.where(x > new, x.sin(), new)) % 3 + (x - new) ** 2 - -x
    y.backward()
    value, slopes = run(f"{to_javascript(y)}\nconst OUT=value_and_gradient(...IN);", [0.7, -1.3])
    assert value == pytest.approx(y.data, rel=1e-15)
    assert slopes == pytest.approx([x.grad, new.grad], rel=1e-14)


def test_to_javascript_refuses_what_is_no_formula() -> None:
    @autodiff.primitive(local_derivatives=[lambda z, x: 2.0 * x])
    def squared(x: float) -> float:
        return math.prod([x, x]) if x > 0 else x * x

    with pytest.raises(autodiff.OperandError, match="squared"):
        to_javascript(squared(autodiff.Value(2.0)))
