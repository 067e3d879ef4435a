"""The compiled side: a graph traced once, made a Program, and replayed by a fast machine.

tracing     runs a function on Values that record, and keeps what it did
program.py  that, in flat form: a Program
lowering    a Program as code words: sums fused, repeated structure in lanes
machine     what runs them: a virtual machine made with llvmlite, or pure Python
batches     many examples at once, for `vmap`
jit.py, vmap.py, source.py, javascript.py, jax.py    what users call
"""

from __future__ import annotations

from .javascript import to_javascript
from .jax import to_jax
from .jit import jit
from .program import Program
from .source import to_python
from .vmap import vmap

__all__ = ["Program", "jit", "to_javascript", "to_jax", "to_python", "vmap"]
