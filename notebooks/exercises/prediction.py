"""Predict before you see: a question, an answer typed in, and a reason for each wrong one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from exercises.answers import shown
from exercises.result import Result

TRIES = 3
WORTH = 1
_LETTERS = "abcdefgh"

#: The answers that were given, in order: `grade(predictions)` counts them.
predictions: list[Result] = []


def predict(
    question: str,
    *,
    answer: float | str,
    tolerance: float = 0.01,
    wrong: Mapping[float | str, str] | None = None,
    because: str = "",
    ask: Callable[[str], str] | None = None,
) -> None:
    """Ask for a number, or for one of the choices, and check what is typed.

    `answer` is a number (right within `tolerance`, relative) or a word; then the choices are that
    word and those of `wrong`. `wrong` has a reason for each wrong answer, `because` one for the
    right one. The verdict is printed and kept in `predictions`. An empty line leaves the question
    open. Where nobody can type (a script in a pipe, a notebook that is built), the question is
    shown, and nothing else.

    >>> answers = iter(["1", "2,0"])
    >>> predict("What is da/dx for a = x + x?", answer=2, wrong={1: "x stands there twice"},
    ...         ask=lambda text: next(answers))
    Predict. What is da/dx for a = x + x?
    ✗ 1: x stands there twice
    ✓ What is da/dx for a = x + x?: 2,0 is right
    """
    reasons = dict(wrong or {})
    words = isinstance(answer, str)
    for each in reasons:
        if isinstance(each, str) is not words:
            raise TypeError(f"the answer is {answer!r}, and {each!r} is of another kind")
        if _matches(each, answer, tolerance):
            raise ValueError(f"{each!r} is within the tolerance of the right answer {answer!r}")
    choices = sorted(map(str, [answer, *reasons])) if words else []
    if len(choices) > len(_LETTERS):
        raise ValueError(f"there are {len(choices)} choices, and at most {len(_LETTERS)} letters")
    print(f"Predict. {question}")
    for letter, choice in zip(_LETTERS, choices, strict=False):
        print(f"  {letter}) {choice}")
    ask = ask or _keyboard()
    for left in range(TRIES, 0, -1):
        text = ask("Your answer: ").strip() if ask else ""
        if not text:
            return None
        found = _read(text, choices)
        if found is None:
            print(f"{text!r} is no {'choice' if words else 'number'}")
        elif _matches(found, answer, tolerance):
            said = f"{text} is right" + (f": {because}" if because else "")
            return _note(Result(question, True, said, "", WORTH, WORTH))
        else:
            reason = next((r for w, r in reasons.items() if _matches(found, w, tolerance)), "")
            print(f"✗ {found if words else text}: {reason or _direction(found, answer)}")
            if left == 1:
                break
    right = answer if isinstance(answer, str) else shown(float(answer))
    return _note(Result(question, False, f"it is {right}", because, 0, WORTH))


def _note(result: Result) -> None:
    predictions.append(result)
    print(result)


def _matches(found: float | str, right: float | str, tolerance: float) -> bool:
    if isinstance(found, str) or isinstance(right, str):
        return str(found).lower() == str(right).lower()
    return abs(found - right) <= tolerance * abs(right) if right else abs(found) <= tolerance


def _read(text: str, choices: list[str]) -> float | str | None:
    """A choice by its letter or in words; or a number: 0.5, 0,5, 1/2 and 5e-1 are the same."""
    if choices:
        letter = text.rstrip(").").lower()
        if len(letter) == 1 and letter in _LETTERS[: len(choices)]:
            return choices[_LETTERS.index(letter)]
        return next((each for each in choices if each.lower() == text.lower()), None)
    try:
        plain = text.replace("−", "-").replace(",", ".").replace(" ", "")
        return float(Fraction(plain)) if "/" in plain else float(plain)
    except (ValueError, ZeroDivisionError):
        return None


def _direction(found: float | str, answer: float | str) -> str:
    if isinstance(found, str) or isinstance(answer, str):
        return "not this one"
    if answer and abs(found + answer) <= 0.01 * abs(answer):
        return "the size is right, the sign is not"
    if found * answer < 0:
        return "the sign is not right"
    return "too small" if abs(found) < abs(answer) else "too large"


def _keyboard() -> Callable[[str], str] | None:
    """`input`, where somebody can type: a terminal, or a notebook with a reader in front of it."""
    kernel: Any = getattr(_shell(), "kernel", None)
    if kernel is not None:
        return input if getattr(kernel, "_allow_stdin", False) else None
    return input if sys.stdin is not None and sys.stdin.isatty() else None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
