"""Formulas, names and numbers on paper: one printer, four output formats."""

from .backend import Backend, T
from .latex import LatexBackend
from .mathml import MathmlBackend
from .names import Name, parse_name
from .numbers import DIGITS, Shown, Slot, is_exact, relation, shown
from .printer import figures, typeset
from .runs import Run, Runs, RunsBackend, plain
from .symbols import Derivative, Figure, Role, Symbol, local, symbol, whole
from .text import TextBackend

__all__ = [
    "DIGITS", "Backend", "Derivative", "Figure", "LatexBackend", "MathmlBackend", "Name", "Role",
    "Run", "Runs", "RunsBackend", "Shown", "Slot", "Symbol", "T", "TextBackend", "figures",
    "is_exact", "local", "parse_name", "plain", "relation", "shown", "symbol", "typeset", "whole",
]  # fmt: skip
