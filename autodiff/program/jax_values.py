"""What each primitive computes, in JAX: atoms by their entry in atoms.py, composites by formula."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.atoms import ATOMS
from autodiff.extras import require
from autodiff.formula import Apply, Constant, Formula, write
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.signs import COMPARISONS

from .jax_loops import JaxArray, loops


def in_columns(primitive: Primitive, operands: Sequence[JaxArray]) -> list[JaxArray]:
    """The operands of one call, one array for each variable of the primitive."""
    if primitive.arity is not None:
        return list(operands)
    jnp = require("jax.numpy", "jax")
    same = jnp.broadcast_arrays(*operands)
    rows = (len(same) - primitive.tail) // primitive.columns
    columns = [jnp.stack(same[at * rows :][:rows]) for at in range(primitive.columns)]
    return [*columns, *same[rows * primitive.columns :]]


def _add_up(operands: Sequence[JaxArray], factors: int) -> JaxArray:
    product = functools.reduce(lambda x, y: x * y, operands[:factors])
    return sum(operands[factors:], product.sum(axis=0))


@functools.cache
def in_jax(primitive: Primitive) -> Callable[..., JaxArray]:
    """What a primitive computes, as a function of JAX arrays; its rule is not used here.

    It takes an array for each of the primitive's variables, that of a column with the operands
    along its first axis.
    """
    jax = require("jax", "jax")
    jnp, name, terms = jax.numpy, primitive.name, primitive.terms
    place = ATOMS[name].jax if name in ATOMS else ""
    if name == "detach":
        return jax.lax.stop_gradient  # type: ignore[no-any-return]  # JAX has no types here
    if terms is not None:
        return lambda *operands: _add_up(operands, len(terms.factors))
    if place == "loop":
        return loops()[name]
    if place:
        function: Any = functools.reduce(getattr, place.split("."), jax)
        if name == "not" or name in COMPARISONS:
            return lambda *operands: jnp.where(function(*operands), 1.0, 0.0)
        return function  # type: ignore[no-any-return]  # the same
    if primitive.formula is None:
        return _through_python(primitive)
    return lambda *operands: _evaluate(primitive, operands)


def _evaluate(primitive: Primitive, operands: tuple[JaxArray, ...]) -> JaxArray:
    jnp = require("jax.numpy", "jax")
    names = dict(zip(primitive.variables, operands, strict=True))

    def leaf(formula: Formula) -> JaxArray:
        if isinstance(formula, Constant):
            return formula.value
        return names[str(formula)]

    def combine(formula: Apply, parts: tuple[JaxArray, ...]) -> JaxArray:
        primitive = PRIMITIVES[formula.name]
        return in_jax(primitive)(*in_columns(primitive, [*map(jnp.asarray, parts)]))

    def choose(
        condition: JaxArray, then: Callable[[], JaxArray], other: Callable[[], JaxArray]
    ) -> JaxArray:
        return jnp.where(condition != 0, then(), other())

    assert primitive.formula is not None
    return write(primitive.formula, leaf, combine, choose) + 0.0


def _through_python(primitive: Primitive) -> Callable[..., JaxArray]:
    """A primitive that only Python can compute, entry by entry."""
    jax = require("jax", "jax")
    import numpy as np

    compute = np.vectorize(primitive.total.forward, otypes=[float])

    def forward(*operands: JaxArray) -> JaxArray:
        rows = [row for column in operands[: primitive.columns] for row in column]
        arrays = jax.numpy.broadcast_arrays(*rows, *operands[primitive.columns :])
        result = jax.ShapeDtypeStruct(arrays[0].shape, arrays[0].dtype)

        def call(*numbers: JaxArray) -> JaxArray:
            return np.asarray(compute(*map(np.asarray, numbers)), dtype=result.dtype)

        return jax.pure_callback(call, result, *arrays, vmap_method="expand_dims")

    return forward
