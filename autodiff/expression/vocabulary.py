"""Which functions an expression may call, and with how many arguments.

There is no list here: the public functions of functions.py and the primitives of the rule table
(a user's own included) say it themselves.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from autodiff import functions
from autodiff.grammar import Words
from autodiff.primitive import PRIMITIVES

SEQUENCES = frozenset({"xs", "ys", "ws", "p", "q"})
"""Parameters of public functions that take a sequence; text gives its elements one by one."""

# What other languages and books call functions with one meaning: read where people type.
READ_AS = {
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "max": "maximum",
    "min": "minimum", "tg": "tan", "ld": "log2",
}  # fmt: skip
ONE_OVER = {"sec": "cos", "csc": "sin", "cosec": "sin", "cot": "tan", "ctg": "tan"}
# Those that may mean something else are suggested only.
_ALIASES = READ_AS | {
    "sgn": "sign", "pow": "pow", "swish": "silu", "logistic": "sigmoid", "σ": "sigmoid",
    "psi": "digamma", "lg": "log10", "root": "sqrt", "norm2": "norm",
}  # fmt: skip


@cache
def public_functions() -> dict[str, Callable[..., Any]]:
    """The functions of functions.py by name."""
    candidates = {name: getattr(functions, name) for name in functions.__all__}
    return {name: each for name, each in candidates.items() if inspect.isfunction(each)}


@cache
def _counts(function: Callable[..., Any]) -> tuple[int, float] | None:
    """Fewest and most arguments in a text; None for a function that no text can call."""
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    if str(signature.return_annotation).startswith("list"):
        return None
    sequences = sum(parameter.name in SEQUENCES for parameter in parameters)
    needed = sum(parameter.default is parameter.empty for parameter in parameters)
    several = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    if several or sequences == 1 == needed:
        return 1, math.inf
    if sequences:
        return None
    return needed, sum(not isinstance(parameter.default, str) for parameter in parameters)


def takes_a_sequence(function: Callable[..., Any]) -> bool:
    """Whether the elements in the text are one argument of the function: mean(x, y)."""
    (first, *_) = inspect.signature(function).parameters.values()
    return first.name in SEQUENCES and first.kind is not first.VAR_POSITIONAL


class Vocabulary(Words):
    """All public functions and primitives; a public function comes before a primitive."""

    def argument_counts(self, name: str) -> tuple[int, float] | None:
        """Fewest and most arguments of a function, or None if there is none of that name."""
        if name in public_functions():
            return _counts(public_functions()[name])
        return super().argument_counts(name)

    def is_public(self, name: str) -> bool:
        """Whether a name is a public function: internal primitives leave theirs to variables."""
        return name in public_functions()

    def works_on_lists(self, name: str) -> bool:
        """Whether a public function works on lists that a formula cannot write: dot, softmax."""
        return self.is_public(name) and self.argument_counts(name) is None

    def nearest(self, name: str, candidates: Iterable[str] | None = None) -> str | None:
        """The known name that someone who wrote `name` most likely meant."""
        known = set(public_functions() if candidates is None else candidates)
        if _ALIASES.get(name) in known:
            return _ALIASES[name]
        found = difflib.get_close_matches(name[:30].lower(), sorted(known), n=1, cutoff=0.6)
        return found[0] if found else None


WORDS = Vocabulary(PRIMITIVES)
argument_counts: Callable[[str], tuple[int, float] | None] = WORDS.argument_counts
is_public: Callable[[str], bool] = WORDS.is_public
nearest: Callable[..., str | None] = WORDS.nearest
