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
# # 7 · Neurons, layers, networks
#
# **The question.** A neuron can only draw a straight line. Put three of them together and they
# solve a problem that no straight line can. How? And what does it mean when a neuron is *dead*?
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
from autodiff import (
    Value,
    affine,
    check_gradients,
    derivation,
    draw,
    exp,
    grad,
    relu,
    sigmoid,
    tanh,
    walkthrough,
)

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
z, h

# %% [markdown]
# **Predict.** Which of $w_1, w_2$ has the larger influence on $h$ here, if both are nudged by the
# same amount?

# %% tags=["hide-input"]
ex.predict(
    "Which weight moves h more?",
    answer="w2",
    wrong={
        "w1": "w1 itself is larger; but dh/dw1 contains x1, not w1",
    },
    because="its input is 2",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# $w_2$. The derivative by a weight is $\varphi'(z)$ times **its input**, and $x_2 = 2$ is twice
# $x_1$. A weight whose input is 0 learns nothing from this example.
#
# </details>

# %%
h.backward()
draw(h)

# %% tags=["hide-input"]
slope_at_z = 1 - math.tanh(z.data) ** 2
assert math.isclose(w1.grad, slope_at_z * x1.data)
assert math.isclose(w2.grad, slope_at_z * x2.data)
assert math.isclose(x1.grad, slope_at_z * w1.data)
nudged = (math.tanh(z.data + 2e-6) - math.tanh(z.data - 2e-6)) / 2e-6  # w2 ± 1e-6
assert math.isclose(w2.grad, nudged, rel_tol=1e-8)

# %% [markdown]
# Where does "times its input" come from? One line of algebra. In $z = w_1 x_1 + w_2 x_2 + b$ only
# one term contains $w_2$, so $\partial z/\partial w_2 = x_2$; in the same way
# $\partial z/\partial x_2 = w_2$ and $\partial z/\partial b = 1$. And there is one path, through
# $z$:
#
# $$\frac{dh}{dw_i} = \varphi'(z)\, x_i \qquad \frac{dh}{dx_i} = \varphi'(z)\, w_i \qquad
# \frac{dh}{db} = \varphi'(z)$$
#
# The package `nn` has neurons ready. One line makes the same, as a single fused step:

# %%
neuron = nn.Neuron(2, activation="tanh")
nn.vector_to_parameters([0.8, -0.5, 0.1], neuron.parameters())
print(neuron, neuron([1.0, 2.0]).data, h.data)
assert math.isclose(neuron([1.0, 2.0]).data, h.data)

# %% [markdown]
# ## Activations and their slopes
#
# The activation decides how much of a gradient comes through: a step back through it multiplies by
# its slope.
#
# Two of the derivatives we need again and again. **The sigmoid**, in steps: $\sigma = 1/d$ with
# $d = 1 + u$ and $u = e^{-z}$. The three factors are
# $\partial u/\partial z = -u$, $\partial d/\partial u = 1$, $\partial\sigma/\partial d = -1/d^2$.
# Their product is
#
# $$\sigma' = \frac{u}{d^2} = \frac{1}{d} \cdot \frac{d - 1}{d} = \sigma\,(1 - \sigma)$$
#
# because $u = d - 1$. **The hyperbolic tangent** is $\tanh z = 2\sigma(2z) - 1$, so
# $\tanh' = 4\sigma(1 - \sigma)$ at $2z$; with $\sigma = (1 + \tanh z)/2$ that is
# $(1 + \tanh z)(1 - \tanh z) = 1 - \tanh^2 z$. Both slopes are made of the **output** alone.

# %%
at = 0.7
u = math.exp(-at)
d_steps = -u * 1 * (-1 / (1 + u) ** 2)
s = 1 / (1 + u)
print(d_steps, s * (1 - s), grad(lambda z: 1 / (1 + exp(-z)))(at))
assert math.isclose(d_steps, s * (1 - s)) and math.isclose(d_steps, grad(sigmoid)(at))
t = math.tanh(at)
assert math.isclose(grad(tanh)(at), 1 - t * t)
assert math.isclose(1 - t * t, 4 * sigmoid(2 * at) * (1 - sigmoid(2 * at)))

# %% [markdown]
# **Predict.** For which activations can the derivative be (almost) 0 although the input is far
# from 0?

# %% tags=["hide-input"]
ex.predict(
    "Of the eight in the next picture, how many are (almost) flat far away on at least one side?",
    answer=7,
    tolerance=0.001,
    wrong={
        8: "leaky ReLU keeps a slope of 0.01",
        3: "sigmoid, tanh, ReLU: look at the left sides of the others, too",
        2: "ReLU is flat as well, on the left, and it is not alone",
    },
    because="all but leaky ReLU",
)

# %% [markdown]
# Solid: the function. Dashed: its derivative, computed by the engine.

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
# is flat on the left: exactly nothing. So are ELU, softplus, SiLU and GELU far to the left, where
# their slopes go to 0. Only leaky ReLU keeps a slope of 0.01 there.
#
# </details>

# %%
for name in names:
    print(f"{name:11s} slope at -30: {grad(nn.ACTIVATIONS[name])(-30.0):9.1e}")
flat = [name for name in names if abs(grad(nn.ACTIVATIONS[name])(-30.0)) < 1e-9]
assert len(flat) == 7 and "leaky_relu" not in flat

# %% [markdown]
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
# $dC/dz_3$, so we compute it once:
#
# $$\frac{dC}{dz_3} = 2(\hat y - y)\,\hat y(1 - \hat y) \qquad
# \frac{dC}{dz_2} = \frac{dC}{dz_3}\,\theta_3 [z_2 > 0] \qquad
# \frac{dC}{dz_1} = \frac{dC}{dz_2}\,\theta_2 [z_1 > 0]$$
#
# In words: a step back through $z_3 = \theta_3 h_2 + b_3$ multiplies by $\theta_3$; a step back
# through ReLU multiplies by $[z > 0]$, which is 1 where $z > 0$ and 0 elsewhere.
#
# Then $dC/db_i = dC/dz_i$, and $dC/d\theta_i$ is that times the layer's input. That is the rule for
# **a parameter inside a network**: $L$ sees $p$ only through the numbers $y_j$ that $p$ helps to
# make, so
#
# $$\frac{dL}{dp} = \sum_j \frac{dL}{dy_j} \cdot \frac{\partial y_j}{\partial p}$$
#
# Here one $z$ contains $p$, so the sum has one term.


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
    return ((y_hat - y).named("e") ** 2).named("C"), [*t, *c]


theta = [0.8, -0.6, 1.2]
alive = (1.5, 1.0, theta, [0.1, 1.0, -0.3])
C, parameters = three_layers(*alive)
C.backward()
for p, number in zip(parameters, by_hand(*alive), strict=True):
    print(f"{p.label:7s} {p.grad:12.8f} {number:12.8f}")
    assert math.isclose(p.grad, number)
assert math.isclose(C.data, 0.25908001063316644)

# %% [markdown]
# All six products, written out by the engine from the output back to each parameter:

# %%
for p in parameters:
    print(derivation(C, p))

# %% [markdown]
# And the proof, by nudging: `check_gradients` compares a function's gradient with differences.
# Once for the engine, once for the gradient **by hand**. A forgotten factor would be reported.


# %%
def cost_of(t1, t2, t3, b1, b2, b3):
    h1 = relu(t1 * 1.5 + b1)
    h2 = relu(t2 * h1 + b2)
    return (sigmoid(t3 * h2 + b3) - 1.0) ** 2


point = (*theta, 0.1, 1.0, -0.3)
check_gradients(cost_of, *point, order=1)
check_gradients(cost_of, *point, gradient=lambda *n: tuple(by_hand(1.5, 1.0, n[:3], n[3:])))
try:
    check_gradients(
        cost_of, *point, gradient=lambda *n: (0.0, *by_hand(1.5, 1.0, n[:3], n[3:])[1:])
    )
    verdict = "passed"
except AssertionError as error:
    verdict = str(error)
print(verdict)
assert "t1" in verdict

# %% [markdown]
# The whole of it, step by step; and its numbers can be dragged.
#
# **Predict.** Drag $b_2$ down from 1. At which $b_2$ does the second neuron switch off?

# %%
walkthrough(C, live=True)

# %% tags=["hide-input"]
ex.predict(
    "It is off below b2 = ?",
    answer=0.78,
    wrong={
        0: "relu sees z2, and b2 is a part of it only",
        -0.78: "z2 = -0.6·h1 + b2 is 0 at a positive b2",
        0.6: "z2 = -0.6·h1 + b2, and h1 is not 1",
    },
    because="h1 = 1.3, so z2 = -0.78 + b2",
)

# %%
for b2 in (0.781, 0.779):
    C, parameters = three_layers(1.5, 1.0, theta, [0.1, b2, -0.3])
    C.backward()
    zeros = [p.label for p in parameters if p.grad == 0.0]
    print(f"b2 = {b2}: derivatives that are 0: {len(zeros)} of 6", *zeros)
    assert bool(zeros) == (b2 < 0.78)

# %% [markdown]
# ## Dead
#
# Go on dragging, to $b_2 = 0.2$. Then $z_2 = -0.58$, and the second ReLU is off.
#
# **Predict.** Which of the six derivatives become 0?

# %% tags=["hide-input"]
ex.predict(
    "How many of the six?",
    answer=5,
    tolerance=0.001,
    wrong={
        4: "and θ3, whose input is h2 = 0?",
        3: "θ3 has the input h2 = 0, too; and b1, b2, θ1, θ2 lie behind the closed gate",
        6: "b3 is added after the dead neuron",
    },
    because="all but b3",
)

# %% [markdown]
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
# In the live picture above, at $b_2 = 0.2$, the arrow into $h_2$ says *not chosen*. The zeros begin
# at $z_2$ and reach back to the input.
#
# If this happens for *every* example, the neuron's own weights get no gradient, and do not change.
# That is a **dead ReLU**. Is it dead for ever? Nothing of its own can wake it. But its input can
# move: if the layer **below** has other ways to the loss, it goes on learning, and may lift $z$
# above 0 again. Here $z_2 = -h_1 + 0.5$ is dead at $h_1 = 1$, and a second way through $h_1$
# revives it:

# %%
w1 = 1.0
for step in range(4):
    below = Value(w1, "w1")
    h1 = relu(below * 1.0)
    z2 = 0.5 - h1  # its weight -1 and bias 0.5 get no gradient while z2 < 0
    (((relu(z2) + h1) - 0.1) ** 2).backward()
    print(f"step {step}: z2 = {z2.data:5.2f}", "dead" if z2.data < 0 else "alive")
    w1 -= 0.3 * below.grad
assert z2.data > 0

# %% [markdown]
# ## Several examples
#
# The cost of $m$ examples is the mean of their costs. A parameter is used by each of them: $m$
# paths, added, as always. So the gradient is the mean of their gradients.

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
# ## A recipe for any gradient
#
# Nets come in all shapes, and you will meet one that nobody has derived for you. All that is needed
# stands in the notebooks so far:
#
# 1. Cut the formula into steps, and give each result a name.
# 2. Begin at the end with $dL/dL = 1$. A square $L = u^2$ passes on $2u$.
# 3. A step back multiplies by the local derivative: through a sum by 1, through $w\,h$ by the
#    *other* factor, through $\varphi$ by $\varphi'(z)$; for tanh that is $1 - h^2$.
# 4. A value with **several uses** gets one contribution from each; add them up.
# 5. A weight gets what comes back times its input, a bias what comes back.
#
# Try it on a neuron whose output is used twice: $L = (h + v\,h - y)^2$ with $h = \tanh(w x)$. The
# two uses of $h$ bring $2u \cdot 1$ and $2u \cdot v$, where $u = h + vh - y$:
#
# $$\frac{dL}{dh} = 2u\,(1 + v) \qquad \frac{dL}{dv} = 2u\,h \qquad
# \frac{dL}{dw} = 2u\,(1 + v)\,(1 - h^2)\,x$$


# %%
def used_twice(w, v):
    h = tanh(w * 0.5)
    return (h + v * h - 1.0) ** 2


def used_twice_by_hand(w, v):
    h = math.tanh(w * 0.5)
    u = h + v * h - 1.0
    return 2 * u * (1 + v) * (1 - h * h) * 0.5, 2 * u * h


print(
    "by hand", used_twice_by_hand(0.8, -0.3), " engine", grad(used_twice, argnums=(0, 1))(0.8, -0.3)
)
check_gradients(used_twice, 0.8, -0.3, gradient=used_twice_by_hand)  # by nudging
for number, exact in zip(
    used_twice_by_hand(0.8, -0.3), grad(used_twice, argnums=(0, 1))(0.8, -0.3), strict=True
):
    assert math.isclose(number, exact)

# %% [markdown]
# Exercise 4 below is such a net: two neurons side by side. Derive it, and let `check_gradients`
# judge.
#
# ## A layer, a network
#
# Neurons that look at the same inputs form a **layer**. Layers in a row form a multi-layer
# perceptron, an MLP.

# %%
model = nn.MLP(2, [3, 3, 1], activation="tanh", seed=1)
model

# %%
out = model([0.5, -1.0])
out.backward()
print(len(model.parameters()), "parameters")
assert len(model.parameters()) == (2 + 1) * 3 + (3 + 1) * 3 + (3 + 1)
draw(out, collapse=True)

# %% [markdown]
# ## Exclusive or
#
# Four points. The class is 1 where *exactly one* coordinate is 1. No straight line separates the
# classes, so no single neuron can do it.
#
# **Predict.** Take $h_1 = \mathrm{relu}(x_1 + x_2)$ and $h_2 = \mathrm{relu}(x_1 + x_2 - 1)$, and
# a third neuron that computes $h_1 + v\,h_2 - \tfrac12$. Which $v$ makes it positive for the class
# 1 only?

# %% tags=["hide-input"]
ex.predict(
    "v = ?",
    answer=-2,
    tolerance=0.2,
    wrong={
        -1: "then (1, 1) gives 2 - 1 - 1/2 = 1/2, which is positive",
        0: "then (1, 1) gives 2 - 1/2, which is positive",
        2: "the second neuron has to take away",
    },
    because="0, 1, 1, 2 - 2·1 = 0",
)

# %% [markdown]
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
# Here is the score of the point $(1, 1)$, with $v$ still at 0. Drag $v$ down, and the inputs to 0
# and back.
#
# **Predict.** The score of $(1, 1)$ must be negative. How far down must $v$ go at least?

# %%
x1, x2, v = Value(1.0, "x1"), Value(1.0, "x2"), Value(0.0, "v")
h1, h2 = relu(x1 + x2).named("h1"), relu(x1 + x2 - 1).named("h2")
draw(affine([1.0, v], [h1, h2], -0.5).named("score"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "The score is negative below v = ?",
    answer=-1.5,
    wrong={
        -2: "that is enough; but the score is negative before",
        -0.5: "h1 is 2 there, not 1",
        -1: "the score is 1/2 there",
    },
    because="2 + v - 1/2 = 0",
)

# %%
for v in (-1.4, -1.5, -1.6, -2.0):
    four = [relu(a + b) + v * relu(a + b - 1) - 0.5 for a, b in inputs]
    print(f"v = {v}: scores {[round(s, 2) for s in four]}")
    assert [int(s > 0) for s in four[:3]] == targets[:3]
    assert (four[3] < 0) == (v < -1.5)

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
# - A hidden layer bends the plane: that is why a hidden layer helps.
#
# Text books write all this with matrices. Where did they go? → **8 · Matrices from scalars**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** • · `neuron(ws, xs, b)` is tanh(w0\*x0 + w1\*x1 + ... + b), for lists of Values of any
# length.


# %%
def neuron(ws, xs, b):
    return None  # your code


ex.check_neuron(neuron)

# %% [markdown]
# **2** •• · `gradient(x, y, theta, b)`: the six partials of C for the net of three neurons.
#
# z1 = theta1\*x + b1, h1 = relu(z1); z2 = theta2\*h1 + b2, h2 = relu(z2); z3 = theta3\*h2 + b3, p
# = sigmoid(z3); C = (p - y)\*\*2. theta and b are lists of three. Return the six numbers
# (dC/dtheta1, dC/dtheta2, dC/dtheta3, dC/db1, dC/db2, dC/db3).


# %%
def gradient(x, y, theta, b):
    return None  # your code


ex.check_three_layers(gradient)

# %% [markdown]
# **3** •• · `gradient(x, y, theta, b)`: seven partials, for the net of three neurons with tanh.
#
# z1 = theta1\*x + b1, h1 = tanh(z1), and so on to p = tanh(z3); C = (p - y)\*\*2. Return dC/dtheta
# (three), dC/db (three), and dC/dx.


# %%
def gradient(x, y, theta, b):
    return None  # your code


ex.check_tanh_layers(gradient)

# %% [markdown]
# **4** ••• · `gradient(x, y, w, b, v, c)`: the eight partials of a net of two hidden neurons.
#
# h1 = tanh(w1\*x + b1), h2 = tanh(w2\*x + b2), p = v1\*h1 + v2\*h2 + c, C = (p - y)\*\*2. Return
# [dC/dw1, dC/dw2, dC/db1, dC/db2, dC/dv1, dC/dv2, dC/dc, dC/dx].


# %%
def gradient(x, y, w, b, v, c):
    return None  # your code


ex.check_two_hidden(gradient)

# %% [markdown]
# **5** • · `slopes(x)` for s = 1/d, d = 1 + u, u = exp(-x): [∂u/∂x, ∂d/∂u, ∂s/∂d, ds/dx].
#
# Then see that the last one is s\*(1 - s).


# %%
def slopes(x):
    return None  # your code


ex.check_sigmoid_slope(slopes)

# %% [markdown]
# **6** ••• · `choose()` gives (x, y, theta, b) so that exactly three of the six partials are zero.
#
# The net is that of "three layers by hand".


# %%
def choose():
    return None  # your code


ex.check_three_zeros(choose)

# %% [markdown]
# **7** • · `repair(x, w, v)`. A text says of h = tanh(w\*x), p = v\*h, L = (p - 1)\*\*2/2 that
#
# "dL/dv = (p - 1)\*(1 - p\*p)\*h" and so on. Give the right [dL/dv, dL/dw].


# %%
def repair(x, w, v):
    return None  # your code


ex.check_last_layer(repair)
