"""The command line's words: which options there are, and how a mistake is pointed at."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from autodiff.errors import AutodiffError
from autodiff.expression import CONSTANTS
from autodiff.expression.vocabulary import is_public, nearest
from autodiff.grammar.tokens import printable

TOY = ("2/sin(exp(-x))", "x=-4.499")

USAGE = f"""\
usage: python -m autodiff [EXPRESSION name=value ...] [options]

Differentiate a formula and show every step of the chain rule. Without arguments: {" ".join(TOY)}

  python -m autodiff "2x^2 + |y|" x=2 y=-pi/3

A file may be -, the standard output. What is not written as Python would read it is shown back.

options:
  --wrt NAME     show the derivative by this variable alone (may be given several times)
  --svg FILE     draw the computational graph
  --worksheet    leave the numbers out of that drawing; they go into FILE-answers.svg
                 (or, without --svg: --worksheet FILE)
  --html FILE    write a page that walks through the chain rule; its numbers can be dragged
  --static       a page whose numbers stay as they are
  --dot FILE     write the graph in the language of Graphviz
  --latex        print the derivation as LaTeX
  --python       print Python source of the forward and the backward pass
  --check        compare with numerical derivatives
  --step         go through the steps by key: Enter next, b back, q quit
  --json         print steps and results as JSON
  --digits N     significant digits in the steps, 1 to 17 (the results have all of them)
  --help         this text
"""

_FLAGS = ("--latex", "--python", "--check", "--step", "--json", "--worksheet", "--static", "--help")
_WITH_ARGUMENT = ("--wrt", "--svg", "--html", "--dot", "--digits")
_NEEDS = {"--wrt": "a variable", "--digits": "a number from 1 to 17"}
_NAMES = [option[2:] for option in (*_FLAGS, *_WITH_ARGUMENT)]


class Mistake(AutodiffError, ValueError):
    """Something to tell the user in one line, perhaps with a place in a text."""

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.text = text
        self.position = position

    def __str__(self) -> str:
        """The message, and below it the text with a caret under the place."""
        line = f"error: {super().__str__()}"
        if self.position is None:
            return line
        return f"{line}\n{pointed(self.text, self.position)}"


@dataclass
class Request:
    """What the command line asks for."""

    expression: str = ""
    assignments: list[tuple[str, str]] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    wrt: list[str] = field(default_factory=list)
    svg: str | None = None
    worksheet: str | None = None
    html: str | None = None
    dot: str | None = None
    digits: int = 4

    @property
    def prints_a_file(self) -> bool:
        """Whether the standard output is one of the files."""
        return "-" in (self.svg, self.html, self.dot)


def read(arguments: list[str]) -> Request:
    """The request of a command line.

    Only the options by their full names are options, so an expression may begin with a minus
    sign, and a value may too.

    >>> read(["-x**2", "x=3", "--json"]).expression
    '-x**2'
    """
    request = Request()
    words: list[str] = []
    rest = iter(_joined(arguments))
    for word in rest:
        option, has_value, value = word.partition("=")
        if word == "--":
            words += rest
        elif option in _WITH_ARGUMENT:
            if not has_value and (value := next(rest, "")) in ("", *_FLAGS, *_WITH_ARGUMENT):
                raise Mistake(f"{option} needs {_NEEDS.get(option, 'a file name')}")
            _set(request, option[2:], value)
        elif option == "--worksheet" and has_value:
            request.worksheet = value
        elif word in _FLAGS or arguments == ["-h"]:
            request.flags.add("help" if word == "-h" else word[2:])
        elif word.startswith("--") and (similar := nearest(option[2:], _NAMES)):
            raise Mistake(f"there is no option {printable(option)}: did you mean --{similar}?")
        else:
            words.append(word)
    request.expression, *values = words or TOY
    request.assignments = [_assignment(word) for word in values]
    names = [name for name, _ in request.assignments]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Mistake(f"{twice} is given two values")
    _agree(request)
    return request


def _joined(arguments: list[str]) -> list[str]:
    """The words, `--worksheet sheet.svg` as one: that option may also stand alone, beside --svg."""
    words: list[str] = []
    for word in arguments:
        if words and words[-1] == "--worksheet" and word.endswith(".svg"):
            words[-1] = f"--worksheet={word}"
        else:
            words.append(word)
    return words


def _agree(request: Request) -> None:
    """Refuse what cannot be done at once."""
    printed = [f"--{name}" for name in ("latex", "python", "json", "step") if name in request.flags]
    here = [f"--{name} -" for name in ("svg", "html", "dot") if getattr(request, name) == "-"]
    if len(here) > 1 or (here and printed):
        raise Mistake(f"{' and '.join([*here, *printed])}: the standard output takes one of them")
    sheet = request.svg if "worksheet" in request.flags else request.worksheet or "no"
    if sheet in (None, "-"):
        raise Mistake("--worksheet writes two files: name the first with --svg FILE")


def _set(request: Request, option: str, value: str) -> None:
    if option == "wrt":
        request.wrt += value.split(",")
    elif option == "digits":
        if not (value.isdecimal() and 1 <= int(value[:3]) <= 17):
            raise Mistake(f"--digits needs a number from 1 to 17, not {printable(value)}")
        request.digits = int(value)
    else:
        setattr(request, option, value)


def _assignment(word: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in word.partition("="))
    if not equals or value.startswith("="):
        raise Mistake(
            f"{printable(word)} is no value of a variable: write name=value after one expression, "
            "in quotation marks where it has spaces"
        )
    if not name.isidentifier():
        raise Mistake(f"{printable(name)} is no name of a variable")
    if name in CONSTANTS or is_public(name):
        what = "a constant" if name in CONSTANTS else "a function"
        raise Mistake(f"{name} is {what} already: give the variable another name")
    return name, value


def pointed(text: str, position: int, width: int = 76) -> str:
    """The text with a caret under one of its characters, as two indented lines.

    Long texts are cut around the place; what a terminal would not print is shown as `?`.

    >>> print(pointed("3 + 2x", 5))
      3 + 2x
           ^
    """
    start = max(0, min(position - width // 2, len(text) - width))
    shown = [character if character.isprintable() else "?" for character in text]
    before, after = "".join(shown[start:position]), "".join(shown[position : start + width])
    if start > 0:
        before = "..." + before[3:]
    if start + width < len(text):
        after = after[:-3] + "..."
    return f"  {before}{after}\n  {' ' * _cells(before)}^"


def _cells(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
