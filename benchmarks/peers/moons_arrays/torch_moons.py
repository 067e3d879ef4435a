"""PyTorch with one tensor per layer, on one thread."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.moons_data import RATE, REGULARIZATION, Moons
from benchmarks.peers.moons_arrays import Step, unpack


def load(data: Moons) -> Step:
    torch.set_num_threads(1)
    points = torch.tensor(data.points, dtype=torch.float64)
    targets = torch.tensor(data.targets, dtype=torch.float64)
    flat = torch.tensor(data.parameters, dtype=torch.float64)
    layers = [
        tuple(part.clone().requires_grad_() for part in layer) for layer in unpack(data, flat)
    ]
    parameters = [part for layer in layers for part in layer]

    def compute() -> Any:
        values = points
        for weight, bias in layers[:-1]:
            values = torch.relu(torch.addmm(bias, values, weight.T))
        weight, bias = layers[-1]
        scores = torch.addmm(bias, values, weight.T)[:, 0]
        loss = torch.relu(1.0 - targets * scores).mean()
        loss = loss + REGULARIZATION * sum((part * part).sum() for part in parameters)
        for part in parameters:
            part.grad = None
        loss.backward()
        return loss

    def step() -> Any:
        loss = compute()
        with torch.no_grad():
            for part in parameters:
                part -= RATE * part.grad
        return loss

    def at_start() -> list[float]:
        compute()
        found = [torch.cat([w.grad, b.grad[:, None]], dim=1).ravel() for w, b in layers]
        return list(map(float, torch.cat(found)))

    return Step(f"PyTorch {torch.__version__}, vectorised", at_start, step)
