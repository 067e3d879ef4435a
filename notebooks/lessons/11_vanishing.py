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
# # 11 · Gradients that vanish or explode
#
# **The question.** A deep network is a long product. What happens to a product of many factors,
# and who keeps them near 1?
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
import random

import matplotlib.pyplot as plt

import exercises as ex
import nn
from autodiff import Value, check_gradients, dot, relu, sigmoid, tanh

# %% [markdown]
# ## A chain of twenty
#
# One neuron per layer, $h_{n} = \sigma(w\,h_{n-1})$. By the chain rule the gradient of the first
# layer is a product of twenty factors $w\,\sigma'(z)$, and $\sigma' = \sigma(1 - \sigma)$ is at
# most $\tfrac14$.
#
# **Predict.** With $w = 1$, how large can $dh_{20}/dh_0$ be? (The largest possible power of ten.)

# %% tags=["hide-input"]
ex.predict(
    "10 to the power of?",
    answer=-12,
    tolerance=0.01,
    wrong={
        -20: "the factor is at most 1/4, not 1/10",
        -5: "1/4 to the power 20 is (1/4^5)^4; 4^5 is a thousand",
        0: "each factor is at most 1/4",
    },
    because="4^20 is 10^12",
)


# %%
def chain(h, w=1.0, depth=20, phi=sigmoid):
    for _ in range(depth):
        h = phi(w * h)
    return h


start = Value(0.5)
chain(start).backward()
h, product = 0.5, 1.0
for _ in range(20):
    h = 1 / (1 + math.exp(-h))
    product *= h * (1 - h)
nudged = (chain(0.5 + 1e-2, depth=3) - chain(0.5 - 1e-2, depth=3)) / 2e-2
three = Value(0.5)
chain(three, depth=3).backward()
print(f"engine {start.grad:.3e}, by hand {product:.3e}, at most {0.25**20:.1e}")
print(f"3 layers: engine {three.grad:.6f}, nudged {nudged:.6f}")
assert math.isclose(start.grad, product, rel_tol=1e-9) and 0 < start.grad < 0.25**20
assert math.isclose(three.grad, nudged, rel_tol=1e-4)
check_gradients(lambda u: chain(u, depth=3), 0.5, order=1)

# %% [markdown]
# (Nudging all twenty would fail: the change is smaller than the last digit of the output.) A step
# of gradient descent hardly moves a weight with such a gradient. The first layers do not learn. The
# gradient has **vanished**. With factors above 1 it **explodes** in the same way.
#
# ## Twenty layers of sixteen
#
# In a layer a gradient is multiplied by $W^\top$ and by the slopes. What counts is the typical
# size of the weights. Take them at random with standard deviation $g/\sqrt{16}$; $g$ is the
# **gain**. For each choice, the length of the gradient of the *first* layer, for a loss that sums
# up the outputs:

# %%
WIDTH, DEPTH = 16, 20


def first_layer_gradient(phi, gain, residual=False, seed=0):
    """The length of dL/dz of the first layer, by one forward and one backward pass."""
    rng = random.Random(seed)
    out = [rng.gauss(0, 1) for _ in range(WIDTH)]
    first = None
    for _ in range(DEPTH):
        W = [[rng.gauss(0, gain / math.sqrt(WIDTH)) for _ in out] for _ in range(WIDTH)]
        z = [dot(row, out) for row in W]
        if first is None:
            z = first = [Value(u) for u in z]
        new = [phi(u) for u in z]
        out = [u + v for u, v in zip(out, new, strict=True)] if residual else new
    sum(out).backward()
    return math.hypot(*(u.grad for u in first))


# %% [markdown]
# **Predict.** ReLU lets half of the numbers through. Which gain keeps the length of a signal?

# %% tags=["hide-input"]
ex.predict(
    "The gain for ReLU, two digits?",
    answer=1.41,
    tolerance=0.02,
    wrong={
        1: "half of the signal is lost in each layer",
        2: "twice the *variance* is needed, not twice the size",
        0.5: "the weights must make up for a loss",
    },
    because="√2: half of the squares survive, so the squares are doubled",
)

