"""Formulas, names and numbers on paper: one printer, four output formats."""

from .backend import Backend, T
from .latex import LatexBackend
from .mathml import MathmlBackend
from .names import Name, parse_name
from .numbers import DIGITS, Shown, is_exact, shown
from .printer import typeset
from .runs import Run, Runs, RunsBackend, plain
from .symbols import Figure, Role, Symbol, symbol
from .text import TextBackend

__all__ = [
    "DIGITS",
    "Backend",
    "Figure",
    "LatexBackend",
    "MathmlBackend",
    "Name",
    "Role",
    "Run",
    "Runs",
    "RunsBackend",
    "Shown",
    "Symbol",
    "T",
    "TextBackend",
    "is_exact",
    "parse_name",
    "plain",
    "shown",
    "symbol",
    "typeset",
]
