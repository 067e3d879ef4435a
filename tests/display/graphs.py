"""The graphs that the tests of the pictures draw."""

from __future__ import annotations

from collections.abc import Callable

from autodiff import (
    Value,
    clip,
    exp,
    maximum,
    relu,
    scope,
    sigmoid,
    sin,
    softmax,
    sqrt,
    tanh,
    where,
)


def toy() -> Value:
    x = Value(-4.499, "x")
    return 2 / sin(exp(-x))


def two_paths() -> Value:
    x, y = Value(3.0, "x"), Value(-2.0, "y")
    return (x * y).named("u") * (x + y).named("v")


def neuron() -> Value:
    w0, w1, b = Value(-3.0, "w0"), Value(1.0, "w1"), Value(6.8813735870195432, "b")
    x0, x1 = Value(2.0, "x0"), Value(0.0, "x1")
    return tanh(w0 * x0 + w1 * x1 + b).named("o")


def three_layers(w2: float = 1.1) -> Value:
    """The net of the curriculum: ReLU, ReLU, sigmoid, squared error. Dead for w2 = -1.2."""
    signal = Value(1.5, "x")
    for layer, (weight, bias) in enumerate([(0.8, 0.1), (w2, 0.2), (0.7, -0.3)], 1):
        z = (Value(weight, f"w{layer}") * signal + Value(bias, f"b{layer}")).named(f"z{layer}")
        signal = sigmoid(z).named("y_hat") if layer == 3 else relu(z).named(f"h{layer}")
    return ((signal - 1.0) ** 2).named("C")


def selections() -> Value:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(0.5, "c")
    return where(a > 0, sqrt(a), b) * maximum(a, b, c) + clip(c, 0.0, 1.0)


def square_of_one() -> Value:
    x = Value(3.0, "x")
    return x * x


HOSTILE = [
    "</script><script>alert(1)</script>",
    "a|b{c}<d>\"e\\f'&amp;]]>",
    "\u202eright to left\u202c",
    "\U0001f469\u200d\U0001f680 emoji",
    "q" * 10_000,
    "",
    "\u05e9\u05dc\u05d5\u05dd",
    "line\nbreak\ttab\x00nul\x1b[31m\ufffe",
    "\ud800 unpaired",
    "x_" * 300,
    "__dunder__",
    "$\\frac{1}{0}$ %#_^~",
]


def hostile() -> Value:
    total: Value = Value(1.0, "<b>start</b>")
    for number, label in enumerate(HOSTILE):
        total = total * Value(1.0 + number / 7, label) + 1e-12
    return total


def shared_scopes() -> Value:
    """Two cells in one outer scope, the second fed by the first."""
    x = Value(0.5, "x")
    with scope("model"):
        for cell in range(2):
            with scope(f"cell {cell}"):
                x = tanh(x * Value(0.3) + 0.1)
    return (x * x).named("f")


def ladder(rungs: int) -> Value:
    """2**rungs paths on `rungs` additions."""
    x = Value(1.0, "x")
    for _ in range(rungs):
        x = x + x
    return x


def chain(length: int) -> Value:
    x = Value(0.5, "x")
    for _ in range(length):
        x = tanh(x)
    return x


def fan(width: int) -> Value:
    """One value used `width` times, all uses summed by one fused node."""
    import autodiff

    x = Value(0.5, "x")
    return autodiff.sum([x * float(number) for number in range(width)])


def soft() -> Value:
    return softmax([Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")])[0]


GRAPHS: dict[str, Callable[[], Value]] = {
    "toy": toy,
    "two_paths": two_paths,
    "neuron": neuron,
    "three_layers": three_layers,
    "dead": lambda: three_layers(-1.2),
    "selections": selections,
    "square": square_of_one,
    "hostile": hostile,
    "scopes": shared_scopes,
    "ladder": lambda: ladder(5),
    "chain": lambda: chain(12),
    "fan": lambda: fan(9),
    "softmax": soft,
    "leaf": lambda: Value(2.0, "x"),
}
