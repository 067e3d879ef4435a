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
# # 5 · Neurons, layers, networks
#
# **The question.** A neuron can only draw a straight line. Put three of them together and they
# solve a problem that no straight line can. How? And what does it mean when a neuron is *dead*?

# %%
# On a hosted notebook, remove the first # of the next line and run it.
# # %pip install "scalar-autodiff[plot]"

# %%
import math

import matplotlib.pyplot as plt

import nn
from autodiff import Value, affine, draw, grad, relu, sigmoid, tanh, walkthrough

# %% [markdown]
# ## One neuron
#
# A neuron weighs its inputs, adds a bias, and bends the result with an **activation** $\varphi$:
#
# $$h = \varphi(w_1 x_1 + w_2 x_2 + b)$$

# %%
w1, w2, b = Value(0.8, "w1"), Value(-0.5, "w2"), Value(0.1, "b")
x1, x2 = Value(1.0, "x1"), Value(2.0, "x2")
z = (w1 * x1 + w2 * x2 + b).named("z")
h = tanh(z).named("h")
h.backward()
draw(h)

# %% [markdown]
# **Predict.** Without looking at the gradients: which of $w_1, w_2$ has the larger influence on
# $h$ here?
#
# <details><summary>Reveal</summary>
#
# $w_2$. The derivative by a weight is $\varphi'(z)$ times **its input**, and $x_2 = 2$ is twice
# $x_1$. A weight whose input is 0 learns nothing from this example.
#
# </details>

# %%
slope_at_z = 1 - math.tanh(z.data) ** 2
assert math.isclose(w1.grad, slope_at_z * x1.data)
assert math.isclose(w2.grad, slope_at_z * x2.data)
assert math.isclose(x1.grad, slope_at_z * w1.data)
nudged = (math.tanh(z.data + 2e-6) - math.tanh(z.data - 2e-6)) / 2e-6  # w2 ± 1e-6
assert math.isclose(w2.grad, nudged, rel_tol=1e-8)

# %% [markdown]
# The package `nn` has neurons ready. One line makes the same, as a single fused step:

# %%
neuron = nn.Neuron(2, activation="tanh")
nn.vector_to_parameters([0.8, -0.5, 0.1], neuron.parameters())
print(neuron, neuron([1.0, 2.0]).data, h.data)
assert math.isclose(neuron([1.0, 2.0]).data, h.data)

# %% [markdown]
# ## Activations and their slopes
#
# The activation decides how much of a gradient comes through. Solid: the function. Dashed: its
# derivative, computed by the engine.
#
# **Predict.** For which activations can the derivative be (almost) 0 although the input is far
# from 0?

# %% tags=["hide-input"]
names = ["relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu", "gelu"]
points = [i / 20 for i in range(-80, 81)]
fig, axes = plt.subplots(2, 4, figsize=(9.5, 4.6), layout="constrained", sharex=True, sharey=True)
for ax, name in zip(axes.flat, names, strict=True):
    phi = nn.ACTIVATIONS[name]
    ax.axhline(0, color="gray", lw=0.6)
    ax.plot(points, [phi(u) for u in points], color="#0072B2", label="φ")
    ax.plot(points, [grad(phi)(u) for u in points], "--", color="#D55E00", label="φ′")
    ax.set(title=name, ylim=(-1.4, 2.4))
axes[0, 0].legend()
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Sigmoid and tanh are flat on both sides: a **saturated** neuron passes almost nothing back. ReLU
# is flat on the left: exactly nothing. Leaky ReLU keeps a slope of 0.01 there.
#
# </details>
#
# What about ReLU at exactly 0, at the corner? One reads that implementations move the input a
# little. They do not. They **choose** a derivative, and everybody chooses 0.

