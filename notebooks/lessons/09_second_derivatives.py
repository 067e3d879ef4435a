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
# # 9 · Second derivatives
#
# **The question.** `backward()` gives numbers. But a derivative is a function too, so it has a
# derivative. Can the machine differentiate its own work? And what is that good for?

# %%
# On a hosted notebook, remove the first # of the next line and run it.
# # %pip install "scalar-autodiff[plot]"

# %%
import math

import matplotlib.pyplot as plt

import nn
from autodiff import (
    Value,
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
# the point and jump to its lowest place.
#
# $$u \leftarrow u - \frac{f'(u)}{f''(u)}$$
#
# **Predict.** Each step of Newton's method roughly doubles the number of right digits. How many
# steps from 1 digit to 16?


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
# With it one finds the largest curvature $\lambda$: multiply a vector by $H$ again and again, and
# it turns into the steepest direction. Now we can keep a promise of notebook 7: the line through
# four points tolerates learning rates up to $2/\lambda$.


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
assert 0.2 < 2 / largest < 0.58  # the rates of notebook 7, on either side

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
# **Predict.** What is the second derivative of ReLU?
#
# <details><summary>Reveal</summary>
#
# 0 everywhere; at the corner the engine takes the branch whose first derivative it chose. So a
# network of ReLUs looks perfectly flat to Newton's method, apart from its last loss. For second
# derivatives take smooth activations.
#
# </details>

# %%
from autodiff import relu, softplus

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
# Graphs can be differentiated. They can also be compiled. → **10 · Compile it**
