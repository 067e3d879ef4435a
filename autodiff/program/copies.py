"""Copies and pickles of compiled functions: by name where they have one, else without traces."""

from __future__ import annotations

import functools
import sys


class Copied:
    """Mixed into what `jit` and `vmap` return.

    A function that its module has under its name (`@jit` before a `def`) is pickled by that name
    and copied as itself, as Python does with functions. Others are made again from the function
    that they wrap; traces and machine code stay behind.
    """

    __module__: str

    def _made_from(self) -> tuple[object, ...]:
        """The arguments of `__init__`, the wrapped function first."""
        raise NotImplementedError

    def __reduce__(self) -> str | tuple[object, ...]:
        name = getattr(self, "__qualname__", "")
        # cloudpickle takes what belongs to the main program along, because the process that
        # unpickles has another one; it is the nearest Python frame, picklers being written in C.
        taken_along = (
            self.__module__ == "__main__"
            and sys._getframe(1).f_globals.get("__name__", "").split(".")[0] == "cloudpickle"
        )
        if not taken_along and self._has_the_name(name):
            return str(name)
        return _empty, (type(self),), self._made_from()

    def __setstate__(self, state: tuple[object, ...]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # as if it were made now: nothing is traced
        functools.update_wrapper(self, state[0], updated=())  # type: ignore[arg-type]  # callable

    def _has_the_name(self, name: str) -> bool:
        found: object = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        return found is self


def _empty(kind: type) -> object:
    """An instance that `__setstate__` fills: a function may hold what wraps it."""
    return object.__new__(kind)
