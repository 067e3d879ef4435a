# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 21 · How the big ones do it
#
# **The question.** PyTorch, JAX and this engine give the same digits. Do they do the same thing?
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it; upload the folder exercises.
# # %pip install "scalar-autodiff[plot]"

# %% tags=["hide-input"]
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

# %%
import math

import exercises as ex
from autodiff import Value, check_gradients, draw, jit, tanh, to_python
from autodiff.graph import topological_order

# %% [markdown]
# ## A tape
#
# The oldest plan: while the program runs, write each operation down, line after line. That list is
# the **tape**. Backward reads it from the last line to the first. Nothing has to be sorted: a
# program computes operands before it uses them, so the tape *is* a topological order.


# %%
def record(program, *inputs):
    """Run a program of + and * on tape: lines (number, operation, first, second)."""
    values, tape = list(inputs), []

    def operation(name, i, j):
        values.append(values[i] + values[j] if name == "+" else values[i] * values[j])
        tape.append((len(values) - 1, name, i, j))
        return len(values) - 1

    program(operation)
    return values, tape


def sweep(values, tape):
    """The gradients of all numbers, by reading the tape backwards."""
    grads = [0.0] * len(values)
    grads[-1] = 1.0
    for out, name, i, j in reversed(tape):
        if name == "+":
            grads[i] += grads[out]
            grads[j] += grads[out]
        else:
            grads[i] += grads[out] * values[j]
            grads[j] += grads[out] * values[i]
    return grads


def program(do):  # f = (x·y + x)·x, with x number 0 and y number 1
    product = do("*", 0, 1)
    total = do("+", product, 0)
    do("*", total, 0)


values, tape = record(program, 3.0, -2.0)
print(*tape, sep="\n")

# %% [markdown]
# **Predict.** By hand: $f = x^2 y + x^2$, so $df/dx = 2xy + 2x$ and $df/dy = x^2$, at $x = 3$,
# $y = -2$.

# %% tags=["hide-input"]
ex.predict(
    "df/dx?",
    answer=-6,
    wrong={
        9: "that is df/dy",
        -12: "that is 2xy alone",
        -18: "x is used three times; each use counts once",
    },
    because="2·3·(−2) + 2·3",
)

# %%
grads = sweep(values, tape)
x, y = Value(3.0, "x"), Value(-2.0, "y")
f = (x * y + x) * x
f.backward()
print("tape", grads[:2], " graph", [x.grad, y.grad])
assert grads[:2] == [x.grad, y.grad] == [-6.0, 9.0]
check_gradients(lambda x, y: (x * y + x) * x, 3.0, -2.0)  # by nudging
draw(f)

# %% [markdown]
# ## A graph
#
# **PyTorch**, and the engine of this course, keep no list. Each result knows its operands, and
# backward sorts what the result depends on. What is not needed is never visited, and memory goes
# when the last result goes. The order, made visible:

# %%
order = topological_order(f)
print([node.label or str(node.primitive) for node in order])
assert order[-1] is f and order.index(x) < order.index(f)

# %% [markdown]
# ## A trace
#
# **JAX** runs the program once on stand-ins, without numbers, and keeps the recipe: a *trace*. The
# recipe is differentiated and compiled, and the Python code does not run again. That is fast; and
# what Python decided while tracing is decided for ever (JAX refuses an `if` on a traced number;
# this engine's `jit` guards it: notebook 14).


# %%
def net(x, w1, w2, b1, b2, v1, v2, c):
    return v1 * tanh(w1 * x + b1) + v2 * tanh(w2 * x + b2) + c


point = (0.5, 0.8, -1.2, 0.1, 0.3, 0.7, -0.4, 0.2)
names = ("x", "w1", "w2", "b1", "b2", "v1", "v2", "c")


def cost(*numbers):
    return (net(*numbers) - 1.0) ** 2


leaves = [Value(u, n) for u, n in zip(point, names, strict=True)]
loss = cost(*leaves)
loss.backward()
ours = [leaf.grad for leaf in leaves]