# %%
corner = Value(0.0)
relu(corner).backward()
print("relu'(0) =", corner.grad)
assert corner.grad == 0.0
for name in names:
    phi = nn.ACTIVATIONS[name]
    for u in (-2.0, -0.3, 0.7, 3.0):
        nudged = (phi(u + 1e-6) - phi(u - 1e-6)) / 2e-6
        assert math.isclose(grad(phi)(u), nudged, rel_tol=1e-6, abs_tol=1e-8)

# %% [markdown]
# ## Three neurons in a row
#
# The smallest deep network: one input, three layers of one neuron each.
#
# $$h_1 = \mathrm{relu}(\theta_1 x + b_1) \quad h_2 = \mathrm{relu}(\theta_2 h_1 + b_2) \quad
# \hat y = \sigma(\theta_3 h_2 + b_3) \quad C = (\hat y - y)^2$$
#
# By hand, from the back. Everything that comes before $z_3$ shares the factor
# $\partial C/\partial z_3$, so we compute it once:
#
# $$\frac{\partial C}{\partial z_3} = 2(\hat y - y)\,\hat y(1 - \hat y) \qquad
# \frac{\partial C}{\partial z_2} = \frac{\partial C}{\partial z_3}\,\theta_3 [z_2 > 0] \qquad
# \frac{\partial C}{\partial z_1} = \frac{\partial C}{\partial z_2}\,\theta_2 [z_1 > 0]$$
#
# Then $\partial C/\partial b_i = \partial C/\partial z_i$, and $\partial C/\partial \theta_i$ is
# that times the layer's input.


# %%
def by_hand(x, y, theta, b):
    z1 = theta[0] * x + b[0]
    h1 = max(0.0, z1)
    z2 = theta[1] * h1 + b[1]
    h2 = max(0.0, z2)
    y_hat = 1 / (1 + math.exp(-(theta[2] * h2 + b[2])))
    d3 = 2 * (y_hat - y) * y_hat * (1 - y_hat)
    d2 = d3 * theta[2] * (z2 > 0)
    d1 = d2 * theta[1] * (z1 > 0)
    return [d1 * x, d2 * h1, d3 * h2, d1, d2, d3]


def three_layers(x, y, theta, b):
    """The cost on the engine, and the six parameters; affine(ws, xs, b) is w·x + b."""
    t = [Value(number, f"theta{i}") for i, number in enumerate(theta, 1)]
    c = [Value(number, f"b{i}") for i, number in enumerate(b, 1)]
    h1 = relu(affine([t[0]], [x], c[0]).named("z1")).named("h1")
    h2 = relu(affine([t[1]], [h1], c[1]).named("z2")).named("h2")
    y_hat = sigmoid(affine([t[2]], [h2], c[2]).named("z3")).named("y_hat")
    return ((y_hat - y) ** 2).named("C"), [*t, *c]


theta = [0.8, -0.6, 1.2]
alive = (1.5, 1.0, theta, [0.1, 1.0, -0.3])
C, parameters = three_layers(*alive)
C.backward()
for p, number in zip(parameters, by_hand(*alive), strict=True):
    print(f"{p.label:7s} {p.grad:12.8f} {number:12.8f}")
    assert math.isclose(p.grad, number)
assert math.isclose(C.data, 0.25908001063316644)

# %%
walkthrough(C)

# %% [markdown]
# ## Dead
#
# Now lower one bias: $b_2 = 0.2$ instead of 1. Then $z_2 = -0.58$, and the second ReLU is off.
#
# **Predict.** Which of the six derivatives become 0?
#
# <details><summary>Reveal</summary>
#
# All but one. $h_2 = 0$, so $\theta_3$ gets nothing. The ReLU lets no gradient through, so
# everything before it gets nothing. Only $b_3$, behind the dead neuron, still learns.
#
# </details>

# %%
dead = (1.5, 1.0, theta, [0.1, 0.2, -0.3])
C, parameters = three_layers(*dead)
C.backward()
print({p.label: round(p.grad, 6) for p in parameters})
assert [p.grad for p in parameters[:5]] == [0.0] * 5 and parameters[5].grad != 0.0
assert all(
    math.isclose(p.grad, number) for p, number in zip(parameters, by_hand(*dead), strict=True)
)

