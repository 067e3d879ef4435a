"""Running a learner's code: it may raise, recurse for ever, or never come back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from exercises.result import Wrong

#: Instructions of Python that one call may take: hundreds of times what a right solution needs.
STEPS = 1_000_000


class _TooLong(BaseException):
    """Not an Exception, so that no `except Exception` of the learner swallows it."""


def attempt(what: str, function: Callable[..., Any], *arguments: Any, hint: str = "") -> Any:
    """Call the learner's function; whatever it raises becomes a finding in words.

    A call that takes more than STEPS instructions of Python is stopped: the graphs of the checkers
    are small, so it is an endless loop, or a walk that goes through every path.
    """
    left = STEPS

    def tracer(frame: FrameType, *_: Any) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True  # `while True: pass` in one line has no line events
        left -= 1
        if left < 0:
            raise _TooLong
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        return function(*arguments)
    except _TooLong:
        raise Wrong(
            f"{what} does not come to an end",
            "a loop without an end, or a walk along every path: their number doubles with each "
            "shared node, so visit each node once",
        ) from None
    except RecursionError:
        raise Wrong(
            f"{what} calls itself without end",
            "does a method call itself, as in __radd__ that returns other + self?",
        ) from None
    except NotImplementedError:
        raise Wrong(
            f"{what} is not written yet", hint or "write it, and run the check again"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever the learner's code raises is reported
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise Wrong(f"{what} raises {said}", hint or _advice(error)) from None
    finally:
        sys.settrace(before)


def _advice(error: Exception) -> str:
    text = str(error)
    if isinstance(error, TypeError) and "unsupported operand" in text:
        return (
            "Python found no method for these operands; with a number on the left it asks the "
            "right operand's reflected method, __radd__ or __rmul__"
        )
    if isinstance(error, AttributeError) and ("'int' object" in text or "'float' object" in text):
        return "the other operand may be a plain number; turn it into a Value first"
    if isinstance(error, AttributeError):
        return "the name is missing on your class; is it spelled like that?"
    if isinstance(error, TypeError) and ("argument" in text or "positional" in text):
        return "compare the arguments that it takes with those in the exercise"
    return "make the same call in a cell of its own: Python shows the line where it happens"
