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
# # 8 · Matrices from scalars
#
# **The question.** Textbooks write backpropagation with matrices and transposes:
# $dL/dW = X^\top dL/dY$. Our engine knows only single numbers. Do
# the transposes come out anyway?
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
from autodiff import Value, affine, check_gradients, dot, draw, grad, sigmoid


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
# ## One layer, one example, by indices
#
# A layer is a row of neurons that look at the same inputs. With inputs $x_i$ and outputs $y_j$:
#
# $$y_j = \sum_i x_i\,w_{ij} + b_j$$
#
# $w_{ij}$ leads **from** input $i$ **to** output $j$. Suppose that the rest of the network has
# told us $dL/dy_k$ for each output. A parameter in a layer works on the loss through the outputs,
# so (notebook 7)
#
# $$\frac{dL}{dw_{ij}} = \sum_k \frac{dL}{dy_k} \cdot \frac{\partial y_k}{\partial w_{ij}}
# \qquad\text{with}\qquad \frac{\partial y_k}{\partial w_{ij}} =
# \begin{cases} x_i & \text{if } k = j \\ 0 & \text{else} \end{cases}$$
#
# The second formula is the **index argument**: output $k$ contains $w_{ij}$ only if $k = j$, and
# then as the term $x_i w_{ij}$. So the sum over all outputs **collapses to one term**. The same
# for the bias; and for an input, which *every* output contains, it does not collapse:
#
# $$\frac{dL}{dw_{ij}} = x_i\,\frac{dL}{dy_j} \qquad \frac{\partial y_k}{\partial b_j} = [k = j]
# \;\Rightarrow\; \frac{dL}{db_j} = \frac{dL}{dy_j} \qquad \frac{\partial y_k}{\partial x_i} =
# w_{ik} \;\Rightarrow\; \frac{dL}{dx_i} = \sum_k w_{ik}\,\frac{dL}{dy_k}$$
#
# All $x_i\,\frac{dL}{dy_j}$ together form a table, inputs down, outputs across: the **outer
# product** of input and upstream gradient. (One text writes $\frac{dL}{dy_i}\,x_i$. The input is
# right, the *upstream index* is not: it must be $j$. A weight hears from the output that it feeds.)
#
# **Predict.** A layer with 3 inputs and 2 outputs. One input is 0. How many of the six weight
# gradients are 0 for certain?

# %% tags=["hide-input"]
ex.predict(
    "How many?",
    answer=2,
    tolerance=0.001,
    wrong={
        3: "input i feeds one weight per output",
        6: "the other inputs are not 0",
        0: "dL/dw_ij contains x_i",
        1: "one input feeds two weights",
    },
    because="its row of the table",
)

# %%
x1 = values([1.5, 0.0, -2.0])
w1 = values([[0.2, -0.1], [0.4, 0.3], [-0.5, 0.6]])
b1 = values([0.1, -0.3])
y1 = [dot(x1, column) + bias for column, bias in zip(zip(*w1, strict=True), b1, strict=True)]
told = [0.7, -0.3]  # dL/dy, from the rest of the network
L = y1[0] * told[0] + y1[1] * told[1]  # a loss with exactly these derivatives
L.backward()
outer = [[u.data * g for g in told] for u in x1]
back = [sum(w.data * g for w, g in zip(row, told, strict=True)) for row in w1]
print("dL/dW", grads(w1), "outer product", outer)
print("dL/dx", grads(x1), "by hand", back)
assert same(grads(w1), outer) and same(grads(x1), back) and grads(b1) == told
wrong_index = [[u.data * [*told, 0.0][i] for _ in told] for i, u in enumerate(x1)]
assert not same(grads(w1), wrong_index)


def loss_of(w):
    """L when w stands for the weight from input 0 to output 1."""
    return (1.5 * 0.2 + 1.0 + 0.1) * 0.7 + (1.5 * w - 1.2 - 0.3) * -0.3


nudged = (loss_of(-0.1 + 1e-6) - loss_of(-0.1 - 1e-6)) / 2e-6
print("dL/dw01 nudged", nudged)
assert math.isclose(w1[0][1].grad, nudged, rel_tol=1e-8)

# %% [markdown]
# Look at the picture: from each weight a single way leads to $L$, from each input there are two.

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(5.4, 2.8), layout="constrained")
for i in range(3):
    for j in range(2):
        chosen = (i, j) == (0, 1)
        colour = "#D55E00" if chosen else "silver"
        ax.plot([0, 1], [2 - i, 1.5 - j], "-", color=colour, lw=2 if chosen else 1, zorder=0)
