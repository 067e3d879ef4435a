"""Scalar automatic differentiation: a float that remembers how it was computed.

>>> from autodiff import Value, exp, sin
>>> x = Value(-4.499, label="x")
>>> f = 2 / sin(exp(-x))
>>> f.backward()
>>> round(x.grad, 10)
-80.3930566018
"""

from __future__ import annotations

__autodiff_inside__ = True  # see complaints.is_inside

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .collector import relaxed_collector
from .custom import primitive
from .errors import *  # noqa: F403 - those in __all__ are public
from .extras import check_companion, require
from .files import write_file
from .functions import *  # noqa: F403 - functions.__all__ is the list of public functions
from .leaves import Place, leaf_namer
from .modes import current_scope, no_grad, scope, strict
from .paths import count_paths
from .value import Value, same
from .watched import Watched

if TYPE_CHECKING:  # what checkers and editors see of the names that are loaded at first use
    from .check.checking import check_gradients, numerical_gradient
    from .display.pages.walkthrough import Walkthrough, walkthrough
    from .display.picture.drawing import Drawing, draw
    from .display.picture.graphviz import draw_dot, to_dot, to_graphviz
    from .display.steps import steps
    from .display.text.derivation import derivation
    from .display.text.formula_latex import to_latex
    from .parameters import ParameterVector
    from .program.jit import jit
    from .program.program import Program
    from .program.to_javascript import to_javascript
    from .program.to_jax import to_jax
    from .program.to_python import to_python
    from .program.vmap import vmap
    from .transform.expansion import expand
    from .transform.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
    from .transform.replay import evaluate
    from .transform.sweep import gradient

__version__ = "0.1.0"

#: Public names that are loaded at first use, by the module that has them: importing the package
#: must stay cheap, and most programs draw or compile nothing.
_LAZY = {
    "autodiff.transform": (
        "evaluate expand grad gradient hessian hvp jacobian jvp value_and_grad vjp"
    ),
    "autodiff.check": "check_gradients numerical_gradient",
    "autodiff.display": (
        "Drawing Walkthrough derivation draw draw_dot steps to_dot to_graphviz to_latex walkthrough"
    ),
    "autodiff.parameters": "ParameterVector",
    "autodiff.program": "Program jit to_javascript to_jax to_python vmap",
}
_HOME = {name: module for module, names in _LAZY.items() for name in names.split()}

# Written out: type checkers read this list, and do not run it.
__all__ = [
    "AutodiffError", "DivisionByZero", "DomainError", "Drawing", "ExpressionError",
    "GradientCheckError", "LostGradientWarning", "MissingExtraError", "NonFiniteError",
    "OperandError", "ParameterVector", "Place", "Program", "RangeError", "ShapeError",
    "StaleGraphError", "Value", "Walkthrough", "Watched", "check_gradients", "count_paths",
    "current_scope", "derivation", "draw", "draw_dot", "evaluate", "expand", "grad", "gradient",
    "hessian", "hvp", "jacobian", "jit", "jvp", "leaf_namer", "no_grad", "numerical_gradient",
    "primitive", "relaxed_collector", "require", "same", "scope", "steps", "strict", "to_dot",
    "to_graphviz", "to_javascript", "to_jax", "to_latex", "to_python", "value_and_grad", "vjp",
    "vmap", "walkthrough", "write_file",
    # functions of numbers
    "Number", "acos", "acosh", "affine", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "clip",
    "copysign", "cos", "cosh", "degrees", "digamma", "dist", "dot", "elu", "erf", "erfc", "erfcx",
    "erfinv", "exp", "exp2", "expm1", "fabs", "fmod", "gamma", "gelu", "hardtanh", "hypot",
    "leaky_relu", "lgamma", "log", "log10", "log1mexp", "log1p", "log2", "log_sigmoid",
    "log_softmax", "logaddexp", "logit", "logsumexp", "maximum", "mean", "minimum", "mish", "norm",
    "polygamma", "pow", "prod", "radians", "relu", "relu6", "remainder", "selu", "sigmoid", "silu",
    "sin", "sinc", "sinh", "softmax", "softplus", "softsign", "sqrt", "sum", "take", "tan", "tanh",
    "where", "xlog1py", "xlogy",
]  # fmt: skip


check_companion(f"{__path__[0]}/..", "nn", '"""Neural networks on `autodiff`')


def _mimebundle(self: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    from .display.pages.notebook import mimebundle

    return mimebundle(self, include, exclude)


# How notebooks show a Value, and Panel and others. Display registers here, so that nothing lower
# imports it.
for _name, _show in {
    "_repr_mimebundle_": _mimebundle,
    "_repr_html_": lambda value: _mimebundle(value)["text/html"],
}.items():
    setattr(Value, _name, _show)


if not TYPE_CHECKING:  # checkers know all names: `from autodiff import grrad` is an error

    def __getattr__(name: str) -> Any:
        if name in _HOME:
            found = getattr(import_module(_HOME[name]), name)
            globals()[name] = found
            return found
        raise AttributeError(f"module 'autodiff' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({"__version__", *__all__})
