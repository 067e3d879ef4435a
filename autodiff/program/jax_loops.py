"""What the atoms without a function of their own in JAX compute there: most take many operands,
which come as an array with an axis of operands first.

Only values: `jax_primitive` adds the derivatives from the rule table. So both sides of a selection
may be computed, and a guard need not be safe to differentiate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from autodiff.extras import require
from autodiff.special.several import TINY, UP

#: JAX has no types here: a number or an array, or what stands for one in its own traces
JaxArray: TypeAlias = Any


def loops() -> dict[str, Callable[..., JaxArray]]:
    """The functions by the names of their primitives."""
    jax = require("jax", "jax")
    jnp = jax.numpy

    def hypot(xs: JaxArray) -> JaxArray:
        largest = jnp.max(jnp.abs(xs), axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        scaled = xs / jnp.where(usual, largest, 1.0)
        return jnp.where(usual, largest * jnp.sqrt(jnp.sum(scaled * scaled, axis=0)), largest)

    def p_norm(xs: JaxArray, p: JaxArray) -> JaxArray:
        sizes = jnp.abs(xs)
        largest = jnp.max(sizes, axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        total = jnp.sum((sizes / jnp.where(usual, largest, 1.0)) ** p, axis=0)
        return jnp.where(usual, largest * total ** (1.0 / p), largest)

    def logsumexp_error(all_: JaxArray) -> JaxArray:
        z, xs = all_[0], all_[1:]
        largest = xs.max(axis=0)
        error = (largest - z) + jax.nn.logsumexp(xs - largest, axis=0)
        infinite = jnp.where(z > 0, jnp.log(jnp.sum(xs == z, axis=0) + 0.0), jnp.nan)
        return jnp.where(jnp.isfinite(z), jnp.where(jnp.abs(z) <= 16, 0.0, error), infinite)

    def below(
        xs: JaxArray,
        size: Callable[[JaxArray], JaxArray],
        term: Callable[[JaxArray, JaxArray], JaxArray],
    ) -> JaxArray:
        """The sum of terms of all entries but the (first) one with the largest size."""
        sizes = size(xs)
        largest = jnp.max(sizes, axis=0)
        first = jnp.arange(len(xs)).reshape(-1, *[1] * largest.ndim) == jnp.argmax(sizes, axis=0)
        terms = jnp.where(sizes == largest, 1.0, term(xs, largest))
        total = jnp.sum(jnp.where(first, 0.0, terms), axis=0)
        return jnp.where(largest > -jnp.inf, total, jnp.nan)

    def below_dominant(all_: JaxArray) -> JaxArray:
        xs = all_[1:]
        total = below(xs, jnp.abs, lambda x, m: (x / jnp.where(m > 0, m, 1.0)) ** 2)
        return jnp.where(jnp.max(jnp.abs(xs), axis=0) > 0, total, 0.0)

    def dominant(all_: JaxArray) -> JaxArray:
        xs = all_[2:]
        chosen = jnp.argmax(jnp.abs(xs), axis=0)
        return jnp.take_along_axis(xs, chosen[None], axis=0)[0]

    def fine_length(all_: JaxArray) -> JaxArray:
        return jnp.where(all_[0] > TINY, all_[0], hypot(all_[1:] * UP))

    def remainder(x: JaxArray, y: JaxArray) -> JaxArray:
        size, x_size = jnp.abs(y), jnp.abs(x)
        twice = jnp.fmod(x_size, 2.0 * size)  # keeps whether the quotient is even
        near = jnp.where(twice <= 0.5 * size, twice, twice - size)
        return jnp.sign(x) * jnp.where(twice >= 1.5 * size, twice - 2.0 * size, near)

    def take(xs: JaxArray, index: JaxArray) -> JaxArray:
        chosen = jnp.asarray(jnp.clip(index, 0.0, len(xs) - 1.0), dtype=int)
        entry = jnp.take_along_axis(xs, jnp.broadcast_to(chosen, xs.shape[1:])[None], axis=0)[0]
        return jnp.where(index == chosen, entry, jnp.nan)

    return {
        "where": lambda c, x, y: jnp.where(c != 0, x, y),
        "maximum": lambda xs: jnp.max(xs, axis=0),
        "minimum": lambda xs: jnp.min(xs, axis=0),
        "ties": lambda all_: jnp.sum(jnp.where(all_[1:] == all_[0], 1.0, 0.0), axis=0),
        "logsumexp": lambda xs: jax.nn.logsumexp(xs, axis=0),
        "logsumexp_error": logsumexp_error,
        "hypot": hypot,
        "peak": lambda all_: jnp.max(all_[2:], axis=0),
        "below_peak": lambda all_: below(all_[1:], lambda x: x, lambda x, m: jnp.exp(x - m)),
        "dominant": dominant,
        "below_dominant": below_dominant,
        "p_norm": p_norm,
        "fine_length": fine_length,
        "take": take,
        "remainder": remainder,
    }
