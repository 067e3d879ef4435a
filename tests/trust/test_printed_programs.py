"""Random formulas with selections and kinks: printed, evaluated and flattened as run eagerly."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

from hypothesis import settings

import autodiff as ad
from autodiff import Value
from autodiff.program.program import Program

_DEEP = settings().max_examples > 1000
PROGRAMS = 3000 if _DEEP else 120
FIRST = random.SystemRandom().randrange(10**9) if _DEEP else 0
_FORMS = (
    "(E + E)", "(E * E)", "(E - E)", "(E / (1 + E * E))", "-E", "abs(E)", "E ** 2", "E ** 3",
    "ad.tanh(E)", "ad.sin(E)", "ad.sqrt(E)", "ad.log(E)", "(1 / E)", "ad.exp(ad.sin(E))",
    "E ** 0.5", "E ** -1", "ad.relu(E)", "ad.maximum(E, E)", "ad.minimum(E, E)",
    "ad.where(C, E, E)", "ad.where(C, E, E)", "ad.where(C, E, 0.0)", "ad.clip(E, -1.0, 1.0)",
    "ad.take([E, E, E], 1)", "ad.softmax([E, E])[1]", "(C * E)", "sum([E, E, E])", "[E, E][0]",
    "ad.acosh(E)", "ad.hypot(E, E)", "(E % 0.75)", "(E * x).detach()",
)  # fmt: skip
_CONDITIONS = ("(E > E)", "(E <= 0.0)", "(E == E)", "(C & C)", "(C | C)", "(C ^ C)")
_POINTS = (0.0, 1.0, -1.0, 0.5, 2.0, -0.25)


def _drawn(rng: random.Random, text: str = "E", depth: int = 0) -> str:
    made = []
    for letter in text:
        if letter == "C":
            made.append(_drawn(rng, rng.choice(_CONDITIONS[: 3 if depth > 2 else None]), depth + 1))
        elif letter == "E" and (depth > 3 or rng.random() < 0.3):
            made.append(rng.choice(("x", "y", "z", "0.5")))
        else:
            made.append(_drawn(rng, rng.choice(_FORMS), depth + 1) if letter == "E" else letter)
    return "".join(made)


def _outcome(call: Callable[[], Any]) -> Any:
    """The numbers of a call, zeros without their sign; what it raises."""
    try:
        return repr([number + 0.0 for number in call()])
    except (ValueError, ArithmeticError):
        return "raises"


def _value(f: Any, leaves: list[Value]) -> list[float]:
    return [f(*leaves).data]


def test_formulas_have_one_meaning() -> None:
    """Value and gradient of the plain call, of its printed source, and of its Program; where the
    plain call raises, the source says nan or inf, or raises as well.
    """
    compared = raised = evaluated = 0
    for seed in range(FIRST, FIRST + PROGRAMS):
        rng = random.Random(seed)
        text = f"0.0 * (x + y + z) + {_drawn(rng)}"
        f: Any = eval(f"lambda x, y, z: {text}", {"ad": ad})  # noqa: S307 - made above
        try:
            source = ad.to_python(f)
        except (ValueError, ArithmeticError, TypeError):  # nowhere defined, or complex
            continue
        names: dict[str, Any] = {}
        exec(source, names)  # noqa: S102 - the printed source is what is tested
        (printed,) = [g for name, g in names.items() if name.endswith("_and_gradient")]
        for _ in range(4):
            at = [rng.choice(_POINTS) for _ in range(3)]

            def eagerly(at: list[float] = at, f: Any = f) -> list[float]:
                leaves = [Value(number) for number in at]
                result = f(*leaves)
                result.backward()
                return [result.data, *[leaf.grad for leaf in leaves]]

            def by_source(at: list[float] = at, printed: Any = printed) -> list[float]:
                value, slopes = printed(*at)
                return [value, *slopes]

            want = _outcome(eagerly)
            if want == "raises":
                raised += 1
                continue
            assert _outcome(by_source) == want, f"{seed}: {text} at {at}\n{source}"
            compared += 1
            if any(
                sign in text for sign in ("<", ">", "=", "[", "detach")
            ):  # these are no part of an eager graph
                continue
            leaves = [Value(0.75 + 0.5 * number) for number in at]
            if _outcome(functools.partial(_value, f, leaves)) != "raises":
                root = f(*leaves)
                moved = dict(zip(leaves, at, strict=True))
                assert Program.of(root).leaves == 3
                assert ad.evaluate(root, moved) == float(eagerly()[0]), f"{seed}: {text} to {at}"
                evaluated += 1
    print(f"{PROGRAMS} formulas: {compared} compared, {raised} raised, {evaluated} evaluated")
    assert compared > PROGRAMS and evaluated > PROGRAMS // 2
