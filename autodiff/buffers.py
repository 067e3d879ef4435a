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
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, pairwise, repeat
from typing import Any, NamedTuple

from .extras import require
from .graph import Node
from .locks import fork_safe
from .modes import asked, asks_in_traces, modes
from .value import Value

_slot_data, _slot_grad = vars(Node)["_data"].__get__, vars(Node)["_grad"].__get__
_data_of, _grad_of = operator.attrgetter("_data"), operator.attrgetter("_grad")
_moving = fork_safe()

#: A call that changes one thing: f(target, key, number).
Write = tuple[Callable[..., None], Any, Any, Any]


@cache
def numpy() -> Any:
    """NumPy, or MissingExtraError."""
    return require("numpy", "jit")


class Buffer:
    """The numbers and the gradients of some leaves, as arrays and as NumPy's views of them."""

    __slots__ = ("data", "data_view", "grad", "grad_view")
    made = 0  # how many there have been: whoever remembers it knows whether there are new ones

    def __init__(self, count: int) -> None:
        self.data_view: Any
        self.grad_view: Any
        self.data: Any = array("d", bytes(8 * count))
        self.grad: Any = array("d", bytes(8 * count))
        self.data_view, self.grad_view = map(numpy().frombuffer, (self.data, self.grad))


def _asking(name: str) -> property:
    """`data` or `grad` as a property that asks first; see Value."""
    slot = f"_{name}"

    def read(self: Any) -> Any:
        if modes and (seen := asked(self)) is not None:
            return getattr(seen, name)
        return getattr(self, slot)

    def write(self: Any, number: Any) -> None:
        if modes and (seen := asked(self)) is not None:
            setattr(seen, name, number)
        setattr(self, slot, number if number.__class__ is float else self._real(number))

    return property(read, write, doc=vars(Value)[name].__doc__)


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
    data, grad = _asking("data"), _asking("grad")

    def _state(self, before: list[Any], operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """Copies and pickles are ordinary Values."""
        return (Value, *super()._state(before, operands)[1:])


for _name, _read in (("data", BufferedValue._read_data), ("grad", BufferedValue._read_grad)):
    _of_value = vars(Value)[_name]  # without a second property on the way to the number
    asks_in_traces(BufferedValue, _name, property(_read, _of_value.fset, doc=_of_value.__doc__))


def move(leaves: Sequence[Value]) -> list[Value]:
    """Put the leaves that are ordinary Values into buffers; all leaves, in their order there.

    Leaves that are in a buffer stay there; those of a user's own class stay what they are. Where
    an optimizer has some of the leaves, all that it has move, in its order, so that it finds
    them side by side. Otherwise they move in the order given.
    """
    with _moving:
        wanted = {id(x) for x in leaves if _is_plain(x)}
        for places in list(_orders):
            if any(id(x) in wanted for x in places.values):
                _move(places.values)
        _move(leaves)
    order: dict[int, int] = {}

    def place(leaf: Value) -> tuple[int, int]:
        if not isinstance(leaf, BufferedValue):
            return -1, 0
        buffer = leaf._y[3]
        return order.setdefault(id(buffer), len(order)), leaf._y[2]

    return sorted(leaves, key=place)


def _is_plain(leaf: Value) -> bool:
    return leaf.__class__ is Value and leaf.primitive is None


def _move(leaves: Sequence[Value]) -> None:
    """Put those that are ordinary Values into one new buffer, in this order."""
    with _moving:
        plain = {id(x): x for x in leaves if _is_plain(x)}
        if not plain:
            return
        values = list(plain.values())
        buffer = Buffer(len(values))
        for at, value in enumerate(values):
            value._y = (buffer.data, buffer.grad, at, buffer)
        Buffer.made += 1
        places = range(len(values))
        steps: list[Iterator[None]] = [
            map(buffer.data.__setitem__, places, map(_slot_data, values)),
            map(buffer.grad.__setitem__, places, map(_slot_grad, values)),
            map(setattr, values, repeat("__class__"), repeat(BufferedValue)),
        ]
        # In C as a whole: no other thread and no signal comes in between.
        deque(chain.from_iterable(steps), 0)


def commit(writes: Iterable[Write]) -> None:
    """Make all of these changes: in C, so that an interrupt comes before them or after."""
    deque(map(operator.call, *zip(*writes, strict=True)), 0)


class Part(NamedTuple):
    """Leaves that share a buffer: their entries of its arrays, and which of the leaves they are."""

    data: Any
    grad: Any
    entries: Any  # all of `data` and `grad` where they lie together, else an array of positions
    among: Any  # a slice or an array


class Found(NamedTuple):
    """Where some leaves were, when so many buffers had been made."""

    made: int
    parts: tuple[Part, ...]
    loose: tuple[Value, ...]  # in no buffer
    positions: Any  # of the loose ones among all; None for all
    whole: Part | None = None  # all of them, where they lie together


class Places:
    """Where the numbers and gradients of some different leaves are: in buffers, or anywhere."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values: tuple[Value, ...] = tuple(values)
        self._found = Found(-1, (), self.values, None)

    def find(self) -> Found:
        """Where they are now. Leaves move into buffers and never out."""
        found = self._found
        if found.loose and found.made != Buffer.made:
            with _moving:
                found = self._found = self._search()
        return found

    def _search(self) -> Found:
        groups: dict[int, tuple[Buffer, list[tuple[int, int]]]] = {}
        loose = []
        for at, value in enumerate(self.values):
            if isinstance(value, BufferedValue):
                _, _, entry, buffer = value._y
                groups.setdefault(id(buffer), (buffer, []))[1].append((entry, at))
            else:
                loose.append(at)
        if not groups:
            return Found(Buffer.made, (), self.values, None)
        parts = [part for buffer, pairs in groups.values() for part in _parts(buffer, pairs)]
        values = tuple([self.values[at] for at in loose])
        whole = parts[0] if len(parts) == 1 and not loose and parts[0].entries is _ALL else None
        return Found(Buffer.made, tuple(parts), values, numpy().array(loose, dtype=int), whole)

    @property
    def whole(self) -> Part | None:
        """All of them, where they lie together."""
        return self._found.whole or self.find().whole

    def lead(self) -> None:
        """Let the leaves move in this order when they do, as long as this object lives."""
        _orders.add(self)

    def follow(self) -> Found:
        """Where they are, after the others have moved if a compiled function has moved some."""
        found = self.find()
        if found.loose and found.parts and any(map(_is_plain, found.loose)):
            _move(self.values)
            found = self.find()
        return found

    def read(self, out: Any) -> None:
        """Write the numbers into a NumPy array, in the order of the leaves."""
        whole = self._found.whole
        if whole is not None:
            out[:] = whole.data
            return
        _, parts, loose, positions, _ = self.find()
        for part in parts:
            out[part.among] = part.data[part.entries]
        if loose:
            out[_ALL if positions is None else positions] = list(map(_data_of, loose))

    def listed(self) -> list[float]:
        """The numbers, one by one."""
        return list(map(_data_of, self.values))

    def additions(self, amounts: Any) -> list[Write]:
        """What `commit` has to do to add an amount to the grad of each leaf."""
        whole = self._found.whole
        if whole is not None:
            return [(operator.setitem, whole.grad, _ALL, whole.grad + amounts)]
        _, parts, loose, positions, _ = self.find()
        if parts and isinstance(amounts, list):
            amounts = numpy().array(amounts)
        writes: list[Write] = []
        for _, grad, entries, among in parts:
            writes.append((operator.setitem, grad, entries, grad[entries] + amounts[among]))
        if loose:
            rest = amounts if positions is None else amounts[positions]
            rest = rest if isinstance(rest, list) else rest.tolist()
            grads = map(operator.add, map(_grad_of, loose), rest)
            writes += zip(repeat(setattr), loose, repeat("_grad"), grads)
        return writes


_ALL = slice(None)
#: the places of the parameters of optimizers
_orders: weakref.WeakSet[Places] = weakref.WeakSet()
_FEW = 16  # runs of neighbours that are copied one by one


def _parts(buffer: Buffer, pairs: list[tuple[int, int]]) -> list[Part]:
    """The leaves in one buffer, as (entry, which leaf): as slices where they are few runs."""
    first, last = pairs[0], pairs[-1]
    ends = [(a, b) for a, b in pairwise(pairs) if b[0] - a[0] != 1 or b[1] - a[1] != 1]
    if len(ends) >= _FEW:
        entries, among = numpy().array(pairs).T
        return [Part(buffer.data_view, buffer.grad_view, entries.copy(), among.copy())]
    starts, stops = [first, *[b for _, b in ends]], [*[a for a, _ in ends], last]
    found = []
    for (entry, at), (last_entry, last_at) in zip(starts, stops, strict=True):
        data, grad = (view[entry : last_entry + 1] for view in (buffer.data_view, buffer.grad_view))
        found.append(Part(data, grad, _ALL, slice(at, last_at + 1)))
    return found
