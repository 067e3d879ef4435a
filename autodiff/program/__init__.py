"""The compiled side: a graph traced once, made a Program, and replayed by a fast machine."""

from __future__ import annotations

from .jit import jit
from .program import Program

__all__ = ["Program", "jit"]
