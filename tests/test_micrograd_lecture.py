"""The cells of the first lecture of a well-known course, typed anew: hints alone lead through it.

The lecture writes micrograd's Value itself; whoever follows it with this engine imports that class
and types the rest. A cell that does not run as it stands says, in its error, the words of the cell
that does. LECTURE holds both; everything else runs unchanged.
"""

from __future__ import annotations

from typing import Any

import pytest

from autodiff.primitive import PRIMITIVES

Cell = str | tuple[str, str, str]
"""A cell that runs; or one that does not, the words of its error, and the cell changed so."""

STEP = """
def step(v):
    for parent, local in zip(v.parents, v.local_derivatives): parent.grad += local() * v.grad
"""

LECTURE: list[Cell] = [
    "import math, random\nfrom autodiff import Value, draw_dot\nrandom.seed(3)",
    "p = Value(1.5, label='p'); q = Value(-2.0, label='q'); r = Value(7.0, label='r')",
    "s = p * q; s.label = 's'\nt = s + r; t.label = 't'\nu = Value(-1.5, label='u')",
    "L = t * u; L.label = 'L'\nassert repr(L) == \"Value(-6.0, label='L')\"",
    ("before = t._prev", "parents", "before = t.parents"),
    ("sign = t._op", "primitive.name", "sign = t.primitive.name"),
    ("sign = p._op", "leaf is None", "sign = p.primitive.name if p.primitive else ''"),
    "draw_dot(L)",
    "L.grad = 1.0\nt.grad = u.data\nu.grad = t.data\ns.grad = 1.0 * t.grad\nr.grad = 1.0 * t.grad",
    "p.grad = q.data * s.grad\nq.grad = p.data * s.grad",
    "assert repr(p) == \"Value(1.5, grad=3.0, label='p')\"",
    """
def nudged(h):
    p = Value(1.5); q = Value(-2.0); r = Value(7.0); u = Value(-1.5)
    return ((p + h) * q + r) * u
slope = (nudged(1e-6).data - nudged(0.0).data) / 1e-6
assert abs(slope - p.grad) < 1e-6
""",
    "for v in [p, q, r, u]:\n    v.data += 0.01 * v.grad\nassert ((p * q + r) * u).data > L.data",
    """
x1 = Value(2.0, label='x1'); x2 = Value(0.0, label='x2')
w1 = Value(-3.0, label='w1'); w2 = Value(1.0, label='w2'); b = Value(6.9, label='b')
n = x1 * w1 + x2 * w2 + b; n.label = 'n'
o = n.tanh(); o.label = 'o'
""",
    "draw_dot(o, format='svg', rankdir='LR')",
    "o.grad = 1.0\nby_hand = 1 - o.data**2",
    ("o._backward()", STEP.strip().partition("\n    ")[2], STEP + "step(o)"),
    "assert abs(n.grad - by_hand) < 1e-15",
    ("b._backward()", "does nothing at a leaf", "step(b)"),
    ("n._backward()", "local_derivatives", "step(n)"),
    """
def ordered(root):
    topo, visited = [], set()
    def build(v):
        if v not in visited:
            visited.add(v)
            for child in PARENTS:
                build(child)
            topo.append(v)
    build(root)
    return topo
""".replace("PARENTS", "v.parents"),  # v._prev was answered above
    "for v in ordered(o):\n    v.grad = 0.0\no.grad = 1.0\nfor v in reversed(ordered(o)): step(v)",
    "walked = [v.grad for v in (x1, w1, x2, w2, b)]\nfor v in ordered(o): v.grad = 0.0",
    "o.backward()\nassert [v.grad for v in (x1, w1, x2, w2, b)] == walked",
    "a = Value(3.0, label='a')\nb = a + a; b.label = 'b'\nb.backward()\nassert a.grad == 2.0",
    "a = Value(-2.0); b = Value(3.0)\nf = (a * b) * (a + b)\nf.backward()\nassert a.grad == -3.0",
    "a = Value(2.0); b = Value(4.0)\nassert (a + 1, 2 * a, a - b, 1 + a) == (3, 4, -2, 3)",
    "assert (a / b).data == 0.5 and (b**3).data == 64 and a.exp().data == math.exp(2)",
    "n = Value(0.7)\ne = (2 * n).exp()\no = (e - 1) / (e + 1)\no.backward()",
    "assert abs(n.grad - (1 - math.tanh(0.7)**2)) < 1e-15",
    ("""
def relu(self):
    out = Value(max(0, self.data), (self,), 'relu')
    def _backward():
        self.grad += (out.data > 0) * out.grad
    out._backward = _backward
    return out
relu(Value(2.0))
""", "@autodiff.primitive(local_derivatives=[lambda z, x: ...])", """
import autodiff
@autodiff.primitive(local_derivatives=[lambda z, x: autodiff.where(x > 0, 1.0, 0.0)])
def lecture_relu(x):
    return max(0.0, x)
x = Value(2.0)
lecture_relu(x).backward()
assert x.grad == 1.0
"""),
    ("""
out = Value(2.0 * 5.0, (Value(2.0), Value(5.0)), (5.0, 2.0))
""", "@autodiff.primitive(local_derivatives=[lambda z, x: ...])", """
@autodiff.primitive(local_derivatives=[lambda z, x, y: y, lambda z, x, y: x])
def lecture_product(x, y):
    return x * y
out = lecture_product(Value(2.0), Value(5.0))
"""),
    ("o._backward = lambda: None", "primitive", "pass"),
    ("grads = out._local_grads", "[local() for local in v.local_derivatives]",
     "grads = [local() for local in out.local_derivatives]\nassert grads == [5.0, 2.0]"),
    ("above = out._children", "parents", "above = out.parents"),
    """
class Neuron:
    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))
    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x)), self.b).tanh()
    def parameters(self):
        return self.w + [self.b]
assert isinstance(Neuron(2)([2.0, 3.0]), Value)
""",
    "from nn import MLP\nx = [2.0, 3.0, -1.0]",
    "model = MLP(3, [4, 4, 1], activation='tanh', seed=1)",
    "assert len(model.parameters()) == 41 and isinstance(model(x), Value)",
    ("score = model(x)[0]", "gives that Value itself", "score = model(x)"),
    "xs = [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]]\nys = [1, -1, -1, 1]",
    "ypred = [model(x) for x in xs]\nloss = sum((out - y)**2 for y, out in zip(ys, ypred))",
    ("loss.backward(retain_graph=True)", "leave it out", "loss.backward()"),
    ("model.layers[0].neurons[0].w[0].grad", "'weight'",
     "assert model.layers[0].neurons[0].weight[0].grad != 0.0"),
    ("model.layers[0].neurons[0].b", "'bias'", "model.layers[0].neurons[0].bias"),
    ("model.layers[0].neurons[0].nonlin", "'activation'", "model.layers[0].neurons[0].activation"),
    "for p in model.parameters():\n    p.data += -0.01 * p.grad",
    "assert sum((model(x) - y)**2 for y, x in zip(ys, xs)) < loss",
    ("for p in model.parameters():\n    p.grad = None", "0.0",
     "for p in model.parameters():\n    p.grad = 0.0"),
    ("p.data = p - 0.01 * p.grad", ".data", "p.data = (p - 0.01 * p.grad).data"),
    """
for k in range(40):
    loss = sum((model(x) - y)**2 for y, x in zip(ys, xs))
    for p in model.parameters():
        p.grad = 0.0
    loss.backward()
    for p in model.parameters():
        p.data += -0.05 * p.grad
assert loss.data < 0.3
""",
    "assert all((out.data > 0) == (y > 0) for out, y in zip([model(x) for x in xs], ys))",
    "source = draw_dot(loss).source\nassert source.startswith('digraph')",
]  # fmt: skip


def test_the_lecture_runs_by_following_hints() -> None:
    names: dict[str, Any] = {"__name__": "lecture"}
    try:
        for cell in LECTURE:
            if isinstance(cell, str):
                exec(cell, names)  # noqa: S102 - the cells above
                continue
            typed, hint, changed = cell
            with pytest.raises((AttributeError, TypeError)) as caught:
                exec(typed, names)  # noqa: S102 - the same
            assert hint in str(caught.value)
            exec(changed, names)  # noqa: S102 - the same
    finally:
        for name in ("lecture_relu", "lecture_product"):
            PRIMITIVES.pop(name, None)
