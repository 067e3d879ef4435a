"""What each primitive computes, in JAX.

Only values: `jax_primitive` adds the derivatives from the rule table. So both sides of a selection
may be computed, and a guard need not be safe to differentiate.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.extras import require
from autodiff.primitive import Primitive

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


def in_jax(primitive: Primitive) -> Callable[..., Any]:
    """What a primitive computes, as a function of JAX arrays; its rule is not used here."""
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
    return known.get(name) or _rules_own(jax, name) or _through_python(primitive)


def _rules_own(jax: Any, name: str) -> Callable[..., Any] | None:
    """The functions that only rules use: derivatives where elementary ones would give 0*inf."""
    jnp, sigmoid = jax.numpy, jax.nn.sigmoid

    def sigmoid_slope(x: Any) -> Any:
        e = jnp.exp(-jnp.abs(x))
        return e / ((1.0 + e) * (1.0 + e))

    def bent(x: Any, slope: Any) -> Any:
        return jnp.where(slope == 0, slope, x * slope)

    def over_norm2(x: Any, y: Any) -> Any:
        h = jnp.hypot(x, y)
        return jnp.where((h == 0) | jnp.isinf(h), 0.0, x / h / h)

    def gauss(c: Any, n: Any, x: Any) -> Any:
        bell = jnp.exp(-x * x)
        return jnp.where((n < 0) | (bell == 0), c * 0.0, c * (x**n * bell))

    def power_term(c: Any, x: Any, y: Any, k: Any) -> Any:
        power = jnp.power(x, y)
        inside = power * jnp.log(jnp.where(x > 0, x, 1.0)) ** k
        limit = jnp.where(y >= 0, 0.0, jnp.where(k % 2 == 1, -jnp.inf, jnp.inf))
        outside = jnp.where(x == 0, limit, jnp.nan)
        term = jnp.where(k == 0, power, jnp.where(x > 0, inside, outside))
        return jnp.where((c == 0) | (k < 0), 0.0, c * term)

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

    functions: dict[str, Callable[..., Any]] = {
        "asin_slope": lambda x: 1.0 / jnp.sqrt((1.0 - x) * (1.0 + x)),
        "acosh_slope": lambda x: 1.0 / (jnp.sqrt(x - 1.0) * jnp.sqrt(x + 1.0)),
        "asinh_slope": lambda x: 1.0 / jnp.hypot(1.0, x),
        "atan_slope": lambda x: 1.0 / (1.0 + x * x),
        "over_norm2": over_norm2,
        "gauss": gauss,
        "sigmoid_slope": sigmoid_slope,
        "silu_bend": lambda x: bent(x, sigmoid_slope(x)),
        "mish_bend": lambda x: bent(x, 4 * sigmoid(x) * sigmoid_slope(2 * jax.nn.softplus(x))),
        "fine_length": lambda z, *xs: z + 0.0,
        "direction": lambda x, h, f: jnp.where(h == 0, 0.0, x / jnp.where(h == 0, 1.0, h)),
        "shifted_exp": lambda x, s, e: jnp.exp(x - s - e),
        "logsumexp_error": logsumexp_error,
        "power_term": power_term,
        "remainder": remainder,
        "trunc_quotient": lambda x, y: jnp.round((x - jnp.fmod(x, y)) / y),
        "round_quotient": lambda x, y: jnp.round((x - remainder(x, y)) / y),
    }
    return functions.get(name)


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
