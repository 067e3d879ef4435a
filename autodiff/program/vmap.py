"""`vmap`: one scalar function over many examples, traced once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.errors import AutodiffError, OperandError, ShapeError
from autodiff.value import Value

from .jit import Jitted, jit


def vmap(f: Callable[..., Any], /, in_axes: int | Sequence[int | None] | None = 0) -> Any:
    """A function that maps f over the entries of its arguments and returns the list of results.

    `in_axes` says which arguments hold one entry per example (0: a list, a tuple, the rows of an
    array) and which are the same for all (None); one answer for all arguments, or one for each.
    A dict of such arguments is taken apart entry by entry. The meaning is that of

        [f(x, y) for x, y in zip(xs, ys, strict=True)]

    with `f` traced once and replayed; captured parameters are shared, their gradients add up.
    Raises ShapeError for arguments of different lengths; an error in f names the example.

    >>> w = Value(3.0)
    >>> squares = vmap(lambda x: w * x * x)
    >>> results = squares([1.0, 2.0])
    >>> [y.data for y in results]
    [3.0, 12.0]
    >>> sum(results).backward()
    >>> w.grad
    5.0
    """
    compiled: Jitted = jit(f)

    @functools.wraps(f)
    def mapped(*args: Any) -> list[Any]:
        axes = _axes(in_axes, len(args))
        counts = {len(_entries(arg)) for arg, axis in zip(args, axes, strict=True) if axis == 0}
        if len(counts) != 1:
            raise ShapeError(
                f"vmap: the mapped arguments have {sorted(counts)} entries; they need one each "
                "per example"
            )
        results = []
        for example in range(counts.pop()):
            row = [
                _row(arg, example) if axis == 0 else arg
                for arg, axis in zip(args, axes, strict=True)
            ]
            try:
                results.append(compiled(*row))
            except AutodiffError as error:
                error.add_note(f"in example {example} of vmap")
                raise
        return results

    return mapped


def _axes(in_axes: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    axes = [in_axes] * count if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != count or any(axis not in (0, None) for axis in axes) or 0 not in axes:
        raise OperandError(
            f"vmap: in_axes = {in_axes!r} for {count} arguments; it is 0 or None for each, and 0 "
            "for one at least"
        )
    return axes


def _entries(arg: Any) -> Any:
    """What has one entry per example; of a dict its first item stands for all."""
    if isinstance(arg, dict):
        lengths = {len(_entries(item)) for item in arg.values()}
        if len(lengths) != 1:
            raise ShapeError(f"vmap: the items of a dict have {sorted(lengths)} entries")
        return range(lengths.pop())
    if isinstance(arg, (int, float, Value)) or not hasattr(arg, "__len__"):
        raise OperandError(f"vmap: {arg!r} has no entries to map over; set its in_axes to None")
    return arg


def _row(arg: Any, example: int) -> Any:
    if isinstance(arg, dict):
        return {key: _row(item, example) for key, item in arg.items()}
    return arg[example]
