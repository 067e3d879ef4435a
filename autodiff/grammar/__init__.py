"""The grammar of the expression language: text and the names that it may use become a `Formula`.

The lower half of expression/: domains are read here, by the primitives' names alone.
"""

from .parser import Parser, parse_condition
from .words import Words

__all__ = ["Parser", "Words", "parse_condition"]
