"""How a traced plain number passes for what it stands for."""

from __future__ import annotations


class Stands(type):
    """The class of traced plain numbers: `type(x) == float` holds, `type(x) is float` cannot."""

    stands_for: type

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.stands_for

    __hash__ = type.__hash__  # in tables of types (NumPy has one) they are others


def shown_as(kind: type) -> property:
    """`__class__` of a traced number: a subclass of its kind, which `isinstance` takes for it.

    The engine, which tells constants by `x.__class__ is float`, does not.
    """
    made = type(kind.__name__, (kind,), {"__new__": lambda _, *args: kind(*args)})
    made.__module__ = "builtins"
    return property(lambda self: made)
