"""The formula of a command line and the values of its variables, with mistakes pointed at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autodiff.errors import ExpressionError
from autodiff.expression import Reading, read
from autodiff.expression.evaluation import evaluate_formula
from autodiff.formula import Apply, Formula, Variable, variables
from autodiff.grammar.tokens import printable
from autodiff.value import Value

from .options import Mistake, Request


@dataclass(frozen=True)
class Computed:
    """What a command line means: the formula, its variables, its result."""

    formula: Formula
    text: str
    values: Mapping[str, Value]
    result: Value
    echo: tuple[str, ...]
    """How the texts were understood that Python would not read so."""


def compute(request: Request) -> Computed:
    """Read and compute; every failure is a `Mistake` at its place in the text."""
    values: dict[str, Value] = {}
    echo: list[str] = []
    for name, text in request.assignments:
        number, spelling = _number(name, text)
        values[name] = Value(number, name)
        echo += [f"{name} = {spelling}"] * (spelling is not None)
    text = request.expression
    reading = _read(text, text, 0, values)
    missing = [name for name in variables(reading.formula) if name not in values]
    if missing and not values:
        missing_values = " ".join(f"{name}=..." for name in missing)
        raise Mistake(f"{', '.join(missing)}: no value given; write {missing_values} after it")
    result = _evaluate(reading, values, lambda message, place: Mistake(message, text, place))
    if isinstance(result, bool):
        raise Mistake("a comparison is no number; choose with where(x > 0, a, b)", text, 0)
    root = result if isinstance(result, Value) else Value(result, "f")
    understood = [] if reading.spelling is None else [reading.spelling]
    return Computed(reading.formula, reading.spelling or text, values, root, (*understood, *echo))


def _number(name: str, text: str) -> tuple[float, str | None]:
    """The value of a variable, which may be an expression of constants, and its spelling."""
    whole, start = f"{name}={text}", len(name) + 1

    def mistake(message: str, place: int = 0) -> Mistake:
        return Mistake(message, whole, start + place)

    example = f"write a number or an expression of numbers, as in {name}=pi/2"
    if not text:
        raise mistake(f"{name} is given no value: {example}")
    reading = _read(text, whole, start, ())
    if (unknown := _first_variable(reading.formula)) is not None:
        word = printable(unknown.name)
        what = "is no number" if word.lower() in ("nan", "inf", "infinity") else "has no value here"
        raise mistake(f"{word} {what}: {example}", reading.places[id(unknown)])
    number = _evaluate(reading, {}, mistake)
    if not isinstance(number, float):
        raise mistake(f"a comparison is no number: {example}")
    if not math.isfinite(number):
        raise mistake(f"{name} is {number}, and derivatives need a finite number")
    return number, reading.spelling


def _first_variable(formula: Formula) -> Variable | None:
    if isinstance(formula, Variable):
        return formula
    operands = formula.operands if isinstance(formula, Apply) else ()
    return next((found for each in operands if (found := _first_variable(each)) is not None), None)


def _read(text: str, whole: str, start: int, known: Mapping[str, Value] | tuple[()]) -> Reading:
    try:
        return read(text, known)
    except ExpressionError as error:
        place = None if error.position is None else start + error.position
        raise Mistake(str(error), whole, place) from None


def _evaluate(
    reading: Reading, values: Mapping[str, Value], mistake: Callable[[str, int], Mistake]
) -> Value | float | bool:
    failed: list[Formula] = []
    try:
        result: Value | float | bool = evaluate_formula(reading.formula, values, failed.append)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise mistake(str(error), reading.places[id(failed[-1])]) from None
    return result
