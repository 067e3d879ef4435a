"""What only instructions tell: names, why C code asks for a float, who tests `is True`.

`math.isnan(x)` and `"%.2f" % x` ask a number for its float as `math.sin(x)` does. For the first two
the answer of a traced number can be a guard; the third one would lose the gradient. And a condition
that is compared by identity (`is True`, `case False:`) must be a bool.
"""

from __future__ import annotations

import dis
import functools
import sys
from types import CodeType, FrameType

from autodiff.complaints import is_inside

_TRACER = "autodiff.program.tracing.traced_run"  # the module that calls the traced function
PREDICATES = frozenset(("isnan", "isinf", "isfinite"))
_NAMES = PREDICATES | {"hasattr", "getattr"}
#: instructions that look names up: outside of a function, and in objects
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")


@functools.lru_cache(1_000)
def names_in(code: CodeType, kinds: tuple[str, ...]) -> list[str]:
    """The names that instructions of some kinds use in a function, inner functions included."""
    found = {part.argval for part in dis.get_instructions(code) if part.opname in kinds}.union(
        *(names_in(part, kinds) for part in code.co_consts if isinstance(part, CodeType))
    )
    return sorted(found)


def reason(frame: FrameType | None) -> str | None:
    """`isnan` or the like, `hasattr`, `%` for the formatting of text, None for anything else."""
    if frame is None:
        return None
    kind, name = called(frame)
    return name if kind == "CALL" and name in _NAMES else "%" if kind == "%" else None


def is_numpy(frame: FrameType) -> bool:
    """Whether code of NumPy asks."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "numpy"


def beyond_numpy(frame: FrameType) -> FrameType:
    """The frame that called NumPy."""
    while is_numpy(frame) and frame.f_back is not None:
        frame = frame.f_back
    return frame


def called(frame: FrameType) -> tuple[str, str]:
    """The kind of instruction at which a frame is, and the name of the function if it calls one.

    The formatting of text is `%`.
    """
    return _called(frame.f_code, frame.f_lasti)


@functools.lru_cache(maxsize=256)
def _called(code: CodeType, offset: int) -> tuple[str, str]:
    names: dict[object, str] = {}
    for instruction in dis.get_instructions(code):
        place = instruction.positions
        start = (place.lineno, place.col_offset) if place else None
        if instruction.offset == offset:
            if instruction.opname in ("CALL", "PRECALL", "CALL_KW"):
                return "CALL", names.get(start, "")
            remainder = instruction.opname == "BINARY_OP" and instruction.argrepr.startswith("%")
            return "%" if remainder else instruction.opname, ""
        # What loads the function begins where the call begins; an argument begins later.
        if isinstance(instruction.argval, str) and instruction.opname.startswith("LOAD"):
            names[start] = instruction.argval
    return "", ""


def is_asked_by_name(frame: FrameType, name: str) -> bool:
    """Whether a user's line asks for an attribute by its name, as NumPy's C code does not."""
    if is_inside(frame.f_globals.get("__name__", "")):
        return False
    return _loads(frame.f_code, frame.f_lasti) == name or reason(frame) in ("hasattr", "getattr")


@functools.lru_cache(maxsize=1024)
def _loads(code: CodeType, offset: int) -> object:
    found = {each.offset: each.argval for each in dis.get_instructions(code)}
    return found.get(offset)


def wants_bools() -> bool:
    """Whether the traced function, or what it runs, compares with True or False by identity."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") != _TRACER:
        if _has_identity_test(frame.f_code):
            return True
        frame = frame.f_back
    return False


@functools.lru_cache(maxsize=1024)
def _has_identity_test(code: CodeType) -> bool:
    before: object = None
    if not any(constant is True or constant is False for constant in code.co_consts):
        return False
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IS_OP" and isinstance(before, bool):
            return True
        before = instruction.argval
    return False
