"""`vmap`: one scalar function over many examples, traced once."""

from __future__ import annotations

import functools
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar, cast

from autodiff.collector import relaxed_collector
from autodiff.complaints import check_function
from autodiff.errors import OperandError
from autodiff.locks import fork_safe
from autodiff.modes import current, is_uncompiled, modes

from .batches.arguments import Arguments
from .batches.batch import Batch
from .batches.batch_numbers import Results
from .batches.batch_path import Path, Segment
from .batches.examples import MOST_STRUCTURES, Examples, Operands, by_structure
from .copies import Copied
from .explain import describe
from .inputs import Tree
from .jit import WASTED, Jitted, JitWarning, eagerly, jit
from .machine import chosen
from .numpy_types import numpy
from .tracing.statics import UnfitArgument
from .tracing.trace import active
from .tracing.trace_table import MOST_NUMBERS
from .tracing.traced_run import Retrace, trace

R = TypeVar("R")

#: paths that are traced for examples of one structure, and structures that are remembered
_MOST_PATHS, _MOST_STRUCTURES = 16, 64
_FEW = 2  # examples that could as well have been run eagerly


def vmap(f: Callable[..., R], /, in_axes: int | Sequence[int | None] | None = 0) -> Mapped[R]:
    """A function that maps f over the entries of its arguments and returns the list of results.

    `in_axes` says which arguments hold one entry per example (0: a list, a tuple, the rows of an
    array) and which are the same for all (None); one answer for all arguments, or one for each.
    A dict of such arguments is taken apart entry by entry. The meaning is that of

        [f(x, y) for x, y in zip(xs, ys, strict=True)]

    with `f` traced once, for one example, and run over blocks of examples: memory does not grow
    with their number, and NumPy arrays go in without a loop in Python. The result is a list that
    makes the Value of an example when it is looked at; `autodiff.sum` and `autodiff.mean` take it
    as a whole, and then the results have no `grad` of their own. `results.numbers` is an array of
    all numbers at once: one per example, or a row of them.

    Numbers are those of the loop, bit for bit. Captured parameters are shared; their gradients
    add up over the examples in pairs, so they differ from those of the loop by rounding, and there
    is no `exact` as `jit` has it. Examples of different structures, and those for which Python
    decides differently, are traced apart, up to 16 paths of each structure; others run eagerly,
    and a JitWarning says so. Everything else is as `jit` has it: what is data, what is frozen;
    `vmap(f).explain()` says what was traced.

    Raises ShapeError for arguments of different lengths, and what the loop raises, with a note
    that names the example. Inside `jit`, `grad` and other transforms, in `strict()` and without
    the extra "jit" it is the plain loop.

    >>> from autodiff import Value, mean
    >>> w = Value(3.0)
    >>> squares = vmap(lambda x: w * x * x)
    >>> results = squares([1.0, 2.0])
    >>> [y.data for y in results]
    [3.0, 12.0]
    >>> results.numbers
    array([ 3., 12.])
    >>> mean(results).backward()
    >>> w.grad
    2.5
    """
    check_function("vmap", f)
    mapped: Mapped[R] = Mapped(f, in_axes)
    functools.update_wrapper(mapped, f, updated=())
    return mapped


