"""The moons step on arrays, as different tools and hands write it; one module per peer.

Each module has `load(data)`, which gives a `Step`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.moons_data import Moons
from benchmarks.rows import Options, Row

PEERS = ("numpy", "c", "torch", "jax", "casadi")


@dataclass(frozen=True)
class Step:
    """A peer: `gradient()` at the starting parameters, flat; `step()` does one step of SGD."""

    name: str
    gradient: Callable[[], list[float]]
    step: Callable[[], Any]
    build: float = 0.0  # seconds of CPU time for what is done once
    note: str = ""


def shapes(data: Moons) -> list[tuple[int, int]]:
    """(outputs, inputs) of each layer."""
    return [(fan_out, fan_in) for fan_in, fan_out in pairwise(data.sizes)]


def unpack(data: Moons, flat: Any) -> list[tuple[Any, Any]]:
    """Weights and biases per layer from a flat array, where each neuron has its bias last."""
    layers, at = [], 0
    for fan_out, fan_in in shapes(data):
        block = flat[at : at + fan_out * (fan_in + 1)].reshape(fan_out, fan_in + 1)
        layers.append((block[:, :fan_in], block[:, fan_in]))
        at += fan_out * (fan_in + 1)
    return layers


def load(
    options: Options, table: str, data: Moons, peers: Sequence[str] = PEERS
) -> Iterator[Step | Row]:
    """The peers; for one that is not installed, the row that says so."""
    for name in peers:
        if options.wants(name):
            try:
                yield importlib.import_module(f"benchmarks.peers.moons_arrays.{name}_moons").load(
                    data
                )
            except (ImportError, OSError) as error:
                yield Row(table, name, note=f"missing: {error}")
