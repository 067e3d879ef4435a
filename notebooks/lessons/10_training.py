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
# # 10 · Training
#
# **The question.** The gradient says which way is up. So go the other way, a small step at a
# time. That is all there is to learning with networks. But how small is small? And when should
# you stop?
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
import nn
from autodiff import Value, affine, dot, draw

# %% [markdown]
# ## A line through four points
#
# The model is $\hat y = wx + b$, the loss $E$ the mean squared error. Gradient descent repeats
# one line:
#
# $$w \leftarrow w - \tau \frac{dE}{dw}
# \qquad b \leftarrow b - \tau \frac{dE}{db}$$
#
# $\tau$ is the **learning rate**.

# %%
xs, ys = [-1.0, 0.0, 1.0, 2.0], [-1.0, 1.0, 3.0, 5.0]


def descend(rate, steps):
    """The losses and the places (w, b) on the way, starting from (0, 0)."""
    w, b = Value(0.0), Value(0.0)
    losses, places = [], []
    for _ in range(steps):
        E = nn.mse([w * x + b for x in xs], ys)
        losses.append(E.data)
        places.append((w.data, b.data))
        w.grad = b.grad = 0.0  # gradients add up: start each step from zero
        E.backward()
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return losses, places


losses, places = descend(0.2, 60)
print("w, b =", places[-1])
assert math.isclose(places[-1][0], 2.0, abs_tol=1e-3)
assert math.isclose(places[-1][1], 1.0, abs_tol=1e-3)

# %% [markdown]
# The first gradient, in three ways. At $w = b = 0$ the error of each example is $-y$:

# %%
m = len(xs)
by_hand = sum(2 * (0 - y) * x for x, y in zip(xs, ys, strict=True)) / m
w = Value(0.0)
nn.mse([w * x for x in xs], ys).backward()


def loss_at(w):
    return sum((w * x - y) ** 2 for x, y in zip(xs, ys, strict=True)) / m


nudged = (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6
print(by_hand, w.grad, nudged)
assert by_hand == w.grad and math.isclose(by_hand, nudged, rel_tol=1e-8)

# %% [markdown]
# ## Why against the gradient?
#
# Put all parameters into one vector $\theta$, here $(w, b)$. Move a tiny step of length
# $\varepsilon$ in a direction $u$ of length 1. By the rule of notebook 2 (add over the paths) the
# loss changes by
#
# $$\varepsilon \sum_i \frac{dE}{d\theta_i}\,u_i = \varepsilon\;\nabla E \cdot u
# = \varepsilon\,|\nabla E|\,\cos\alpha$$
#
# where $\alpha$ is the angle between $u$ and the gradient. A cosine is smallest, $-1$, at 180
# degrees. So among all directions $-\nabla E$ goes down fastest, and at right angles to it nothing
# changes.
#
# **Predict.** At 120 degrees from the gradient, how fast does the loss fall, compared with the best
# direction?

# %% tags=["hide-input"]
ex.predict(
    "Which part of the best rate?",
    answer=0.5,
    wrong={
        1: "only at 180 degrees",
        0: "that is at 90 degrees",
        -0.5: "it falls as well, more slowly",
        0.67: "it is the cosine that counts, not the angle",
    },
    because="cos 120° = −1/2",
)


# %%
def error_at(w, b):
    return sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)


w, b = Value(0.5), Value(-1.0)
nn.mse([w * x + b for x in xs], ys).backward()
length = math.hypot(w.grad, b.grad)
rates_found = []
for k in range(12):
    angle = math.atan2(b.grad, w.grad) + k * math.pi / 6
    step = 1e-6
    nudged_rate = (
        error_at(0.5 + step * math.cos(angle), -1.0 + step * math.sin(angle)) - error_at(0.5, -1.0)
    ) / step
    rates_found.append(nudged_rate / length)
    cosine = math.cos(k * math.pi / 6)
    print(f"{30 * k:3d}° from the gradient: {rates_found[-1]:7.4f}   cosine {cosine:7.4f}")
