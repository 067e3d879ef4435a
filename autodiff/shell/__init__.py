"""The command line: options.py reads it, formulas.py computes, command.py prints and writes."""

from .command import main

__all__ = ["main"]
