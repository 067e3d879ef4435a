"""`vmap`: one scalar function over many examples, traced once."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from autodiff.context import current, is_uncompiled, modes, relaxed_collector
from autodiff.errors import AutodiffError, OperandError, ShapeError

from .batch import results
from .batch_path import Path, Segment, Taken
from .examples import Examples, count_of, row_of
from .jit import Jitted, jit
from .machine import chosen
from .trace import active
from .variant import Retrace, trace

#: paths that are traced for examples of one structure, and structures that are remembered
_MOST_PATHS, _MOST_STRUCTURES = 16, 64


def vmap(f: Callable[..., Any], /, in_axes: int | Sequence[int | None] | None = 0) -> Any:
    """A function that maps f over the entries of its arguments and returns the list of results.

    `in_axes` says which arguments hold one entry per example (0: a list, a tuple, the rows of an
    array) and which are the same for all (None); one answer for all arguments, or one for each.
    A dict of such arguments is taken apart entry by entry. The meaning is that of

        [f(x, y) for x, y in zip(xs, ys, strict=True)]

    with `f` traced once, for one example, and run over blocks of examples: memory does not grow
    with their number, and NumPy arrays go in without a loop in Python. The result is a sequence
    that makes the Value of an example when it is looked at; `autodiff.sum` and `autodiff.mean`
    take it as a whole. Captured parameters are shared, their gradients add up (over the examples
    in pairs, so they differ from those of the loop by rounding). Examples for which Python decides
    differently are traced apart. Raises ShapeError for arguments of different lengths; an error in
    f names the example.

    Inside `jit`, `grad` and other transforms, and without the extra "jit", it is the plain loop.

    >>> from autodiff import Value, mean
    >>> w = Value(3.0)
    >>> squares = vmap(lambda x: w * x * x)
    >>> results = squares([1.0, 2.0])
    >>> [y.data for y in results]
    [3.0, 12.0]
    >>> mean(results).backward()
    >>> w.grad
    2.5
    """
    if not callable(f):
        raise OperandError(f"vmap takes a function, not {type(f).__name__}")
    mapped = _Mapped(f, in_axes)
    return functools.update_wrapper(mapped, f, updated=())


class _Mapped:
    """A function made by `vmap`."""

    __wrapped__: Callable[..., Any]

    def __init__(
        self, function: Callable[..., Any], in_axes: int | Sequence[int | None] | None
    ) -> None:
        self._function = function
        self._in_axes = in_axes
        self._jitted: Jitted = jit(function)
        self._name = f"vmap({getattr(function, '__name__', type(function).__name__)})"
        self._known: dict[Hashable, list[Path]] = {}

    def __call__(self, *args: Any) -> Any:
        """The results, one per example."""
        axes = _axes(self._in_axes, len(args))
        counts = {count_of(arg) for arg, axis in zip(args, axes, strict=True) if axis == 0}
        if len(counts) != 1:
            raise ShapeError(
                f"vmap: the mapped arguments have {sorted(counts)} entries; they need one each "
                "per example"
            )
        (count,) = counts
        if is_uncompiled() or (modes and (active() is not None or current().strict)):
            return self._loop(self._function, args, axes, count)
        if count == 0 or chosen() != "llvm":
            return self._loop(self._jitted, args, axes, count)
        examples = Examples(args, axes, count)
        if not examples.alike:
            return self._loop(self._jitted, args, axes, count)
        return self._batch(args, axes, examples)

    # ---- plainly -----------------------------------------------------------------------------

    def _loop(
        self, function: Callable[..., Any], args: Any, axes: Sequence[int | None], count: int
    ) -> list[Any]:
        results = []
        for example in range(count):
            pairs = zip(args, axes, strict=True)
            row = [row_of(arg, example) if axis == 0 else arg for arg, axis in pairs]
            results.append(self._one(function, row, example))
        return results

    def _one(self, function: Callable[..., Any], row: Sequence[Any], example: int) -> Any:
        """The result of one example; an error says which it is."""
        try:
            return function(*row)
        except AutodiffError as error:
            error.add_note(f"in example {example} of vmap")
            raise

    # ---- in blocks ---------------------------------------------------------------------------

    def _batch(self, args: Any, axes: Sequence[int | None], examples: Examples) -> Any:
        """All examples, each on the path through f that it takes."""
        known = self._paths(examples.structure)
        segments: list[Segment] = []
        rest = examples.all
        for at in itertools.count():
            if at == len(known):
                path = self._trace(examples, int(rest[0])) if at < _MOST_PATHS else None
                if path is None:
                    return self._loop(self._jitted, args, axes, examples.count)
                known.append(path)
            taken = known[at].run(examples, rest)
            self._raise_errors(known[at], taken, examples)
            if len(taken.segment.members):
                segments.append(taken.segment)
            rest = taken.rest
            if not len(rest):
                break
        return results(self._name, segments, examples)

    def _paths(self, structure: Hashable) -> list[Path]:
        """The paths known for examples of a structure."""
        while len(self._known) >= _MOST_STRUCTURES and structure not in self._known:
            self._known.pop(next(iter(self._known)))
        return self._known.setdefault(structure, [])

    def _trace(self, examples: Examples, example: int) -> Path | None:
        """The path of one example; None if f cannot be traced."""
        args = examples.args(example)
        try:
            with relaxed_collector():
                variant = trace(self._name, self._function, args, {}, examples.numbers(example))
        except Retrace:
            self._one(self._function, args, example)  # raises the same error, in its own words
            return None
        except AutodiffError as error:
            error.add_note(f"in example {example} of vmap")
            raise
        return Path(variant, examples.mapped)

    def _raise_errors(self, path: Path, taken: Taken, examples: Examples) -> None:
        """Raise what f raises for the first of the examples that left a domain."""
        for example in taken.suspects:
            if path.raises(examples, example):
                self._one(self._function, examples.args(example), example)


def _axes(in_axes: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    axes = [in_axes] * count if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != count or any(axis not in (0, None) for axis in axes) or 0 not in axes:
        raise OperandError(
            f"vmap: in_axes = {in_axes!r} for {count} arguments; it is 0 or None for each, and 0 "
            "for one at least"
        )
    return axes
