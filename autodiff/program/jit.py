"""`jit`: a function of Values that is traced once and replayed by a compiled machine."""

from __future__ import annotations

import functools
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, cast, overload

from autodiff.collector import relaxed_collector
from autodiff.complaints import check_function
from autodiff.errors import visible
from autodiff.locks import fork_safe
from autodiff.modes import current, is_uncompiled, modes
from autodiff.trees import opened

from .copies import Copied
from .explain import report
from .inputs import Arguments, Leaf, Named, Tree
from .tracing.containers import containers_in, flatten_call, valued
from .tracing.objects import Objects
from .tracing.plain import constant_of_trace
from .tracing.trace import active
from .tracing.trace_table import Paths
from .tracing.traced_run import Retrace, trace, untraceable
from .tracing.variant import Variant

R = TypeVar("R")


class JitWarning(UserWarning):
    """A jitted function is run eagerly, because replaying it would not pay."""


#: from so many traces on that never served a second call, a warning says that tracing is vain
WASTED = 32


class Jitted(Copied, Generic[R]):
    """A function made by `jit`: call it as the function itself."""

    def __init__(
        self, function: Callable[..., R], max_structures: int, max_variants: int, exact: bool
    ) -> None:
        self.__wrapped__: Callable[..., R] = function
        functools.update_wrapper(self, function, updated=())
        self.name: str = f"jit({visible(getattr(function, '__name__', type(function).__name__))})"
        self._exact = exact
        self._max_structures = max_structures
        self._max_variants = max_variants
        #: the traces of each structure of arguments; kept by use, as are the hopeless ones
        self._variants: OrderedDict[Hashable, Paths] = OrderedDict()
        self._hopeless: OrderedDict[Hashable, None] = OrderedDict()
        self._latest: Paths | None = None
        self._wasted = 0  # traces that were dropped before any call was answered by them
        self._lock = fork_safe()

    def __call__(self, *args: Tree, **kwargs: Tree) -> R:
        """The function's results as Values, computed by replaying its trace."""
        if is_uncompiled() or (modes and (active() is not None or current().strict)):
            return self._eagerly(args, kwargs)
        numbers: list[Leaf] = []
        structure = flatten_call(args, kwargs, numbers)
        known = self._variants.get(structure)
        if known is None:
            return self._first(structure, args, kwargs, numbers)
        if known is not self._latest:
            self._use(structure, known)
        fitting = known.fitting(numbers) if known.tables else known.plain
        for variant in fitting:
            watch = variant.watch
            if watch is None or watch.stands():
                frame = variant.run(numbers)
                if frame is not None:
                    break
        else:
            return self._first(structure, args, kwargs, numbers)
        if frame.suspect and variant.machine.raises(frame):
            return self._eagerly(args, kwargs)
        if fitting[0] is not variant or variant.pins:
            with self._lock:
                known.prefer(variant)
        variant.replayed = True
        return variant.finish(frame, numbers, (args, kwargs))

    def _first(
        self, structure: Hashable, args: Arguments, kwargs: Named, numbers: list[Leaf]
    ) -> Tree:
        """Trace the function for a structure or an outcome of guards not met so far."""
        if structure in self._hopeless:
            with self._lock:
                if structure in self._hopeless:
                    self._hopeless.move_to_end(structure)
            return self._eagerly(args, kwargs)
        known = self._variants.get(structure) or Paths()
        if known.hopeless:
            return self._give_up(structure, known, args, kwargs)
        standing = [variant for variant in known.fitting(numbers) if variant.stands()]
        settle = len(standing) >= self._max_variants
        try:
            with relaxed_collector():  # the trace is large, alive, and holds no cycles
                variant = trace(
                    self.name, self.__wrapped__, args, kwargs, numbers, self._exact, settle
                )
        except Retrace as failure:
            if failure.__cause__ is None:
                self._in_vain(structure)
                return self._eagerly(args, kwargs)
            before = Objects((args, kwargs), containers=True)
            self._eagerly(args, kwargs)  # raises the same error, in its own words
            before.restore()  # it works on numbers, but not on traced Values
            raise untraceable(self.name, failure.__cause__) from failure.__cause__
        frame = variant.run(numbers)
        if frame is None or (frame.suspect and variant.machine.raises(frame)):
            return self._eagerly(args, kwargs)
        if not self._keep(structure, variant, numbers):
            return self._give_up(structure, self._variants[structure], args, kwargs)
        return variant.finish(frame, numbers, (args, kwargs))

    def _in_vain(self, structure: Hashable) -> None:
        """Remember that f caught an error of an operation; after some such calls in a row, give up.

        An `except` is a branch on a number that no guard can check.
        """
        with self._lock:
            known = self._variants.setdefault(structure, Paths())
            known.vain += 1
            while len(self._variants) > self._max_structures:
                self._variants.popitem(last=False)
        if known.vain >= self._max_variants:
            self._run_eagerly(
                structure,
                f"in {known.vain} calls one after the other f caught what an operation raised, "
                "which no trace can hold; it runs eagerly from now on. Ask before the operation "
                "instead (`if x > 0:`), or use autodiff.where",
            )

    def _keep(self, structure: Hashable, variant: Variant, numbers: list[Leaf]) -> bool:
        """Remember a trace, unless another thread has traced the same; forget the least used.

        False where there is no room for one more path.
        """
        with self._lock:
            known = self._variants.setdefault(structure, Paths())
            known.vain = 0
            dropped: list[Variant] = []
            standing = [each for each in known.fitting(numbers) if each.stands()]
            if not _answer(standing, numbers):
                if not known.takes(variant, self._max_variants):
                    return False
                dropped += known.add(variant, self._max_variants)
            self._use(structure, known)
            while len(self._variants) > self._max_structures:
                dropped += self._variants.popitem(last=False)[1]
            before = self._wasted
            self._wasted += sum(not each.replayed for each in dropped)
        if before < WASTED <= self._wasted:
            warnings.warn(
                f"{self.name}: {self._wasted} traces were forgotten before they served a second "
                "call, so tracing costs more than it saves. Each length, text and object among the "
                "arguments and each setting of what f reads elsewhere is traced apart, and "
                f"{self._max_structures} structures of arguments are kept: pad sequences to a few "
                "lengths, pass what changes as a number or a Value, or raise max_structures",
                JitWarning,
                stacklevel=4,
            )
        return True

    def _use(self, structure: Hashable, known: Paths) -> None:
        """Structures are forgotten in the order of their last use."""
        with self._lock:
            if self._variants.get(structure) is known:
                self._variants.move_to_end(structure)
                self._latest = known

    def _eagerly(self, args: Arguments, kwargs: Named) -> Tree:
        """The function itself, its numbers made Values as those of a replay are."""
        return eagerly(self.__wrapped__, args, kwargs)

    def _give_up(self, structure: Hashable, known: Paths, args: Arguments, kwargs: Named) -> Tree:
        """Run eagerly, now and from now on, and say so."""
        lines = sorted({guard.line for variant in known for guard in variant.guards})
        shown = ", ".join(lines[:3]) + (", ..." if len(lines) > 3 else "")
        self._run_eagerly(
            structure,
            f"{len(known)} different paths were traced for the same arguments, and "
            f"this is one more; it runs eagerly from now on. Python decides by numbers at {shown}: "
            "use autodiff.where, relu, maximum or take there, do without keys and texts made of "
            "numbers, or raise max_variants",
        )
        return self._eagerly(args, kwargs)

    def _run_eagerly(self, structure: Hashable, why: str) -> None:
        """From now on, for arguments of a structure; with a warning."""
        warnings.warn(f"{self.name}: {why}", JitWarning, stacklevel=5)
        with self._lock:
            self._hopeless[structure] = None
            self._variants.pop(structure, None)
            while len(self._hopeless) > self._max_structures:
                self._hopeless.popitem(last=False)

    def __get__(self, instance: object, owner: type | None = None) -> Jitted[R]:
        """As a method: the instance is the first argument."""
        return self if instance is None else cast("Jitted[R]", types.MethodType(self, instance))

    def _made_from(self) -> tuple[object, ...]:
        return self.__wrapped__, self._max_structures, self._max_variants, self._exact

    def explain(self) -> str:
        """What was traced: arguments, captured parameters, frozen numbers, guards, machine."""
        with self._lock:
            return report(self.name, dict(self._variants), len(self._hopeless))

    def __repr__(self) -> str:
        return f"<{self.name}>"


