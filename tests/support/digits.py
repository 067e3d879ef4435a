"""All derivatives of orders 1 to 3, entry by entry, and how far they are from the stored ones.

python -m tests.support.digits     prints the table of docs/conventions.md
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import autodiff as ad
import nn
from autodiff import Value

Orders = tuple[int, ...]
ULP = 2.0**-53
TINY = 1e-290  # beyond, numbers are subnormal on the way
ZERO = 1e-15  # where terms of size 1 cancel exactly
SPELLED: dict[str, Callable[..., Any]] = {
    "gelu_tanh": lambda x: ad.gelu(x, "tanh"),
    "logsumexp": lambda *xs: ad.logsumexp(xs),
    "softmax": lambda *xs: ad.softmax(xs)[0],
    "log_softmax": lambda *xs: ad.log_softmax(xs)[0],
    "cross_entropy": lambda *xs: nn.cross_entropy(list(xs), 1),
    "norm": lambda *xs: ad.norm(xs),
    "norm3": lambda *xs: ad.norm(xs, 3),
    "prod": lambda *xs: ad.prod(xs),
}


@cache
def records() -> list[Any]:
    """The stored table: [name, operands, [[orders, value, condition], ...]]."""
    return json.loads((Path(__file__).parent.parent / "data" / "digits.json").read_text())  # type: ignore[no-any-return]  # JSON


def function(name: str) -> Callable[..., Any]:
    """The function of a record."""
    return SPELLED.get(name) or getattr(ad, name)  # type: ignore[no-any-return]  # a function


def derivatives(f: Callable[..., Any], point: list[float]) -> dict[Orders, float]:
    """Every derivative of orders 1 to 3, by a sweep over the graph of the last one."""
    xs = [Value(x) for x in point]
    level = {tuple([0] * len(xs)): f(*xs)}
    found: dict[Orders, float] = {}
    for _ in range(3):
        following: dict[Orders, Any] = {}
        for orders, output in level.items():
            last = max((at for at, n in enumerate(orders) if n), default=0)
            if not isinstance(output, Value):
                continue
            for at, part in enumerate(ad.gradient(output, xs)):
                if at >= last:
                    following[tuple(n + (at == k) for k, n in enumerate(orders))] = part
        found |= {orders: getattr(part, "data", part) for orders, part in following.items()}
        level = following
    return found


def errors(name: str) -> Iterator[tuple[int, float, list[float], Orders, float, float]]:
    """(order, error in ulps per unit of condition, point, orders, found, exact) of each entry."""
    for record, point, entries in records():
        if record != name:
            continue
        found = derivatives(function(name), point)
        for orders, exact, condition in entries:
            here = found.get(tuple(orders), 0.0)
            difference = abs(here - exact)
            unit = ULP * abs(exact) * max(1.0, condition or 1.0)
            error = difference / unit if unit else (math.inf if difference > 0.0 else 0.0)
            if difference <= (TINY if exact else ZERO):
                error = 0.0
            yield sum(orders), error, point, tuple(orders), here, exact


def main() -> None:
    """The worst errors by function and order, as a table."""
    print("| function | first | second | third |\n|---|---|---|---|")
    for name in dict.fromkeys(record[0] for record in records()):
        worst = [0.0, 0.0, 0.0]
        for order, error, *_ in errors(name):
            worst[order - 1] = max(worst[order - 1], error)
        print(f"| {name} | " + " | ".join(f"{error:.2g}" for error in worst) + " |")


if __name__ == "__main__":
    main()
