"""Formulas printed as Python: the functions of composites, and the expressions of pullbacks.

A composite's function is printed once, when it is first called: `where` becomes `if`, what is used
twice gets a name, operators stand for themselves. For sigmoid:

    def forward(x_):
        if (x_ >= 0.0):
            return (1.0 / (1.0 + f_exp((-x_))))
        t1 = f_exp(x_)
        return (t1 / (1.0 + t1))

This module and pullback.py compile source code, made of the rule table alone
(docs/decisions/0006-compiled-source.md).
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .atoms import ATOMS
from .formula import Apply, Constant, Formula, Variable, needed_by_both, parts, write
from .signs import COMPARISONS

Lookup = Callable[[str], Callable[..., float]]


class Truth(str):
    """Source of a truth value; as a number it is 1.0 or 0.0."""

    __slots__ = ()


class Printer:
    """Prints formulas as Python; remembers the functions that the source calls.

    What another language writes in another way are the methods and names up to `body`.
    """

    one: str = "1.0"
    none: str = "0.0"
    both: str = "and"
    either: str = "or"
    end: str = ""

    def __init__(self, function: Lookup) -> None:
        self._function = function
        self.functions: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
        self.lines: list[str] = []
        self._names = 0
        self._uses: Mapping[int, tuple[Formula, int]] = {}

    def literal(self, number: float) -> str:
        return repr(number)

    def choice(self, test: str, then: str, other: str) -> str:
        return f"({then} if {test} else {other})"

    def tested(self, text: str) -> str:
        """Source where a truth value is asked for."""
        return text

    def denied(self, text: str) -> str:
        """Its opposite."""
        return f"(not {text})"

    def let(self, name: str, text: str) -> str:
        """The line that gives a name to a number."""
        return f"{name} = {text}"

    def when(self, test: str, lines: Sequence[str], other: Sequence[str] = ()) -> list[str]:
        """Lines that run if a test holds, and perhaps those that run if it does not."""
        rest = ["else:", *indented(other)] if other else []
        return [f"if {test}:", *indented(lines), *rest]

    def declared(self, name: str) -> list[str]:
        """What must stand before the branches that give a name its number."""
        return []

    def spelled(self, name: str) -> str:
        """The pattern of an atom that is an expression here; empty for a function."""
        return ATOMS[name].source if name in ATOMS else ""

    def body(self, formula: Formula, known: dict[int, str] | None = None) -> list[str]:
        """The statements that compute a formula and return it."""
        known = {} if known is None else known
        if not self._uses:
            self._uses = parts(formula)
        outer, self.lines = self.lines, []
        if isinstance(formula, Apply) and formula.name == "where" and not _is_logic(formula):
            condition, then, other = formula.operands
            test = self.tested(self._part(condition, known))
            for common in needed_by_both(then, other):
                self._part(common, known)
            then_lines, other_lines = self.body(then, dict(known)), self.body(other, dict(known))
            self.lines += [*self.when(test, then_lines), *other_lines]
        else:
            self.lines.append(f"return {self.number(self._part(formula, known))}{self.end}")
        lines, self.lines = self.lines, outer
        return lines

    def number(self, text: str) -> str:
        """Source as the number that it stands for."""
        return self.choice(text, self.one, self.none) if isinstance(text, Truth) else text

    def test(self, condition: Formula) -> str:
        """A condition in one expression."""
        self._uses = {key: (part, 1) for key, (part, _) in parts(condition).items()}
        text = self._part(condition, {})
        self._uses = {}
        return self.tested(text)

    def _part(self, formula: Formula, known: dict[int, str]) -> str:
        return write(formula, self.leaf, self._named, self._choose, known)

    def leaf(self, formula: Formula) -> str:
        if isinstance(formula, Constant):
            return self.literal(formula.value)
        assert isinstance(formula, Variable)
        return f"{formula.name}_"

    def _named(self, formula: Apply, operands: tuple[str, ...]) -> str:
        text = self.apply(formula.name, [self.number(operand) for operand in operands], operands)
        if self._uses[id(formula)][1] < 2:
            return text
        name = self._new_name()
        self.lines.append(self.let(name, text))
        return Truth(name) if isinstance(text, Truth) else name

    def _new_name(self) -> str:
        self._names += 1
        return f"t{self._names}"

    def apply(self, name: str, operands: Sequence[str], tests: Sequence[str] = ()) -> str:
        """An operation; `tests` are its operands where truth values may stay what they are."""
        self.called(name)
        if name == "not":
            return Truth(self.denied((tests or operands)[0]))
        if pattern := self.spelled(name):
            text = pattern.format(*operands)
            return Truth(text) if name in COMPARISONS else text
        self.functions[f"f_{name}"] = self._function(name)
        return f"f_{name}({', '.join(operands)})"

    def called(self, name: str) -> None:
        """Told of every operation that is printed."""

    def _choose(self, test: str, then: Callable[[], str], other: Callable[[], str]) -> str:
        outer, first, second = self.lines, list[str](), list[str]()
        self.lines = first
        chosen = then()
        self.lines = second
        rest = other()
        self.lines = outer
        if not first and not second:
            if isinstance(test, Truth) and rest == self.none and isinstance(chosen, Truth):
                return Truth(f"({test} {self.both} {chosen})")
            if isinstance(test, Truth) and chosen == self.one and isinstance(rest, Truth):
                return Truth(f"({test} {self.either} {rest})")
            return self.choice(self.tested(test), self.number(chosen), self.number(rest))
        name = self._new_name()
        first.append(f"{name} = {self.number(chosen)}{self.end}")
        second.append(f"{name} = {self.number(rest)}{self.end}")
        self.lines += [*self.declared(name), *self.when(self.tested(test), first, second)]
        return name


def _is_test(formula: Formula) -> bool:
    """Whether a formula is a truth value: a comparison, or several with `and`, `or` and `not`."""
    if not isinstance(formula, Apply):
        return False
    return formula.name == "not" or formula.name in COMPARISONS or _is_logic(formula)


def _is_logic(formula: Apply) -> bool:
    """Whether a `where` is `a and b` or `a or b`."""
    if formula.name != "where":
        return False
    _, then, other = formula.operands
    if getattr(then, "value", None) == 1.0:
        return _is_test(other)
    return getattr(other, "value", None) == 0.0 and _is_test(then)


def indented(lines: Sequence[str]) -> list[str]:
    """The lines, one level deeper."""
    return [f"    {line}" for line in lines]


def compiled(name: str, lines: Sequence[str], namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function that printed source defines. The source is made of the rule table alone."""
    exec(compile("\n".join([*lines, ""]), f"<{name}>", "exec"), namespace)  # noqa: S102 - printed from the rule table alone
    made: Callable[..., Any] = namespace[lines[0].split("(")[0].removeprefix("def ")]
    return made


def _first(*operands: float) -> float:
    return print_it()(*operands)  # type: ignore[name-defined, no-any-return]  # noqa: F821 - see lazily


def lazily(write_it: Callable[[dict[str, Any]], Callable[..., float]]) -> Callable[..., float]:
    """A function that is printed when it is first called, and from then on is the printed one.

    Whoever holds it need not look it up again: the very object gets the printed code.
    """
    namespace: dict[str, Any] = {}
    function = types.FunctionType(_first.__code__, namespace)

    def print_it() -> Callable[..., float]:
        function.__code__ = write_it(namespace).__code__
        return function

    namespace["print_it"] = print_it
    return function
