"""The atoms: what every function is made of in the end, with one entry per target.

A primitive is an atom of this table, or a composite: a formula of other primitives (rules/), from
which its code for every target is printed. Some atoms have a formula as well, for targets without
an entry of their own: `%` is a single operation of Python, and `fmod` and choices elsewhere.

    python   the function of floats
    source   how Python source writes it, where that is no call ({0}, {1} are the operands)
    llvm     an instruction ("fadd"), an intrinsic ("llvm.fabs"), "libm" for the function of the C
             library, or "loop" for one of machine/loops.py; "" means: the formula, else Python
    jax      the function's place in JAX ("numpy.exp"), or "loop" for one of program/jax_loops.py;
             "" means: the formula, else Python
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import NamedTuple

from . import special
from .signs import ARITHMETIC, COMPARISONS

#: operators that Python computes in another way than other languages do
_PYTHONS_OWN = ("mod", "floordiv")


class Atom(NamedTuple):
    """One entry of the table."""

    python: Callable[..., float]
    llvm: str = ""
    jax: str = ""
    source: str = ""


def _comparison(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda x, y: 1.0 if test(x, y) else 0.0


def _of_libm(*names: str) -> dict[str, Atom]:
    """Functions of Python's math, of the C library and of jax.numpy that have one name."""
    return {name: Atom(getattr(math, name), "libm", f"numpy.{name}") for name in names}


_JAX_ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide"}

ATOMS: dict[str, Atom] = {
    **{
        name: Atom(_comparison(sign.python), f"fcmp {sign.text}", f"numpy.{name}",
                   f"({{}} {sign.text} {{}})")
        for name, sign in COMPARISONS.items()
    },
    **{
        name: Atom(sign.python, f"f{name}", f"numpy.{_JAX_ARITHMETIC[name]}",
                   f"({{}} {sign.text} {{}})")
        for name, sign in ARITHMETIC.items() if name not in _PYTHONS_OWN
    },
    "mod": Atom(operator.mod, source="({} % {})"),
    "floordiv": Atom(operator.floordiv, source="({} // {})"),
    "neg": Atom(operator.neg, "fneg", "numpy.negative", "(-{})"),
    "not": Atom(lambda x: 0.0 if x else 1.0, "not", "numpy.logical_not", "(not {})"),
    "where": Atom(lambda c, x, y: x if c else y, "select", "loop"),
    "unsure": Atom(lambda x: x, "", "numpy.positive", "{}"),
    "pow": Atom(special.power, "libm", "numpy.power"),
    "power_term": Atom(special.power_term),
    "abs": Atom(abs, "llvm.fabs", "numpy.abs"),
    "fabs": Atom(math.fabs, "llvm.fabs", "numpy.abs"),
    "copysign": Atom(math.copysign, "llvm.copysign", "numpy.copysign"),
    "floor": Atom(special.floor, "llvm.floor", "numpy.floor"),
    "nearest": Atom(special.nearest, "llvm.rint", "numpy.rint"),
    "round": Atom(special.round_to),
    "remainder": Atom(math.remainder, "libm", "loop"),
    "degrees": Atom(math.degrees),
    "radians": Atom(math.radians),
    **_of_libm(
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos",
        "tan", "sinh", "cosh", "tanh", "fmod",
    ),
    "asin": Atom(math.asin, "libm", "numpy.arcsin"),
    "acos": Atom(math.acos, "libm", "numpy.arccos"),
    "atan": Atom(math.atan, "libm", "numpy.arctan"),
    "atan2": Atom(math.atan2, "libm", "numpy.arctan2"),
    "asinh": Atom(math.asinh, "libm", "numpy.arcsinh"),
    "acosh": Atom(math.acosh, "libm", "numpy.arccosh"),
    "atanh": Atom(math.atanh, "libm", "numpy.arctanh"),
    "erf": Atom(math.erf, "libm", "scipy.special.erf"),
    "erfc": Atom(math.erfc, "libm", "scipy.special.erfc"),
    "gamma": Atom(math.gamma, "", "scipy.special.gamma"),
    "lgamma": Atom(math.lgamma, "libm", "scipy.special.gammaln"),
    "digamma": Atom(special.digamma, "", "scipy.special.digamma"),
    "polygamma": Atom(special.polygamma),
    "sinc_derivative": Atom(special.sinc_derivative),
    # of any number of operands
    "hypot": Atom(math.hypot, "loop", "loop"),
    "logsumexp": Atom(special.logsumexp, "loop", "loop"),
    "logsumexp_error": Atom(special.logsumexp_error, "loop", "loop"),
    "p_norm": Atom(special.p_norm, "loop", "loop"),
    "fine_length": Atom(special.fine_length, "loop", "loop"),
    "maximum": Atom(special.largest, "loop", "loop"),
    "minimum": Atom(special.smallest, "loop", "loop"),
    "take": Atom(special.entry, "loop", "loop"),
    "ties": Atom(special.ties, "loop", "loop"),
}  # fmt: skip
