"""Modes in which operations run: `no_grad`, `strict`, `scope`, and the hook of tracing.

Modes belong to the context (a thread, an asyncio task), not to the process. The hot path of the
engine only asks whether any mode is on anywhere: `if modes`.
"""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import get_ident
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast, overload

from .errors import NonFiniteError, OperandError, StaleGraphError, formula_text, operands_text
from .locks import fork_safe

if TYPE_CHECKING:
    from .value import Value


F = TypeVar("F", bound=Callable[..., Any])


if TYPE_CHECKING:

    class Block(Protocol):
        """A context manager that is a decorator, too."""

        def __enter__(self) -> None: ...
        def __exit__(self, *error: object) -> None: ...
        def __call__(self, function: F, /) -> F: ...

else:
    Block = AbstractContextManager


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """What happens to a node that has just been computed."""

    recording: bool = True
    strict: bool = False
    scope: tuple[str, ...] = ()
    observer: Callable[[Value], Value] | None = None
    asked: Callable[[Value], Value] | None = None  # see `asked`


class Note(NamedTuple):
    """What a node remembers beyond its operands: where it was computed."""

    scope: tuple[str, ...] = ()
    line: str | None = None


NO_NOTE = Note()
_DEFAULT = Mode()
_mode: ContextVar[Mode] = ContextVar("autodiff mode", default=_DEFAULT)

#: One entry per mode that is on in any context; empty almost always.
modes: list[Mode] = []


def note_of(node: Value) -> Note:
    """The note of a node; most nodes have none, and their slot is unset."""
    return getattr(node, "_note", NO_NOTE)


def current() -> Mode:
    """The mode of this context."""
    return _mode.get()


def asked(value: Value) -> Value | None:
    """Who answers in the place of a Value whose number is asked for: nobody, except in a trace.

    What a traced function asks of a parameter, or writes to it, must not be frozen unseen.
    """
    answer = _mode.get().asked
    return None if answer is None else answer(value)


@contextmanager
def entered(**changes: Any) -> Iterator[None]:
    """The current mode with some fields changed, inside a `with` block."""
    before = _mode.get()
    mode = replace(before, **changes)
    late = False
    try:
        modes.append(mode)
        _mode.set(mode)
        yield
    except GeneratorExit:
        # An interrupt came inside contextlib, and this generator is closed late, perhaps after
        # the blocks around it: what those have put back must stay.
        late = True
        raise
    finally:
        try:
            if not late or _mode.get() is mode:
                _mode.set(before)
        finally:
            if mode in modes:
                modes.remove(mode)


#: Whether functions made by jit run eagerly here. No mode: it must not slow down the operations.
_uncompiled: ContextVar[bool] = ContextVar("autodiff uncompiled", default=False)


@contextmanager
def uncompiled() -> Iterator[None]:
    """Inside this block functions made by jit run eagerly: transforms need the graph itself."""
    before = _uncompiled.get()
    try:
        _uncompiled.set(True)
        yield
    finally:
        _uncompiled.set(before)


def is_uncompiled() -> bool:
    """Whether functions made by jit run eagerly in this context."""
    return _uncompiled.get()


@overload
def no_grad(function: None = None, /) -> Block: ...
@overload
def no_grad(function: F, /) -> F: ...
def no_grad(function: Any = None, /) -> Any:
    """Inside this block operations give Values without operands: nothing is recorded.

    Exception-safe; local to the thread or asyncio task. Also a decorator: `@no_grad`.

    >>> from autodiff import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """
    block = entered(recording=False)
    if function is not None and not callable(function):
        raise OperandError(f"@no_grad decorates a function, not {type(function).__name__}")
    return block if function is None else block(function)


def strict() -> Block:
    """Inside this block every nan, every inf and every stale operand is an error.

    An operation whose result is not finite raises `NonFiniteError`; `backward()` also checks all
    adjoints, and raises `StaleGraphError` when an operand was changed after the graph was built.
    Messages name the operation, the operands and the source line. `float()` of a computed Value
    raises instead of warning. Slower than the ordinary mode.

    >>> from autodiff import Value
    >>> with strict():
    ...     Value(1e200, "x") * 1e200
    Traceback (most recent call last):
    autodiff.errors.NonFiniteError: x * y: x = 1e+200, y = 1e+200: the result is inf ...
    """
    return cast("Block", entered(strict=True))


def scope(name: str) -> Block:
    """Nodes computed inside this block belong to the scope `name`; scopes nest.

    Drawings collapse a scope into one card.

    >>> from autodiff import Value
    >>> with scope("layer 0"), scope("neuron 3"):
    ...     y = Value(2.0) + 1.0
    >>> y.scope
    ('layer 0', 'neuron 3')
    """
    return cast("Block", entered(scope=(*current().scope, name)))


def current_scope() -> tuple[str, ...]:
    """The names of the `scope` blocks around the caller, outermost first; () outside of any.

    >>> with scope("layer 0"):
    ...     current_scope()
    ('layer 0',)
    """
    return current().scope


