"""The numbers of a run in JAX: whole arrays, and how an operation gets the operands it names.

Places that stand in steps are slices, transposed, repeated or turned round, as XLA has them for
nothing. Others are gathered. Whatever is read twice in the same way is read once.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.extras import require

from .jax_loops import JaxArray
from .jax_plan import Places, steps

#: more pieces of arrays than this are not put together one by one
_PIECES = 32


class Memory:
    """Arrays of one axis, or scalars, whose entries have places counted through them all."""

    def __init__(self) -> None:
        self._chunks: list[JaxArray] = []
        self._starts: list[int] = [0]
        self._known: dict[tuple[object, bytes], JaxArray] = {}

    def add(self, chunk: JaxArray, count: int) -> None:
        """Add an array with so many entries, a scalar with one."""
        self._chunks.append(chunk)
        self._starts.append(self._starts[-1] + count)

    def read(self, places: Places) -> JaxArray:
        """The numbers at these places, in an array of the same shape."""
        key = places.shape, places.tobytes()
        if key not in self._known:
            self._known[key] = self._read(places.ravel()).reshape(places.shape)
        return self._known[key]

    def operand(self, places: Places) -> JaxArray:
        """The same, as a scalar where all places are one."""
        first = places.ravel()[0]
        if (places != first).any():
            return self.read(places)
        number = self.read(first)
        return float(number) if isinstance(number, require("numpy", "jax").ndarray) else number

    def number(self, place: int) -> JaxArray:
        """One number."""
        return self.read(require("numpy", "jax").array(place))

    def _read(self, places: Places) -> JaxArray:
        np, jnp = require("numpy", "jax"), require("jax.numpy", "jax")
        owner = np.searchsorted(self._starts, places, side="right") - 1
        if owner[0] == owner[-1] and (owner == owner[0]).all():
            return _within(self._chunks[owner[0]], places - self._starts[owner[0]])
        breaks = np.flatnonzero(np.diff(owner)) + 1
        if len(breaks) < _PIECES:
            return jnp.concatenate([self._read(piece) for piece in np.split(places, breaks)])
        used = np.unique(owner)
        chunks = [self._chunks[at].reshape(-1) for at in used.tolist()]
        begins = np.cumsum([0, *map(len, chunks)])
        starts = np.array(self._starts)
        moved = places - starts[owner] + begins[np.searchsorted(used, owner)]
        return _within(jnp.concatenate(chunks), moved)


def _within(chunk: JaxArray, places: Places) -> JaxArray:
    """Entries of one array."""
    np, jax = require("numpy", "jax"), require("jax", "jax")
    if chunk.ndim == 0:
        return _repeated(chunk, (len(places),))
    found = steps(np, places)
    if isinstance(chunk, np.ndarray):
        return chunk[places]
    if found is not None:
        sizes, distances = [n for n, _ in found], [abs(step) for _, step in found]
        start = int(places[0]) + sum((n - 1) * min(step, 0) for n, step in found)
        moving = sorted(
            [at for at, step in enumerate(distances) if step], key=lambda at: -distances[at]
        )
        part = _slice(chunk, start, [(sizes[at], distances[at]) for at in moving])
        if part is not None:
            part = part.transpose([moving.index(at) for at in sorted(moving)])
            backward = [n for n, at in enumerate(sorted(moving)) if found[at][1] < 0]
            part = jax.lax.rev(part, backward) if backward else part
            part = part.reshape([n if d else 1 for n, d in zip(sizes, distances, strict=True)])
            return _repeated(part, tuple(sizes)).reshape(-1)
    unique = len(np.unique(places)) == len(places)
    return chunk.at[places].get(mode="promise_in_bounds", unique_indices=unique)


def _repeated(part: JaxArray, shape: tuple[int, ...]) -> JaxArray:
    return part if part.shape == shape else require("jax.numpy", "jax").broadcast_to(part, shape)


def _slice(chunk: JaxArray, start: int, axes: Sequence[tuple[int, int]]) -> JaxArray | None:
    """Entries in steps that do not overlap, with an axis for each; outermost and widest first."""
    lax = require("jax", "jax").lax
    if not axes:
        return lax.index_in_dim(chunk, start, -1, keepdims=False)
    (count, step), *inner = axes
    last = chunk.shape[-1]
    if not inner:
        stop = start + (count - 1) * step + 1
        if start == 0 and step == 1 and stop == last:
            return chunk
        return lax.slice_in_dim(chunk, start, stop, step, -1)
    base = start - start % step
    if base + count * step > last or start - base + sum((n - 1) * by for n, by in inner) >= step:
        return None
    if count * step < last:
        chunk = lax.slice_in_dim(chunk, base, base + count * step, 1, -1)
    return _slice(chunk.reshape(*chunk.shape[:-1], count, step), start - base, inner)
