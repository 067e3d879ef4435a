"""Modes in which operations run: `no_grad`, `strict`, `scope`, and the hook of tracing.

Modes belong to the context (a thread, an asyncio task), not to the process. The hot path of the
engine only asks whether any mode is on anywhere: `if modes`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

from .complaints import caller
from .errors import OperandError
from .graph import Node, Note
from .locks import fork_safe
from .strictness import check_result

F = TypeVar("F", bound=Callable[..., Any])
N = TypeVar("N", bound=Node)


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
    observer: Callable[[Any], Any] | None = None
    asked: Callable[[Any], Any] | None = None  # see `asked`
    make: Callable[..., Any] | None = None  # of a trace that alone is on: makes operators' nodes


_DEFAULT = Mode()
_mode: ContextVar[Mode] = ContextVar("autodiff mode", default=_DEFAULT)

#: One entry per mode that is on in any context; empty almost always.
modes: list[Mode] = []


#: The mode of this context.
current: Callable[[], Mode] = _mode.get


def asked(value: N) -> N | None:
    """Who answers in the place of a Value whose number is asked for: nobody, except in a trace.

    What a traced function asks of a parameter, or writes to it, must not be frozen unseen.
    """
    answer = _mode.get().asked
    return None if answer is None else answer(value)


@contextmanager
def entered(**changes: Any) -> Iterator[None]:
    """The current mode with some fields changed, inside a `with` block."""
    before = _mode.get()
    mode = replace(before, **{"make": None, **changes})
    late = False
    try:
        modes.append(mode)
        if mode.asked is not None:
            _switch()
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
            if mode.asked is not None:
                _switch()


#: attributes that ask `asked` first: class, name, and how it is with the question and without
_asking: list[tuple[type, str, property, property]] = []
_switches = 0
#: Python gives up looking fast at a class that has been changed a thousand times
_MOST_SWITCHES = 900
_switching = fork_safe()


def asks_in_traces(kind: type, name: str, plain: property) -> None:
    """Let an attribute of a class be a `plain` one, which is faster, until there is a trace."""
    _asking.append((kind, name, vars(kind)[name], plain))
    setattr(kind, name, plain)


def _switch() -> None:
    """Let these attributes ask as long as some mode has an answer."""
    global _switches
    with _switching:
        asked = any(mode.asked is not None for mode in [*modes])
        if not asked and _switches >= _MOST_SWITCHES:
            return  # they go on asking
        for kind, name, asking, plain in _asking:
            wanted = asking if asked else plain
            if vars(kind)[name] is not wanted:
                setattr(kind, name, wanted)
                _switches += 1


class _Different(Exception):
    """A Value was asked whether it equals another one."""


def _differs(_: object) -> None:
    raise _Different


_IDENTITY = Mode(asked=_differs)


def identical(held: list[list[Any]], now: list[list[Any]]) -> bool:
    """Whether lists hold the very same objects: in C, at a nanosecond for each.

    Lists compare the same object to itself without asking it. So a Value that is asked has met
    another one. Objects in `held` have the `==` of Value or of object.
    """
    before = _mode.get()
    try:
        modes.append(_IDENTITY)
        _mode.set(_IDENTITY)
        return held == now
    except _Different:
        return False
    finally:
        try:
            _mode.set(before)
        finally:  # also where an interrupt comes right after the line above
            if _IDENTITY in modes:
                modes.remove(_IDENTITY)


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


def _after_fork() -> None:
    """In a forked process the blocks of other threads will never end."""
    if _mode.get() is _DEFAULT:
        modes.clear()
        _switch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def finish(node: N) -> N:
    """Apply the mode of this context to a node that has just been computed."""
    mode = _mode.get()
    if mode.strict:
        node._note = Note(mode.scope, caller())
        check_result(node)
    elif mode.scope:
        node._note = Note(mode.scope)
    if mode.observer is not None:
        return mode.observer(node)  # type: ignore[no-any-return]  # the node, or another of its kind
    if not mode.recording:
        node.primitive = node._x = node._y = None
    return node
