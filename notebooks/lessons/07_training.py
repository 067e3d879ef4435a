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
# # 7 · Training
#
# **The question.** The gradient says which way is up. So go the other way, a small step at a
# time. That is all there is to learning with networks. But how small is small? And when should
# you stop?

# %%
# On a hosted notebook, remove the first # of the next line and run it.
# # %pip install "scalar-autodiff[plot]"

# %%
import math

import matplotlib.pyplot as plt

import nn
from autodiff import Value

# %% [markdown]
# ## A line through four points
#
# The model is $\hat y = wx + b$, the loss $E$ the mean squared error. Gradient descent repeats
# one line:
#
# $$w \leftarrow w - \tau \frac{\partial E}{\partial w}
# \qquad b \leftarrow b - \tau \frac{\partial E}{\partial b}$$
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
# ## The learning rate
#
# **Predict.** We try 0.005, 0.2 and 0.58, 20 steps each. What will the three loss curves look
# like?

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
# largest curvature of the loss. Notebook 9 computes it.
#
# </details>

# %% tags=["hide-input"]
assert 0.5 * descend(0.005, 20)[0][0] < descend(0.005, 20)[0][-1]
assert descend(0.2, 20)[0][-1] < 0.01
assert descend(0.58, 20)[0][-1] > descend(0.58, 20)[0][0]

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
# Two classes are not enough? → **8 · Softmax and cross-entropy**
