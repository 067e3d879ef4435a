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
# # 6 · Matrices from scalars
#
# **The question.** Textbooks write backpropagation with matrices and transposes:
# $\partial L/\partial W = X^\top \partial L/\partial Y$. Our engine knows only single numbers. Do
# the transposes come out anyway?

# %%
# On a hosted notebook, remove the first # of the next line and run it.
# # %pip install "scalar-autodiff[plot]"

# %%
import math
import time

import matplotlib.pyplot as plt

import nn
from autodiff import Value, affine, dot, jacobian, sigmoid, tanh, vjp


def values(numbers):
    """Nested lists of numbers as nested lists of Values."""
    return [values(n) for n in numbers] if isinstance(numbers, list) else Value(numbers)


def grads(nested):
    return [grads(v) for v in nested] if isinstance(nested, list) else nested.grad


def flat(nested):
    return [n for part in nested for n in flat(part)] if isinstance(nested, list) else [nested]


def same(found, expected):
    """Whether two nested lists hold the same numbers, to rounding."""
    pairs = zip(flat(found), flat(expected), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-15) for a, b in pairs)


# %% [markdown]
# ## A linear layer on a batch
#
# $Y = XW$. Each **row** of $X$ is one example. $y_{nj} = \sum_i x_{ni} w_{ij}$ is a dot product of
# a row and a column. Suppose the rest of the network has told us $\partial L/\partial Y$.
#
# **Predict.** $w_{ij}$ appears in $y_{1j}, y_{2j}, \dots$: once per example. What is
# $\partial L/\partial w_{ij}$?
#
# <details><summary>Reveal</summary>
#
# Multiply along paths, add over paths:
# $\dfrac{\partial L}{\partial w_{ij}} = \sum_n x_{ni} \dfrac{\partial L}{\partial y_{nj}}$.
# That is entry $(i, j)$ of $X^\top \frac{\partial L}{\partial Y}$. The transpose is nothing but
# the sum over the other index. (One text writes $y_i$ where the $x_i$ belongs. The gradient of a
# weight contains its *input*.)
#
# </details>

# %%
X = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
W = [[0.2, -0.1], [0.4, 0.3], [-0.5, 0.6]]
upstream = [[0.7, -0.3], [1.5, 0.9]]  # ∂L/∂Y, from the rest of the network

xs, ws = values(X), values(W)
Y = [[dot(row, column) for column in zip(*ws, strict=True)] for row in xs]
# L with exactly these derivatives by Y:
L = sum(y * g for ys, gs in zip(Y, upstream, strict=True) for y, g in zip(ys, gs, strict=True))
L.backward()
print("∂L/∂W from single numbers:", grads(ws))
print("∂L/∂X from single numbers:", grads(xs))


# %%
def matmul(A, B):
    columns = list(zip(*B, strict=True))
    return [[dot(row, column) for column in columns] for row in A]


def transpose(A):
    return [list(column) for column in zip(*A, strict=True)]


print("Xᵀ ∂L/∂Y:", matmul(transpose(X), upstream))
print("∂L/∂Y Wᵀ:", matmul(upstream, transpose(W)))
assert same(grads(ws), matmul(transpose(X), upstream))
assert same(grads(xs), matmul(upstream, transpose(W)))

# %% [markdown]
# The transposes came out. Nobody put them in.
#
# **Rows or columns?** With examples as rows the affine map is $XW + b$. With examples as columns it
# is $Wx + b$. Both are fine, but not mixed: a row times the wrong matrix does not even fit.
#
# ## A regression network
#
# One hidden layer, a column vector $x$ this time:
#
# $$a = Wx + b \qquad h = \sigma(a) \qquad \hat y = Vh + c \qquad E = (\hat y - y)^2$$

# %%
x = values([0.5, -1.25, 2.0])
W = values([[0.1, -0.2, 0.3], [-0.4, 0.25, 0.05]])
b, V, c = values([0.05, -0.1]), values([0.7, -1.1]), Value(0.2)

a = [affine(row, x, bias) for row, bias in zip(W, b, strict=True)]
h = [sigmoid(entry) for entry in a]
y_hat = affine(V, h, c)
E = (y_hat - 1.0) ** 2
E.backward()
print("E      ", E.data)
print("∂E/∂a  ", grads(a))

