"""A formula as text of the language: what `parse` makes that formula of again."""

from __future__ import annotations

from autodiff.formula import Apply, Constant, Formula, Variable
from autodiff.grammar.parser import CONSTANTS
from autodiff.signs import ADDING, ARITHMETIC, COMPARISONS, MULTIPLYING

_NAMES = {value: name for name, value in reversed(CONSTANTS.items()) if name.isascii()}
_NEGATED, _POWER, _ATOM = (MULTIPLYING + above for above in (1, 2, 3))


def spell(formula: Formula) -> str:
    """The text of a formula, with the brackets that it needs and those that make it clear.

    >>> from .by_hand import read
    >>> spell(read("2x(x+1)^-3", {"x"}).formula)
    '2*x*(x + 1)**(-3)'
    """
    return _spelled(formula)[0]


def _spelled(formula: Formula) -> tuple[str, int]:
    """The text, and how strongly its outermost operator binds."""
    if isinstance(formula, Constant):
        number = formula.value
        if number in _NAMES:
            return _NAMES[number], _ATOM
        whole = number.is_integer() and abs(number) < 1e15
        return repr(int(number) if whole else number), _ATOM if number >= 0 else _NEGATED
    if isinstance(formula, Variable):
        return formula.name, _ATOM
    assert isinstance(formula, Apply)
    name, operands = formula.name, formula.operands
    if name == "neg":
        return f"-{_at_least(_POWER, operands[0])}", _NEGATED
    if name == "pow":
        return f"{_at_least(_ATOM, operands[0])}**{_at_least(_ATOM, operands[1])}", _POWER
    if name in COMPARISONS or _is_chain(formula):
        return _condition(formula), 0
    if name in ARITHMETIC:
        sign, strength = ARITHMETIC[name].text, ARITHMETIC[name].level
        left, right = _at_least(strength, operands[0]), _at_least(strength + 1, operands[1])
        if right.startswith("-"):
            right = f"({right})"
        return f"{left} {sign} {right}" if strength == ADDING else f"{left}{sign}{right}", strength
    return f"{name}({', '.join(map(spell, operands))})", _ATOM


def _at_least(strength: int, formula: Formula) -> str:
    text, binds = _spelled(formula)
    return text if binds >= strength else f"({text})"


def _is_chain(formula: Formula) -> bool:
    """Whether it is a < b < c, which is read as the product of two comparisons."""
    if not (isinstance(formula, Apply) and formula.name == "mul"):
        return False
    last = formula.operands[1]
    return isinstance(last, Apply) and last.name in COMPARISONS


def _condition(formula: Apply) -> str:
    if formula.name == "mul":
        before, last = formula.operands
        assert isinstance(before, Apply) and isinstance(last, Apply)
        return f"{_condition(before)} {COMPARISONS[last.name].text} {spell(last.operands[1])}"
    left, right = map(spell, formula.operands)
    return f"{left} {COMPARISONS[formula.name].text} {right}"
