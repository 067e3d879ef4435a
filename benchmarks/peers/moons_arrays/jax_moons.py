"""JAX with one array per layer, the whole step under jit, on one thread."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.moons_data import RATE, REGULARIZATION, Moons
from benchmarks.peers.moons_arrays import Step, unpack


def load(data: Moons) -> Step:
    jax.config.update("jax_enable_x64", True)
    points, targets = jnp.array(data.points), jnp.array(data.targets)
    flat = jnp.array(data.parameters)

    def loss_of(flat: Any) -> Any:
        layers = unpack(data, flat)
        values = points
        for weight, bias in layers[:-1]:
            values = jnp.maximum(values @ weight.T + bias, 0.0)
        weight, bias = layers[-1]
        margins = 1.0 - targets * (values @ weight.T + bias)[:, 0]
        return jnp.maximum(margins, 0.0).mean() + REGULARIZATION * (flat @ flat)

    def updated(flat: Any) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(flat)
        return loss, flat - RATE * gradient

    update: Any = jax.jit(updated)
    state = [flat]
    start = time.process_time()
    jax.block_until_ready(update(flat))
    build = time.process_time() - start

    def step() -> Any:
        loss, state[0] = update(state[0])
        return jax.block_until_ready(loss)

    def at_start() -> list[float]:
        return list(map(float, jax.grad(loss_of)(flat)))

    return Step(f"JAX {jax.__version__}, vectorised, jit", at_start, step, build)
