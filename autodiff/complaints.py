"""What errors say: the operation with its operands' labels, the domain, the line that asked."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from .errors import AutodiffError, DivisionByZero, DomainError, OperandError, RangeError, visible


def is_inside(module: str) -> bool:
    """Whether a module is the engine's: its package, or one built into it, carries the mark.

    The mark is `__autodiff_inside__ = True` in the package's `__init__`. Who reads a number from
    inside is not a user who asks for it, and no line there is one that a message should name.
    """
    package = sys.modules.get(module.partition(".")[0])
    return getattr(package, "__dict__", {}).get("__autodiff_inside__") is True


def caller() -> str:
    """The user's source line: of the first frame outside the engine and outside libraries."""
    outside = frame = sys._getframe(2)
    while frame.f_back is not None:
        if not is_inside(frame.f_globals.get("__name__", "")):
            if is_inside(outside.f_globals.get("__name__", "")):
                outside = frame
            if not is_library(frame.f_code):
                break
        frame = frame.f_back
    else:  # there is none, or it is the outermost one
        if is_inside(outside.f_globals.get("__name__", "")) or not is_library(frame.f_code):
            outside = frame
        frame = outside
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


_STANDARD = os.__file__.removesuffix("os.py")


def is_library(code: CodeType) -> bool:
    """Whether code belongs to the standard library or to an installed package."""
    return code.co_filename.startswith((_STANDARD, "<frozen ")) or (
        "site-packages" in code.co_filename
    )


def check_function(name: str, f: object) -> None:
    """OperandError for what a transform cannot transform, when it is given and not when called."""
    if not callable(f):
        found, advice = type(f).__name__, ""
        if hasattr(f, "local_derivatives"):
            found, advice = "a Value", "; for a Value there are backward() and autodiff.gradient"
        raise OperandError(f"{name} takes a function, not {found}{advice}")


def formula_text(primitive: Any, operands: Sequence[Any]) -> str:
    """An operation as errors show it: with the operands' labels, `log(z)` or `x / y`."""
    names = _names(primitive, operands)
    if primitive.reads and primitive.arity is not None and primitive.home is None:
        return _rename(primitive.reads, dict(zip(primitive.variables, names, strict=True)))
    shown = names if len(names) <= 6 else [*names[:5], "..."]
    return f"{primitive.name}({', '.join(shown)})"


def described(primitive: Any, operands: Sequence[Any]) -> str:
    """The operation and the numbers of its operands: `x / y: x = 1.0, y = 0.0`."""
    named = zip(_names(primitive, operands), operands, strict=True)
    pairs = [f"{name} = {getattr(operand, '_data', operand)!r}" for name, operand in named]
    numbers = ", ".join(pairs if len(pairs) <= 6 else [*pairs[:5], "..."])
    return f"{formula_text(primitive, operands)}: {numbers}"


def explain(primitive: Any, operands: Sequence[Any], error: Exception) -> AutodiffError:
    """The error of a forward function as one that names operation, operands and the domain."""
    for operand in operands:
        if hasattr(operand, "operation_raised"):  # a traced number: f may catch the error
            operand.operation_raised()
    what = described(primitive, operands)
    if isinstance(error, OverflowError):
        return RangeError(f"{what}: the result is too large for a float")
    kind = DivisionByZero if isinstance(error, ZeroDivisionError) else DomainError
    if primitive.domain is None:
        return kind(f"{what}: {error}")
    names = _names(primitive, operands)
    shown = dict(zip(primitive.variables[::-1], names[::-1], strict=False))
    domain = _rename(primitive.domain, shown)
    remedy = f"; {primitive.remedy}" if primitive.remedy else ""
    if _chooses():
        remedy += "; both branches of where are computed before it is called: where(c, lambda: …, "
        remedy += "lambda: …) computes only the chosen one"
    return kind(f"{what} is outside the domain {domain}{remedy}")


def _chooses() -> bool:
    """Whether the code that called the engine uses `where`, so that this may be a branch of it."""
    frame: Any = sys._getframe(1)
    while frame is not None and is_inside(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame is not None and "where" in frame.f_code.co_names


def _names(primitive: Any, operands: Sequence[Any]) -> list[str]:
    """Each operand's label, else its variable in the rule: 1/x at x = 0 is `a / x`, not `x / x`."""
    labels = [getattr(operand, "label", None) for operand in operands]
    free = (letter for letter in "abcduvw" if letter not in {*labels, *primitive.variables})
    names = []
    for index, label in enumerate(labels):
        which, row = primitive.variable_of(index, len(operands))
        name = primitive.variables[which]
        if which < primitive.columns:
            name = f"{name}[{row}]"
        names.append(visible(label) if label else (next(free, name) if name in labels else name))
    return names


def _rename(text: str, names: Mapping[str, str]) -> str:
    return re.sub(r"[A-Za-z_]\w*", lambda match: names.get(match.group(), match.group()), text)
