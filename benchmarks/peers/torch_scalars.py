"""PyTorch with one 0-dimensional double tensor per number, on one thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.peers import Numbers


def load() -> Numbers:
    import torch

    torch.set_num_threads(1)

    def leaf(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    def clear(parameters: Sequence[Any]) -> None:
        for parameter in parameters:
            parameter.grad = None

    def descend(parameters: Sequence[Any], rate: float) -> None:
        with torch.no_grad():
            for parameter in parameters:
                parameter.sub_(rate * parameter.grad)
                parameter.grad = None

    return Numbers(
        name="PyTorch, 0-d tensors",
        version=torch.__version__,
        leaf=leaf,
        value=lambda v: float(v.detach()),
        functions={
            "relu": torch.relu,
            "sin": torch.sin,
            "exp": torch.exp,
            "tanh": torch.tanh,
        },
        backward=lambda v: v.backward(),
        gradient=lambda v: float(v.grad),
        clear=clear,
        descend=descend,
    )