#: The blocks of `relaxed_collector` that are open in any thread. The first one changes the setting,
#: the last one puts it back: blocks of several threads overlap without nesting.
_relaxed: list[tuple[int, object]] = []
_thresholds: list[int] = [*gc.get_threshold()]
_relaxing = fork_safe()


@contextmanager
def relaxed_collector() -> Iterator[None]:
    """Run Python's cyclic garbage collector more rarely inside this block.

    A graph holds no reference cycles, so it needs no collector, but while one graph is alive and
    the next is being built, the collector walks through both again and again (half the time of a
    training step). Inside the block full collections are a hundred times rarer. The setting is
    one of the whole process; it is put back at the end.

    >>> import gc
    >>> before = gc.get_threshold()
    >>> with relaxed_collector():
    ...     assert gc.get_threshold() != before
    >>> gc.get_threshold() == before
    True
    """
    mine = get_ident(), object()
    try:
        with _relaxing:
            if not _relaxed:
                _thresholds[:] = gc.get_threshold()
                young, middle, old = _thresholds
                gc.set_threshold(max(young, 100_000), max(middle, 10), max(old, 1_000))
            _relaxed.append(mine)
        yield
    finally:
        with _relaxing:
            if mine in _relaxed:
                _relaxed.remove(mine)
            if not _relaxed:
                gc.set_threshold(*_thresholds)


def _after_fork() -> None:
    """In a forked process the blocks of other threads will never end."""
    if _mode.get() is _DEFAULT:
        modes.clear()
    if _relaxed:
        _relaxed[:] = [block for block in _relaxed if block[0] == get_ident()]
        if not _relaxed:
            gc.set_threshold(*_thresholds)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def finish(node: Value) -> Value:
    """Apply the mode of this context to a node that has just been computed."""
    mode = _mode.get()
    if mode.strict:
        line = _caller()
        node._note = Note(mode.scope, line)
        if not math.isfinite(node._data):
            raise NonFiniteError(f"{_named(node)}: the result is {node._data!r} ({line})")
    elif mode.scope:
        node._note = Note(mode.scope)
    if mode.observer is not None:
        return mode.observer(node)
    if not mode.recording:
        node.primitive = node._x = node._y = None
    return node


def check_graph(order: list[Value]) -> None:
    """In strict mode: every node still has the value that its operands give."""
    if not current().strict:
        return
    for node in order:
        if node.primitive is None:
            continue
        operands = [getattr(operand, "data", operand) for operand in node.operands]
        again = node.primitive.total.forward(*operands)
        if again != node._data and not (again != again and node._data != node._data):
            raise StaleGraphError(
                f"{_named(node)}: computed as {node._data!r}, these operands give {again!r}: one "
                f"was changed after the graph was built{_place(node)}; build the graph again"
            )


def check_adjoints(order: list[Value]) -> None:
    """In strict mode: no adjoint is nan or infinite."""
    if not current().strict:
        return
    from .pullback import local_derivative

    for node in reversed(order):
        adjoint: Any = node._adjoint  # a float inside the sweep
        if node.primitive is None or not math.isfinite(adjoint):
            continue
        for index, operand in enumerate(node.operands):
            if isinstance(operand, float) or math.isfinite(operand._adjoint):
                continue
            operands = [getattr(each, "data", each) for each in node.operands]
            local = local_derivative(node.primitive, index, node._data, operands)
            if local is None or math.isfinite(local * adjoint):
                continue
            raise NonFiniteError(
                f"{_named(node)}: the derivative by operand {index} is {local!r}, the adjoint "
                f"{adjoint!r}: the gradient is not finite{_place(node)}"
            )
    for node in order:
        adjoint = node._adjoint
        if not math.isfinite(adjoint):
            raise NonFiniteError(f"the gradient of {node!r} is {adjoint!r}{_place(node)}")


def _named(node: Value) -> str:
    assert node.primitive is not None
    operands = node.operands
    return f"{formula_text(node.primitive, operands)}: {operands_text(node.primitive, operands)}"


def _place(node: Value) -> str:
    line = note_of(node).line
    return f" ({line})" if line else ""


def _caller() -> str:
    """The user's source line: of the first frame outside this package and outside libraries."""
    outside = frame = sys._getframe(2)
    while frame.f_back is not None:
        if not _ours(frame.f_globals.get("__name__", "")):
            if _ours(outside.f_globals.get("__name__", "")):
                outside = frame
            if not is_library(frame.f_code):
                break
        frame = frame.f_back
    else:  # there is none, or it is the outermost one
        if _ours(outside.f_globals.get("__name__", "")) or not is_library(frame.f_code):
            outside = frame
        frame = outside
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


_STANDARD = os.__file__.removesuffix("os.py")


def is_library(code: CodeType) -> bool:
    """Whether code belongs to the standard library or to an installed package."""
    return code.co_filename.startswith((_STANDARD, "<frozen ")) or (
        "site-packages" in code.co_filename
    )


def _ours(module: str) -> bool:
    return module.split(".")[0] in ("autodiff", "nn")
