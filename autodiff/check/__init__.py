"""Checking gradients against numerical derivatives.

numeric.py differentiates functions of floats numerically, checking.py compares, report.py says
where they differ, blame.py which primitive is at fault.
"""

from .checking import check_gradients, numerical_gradient

__all__ = ["check_gradients", "numerical_gradient"]
