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
# # 19 · Numerical stability
#
# **The question.** Every formula is right, and the number is wrong, or infinite, or 0. How can
# that be, and how are formulas written so that it does not happen?
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
from autodiff import (
    Value,
    check_gradients,
    exp,
    grad,
    log,
    logsumexp,
    relu,
    sigmoid,
    softplus,
    sqrt,
    where,
)

# %% [markdown]
# ## Three ways to lose a number
#
# A float has 16 digits and reaches from $10^{-308}$ to $10^{308}$. So a number can be lost in
# three ways:
#
# - **Overflow**: $e^{1000}$ is larger than any float.
# - **Underflow**: $e^{-1000}$ becomes 0, and its logarithm is gone.
# - **Cancellation**: $1 - 0.9999999999999999$ keeps one digit of sixteen.
#
# **Predict.** $\sigma(x) = 1/(1 + e^{-x})$ at $x = 40$ is 1 to the last digit. What does the
# textbook's derivative $\sigma(1 - \sigma)$ give there?

# %% tags=["hide-input"]
ex.predict(
    "σ(1 − σ) at 40, in floats?",
    answer=0,
    tolerance=1e-30,
    wrong={
        1: "1 − σ is small, not σ",
        0.25: "that is at x = 0",
    },
    because="1 − 1 = 0: all digits are lost",
)

# %%
s = 1 / (1 + math.exp(-40.0))
textbook = s * (1 - s)
x = Value(40.0)
sigmoid(x).backward()
by_hand = math.exp(-40.0) / (1 + math.exp(-40.0)) ** 2
print("textbook", textbook, " engine", x.grad, " by hand", by_hand)
assert textbook == 0.0 and math.isclose(x.grad, by_hand, rel_tol=1e-12)
check_gradients(sigmoid, 2.0)  # where nudging can see something, it agrees

# %% [markdown]
# The cure: $1 - \sigma(x) = \sigma(-x)$, so $\sigma' = \sigma(x)\,\sigma(-x)$, with no
# subtraction. The same function on paper, and another one in floats. How many digits are right?

# %% tags=["hide-input"]
points = [i / 2 for i in range(81)]
exact = [math.exp(-u) / (1 + math.exp(-u)) ** 2 for u in points]
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, colour, slope in (
    ("σ(1 − σ)", "#D55E00", lambda u: (1 / (1 + math.exp(-u))) * (1 - 1 / (1 + math.exp(-u)))),
    ("σ(x) σ(−x)", "#0072B2", grad(sigmoid)),
):
    errors = [max(abs(slope(u) / e - 1), 1e-17) for u, e in zip(points, exact, strict=True)]
    ax.semilogy(points, errors, color=colour, label=name)
ax.set(xlabel="x", ylabel="relative error (none: at the bottom)")
ax.legend()
plt.show()

# %% [markdown]
# ## Softplus, and a logarithm of a sum
#
# $\log(1 + e^x)$ overflows for $x = 1000$, where the answer is simply 1000. Take the large part
# out:
#
# $$\log(1 + e^x) = \max(x, 0) + \log\big(1 + e^{-|x|}\big) \qquad
# \log \sum_k e^{z_k} = m + \log \sum_k e^{z_k - m}, \quad m = \max_k z_k$$
#
# No exponent is positive any more. At the other end use `log1p`, which knows $\log(1 + u)$ for a
# tiny $u$.
#
# **Predict.** $\log(1 + e^{-50})$: what does `math.log(1 + math.exp(-50))` say?

# %% tags=["hide-input"]
ex.predict(
    "It says",
    answer=0,
    tolerance=1e-25,
    wrong={
        -50: "that is the logarithm of e^-50 alone",
        1: "log 1 is 0",
    },
    because="1 + e^-50 is 1; the right answer is e^-50",
)