# %% [markdown]
# The textbook's equations, from the output to the input. Each line needs only the line before:
#
# $$\frac{\partial E}{\partial \hat y} = 2(\hat y - y) \qquad
# \frac{\partial E}{\partial h} = V^\top \frac{\partial E}{\partial \hat y} \qquad
# \frac{\partial E}{\partial a} = \frac{\partial E}{\partial h} \odot h \odot (1 - h)$$
#
# $$\frac{\partial E}{\partial W} = \frac{\partial E}{\partial a}\, x^\top \qquad
# \frac{\partial E}{\partial b} = \frac{\partial E}{\partial a} \qquad
# \frac{\partial E}{\partial x} = W^\top \frac{\partial E}{\partial a}$$

# %%
d_y = 2 * (y_hat.data - 1.0)
d_h = [v.data * d_y for v in V]
d_a = [g * e.data * (1 - e.data) for g, e in zip(d_h, h, strict=True)]
W_grad = [[g * e.data for e in x] for g in d_a]
d_x = [dot(d_a, [row[j].data for row in W]) for j in range(3)]

for found, by_hand in ((grads(a), d_a), (grads(W), W_grad), (grads(b), d_a), (grads(x), d_x)):
    assert same(found, by_hand)
# Two identities hold to the last bit, because the graph computes exactly that:
assert grads(W) == [[e.grad * entry.data for entry in x] for e in a]
assert grads(b) == grads(a)
W_grad


# %%
def error(w00):
    first = 1 / (1 + math.exp(-(w00 * 0.5 + 0.25 + 0.6 + 0.05)))
    return (0.7 * first - 1.1 * h[1].data + 0.2 - 1.0) ** 2


nudged = (error(0.1 + 1e-6) - error(0.1 - 1e-6)) / 2e-6
print(W[0][0].grad, nudged)
assert math.isclose(W[0][0].grad, nudged, rel_tol=1e-7)

# %% [markdown]
# ## Layers with two methods
#
# Most libraries are built like this: a layer has `forward(input)` and
# `backward(upstream_gradient)`. The second one returns the gradient by its input, which is the
# upstream gradient of the layer before.


# %%
class Affine:
    """Rows of examples: Y = XW + b."""

    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def forward(self, X):
        self.X = X  # backward needs it
        return [[y + c for y, c in zip(r, self.bias, strict=True)] for r in matmul(X, self.weight)]

    def backward(self, upstream):
        self.d_weight = matmul(transpose(self.X), upstream)
        self.d_bias = [sum(column) for column in transpose(upstream)]
        return matmul(upstream, transpose(self.weight))


class Tanh:
    def forward(self, X):
        self.Y = [[math.tanh(x) for x in row] for row in X]
        return self.Y

    def backward(self, upstream):
        return [
            [g * (1 - y * y) for g, y in zip(gs, ys, strict=True)]
            for gs, ys in zip(upstream, self.Y, strict=True)
        ]


# %% [markdown]
# As a loss we take half the mean squared error of $m$ numbers,
# $L = \frac{1}{2m} \sum_k (y_k - t_k)^2$.
#
# **Predict.** One text says: its gradient is $y - t$. Is it?
#
# <details><summary>Reveal</summary>
#
# No. The 2 cancels, the $m$ does not: the gradient is $(y - t)/m$. With $y - t$ every step would
# be $m$ times too long, and the learning rate would have to know the size of the batch.
#
# </details>

# %%
x4, c4 = values([1.0, -2.0, 0.5, 3.0]), [0.5, 1.0, 0.5, -1.0]
nn.mse(x4, c4, reduction="half_mean").backward()
print("engine: ", grads(x4))
print("y - t:  ", [v.data - t for v, t in zip(x4, c4, strict=True)])
assert grads(x4) == [(v.data - t) / 4 for v, t in zip(x4, c4, strict=True)]

# %% [markdown]
# Now the whole chain: affine, tanh, loss. Two methods per layer, against the scalar graph.

# %%
X, targets = [[0.5, -1.0], [1.5, 2.0]], [[1.0, 0.0, 0.5], [0.0, 1.0, -0.5]]
layer, act = Affine([[0.1, -0.4, 0.3], [0.7, 0.2, -0.6]], [0.1, 0.2, 0.3]), Tanh()
out = act.forward(layer.forward(X))
m = 6
first = [
    [(y - t) / m for y, t in zip(r, s, strict=True)] for r, s in zip(out, targets, strict=True)
]
X_grad = layer.backward(act.backward(first))

xs, ws, bs = values(X), values(layer.weight), values(layer.bias)
graph = [
    [
        tanh(affine(column, row, bias))
        for column, bias in zip(zip(*ws, strict=True), bs, strict=True)
    ]
    for row in xs
]
nn.mse(graph, targets, reduction="half_mean").backward()
assert same(grads(ws), layer.d_weight)
assert same(grads(bs), layer.d_bias)  # one bias, used by every example: a sum
assert same(grads(xs), X_grad)
layer.d_weight

