"""Functions of floats that Python's `math` lacks and that are no formulas: loops and guards.

Errors stated in docstrings are in ulps (units in the last place), measured against 50-digit
values at random points, in tails, among subnormals and next to singularities
(`scripts/make_special_data.py` makes the table that the tests use).
"""

# The files are one namespace, as those of the rule table.
from .gamma import *  # noqa: F403 - see above
from .powers import *  # noqa: F403 - see above
from .several import *  # noqa: F403 - see above
from .sinc import *  # noqa: F403 - see above
