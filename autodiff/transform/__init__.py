"""Derivatives of functions and derivatives as graphs.

sweep.py has the sweeps of the chain rule on Values, with the rules read as nodes by recipe.py;
folding.py keeps the graphs small, presence.py knows below which selections an adjoint exists.
functional.py has `grad`, `jacobian`, `hessian`, ... on functions, which lifted.py calls on fresh
variables. replay.py evaluates a graph at other numbers, expansion.py shows fused nodes in parts.
"""

from .expansion import expand
from .functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .replay import evaluate
from .sweep import gradient

__all__ = [
    "evaluate", "expand", "grad", "gradient", "hessian", "hvp", "jacobian", "jvp",
    "value_and_grad", "vjp",
]  # fmt: skip
