"""Functions of floats that Python's `math` lacks and that are no formulas: loops and guards.

Errors stated in docstrings are in ulps (units in the last place), measured against 50-digit
values at random points, in tails, among subnormals and next to singularities
(`scripts/make_special_data.py` makes the table that the tests use).
"""

from .gamma import digamma, polygamma, total_digamma, total_polygamma
from .powers import power, power_log, power_term, total_power
from .rounding import floor, nearest, round_to
from .several import entry, fine_length, largest, logsumexp, logsumexp_error, p_norm, smallest, ties
from .sinc import sinc_derivative

__all__ = [
    "digamma", "entry", "fine_length", "floor", "largest", "logsumexp", "logsumexp_error",
    "nearest", "p_norm", "polygamma", "power", "power_log", "power_term", "round_to",
    "sinc_derivative", "smallest", "ties", "total_digamma", "total_polygamma", "total_power",
]  # fmt: skip
