"""PyTorch: the GPT step with tensors, on one thread."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.peers.gpt_arrays import Step, forward


def load(model: Any, rate: float) -> Step:
    torch.set_num_threads(1)
    parameters = {
        name: torch.tensor(matrix, dtype=torch.float64, requires_grad=True)
        for name, matrix in model.items()
    }
    optimizer = torch.optim.Adam(list(parameters.values()), lr=rate)

    def softmax(scores: Any, count: int) -> Any:
        seen = torch.tril(torch.ones(count, count, dtype=torch.bool))
        return torch.softmax(scores.masked_fill(~seen, -torch.inf), dim=-1)

    def compute(letters: list[int]) -> Any:
        for parameter in parameters.values():
            parameter.grad = None
        loss = forward(
            torch, parameters, torch.tensor(letters), softmax, torch.nn.functional.cross_entropy
        )
        loss.backward()
        return loss

    def step(letters: list[int]) -> Any:
        loss = compute(letters)
        optimizer.step()
        return loss

    def gradient(letters: list[int]) -> list[float]:
        compute(letters)
        return [float(x) for parameter in parameters.values() for x in parameter.grad.ravel()]

    return Step(f"PyTorch {torch.__version__}, vectorised", gradient, step)
