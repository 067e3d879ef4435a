"""NumPy, backpropagation by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.moons_data import RATE, REGULARIZATION, Moons
from benchmarks.peers.moons_arrays import Step, unpack


def load(data: Moons) -> Step:
    points, targets = np.array(data.points), np.array(data.targets)
    flat, gradient = np.array(data.parameters), np.zeros(len(data.parameters))
    layers, gradients = unpack(data, flat), unpack(data, gradient)
    share = targets / len(targets)

    def compute() -> Any:
        values = [points]
        for weight, bias in layers[:-1]:
            values.append(np.maximum(values[-1] @ weight.T + bias, 0.0))
        weight, bias = layers[-1]
        scores = (values[-1] @ weight.T + bias)[:, 0]
        margins = 1.0 - targets * scores
        loss = np.maximum(margins, 0.0).mean() + REGULARIZATION * (flat @ flat)
        adjoint = np.where(margins > 0.0, -share, 0.0)[:, None]
        for number in range(len(layers) - 1, -1, -1):
            weight_gradient, bias_gradient = gradients[number]
            weight_gradient[:] = adjoint.T @ values[number]
            bias_gradient[:] = adjoint.sum(axis=0)
            if number:
                adjoint = (adjoint @ layers[number][0]) * (values[number] > 0.0)
        gradient[:] += 2.0 * REGULARIZATION * flat
        return loss

    def step() -> Any:
        loss = compute()
        flat[:] -= RATE * gradient
        return loss

    def at_start() -> list[float]:
        compute()
        return list(map(float, gradient))

    return Step(f"NumPy {np.__version__}, by hand", at_start, step)
