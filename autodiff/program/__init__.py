"""The compiled side: a graph traced once, made a Program, and replayed by a fast machine.

README.md in this folder is the map.
"""

from __future__ import annotations

from .jit import jit
from .program import Program
from .to_javascript import to_javascript
from .to_jax import to_jax
from .to_python import to_python
from .vmap import vmap

__all__ = ["Program", "jit", "to_javascript", "to_jax", "to_python", "vmap"]