# %% [markdown]
# (`exercises.layers` has these layers ready, for your own experiments.)
#
# ## A classifier on four points
#
# $f = \sigma(\max(0, xW_1)W_2 + b)$ with the mean binary cross-entropy over $N$ points. The bias
# $b$ is used by every point, so its gradient is a sum over the points.

# %%
X, y = [[0.5, -1.0], [-1.5, 0.75], [2.0, 1.25], [-0.3, -0.6]], [1, 0, 1, 0]
W1, W2, b = values([[0.4, -0.7, 0.2], [0.3, 0.5, -0.9]]), values([0.6, -0.8, 1.1]), Value(0.05)
hidden = [[dot(row, column).relu() for column in zip(*W1, strict=True)] for row in X]
f = [sigmoid(affine(W2, row, b)) for row in hidden]
loss = nn.binary_cross_entropy(f, y)
loss.backward()
print("loss ", loss.data)
mean_difference = sum(p.data - t for p, t in zip(f, y, strict=True)) / 4
print("∂/∂b ", b.grad, "= mean of f - y:", mean_difference)
assert math.isclose(loss.data, 0.4933828270013804)
assert math.isclose(b.grad, mean_difference)
assert math.isclose(W1[0][0].grad, -0.09591984099040546)

# %% [markdown]
# ## Jacobians, and why nobody builds them
#
# A function with $n$ inputs and $m$ outputs has $m \times n$ derivatives: its **Jacobian** matrix.
# The chain rule for vector functions multiplies Jacobians. For
# $p(r, \varphi) = (r\cos\varphi,\ r\sin\varphi)$:

# %%
from autodiff import cos, sin


def polar(v):
    return [v[0] * cos(v[1]), v[0] * sin(v[1])]


J = jacobian(polar)([2.0, 0.5])
by_hand = [[math.cos(0.5), -2 * math.sin(0.5)], [math.sin(0.5), 2 * math.cos(0.5)]]
print(J)
assert same(J, by_hand)


# %% [markdown]
# The chain rule in matrix form: the Jacobian of $q \circ p$ is $J_q J_p$.


# %%
def q(v):
    return [v[0] * v[1], v[0] + v[1], tanh(v[0])]


at = [2.0, 0.5]
middle = polar(at)
whole = jacobian(lambda v: q(polar(v)))(at)
assert same(whole, matmul(jacobian(q)(middle), jacobian(polar)(at)))
whole

# %% [markdown]
# But a layer with 1000 inputs and 1000 outputs has a Jacobian of a million entries. What backward
# needs is only a row vector times that matrix: $g^\top J$, the **vector-Jacobian product**. (It is
# often miscalled Jacobian-vector product. That is $Jv$, and goes forward.)
#
# For an elementwise tanh the Jacobian is diagonal: $n^2$ entries, all but $n$ of them zero. Measure
# both ways:


# %% tags=["hide-input"]
def elementwise(v):
    return [tanh(u) for u in v]


def by_matrix(point, g):
    return matmul([g], jacobian(elementwise)(point))[0]


def by_product(point, g):
    _, pull = vjp(elementwise, point)
    return pull(g)[0]


def seconds(method, *arguments):
    begin = time.perf_counter()
    method(*arguments)
    return time.perf_counter() - begin


sizes = [10, 20, 40, 80, 160]
with_matrix, without = [], []
for n in sizes:
    point, g = [0.01 * i for i in range(n)], [1.0] * n
    with_matrix.append(seconds(by_matrix, point, g))
    without.append(min(seconds(by_product, point, g) for _ in range(3)))

fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.loglog(sizes, with_matrix, "o-", color="#D55E00", label="build J, then multiply")
ax.loglog(sizes, without, "s-", color="#0072B2", label="vector-Jacobian product")
ax.set(xlabel="inputs = outputs", ylabel="seconds")
ax.legend()
plt.show()

# %%
point, g = [0.3, -1.0, 0.7], [1.0, 2.0, -1.0]
by_hand = [k * (1 - math.tanh(u) ** 2) for k, u in zip(g, point, strict=True)]
print(by_product(point, g))
assert same(by_product(point, g), by_hand)
assert same(by_matrix(point, g), by_hand)

# %% [markdown]
# ## What you take with you
#
# - Transposes are sums over the other index: the chain rule over many paths.
# - The gradient of a weight is *upstream times input*, of a shared bias a *sum*.
# - `backward` computes vector-Jacobian products. No Jacobian is ever built.
#
# We have gradients of everything. Time to use them. → **7 · Training**
