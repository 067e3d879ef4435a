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
    javascript  the function ("Math.exp", or one of javascript/math.js), or how its source writes
             an operation; "" means: the formula
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
    javascript: str = ""


def _comparison(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda x, y: 1.0 if test(x, y) else 0.0


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    """Rounding as Python does, as a float that keeps the sign of zero."""
    return lambda x: math.copysign(float(rounding(x)), x)


def _of_libm(*names: str) -> dict[str, Atom]:
    """Functions of Python's math, of the C library, of jax.numpy and of JavaScript: one name."""
    return {
        name: Atom(getattr(math, name), "libm", f"numpy.{name}", javascript=f"Math.{name}")
        for name in names
    }


_JAX_ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide"}

_JAVASCRIPT = {"==": "===", "!=": "!=="}

ATOMS: dict[str, Atom] = {
    **{
        name: Atom(_comparison(sign.python), f"fcmp {sign.text}", f"numpy.{name}",
                   f"({{}} {sign.text} {{}})",
                   f"({{}} {_JAVASCRIPT.get(sign.text, sign.text)} {{}})")
        for name, sign in COMPARISONS.items()
    },
    **{
        name: Atom(sign.python, f"f{name}", f"numpy.{_JAX_ARITHMETIC[name]}",
                   f"({{}} {sign.text} {{}})", f"({{}} {sign.text} {{}})")
        for name, sign in ARITHMETIC.items() if name not in _PYTHONS_OWN
    },
    "mod": Atom(operator.mod, source="({} % {})", javascript="mod"),
    "floordiv": Atom(operator.floordiv, source="({} // {})", javascript="floordiv"),
    "neg": Atom(operator.neg, "fneg", "numpy.negative", "(-{})", javascript="(-{})"),
    "not": Atom(
        lambda x: 0.0 if x else 1.0, "not", "numpy.logical_not", "(not {})", "({} === 0)"
    ),
    "where": Atom(
        lambda c, x, y: x if c else y, "select", "loop", javascript="({} !== 0 ? {} : {})"
    ),
    "unsure": Atom(lambda x: x, "", "numpy.positive", "{}", javascript="{}"),
    "pow": Atom(special.power, "libm", "numpy.power", javascript="power"),
    "power_term": Atom(special.power_term, javascript="power_term"),
    "abs": Atom(abs, "llvm.fabs", "numpy.abs", javascript="Math.abs"),
    "fabs": Atom(math.fabs, "llvm.fabs", "numpy.abs", javascript="Math.abs"),
    "copysign": Atom(math.copysign, "llvm.copysign", "numpy.copysign", javascript="copysign"),
    "floor": Atom(_whole(math.floor), "llvm.floor", "numpy.floor", javascript="floor"),
    "nearest": Atom(_whole(round), "llvm.rint", "numpy.rint", javascript="nearest"),
    "round": Atom(lambda x, n: round(x, int(n)), javascript="round"),
    "remainder": Atom(math.remainder, "libm", "loop", javascript="remainder"),
    "degrees": Atom(math.degrees),
    "radians": Atom(math.radians),
    **_of_libm(
        "exp", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan",
        "sinh", "cosh", "tanh",
    ),
    "exp2": Atom(math.exp2, "libm", "numpy.exp2", javascript="exp2"),
    "fmod": Atom(math.fmod, "libm", "numpy.fmod", javascript="({} % {})"),
    "asin": Atom(math.asin, "libm", "numpy.arcsin", javascript="Math.asin"),
    "acos": Atom(math.acos, "libm", "numpy.arccos", javascript="Math.acos"),
    "atan": Atom(math.atan, "libm", "numpy.arctan", javascript="Math.atan"),
    "atan2": Atom(math.atan2, "libm", "numpy.arctan2", javascript="Math.atan2"),
    "asinh": Atom(math.asinh, "libm", "numpy.arcsinh", javascript="Math.asinh"),
    "acosh": Atom(math.acosh, "libm", "numpy.arccosh", javascript="Math.acosh"),
    "atanh": Atom(math.atanh, "libm", "numpy.arctanh", javascript="Math.atanh"),
    "erf": Atom(math.erf, "libm", "scipy.special.erf", javascript="erf"),
    "erfc": Atom(math.erfc, "libm", "scipy.special.erfc", javascript="erfc"),
    "gamma": Atom(math.gamma, "", "scipy.special.gamma", javascript="gamma"),
    "lgamma": Atom(math.lgamma, "libm", "scipy.special.gammaln", javascript="lgamma"),
    "digamma": Atom(special.digamma, "", "scipy.special.digamma", javascript="digamma"),
    "polygamma": Atom(special.polygamma, javascript="polygamma"),
    "sinc_derivative": Atom(special.sinc_derivative, javascript="sinc_derivative"),
    # of any number of operands
    "hypot": Atom(math.hypot, "loop", "loop", javascript="hypot"),
    "logsumexp": Atom(special.logsumexp, "loop", "loop", javascript="logsumexp"),
    "logsumexp_error": Atom(special.logsumexp_error, "loop", "loop", javascript="logsumexp_error"),
    "p_norm": Atom(special.p_norm, "loop", "loop", javascript="p_norm"),
    "peak": Atom(special.peak, "loop", "loop", javascript="peak"),
    "below_peak": Atom(special.below_peak, "loop", "loop", javascript="below_peak"),
    "dominant": Atom(special.dominant, "loop", "loop", javascript="dominant"),
    "below_dominant": Atom(special.below_dominant, "loop", "loop", javascript="below_dominant"),
    "fine_length": Atom(special.fine_length, "loop", "loop", javascript="fine_length"),
    "maximum": Atom(special.largest, "loop", "loop", javascript="largest"),
    "minimum": Atom(special.smallest, "loop", "loop", javascript="smallest"),
    "take": Atom(special.entry, "loop", "loop", javascript="entry"),
    "ties": Atom(special.ties, "loop", "loop", javascript="ties"),
}  # fmt: skip
