"""Find the bug: six engines and training loops that are almost right.

`specimen(n)` gives a Value class with one fault. Write a `witness`: a function that takes a Value
class, computes something with it, and returns a gradient (or a list of them) that comes out wrong.
Then name the fault: `check_bug(n, "a name out of FAULTS", witness)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exercises.compare import close, shown
from exercises.limits import attempt
from exercises.result import Result, Wrong, wrong
from exercises.zoo import (
    Healthy,
    Leaking,
    NeverZero,
    Overwriting,
    Stale,
    Unordered,
    WrongTanh,
)

#: The names of the faults, and what each means.
FAULTS: dict[str, str] = {
    "= for +=": "a value used twice keeps only one contribution",
    "no topological order": "a node passes on its gradient before all of it has arrived",
    "no zero_grad": "zero_grad() leaves the old gradients where they are",
    "__radd__ leaks .data": "number + value forgets the value",
    "wrong local derivative": "one operation's derivative is another function",
    "stale gradients": "a second backward() starts from what the first one left inside",
}

_ENGINES: dict[str, type[Healthy]] = {
    "= for +=": Overwriting,
    "no topological order": Unordered,
    "no zero_grad": NeverZero,
    "__radd__ leaks .data": Leaking,
    "wrong local derivative": WrongTanh,
    "stale gradients": Stale,
}

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


def specimen(number: int) -> type[Any]:
    """A Value class with a fault: number 1 to 6. It has + - * ** tanh backward zero_grad."""
    if number not in range(1, len(_SPECIMENS) + 1):
        raise ValueError(f"there are specimens 1 to {len(_SPECIMENS)}, not {number!r}")
    engine = _ENGINES[_SPECIMENS[number - 1]]
    return type("Value", (engine,), {"__doc__": f"Specimen {number}."})


def check_bug(number: int, fault: str, witness: Witness) -> Result:
    """Does the witness show the specimen's fault, and is it that one?"""
    exercise = f"find the bug, specimen {number}"
    try:
        true = _SPECIMENS[number - 1]
        if fault not in FAULTS:
            names = "; ".join(FAULTS)
            raise Wrong(f"there is no fault called {fault!r}", f"the names are: {names}")
        healthy = _testimony(witness, Healthy, "a healthy engine")
        sick = _testimony(witness, specimen(number), f"specimen {number}")
        if _agree(healthy, sick):
            raise Wrong(
                f"your witness gives {_text(sick)} with the specimen and with a healthy engine: "
                "it does not show the fault",
                _WHERE_TO_LOOK[true],
            )
        if fault != true:
            claimed = _testimony(witness, _ENGINES[fault], f"an engine with {fault!r}")
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
    except Wrong as found:
        return wrong(exercise, found)
    return Result(exercise, True, f"it is {fault!r}: {FAULTS[fault]}")


def _testimony(witness: Witness, engine: type[Any], who: str) -> list[float]:
    found = attempt(f"your witness with {who}", witness, engine)
    numbers = found if isinstance(found, (list, tuple)) else [found]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Wrong(
                f"your witness returns {number!r}",
                "return a gradient, such as a.grad, or a list of them",
            )
    return [float(number) for number in numbers]


def _agree(first: list[float], second: list[float]) -> bool:
    return len(first) == len(second) and all(
        close(a, b) for a, b in zip(first, second, strict=True)
    )


def _text(numbers: list[float]) -> str:
    shown_ = [shown(number) for number in numbers]
    return shown_[0] if len(shown_) == 1 else f"[{', '.join(shown_)}]"
