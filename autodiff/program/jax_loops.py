"""What the atoms without a function of their own in JAX compute there: most take many operands.

Only values: `jax_primitive` adds the derivatives from the rule table. So both sides of a selection
may be computed, and a guard need not be safe to differentiate.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autodiff.errors import require
from autodiff.special.several import TINY, UP


def loops() -> dict[str, Callable[..., Any]]:
    """The functions by the names of their primitives."""
    jax = require("jax", "jax")
    jnp = jax.numpy

    def hypot(*xs: Any) -> Any:
        entries = jnp.stack(xs)
        largest = jnp.max(jnp.abs(entries), axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        scaled = entries / jnp.where(usual, largest, 1.0)
        return jnp.where(usual, largest * jnp.sqrt(jnp.sum(scaled * scaled, axis=0)), largest)

    def p_norm(*operands: Any) -> Any:
        *xs, p = operands
        sizes = jnp.abs(jnp.stack(xs))
        largest = jnp.max(sizes, axis=0)
        usual = (largest > 0) & jnp.isfinite(largest)
        total = jnp.sum((sizes / jnp.where(usual, largest, 1.0)) ** p, axis=0)
        return jnp.where(usual, largest * total ** (1.0 / p), largest)

    def logsumexp_error(z: Any, *xs: Any) -> Any:
        entries = jnp.stack(xs)
        largest = entries.max(axis=0)
        error = (largest - z) + jax.nn.logsumexp(entries - largest, axis=0)
        return jnp.where((jnp.abs(z) <= 16) | ~jnp.isfinite(z), 0.0, error)

    def remainder(x: Any, y: Any) -> Any:
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
        "p_norm": p_norm,
        "fine_length": lambda z, *xs: jnp.where(z > TINY, z, hypot(*[x * UP for x in xs])),
        "take": lambda *xs: jnp.stack(xs[:-1])[xs[-1].astype(int)],
        "remainder": remainder,
    }
