"""One compiled function in eight threads, each with numbers of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from autodiff import Value


def check_shared(
    compiled: Callable[[list[Value]], Any], xs: Sequence[float], times: int = 20
) -> None:
    """Each thread gets, every time, the value and the gradient that it gets alone."""
    inputs = [[x + 0.01 * shift for x in xs] for shift in range(8)]

    def once(numbers: list[float]) -> tuple[float, list[float]]:
        values = [Value(x) for x in numbers]
        y = compiled(values)
        y.backward()
        return y.data, [v.grad for v in values]

    serial = [once(numbers) for numbers in inputs]
    found: list[list[Any]] = [[] for _ in inputs]

    def work(number: int) -> None:
        for _ in range(times):
            found[number].append(once(inputs[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == [right] * times for each, right in zip(found, serial, strict=True))
