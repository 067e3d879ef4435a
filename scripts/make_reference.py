"""Write docs/reference.md: every primitive and every public name, from the code itself.

    python scripts/make_reference.py            # write the page
    python scripts/make_reference.py --check    # fail if it is not what the code says

Nothing in that page is written by hand: formulas, derivatives, domains, conventions and sources
come from the rule table, the rest from docstrings.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import autodiff
import nn
from autodiff.formula import Constant, Formula, fold, variables
from autodiff.primitive import PRIMITIVES, Primitive

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"

HEAD = """\
# Reference

<!-- Written by scripts/make_reference.py from the rule table and the docstrings: do not edit. -->

In each rule z is the output of the operation. **Derivative** is what textbooks write, **as
computed** the rule that the engine uses where that is another formula: equal on paper, with fewer
digits lost or an overflow less ([conventions.md](conventions.md) says how many). Rules mean
operations that never raise: 1/0 is inf, log(0) is -inf. `when(condition, d)` is a selection: d if
the condition holds, else no contribution at all. A **convention** is what was chosen where
mathematics leaves a choice.

Inside rules, `x` of an n-ary operation stands for each of its operands.
"""

_OPERATORS = tuple("add sub mul div pow mod floordiv neg abs round".split())
_CALLS = {"div": "x / y", "abs": "abs(x)", "round": "round(x, n)"}
#: symbol and strength of what is written between or before its operands
_INFIX = {
    "add": (" + ", 1), "sub": (" - ", 1), "mul": ("*", 2), "div": ("/", 2), "pow": ("**", 4),
    "less": (" < ", 0), "less_equal": (" <= ", 0), "greater": (" > ", 0),
    "greater_equal": (" >= ", 0),
}  # fmt: skip
_NEGATION, _ATOM = 3, 5

#: Public names without a docstring of their own.
_DATA = {
    "Number": "The type of numbers that functions take: Value or float.",
    "ACTIVATIONS": "The activations that have names, by name.",
    "LOSSES": "The losses that have names, by name.",
}

Text = tuple[str, int]


def formula_text(formula: Formula) -> str:
    """A formula in the project's expression language.

    >>> from autodiff.formula import Variable
    >>> formula_text(-(Variable("x") + 1.0) / Variable("y") ** 2.0)
    '-(x + 1)/y**2'
    """
    return fold(formula, _number, lambda name: (name, _ATOM), _combine)[0]


def _number(value: float) -> Text:
    text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return text, _ATOM if value >= 0 else _NEGATION


def _combine(name: str, operands: tuple[Text, ...]) -> Text:
    if name == "neg":
        return f"-{_inside(operands[0], _NEGATION)}", 2
    if name in _INFIX:
        sign, strength = _INFIX[name]
        left, right = operands
        power = name == "pow"
        return sign.join((_inside(left, strength + power), _inside(right, strength + 1))), strength
    return f"{name}({', '.join(text for text, _ in operands)})", _ATOM


def _inside(operand: Text, strength: int) -> str:
    text, own = operand
    return text if own >= strength else f"({text})"


def _words(text: str) -> str:
    """Text inside a table: stars and bars mean themselves, in code between backticks too."""
    parts = text.split("`")
    parts[::2] = [part.replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace(chr(10), ' ') for cell in row)} |"
    yield ""


def _call_of(primitive: Primitive) -> str:
    if primitive.reads:
        return primitive.reads
    if primitive.name in _CALLS:
        return _CALLS[primitive.name]
    columns = [f"{name}, ..." for name in primitive.variables[: primitive.columns]]
    arguments = [*columns, *primitive.variables[primitive.columns :]]
    return f"{primitive.name}({', '.join(arguments)})"


def _rows(primitives: Iterable[Primitive]) -> Iterator[tuple[str, ...]]:
    for primitive in primitives:
        for place, (name, formula) in enumerate(
            zip(primitive.variables, primitive.formulas, strict=True)
        ):
            book = primitive.textbook[place] if primitive.textbook else formula_text(formula)
            used = formula_text(formula)
            same = used.replace(" ", "") == book.replace(" ", "")
            first = place == 0
            yield (
                _code(_call_of(primitive)) if first else "",
                _words(primitive.doc) if first else "",
                f"{name}: {_code(book)}",
                "" if same else _code(used),
                _code(primitive.domain) if first and primitive.domain else "",
                _words(primitive.kink or "") if first else "",
                (primitive.source or "") if first else "",
            )


def _internal(primitive: Primitive) -> bool:
    return primitive.name not in (*autodiff.__all__, *_OPERATORS)


def _constant_everywhere(primitive: Primitive) -> bool:
    return all(isinstance(formula, Constant) and not variables(formula) and formula.value == 0.0
               for formula in primitive.formulas)  # fmt: skip


def _first_paragraph(thing: object) -> str:
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def page() -> str:
    """The whole page."""
    built_in = [each for each in PRIMITIVES.values() if _is_built_in(each)]
    header = (
        "operation", "meaning", "derivative by", "as computed", "domain", "convention", "source",
    )  # fmt: skip
    operators = [each for each in built_in if each.name in _OPERATORS]
    functions = [each for each in built_in if not _internal(each) and each not in operators]
    internal = [each for each in built_in if _internal(each)]
    parts = [HEAD, f"## Operators: {len(operators)} primitives", ""]
    parts += _table(header, _rows(operators))
    parts += [f"## Functions: {len(functions)} primitives", ""]
    parts += _table(header, _rows(functions))
    parts += [f"## Used by rules: {len(internal)} primitives", "", INTERNAL]
    parts += _table(header, _rows(each for each in internal if not _constant_everywhere(each)))
    names = ", ".join(_code(each.name) for each in internal if _constant_everywhere(each))
    parts += [f"Piecewise constant, with derivative 0: {names}.", ""]
    parts += ["## Public names of `autodiff`", ""]
    parts += _table(("name", "what it is"), _public(autodiff, autodiff.__all__))
    parts += ["## Public names of `nn`", ""]
    parts += _table(("name", "what it is"), _public(nn, nn.__all__))
    return "\n".join(parts).rstrip() + "\n"


INTERNAL = """\
Derivatives of the functions above need these. They are primitives like the others (they appear in
the graphs of second derivatives, in pictures and in compiled code), but no public names.
"""


def _is_built_in(primitive: Primitive) -> bool:
    from autodiff import rules

    return any(each is primitive for each in vars(rules).values())


def _public(module: object, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for name in sorted(names, key=str.lower):
        thing = getattr(module, name)
        if name in _DATA:
            yield _code(name), _DATA[name]
        else:
            yield _code(name), _words(_first_paragraph(thing))


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    text = page()
    if parser.parse_args().check:
        fresh = PAGE.read_text(encoding="utf-8") == text
        print(f"{PAGE.name} is {'fresh' if fresh else 'stale: run scripts/make_reference.py'}")
        return 0 if fresh else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
