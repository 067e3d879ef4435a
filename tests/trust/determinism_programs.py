"""Programs whose every bit is fixed by IEEE 754: only + - * /, sqrt, and a fixed order of sums.

Run as a script it prints the bits of values, gradients and second derivatives, one program per
line: the test compares the lines of fresh processes, and with those that were recorded.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import autodiff as ad
import nn

Function = Callable[[Sequence[Any]], Any]


def _newton(xs: Sequence[Any]) -> Any:
    """Three steps of Newton's square root: one node used many times."""
    root = xs[0]
    for _ in range(3):
        root = 0.5 * (root + (xs[0] * xs[0] + xs[1]) / root)
    return root - xs[2] / xs[3]


def _ladder(xs: Sequence[Any]) -> Any:
    """Every rung uses the last one twice and one input: deep sharing."""
    rung = xs[0]
    for step in range(12):
        rung = rung * rung / 3.0 - xs[step % len(xs)] * rung
    return rung


def _sums(xs: Sequence[Any]) -> Any:
    """All fused sums: their order of addition is left to right on every Python."""
    total = ad.sum(xs) + ad.mean([x * x for x in xs]) - ad.dot(xs, xs[::-1])
    return total + ad.affine(xs[:2], xs[2:4], 0.1) * ad.prod(xs) + sum(xs)


def _roots(xs: Sequence[Any]) -> Any:
    """sqrt is correctly rounded everywhere, and its derivative is a division."""
    return ad.sqrt(xs[0] * xs[0] + 0.1) / ad.sqrt(xs[1] * xs[1] + 0.3) - ad.sqrt(ad.fabs(xs[2]))


def _selections(xs: Sequence[Any]) -> Any:
    """Selections pass an adjoint to the chosen operand and to no other."""
    a, b, c, d = xs
    chosen = ad.where(a > b, a * c, b / d) + ad.maximum(a, b, c) * ad.minimum(c, d)
    return chosen + ad.clip(a, -0.5, 0.5) * ad.relu(b) + abs(d) - ad.leaky_relu(c)


def _accumulation(xs: Sequence[Any]) -> Any:
    """One input with many users: the order in which contributions are added shows in the bits."""
    x, total = xs[0], xs[1]
    for k in range(1, 40):
        total = total + x / float(k) - (x * xs[2]) / (float(k) + 0.7)
    return total * xs[3]


FUNCTIONS: tuple[Function, ...] = (_newton, _ladder, _sums, _roots, _selections, _accumulation)


def lines() -> list[str]:
    """The bits of each program at three points, and of a trained network."""
    rng = random.Random("bits")
    found = []
    for function in FUNCTIONS:
        for _ in range(3):
            # of the form k/64: these numbers are exact, and do not depend on random's version
            point = [rng.randrange(-160, 160) / 64.0 or 0.5 for _ in range(4)]
            value, gradient = ad.value_and_grad(function)(point)
            product = ad.hvp(function, (point,), ([1.0, -0.5, 0.25, 2.0],))
            bits = [value, *gradient, *product]
            found.append(" ".join([function.__name__[1:], *[x.hex() for x in bits]]))
    return [*found, _trained()]


def _trained() -> str:
    """Ten steps of momentum on a relu network: nothing here but + - * / and selections."""
    model = nn.MLP(2, [4, 1], activation="relu", seed=3)
    start = [(7 * rank % 17 - 6) / 8.0 for rank in range(len(model.parameters()))]
    nn.vector_to_parameters(start, model.parameters())
    inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    nn.fit(
        model, inputs, [0.0, 1.0, 1.0, 0.0], loss="mse", epochs=10, batch_size=3, seed=5,
        optimizer=nn.SGD(model, lr=0.0625, momentum=0.75, nesterov=True), progress=False,
    )  # fmt: skip
    return " ".join(["trained", *[parameter.data.hex() for parameter in model.parameters()]])


def lines_of_libm() -> list[str]:
    """The same for functions of the C library: equal wherever that library is the same."""
    found = []
    for name in "exp log sin cos tanh gelu softplus sigmoid lgamma digamma erf asinh cbrt".split():
        for point in (0.3, 1.7, 12.25):
            function: Any = getattr(ad, name)
            bits = [function(point), ad.grad(function)(point), ad.grad(ad.grad(function))(point)]
            found.append(" ".join([name, *[x.hex() for x in bits]]))
    logits = [0.1 * k for k in range(7)]
    found.append(" ".join(x.hex() for x in ad.grad(lambda xs: ad.softmax(xs)[2])(logits)))
    return found


if __name__ == "__main__":
    print("\n".join(lines_of_libm() if "--libm" in sys.argv else lines()))
