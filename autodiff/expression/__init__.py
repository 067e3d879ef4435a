"""The project's expression language: `2/sin(exp(-x))` as text becomes a `Formula`. Never eval.

tokens.py splits the text, parser.py builds the tree, conditions.py joins comparisons by words,
by_hand.py reads what people type (2x, x²), spelling.py writes a tree as text again, vocabulary.py
knows which functions there are, evaluation.py computes a tree on numbers of any kind.
"""

from .by_hand import Reading, read
from .conditions import parse_condition
from .parser import CONSTANTS, MAX_DEPTH, MAX_NESTING, parse, parse_with_places
from .spelling import spell

__all__ = [
    "CONSTANTS", "MAX_DEPTH", "MAX_NESTING", "Reading", "parse", "parse_condition",
    "parse_with_places", "read", "spell",
]  # fmt: skip
