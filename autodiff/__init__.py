"""Scalar automatic differentiation: a float that remembers how it was computed.

>>> from autodiff import Value, exp, sin
>>> x = Value(-4.499, label="x")
>>> f = 2 / sin(exp(-x))
>>> f.backward()
>>> round(x.grad, 10)
-80.3930566018
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .context import current_scope, no_grad, relaxed_collector, scope, strict
from .custom import primitive
from .errors import (
    AutodiffError,
    DivisionByZero,
    DomainError,
    ExpressionError,
    GradientCheckError,
    LostGradientWarning,
    MissingExtraError,
    NonFiniteError,
    OperandError,
    RangeError,
    ShapeError,
    StaleGraphError,
    require,
)  # fmt: skip
from .files import write_file
from .functions import *  # noqa: F403 - functions.__all__ is the list of public functions
from .functions import __all__ as _functions
from .leaves import Place, leaf_namer
from .value import Value, same
from .watched import Watched

__version__ = "0.1.0"

#: Public names that are loaded at first use, by the module that has them: importing the package
#: must stay cheap, and most programs draw or compile nothing.
_LAZY = {
    "autodiff.transform": (
        "evaluate", "expand", "grad", "gradient", "hessian", "hvp", "jacobian", "jvp",
        "value_and_grad", "vjp",
    ),
    "autodiff.check": ("check_gradients", "numerical_gradient"),
    "autodiff.display": (
        "Drawing", "Walkthrough", "derivation", "draw", "draw_dot", "steps", "to_dot",
        "to_graphviz", "to_latex", "walkthrough",
    ),
    "autodiff.parameters": ("ParameterVector",),
    "autodiff.program": ("Program", "jit", "to_jax", "to_python", "vmap"),
}  # fmt: skip
_HOME = {name: module for module, names in _LAZY.items() for name in names}

__all__ = [
    "AutodiffError", "DivisionByZero", "DomainError", "ExpressionError", "GradientCheckError",
    "LostGradientWarning", "MissingExtraError", "NonFiniteError", "OperandError", "RangeError",
    "Place", "ShapeError", "StaleGraphError", "Value", "Watched", "current_scope", "leaf_namer",
    "no_grad", "primitive", "relaxed_collector", "require", "same", "scope", "strict", "write_file",
]  # fmt: skip
__all__ += [*_functions, *_HOME]


def _mimebundle(self: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    from .display.pages.notebook import mimebundle

    return mimebundle(self, include, exclude)


# How notebooks show a Value. Display registers here, so that nothing lower imports it.
setattr(Value, "_repr_mimebundle_", _mimebundle)  # noqa: B010 - not declared in the class


def __getattr__(name: str) -> Any:
    if name in _HOME:
        found = getattr(import_module(_HOME[name]), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
