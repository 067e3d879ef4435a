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
# # 9 · Jacobians, and layers as boxes
#
# **The question.** A layer turns one list of numbers into another. Its derivative is a whole
# matrix. How can backpropagation be cheap if every layer has a matrix of derivatives?
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
import time

import matplotlib.pyplot as plt

import exercises as ex
import nn
from autodiff import Value, affine, cos, dot, jacobian, numerical_gradient, sin, tanh, vjp


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


def matmul(A, B):
    columns = list(zip(*B, strict=True))
    return [[dot(row, column) for column in columns] for row in A]


def transpose(A):
    return [list(column) for column in zip(*A, strict=True)]


# %% [markdown]
# ## A layer is a box
#
# Look at a network from far away: boxes in a row. On the way forward a box gets $x$ and gives $y$.
# On the way back it gets $dL/dy$, and has two things to give: $dL/dx$, for the box before it, and
# $dL/dW$, for its own parameters. It need not know what stands before or behind it.

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
for k, name in enumerate(("affine", "tanh", "loss")):
    ax.text(
        3 * k,
        0,
        name,
        ha="center",
        va="center",
        fontsize=12,
        bbox={"boxstyle": "square,pad=1.1", "fc": "#eef3f8"},
    )
signs = [("X", "dL/dX"), ("Y", "dL/dY"), ("H", "dL/dH"), ("L", "1")]
for k, (there, back) in enumerate(signs):
    ax.annotate(
        "",
        (3 * k - 0.9, 0.25),
        (3 * k - 2.1, 0.25),
        arrowprops={"arrowstyle": "->", "color": "#0063a6"},
    )
    ax.text(3 * k - 1.5, 0.35, there, ha="center", color="#0063a6")
    ax.annotate(
        "",
        (3 * k - 2.1, -0.25),
        (3 * k - 0.9, -0.25),
        arrowprops={"arrowstyle": "->", "color": "#b8480a"},
    )
    ax.text(3 * k - 1.5, -0.6, back, ha="center", color="#b8480a")
ax.annotate("", (0, -1.0), (0, -0.45), arrowprops={"arrowstyle": "->", "color": "#b8480a"})
ax.text(0, -1.3, "dL/dW, dL/db", ha="center", color="#b8480a")
ax.set(xlim=(-2.3, 8.4), ylim=(-1.5, 0.9))
ax.axis("off")
plt.show()

# %% [markdown]
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

# %% tags=["hide-input"]
ex.predict(
    "Here m = 4. By what is y − t to be divided?",
    answer=4,
    tolerance=0.001,
    wrong={
        1: "the 2 cancels, the m does not",
        8: "the square brings a factor 2",
        2: "the 2 cancels",
    },
    because="(y − t)/m",
)

# %% [markdown]
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

# %% [markdown]
# ## Jacobians, and why nobody builds them
#
# A function with $n$ inputs and $m$ outputs has $m \times n$ derivatives: its **Jacobian** matrix.
# The chain rule for vector functions multiplies Jacobians. For
# $p(r, \varphi) = (r\cos\varphi,\ r\sin\varphi)$:


# %%
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
# **Rows or columns?** Two ways to write the same thing. $dc/da$ as a **row** times a Jacobian
# is the row form; the gradient as a **column** needs the transpose:
#
# $$\frac{dc}{dx} = \frac{dc}{da}\,J \qquad\Longleftrightarrow\qquad
# \nabla_{\!x}\,c = J^\top\,\nabla_{\!a}\,c$$
#
# For several layers $\nabla_{\!x}\,c = J_1^\top J_2^\top J_3^\top\,\nabla_{\!a}\,c$: begin on the
# right, with the vector, and there is never a matrix times a matrix.

# %%
weights = [1.0, -2.0, 0.5]  # c = weights · q, so these are dc/dq
row_form = matmul([weights], whole)[0]
column = [[g] for g in weights]
column_form = matmul(transpose(jacobian(q)(middle)), column)  # vector first
column_form = matmul(transpose(jacobian(polar)(at)), column_form)
nudged = numerical_gradient(lambda v: dot(weights, q(polar(v))), at)
print(row_form, flat(column_form), nudged)
assert same(row_form, flat(column_form))
assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(row_form, nudged, strict=True))

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
# ## The matrix that nobody has ever seen
#
# It is worse for weights. A layer $a = xW$ with 100 inputs and 100 outputs has 10 000 weights, so
# $\partial a/\partial W$ has $100 \times 10\,000 = 10^6$ entries.
#
# **Predict.** How many per cent of them are not zero? (The index argument of notebook 8 knows.)

# %% tags=["hide-input"]
ex.predict(
    "Per cent?",
    answer=1,
    tolerance=0.01,
    wrong={
        100: "output k contains w_ij only if k = j",
        10: "one output in a hundred contains a given weight",
        0: "each weight feeds one output",
    },
    because="each weight feeds one output of the hundred",
)

# %%
inputs, outputs = 100, 100
entries = outputs * inputs * outputs
not_zero = inputs * outputs  # one output for each weight
print(f"{entries:,} entries, {100 * not_zero / entries:.0f} % of them not zero")
print(f"the product that is needed instead: an outer product, {inputs * outputs:,} numbers")

small = 5  # the same, built for once
ones = [0.5 + i for i in range(small)]
J = jacobian(lambda w: [dot(ones, w[j::small]) for j in range(small)])([0.1] * small**2)
count = sum(entry != 0 for entry in flat(J))
print(f"5 × 5: {len(flat(J))} entries, {count} not zero")
assert (entries, not_zero) == (1_000_000, 10_000) and (len(flat(J)), count) == (125, 25)
g = [0.3, -1.0, 0.7, 2.0, -0.4]
assert same(matmul([g], J)[0], [x * k for x in ones for k in g])  # gᵀJ is the outer product

# %% [markdown]
# ## What you take with you
#
# - A layer is a box with two methods; backward gives the gradient of its input, and of its
#   parameters.
# - The chain rule multiplies Jacobians; backward multiplies a **vector** with them, one after the
#   other.
# - $\partial a/\partial W$ is never built: its product with a vector is an outer product.
#
# We have gradients of everything. Time to use them. → **10 · Training**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `jacobian(x, W)` of y_j = tanh(sum over i of x_i\*w_ij): a row per output, a column
# per input.


# %%
def jacobian(x, W):
    return None  # your code


ex.check_jacobian(jacobian)

# %% [markdown]
# **2** • · `backward(x, g)` for y_i = sigmoid(x_i): dL/dx if g is dL/dy, without any matrix.


# %%
def backward(x, g):
    return None  # your code


ex.check_elementwise(backward)

# %% [markdown]
# **3** ••• · `backward(z, g)` for p = softmax(z): dL/dz if g is dL/dp. No matrix is needed.


# %%
def backward(z, g):
    return None  # your code


ex.check_softmax_layer(backward)

# %% [markdown]
# **4** • · `size(inputs, outputs)`: entries of dy/dW for one example y = xW, and how many are not
# zero.


# %%
def size(inputs, outputs):
    return None  # your code


ex.check_size(size)

# %% [markdown]
# **5** • · `repair(x, g)`. A text writes "∂ℓ/∂xᵢ = gᵢ·f'(x)" for y_i = sin(x_i). Give the right
# list.


# %%
def repair(x, g):
    return None  # your code


ex.check_own_slope(repair)

# %% [markdown]
# **6** •• · `repair(x)`. A text writes "∂σ(x)/∂x = σ(x)(1 - σ(x))" for a vector x. Give the
# matrix, as rows.


# %%
def repair(x):
    return None  # your code


ex.check_vector_by_vector(repair)
