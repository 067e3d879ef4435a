"""Parameters in a buffer: many leaves whose numbers and gradients lie in two arrays.

Reading four thousand `.data` one by one takes longer than a whole compiled training step. So a
compiled function moves the parameters that it captures: it switches their class to
`BufferedValue`, whose `_data` and `_grad` are entries of a `Buffer`. Nothing else about them
changes, and an ordinary Value pays nothing for the possibility. A parameter moves once and stays
in its buffer, which lives as long as one of its parameters; the buffer does not know them.

All numbers of a buffer are read or written by one call into C. That is the speed, and it is also
why an interrupt cannot leave half of the gradients added up.
"""

from __future__ import annotations

import operator
import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from .errors import require
from .value import Value

_slot_data, _slot_grad = vars(Value)["_data"].__get__, vars(Value)["_grad"].__get__
_data_of, _grad_of = operator.attrgetter("_data"), operator.attrgetter("_grad")
_moving = threading.RLock()

#: A call that changes one thing: f(target, key, number).
Write = tuple[Callable[..., None], Any, Any, Any]


class Buffer:
    """The numbers and the gradients of some leaves, as arrays and as NumPy's views of them."""

    __slots__ = ("data", "data_view", "grad", "grad_view")
    made = 0  # how many there have been: whoever remembers it knows whether there are new ones

    def __init__(self) -> None:
        self.data: array[float] = array("d")
        self.grad: array[float] = array("d")
        self.data_view: Any = None
        self.grad_view: Any = None


class BufferedValue(Value):
    """A leaf whose `data` and `grad` are entries of a buffer; made by `move`."""

    __slots__ = ()
    # The slot _y, which a leaf does not need, holds (data array, grad array, position, buffer).

    def _read_data(self) -> float:
        place = self._y
        return place[0][place[2]]  # type: ignore[no-any-return]  # an array of floats

    def _write_data(self, number: float) -> None:
        place = self._y
        place[0][place[2]] = number

    def _read_grad(self) -> float:
        place = self._y
        return place[1][place[2]]  # type: ignore[no-any-return]  # an array of floats

    def _write_grad(self, number: float) -> None:
        place = self._y
        place[1][place[2]] = number

    _data = property(_read_data, _write_data)  # in place of the slots
    _grad = property(_read_grad, _write_grad)

    def _state(self, before: list[Any], operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Copies and pickles are ordinary Values."""
        return (Value, *super()._state(before, operands)[1:])


def move(leaves: Iterable[Value]) -> None:
    """Put the leaves that are ordinary Values into one new buffer, in this order.

    Leaves that are in a buffer stay there; those of a user's own class stay what they are.
    """
    np = require("numpy", "jit")
    with _moving:
        plain = {id(x): x for x in leaves if x.__class__ is Value and x.primitive is None}
        if not plain:
            return
        values = list(plain.values())
        buffer = Buffer()
        for at, value in enumerate(values):
            value._y = (buffer.data, buffer.grad, at, buffer)
        switch = map(setattr, values, repeat("__class__"), repeat(BufferedValue))
        steps: list[Callable[[], Any]] = [
            partial(buffer.data.extend, map(_slot_data, values)),
            partial(buffer.grad.extend, map(_slot_grad, values)),
            partial(deque, switch, 0),
        ]
        # In C as a whole: no other thread and no signal comes in between.
        deque(map(operator.call, steps), 0)
        buffer.data_view = np.frombuffer(buffer.data)
        buffer.grad_view = np.frombuffer(buffer.grad)
        Buffer.made += 1


def commit(writes: Iterable[Write]) -> None:
    """Make all of these changes: in C, so that an interrupt comes before them or after."""
    deque(map(operator.call, *zip(*writes, strict=True)), 0)


class Part(NamedTuple):
    """Leaves that share a buffer: which of its entries they are, and which of the leaves."""

    buffer: Buffer
    entries: Any  # a slice where they lie together, else an array of positions
    among: Any  # the same


class Found(NamedTuple):
    """Where some leaves were, when so many buffers had been made."""

    made: int
    parts: tuple[Part, ...]
    loose: tuple[Value, ...]  # in no buffer
    positions: Any  # of the loose ones among all; None for all


class Places:
    """Where the numbers and gradients of some different leaves are: in buffers, or anywhere."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = tuple(values)
        self._found = Found(-1, (), self.values, None)

    def find(self) -> Found:
        """Where they are now. Leaves move into buffers and never out."""
        found = self._found
        if found.loose and found.made != Buffer.made:
            with _moving:
                found = self._found = self._search()
        return found

    def _search(self) -> Found:
        groups: dict[int, tuple[Buffer, list[int], list[int]]] = {}
        loose = []
        for at, value in enumerate(self.values):
            if isinstance(value, BufferedValue):
                _, _, entry, buffer = value._y
                _, entries, among = groups.setdefault(id(buffer), (buffer, [], []))
                entries.append(entry)
                among.append(at)
            else:
                loose.append(at)
        if not groups:
            return Found(Buffer.made, (), self.values, None)
        parts = [
            Part(buffer, _together(entries), _together(among))
            for buffer, entries, among in groups.values()
        ]
        values = tuple([self.values[at] for at in loose])
        return Found(Buffer.made, tuple(parts), values, _together(loose) if loose else None)

    def move(self) -> None:
        """Move into a buffer what can be moved and is in none."""
        if any(value.__class__ is Value for value in self.find().loose):
            move(self.values)

    def read(self, out: Any) -> None:
        """Write the numbers into a NumPy array, in the order of the leaves."""
        _, parts, loose, positions = self.find()
        for buffer, entries, among in parts:
            out[among] = buffer.data_view[entries]
        if loose:
            out[_ALL if positions is None else positions] = list(map(_data_of, loose))

    def listed(self) -> list[float]:
        """The numbers, one by one."""
        return list(map(_data_of, self.values))

    def additions(self, amounts: Any) -> list[Write]:
        """What `commit` has to do to add an amount to the grad of each leaf."""
        _, parts, loose, positions = self.find()
        writes: list[Write] = []
        if parts and isinstance(amounts, list):
            amounts = require("numpy", "jit").array(amounts)
        for buffer, entries, among in parts:
            grad = buffer.grad_view
            writes.append((operator.setitem, grad, entries, grad[entries] + amounts[among]))
        if loose:
            rest = amounts if positions is None else amounts[positions]
            rest = rest if isinstance(rest, list) else rest.tolist()
            grads = map(operator.add, map(_grad_of, loose), rest)
            writes += zip(repeat(setattr), loose, repeat("_grad"), grads)
        return writes


_ALL = slice(None)


def _together(positions: list[int]) -> Any:
    """A slice if the positions are consecutive, else an array of them."""
    first, count = positions[0], len(positions)
    if positions == list(range(first, first + count)):
        return slice(first, first + count)
    return require("numpy", "jit").array(positions)
