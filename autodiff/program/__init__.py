"""The compiled side: a graph traced once, made a Program, and replayed by a fast machine."""

from __future__ import annotations

from .jax import to_jax
from .jit import jit
from .program import Program
from .source import to_python
from .vmap import vmap

__all__ = ["Program", "jit", "to_jax", "to_python", "vmap"]
