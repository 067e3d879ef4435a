"""`to_jax`: the same computation as a function of JAX, for GPUs and many machines.

Each primitive becomes a JAX function whose derivative is the rule of the table (`custom_jvp`), so
conventions at kinks and the accuracy of the rules carry over, to every order. Batching, devices
and compilation are JAX's own: `jax.jit(jax.vmap(to_jax(f)))`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from autodiff.complaints import check_function
from autodiff.errors import AutodiffError
from autodiff.extras import require
from autodiff.formula import Formula, fold, is_literal, split_condition
from autodiff.primitive import PRIMITIVES, Primitive

from .inputs import Leaf, Tree
from .jax_loops import JaxArray
from .jax_memory import Memory
from .jax_plan import FEW, Applied, Sums, plan
from .jax_presence import with_masks
from .jax_values import in_columns, in_jax
from .lowering.lanes import SHORTEST
from .numpy_types import numpy
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
    require("jax", "jax")
    variants: dict[Hashable, _Planned] = {}

    @functools.wraps(f)
    def function(*args: Tree, **kwargs: Tree) -> Tree:
        chunks: list[tuple[int, JaxArray]] = []
        named = enumerate(kwargs.items(), len(args))
        given = (
            tuple([_open(tree, at, chunks) for at, tree in enumerate(args)]),
            {key: _open(tree, at, chunks) for at, (key, tree) in named},
        )
        examples: list[Leaf] = []
        structure = flatten(given, examples)
        if structure not in variants:
            variant = trace_anywhere("to_jax", f, given[0], given[1], examples)
            if variant.guards:
                raise AutodiffError(
                    f"to_jax: the function decides by numbers at {variant.guards[0].line}; "
                    "use autodiff.where, relu or maximum there"
                )
            variants[structure] = _Planned(variant, [at for at, c in chunks for _ in range(c.size)])
        return variants[structure].run([chunk for _, chunk in chunks])

    return function


def _open(tree: Tree, argument: int, chunks: list[tuple[int, JaxArray]]) -> Tree:
    """An argument with arrays of examples (0.5) for JAX arrays; these go to `chunks`."""
    if isinstance(tree, dict):
        return {key: _open(item, argument, chunks) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_open(item, argument, chunks) for item in tree]
        return items if isinstance(tree, list) else tuple(items)
    array = hasattr(tree, "shape") and hasattr(tree, "dtype")
    if array or (isinstance(tree, (float, int)) and not isinstance(tree, bool)):
        chunk = require("jax.numpy", "jax").asarray(tree, dtype=float)
        chunks.append((argument, chunk.ravel() if chunk.shape else chunk))
        if array:
            return numpy().full(tree.shape, 0.5) if tree.shape else 0.5
        return tree if isinstance(tree, int) else 0.5
    return tree


class _Planned:
    """A trace as operations of JAX; `kinds` has the argument that each leaf belongs to."""

    def __init__(self, variant: Variant, kinds: Sequence[int]) -> None:
        self._variant = variant
        program = replace(variant.program, outputs=variant.program.outputs[: variant.results])
        whole, masks = with_masks(program)
        kinds = [*kinds, *[max(kinds, default=0) + 1] * len(variant.captured)]
        if masks:
            kinds = [*kinds, *[kind + max(kinds) + 1 for kind in kinds]]
        self._masked, self._constants = bool(masks), whole.constants
        self._plan = plan(whole, masks, kinds)

    def run(self, chunks: Sequence[JaxArray]) -> Tree:
        """The results for the numbers of a call."""
        np, memory = numpy(), Memory()
        captured = np.array([leaf.data for leaf in self._variant.captured], dtype=float)
        for part in (chunks, [captured]):
            for chunk in part:
                memory.add(chunk, chunk.size)
        if self._masked:
            stop = require("jax", "jax").lax.stop_gradient
            for chunk in chunks:
                memory.add(stop(chunk), chunk.size)
            memory.add(captured, captured.size)
        memory.add(np.array(self._constants, dtype=float), len(self._constants))
        for operation in self._plan.operations:
            if isinstance(operation, Sums):
                found = _sums(memory, operation)
            else:
                found = _applied(memory, operation)
            memory.add(found, operation.count)
        return self._variant.refill([memory.number(at) for at in self._plan.outputs])


def _applied(memory: Memory, operation: Applied) -> JaxArray:
    """A primitive on vectors."""
    jnp = require("jax.numpy", "jax")
    wide = range(operation.masked, operation.masked + operation.primitive.columns)
    operands = [
        memory.read(places) if at in wide else memory.operand(places)
        for at, places in enumerate(operation.operands)
    ]
    found = jax_primitive(operation.primitive, masked=operation.masked)(*operands)
    return jnp.broadcast_to(found, (operation.count,) if operation.count > 1 else ())


def _sums(memory: Memory, operation: Sums) -> JaxArray:
    """Sums of products, by the best that there is for their shape; no less precise than others."""
    jax = require("jax", "jax")
    jnp = jax.numpy
    matmul = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    major, minor, parts = operation.major, operation.minor, []
    groups, rows, terms = major.shape
    columns = minor.shape[1]
    if terms == 0 or (operation.count == 1 and terms < FEW):
        pairs = zip(major.ravel(), minor.ravel(), strict=True)
        parts = [memory.operand(a) * memory.operand(b) for a, b in pairs]
    elif terms == 1 or rows == columns == 1 < groups:
        products = memory.read(major)[:, :, None] * memory.read(minor)[:, None]
        parts = [products.sum(axis=-1)]
    elif groups > 1:
        parts = [matmul(memory.read(major), memory.read(minor).swapaxes(1, 2))]
    elif rows == 1:
        parts = [matmul(memory.read(minor[0]), memory.read(major[0, 0]))]
    else:
        second = memory.read(minor[0, 0]) if columns == 1 else memory.read(minor[0]).T
        parts = [matmul(memory.read(major[0]), second)]
    shape = (operation.count,) if operation.count > 1 else ()
    parts = [part.reshape(shape) for part in parts]
    if len(operation.singles) < SHORTEST:
        parts += [memory.operand(single) for single in operation.singles]
    else:
        parts.append(memory.read(operation.singles).sum(axis=0).reshape(shape))
    parts += [0.0] * operation.from_zero  # -0.0 is 0.0 then
    return jnp.broadcast_to(functools.reduce(jnp.add, parts), shape)


@functools.cache
def jax_primitive(primitive: Primitive, *, masked: bool = False) -> Callable[..., JaxArray]:
    """A primitive as a JAX function whose derivative is its rule.

    It takes an array for each variable, see `in_jax`. A masked one has a first operand more: where
    it is 0, the node has no adjoint, and its derivatives are 0 whatever the rule says.
    """
    jax = require("jax", "jax")
    value = in_jax(primitive)
    forward = jax.custom_jvp(lambda *operands: value(*operands[masked:]))

    def jvp(primals: Sequence[JaxArray], tangents: Sequence[JaxArray]) -> tuple[JaxArray, JaxArray]:
        z = forward(*primals)
        mask = primals[0] if masked else None
        primals, tangents = primals[masked:], tangents[masked:]
        names = {"z": z, **dict(zip(primitive.variables, primals, strict=True))}
        if primitive.rows:
            rows = jax.numpy.arange(float(len(primals[0])))
            names["row"] = rows.reshape(-1, *[1] * (primals[0].ndim - 1))
        for name in primitive.shared:
            names[name] = _apply(name, [jax.numpy.concatenate([z[None], *primals])], mask)
        total = jax.numpy.zeros_like(z)
        for at, (rule, tangent) in enumerate(zip(primitive.formulas, tangents, strict=True)):
            if not is_literal(rule, 0.0):
                term = _term(rule, names, tangent, mask)
                total = total + (term.sum(axis=0) if at < primitive.columns else term)
        return z, total

    forward.defjvp(jvp)
    return forward  # type: ignore[no-any-return]  # JAX has no types here


def _term(
    rule: Formula, names: dict[str, JaxArray], tangent: JaxArray, mask: JaxArray | None
) -> JaxArray:
    jnp = require("jax.numpy", "jax")
    condition, derivative = split_condition(rule)

    def apply(name: str, operands: Sequence[JaxArray]) -> JaxArray:
        numbers = [jnp.asarray(x, dtype=float) for x in operands]
        return _apply(name, in_columns(PRIMITIVES[name], numbers), mask)

    def number(formula: Formula) -> JaxArray:
        return fold(formula, float, names.__getitem__, apply)

    local = number(derivative)
    product = (local if mask is None else jnp.where(mask != 0, local, 0.0)) * tangent
    return product if condition is None else jnp.where(number(condition) != 0, product, 0.0)


def _apply(name: str, operands: Sequence[JaxArray], mask: JaxArray | None) -> JaxArray:
    if mask is None:
        return jax_primitive(PRIMITIVES[name])(*operands)
    return jax_primitive(PRIMITIVES[name], masked=True)(mask, *operands)
