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
# # 13 · Second derivatives
#
# **The question.** `backward()` gives numbers. But a derivative is a function too, so it has a
# derivative. Can the machine differentiate its own work? And what is that good for?
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
    cos,
    draw,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jvp,
    numerical_gradient,
    sin,
    tanh,
    vjp,
)

# %% [markdown]
# ## The gradient is a graph
#
# `gradient(y, x)` does the backward pass with `Value`s instead of plain numbers. What comes out
# remembers how it was computed. Here it is for $y = x \sin x$:

# %%
x = Value(1.2, "x")
y = (x * sin(x)).named("y")
slope = gradient(y, x).named("slope")
draw(slope)

# %% [markdown]
# That graph is the formula $y' = \sin x + x \cos x$. Nobody wrote it. And because it is a graph, we
# can go on.
#
# **Predict.** What is $y''$ by hand?
#
# <details><summary>Reveal</summary>
#
# $y'' = \cos x + \cos x - x \sin x = 2\cos x - x \sin x$.
#
# </details>

# %%
curvature = gradient(slope, x)
by_hand = 2 * math.cos(1.2) - 1.2 * math.sin(1.2)


def f(u):
    return u * math.sin(u)


h = 1e-4
nudged = (f(1.2 + h) - 2 * f(1.2) + f(1.2 - h)) / h**2
print(curvature.data, by_hand, nudged)
assert math.isclose(curvature.data, by_hand)
assert math.isclose(curvature.data, nudged, rel_tol=1e-6)

# %% [markdown]
# Nudging twice leaves only 7 digits or so: the U curve again, and worse.
#
# With functions it reads even shorter. `grad(f)` is a function, so `grad(grad(f))` is one too:


# %% tags=["hide-input"]
def wave(u):
    return exp(-u * u) * sin(3 * u)


points = [-2 + i / 40 for i in range(161)]
order = wave
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for name, colour, style in (
    ("f", "#0072B2", "-"),
    ("f′", "#D55E00", "--"),
    ("f″", "#009E73", ":"),
):
    ax.plot(points, [order(u) for u in points], style, color=colour, label=name)
    order = grad(order)
ax.set(xlabel="u")
ax.legend()
plt.show()
assert math.isclose(grad(grad(wave))(0.3), numerical_gradient(grad(wave), 0.3), rel_tol=1e-8)

# %% [markdown]
# The toy of notebook 1 bends strongly: its second derivative at $-4.499$ is 23 553.


# %%
def toy(u):
    return 2 / sin(exp(-u))


print(grad(toy)(-4.499), grad(grad(toy))(-4.499))
assert math.isclose(grad(grad(toy))(-4.499), 23553.409956799387, rel_tol=1e-10)

# %% [markdown]
# ## Newton's method
#
# Gradient descent knows the slope. With the curvature one can do better: put a parabola through
# the point and jump to the place where the parabola is flat. That is its lowest place if $f'' > 0$.
#
# $$u \leftarrow u - \frac{f'(u)}{f''(u)}$$
#
# **Predict.** Each step of Newton's method roughly doubles the number of right digits. How many
# steps from 1 digit to 16?

# %% tags=["hide-input"]
ex.predict(
    "Steps from 1 digit to 16?",
    answer=4,
    tolerance=0.001,
    wrong={
        15: "the number of digits doubles; it does not grow by one",
        16: "the number of digits doubles",
        8: "1, 2, 4, ...",
    },
    because="1, 2, 4, 8, 16",
)

# %% [markdown]
# Count:


# %%
def bowl(u):
    return exp(u) - 2 * u  # lowest at log 2


u, errors = 0.0, []
for step in range(7):
    errors.append(abs(u - math.log(2)))
    print(step, f"{u:.16f}", f"error {errors[-1]:.1e}")
    u = u - grad(bowl)(u) / grad(grad(bowl))(u)

slow = 0.0
for _ in range(6):
    slow = slow - 0.2 * grad(bowl)(slow)
print("gradient descent after 6 steps:", slow)
assert errors[6] < 1e-15 and abs(slow - math.log(2)) > 1e-2

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Four: 1, 2, 4, 8, 16. Look at the exponents from step 2 on. Each error is about half the square
# of the one before.
#
# </details>
#
# And if $f'' < 0$? The parabola opens downwards, and its flat place is its **highest**. On $\cos$,
# started at 0.5, Newton's method goes to a maximum:

# %%
u = 0.5
for step in range(5):
    second = grad(grad(cos))(u)
    print(f"step {step}: u = {u:.12f}, cos'' = {second:.3f}")
    u = u - grad(cos)(u) / second
assert abs(u) < 1e-12 and grad(grad(cos))(u) < 0  # cos is largest at 0

