"""Wrong answers to the exercises: edits of the solution's text, each a fault of its own."""

from __future__ import annotations

import inspect
from typing import Any

from exercises.solutions import value as solution

SOURCE = inspect.getsource(solution)


def edited(*edits: tuple[str, str]) -> dict[str, Any]:
    """The solution's module with pieces of its text replaced."""
    text = SOURCE
    for old, new in edits:
        assert old in text, f"the solution no longer contains {old!r}"
        text = text.replace(old, new)
    names: dict[str, Any] = {"__name__": "planted"}
    exec(text, names)  # noqa: S102 - the text of the solution in this repository, edited above
    return names


def value(*edits: tuple[str, str]) -> Any:
    """The solution's Value, edited."""
    return edited(*edits)["Value"]


_EVERY_PATH = """\
        def send(node, g):
            node.grad += g
            for p, l in zip(node.parents, node.local): send(p, l * g)
        send(self, 1.0)
        nodes, adjoint = [], {}
"""

#: edits by the name of the fault
EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "= for +=": (("adjoint[id(parent)] += local", "adjoint[id(parent)] = local"),),
    "no seed": (("adjoint[id(self)] = 1.0", "adjoint[id(self)] = 0.0"),),
    "forward order": (("in reversed(nodes)", "in nodes"),),
    "no visited set": (("        visited.add(id(node))\n", ""),),
    "self before parents": (
        ("        for parent in parents(node):\n            visit(parent)\n", ""),
        (
            "        found.append(node)\n",
            "        found.insert(0, node)\n        for p in parents(node): visit(p)\n",
        ),
    ),
    "second call replaces": (("node.grad += adjoint", "node.grad = adjoint"),),
    "stale": (
        ("adjoint[id(parent)] += local * adjoint[id(node)]", "parent.grad += local * node.grad"),
        ("        for node in nodes:\n            node.grad += adjoint[id(node)]\n", ""),
        ("adjoint[id(self)] = 1.0", "self.grad = 1.0"),
    ),
    "seed added to stale": (
        ("adjoint[id(parent)] += local * adjoint[id(node)]", "parent.grad += local * node.grad"),
        ("        for node in nodes:\n            node.grad += adjoint[id(node)]\n", ""),
        ("adjoint[id(self)] = 1.0", "self.grad += 1.0"),
    ),
    "no number on the left": (("    __radd__ = __add__\n", ""), ("    __rmul__ = __mul__\n", "")),
    "no numbers at all": (("other if isinstance(other, Value) else Value(other)", "other"),),
    "leaking radd": (
        ("    __radd__ = __add__", "    def __radd__(self, x): return Value(self.data + x)"),
    ),
    "leaking rmul": (
        ("    __rmul__ = __mul__", "    def __rmul__(self, x): return Value(self.data * x)"),
    ),
    "radd for ever": (
        ("    __radd__ = __add__", "    def __radd__(self, other): return other + self"),
    ),
    "sum of one": (("(self, other), (1.0, 1.0))", "(self,), (1.0,))"),),
    "sum gives float": (
        ("Value(self.data + other.data, (self, other), (1.0, 1.0))", "self.data + other.data"),
    ),
    "sum in place": (
        (
            "return Value(self.data + other.data, (self, other), (1.0, 1.0))",
            "self.data += other.data; return self",
        ),
    ),
    "sum multiplies": (("self.data + other.data", "self.data * other.data"),),
    "sum has slope -1": (("(self, other), (1.0, 1.0))", "(self, other), (-1.0, -1.0))"),),
    "grad starts at 1": (("self.grad = 0.0", "self.grad = 1.0"),),
    "grad starts at None": (("self.grad = 0.0", "self.grad = None"),),
    "no grad": (("        self.grad = 0.0\n", ""),),
    "no data": (("self.data = data", "self.number = data"), ("other.data", "other.number"),
                ("self.data", "self.number")),
    "exchanged factors": (("(other.data, self.data)", "(self.data, other.data)"),),
    "product adds": (("self.data * other.data", "self.data + other.data"),),
    "not written": (
        (
            "return Value(self.data + other.data, (self, other), (1.0, 1.0))",
            "raise NotImplementedError",
        ),
    ),
    "power kept": (("n * self.data ** (n - 1)", "n * self.data ** n"),),
    "power without n": (("n * self.data ** (n - 1)", "self.data ** (n - 1)"),),
    "power by multiplication": (("self.data**n", "self.data * n"),),
    "power for whole n": (("(n * self.data ** (n - 1),)", "(n * self.data ** (int(n) - 1),)"),),
    "tanh of the input": (("1.0 - t * t", "1.0 - self.data * self.data"),),
    "tanh like sigmoid": (("1.0 - t * t", "t * (1.0 - t)"),),
    "tanh without square": (("1.0 - t * t", "1.0 - t"),),
    "tanh is sine": (("math.tanh", "math.sin"),),
    "tanh with plus": (("1.0 - t * t", "1.0 + t * t"),),
    "endless": (("        nodes = order", "        while True: pass\n        nodes = order"),),
    "every path": (
        ("        nodes = order(self, lambda node: node.parents)\n", ""),
        ("        adjoint = {id(node): 0.0 for node in nodes}\n", ""),
        (
            "        adjoint[id(self)] = 1.0\n",
            _EVERY_PATH,
        ),
    ),
}  # fmt: skip


def planted(fault: str) -> Any:
    """The Value class with that fault."""
    return value(*EDITS[fault])
