"""How a traced plain number passes for what it stands for."""

from __future__ import annotations

from typing import Any, TypeAlias

#: what Python writes beside a number: any object, as most are refused by NotImplemented
Operand: TypeAlias = Any
#: what a number gives back: a node, a plain number where a guard holds it, or NotImplemented
Answer: TypeAlias = Any


class Stands(type):
    """The class of traced plain numbers: `type(x) == float` holds, `type(x) is float` cannot."""

    stands_for: type
    __name__ = property(lambda cls: cls.stands_for.__name__)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.stands_for

    __hash__ = type.__hash__  # in tables of types (NumPy has one) they are others


def shown_as(kind: type) -> Any:
    """`__class__` of a traced number: a subclass of its kind, which `isinstance` takes for it.

    The engine, which tells constants by `x.__class__ is float`, does not. It asks that of every
    operand, so this is a class attribute: a property would be a call in Python each time.
    """
    made = type(kind.__name__, (kind,), {"__new__": lambda _, *args: kind(*args)})
    made.__module__ = "builtins"
    return made