# %% [markdown]
# **Drag the start.** On $\cos$ one step of Newton's method is $u - \sin u/\cos u$. From 0.5 it
# comes near 0. Drag $u$ to the right: the step goes farther and farther to the left.
#
# **Predict.** For one start the step leads to exactly $-u$, the next one back to $u$, and so on for
# ever. Which $u$ between 1 and 1.5?

# %%
u = Value(0.5, "u")
draw((u - sin(u) / cos(u)).named("next"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "u = ?",
    answer=1.1656,
    wrong={
        1.5708: "there cos u is 0, and the step has no end",
        0.7854: "from there the step leads to -0.2146, nearer to 0",
        1: "from there it leads to -0.557, still nearer to 0",
    },
    because="u - tan u = -u, that is tan u = 2u",
)

# %%
low, high = 1.0, 1.5
while low < (middle := (low + high) / 2) < high:
    low, high = (middle, high) if math.tan(middle) < 2 * middle else (low, middle)
print(f"tan u = 2u at u = {low:.6f}")
for start in (low, 1.1, 1.2):
    u, way = start, []
    for _ in range(4):
        u = u - grad(cos)(u) / grad(grad(cos))(u)
        way.append(round(u, 4))
    print(f"from {start:.4f}:", way)
    assert (abs(way[-1]) < 0.1) == (start == 1.1)
assert abs(low - 1.1656) < 1e-4

# %% [markdown]
# ## Several variables: the Hessian
#
# With $n$ variables the second derivatives form a symmetric $n \times n$ matrix, the **Hessian**.
# The famous banana valley:
#
# $$f(p, q) = (1 - p)^2 + 100\,(q - p^2)^2$$
#
# Newton's step is now $v \leftarrow v - H^{-1} \nabla f$.


# %%
def banana(v):
    p, q = v
    return (1 - p) ** 2 + 100 * (q - p * p) ** 2


start = [-1.2, 1.0]
H = hessian(banana)(start)
by_hand = [[2 - 400 * (1.0 - 3 * 1.44), -400 * -1.2], [-400 * -1.2, 200.0]]
print(H)
assert all(
    math.isclose(a, b, rel_tol=1e-12)
    for row, exact in zip(H, by_hand, strict=True)
    for a, b in zip(row, exact, strict=True)
)


# %% tags=["hide-input"]
def newton(v, steps):
    path = [v]
    for _ in range(steps):
        (a, b), (_, d) = hessian(banana)(v)
        g, k = grad(banana)(v)
        det = a * d - b * b
        v = [v[0] - (d * g - b * k) / det, v[1] - (a * k - b * g) / det]
        path.append(v)
    return path


def descent(v, steps, rate=0.001):
    path = [v]
    for _ in range(steps):
        g = grad(banana)(v)
        v = [v[0] - rate * g[0], v[1] - rate * g[1]]
        path.append(v)
    return path


quick, slow = newton(start, 6), descent(start, 500)
fig, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
ps, qs = [-2 + i / 25 for i in range(101)], [-4 + i / 12 for i in range(109)]
ax.contour(
    ps,
    qs,
    [[banana([p, q]) for p in ps] for q in qs],
    levels=[1, 5, 20, 60, 200, 600],
    colors="silver",
)
ax.plot(*zip(*slow, strict=True), "-", lw=2, color="#D55E00", label="gradient descent, 500 steps")
ax.plot(*zip(*quick, strict=True), "o-", ms=4, color="#0072B2", label="Newton, 6 steps")
ax.plot([1], [1], "*", ms=12, color="black")
ax.set(xlabel="p", ylabel="q")
ax.legend(loc="upper center")
plt.show()
print("Newton:", quick[-1], " descent:", slow[-1])
assert math.dist(quick[-1], [1, 1]) < 1e-9 and math.dist(slow[-1], [1, 1]) > 0.1

# %% [markdown]
# Why, then, are networks not trained like this? A million parameters have a Hessian of a million
# million entries.
#
# ## Hessian times vector, without the Hessian
#
# Often one needs only $Hv$. `hvp` computes it at the cost of a few gradients, for any $n$.

# %%
v = [0.6, -0.8]
product = hvp(banana, (start,), (v,))
expected = [H[0][0] * v[0] + H[0][1] * v[1], H[1][0] * v[0] + H[1][1] * v[1]]
print(product, expected)
assert all(math.isclose(a, b, rel_tol=1e-12) for a, b in zip(product, expected, strict=True))

# %% [markdown]
# With it one finds the curvature $\lambda$ that is largest *in absolute value*: multiply a vector
# by $H$ again and again, and it turns into that direction. (With a saddle it may be one that bends
# down.) Now we can keep a promise of notebook 10: the line through four points tolerates learning
# rates up to $2/\lambda$.


# %%
def line_loss(parameters):
    w, b = parameters
    return nn.mse([w * t + b for t in [-1.0, 0.0, 1.0, 2.0]], [-1.0, 1.0, 3.0, 5.0])


direction = [1.0, 0.0]
for _ in range(30):
    direction = hvp(line_loss, ([0.0, 0.0],), (direction,))
    largest = math.hypot(*direction)
    direction = [u / largest for u in direction]
print(f"largest curvature {largest:.6f}, limit of the learning rate {2 / largest:.4f}")
assert math.isclose(largest, (5 + math.sqrt(5)) / 2, rel_tol=1e-9)
assert 0.2 < 2 / largest < 0.58  # the rates of notebook 10, on either side

# %% [markdown]
# ## Forward and backward products
#
# `vjp` goes backward: it takes one number per **output**. `jvp` goes forward: it takes one number
# per **input**. They belong together: $g \cdot (J v) = (g^\top J) \cdot v$.


# %%
def pair(a, b):
    return [a * sin(b), tanh(a + b)]


out, forward = jvp(pair, (0.5, -1.0), (2.0, 3.0))
_, pull = vjp(pair, 0.5, -1.0)
backward = pull([1.5, -0.5])
left = 1.5 * forward[0] - 0.5 * forward[1]
right = backward[0] * 2.0 + backward[1] * 3.0
print(left, right)
assert math.isclose(left, right)

# %% [markdown]
# ## A caution: corners
#
# **Predict.** What is the second derivative of ReLU? And is a network of ReLUs flat to second
# order?

# %% tags=["hide-input"]
ex.predict(
    "w₂·relu(w₁x), as a function of (w₁, w₂), has a Hessian",
    answer="that is not zero",
    wrong={
        "of zeros": "by w₁ alone it is flat, by w₂ alone too; what about both together?",
    },
    because="the slope by w₂ is relu(w₁x), and that changes with w₁",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# ReLU'' is 0 everywhere; at the corner the engine takes the branch whose first derivative it chose.
# So a network of ReLUs is flat to second order **in its inputs**, and in the weights of **one
# layer**. Weights of different layers multiply each other: $w_2\,\mathrm{relu}(w_1 x)$ with
# $w_1 x > 0$ is $w_1 w_2 x$, and its Hessian is $\begin{pmatrix} 0 & x \\ x & 0 \end{pmatrix}$.
# Newton's method still sees little of such a network: smooth activations show more.
#
# </details>

# %%
from autodiff import relu, softplus

two_layers = hessian(lambda w: w[1] * relu(w[0] * 3.0))([0.5, -2.0])
print("Hessian of w2·relu(3 w1):", two_layers)
assert two_layers == [[0.0, 3.0], [3.0, 0.0]]
assert hessian(lambda v: -2.0 * relu(0.5 * v[0] + v[1]))([3.0, 1.0]) == [[0.0, 0.0], [0.0, 0.0]]
assert [grad(grad(relu))(u) for u in (-1.0, 0.0, 1.0)] == [0.0, 0.0, 0.0]
print([round(grad(grad(softplus))(u), 4) for u in (-1.0, 0.0, 1.0)])
assert math.isclose(grad(grad(softplus))(0.0), 0.25)

# %% [markdown]
# ## What you take with you
#
# - The gradient of a graph is a graph: differentiate again, as often as you like.
# - Curvature tells how far one may step: Newton's method, and the limit $2/\lambda$.
# - $Hv$ is cheap, $H$ is not.
#
# Graphs can be differentiated. They can also be compiled. → **14 · Compile it**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `hessian(w1, w2, x)` of f = w2\*relu(w1\*x) by (w1, w2): two rows of two numbers.


# %%
def hessian(w1, w2, x):
    return None  # your code


ex.check_relu_hessian(hessian)

# %% [markdown]
# **2** •• · `newton(x, steps)` on f = cos(x): where that many Newton steps for a flat place lead.
#
# From 0.5 it goes to 0, where cos is largest: without f'' > 0 there is no lowest place.


# %%
def newton(x, steps):
    return None  # your code


ex.check_newton(newton)

# %% [markdown]
# **3** ••• · `hvp(gradient, x, v)`: the Hessian times v, from two calls of `gradient(point)`.
#
# Accuracy of 5 digits is enough: a step of 1e-5 in the direction v, both ways.


# %%
def hvp(gradient, x, v):
    return None  # your code


ex.check_hvp(hvp)

# %% [markdown]
# **4** • · `kind(a, b, c)`: "minimum", "maximum" or "saddle", for the Hessian [[a, b], [b, c]].


# %%
def kind(a, b, c):
    return None  # your code


ex.check_kind(kind)