for j in range(2):
    ax.plot(
        [1, 2],
        [1.5 - j, 1],
        "-",
        color="#D55E00" if j == 1 else "silver",
        lw=2 if j else 1,
        zorder=0,
    )
for x, y, name in [
    *((0, 2 - i, f"$x_{i}$") for i in range(3)),
    *((1, 1.5 - j, f"$y_{j}$") for j in range(2)),
    (2, 1, "$L$"),
]:
    ax.text(x, y, name, ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white"})
ax.text(0.55, 1.45, "$w_{01}$", color="#D55E00")
ax.axis("off")
plt.show()

# %% [markdown]
# **Drag an input.** Two inputs, two outputs; $L = 0.7\,y_1 - 0.3\,y_2$ stands for the rest of the
# network. $w_{12}$ leads from $x_1$ to $y_2$.
#
# **Predict.** Drag $x_1$, and watch the gradients on the cards of the four weights. How many of
# them move?


# %%
def small_layer(first):
    """L of two inputs and two outputs, and the weights by their names."""
    x = [Value(first, "x1"), Value(-2.0, "x2")]
    w = [[Value(0.5, "w11"), Value(-1.0, "w12")], [Value(0.8, "w21"), Value(0.3, "w22")]]
    y = [dot(x, column).named(f"y{j}") for j, column in enumerate(zip(*w, strict=True), 1)]
    return (0.7 * y[0] - 0.3 * y[1]).named("L"), {p.label: p for row in w for p in row}


draw(small_layer(1.5)[0], live=True)

# %% tags=["hide-input"]
ex.predict(
    "How many of the four dL/dw move?",
    answer=2,
    tolerance=0.001,
    wrong={
        1: "x1 feeds both outputs, with a weight each",
        4: "dL/dw21 is x2 times something, and x1 is not in it",
        0: "dL/dw11 is x1 times something",
    },
    because="its row: w11 and w12",
)

# %%
found = []
for first in (1.5, 2.5):
    L, weights = small_layer(first)
    L.backward()
    found.append({name: p.grad for name, p in weights.items()})
    print(f"x1 = {first}:", found[-1])
moved = [name for name in found[0] if found[0][name] != found[1][name]]
print("moved:", moved)
assert moved == ["w11", "w12"]

# %% [markdown]
# ## A linear layer on a batch
#
# $Y = XW$. Each **row** of $X$ is one example. $y_{nj} = \sum_i x_{ni} w_{ij}$ is a dot product of
# a row and a column. Suppose the rest of the network has told us $dL/dY$.
#
# **Predict.** $w_{ij}$ appears in $y_{1j}, y_{2j}, \dots$: once per example. What is
# $dL/dw_{ij}$?
#
# <details><summary>Reveal</summary>
#
# Multiply along paths, add over paths:
# $\dfrac{dL}{dw_{ij}} = \sum_n x_{ni} \dfrac{dL}{dy_{nj}}$.
# That is entry $(i, j)$ of $X^\top \frac{dL}{dY}$. The transpose is nothing but
# the sum over the other index, and over the examples the outer products of the last section are
# added.
#
# </details>

# %%
X = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]]
W = [[0.2, -0.1], [0.4, 0.3], [-0.5, 0.6]]
upstream = [[0.7, -0.3], [1.5, 0.9]]  # dL/dY, from the rest of the network

xs, ws = values(X), values(W)
Y = [[dot(row, column) for column in zip(*ws, strict=True)] for row in xs]
# L with exactly these derivatives by Y:
L = sum(y * g for ys, gs in zip(Y, upstream, strict=True) for y, g in zip(ys, gs, strict=True))
L.backward()
print("dL/dW from single numbers:", grads(ws))
print("dL/dX from single numbers:", grads(xs))


# %%
def matmul(A, B):
    columns = list(zip(*B, strict=True))
    return [[dot(row, column) for column in columns] for row in A]


def transpose(A):
    return [list(column) for column in zip(*A, strict=True)]


print("Xᵀ dL/dY:", matmul(transpose(X), upstream))
print("dL/dY Wᵀ:", matmul(upstream, transpose(W)))
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
print("dE/da  ", grads(a))