# %% [markdown]
# In the picture the arrow into $h_2$ says *not chosen*. The zeros begin at $z_2$ and reach back to
# the input:

# %%
draw(C, direction="down")

# %% [markdown]
# If this happens for *every* example, the neuron never wakes up again: its weights get no
# gradient, so they never change. That is a **dead ReLU**.
#
# ## Several examples
#
# The cost of $m$ examples is the mean of their costs. Then the gradient is the mean of their
# gradients. Two paths, added, as always.

# %%
examples = [(1.5, 1.0), (-2.0, 0.0), (0.3, 0.5)]
model = nn.MLP(1, [1, 1, 1], activation=["relu", "relu", "sigmoid"])
nn.vector_to_parameters([0.8, 0.1, -0.6, 1.0, 1.2, -0.3], model.parameters())
nn.mse([model(x) for x, _ in examples], [y for _, y in examples]).backward()

singles = [by_hand(x, y, theta, [0.1, 1.0, -0.3]) for x, y in examples]
means = [sum(column) / 3 for column in zip(*singles, strict=True)]
found = [p.grad for p in model.parameters()]  # theta1, b1, theta2, b2, theta3, b3
for p, number in zip(found[0::2] + found[1::2], means, strict=True):
    assert math.isclose(p, number)
print(means)

# %% [markdown]
# ## A layer, a network
#
# Neurons that look at the same inputs form a **layer**. Layers in a row form a multi-layer
# perceptron, an MLP.

# %%
model = nn.MLP(2, [4, 4, 1], activation="tanh", seed=1)
model

# %%
out = model([0.5, -1.0])
out.backward()
print(len(model.parameters()), "parameters")
assert len(model.parameters()) == (2 + 1) * 4 + (4 + 1) * 4 + (4 + 1)
draw(out, collapse=True)

# %% [markdown]
# ## Exclusive or
#
# Four points. The class is 1 where *exactly one* coordinate is 1. No straight line separates the
# classes, so no single neuron can do it.
#
# **Predict.** Can you do it with two ReLU neurons and a third one that combines them? Which
# weights?
#
# <details><summary>Reveal</summary>
#
# $h_1 = \mathrm{relu}(x_1 + x_2)$ counts the ones. $h_2 = \mathrm{relu}(x_1 + x_2 - 1)$ notices
# two of them. Then $h_1 - 2h_2$ is 0, 1, 1, 0. Take $\tfrac12$ away to get a score with a sign.
#
# </details>

# %%
solver = nn.MLP(2, [2, 1])
nn.vector_to_parameters([1, 1, 0, 1, 1, -1, 1, -2, -0.5], solver.parameters())
inputs, targets = nn.xor()
scores = nn.predict(solver, inputs)
print(scores)
assert [int(s > 0) for s in scores] == targets

# %% [markdown]
# On the left a single neuron, whatever its weights: a straight line. On the right our three: the
# hidden neurons fold the plane, and then a straight line is enough.

# %% tags=["hide-input"]
single = nn.Neuron(2, activation=None)
nn.vector_to_parameters([1, 1, -0.5], single.parameters())
fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.9), layout="constrained")
nn.plot_decision_boundary(single, inputs, targets, ax=left)
nn.plot_decision_boundary(solver, inputs, targets, ax=right)
left.set_title("one neuron")
right.set_title("three neurons")
plt.show()
wrong = sum(int(s > 0) != t for s, t in zip(nn.predict(single, inputs), targets, strict=True))
assert wrong >= 1

# %% [markdown]
# ## What you take with you
#
# - The gradient of a weight is *what comes back* times *what went in*.
# - An activation multiplies the gradient by its slope. A slope of 0 stops it: saturation, or death.
# - A hidden layer bends the plane; that is why depth helps.
#
# Text books write all this with matrices. Where did they go? → **6 · Matrices from scalars**