class Mapped(Copied, Generic[R]):
    """A function made by `vmap`."""

    __wrapped__: Callable[..., R]

    def __init__(
        self, function: Callable[..., R], in_axes: int | Sequence[int | None] | None
    ) -> None:
        self._function = function
        self._in_axes = in_axes
        self._jitted: Jitted[R] = jit(function)
        self._name = f"vmap({getattr(function, '__name__', type(function).__name__)})"
        self._known: OrderedDict[Hashable, list[Path]] = OrderedDict()  # kept by use
        self._warned: OrderedDict[Hashable, None] = OrderedDict()
        self._wasted = 0  # traces that were dropped before they had served
        self._lock = fork_safe()

    def __get__(self, instance: object, owner: type | None = None) -> Mapped[R]:
        """As a method: the instance is the first argument; in_axes has None for it."""
        return self if instance is None else cast("Mapped[R]", types.MethodType(self, instance))

    def _made_from(self) -> tuple[object, ...]:
        return self._function, self._in_axes

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __call__(self, *args: Tree, **kwargs: Tree) -> list[R]:
        """The results, one per example."""
        if kwargs:
            raise OperandError(
                f"{self._name} takes arguments by position, as in_axes does; here "
                f"{', '.join(kwargs)} came by name"
            )
        arguments = Arguments(args, self._in_axes)
        if is_uncompiled() or (modes and (active() is not None or current().strict)):
            return self._loop(self._eagerly, arguments)
        if arguments.count == 0 or not chosen().batches:
            return self._loop(self._jitted, arguments)
        operands = Operands()
        try:
            groups = by_structure(arguments, operands)
            mixed = arguments.mixed() if groups is None else []
        except UnfitArgument:  # as jit refuses it; the loop may do with it what it likes
            return self._loop(self._eagerly, arguments)
        if groups is None:
            self._warn_of_mixed(mixed)
            return self._loop(self._eagerly if mixed else self._jitted, arguments)
        batch = _Run(self, arguments, operands)
        for examples in groups:
            batch.add(examples)
        return cast("list[R]", batch.results())

    def explain(self) -> str:
        """What was traced, what is frozen in it and how it runs."""
        with self._lock:
            known = [list(paths) for paths in self._known.values()]
        lines = [f"{self._name}: {len(known)} structure(s) of examples traced"]
        for number, paths in enumerate(known, 1):
            for at, path in enumerate(paths, 1):
                lines += ["", f"structure {number}, path {at} of {len(paths)}"]
                lines += ["  " + line for line in describe(path.variant, path.machine)]
        return "\n".join(lines)

    # ---- plainly -----------------------------------------------------------------------------

    def _loop(self, function: Callable[..., Tree], arguments: Arguments) -> Results:
        return Results([self._one(function, arguments, at) for at in range(arguments.count)])

    def _one(self, function: Callable[..., Tree], arguments: Arguments, example: int) -> Tree:
        """The result of one example; an error says which it is."""
        row = arguments.of(example)
        try:
            return function(*row)
        except UnfitArgument:
            if function == self._eagerly:  # f itself is a compiled function, and refuses
                raise
            return self._one(self._eagerly, arguments, example)
        except Exception as error:
            error.add_note(f"in example {example} of {self._name}")
            raise

    def _eagerly(self, *row: Tree) -> Tree:
        return eagerly(self._function, row, {})

    # ---- in blocks ---------------------------------------------------------------------------

    def _paths(self, structure: Hashable) -> list[Path]:
        """The paths known for examples of a structure, those of most examples first."""
        with self._lock:
            known = self._known.setdefault(structure, [])
            self._known.move_to_end(structure)
            before = self._wasted
            while len(self._known) > _MOST_STRUCTURES:
                _, dropped = self._known.popitem(last=False)
                self._wasted += sum(path.served <= _FEW for path in dropped)
        if before < WASTED <= self._wasted:
            warnings.warn(
                f"{self._name}: {self._wasted} traces were forgotten after {_FEW} examples or "
                "fewer, so tracing costs more than it saves. Each length, text and object among "
                f"the arguments is traced apart, and {_MOST_STRUCTURES} structures are kept: pad "
                "sequences to a few lengths, or pass what changes as a number or a Value",
                JitWarning,
                stacklevel=4,
            )
        return known

    def _trace(self, examples: Examples, example: int, settle: bool) -> Path | None:
        """The path of one example; None if f cannot be traced."""
        args = examples.arguments.of(example)
        try:
            with relaxed_collector():
                numbers = examples.numbers(example)
                variant = trace(self._name, self._function, args, {}, numbers, settle=settle)
        except Retrace:
            return None
        except Exception as error:
            error.add_note(f"in example {example} of {self._name}")
            raise
        # A result that is an argument itself is for the plain loop: rows are not kept.
        return None if variant.shape.has_arguments else Path(variant, examples.mapped)

    def _warn(self, examples: Examples, known: Sequence[Path], count: int) -> None:
        """Say once for a structure that some examples run eagerly."""
        if self._has_warned(examples.structure):
            return
        lines = sorted({guard.line for path in known for guard in path.variant.guards})
        shown = ", ".join(lines[:3]) + (", ..." if len(lines) > 3 else "")
        warnings.warn(
            f"{self._name}: {len(known)} different paths were traced, and {count} of "
            f"{len(examples.rows)} examples take others; these run eagerly. Python decides by "
            f"numbers at {shown}: use autodiff.where, relu, maximum or take there",
            JitWarning,
            stacklevel=4,
        )

    def _warn_of_mixed(self, columns: Sequence[str]) -> None:
        """Say once that examples run eagerly as they differ in which numbers are ints."""
        if not columns or self._has_warned(tuple(columns)):
            return
        shown = ", ".join(columns[:3]) + (", ..." if len(columns) > 3 else "")
        warnings.warn(
            f"{self._name}: all examples run eagerly. Ints and floats are mixed in {shown}; each "
            f"pattern of them is traced apart, and there are more than {MOST_STRUCTURES} "
            "structures of examples. Make such a column floats: [float(x) for x in column]",
            JitWarning,
            stacklevel=3,
        )

    def _has_warned(self, about: Hashable) -> bool:
        """Whether a warning has been given before; from now on it has."""
        with self._lock:
            if about in self._warned:
                return True
            self._warned[about] = None
            while len(self._warned) > _MOST_STRUCTURES:
                self._warned.popitem(last=False)
        return False


