"""Running a learner's code: it may raise, recurse for ever, or never come back."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from exercises.result import Wrong

#: Instructions of Python that one call may take: hundreds of times what a right solution needs.
STEPS = 1_000_000

#: Seconds that one call may take, for what is not Python: a sleep, a question to the keyboard.
SECONDS = 10.0

#: Seconds between two rings of the alarm.
AGAIN = 0.005


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
            _ring_again()
            raise _TooLong
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        # What it prints on forty points would bury the answer.
        with _alarm(), contextlib.redirect_stdout(io.StringIO()):
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
    except SystemExit:
        raise Wrong(f"{what} ends the program", "return the answer, without exit()") from None
    except Wrong:
        raise
    except NotImplementedError:
        raise Wrong(
            f"{what} is not written yet", hint or "write it, and run the check again"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever the learner's code raises is reported
        text = _INSIDE.sub("your function", str(error))
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise Wrong(f"{what} raises {said}", hint or _advice(error)) from None
    finally:
        sys.settrace(before)


def _can_ring() -> bool:
    main = threading.current_thread() is threading.main_thread()
    return main and hasattr(signal, "setitimer")


def _ring_again() -> None:
    """Ring until it is heard: a bare `except:` in a loop swallows what is raised in its `try`."""
    if _can_ring():
        signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    """Stop what does not execute Python; only the main thread can be woken, and not on Windows."""
    if not _can_ring():
        yield
        return

    def ring(_: int, frame: FrameType | None) -> None:
        # Not while this file is on its way out; the next ring comes soon.
        if frame and frame.f_code.co_filename not in (__file__, contextlib.__file__):
            raise _TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


#: What Python calls a function without a name, or one inside another.
_INSIDE = re.compile(r"(\w+\.<locals>\.)*<lambda>|\w+\.<locals>\.(?=\w)")

#: Python's sign, and the methods that it asks: of the left operand, of the right one.
_METHODS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "** or pow()": "pow",
    "unary -": "neg",
}  # fmt: skip
_OPERANDS = re.compile(
    r"unsupported operand type\(s\) for (.+): '(\w+)' and '(\w+)'"
    r"|bad operand type for (unary -): '(\w+)'"
)


def _advice(error: Exception) -> str:
    text = str(error)
    if isinstance(error, TypeError) and (match := _OPERANDS.match(text)):
        method = _METHODS.get(match[1] or match[4], "…")
        if match[2] in ("int", "float"):
            return f"with a number on the left, Python asks the right operand: write __r{method}__"
        return f"Python asks the left operand for a method that it lacks: write __{method}__"
    if isinstance(error, AttributeError) and ("'int' object" in text or "'float' object" in text):
        return "the other operand may be a plain number; turn it into a Value first"
    if isinstance(error, AttributeError):
        return "the name is missing on your class; is it spelled like that?"
    if isinstance(error, TypeError) and ("argument" in text or "positional" in text):
        return "compare the arguments that it takes with those in the exercise"
    if isinstance(error, OverflowError):
        return "a number on the way is too large: rearrange, so that exp never sees a large number"
    if isinstance(error, ZeroDivisionError):
        return "something on the way may be 0 there: which divisor is it?"
    return "make the same call in a cell of its own: Python shows the line where it happens"
