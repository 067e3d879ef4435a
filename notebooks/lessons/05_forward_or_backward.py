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
# # 5 · Forward or backward?
#
# **The question.** The chain rule is a product. A product can be multiplied from either end. Why
# does everybody begin at the output?
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
from autodiff import Value, check_gradients, exp, jvp, sin, vjp
from autodiff import tanh as engine_tanh

# %% [markdown]
# ## From the left or from the right
#
# The toy of notebook 1 had four factors:
#
# $$\frac{df}{dx} = \frac{\partial f}{\partial c} \cdot \frac{\partial c}{\partial b} \cdot
# \frac{\partial b}{\partial a} \cdot \frac{\partial a}{\partial x}$$
#
# **Backward** multiplies from the left. Its partial products are $df/dc$, $df/db$, $df/da$: one
# output, by everything. **Forward** multiplies from the right. Its partial products are $da/dx$,
# $db/dx$, $dc/dx$: everything, by one input. The number at the end is the same.
#
# Forward needs no graph and no memory. Each number carries its slope with it.

# %%
b, c = math.exp(4.499), math.sin(math.exp(4.499))
factors = [-2 / c**2, math.cos(b), b, -1.0]  # ∂f/∂c, ∂c/∂b, ∂b/∂a, ∂a/∂x
from_left, from_right = [1.0], [1.0]
for factor in factors:
    from_left.append(from_left[-1] * factor)
for factor in reversed(factors):
    from_right.append(factor * from_right[-1])
print("backward: df/dc, df/db, df/da, df/dx =", *(f"{u:.4f}" for u in from_left[1:]))
print("forward:  da/dx, db/dx, dc/dx, df/dx =", *(f"{u:.4f}" for u in from_right[1:]))
assert math.isclose(from_left[-1], from_right[-1])

# %% [markdown]
# ## Dual numbers, in twelve lines
#
# A **dual number** is a pair: a value, and its derivative by the one input that we follow.


# %%
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def tanh(self):
        t = math.tanh(self.value)
        return Dual(t, (1 - t * t) * self.slope)


# %% [markdown]
# $f(x, y) = \tanh(x\,y + x)$ at $(0.5, -0.2)$. By hand: $df/dx = (1 - f^2)(y + 1)$ and
# $df/dy = (1 - f^2)\,x$.
#
# **Predict.** How many runs with dual numbers give **both** derivatives?

# %% tags=["hide-input"]
ex.predict(
    "Runs for both derivatives?",
    answer=2,
    tolerance=0.001,
    wrong={
        1: "a dual number follows one input; the other one's slope is 0",
    },
    because="one run for each input",
)


# %%
def f(x, y):
    return (x * y + x).tanh()


by_x = f(Dual(0.5, 1.0), Dual(-0.2, 0.0)).slope  # follow x
by_y = f(Dual(0.5, 0.0), Dual(-0.2, 1.0)).slope  # follow y
x, y = Value(0.5), Value(-0.2)
f(x, y).backward()  # one run, both derivatives
s = 1 - math.tanh(0.5 * -0.2 + 0.5) ** 2
print("forward: ", by_x, by_y)
print("backward:", x.grad, y.grad)
print("by hand: ", s * 0.8, s * 0.5)
assert math.isclose(by_x, x.grad) and math.isclose(by_y, y.grad)
assert math.isclose(by_x, s * 0.8) and math.isclose(by_y, s * 0.5)
check_gradients(lambda x, y: engine_tanh(x * y + x), 0.5, -0.2, order=1)  # by nudging

# %% [markdown]
# ## A thousand inputs
#
# $f(w) = \tanh(w_1 x_1 + \dots + w_n x_n)$ with $n = 1000$. A forward sweep follows one input, so
# the whole gradient takes a thousand sweeps. A backward sweep follows one output, and there is
# only one.
#
# **Predict.** By what factor is forward slower?

# %% tags=["hide-input"]
ex.predict(
    "Forward is slower by about",
    answer="1000",
    wrong={
        "1": "each sweep costs about as much as a run; count the sweeps",
        "2": "a sweep follows one input only",
        "1000000": "a thousand sweeps against one",
    },
    because="a thousand sweeps against one; the rest is the speed of the two programs",
)


# %%
def forward(ws, xs, which):
    """The derivative by one weight: one forward sweep."""
    total = Dual(0.0)
    for i, (w, x) in enumerate(zip(ws, xs, strict=True)):
        total = total + Dual(w, 1.0 if i == which else 0.0) * x
    return total.tanh().slope


def backward(ws, xs):
    """The derivatives by all weights: one backward sweep."""
    values, total = [Value(w) for w in ws], Value(0.0)
    for w, x in zip(values, xs, strict=True):
        total = total + w * x
    total.tanh().backward()
    return [value.grad for value in values]


def seconds(function, *arguments):
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


