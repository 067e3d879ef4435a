"""How functions are called on paper: arcsin for asin, σ for sigmoid, |x| for abs."""

from __future__ import annotations

import math

from autodiff import signs

#: comparisons, by their sign
COMPARISONS = {name: sign.shown for name, sign in signs.COMPARISONS.items()}
#: functions that mathematicians write without brackets, with their usual names
BARE = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arsinh", "acosh": "arcosh",
    "atanh": "artanh", "log": "log", "log2": "log", "log10": "log",
}  # fmt: skip
#: the bases of logarithms that show theirs
BASES = {"log2": 2.0, "log10": 10.0}
#: functions with another name on paper than in Python
WORDS = {
    "sigmoid": "σ", "gamma": "Γ", "lgamma": "log Γ", "digamma": "ψ", "maximum": "max",
    "minimum": "min", "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU",
    "elu": "ELU", "selu": "SELU", "exp()": "exp",
}  # fmt: skip
#: functions written as a pair of fences
FENCED = {"abs": "||", "fabs": "||", "norm": "‖‖", "floor": "⌊⌋", "floordiv": "⌊⌋"}
#: numbers that have a sign of their own in formulas
CONSTANTS = {math.pi: "π", math.e: "e"}
#: roots, by the index that they show
ROOTS = {"sqrt": "", "cbrt": "3"}
#: operations that are written with + and −
SIGNS = ("add", "sub", "sum", "neg")
#: functions whose notation begins with a single sign
LETTERS = ("exp", "sqrt", "cbrt", "sigmoid", "gamma", "digamma", "polygamma")