# %%
cases = [
    ("sigmoid, gain 1", sigmoid, 1.0),
    ("ReLU, gain 1", relu, 1.0),
    ("ReLU, gain √2", relu, math.sqrt(2)),
    ("ReLU, gain 2", relu, 2.0),
    ("tanh, gain 1", tanh, 1.0),
]
sizes = {}
for name, phi, gain in cases:
    lengths = [first_layer_gradient(phi, gain, seed=s) for s in range(3)]
    sizes[name] = math.exp(sum(math.log(u) for u in lengths) / 3)
    print(f"{name:16s} {sizes[name]:9.1e}")
assert sizes["sigmoid, gain 1"] < 1e-9 and sizes["ReLU, gain 1"] < 1e-2 * sizes["ReLU, gain √2"]
assert 1e-3 < sizes["ReLU, gain √2"] < 100 and sizes["ReLU, gain 2"] > 1e2

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
ax.barh(list(sizes), list(sizes.values()), color="#0072B2")
ax.set(xscale="log", xlabel="length of the gradient of layer 1")
ax.axvline(1, color="gray", ls=":")
plt.show()

# %% [markdown]
# For ReLU the right gain is $\sqrt2$ (K. He and others, 2015), and for a symmetric function like
# tanh it is near 1 (X. Glorot and Y. Bengio, 2010). From gain 1 to gain 2 the gradient changes by
# $2^{19}$, half a million: for ReLU it is exactly one factor per layer.

# %%
ratio = sizes["ReLU, gain 2"] / sizes["ReLU, gain 1"]
print(f"{ratio:,.0f} = 2**{math.log2(ratio):.6f}")
assert math.isclose(ratio, 2.0 ** (DEPTH - 1), rel_tol=1e-9)

# %% [markdown]
# ## A way around
#
# A **residual** layer adds its result to its input, $y = x + F(x)$. Backwards the add gate copies:
# the gradient arrives once through $F$ and once **unchanged**. By hand, for $y = x + \tanh(wx)$:
# $dy/dx = 1 + w\,(1 - \tanh^2(wx))$. However small the second term is, the first one stays 1.

# %%
x, w = Value(0.7), Value(-0.3)
(x + tanh(w * x)).backward()
by_hand = 1 - 0.3 * (1 - math.tanh(-0.21) ** 2)
print("engine", x.grad, "by hand", by_hand)
assert math.isclose(x.grad, by_hand)
with_ways = first_layer_gradient(sigmoid, 1.0, residual=True)
print(f"sigmoid with residual layers: {with_ways:.2g}, without: {sizes['sigmoid, gain 1']:.2g}")
assert with_ways > 1e-3

# %% [markdown]
# ## A limit
#
# Against explosions there is a blunt tool: **clipping**. If the gradient is longer than a limit,
# shorten it to the limit, and keep its direction.

# %%
parameters = [Value(1.0), Value(1.0)]
parameters[0].grad, parameters[1].grad = 300.0, -400.0
before = nn.clip_grad_norm_(parameters, 5.0)
print(f"length before {before}, after", [p.grad for p in parameters])
assert math.isclose(before, 500.0)
assert all(
    math.isclose(p.grad, u, rel_tol=1e-6) for p, u in zip(parameters, (3.0, -4.0), strict=True)
)

# %% [markdown]
# ## What you take with you
#
# - The gradient of a deep layer is a product, one factor per layer: it vanishes or explodes.
# - Initialisation sets the factor near 1; residual layers add a way with factor 1; clipping sets a
#   limit.
#
# Two classes are not enough? → **12 · Softmax and cross-entropy**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `gradient(ws, x)`: dh/dx for h = tanh(w4\*tanh(w3\*tanh(w2\*tanh(w1\*x)))), for any
# number of ws.


# %%
def gradient(ws, x):
    return None  # your code


ex.check_chain(gradient)

# %% [markdown]
# **2** •• · `depth(factor, threshold)`: after how many layers of that factor the gradient is below
# it.


# %%
def depth(factor, threshold):
    return None  # your code


ex.check_depth(depth)

# %% [markdown]
# **3** • · `derivatives(x, w)` of y = x + tanh(w\*x): [dy/dx, dy/dw].


# %%
def derivatives(x, w):
    return None  # your code


ex.check_residual(derivatives)

# %% [markdown]
# **4** • · `clip(gradient, limit)`: the same direction, and no longer than the limit.


# %%
def clip(gradient, limit):
    return None  # your code


ex.check_clip(clip)
