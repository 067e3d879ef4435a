"""Find the bug: a witness for each fault, the smallest that shows it."""

from __future__ import annotations

from typing import Any


def used_twice(value: Any) -> float:
    """a + a has the derivative 2."""
    a = value(3.0)
    (a + a).backward()
    return float(a.grad)


def shared_result(value: Any) -> float:
    """b = a + a; c = b + b has the derivative 4, by four paths."""
    a = value(1.0)
    b = a + a
    (b + b).backward()
    return float(a.grad)


def zeroed(value: Any) -> float:
    """After zero_grad() a second pass gives the same as the first."""
    a = value(3.0)
    b = a * 2.0
    b.backward()
    b.zero_grad()
    b.backward()
    return float(a.grad)


def number_on_the_left(value: Any) -> float:
    """1 + a has the derivative 1."""
    a = value(3.0)
    (1.0 + a).backward()
    return float(a.grad)


def tanh_alone(value: Any) -> float:
    """The derivative of tanh at 0.5."""
    a = value(0.5)
    a.tanh().backward()
    return float(a.grad)


def twice(value: Any) -> float:
    """x*x*x at 3: two passes give 54; micrograd gives 72."""
    x = value(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    return float(x.grad)


#: (specimen, fault, witness)
ANSWERS = [
    (1, "wrong local derivative", tanh_alone),
    (2, "= for +=", used_twice),
    (3, "__radd__ leaks .data", number_on_the_left),
    (4, "no topological order", shared_result),
    (5, "stale gradients", twice),
    (6, "no zero_grad", zeroed),
]
