"""The project's expression language: `2/sin(exp(-x))` as text becomes a `Formula`. Never eval.

grammar/ splits the text and builds the tree; vocabulary.py knows which functions there are,
reading.py reads formulas, domains and textbooks by it, by_hand.py what people type (2x, x²);
spelling.py writes a tree as text again, evaluation.py computes one on numbers of any kind.
"""

from autodiff.grammar.parser import CONSTANTS, MAX_DEPTH, MAX_NESTING

from .by_hand import Reading, read
from .reading import parse, parse_condition, parse_with_places, textbook_formula
from .spelling import spell

__all__ = [
    "CONSTANTS", "MAX_DEPTH", "MAX_NESTING", "Reading", "parse", "parse_condition",
    "parse_with_places", "read", "spell", "textbook_formula",
]  # fmt: skip
