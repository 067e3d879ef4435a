"""The table of rules: every primitive once, with its function and its local derivatives.

Read an entry as: name; function, a formula of other primitives or ATOM (atoms.py); local
derivatives (z is the output, x, y, ... the operands); the same derivatives as textbooks write
them. The rules mean operations that never raise, contain no branch where the function is smooth,
and are chosen for accuracy (docs/conventions.md says which obvious formulas lose digits, and how
many). One file per family; a later one may use the earlier ones:

    selections  arithmetic  exponentials  norms  trigonometric  hyperbolic
    error_functions  gammas  sums  activations

Sources: DLMF is the NIST Digital Library of Mathematical Functions; G&W is Griewank & Walther,
Evaluating Derivatives, 2nd edition.
"""

from autodiff.primitive import PRIMITIVES as PRIMITIVES

# The files of the table are one namespace: rules.sigmoid is found without knowing its family.
from .activations import *  # noqa: F403 - see above
from .arithmetic import *  # noqa: F403 - see above
from .error_functions import *  # noqa: F403 - see above
from .exponentials import *  # noqa: F403 - see above
from .gammas import *  # noqa: F403 - see above
from .hyperbolic import *  # noqa: F403 - see above
from .norms import *  # noqa: F403 - see above
from .selections import *  # noqa: F403 - see above
from .sums import *  # noqa: F403 - see above
from .trigonometric import *  # noqa: F403 - see above
