"""What the atoms without a function of their own in JAX compute there: most take many operands.

Only values: `jax_primitive` adds the derivatives from the rule table. So both sides of a selection
may be computed, and a guard need not be safe to differentiate.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from autodiff.extras import require
from autodiff.special.several import TINY, UP

#: JAX has no types here: a number or an array, or what stands for one in its own traces
JaxArray: TypeAlias = Any


def loops() -> dict[str, Callable[..., JaxArray]]:
    """The functions by the names of their primitives."""
    jax = require("jax", "jax")
    jnp = jax.numpy

    def hypot(*xs: JaxArray) -> JaxArray:
        entries = jnp.stack(xs)
        largest = jnp.max(jnp.abs(entries), axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        scaled = entries / jnp.where(usual, largest, 1.0)
        return jnp.where(usual, largest * jnp.sqrt(jnp.sum(scaled * scaled, axis=0)), largest)

    def p_norm(*operands: JaxArray) -> JaxArray:
        *xs, p = operands
        sizes = jnp.abs(jnp.stack(xs))
        largest = jnp.max(sizes, axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        total = jnp.sum((sizes / jnp.where(usual, largest, 1.0)) ** p, axis=0)
        return jnp.where(usual, largest * total ** (1.0 / p), largest)

    def logsumexp_error(z: JaxArray, *xs: JaxArray) -> JaxArray:
        entries = jnp.stack(xs)
        largest = entries.max(axis=0)
        error = (largest - z) + jax.nn.logsumexp(entries - largest, axis=0)
        infinite = jnp.where(z > 0, jnp.log(jnp.sum(entries == z, axis=0) + 0.0), jnp.nan)
        return jnp.where(jnp.isfinite(z), jnp.where(jnp.abs(z) <= 16, 0.0, error), infinite)

    def below(
        xs: Sequence[JaxArray],
        size: Callable[[JaxArray], JaxArray],
        term: Callable[[JaxArray, JaxArray], JaxArray],
    ) -> JaxArray:
        """The sum of terms of all entries but the (first) one with the largest size."""
        entries = jnp.stack(xs)
        sizes = size(entries)
        largest = jnp.max(sizes, axis=0)
        first = jnp.arange(len(xs)).reshape(-1, *[1] * largest.ndim) == jnp.argmax(sizes, axis=0)
        terms = jnp.where(sizes == largest, 1.0, term(entries, largest))
        total = jnp.sum(jnp.where(first, 0.0, terms), axis=0)
        return jnp.where(largest > -jnp.inf, total, jnp.nan)

    def below_dominant(z: JaxArray, *xs: JaxArray) -> JaxArray:
        total = below(xs, jnp.abs, lambda x, m: (x / jnp.where(m > 0, m, 1.0)) ** 2)
        return jnp.where(jnp.max(jnp.abs(jnp.stack(xs)), axis=0) > 0, total, 0.0)

    def dominant(a: JaxArray, b: JaxArray, *xs: JaxArray) -> JaxArray:
        entries = jnp.stack(xs)
        chosen = jnp.argmax(jnp.abs(entries), axis=0)
        return jnp.take_along_axis(entries, chosen[None], axis=0)[0]

    def remainder(x: JaxArray, y: JaxArray) -> JaxArray:
        size, x_size = jnp.abs(y), jnp.abs(x)
        twice = jnp.fmod(x_size, 2.0 * size)  # keeps whether the quotient is even
        near = jnp.where(twice <= 0.5 * size, twice, twice - size)
        return jnp.sign(x) * jnp.where(twice >= 1.5 * size, twice - 2.0 * size, near)

    return {
        "where": lambda c, x, y: jnp.where(c != 0, x, y),
        "maximum": lambda *xs: functools.reduce(jnp.maximum, xs),
        "minimum": lambda *xs: functools.reduce(jnp.minimum, xs),
        "ties": lambda z, *xs: sum([jnp.where(x == z, 1.0, 0.0) for x in xs], jnp.asarray(0.0)),
        "logsumexp": lambda *xs: jax.nn.logsumexp(jnp.stack(xs), axis=0),
        "logsumexp_error": logsumexp_error,
        "hypot": hypot,
        "peak": lambda a, b, *xs: functools.reduce(jnp.maximum, xs),
        "below_peak": lambda z, *xs: below(xs, lambda x: x, lambda x, m: jnp.exp(x - m)),
        "dominant": dominant,
        "below_dominant": below_dominant,
        "p_norm": p_norm,
        "fine_length": lambda z, *xs: jnp.where(z > TINY, z, hypot(*[x * UP for x in xs])),
        "take": lambda *xs: jnp.stack(xs[:-1])[xs[-1].astype(int)],
        "remainder": remainder,
    }
