"""`to_jax`: the same computation as a function of JAX, for GPUs and many machines.

Each primitive becomes a JAX function whose derivative is the rule of the table (`custom_jvp`), so
conventions at kinks and the accuracy of the rules carry over, to every order. Batching, devices
and compilation are JAX's own: `jax.jit(jax.vmap(to_jax(f)))`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence

from autodiff.complaints import check_function
from autodiff.errors import AutodiffError
from autodiff.extras import require
from autodiff.formula import Formula, fold, is_literal, split_condition
from autodiff.primitive import PRIMITIVES, Primitive

from .inputs import Leaf, Tree
from .jax_loops import JaxArray
from .jax_presence import masks, selects
from .jax_values import in_jax
from .numpy_types import numpy
from .program import Program
from .tracing.containers import flatten
from .tracing.traced_run import trace_anywhere
from .tracing.variant import Variant


def to_jax(f: Callable[..., Tree], /) -> Callable[..., Tree]:
    """The function f of Values and numbers as a function of JAX arrays and scalars.

    The result takes JAX arrays, scalars and nested lists, tuples and dicts of them in place of
    NumPy arrays and numbers, and works under `jax.jit`, `jax.grad`, `jax.vmap` and on a mesh of
    devices. `f` is traced once for each structure of arguments. Captured parameters enter as
    constants with the numbers they have then; to train them in JAX, make them arguments.

    Precision is JAX's: set `jax_enable_x64` for doubles. Conventions are those of the engine, at
    kinks and below selections: an operand that is not chosen gets no contribution, even where its
    own derivative is infinite. What only Python can compute (a user's own primitive that is no
    formula, polygamma, higher derivatives of sinc) goes through `jax.pure_callback`, and that needs
    the processor of each device. Raises MissingExtraError
    without JAX.

    >>> import autodiff
    >>> g = to_jax(lambda x: autodiff.sin(x) * x)  # doctest: +SKIP
    >>> float(jax.grad(g)(1.0))  # doctest: +SKIP
    1.3817732
    """
    check_function("to_jax", f)
    jnp = require("jax.numpy", "jax")
    variants: dict[Hashable, Variant] = {}

    @functools.wraps(f)
    def function(*args: Tree, **kwargs: Tree) -> Tree:
        numbers: list[JaxArray | float] = []
        given = _open((args, kwargs), numbers)
        examples: list[Leaf] = []
        structure = flatten(given, examples)
        if structure not in variants:
            variants[structure] = trace_anywhere("to_jax", f, given[0], given[1], examples)
        variant = variants[structure]
        if variant.guards:
            raise AutodiffError(
                f"to_jax: the function decides by numbers at {variant.guards[0].line}; "
                "use autodiff.where, relu or maximum there"
            )
        leaves = [*numbers, *[leaf.data for leaf in variant.captured]]
        outputs = run(variant.program, [jnp.asarray(leaf, dtype=float) for leaf in leaves])
        return variant.refill(outputs)

    return function


def _open(tree: Tree, numbers: list[JaxArray | float]) -> Tree:
    """The arguments with arrays of examples (0.5) for JAX arrays; their entries go to `numbers`."""
    if isinstance(tree, dict):
        return {key: _open(item, numbers) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_open(item, numbers) for item in tree]
        return items if isinstance(tree, list) else tuple(items)
    if hasattr(tree, "shape") and hasattr(tree, "dtype"):
        if tree.shape == ():
            numbers.append(tree)
            return 0.5
        numbers.extend(tree.ravel())
        return numpy().full(tree.shape, 0.5)
    if isinstance(tree, float):
        numbers.append(tree)
        return 0.5
    if isinstance(tree, int) and not isinstance(tree, bool):
        numbers.append(tree)
    return tree


def run(program: Program, leaves: Sequence[JaxArray]) -> list[JaxArray]:
    """Evaluate a Program on JAX numbers."""
    present: dict[int, JaxArray | None] = {}
    if any(map(selects, set(program.primitives))):
        stop = require("jax", "jax").lax.stop_gradient
        present = masks(program, _numbers(program, [stop(leaf) for leaf in leaves], {}))
    numbers = _numbers(program, leaves, present)
    return [numbers[slot] for slot in program.outputs]


def _numbers(
    program: Program, leaves: Sequence[JaxArray], present: Mapping[int, JaxArray | None]
) -> list[JaxArray]:
    jnp = require("jax.numpy", "jax")
    numbers: list[JaxArray] = [*leaves, *program.constants]
    instructions = zip(program.primitives, program.operands, strict=True)
    for index, (primitive, slots) in enumerate(instructions):
        operands = [numbers[slot] for slot in slots]
        if index in present:
            mask = jnp.where(present[index], 1.0, 0.0)
            numbers.append(jax_primitive(primitive, masked=True)(mask, *operands))
        else:
            numbers.append(jax_primitive(primitive)(*operands))
    return numbers


@functools.cache
def jax_primitive(primitive: Primitive, *, masked: bool = False) -> Callable[..., JaxArray]:
    """A primitive as a JAX function whose derivative is its rule.

    A masked one has a first operand more: where it is 0, the node has no adjoint, and its
    derivatives are 0 whatever the rule says.
    """
    jax = require("jax", "jax")
    value = in_jax(primitive)
    forward = jax.custom_jvp(lambda *operands: value(*operands[masked:]))

    def jvp(primals: Sequence[JaxArray], tangents: Sequence[JaxArray]) -> tuple[JaxArray, JaxArray]:
        z = forward(*primals)
        mask = primals[0] if masked else None
        primals, tangents = primals[masked:], tangents[masked:]
        count = len(primals)
        shared = {name: _apply(name, (z, *primals), mask) for name in primitive.shared}
        total = jax.numpy.zeros_like(z)
        for at, tangent in enumerate(tangents):
            rule = primitive.derivative(at, count)
            if not is_literal(rule, 0.0):
                names = {**primitive.bind(at, z, primals), **shared}
                total = total + _term(rule, names, tangent, mask)
        return z, total

    forward.defjvp(jvp)
    return forward  # type: ignore[no-any-return]  # JAX has no types here


def _term(
    rule: Formula, names: dict[str, JaxArray], tangent: JaxArray, mask: JaxArray | None
) -> JaxArray:
    jnp = require("jax.numpy", "jax")
    condition, derivative = split_condition(rule)

    def number(formula: Formula) -> JaxArray:
        return fold(formula, float, names.__getitem__, lambda name, xs: _apply(name, xs, mask))

    local = number(derivative)
    product = (local if mask is None else jnp.where(mask != 0, local, 0.0)) * tangent
    return product if condition is None else jnp.where(number(condition) != 0, product, 0.0)


def _apply(name: str, operands: Sequence[JaxArray], mask: JaxArray | None) -> JaxArray:
    jnp = require("jax.numpy", "jax")
    numbers = [jnp.asarray(x, dtype=float) for x in operands]
    if mask is None:
        return jax_primitive(PRIMITIVES[name])(*numbers)
    return jax_primitive(PRIMITIVES[name], masked=True)(mask, *numbers)
