"""Numbers of a trace that NumPy takes out of lists, as in `numpy.array([x, 2])`.

NumPy asks each of them whether it is an array. An int answers with its number, which is a guard.
Of floats it would make an array of objects, where the plain call has one of floats: what is
written into it, and the 2 beside the x, would stay as they are. That is right where the plain call
has objects, too: a Value of the trace in the same list, which is asked as well, or Values with
which NumPy computes in the same instruction, `weights @ [x, y]`. Else it is refused.
"""

from __future__ import annotations

import sys
import weakref
from types import FrameType
from typing import Any, NamedTuple

from autodiff.complaints import caller, is_inside
from autodiff.graph import Node
from autodiff.program import numpy_types
from autodiff.value import Value

from .bytecode import beyond_numpy, called, is_numpy
from .entries import kind_of_entry
from .stands import Operand
from .trace import Trace, TraceError
from .traced import become

#: functions of NumPy, written in Python, that compute one number of a list
_SUMS = frozenset(("sum", "prod", "mean", "average", "std", "var"))
#: functions and operators that may have Values on the other side
_PRODUCTS = frozenset(
    ("dot", "matmul", "inner", "outer", "vdot", "tensordot", "einsum", "multiply")
)
_WHAT = "NumPy makes an array of a list of traced numbers here, which forgets that they are floats"
_REMEDY = (
    "write numpy.stack([x, y]) instead of numpy.array([x, y]), pass an array as an argument, or "
    "use the functions of autodiff, which take lists"
)
Place = tuple[int, int]
numpy: Any = numpy_types.numpy


class Taken(NamedTuple):
    """A number that NumPy has taken, where, and what lives as long as NumPy collects."""

    place: Place
    line: str
    collecting: weakref.ref[Any]


class Listed:
    """The numbers that were taken, and that nothing has shown to be right yet."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.taken: dict[int, Taken] = {}
        self.summing: bool = False  # NumPy adds up numbers of a list: it gives a float of its own
        self._beside: Any = lambda: None  # of a Value: what lives as long as NumPy collects

    def ask(self, number: Any, frame: FrameType) -> Any:
        """What NumPy gets for a number of a list: a method `__array__`, or AttributeError."""
        user = beyond_numpy(frame)
        if is_inside(user.f_globals.get("__name__", "")):
            raise AttributeError("__array__")
        kind, name = called(user)
        settled = id(number) in self._trace.known
        if number.is_whole and not (kind == "BINARY_OP" or (kind == "CALL" and name in _PRODUCTS)):
            settled = True  # a guard
        if settled:
            return _number_of(number)
        if kind not in ("BINARY_OP", "CALL"):  # `array[:] = [x, y]`: a place for floats asks itself
            raise AttributeError("__array__")
        if _adds_up(frame):
            self.summing = True
            return _array_of(number, None)
        return _array_of(number, self._take(number, (id(user), user.f_lasti)))

    def _take(self, number: Any, place: Place) -> Any:
        if any(taken.place != place for taken in self.taken.values()):
            self.judge()
        line = caller()

        def take(array: Any) -> None:
            if self._beside() is None:
                self.taken[id(number)] = Taken(place, line, weakref.ref(array))

        return take

    def value(self, value: Value, frame: FrameType) -> Any:
        """A Value is asked: what NumPy collects becomes an array of objects anyway."""
        for key, taken in list(self.taken.items()):
            if taken.collecting() is not None:
                del self.taken[key]
        if called(beyond_numpy(frame))[0] != "CALL":
            raise AttributeError("__array__")

        def take(array: Any) -> None:
            self._beside = weakref.ref(array)

        return _array_of(value, take)

    def used(self, node: Node) -> None:
        """A node was computed: a number beside a Value is right where it was taken for that."""
        frame = sys._getframe(2)
        while is_inside(frame.f_globals.get("__name__", "")) and frame.f_back is not None:
            frame = frame.f_back
        self.summing = self.summing and is_numpy(frame)
        if self.summing and type(node).__name__ == "float":
            become(node, kind_of_entry(numpy().float64))
        user = beyond_numpy(frame)
        for one, other in ((node._x, node._y), (node._y, node._x)):
            taken = self.taken.get(id(one))
            here = taken is not None and taken.place == (id(user), user.f_lasti)
            if here and isinstance(other, Value):
                del self.taken[id(one)]

    def judge(self) -> None:
        """Refuse what is left."""
        for _, line, _ in self.taken.values():
            self._trace.refused = self._trace.refused or TraceError(line, _WHAT, _REMEDY)
        self.taken.clear()


def _number_of(number: Any) -> Any:
    return lambda dtype=None, copy=None: numpy().array(number._number(), dtype)


def _array_of(number: Any, take: Any) -> Any:
    """A method `__array__` that gives the number itself, as an object."""

    def array(dtype: Operand = None, copy: Operand = None) -> Any:
        np = numpy()
        if dtype is not None and np.dtype(dtype).kind == "f" and not isinstance(number, Value):
            number._refuse("an array of floats", _REMEDY)
        made = np.empty((), object)
        made[()] = number
        if take is not None and (dtype is None or np.dtype(dtype).kind != "O"):
            take(made)
        return made

    return array


def _adds_up(frame: FrameType) -> bool:
    """Whether a function of NumPy's adds up the floats of a list."""
    if not is_numpy(frame):
        return False
    while frame.f_back is not None and is_numpy(frame.f_back):
        frame = frame.f_back
    found = frame.f_locals
    lists = [x for x in found.values() if isinstance(x, (list, tuple))]
    return (
        frame.f_code.co_name in _SUMS
        and found.get("keepdims") is not True
        and all(len(x) > 1 and all(isinstance(z, (float, Value)) for z in x) for x in lists)
    )