assert rates_found.index(min(rates_found)) == 6  # 180 degrees
assert all(abs(r - math.cos(k * math.pi / 6)) < 1e-4 for k, r in enumerate(rates_found))

# %% [markdown]
# ## The learning rate
#
# **Predict.** We try 0.005, 0.2 and 0.58, 20 steps each. What will the three loss curves look
# like?

# %% tags=["hide-input"]
ex.predict(
    "With 0.58, the loss",
    answer="grows",
    wrong={
        "falls fastest": "a step can be longer than the valley is wide",
        "falls slowly": "that is 0.005",
        "stays": "it jumps across the valley, and lands higher",
    },
    because="each step lands higher on the other side",
)

# %% [markdown]
# The curves, and the ways across the valley:


# %% tags=["hide-input"]
rates = {0.005: "#E69F00", 0.2: "#0072B2", 0.58: "#D55E00"}
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
grid_w = [-1.5 + 0.1 * i for i in range(71)]
grid_b = [-2.5 + 0.1 * i for i in range(71)]
height = [
    [sum((w * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) / m for w in grid_w]
    for b in grid_b
]
right.contour(grid_w, grid_b, height, levels=[0.1, 0.5, 1, 2, 4, 8, 16], colors="silver")
for rate, colour in rates.items():
    losses, places = descend(rate, 20)
    left.semilogy(losses, "o-", ms=3, color=colour, label=f"τ = {rate}")
    right.plot(*zip(*places, strict=True), "o-", ms=3, lw=1, color=colour)
left.set(xlabel="step", ylabel="loss")
left.legend()
right.set(xlabel="w", ylabel="b", xlim=(-1.5, 5.5), ylim=(-2.5, 4.5))
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# 0.005 creeps. 0.2 goes straight to the valley. 0.58 jumps across the valley, and lands higher on
# the other side each time: the loss **grows**. The limit is $2/\lambda$, where $\lambda$ is the
# largest curvature of the loss. Notebook 13 computes it.
#
# </details>

# %% tags=["hide-input"]
assert 0.5 * descend(0.005, 20)[0][0] < descend(0.005, 20)[0][-1]
assert descend(0.2, 20)[0][-1] < 0.01
assert descend(0.58, 20)[0][-1] > descend(0.58, 20)[0][0]

# %% [markdown]
# **Drag the rate.** Here is the loss as a live picture; $r_n = wx_n + b - y_n$ are
# the four errors. Type a step size below it and press *20 steps*: $w$ and $b$ go down the valley,
# or out of it.
#
# **Predict.** 0.2 converges, 0.58 does not. Where is the limit?

# %%
w, b = Value(0.0, "w"), Value(0.0, "b")
points = enumerate(zip(xs, ys, strict=True), 1)
errors = [affine([w, b], [x, 1.0], -y).named(f"r{n}") for n, (x, y) in points]
draw((dot(errors, errors) / m).named("E"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "It converges up to a step size of",
    answer=0.5528,
    tolerance=0.01,
    wrong={
        0.5: "a little more is possible",
        0.58: "there it diverges, slowly",
        0.4: "more is possible, though it jumps from side to side",
        1: "there it diverges at once",
    },
    because="at 0.55 it just comes down, at 0.56 it goes up",
)


# %%
def shrinks(rate):
    """Whether the loss still becomes smaller after 60 steps."""
    losses, _ = descend(rate, 60)
    return losses[-1] < losses[-2]


low, high = 0.5, 0.58
for _ in range(14):
    middle = (low + high) / 2
    low, high = (middle, high) if shrinks(middle) else (low, middle)
print(f"the limit is {low:.4f}")
assert abs(low - 0.5528) < 1e-3

# %% [markdown]
# ## Forgetting to start from zero
#
# `backward()` **adds** to the gradients. That is right within one graph, and wrong from step to
# step. Leave out the line that sets them to 0, and the steps remember all earlier gradients:

# %% tags=["hide-input"]
w, b = Value(0.0), Value(0.0)
forgetful = []
for _ in range(40):
    E = nn.mse([w * x + b for x in xs], ys)
    forgetful.append(E.data)
    E.backward()  # no zero_grad before it
    w.data -= 0.2 * w.grad
    b.data -= 0.2 * b.grad

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(forgetful, "o-", ms=3, color="#D55E00", label="without zero_grad")
ax.plot(descend(0.2, 40)[0], "o-", ms=3, color="#0072B2", label="with zero_grad")
ax.set(xlabel="step", ylabel="loss", ylim=(-0.5, 14))
ax.legend(loc="upper right", ncols=2)
plt.show()
assert max(forgetful[20:]) > 1.0 > descend(0.2, 40)[0][20]

# %% [markdown]
# ## Two moons
#
# A harder task: two half circles that reach into each other. First split off a **test set**: 30
# points that training never sees.

# %%
inputs, targets = nn.moons(120, noise=0.1, seed=0)
train_x, test_x, train_y, test_y = nn.train_test_split(inputs, targets, test_size=0.25, seed=0)
model = nn.MLP(2, [8, 8, 1], activation="tanh", seed=1)
print(model)
print(len(train_x), "for training,", len(test_x), "for testing")

# %% [markdown]
# The loop is always the same four lines. With a small batch of examples per step it is called
# **stochastic gradient descent**.

# %%
optimizer = nn.SGD(model, lr=0.2, momentum=0.9)
for xs_, ys_ in nn.batches(train_x, train_y, 15, seed=0):
    optimizer.zero_grad()
    loss = nn.binary_cross_entropy_with_logits([model(x) for x in xs_], ys_)
    loss.backward()
    optimizer.step()
    print(f"{loss.data:.4f}", end="  ")

# %% [markdown]
# That was one **epoch**: every example once. `nn.fit` repeats it and keeps the numbers.

# %%
history = nn.fit(
    model,
    train_x,
    train_y,
    loss="binary_cross_entropy_with_logits",
    optimizer=optimizer,
    epochs=40,
    batch_size=15,
    validation=(test_x, test_y),
    metrics=["accuracy"],
)
print("train accuracy", history["accuracy"][-1])
print("test accuracy ", history["validation_accuracy"][-1])
assert history["accuracy"][-1] > 0.95 and history["validation_accuracy"][-1] > 0.9

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
nn.plot_history(history, ["loss", "validation_loss"], ax=left, log=True)
nn.plot_decision_boundary(model, test_x, test_y, ax=right, resolution=60)
right.set_title("the 30 test points")
plt.show()

# %% [markdown]
# ## Overfitting
#
# Is a smaller loss always better? Take a straight line plus a lot of noise, only 8 points, and a
# network with 37 parameters.
#
# **Predict.** Draw the loss on the 8 training points and on 32 fresh points, epoch by epoch.

# %% tags=["hide-input"]
ex.predict(
    "The loss on the fresh points",
    answer="falls, then rises",
    wrong={
        "falls like the other": "the noise of 8 points can be learnt by heart; fresh noise cannot",
        "rises from the start": "at first the line is learnt, and that helps everywhere",
    },
    because="first the line is learnt, then the noise",
)

# %% [markdown]
# Training takes a second or two.


# %%
import random

rng = random.Random(3)
points = [[rng.uniform(-1, 1)] for _ in range(40)]
noisy = [x + 0.4 * rng.gauss(0, 1) for (x,) in points]
few_x, few_y, new_x, new_y = points[:8], noisy[:8], points[8:], noisy[8:]

net = nn.MLP(1, [12, 1], activation="tanh", weight_init=nn.normal(0, 3), seed=1)
run = nn.fit(
    net,
    few_x,
    few_y,
    loss="mse",
    optimizer=nn.Adam(net, lr=0.05),
    epochs=250,
    validation=(new_x, new_y),
)
best = run.best("validation_loss")

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
nn.plot_history(run, ax=left, log=True)
left.axvline(best + 1, color="gray", ls=":")
line = [-1 + i / 50 for i in range(101)]
right.plot(line, nn.predict(net, line), color="#0072B2", label="network")
right.plot(line, line, ":", color="gray", label="truth")
right.plot([x for (x,) in new_x], new_y, ".", color="silver", label="new points")
right.plot([x for (x,) in few_x], few_y, "o", color="#D55E00", label="training points")
right.set(xlabel="x", ylabel="y")
right.legend(fontsize="small")
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# At first both losses fall. Then the training loss goes on falling while the other one **rises**:
# the network has begun to learn the noise by heart. That is overfitting. The dotted line marks
# the best moment to stop.
#
# </details>

# %%
validation = run["validation_loss"]
print(f"best epoch {best + 1}: {validation[best]:.3f}, at the end: {validation[-1]:.3f}")
assert run["loss"][-1] < 0.2 * run["loss"][20]
assert validation[-1] > 1.3 * validation[best]

# %% [markdown]
# The simplest cure is to stop in time, and keep the best parameters:

# %%
net = nn.MLP(1, [12, 1], activation="tanh", weight_init=nn.normal(0, 3), seed=1)
stopping = nn.EarlyStopping(patience=20)
run = nn.fit(
    net,
    few_x,
    few_y,
    loss="mse",
    optimizer=nn.Adam(net, lr=0.05),
    epochs=250,
    validation=(new_x, new_y),
    early_stopping=stopping,
)
kept = nn.mse(nn.predict(net, new_x), new_y)
print(f"stopped after {run.epochs} epochs; kept a model with {kept:.3f}")
assert run.epochs < 250 and math.isclose(kept, stopping.best)

# %% [markdown]
# (Strictly speaking these points have now had a say in the choice. A fair last exam needs a third
# set that was never looked at.)
#
# ## What you take with you
#
# - Training: forward, zero the gradients, backward, step. Repeat.
# - Too small a learning rate creeps, too large a one explodes.
# - Only points that were never trained on can tell whether something was learnt.
#
# Does it work with a hundred layers, too? → **11 · Gradients that vanish or explode**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `train(Value, xs, ys, steps, rate)` fits w\*x + b by gradient descent; returns (w, b).
#
# Start at w = b = 0.0. The loss of a step is the mean of (w\*x + b - y)\*\*2 over all examples;
# each step moves w and b against their gradients, times the rate. `Value` has + - \* / \*\* and
# backward(); make new Values in each step, or set their grad to 0.0: as you like.


# %%
def train(Value, xs, ys, steps, rate):
    return None  # your code


ex.check_training_loop(train)

# %% [markdown]
# **2** • · `diagnose(letter)`: what is wrong with `broken_loop(letter)`, for "a", "b", "c", "d".
#
# One of the words "kept" (gradients pile up), "climbs" (wrong sign), "sum" (no mean), "b rests".


# %%
def diagnose(letter):
    return None  # your code


ex.check_loops(diagnose)

# %% [markdown]
# **3** •• · `steepest(gx, gy)`: which of the directions k\*30 degrees (k = 0 to 11) falls most,
# and how much.
#
# (gx, gy) is the gradient; a step in direction k goes (cos, sin) of that angle. Return [k, slope].


# %%
def steepest(gx, gy):
    return None  # your code


ex.check_steepest(steepest)

# %% [markdown]
# **4** •• · `run(x, steps, rate, momentum)` on the loss x\*\*2: [x, v] at the end; v starts at 0.
#
# Each step: v = momentum\*v + gradient, then x = x - rate\*v.


# %%
def run(x, steps, rate, momentum):
    return None  # your code


ex.check_momentum(run)

# %% [markdown]
# **5** • · `gaps(seen, held)`. "Larger networks overfit less", says a text, and shows seen losses
# only.
#
# Give the number that would have to be shown, for each net: how far held-out lies above seen.


# %%
def gaps(seen, held):
    return None  # your code


ex.check_gap(gaps)
