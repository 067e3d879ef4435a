"""The GPT step on arrays, in JAX and PyTorch; each module has `load(parameters, rate)`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.rows import Options, Row

PEERS = ("jax", "torch")


@dataclass(frozen=True)
class Step:
    """A peer: `gradient(letters)` at the start, flat; `step(letters)` does one step of Adam."""

    name: str
    gradient: Callable[[list[int]], list[float]]
    step: Callable[[list[int]], Any]


def load(options: Options, table: str, model: Any, rate: float) -> Iterator[Step | Row]:
    """All peers; for one that is not installed, the row that says so."""
    for name in PEERS:
        if options.wants(name):
            try:
                module = importlib.import_module(f"benchmarks.peers.gpt_arrays.{name}_gpt")
                yield module.load(model, rate)
            except ImportError as error:
                yield Row(table, name, note=f"missing: {error}")


def forward(np: Any, model: dict[str, Any], letters: Any, softmax: Any, log: Any) -> Any:
    """The loss of benchmarks/gpt_model.py in terms of any array library."""
    from benchmarks.gpt_model import HEADS, WIDTH

    def norm(x: Any) -> Any:
        return x * ((x * x).mean(-1) + 1e-5)[:, None] ** -0.5

    count, size = len(letters) - 1, WIDTH // HEADS
    residual = norm(model["tokens"][letters[:-1]] + model["places"][:count])
    x = norm(residual)
    query, key, value = (
        (x @ model[name].T).reshape(count, HEADS, size) for name in ("query", "key", "value")
    )
    scores = np.einsum("phi,qhi->hpq", query, key) * size**-0.5
    weights = softmax(scores, count)
    x = np.einsum("hpq,qhi->phi", weights, value).reshape(count, WIDTH) @ model["out"].T
    x = x + residual
    residual, x = x, norm(x)
    x = (x @ model["up"].T).clip(0.0) @ model["down"].T + residual
    return log(x @ model["head"].T, letters[1:])
