"""`to_jax`: the same computation as a function of JAX, for GPUs and many machines.

Each primitive becomes a JAX function whose derivative is the rule of the table (`custom_jvp`), so
conventions at kinks and the accuracy of the rules carry over, to every order. Batching, devices
and compilation are JAX's own: `jax.jit(jax.vmap(to_jax(f)))`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from autodiff.errors import AutodiffError, require
from autodiff.formula import Formula, fold
from autodiff.primitive import PRIMITIVES, Primitive, is_literal, split_condition

from .containers import flatten
from .program import Program
from .variant import Variant, trace_anywhere

#: Names in jax.numpy that differ from ours.
_NUMPY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative",
    "pow": "power", "mod": "mod", "floordiv": "floor_divide", "abs": "abs", "fabs": "abs",
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2",
    "log10": "log10", "log1p": "log1p", "sqrt": "sqrt", "cbrt": "cbrt", "sin": "sin",
    "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "degrees": "degrees", "radians": "radians",
    "copysign": "copysign", "fmod": "fmod", "sinc": "sinc", "sign": "sign",
}  # fmt: skip
_COMPARE = {
    "less": "less", "less_equal": "less_equal", "greater": "greater",
    "greater_equal": "greater_equal", "equal": "equal", "not_equal": "not_equal",
}  # fmt: skip


def to_jax(f: Callable[..., Any], /) -> Callable[..., Any]:
    """The function f of Values and numbers as a function of JAX arrays and scalars.

    The result takes JAX arrays, scalars and nested lists, tuples and dicts of them in place of
    NumPy arrays and numbers, and works under `jax.jit`, `jax.grad`, `jax.vmap` and on a mesh of
    devices. `f` is traced once for each structure of arguments. Captured parameters enter as
    constants with the numbers they have then; to train them in JAX, make them arguments.

    Precision is JAX's: set `jax_enable_x64` for doubles. Where a selection does not choose an
    operand whose own derivative is infinite, JAX gives nan for 0 times infinity. A primitive that
    only Python can compute (a user's own, polygamma) goes through `jax.pure_callback`. Raises
    MissingExtraError without JAX.

    >>> import autodiff
    >>> g = to_jax(lambda x: autodiff.sin(x) * x)  # doctest: +SKIP
    >>> float(jax.grad(g)(1.0))  # doctest: +SKIP
    1.3817732
    """
    jnp = require("jax.numpy", "jax")
    import numpy as np

    variants: dict[Hashable, Variant] = {}

    @functools.wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        numbers: list[Any] = []
        given = _open((args, kwargs), np, numbers)
        examples: list[Any] = []
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


def _open(tree: Any, np: Any, numbers: list[Any]) -> Any:
    """The arguments with arrays of examples (0.5) for JAX arrays; their entries go to `numbers`."""
    if isinstance(tree, dict):
        return {key: _open(item, np, numbers) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_open(item, np, numbers) for item in tree]
        return items if isinstance(tree, list) else tuple(items)
    if hasattr(tree, "shape") and hasattr(tree, "dtype"):
        if tree.shape == ():
            numbers.append(tree)
            return 0.5
        numbers.extend(tree.ravel())
        return np.full(tree.shape, 0.5)
    if isinstance(tree, float):
        numbers.append(tree)
        return 0.5
    if isinstance(tree, int) and not isinstance(tree, bool):
        numbers.append(tree)
    return tree


def run(program: Program, leaves: Sequence[Any]) -> list[Any]:
    """Evaluate a Program on JAX numbers."""
    numbers: list[Any] = [*leaves, *program.constants]
    for primitive, operands in zip(program.primitives, program.operands, strict=True):
        numbers.append(jax_primitive(primitive)(*[numbers[slot] for slot in operands]))
    return [numbers[slot] for slot in program.outputs]


@functools.cache
def jax_primitive(primitive: Primitive) -> Callable[..., Any]:
    """A primitive as a JAX function whose derivative is its rule."""
    jax = require("jax", "jax")
    forward = jax.custom_jvp(_forward(primitive))

    def jvp(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        z = forward(*primals)
        count = len(primals)
        shared = {name: jax_primitive(PRIMITIVES[name])(z, *primals) for name in primitive.shared}
        total = jax.numpy.zeros_like(z)
        for at, tangent in enumerate(tangents):
            rule = primitive.derivative(at, count)
            if not is_literal(rule, 0.0):
                names = {**primitive.bind(at, z, primals), **shared}
                total = total + _term(rule, names, tangent)
        return z, total

    forward.defjvp(jvp)
    return forward  # type: ignore[no-any-return]  # JAX has no types here


def _term(rule: Formula, names: dict[str, Any], tangent: Any) -> Any:
    jnp = require("jax.numpy", "jax")
    condition, derivative = split_condition(rule)

    def number(formula: Formula) -> Any:
        return fold(formula, float, names.__getitem__, _apply)

    product = number(derivative) * tangent
    return product if condition is None else jnp.where(number(condition) != 0, product, 0.0)


def _apply(name: str, operands: tuple[Any, ...]) -> Any:
    jnp = require("jax.numpy", "jax")
    return jax_primitive(PRIMITIVES[name])(*[jnp.asarray(x, dtype=float) for x in operands])


def _forward(primitive: Primitive) -> Callable[..., Any]:
    """What a primitive computes, in JAX."""
    jax = require("jax", "jax")
    jnp, name = jax.numpy, primitive.name
    if name in _NUMPY:
        return getattr(jnp, _NUMPY[name])  # type: ignore[no-any-return]  # JAX has no types here
    if name in _COMPARE:
        compare = getattr(jnp, _COMPARE[name])
        return lambda x, y: jnp.where(compare(x, y), 1.0, 0.0)
    known: dict[str, Callable[..., Any]] = {
        "not": lambda x: jnp.where(x == 0, 1.0, 0.0),
        "where": lambda c, x, y: jnp.where(c != 0, x, y),
        "gate": lambda c, x, y: jnp.where(c != 0, x * y, 0.0),
        "ratio": lambda x, h: jnp.where(h == 0, 0.0, x / jnp.where(h == 0, 1.0, h)),
        "one": lambda x: jnp.where(x == x, 1.0, x),
        "identity": lambda x: x + 0.0,
        "detach": jax.lax.stop_gradient,
        "sum": lambda *xs: functools.reduce(jnp.add, xs, jnp.asarray(0.0)),
        "dot": lambda *xs: _dot(xs, 0.0),
        "affine": lambda *xs: _dot(xs[:-1], xs[-1]),
        "maximum": lambda *xs: functools.reduce(jnp.maximum, xs),
        "minimum": lambda *xs: functools.reduce(jnp.minimum, xs),
        "ties": lambda z, *xs: sum([jnp.where(x == z, 1.0, 0.0) for x in xs], jnp.asarray(0.0)),
        "logsumexp": lambda *xs: jax.nn.logsumexp(jnp.stack(xs)),
        "hypot": lambda *xs: functools.reduce(jnp.hypot, xs, jnp.asarray(0.0)),
        "take": lambda *xs: jnp.stack(xs[:-1])[xs[-1].astype(int)],
        "relu": lambda x: jnp.where(x <= 0, 0.0, x),
        "relu6": lambda x: jnp.where(x <= 0, 0.0, jnp.where(x >= 6, 6.0, x)),
        "hardtanh": lambda x: jnp.where(x <= -1, -1.0, jnp.where(x >= 1, 1.0, x)),
        "clip": lambda x, lo, hi: jnp.where(x <= lo, lo, jnp.where(x >= hi, hi, x)),
        "leaky_relu": lambda x, slope: jnp.where(x > 0, x, slope * x),
        "elu": lambda x, alpha: jnp.where(x > 0, x, alpha * jnp.expm1(jnp.minimum(x, 0.0))),
        "selu": jax.nn.selu,
        "sigmoid": jax.nn.sigmoid,
        "log_sigmoid": jax.nn.log_sigmoid,
        "softplus": jax.nn.softplus,
        "silu": jax.nn.silu,
        "mish": jax.nn.mish,
        "softsign": jax.nn.soft_sign,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
        "logit": jax.scipy.special.logit,
        "erf": jax.scipy.special.erf,
        "erfc": jax.scipy.special.erfc,
        "gamma": jax.scipy.special.gamma,
        "lgamma": jax.scipy.special.gammaln,
        "digamma": jax.scipy.special.digamma,
    }
    return known.get(name) or _through_python(primitive)


def _dot(xs: Sequence[Any], start: Any) -> Any:
    half = len(xs) // 2
    total = start
    for x, y in zip(xs[:half], xs[half:], strict=True):
        total = total + x * y
    return total


def _through_python(primitive: Primitive) -> Callable[..., Any]:
    """A primitive that only Python can compute, entry by entry."""
    jax = require("jax", "jax")
    import numpy as np

    compute = np.vectorize(primitive.total.forward, otypes=[float])

    def forward(*operands: Any) -> Any:
        arrays = jax.numpy.broadcast_arrays(*operands)
        result = jax.ShapeDtypeStruct(arrays[0].shape, arrays[0].dtype)

        def call(*numbers: Any) -> Any:
            return np.asarray(compute(*map(np.asarray, numbers)), dtype=result.dtype)

        return jax.pure_callback(call, result, *arrays, vmap_method="expand_dims")

    return forward