again = [Value(u, n) for u, n in zip(point, names, strict=True)]
jit(cost)(*again).backward()
print("graph", ours)
print("trace", [leaf.grad for leaf in again])
assert all(math.isclose(a, b.grad, rel_tol=1e-14) for a, b in zip(ours, again, strict=True))
print(to_python(loss)[:400], "...")

# %% [markdown]
# ## The same net in PyTorch
#
# (If it is installed. By hand this is exercise 4 of notebook 7.)

# %%
others = {}
try:
    import torch
except ImportError:
    print("no PyTorch here")
else:
    tensors = [torch.tensor(u, dtype=torch.float64, requires_grad=True) for u in point]
    x_, w1, w2, b1, b2, v1, v2, c_ = tensors
    out = v1 * torch.tanh(w1 * x_ + b1) + v2 * torch.tanh(w2 * x_ + b2) + c_
    ((out - 1.0) ** 2).backward()
    others["PyTorch"] = [t.grad.item() for t in tensors]

x, w1, w2, b1, b2, v1, v2, c = point
h1, h2 = math.tanh(w1 * x + b1), math.tanh(w2 * x + b2)
g = 2 * (v1 * h1 + v2 * h2 + c - 1.0)
d1, d2 = g * v1 * (1 - h1 * h1), g * v2 * (1 - h2 * h2)
others["by hand"] = [d1 * w1 + d2 * w2, d1 * x, d2 * x, d1, d2, g * h1, g * h2, g]
for name, gradient in {"ours": ours, **others}.items():
    print(f"{name:8s}", *(f"{u:.15f}" for u in gradient[:3]), "...")
    assert all(math.isclose(a, b, rel_tol=1e-13) for a, b in zip(gradient, ours, strict=True))

# %% [markdown]
# Equal digits: it is the same mathematics. What differs is what a node holds (a table), where it
# is computed (many machines), and when the graph is known (while it runs, or before).
#
# ## Three habits that differ
#
# | | PyTorch | JAX | here |
# |---|---|---|---|
# | gradients | added to `.grad` | returned | both: `.grad` and `grad(f)` |
# | cut a path | `x.detach()` | `stop_gradient(x)` | `x.data` |
# | no graph | `no_grad()` | trace nothing | `no_grad()` |
#
# **Predict.** $f = \text{cut}(x\,y)\cdot(x + y)$ at $x = 3$, $y = -2$, where *cut* lets the number
# through and no gradient. What is $df/dx$, as a program gives it?

# %% tags=["hide-input"]
ex.predict(
    "df/dx?",
    answer=-6,
    wrong={
        -8: "that is the true derivative, with the path through x·y: it has been cut",
        1: "the cut number is a factor: −6",
    },
    because="−6 · 1: the first factor counts as a constant",
)

# %%
x, y = Value(3.0), Value(-2.0)
((x * y).data * (x + y)).backward()
print(x.grad, y.grad)
assert (x.grad, y.grad) == (-6.0, -6.0)

# %% [markdown]
# ## What you take with you
#
# - A tape is a list, a graph is a web, a trace is a recipe: three ways to remember the same steps.
# - All of them multiply local derivatives from the output back, and add over the uses.
# - Whatever library you meet: ask what it remembers, when, and what a node holds.
#
# What will you differentiate next?

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** ••• · `sweep(tape, inputs)`: the gradients of the two inputs, numbers 0 and 1 of the tape.
#
# A line (k, "+", i, j) or (k, "\*", i, j) says that number k was made of the numbers i and j. The
# last line's is the result.


# %%
def sweep(tape, inputs):
    return None  # your code


ex.check_tape(sweep)

# %% [markdown]
# **2** • · `derivatives(x, y)` for f = detach(x\*y) \* (x + y): [df/dx, df/dy] as a framework
# gives them.


# %%
def derivatives(x, y):
    return None  # your code


ex.check_detach(derivatives)

# %% [markdown]
# **3** •• · `step(data, size, rate)`: w after one step from 0 on the mean of (w - x)\*\*2 over all
# data.
#
# The data come in batches of `size` (it divides): each gives the gradient of its own mean.


# %%
def step(data, size, rate):
    return None  # your code


ex.check_accumulate(step)
