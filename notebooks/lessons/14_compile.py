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
# # 14 · Compile it
#
# **The question.** Every training step builds the same graph again, throws it away, and builds it
# again. Only the numbers differ. Can we keep the graph and just put new numbers in?
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it; upload the folder exercises.
# # %pip install "scalar-autodiff[jit,plot]" scikit-learn

# %% tags=["hide-input"]
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

# %%
import math
import random
import runpy
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt

import exercises as ex
import nn
from autodiff import (
    Value,
    affine,
    exp,
    jit,
    numerical_gradient,
    relu,
    sigmoid,
    sin,
    to_python,
    vmap,
)

# %% [markdown]
# ## A graph is a program
#
# A graph in topological order is a list of instructions. Print it, and print the backward pass
# too. Here is the toy of notebook 1 as plain Python:

# %%
x = Value(-4.499, "x")
f = (2 / sin(exp(-x))).named("f")
print(to_python(f))

# %% [markdown]
# Read the second half from top to bottom. It is what we did by hand in notebook 1: one line per
# step, each the upstream derivative times a local derivative.
#
# Does it run? Write it into a file and try.


# %%
def load(source, name):
    """The function of that name, from source text written to a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.py"
        path.write_text(source, encoding="utf-8")
        return runpy.run_path(str(path))[name]


generated = load(to_python(f), "f_and_gradient")
value, (slope,) = generated(-4.499)
f.backward()
nudged = numerical_gradient(lambda u: 2 / sin(exp(-u)), -4.499)
print("generated:", slope)
print("engine:   ", x.grad)
print("nudged:   ", nudged)
assert slope == x.grad and math.isclose(slope, nudged, rel_tol=1e-9)

# %% [markdown]
# ## Back to backprop by hand
#
# **Predict.** The three neurons of notebook 7 had the shared prefixes $dC/dz_3$,
# $dC/dz_2$, $dC/dz_1$. Will the generated code share them too?

# %% tags=["hide-input"]
ex.predict(
    "How often is dC/dz2 computed?",
    answer=1,
    tolerance=0.001,
    wrong={
        2: "weight and bias of layer 2 both need it; but it has a name",
        4: "four derivatives need it; but it has a name",
        6: "not all six need it",
    },
    because="a node is visited once",
)

# %% [markdown]
# The code:


# %%
t1, t2, t3 = Value(0.8, "theta1"), Value(-0.6, "theta2"), Value(1.2, "theta3")
b1, b2, b3 = Value(0.1, "b1"), Value(1.0, "b2"), Value(-0.3, "b3")
z1 = affine([t1], [1.5], b1).named("z1")
z2 = affine([t2], [relu(z1).named("h1")], b2).named("z2")
z3 = affine([t3], [relu(z2).named("h2")], b3).named("z3")
C = ((sigmoid(z3).named("p") - 1.0) ** 2).named("C")
source = to_python(C)
print(source)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Yes: `d_z3`, `d_z2` and `d_z1` are computed once each, and used for weight and bias. The *shape*
# is that of an afternoon with pencil and paper, and so are the lines: `d_t6 = d_C * (2.0 * t6)` is
# the 2u that a square passes on. Only ReLU looks stranger than by hand. `one(z2)` is its slope
# where it is on; where it is off, `where(z2 <= 0.0, 0.0, ...)` stops what arrives, here and in the
# lines that only feed it, so that an infinite number cannot turn 0 into 0 · ∞ = nan.
#
# </details>

# %%
C.backward()
loss, gradient = load(source, "C_and_gradient")(
    **{v.label: v.data for v in (t1, t2, t3, b1, b2, b3)}
)
p = sigmoid(z3.data)
by_hand = 2 * (p - 1) * p * (1 - p)  # dC/dz3 = dC/db3
print(sorted(gradient), by_hand)
assert sorted(gradient) == sorted(v.grad for v in (t1, t2, t3, b1, b2, b3))
assert math.isclose(b3.grad, by_hand, rel_tol=1e-12)
assert "d_t6 = d_C * (2.0 * t6)" in source and "where(z2 <= 0.0," in source

# %% [markdown]
# ## jit: trace once, replay
#
# `jit(f)` runs `f` once, records the graph, and compiles it. Later calls put new numbers in. The
# results are ordinary Values: `backward()` runs the compiled reverse sweep.

# %%
model = nn.MLP(8, [16, 16, 1], activation="tanh", seed=0)
rng = random.Random(0)
rows = [[rng.uniform(-1, 1) for _ in range(8)] for _ in range(50)]


def error(batch):
    return nn.mse([model(row) for row in batch], [0.5] * len(batch))


fast = jit(error)


def seconds_per_step(function):
    function(rows).backward()  # the first call traces and compiles
    begin = time.perf_counter()
    for _ in range(10):
        model.zero_grad()
        function(rows).backward()
    return (time.perf_counter() - begin) / 10


eager, compiled = seconds_per_step(error), seconds_per_step(fast)
print(f"eager {eager * 1e3:.1f} ms, compiled {compiled * 1e3:.1f} ms: {eager / compiled:.0f} times")

# %% [markdown]
# Same numbers? The loss to the last bit. A gradient is a sum over the fifty rows, and `jit`, which
# computes eight of them side by side, adds it up in another order: it differs by rounding. With
# `exact=True` the order is that of the graph, and the bits are the same.


# %%
def gradients(function):
    model.zero_grad()
    loss = function(rows)
    loss.backward()
    return loss.data, [parameter.grad for parameter in model.parameters()]


loss, expected = gradients(error)
assert gradients(jit(error, exact=True)) == (loss, expected)
fast_loss, found = gradients(fast)
assert fast_loss == loss
print("largest difference:", max(abs(a - b) for a, b in zip(found, expected, strict=True)))
print(fast.explain())

# %% [markdown]
# ## A trap: decisions
#
# The recording holds *operations*. An `if` on a number is not an operation.
#
# **Predict.** What does a compiled function do that decides with `if`, when the decision changes?

# %% tags=["hide-input"]
ex.predict(
    "It",
    answer="traces again",
    wrong={
        "gives a wrong number": "the replay checks each decision",
        "raises an error": "it could; but there is something better to do",
        "uses both paths": "only one path is taken for a given number",
    },
    because="each if becomes a guard",
)

# %% [markdown]
# Try:


# %%
@jit
def absolute(u):
    if u > 0:
        return u
    return -u


print(absolute(3.0), absolute(-3.0))
assert (absolute(3.0).data, absolute(-3.0).data, absolute(5.0).data) == (3.0, 3.0, 5.0)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# It stays right. Each `if` becomes a **guard**: the replay checks that the decision is the same.
# If not, the other path is traced and kept as well. Many different paths would mean many traces;
# `autodiff.where` turns a decision into an operation.
#
# </details>
#
# `vmap` turns a function of one example into one of many:

# %%
squares = vmap(lambda u: u * u + 1)
results = squares([1.0, 2.0, 3.0])
assert [r.data for r in results] == [2.0, 5.0, 10.0]
results

# %% [markdown]
# ## Handwritten digits
#
# Enough speed for something real: images of 8 × 8 pixels, ten classes, 1 210 parameters. Every
# parameter is a `Value`, every multiplication a scalar one.
#
# (The images come with scikit-learn. Without it we draw digits with noise ourselves.)


# %%
def drawn_digits(count):
    """Seven-segment digits with noise, for readers without scikit-learn."""
    lit = ["abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg"]
    segments = {
        "a": [(0, c) for c in (2, 3, 4)],
        "g": [(3, c) for c in (2, 3, 4)],
        "d": [(7, c) for c in (2, 3, 4)],
        "f": [(r, 1) for r in (1, 2)],
        "b": [(r, 5) for r in (1, 2)],
        "e": [(r, 1) for r in (4, 5, 6)],
        "c": [(r, 5) for r in (4, 5, 6)],
    }
    dice = random.Random(1)
    images, labels = [], []
    for i in range(count):
        pixels = [0.5 * dice.random() for _ in range(64)]
        for segment in lit[i % 10]:
            for r, c in segments[segment]:
                pixels[8 * r + c] = 0.5 + 0.5 * dice.random()
        images.append(pixels)
        labels.append(i % 10)
    return images, labels


try:
    from sklearn.datasets import load_digits
except ImportError:
    images, labels = drawn_digits(1500)
else:
    digits = load_digits()
    images, labels = (digits.data / 16).tolist(), digits.target.tolist()

train_x, test_x, train_y, test_y = nn.train_test_split(images, labels, test_size=0.3, seed=0)
print(len(train_x), "for training,", len(test_x), "for testing")

# %%
net = nn.MLP(64, [16, 10], activation="tanh", seed=0)
optimizer = nn.Adam(net, lr=0.01)


@jit
def batch_loss(batch, targets):
    return nn.cross_entropy([net(row) for row in batch], targets)


losses = []
begin = time.perf_counter()
for epoch in range(5):
    for batch, targets in nn.batches(train_x, train_y, 20, seed=epoch):
        if len(batch) < 20:
            continue  # one shape, one program
        optimizer.zero_grad()
        loss = batch_loss(batch, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
took = time.perf_counter() - begin
accuracy = nn.accuracy(nn.predict(net, test_x), test_y)
print(f"{len(losses)} steps in {took:.1f} s, test accuracy {accuracy:.3f}")
assert accuracy > 0.9

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 8, figsize=(9.5, 2.9), layout="constrained")
for ax, image, label in zip(axes.flat, test_x, test_y, strict=False):
    guess = nn.classify(net, [image])[0]
    ax.imshow([image[8 * r : 8 * r + 8] for r in range(8)], cmap="gray_r")
    ax.set_title(str(guess), color="#0072B2" if guess == label else "#D55E00")
    ax.axis("off")
plt.show()

# %% [markdown]
# What did a hidden neuron learn? Draw its 64 weights as an image. Blue pulls up, red pulls down.

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 8, figsize=(9.5, 2.7), layout="constrained")
for ax, neuron in zip(axes.flat, net.layers[0].neurons, strict=True):
    picture = [[w.data for w in neuron.weight[8 * r : 8 * r + 8]] for r in range(8)]
    ax.imshow(picture, cmap="RdBu", vmin=-0.8, vmax=0.8)
    ax.axis("off")
plt.show()
assert losses[-1] < 0.3 * losses[0]

# %% [markdown]
# ## What you take with you
#
# - A graph is a straight-line program, forward and backward.
# - Trace once, replay often: the same numbers, many times faster.
# - The generated backward pass is backprop by hand. The circle is closed.
#
# A recording keeps every number until the way back. Must it? → **15 · Memory**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `rewrite(x, y)`: [f, df/dx, df/dy], where generated code computes f as
#
# t1 = x \* y; t2 = t1 + x; t3 = tanh(t2); t4 = t3 - t2; f = t4 \* y


# %%
def rewrite(x, y):
    return None  # your code


ex.check_generated(rewrite)

# %% [markdown]
# **2** • · `traces(xs)`: how many traces the calls f(x) for x in xs make, if f says
# `if x > 0: ...`.
#
# A compiled function keeps one trace for each way through its ifs that has been taken.


# %%
def traces(xs):
    return None  # your code


ex.check_traces(traces)

# %% [markdown]
# **3** • · `most(ifs, calls)`: the most traces that so many calls can make, with so many ifs in a
# row.


# %%
def most(ifs, calls):
    return None  # your code


ex.check_ways(most)

# %% [markdown]
# **4** •• · `operations(text)`: how many operations are left if equal pieces are computed once.
#
# + and \* with operands exchanged are equal. The texts: "a\*b + a\*b", "a\*b + b\*a", "a\*a",
# "sin(a)\*sin(a)", "a + b\*c", "(a + b)\*(a + b)".


# %%
def operations(text):
    return None  # your code


ex.check_shared(operations)