class _Run:
    """One call of a mapped function: the segments of its examples, and what is open."""

    def __init__(self, mapped: Mapped[Tree], arguments: Arguments, operands: Operands) -> None:
        self._mapped = mapped
        self._arguments = arguments
        self._operands = operands
        self._segments: list[Segment] = []
        #: (example, path, examples): what the path computed for it is not finite; without a path
        #: it has to be run eagerly
        self._open: list[tuple[int, Path | None, Examples]] = []
        self._traceable = True

    def add(self, examples: Examples) -> None:
        """Run the examples of one structure, each on the path through f that it takes."""
        mapped, structure = self._mapped, examples.structure
        np = numpy()
        paths = mapped._paths(structure)
        known = [path for path in paths if path.variant.stands()]
        stale = []
        if len(known) < len(paths):  # of another mode, which may come back
            stale = [path for path in paths if path not in known]
        took: list[int] = []
        rest = np.arange(len(examples.rows))
        while len(rest):
            if len(took) == len(known):
                asked = sum(bool(path.variant.pins) for path in known)
                full = len(known) - asked >= _MOST_PATHS
                path = mapped._trace(examples, int(examples.members[rest[0]]), full)
                pinned = path is not None and path.variant.pins
                if path is not None and (asked >= MOST_NUMBERS if pinned else full):
                    mapped._warn(examples, known, len(rest))
                    break
                if path is None:
                    self._traceable = False
                    rest = rest[:1]
                    break
                known.append(path)
            path = known[len(took)]
            fitting, rest = path.split(examples, rest)
            if not len(fitting):
                took.append(0)
                continue
            try:
                taken = path.run(examples, fitting, self._operands)
            except Exception:  # what a user's primitive raises beyond the errors of math
                mapped._loop(mapped._function, self._arguments)  # raises it, in its place
                raise
            took.append(len(taken.segment.members))
            if took[-1]:
                self._segments.append(taken.segment)
            self._open += [(example, path, examples) for example in taken.suspects]
            rest = np.sort(np.concatenate([rest, taken.rest])) if len(taken.rest) else rest
        self._open += [(example, None, examples) for example in examples.members[rest].tolist()]
        took += [0] * (len(known) - len(took))
        by_use = sorted(range(len(known)), key=took.__getitem__, reverse=True)
        kept = [*[known[at] for at in by_use], *stale][: _MOST_PATHS + MOST_NUMBERS]
        if kept != paths:
            with mapped._lock:
                if structure in mapped._known:
                    mapped._known[structure] = kept

    def results(self) -> Sequence[Tree]:
        """The results, when all groups have been added.

        Raises what f raises for the first example of those that left a domain.
        """
        mapped, arguments = self._mapped, self._arguments
        if not self._traceable:  # and nothing of it has run eagerly: f may write to arguments
            return mapped._loop(mapped._jitted, arguments)
        made = {}
        for example, path, examples in sorted(self._open, key=lambda each: each[0]):
            if path is None or path.raises(examples, example):
                # An error that f catches itself raises nothing here: its result is the answer.
                made[example] = mapped._one(mapped._eagerly, arguments, example)
        return Batch(mapped._name, self._segments, self._operands.values, made, arguments.count)