# %%
def by_parts(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


print("plain ", math.log(1 + math.exp(-50.0)))
print("stable", by_parts(-50.0), by_parts(1000.0))
print("engine", softplus(-50.0), softplus(1000.0), logsumexp([1000.0, 0.0]))
assert math.log(1 + math.exp(-50.0)) == 0.0
assert math.isclose(by_parts(-50.0), softplus(-50.0), rel_tol=1e-15) and by_parts(1000.0) == 1000.0
assert math.isclose(softplus(-50.0), math.exp(-50.0), rel_tol=1e-15)
check_gradients(softplus, -3.0)
check_gradients(lambda a, b: logsumexp([a, b]), 3.0, -2.0)

# %% [markdown]
# ## At the corner, and where a function ends
#
# Some derivatives do not exist, and a program has to answer something. Here are this engine's
# conventions, all chosen so that nothing becomes nan without need:
#
# | where | answer | why |
# |---|---|---|
# | relu, abs at 0 | 0 | one of the values between the two slopes; everybody's choice |
# | max(x, x) | ½ and ½ | a tie is split |
# | sqrt at 0 | inf | the slope grows without end |
# | x**0 at 0 | value 1, derivative 0 | the function is 1 everywhere |

# %%
for name, function in (("relu", relu), ("abs", abs), ("sqrt", sqrt), ("x**0", lambda x: x**0)):
    print(f"{name:5s} at 0: derivative {grad(function)(0.0)}")
assert [grad(f)(0.0) for f in (relu, abs, lambda x: x**0)] == [0.0, 0.0, 0.0]
assert grad(sqrt)(0.0) == math.inf

# %% [markdown]
# ## The branch that was not taken
#
# A famous trap: choose between two branches, and the one *not* chosen is infinite. If a program
# multiplies its gradient by 0, then $0 \cdot \infty$ is nan, and the right branch is spoiled.
#
# **Predict.** $f(x) = \sqrt{x}$ for $x > 0$, else 0. At $x = 0$ the engine's derivative is

# %% tags=["hide-input"]
ex.predict(
    "df/dx at 0?",
    answer="0",
    wrong={
        "nan": "only if the branch not taken took part",
        "inf": "the root is not chosen at 0",
    },
    because="a selection passes gradient to the chosen branch only",
)

# %%
x = Value(0.0)
where(x > 0, sqrt(x), 0.0).backward()
print("engine", x.grad, "  multiplied by a mask:", 0.0 * math.inf)
assert x.grad == 0.0 and math.isnan(0.0 * math.inf)

# %% [markdown]
# ## The loss from the logit
#
# Binary cross-entropy of $p = \sigma(z)$ with target 1: $-\log \sigma(z)$. In two steps it fails at
# $z = -800$: $\sigma = 0$, and the logarithm ends. In one step it is softplus$(-z) = 800$, with the
# derivative $\sigma(z) - 1 = -\sigma(-z)$.

# %%
z = Value(-800.0)
loss = softplus(-z)
loss.backward()
try:
    log(1 / (1 + exp(Value(800.0))))
    outcome = "fine"
except (OverflowError, ValueError) as error:
    outcome = type(error).__name__
print("one step:", loss.data, z.grad, "  two steps:", outcome)
assert (loss.data, z.grad) == (800.0, -1.0) and outcome != "fine"

# %% [markdown]
# That is why libraries ask for **logits**, not probabilities.
#
# ## What you take with you
#
# - Overflow, underflow, cancellation: formulas that are equal on paper differ in floats.
# - Take the large part out; never subtract two numbers that are almost equal; stay with logits.
# - At corners a derivative is chosen. Know the choice.
#
# Single numbers were enough so far. The world uses tables. → **20 · From scalars to tensors**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `softplus(x)`: log(1 + exp(x)) with 12 digits for x from -800 to 800.


# %%
def softplus(x):
    return None  # your code


ex.check_softplus(softplus)

# %% [markdown]
# **2** •• · `slope(x)`: the derivative of 1/(1 + exp(-x)) with 12 digits for x from -800 to 800.


# %%
def slope(x):
    return None  # your code


ex.check_saturated(slope)

# %% [markdown]
# **3** ••• · `loss_and_slope(z, t)` of -t\*log(p) - (1 - t)\*log(1 - p), p = sigmoid(z), z from
# -800 to 800.
#
# 12 digits of both, also where p is 1 to the last digit.


# %%
def loss_and_slope(z, t):
    return None  # your code


ex.check_from_logit(loss_and_slope)

# %% [markdown]
# **4** •• · `difference(x, d)`: sqrt(x + d) - sqrt(x) with 12 digits, for x up to 1e8 and d down
# to 1e-9.


# %%
def difference(x, d):
    return None  # your code


ex.check_roots(difference)
