"""Find the bug: six engines that are almost right.

`specimen(n)` gives a Value class with one fault. Write a `witness`: a function that takes a Value
class, computes something with it, and returns a gradient (or a list of them) that comes out wrong.
Then name the fault: `check_bug(n, "a name out of FAULTS", witness)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exercises.answers import Numbers, close, numbers, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong
from exercises.values import Engine, engine

WORTH = 4

#: The names of the faults, and what each means.
FAULTS: dict[str, str] = {
    "= for +=": "a value used twice keeps only one contribution",
    "no topological order": "a node passes on its gradient before all of it has arrived",
    "no zero_grad": "zero_grad() leaves the old gradients where they are",
    "__radd__ leaks .data": "number + value forgets the value",
    "wrong local derivative": "one operation's derivative is another function",
    "stale gradients": "a second backward() starts from what the first one left inside",
}

#: Which switch of the engine makes a fault.
_SWITCH = {"wrong local derivative": "tanh of the input", "stale gradients": "stale"}

#: Which specimen has which fault. (To read it here would spoil the search.)
_SPECIMENS = [list(FAULTS)[index] for index in (4, 0, 3, 1, 5, 2)]

_WHERE_TO_LOOK = {
    "= for +=": "use one value twice in the same expression",
    "no topological order": "use an intermediate result twice, and something behind it",
    "no zero_grad": "call backward(), zero_grad() and backward() again",
    "__radd__ leaks .data": "try a plain number on the left of each operator",
    "wrong local derivative": "try every operation alone, away from 0",
    "stale gradients": "call backward() twice on a result made of several steps",
}

Witness = Callable[[Any], Any]


def _sick(fault: str, doc: str) -> type[Engine]:
    return engine(frozenset({_SWITCH.get(fault, fault)}), doc)


def specimen(number: int) -> type[Any]:
    """A Value class with a fault: number 1 to 6. It has + - * / ** tanh backward zero_grad."""
    if number not in range(1, len(_SPECIMENS) + 1):
        raise ValueError(f"there are specimens 1 to {len(_SPECIMENS)}, not {number!r}")
    return _sick(_SPECIMENS[number - 1], f"Specimen {number}.")


def check_bug(number: int, fault: str, witness: Witness) -> Result:
    """Does the witness show the specimen's fault, and is it that one?"""
    title = f"find the bug, specimen {number}"
    try:
        _convict(number, fault, witness)
    except Wrong as found:
        return Result(title, False, found.message, found.hint, 0, WORTH)
    return Result(title, True, f"it is {fault!r}: {FAULTS[fault]}", "", WORTH, WORTH)


def _convict(number: int, fault: str, witness: Witness) -> None:
    sick_engine = specimen(number)
    true = _SPECIMENS[number - 1]
    if fault not in FAULTS:
        names = "; ".join(FAULTS)
        raise Wrong(f"there is no fault called {fault!r}", f"the names are: {names}")
    healthy = _testimony(witness, engine(), "a healthy engine")
    sick = _testimony(witness, sick_engine, f"specimen {number}")
    if _agree(healthy, sick):
        raise Wrong(
            f"your witness gives {_text(sick)} with the specimen and with a healthy engine: "
            "it does not show the fault",
            _WHERE_TO_LOOK[true],
        )
    if fault != true:
        claimed = _testimony(witness, _sick(fault, fault), f"an engine with {fault!r}")
        if _agree(claimed, sick):
            raise Wrong(
                f"{fault!r} would give {_text(sick)} too, but it is not this one: your "
                "witness does not tell the two apart",
                "shrink the witness, until only one thing in it can be wrong",
            )
        raise Wrong(
            f"with {fault!r} your witness would give {_text(claimed)}; this specimen gives "
            f"{_text(sick)} and a healthy engine {_text(healthy)}",
            "which contribution is missing, or too much? Do the sum by hand",
        )


def _testimony(witness: Witness, value: type[Any], who: str) -> Numbers:
    answer = attempt(f"your witness with {who}", witness, value)
    found = {} if hasattr(answer, "backward") else numbers(answer)
    if not found or not all(isinstance(number, float) for number in found.values()):
        raise Wrong(
            f"your witness returns {answer!r}",
            "return a gradient, such as a.grad, or a list of them",
        )
    return found


def _agree(first: Numbers, second: Numbers) -> bool:
    return len(first) == len(second) and all(map(close, first.values(), second.values()))


def _text(found: Numbers) -> str:
    texts = [shown(number) for number in found.values()]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
