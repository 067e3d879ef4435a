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
# # 15 · Memory
#
# **The question.** The backward pass needs the values of the forward pass. A film of a million
# steps does not fit into memory. Must everything be kept?
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

import matplotlib.pyplot as plt

import exercises as ex
from autodiff import Value, check_gradients, sin
from autodiff.graph import statistics

# %% [markdown]
# ## What must be kept
#
# Each local derivative needs something from the forward pass: $\cos b$ needs the input of the sine,
# $e^a$ its output, $x \cdot y$ both operands, and $x + y$ nothing. So a chain of $n$ steps keeps
# about $n$ numbers until the backward pass has gone by.
#
# Here is a chain, $x \leftarrow x + \tfrac12 \sin x$, and the graph of 400 steps.
#
# **Predict.** Each step makes three operations, and the constant ½ is a number of its own here.
# How many nodes has the graph?

# %% tags=["hide-input"]
ex.predict(
    "Nodes?",
    answer=1601,
    tolerance=0.0001,
    wrong={
        1200: "three operations and a constant in each step, and x itself",
        400: "a step is more than one node",
        1600: "and x itself",
    },
    because="4 · 400 + 1",
)


# %%
def chain(x, steps, constant=Value):
    for _ in range(steps):
        x = x + constant(0.5) * sin(x)
    return x


x = Value(0.1)
y = chain(x, 400)
print(statistics(y)["nodes"], "nodes")
y.backward()
whole = x.grad

# by hand: the product of 1 + cos(x)/2
u, by_hand = 0.1, 1.0
for _ in range(400):
    by_hand *= 1 + 0.5 * math.cos(u)
    u += 0.5 * math.sin(u)
print("engine", whole, "by hand", by_hand)
assert statistics(y)["nodes"] == 1601 and math.isclose(whole, by_hand, rel_tol=1e-9)
check_gradients(lambda v: chain(v, 5, constant=float), 0.1, order=1)  # by nudging

# %% [markdown]
# ## Checkpoints
#
# Keep only every tenth value, a **checkpoint**, as a plain number without history. On the way
# back, take the last checkpoint, compute its ten steps *again*, this time with a graph, go back
# through them, and throw that graph away. Then the one before.
#
# The gradient that arrives at the end of a segment is handed on: start its backward pass with
# that number instead of 1.


# %%
def with_checkpoints(start, steps, every):
    """dy/dx of the chain; how many numbers live at a time, how many steps were computed."""
    kept, u = [], start
    for k in range(steps):
        if k % every == 0:
            kept.append(u)
        u += 0.5 * math.sin(u)
    upstream, largest, computed = 1.0, 0, steps
    for number in reversed(kept):
        x = Value(number)
        y = upstream * chain(x, every)  # start with what arrived
        largest = max(largest, statistics(y)["nodes"])
        y.backward()
        upstream = x.grad
        computed += every
    return upstream, len(kept) + largest, computed


# %% [markdown]
# **Predict.** 400 steps, a checkpoint every 10: 40 checkpoints, and a graph of ten steps. How many
# numbers live at the same time, and how much more work is it?

# %% tags=["hide-input"]
ex.predict(
    "Numbers at the same time (checkpoints and nodes)?",
    answer=82,
    tolerance=0.001,
    wrong={
        1601: "only one segment has a graph",
        50: "each of the ten steps makes four nodes, and there is x",
        80: "the segment's x is a node, and the product with what arrived",
        81: "the product with what arrived is a node, too",
    },
    because="40 + 4 · 10 + 2",
)

# %% tags=["hide-input"]
ex.predict(
    "Forward work, as a multiple?",
    answer=2,
    tolerance=0.01,
    wrong={
        10: "each step is computed twice, not ten times",
        1: "the segments are computed again",
        40: "each segment is computed once more",
    },
    because="everything is computed twice",
)

# %%
found, alive, computed = with_checkpoints(0.1, 400, 10)
print(f"gradient {found}, {alive} numbers instead of 1601, {computed} steps instead of 400")
assert math.isclose(found, whole, rel_tol=1e-12)
assert alive == 82 and computed == 800

# %% [markdown]
# ## The best distance
#
# With few checkpoints the segments are long; with many, there are many checkpoints. $n/k + 4k$ is
# smallest where its derivative is zero, $k = \sqrt{n}/2$. So memory grows only like the **square
# root** of the number of steps, for twice the forward work.

# %% tags=["hide-input"]
distances = [1, 2, 4, 5, 8, 10, 16, 20, 25, 40, 50, 80, 100, 200, 400]
alive = [with_checkpoints(0.1, 400, k)[1] for k in distances]
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.loglog(distances, alive, "o-", color="#0072B2")
ax.axhline(1601, color="#D55E00", ls=":")
ax.text(1, 1350, "everything kept", va="top", color="#D55E00")
ax.set(xlabel="steps between two checkpoints", ylabel="numbers alive")
plt.show()
best = min(zip(alive, distances, strict=True))
print("fewest numbers", best[0], "at distance", best[1])
assert best[1] == 10 == math.sqrt(400) / 2

# %% [markdown]
# Libraries do this for whole layers, and call it activation or gradient checkpointing. The idea
# with several levels, and the best schedule for it, are by A. Griewank (1992).
#
# ## What you take with you
#
# - Backward needs forward's values: that is what memory is used for.
# - Values can be computed again. Checkpoints trade work for memory: twice the steps, $\sqrt n$
#   numbers.
#
# And now the network that everybody talks about. → **16 · A scalar GPT**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `cost(steps, every)`: numbers kept at the same time, and steps computed, for a chain.
#
# One number per step. A checkpoint every `every` steps is kept; then, from the end, one segment
# after the other is computed again, kept while it is swept, and let go. The distance divides.


# %%
def cost(steps, every):
    return None  # your code


ex.check_checkpoints(cost)

# %% [markdown]
# **2** • · `best(steps)`: the distance k with the smallest n/k + k, and that number. n is a square.


# %%
def best(steps):
    return None  # your code


ex.check_distance(best)

# %% [markdown]
# **3** ••• · `gradient(x, steps, every)`: dy/dx, if x becomes x + sin(x)/2 so many times.
#
# Keep only every `every`-th number; compute the rest again, a segment at a time.


# %%
def gradient(x, steps, every):
    return None  # your code


ex.check_sweep(gradient)

# %% [markdown]
# **4** • · `remember(name)`: what the backward pass needs: "nothing", "input", "output" (the
# smaller).
#
# For add, mul, exp, sin, tanh, relu, neg, div. Where input and output both do, say "output".


# %%
def remember(name):
    return None  # your code


ex.check_remember(remember)
