"""Smooth activations and cross-entropy: a network through vmap against arrays by hand and JAX."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.measure import timed
from benchmarks.moons_data import RATE, Moons, moons
from benchmarks.peers.moons_arrays import unpack
from benchmarks.rows import Options, Row, agree, workload

EXAMPLES = 10_000
ACTIVATIONS = ("relu", "tanh", "gelu")
TABLE = "batch of {:,} through vmap, a {} network with mse, one step"
ENTROPY = "digits-like network of {} examples, cross-entropy against mse, one step"


@workload("smooth_batch", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """Networks with relu, tanh and gelu through vmap, against NumPy by hand and JAX."""
    count = 16 if options.quick else EXAMPLES
    try:
        import llvmlite  # noqa: F401 - the question is whether it is there
        import numpy as np
        from scipy.special import erf
    except ImportError as error:
        yield Row(TABLE.format(count, "smooth"), "autodiff, vmap", note=f"missing: {error}")
        return
    data = moons(count, (2, 3, 1) if options.quick else (2, 16, 16, 1))
    for name in ACTIVATIONS:
        table = TABLE.format(count, name)
        gradient, step = _ours(np, data, name)
        expected, by_hand = _by_hand(np, erf, data, name)
        details = {"largest difference": agree("vmap", gradient, expected)}
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("autodiff, vmap", step), (f"NumPy {np.__version__}, by hand", by_hand),
        ]  # fmt: skip
        if options.wants("jax"):
            try:
                steps.append(_jax(data, name, expected))
            except ImportError as error:
                yield Row(table, "jax", note=f"missing: {error}")
        for engine, each in steps:
            timing = timed(each, options.runs)
            setting = "NumPy arguments, nn.SGD" if engine == "autodiff, vmap" else ""
            yield Row(table, engine, setting, timing.median * 1e3, spread=timing.spread * 1e3,
                      runs=timing.runs, baseline=bool(setting), details=details)  # fmt: skip
    yield from _entropy(np, options)


def _ours(np: Any, data: Moons, name: str) -> tuple[list[float], Callable[[], Any]]:
    import autodiff as ad
    from nn import SGD

    parameters = [ad.Value(number) for number in data.parameters]
    activation = getattr(ad, name)

    def example_loss(point: Any, target: Any) -> Any:
        values, at = list(point), 0
        for outputs, inputs in zip(data.sizes[1:], data.sizes, strict=False):
            sums = []
            for _ in range(outputs):
                weights, bias = parameters[at : at + inputs], parameters[at + inputs]
                sums.append(ad.affine(weights, values, bias))
                at += inputs + 1
            values = sums if at == len(parameters) else [activation(x) for x in sums]
        return (values[0] - target) ** 2

    each = ad.vmap(example_loss)
    points, targets = np.array(data.points), np.array(data.targets)
    ad.mean(each(points, targets)).backward()
    gradient = [parameter.grad for parameter in parameters]
    optimizer = SGD(parameters, lr=RATE)

    def step() -> None:
        optimizer.zero_grad()
        ad.mean(each(points, targets)).backward()
        optimizer.step()

    return gradient, step


def _by_hand(np: Any, erf: Any, data: Moons, name: str) -> tuple[list[float], Callable[[], Any]]:
    points, targets = np.array(data.points), np.array(data.targets)
    flat, gradient = np.array(data.parameters), np.zeros(len(data.parameters))
    layers, gradients = unpack(data, flat), unpack(data, gradient)

    def forward(x: Any) -> tuple[Any, Any]:
        """The activation, and its derivative."""
        if name == "relu":
            return np.maximum(x, 0.0), (x > 0.0) * 1.0
        if name == "tanh":
            z = np.tanh(x)
            return z, 1.0 - z * z
        share = 0.5 * (1.0 + erf(x * math.sqrt(0.5)))
        return x * share, share + x * np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)

    def compute() -> None:
        values, slopes = [points], []
        for weight, bias in layers[:-1]:
            value, slope = forward(values[-1] @ weight.T + bias)
            values.append(value)
            slopes.append(slope)
        weight, bias = layers[-1]
        error = (values[-1] @ weight.T + bias)[:, 0] - targets
        adjoint = (2.0 / len(targets) * error)[:, None]
        for number in range(len(layers) - 1, -1, -1):
            gradients[number][0][:] = adjoint.T @ values[number]
            gradients[number][1][:] = adjoint.sum(axis=0)
            if number:
                adjoint = (adjoint @ layers[number][0]) * slopes[number - 1]

    def step() -> None:
        compute()
        flat[:] -= RATE * gradient

    compute()
    return gradient.tolist(), step


def _jax(data: Moons, name: str, expected: list[float]) -> tuple[str, Callable[[], Any]]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    activations: dict[str, Any] = {
        "relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    }  # fmt: skip
    points, targets = jnp.array(data.points), jnp.array(data.targets)

    def loss_of(flat: Any) -> Any:
        layers, values = unpack(data, flat), points
        for weight, bias in layers[:-1]:
            values = activations[name](values @ weight.T + bias)
        weight, bias = layers[-1]
        return (((values @ weight.T + bias)[:, 0] - targets) ** 2).mean()

    update: Any = jax.jit(lambda flat: flat - RATE * jax.grad(loss_of)(flat))
    state = [jnp.array(data.parameters)]
    agree("JAX", list(map(float, jax.grad(loss_of)(state[0]))), expected)

    def step() -> None:
        state[0] = jax.block_until_ready(update(state[0]))

    return f"JAX {jax.__version__}, vectorised, jit", step


def _entropy(np: Any, options: Options) -> Iterator[Row]:
    """A step of `fit`'s kind: the same network and batch with two losses, by vmap and by jit."""
    import autodiff as ad
    from nn import LOSSES, MLP, SGD

    count, sizes = (4, (3, [2, 2])) if options.quick else (100, (64, [32, 10]))
    table = ENTROPY.format(count)
    source = np.random.default_rng(1)
    xs, classes = source.normal(size=(count, sizes[0])), source.integers(0, sizes[1][-1], count)
    spread = np.eye(sizes[1][-1])[classes]
    for kind in ("mse", "cross_entropy"):
        model = MLP(*sizes, seed=1)
        loss, targets = LOSSES[kind], classes if kind == "cross_entropy" else spread
        optimizer = SGD(model.parameters(), lr=0.01)
        each = ad.vmap(lambda x, t, model=model, loss=loss: loss([model(x)], [t]))
        whole = ad.jit(lambda xs, ts, model=model, loss=loss: loss([model(x) for x in xs], ts))

        def step(of: Any, targets: Any = targets, optimizer: Any = optimizer) -> None:
            optimizer.zero_grad()
            of(xs, targets).backward()
            optimizer.step()

        ways: tuple[tuple[str, Any], ...] = (
            ("vmap", lambda xs, ts, each=each: ad.mean(each(xs, ts))), ("jit", whole),
        )  # fmt: skip
        for way, of in ways:
            timing = timed(partial(step, of), options.runs)
            first = (way, kind) == ("vmap", "mse")
            yield Row(table, f"autodiff {way}", kind, timing.median * 1e3, runs=timing.runs,
                      spread=timing.spread * 1e3, baseline=first)  # fmt: skip
