"""`python -m autodiff "2/sin(exp(-x))" x=-4.499`: see the folder shell."""

from __future__ import annotations

import sys

from .shell import main

if __name__ == "__main__":
    sys.exit(main())
