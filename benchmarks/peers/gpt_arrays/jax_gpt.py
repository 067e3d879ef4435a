"""JAX: the GPT step with arrays, one jit, Adam inside."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.peers.gpt_arrays import Step, forward


def load(model: Any, rate: float) -> Step:
    jax.config.update("jax_enable_x64", True)
    start = {name: jnp.array(matrix) for name, matrix in model.items()}

    def softmax(scores: Any, count: int) -> Any:
        seen = jnp.tril(jnp.ones((count, count), dtype=bool))
        return jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), axis=-1)

    def log(logits: Any, letters: Any) -> Any:
        chosen = jax.nn.log_softmax(logits)[jnp.arange(len(letters)), letters]
        return -chosen.mean()

    def loss(parameters: Any, letters: Any) -> Any:
        return forward(jnp, parameters, letters, softmax, log)

    def updated(state: Any, letters: Any) -> Any:
        parameters, first, second, count = state
        value, gradient = jax.value_and_grad(loss)(parameters, letters)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)

        def moved(p: Any, m: Any, v: Any) -> Any:
            return p - rate * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)

        return value, (jax.tree.map(moved, parameters, first, second), first, second, count)

    update: Any = jax.jit(updated)
    zeros = jax.tree.map(jnp.zeros_like, start)
    state = [(start, zeros, zeros, jnp.array(0.0))]

    def step(letters: list[int]) -> Any:
        value, state[0] = update(state[0], jnp.array(letters))
        return jax.block_until_ready(value)

    def gradient(letters: list[int]) -> list[float]:
        found = jax.grad(loss)(start, jnp.array(letters))
        return [float(x) for name in start for x in found[name].ravel()]

    return Step(f"JAX {jax.__version__}, vectorised, jit", gradient, step)