# %% [markdown]
# The textbook's equations, from the output to the input. Each line needs only the line before:
#
# $$\frac{dE}{d\hat y} = 2(\hat y - y) \qquad
# \frac{dE}{dh} = V^\top \frac{dE}{d\hat y} \qquad
# \frac{dE}{da} = \frac{dE}{dh} \odot h \odot (1 - h)$$
#
# $$\frac{dE}{dW} = \frac{dE}{da}\, x^\top \qquad
# \frac{dE}{db} = \frac{dE}{da} \qquad
# \frac{dE}{dx} = W^\top \frac{dE}{da}$$

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
# ## A binary classifier, all of it
#
# This is the network that everybody trains first. Two classes, $y = 0$ or $1$; $N$ points, the
# rows of $X$; a hidden layer with ReLU, one output neuron with a sigmoid:
#
# $$Z = XW_1 \qquad H = \max(0, Z) \qquad f = \sigma(HW_2 + b)$$
#
# $f_n$ is the probability that point $n$ belongs to class 1. The loss is the **binary
# cross-entropy**: minus the logarithm of the probability that was given to what is true, $f$ if
# $y = 1$ and $1 - f$ if $y = 0$. In one formula:
#
# $$L = -\frac1N \sum_n \Big( y_n \log f_n + (1 - y_n) \log(1 - f_n) \Big)$$
#
# **Step 1, through the loss.** A logarithm has the slope one over its argument:
#
# $$\frac{dL}{df_n} = \frac1N\Big({-\frac{y_n}{f_n}} + \frac{1 - y_n}{1 - f_n}\Big)
# = \frac1N \cdot \frac{f_n - y_n}{f_n(1 - f_n)}$$
#
# **Step 2, through the sigmoid.** Its slope is $f_n(1 - f_n)$ (notebook 7). It cancels:
#
# $$\delta_n = \frac{dL}{do_n} = \frac{f_n - y_n}{N} \qquad\text{with } o = HW_2 + b$$
#
# **Step 3, the output layer.** Input times upstream, added over the points:
#
# $$\frac{dL}{dW_2} = H^\top \delta = \frac{1}{N}H^\top(f - y) \qquad
# \frac{dL}{db} = \sum_n \delta_n$$
#
# **Step 4, back through $W_2$ and ReLU.** $\dfrac{dL}{dH} = \delta\,W_2^\top$; ReLU lets it
# through where $z > 0$: $\dfrac{dL}{dZ} = \delta\,W_2^\top \odot [Z > 0]$.
#
# **Step 5, the hidden layer.** Input times upstream again:
#
# $$\frac{dL}{dW_1} = X^\top \big(\delta\,W_2^\top \odot [XW_1 > 0]\big)
# = \frac1N X^\top\big((f - y)W_2^\top \odot [XW_1 > 0]\big)$$
#
# **Predict.** A point of class 1 gets $f = 0.99$, another of class 1 gets $f = 0.01$. Which of them
# moves the weights?

# %% tags=["hide-input"]
ex.predict(
    "dL/do of the second point, times N?",
    answer=-0.99,
    wrong={
        0.99: "f - y with y = 1: the score must rise",
        0.01: "that is f; the truth has to be taken away",
        -0.01: "that is the first point's",
    },
    because="f − y = 0.01 − 1; the first point has −0.01",
)

# %%
X, y = [[0.5, -1.0], [-1.5, 0.75], [2.0, 1.25], [-0.3, -0.6]], [1, 0, 1, 0]
W1, W2, b = values([[0.4, -0.7, 0.2], [0.3, 0.5, -0.9]]), values([0.6, -0.8, 1.1]), Value(0.05)
hidden = [[dot(row, column).relu() for column in zip(*W1, strict=True)] for row in X]
f = [sigmoid(affine(W2, row, b)) for row in hidden]
loss = nn.binary_cross_entropy(f, y)
loss.backward()

# the five steps, on plain numbers
w1, w2, N = [[w.data for w in row] for row in W1], [w.data for w in W2], len(X)
Z = matmul(X, w1)
H = [[max(0.0, z) for z in row] for row in Z]
p = [1 / (1 + math.exp(-(dot(row, w2) + 0.05))) for row in H]
formula = -sum(t * math.log(q) + (1 - t) * math.log(1 - q) for q, t in zip(p, y, strict=True)) / N
delta = [(q - t) / N for q, t in zip(p, y, strict=True)]
by_w2 = [sum(h[k] * d for h, d in zip(H, delta, strict=True)) for k in range(3)]
back = [
    [d * w * (z > 0) for w, z in zip(w2, row, strict=True)] for d, row in zip(delta, Z, strict=True)
]
by_w1 = matmul(transpose(X), back)
print("loss  ", loss.data, formula)
print("dL/dW2", grads(W2), "by hand", by_w2)
print("dL/dW1", grads(W1), "by hand", by_w1)
print("dL/db ", b.grad, "by hand", sum(delta))
assert math.isclose(loss.data, 0.4933828270013804) and math.isclose(loss.data, formula)
assert same(grads(W2), by_w2) and same(grads(W1), by_w1) and math.isclose(b.grad, sum(delta))
assert math.isclose(W1[0][0].grad, -0.09591984099040546)