n = 1000
ws, xs = [0.01 * math.sin(i) for i in range(n)], [math.cos(i) for i in range(n)]
once = min(seconds(forward, ws, xs, 0) for _ in range(5))
back = min(seconds(backward, ws, xs) for _ in range(5))
print(f"one backward sweep   {back * 1e3:8.1f} ms: 1000 derivatives")
print(f"one forward sweep    {once * 1e3:8.1f} ms: 1 derivative")
print(f"1000 forward sweeps  {once * 1e3 * n:8.0f} ms: 1000 derivatives")
gradient = backward(ws, xs)
assert all(math.isclose(forward(ws, xs, i), gradient[i], rel_tol=1e-9) for i in (0, 1, 500, 999))
assert once * n > 20 * back

# %% tags=["hide-input"]
sizes = [1, 3, 10, 30, 100, 300, 1000]
one_way = [n * min(seconds(forward, ws[:n], xs[:n], 0) for _ in range(5)) for n in sizes]
other_way = [min(seconds(backward, ws[:n], xs[:n]) for _ in range(5)) for n in sizes]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.loglog(sizes, one_way, "o-", color="#D55E00", label="forward, once per input")
ax.loglog(sizes, other_way, "s-", color="#0072B2", label="backward, once")
ax.set(xlabel="number of inputs", ylabel="seconds for the whole gradient")
ax.legend()
plt.show()

# %% [markdown]
# ## The rule
#
# A function with $n$ inputs and $m$ outputs has $m \cdot n$ derivatives. Forward gets them in $n$
# sweeps, a column (one input) each; backward in $m$ sweeps, a row (one output) each. A network has
# millions of inputs, its parameters, and **one** output, its loss. Backward.
#
# The other way round it is the other way round: one input, many outputs (the path of a rocket, by
# the time) is a case for forward. And backward has to keep every intermediate value; forward keeps
# none.
#
# The engine has both. `jvp` pushes a nudge of the inputs forward, `vjp` pulls weights of the
# outputs back. For one input and 50 outputs:


# %%
def many_outputs(t):
    return [sin(k * t) for k in range(1, 51)]


out, slopes = jvp(many_outputs, (0.3,), (1.0,))  # one sweep: all fifty
value, pull = vjp(many_outputs, 0.3)
rows = [pull([float(i == k) for i in range(50)])[0] for k in range(50)]  # fifty sweeps
by_hand = [k * math.cos(k * 0.3) for k in range(1, 51)]
assert all(math.isclose(a, b) for a, b in zip(slopes, by_hand, strict=True))
assert all(math.isclose(a, b) for a, b in zip(rows, by_hand, strict=True))
print(slopes[:4])

# %% [markdown]
# For the toy both are one sweep, and equal:

# %%
_, forward_slope = jvp(lambda x: 2 / sin(exp(-x)), (-4.499,), (1.0,))
x = Value(-4.499)
(2 / sin(exp(-x))).backward()
print(forward_slope, x.grad)
assert math.isclose(forward_slope, x.grad, rel_tol=1e-13)

# %% [markdown]
# ### Half a page of history
#
# The forward way is the older one: R. E. Wengert published it in 1964. The backward way was found
# several times. **Seppo Linnainmaa** described it in 1970, in his master's thesis in Helsinki, as
# a way to add up rounding errors. **Bert Speelpenning** wrote a compiler that made gradient
# programs in 1980, in his thesis at Illinois. **Walter Baur and Volker Strassen** proved in 1983
# that all partial derivatives of a rational function together cost only a small constant times the
# function itself. And in 1986 **David Rumelhart, Geoffrey Hinton and Ronald Williams** showed in
# *Nature* what networks learn with it; since then it is called back-propagation. (Paul Werbos had
# the derivatives in his thesis of 1974, and used them for neural networks in 1981.)
#
# ## What you take with you
#
# - Forward: everything by **one input**, nothing to keep. Backward: **one output** by everything.
# - Sweeps for a whole Jacobian: as many as inputs (forward), or as outputs (backward).
# - Training has one output. That is why it goes backward.
#
# Next you build the machine yourself. → **6 · Build your own Value**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `Dual(value, slope)`: a class with + and * (numbers on both sides, too) and `tanh()`.
#
# Each result has `.value` and `.slope`, the derivative by the input whose slope is 1.


# %%
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope


ex.check_dual(Dual)

# %% [markdown]
# **2** • · `sweeps(inputs, outputs)`: how many sweeps a whole Jacobian takes, [forward, backward].


# %%
def sweeps(inputs, outputs):
    return None  # your code


ex.check_sweeps(sweeps)

# %% [markdown]
# **3** •• · `products(J, v, u)`: [J·v, u·J] for a matrix as a list of rows.
#
# J·v is what a forward sweep gives (jvp), u·J is what a backward sweep gives (vjp).


# %%
def products(J, v, u):
    return None  # your code


ex.check_products(products)