def _answer(variants: list[Variant], numbers: list[Leaf]) -> bool:
    """Whether one of these traces answers a call with such numbers."""
    return any(variant.run(numbers) is not None for variant in variants)


def eagerly(function: Callable[..., Tree], args: Arguments, kwargs: Named) -> Tree:
    """A function's own result, its numbers made Values; arguments in it stay what they are."""
    if active() is not None:  # a constant of an outer trace, whose results are Values all the same
        args = tuple([constant_of_trace(x) for x in args])
    result = function(*args, **kwargs)
    given = containers_in((args, kwargs)) if opened(result) is not None else set()
    return valued(result, lambda part: id(part) in given)


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
    f: Callable[..., Tree] | None = None, /, *, exact: bool = False, max_structures: int = 64,
    max_variants: int = 16,
) -> Tree:  # fmt: skip
    """Trace a function once, and replay it at the speed of a compiled machine.

    The first call with arguments of a given structure runs `f` on Values that record; later calls
    replay the recording with the numbers given. The results are ordinary Values: their
    `backward()` runs the compiled reverse sweep and adds to `.grad` of the captured parameters
    and of the Values among the arguments.

    * Numbers are those of `f`, bit for bit. Structure that repeats (a loop over examples, neurons,
      positions) is computed side by side, and then the terms of a gradient are added up in another
      order: it differs from that of `f` by rounding. With `exact=True`, and where nothing
      repeats, gradients have the bits of `f` too.

    * Arguments are numbers, Values and NumPy arrays, in lists, tuples and dicts. All of them are
      data; strings, booleans and other objects select the trace.
    * Parameters that `f` uses without getting them as arguments are read at every call. Another
      Value in the place of one is noticed under the names that `f` uses, in lists and dicts, in
      defaults, classes and modules, and in attributes of Modules (of all that is `Watched`), whose
      modes and plain attributes are noticed as well. Plain floats that `f` closes over, attributes
      of other objects, random numbers and the time are frozen when it is traced; what of it can be
      seen is listed by `jit(f).explain()`.
    * Results are new objects in each call, except arguments and what stood outside before. An `f`
      that writes to its arguments, or stores what it computes outside, raises TraceError.
    * A comparison is data for `where`. Where Python needs an answer (`if`, `max`, an index, a key,
      a text), it is checked at each call, and a different one traces again: up to `max_variants`
      paths, and 256 different numbers as keys; then a JitWarning says so and `f` runs eagerly.
    * Reading `.data` or `float()` of a number inside raises TraceError, which names the line.
    * Errors are those of `f`: a run that leaves a domain is repeated eagerly.
    * Inside `grad` and other transforms, and in `strict()`, the function runs eagerly.

    `max_structures` bounds how many structures of arguments are remembered, those used last; a
    JitWarning says when traces are forgotten before they have served. Methods and Modules
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
