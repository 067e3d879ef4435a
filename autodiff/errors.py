"""The exception tree: every error is also the built-in error that Python's `math` would raise."""

from __future__ import annotations


def visible(text: str, kept: str = "") -> str:
    """A text of somebody else's with everything escaped that would act on a terminal.

    That are control characters, direction marks, line separators and lone surrogates; `kept` are
    exceptions.

    >>> print(visible("x\\x1b[2J"))
    x\\x1b[2J
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text
    )


class AutodiffError(Exception):
    """Base of all errors of this package.

    >>> from autodiff import Value, log
    >>> try:
    ...     log(Value(0.0, "x"))
    ... except AutodiffError as error:
    ...     print(error)
    log(x): x = 0.0 is outside the domain x > 0
    """

    def __str__(self) -> str:
        return visible(super().__str__(), kept="\n")


class DomainError(AutodiffError, ValueError):
    """An operand lies outside the domain of an operation.

    >>> from autodiff import Value, sqrt
    >>> sqrt(Value(-1.0, "x"))
    Traceback (most recent call last):
        ...
    autodiff.errors.DomainError: sqrt(x): x = -1.0 is outside the domain x >= 0
    """


class DivisionByZero(AutodiffError, ZeroDivisionError):
    """A division or a negative power of zero.

    >>> from autodiff import Value
    >>> 1 / Value(0.0, "x")
    Traceback (most recent call last):
        ...
    autodiff.errors.DivisionByZero: a / x: a = 1.0, x = 0.0 is outside the domain x != 0
    """


class RangeError(AutodiffError, OverflowError):
    """A result too large for a float.

    >>> from autodiff import Value, exp
    >>> exp(Value(710.0, "x"))
    Traceback (most recent call last):
        ...
    autodiff.errors.RangeError: exp(x): x = 710.0: the result is too large for a float
    """


class OperandError(AutodiffError, TypeError):
    """An operand of a type that cannot take part in the operation.

    >>> from autodiff import Value
    >>> Value("3")
    Traceback (most recent call last):
        ...
    autodiff.errors.OperandError: a Value holds one real number, not str
    """


class ShapeError(AutodiffError, ValueError):
    """Sequences of wrong, unequal or zero length.

    >>> from autodiff import dot
    >>> dot([1.0], [2.0, 3.0])
    Traceback (most recent call last):
        ...
    autodiff.errors.ShapeError: dot: sequences of different lengths, 1 and 2
    """


class ExpressionError(AutodiffError, ValueError):
    """Text that is not an expression of the project's language.

    `position` is the index of the character in `text` that it is about (None for no particular
    one), `suggestion` what to write instead (or None); the message is one line with both in words.

    >>> from autodiff.expression import parse
    >>> try:
    ...     parse("3 + 2x")
    ... except ExpressionError as error:
    ...     error.position, error.suggestion
    (5, 'write 2*x')
    """

    def __init__(
        self,
        message: str,
        text: str = "",
        position: int | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(f"{message}: {suggestion}" if suggestion else message)
        self.text = text
        self.position = position
        self.suggestion = suggestion


class NonFiniteError(AutodiffError, ArithmeticError):
    """A nan or an infinity met in `strict()` mode.

    >>> from autodiff import Value, strict
    >>> with strict():
    ...     Value(1e200, "x") * 1e200  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autodiff.errors.NonFiniteError: x * y: x = 1e+200, y = 1e+200: the result is inf ...
    """


class StaleGraphError(AutodiffError, RuntimeError):
    """An operand was changed after the graph was built (found in `strict()` mode).

    >>> from autodiff import Value, strict
    >>> x = Value(2.0, "x")
    >>> y = x + 1.0
    >>> x.data = 3.0
    >>> with strict():
    ...     y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autodiff.errors.StaleGraphError: x + y: ... computed as 3.0, these operands give 4.0: ...
    """


class GradientCheckError(AutodiffError, AssertionError):
    """A derivative that differs from the numerical one; the message is the report.

    >>> from autodiff import Value, check_gradients
    >>> try:
    ...     check_gradients(lambda x: x * x.data, 3.0)  # .data hides one of the two paths
    ... except GradientCheckError as error:
    ...     print("caught")
    caught
    """


class MissingExtraError(AutodiffError, ImportError):
    """An optional package is needed and not installed; the message says what to install.

    >>> from autodiff import require
    >>> try:
    ...     require("no_such_package", "plot")
    ... except MissingExtraError as error:
    ...     print(str(error).partition(";")[0])
    no_such_package is not installed
    """


class LostGradientWarning(UserWarning):
    """`float()` of a computed Value: whatever uses the result gets no gradient.

    >>> import math, warnings
    >>> from autodiff import Value
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     math.sqrt(Value(2.0) * 2.0)
    2.0
    >>> [warning.category.__name__ for warning in caught]
    ['LostGradientWarning']
    """
