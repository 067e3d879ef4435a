"""`jit`: a function of Values that is traced once and replayed by a compiled machine."""

from __future__ import annotations

import functools
import threading
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast, overload

from autodiff.context import current, is_uncompiled, modes, relaxed_collector
from autodiff.errors import check_function
from autodiff.value import Value

from .copies import Copied
from .explain import report
from .tracing.containers import fill, flatten
from .tracing.trace import active
from .tracing.variant import Retrace, Variant, trace

R = TypeVar("R")


class JitWarning(UserWarning):
    """A jitted function is run eagerly, because replaying it would not pay."""


class Jitted(Copied, Generic[R]):
    """A function made by `jit`: call it as the function itself."""

    def __init__(
        self, function: Callable[..., R], max_structures: int, max_variants: int, exact: bool
    ) -> None:
        self.__wrapped__: Callable[..., R] = function
        functools.update_wrapper(self, function, updated=())
        self.name: str = f"jit({getattr(function, '__name__', type(function).__name__)})"
        self._exact = exact
        self._max_structures = max_structures
        self._max_variants = max_variants
        self._variants: OrderedDict[Hashable, list[Variant]] = OrderedDict()
        self._hopeless: set[Hashable] = set()
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """The function's results as Values, computed by replaying its trace."""
        if is_uncompiled() or (modes and (active() is not None or current().strict)):
            return self.__wrapped__(*args, **kwargs)
        numbers: list[Any] = []
        structure = flatten((args, kwargs), numbers, whole=True)
        if structure in self._hopeless:
            return self._eagerly(args, kwargs)
        known = self._variants.get(structure)
        if known is None:
            return self._first(structure, args, kwargs, numbers)
        for variant in known:
            frame = variant.run(numbers)
            if frame is not None:
                break
        else:
            return self._first(structure, args, kwargs, numbers)
        if frame.suspect and variant.machine.raises(frame):
            return self._eagerly(args, kwargs)
        if known[0] is not variant:
            self._prefer(known, variant)
        return variant.finish(frame, numbers)

    def _first(self, structure: Hashable, args: Any, kwargs: Any, numbers: list[Any]) -> Any:
        """Trace the function for a structure or an outcome of guards not met so far."""
        known = self._variants.get(structure, [])
        if len(known) >= self._max_variants:
            self._give_up(structure, known)
            return self._eagerly(args, kwargs)
        try:
            with relaxed_collector():  # the trace is large, alive, and holds no cycles
                variant = trace(self.name, self.__wrapped__, args, kwargs, numbers, self._exact)
        except Retrace as failure:
            result = self._eagerly(args, kwargs)  # raises the same error, in its own words
            if failure.__cause__ is not None:  # it works on numbers, but not on traced Values
                raise failure.__cause__ from None
            return result
        frame = variant.run(numbers)
        if frame is None or (frame.suspect and variant.machine.raises(frame)):
            return self._eagerly(args, kwargs)
        with self._lock:
            self._variants.setdefault(structure, []).insert(0, variant)
            while len(self._variants) > self._max_structures:
                self._variants.popitem(last=False)
        return variant.finish(frame, numbers)

    def _eagerly(self, args: Any, kwargs: Any) -> Any:
        """The function itself, its numbers made Values as those of a replay are."""
        return fill(self.__wrapped__(*args, **kwargs), Value, float)

    def _prefer(self, known: list[Variant], variant: Variant) -> None:
        """Try this variant first next time."""
        with self._lock:
            known[:] = [variant, *[other for other in known if other is not variant]]

    def _give_up(self, structure: Hashable, known: list[Variant]) -> None:
        lines = sorted({guard.line for variant in known for guard in variant.guards})
        shown = ", ".join(lines[:3]) + (", ..." if len(lines) > 3 else "")
        warnings.warn(
            f"{self.name}: {len(known)} different paths were traced for the same arguments, and "
            f"this is one more; it runs eagerly from now on. Python decides by numbers at {shown}: "
            "use autodiff.where, relu, maximum or take there, or raise max_variants",
            JitWarning,
            stacklevel=4,
        )
        with self._lock:
            self._hopeless.add(structure)
            self._variants.pop(structure, None)

    def __get__(self, instance: Any, owner: type | None = None) -> Jitted[R]:
        """As a method: the instance is the first argument."""
        return self if instance is None else cast("Jitted[R]", types.MethodType(self, instance))

    def _made_from(self) -> tuple[Any, ...]:
        return self.__wrapped__, self._max_structures, self._max_variants, self._exact

    def explain(self) -> str:
        """What was traced: arguments, captured parameters, frozen numbers, guards, machine."""
        with self._lock:
            return report(self.name, self.__wrapped__, dict(self._variants), len(self._hopeless))

    def __repr__(self) -> str:
        return f"<{self.name}>"


@overload
def jit(
    f: Callable[..., R], /, *, exact: bool = False, max_structures: int = 64,
    max_variants: int = 16,
) -> Jitted[R]: ...  # fmt: skip
@overload
def jit(
    f: None = None, /, *, exact: bool = False, max_structures: int = 64, max_variants: int = 16
) -> Callable[[Callable[..., R]], Jitted[R]]: ...
def jit(
    f: Callable[..., Any] | None = None, /, *, exact: bool = False, max_structures: int = 64,
    max_variants: int = 16,
) -> Any:  # fmt: skip
    """Trace a function once, and replay it at the speed of a compiled machine.

    The first call with arguments of a given structure runs `f` on Values that record; later calls
    replay the recording with the numbers given. The results are ordinary Values: their
    `backward()` runs the compiled reverse sweep and adds to `.grad` of the captured parameters
    and of the Values among the arguments.

    * Numbers are those of `f`, bit for bit. Structure that repeats (a loop over examples, neurons,
      positions) is computed in lanes, and then the terms of a gradient are added up in another
      order: it differs from that of `f` by rounding. With `exact=True`, and where nothing
      repeats, gradients have the bits of `f` too.

    * Arguments are numbers, Values and NumPy arrays, in lists, tuples and dicts. All of them are
      data; strings, booleans and other objects select the trace.
    * Parameters that `f` uses without getting them as arguments are read at every call: their
      numbers, that is; a Value put in the place of another one is not seen. Plain floats that `f`
      closes over, random numbers and the time are frozen at the first call; what of it can be
      seen is listed by `jit(f).explain()`.
    * A comparison of Values is data for `where`. Where Python must decide (`if`, `and`, `max`, an
      index, `range`), the answer is checked at each call, and a different one traces again, up to
      `max_variants` times; then a JitWarning says so and `f` runs eagerly.
    * Reading `.data` or `float()` of a Value inside raises TraceError, which names the line.
    * Errors are those of `f`: a run that leaves a domain is repeated eagerly.
    * Inside `grad` and other transforms, and in `strict()`, the function runs eagerly.

    `max_structures` bounds how many structures of arguments are remembered. Methods and Modules
    may be jitted; `jit` may be used as a decorator, with or without arguments.

    >>> from autodiff import Value
    >>> w = Value(2.0)
    >>> @jit
    ... def loss(x, target):
    ...     return (w * x - target) ** 2
    >>> y = loss(3.0, 5.0)
    >>> y.backward()
    >>> y.data, w.grad
    (1.0, 6.0)
    """
    if f is None:
        return lambda function: jit(
            function, exact=exact, max_structures=max_structures, max_variants=max_variants
        )
    check_function("jit", f)
    if isinstance(f, Jitted):
        return f
    return Jitted(f, max_structures, max_variants, exact)