# %% [markdown]
# And by nudging, all ten at once:


# %%
def classifier_loss(numbers):
    """The loss as a function of the ten parameters."""
    first, second, bias = [numbers[:3], numbers[3:6]], numbers[6:9], numbers[9]
    rows = [[dot(row, column).relu() for column in zip(*first, strict=True)] for row in X]
    return nn.binary_cross_entropy([sigmoid(affine(second, row, bias)) for row in rows], y)


theta = [*flat(w1), *w2, 0.05]
check_gradients(classifier_loss, theta, order=1)
check_gradients(classifier_loss, theta, gradient=lambda _: [*flat(by_w1), *by_w2, sum(delta)])
assert same(grad(classifier_loss)(theta), [*flat(by_w1), *by_w2, sum(delta)])

# %% [markdown]
# Here all parameters stand in **one list**, $\theta$: ten numbers. That is how one speaks of a
# whole network: $L(\theta)$ is a function of one long vector, and the gradient $\nabla L$ is a
# vector of the same length.

# %% [markdown]
# ## What you take with you
#
# - Transposes are sums over the other index: the chain rule over many paths.
# - The gradient of a weight is *its input times what comes back to its output*; of a shared bias,
#   a sum.
# - The binary classifier: $\delta = (f - y)/N$, then input times upstream, twice.
#
# Layers as boxes, Jacobians, and why nobody builds them → **9 · Jacobians**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** • · `weight_gradient(x, g)`: dL/dw_ij for y_j = sum over i of x_i\*w_ij + b_j, a list of
# rows.
#
# g_j is dL/dy_j. Row i belongs to input i.


# %%
def weight_gradient(x, g):
    return None  # your code


ex.check_outer(weight_gradient)

# %% [markdown]
# **2** •• · `backward(X, W, G)` for Y = XW + b, one example per row: [dL/dW, dL/db, dL/dX].
#
# G is dL/dY. Lists of rows; dL/db is a plain list.


# %%
def backward(X, W, G):
    return None  # your code


ex.check_affine(backward)

# %% [markdown]
# **3** • · `shapes(n, inputs, outputs)` for Y = XW + b with n examples: eight whole numbers.
#
# Rows and columns of dL/dW, of dL/db (a single row), of dL/dX, and of the whole Jacobian dY/dW,
# with one row per number in Y and one column per number in W.


# %%
def shapes(n, inputs, outputs):
    return None  # your code


ex.check_shapes(shapes)

# %% [markdown]
# **4** ••• · `gradient(X, y, W1, W2, b)`: [dL/dW1, dL/dW2, dL/db] of the binary classifier.
#
# f = sigmoid(max(0, xW1)·W2 + b) for each row x of X; L is the mean over the rows of -y\*log(f) -
# (1 - y)\*log(1 - f). W1 is a list of rows; W2 and y are plain lists.


# %%
def gradient(X, y, W1, W2, b):
    return None  # your code


ex.check_classifier(gradient)

# %% [markdown]
# **5** • · `gradient(X, C)`: dL/dX of L = 1/(2m)·sum of (x - c)\*\*2 over all m numbers, a list of
# rows.


# %%
def gradient(X, C):
    return None  # your code


ex.check_half_squares(gradient)

# %% [markdown]
# **6** • · `repair(g)`. A text writes "∂ℓ/∂bⱼ = ∂ℓ/∂b" for y_j = z_j + b_j; g_j is ∂ℓ/∂y_j.
#
# Give the right list of ∂ℓ/∂b_j.


# %%
def repair(g):
    return None  # your code


ex.check_bias(repair)

# %% [markdown]
# **7** • · `kind(name)` for y = xW + b: what is the gradient of "weights", "input", "bias"?
#
# A text says "column times row" at the wrong one. Answer "outer", "matrix times vector" or "copy".


# %%
def kind(name):
    return None  # your code


ex.check_column_row(kind)

# %% [markdown]
# **8** • · `repair(b, n)`. A text adds "1ᵀb" to XW with n examples: what is meant? A list of rows.


# %%
def repair(b, n):
    return None  # your code


ex.check_ones(repair)
