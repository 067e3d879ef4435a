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
# # 3 · Four ways to differentiate
#
# **The question.** By hand, by nudging, by algebra, by machine: there are four ways to get a
# derivative, and they give the same number. Why, then, does all of machine learning use only one
# of them?

# %%
# On a hosted notebook, remove the first # of the next line and run it.
# # %pip install "scalar-autodiff[plot]"

# %%
import cmath
import math
import time

import matplotlib.pyplot as plt

from autodiff import Value, dot, exp, sin, tanh

# %% [markdown]
# ## One function, four answers
#
# We take the toy of notebook 1 again: $f(x) = 2/\sin(e^{-x})$ at $x = -4.499$.
#
# **1 · By hand.** With the chain rule, on paper:
# $f'(x) = \dfrac{2 \cos(e^{-x})\, e^{-x}}{\sin^2(e^{-x})}$.


# %%
def f(x):
    return 2 / math.sin(math.exp(-x))


def f_prime(x):
    b = math.exp(-x)
    return 2 * math.cos(b) * b / math.sin(b) ** 2


at = -4.499
by_hand = f_prime(at)
by_hand

# %% [markdown]
# **2 · Numerically.** Nudge and look. One line, works for any function, even for one whose source
# we do not have. But which step $h$?

# %%
numerical = (f(at + 1e-6) - f(at - 1e-6)) / 2e-6
numerical

# %% [markdown]
# **3 · Symbolically.** Let a program apply the rules of algebra to the *formula*. A formula is a
# nested tuple here; twenty lines are enough for our needs.


# %%
def d(e):
    """The derivative of a formula by "x", as a formula."""
    if e == "x":
        return 1
    if isinstance(e, (int, float)):
        return 0
    op, *args = e
    u = args[0]
    v = args[-1]
    return {
        "neg": lambda: ("neg", d(u)),
        "exp": lambda: ("mul", ("exp", u), d(u)),
        "sin": lambda: ("mul", ("cos", u), d(u)),
        "cos": lambda: ("neg", ("mul", ("sin", u), d(u))),
        "add": lambda: ("add", d(u), d(v)),
        "mul": lambda: ("add", ("mul", d(u), v), ("mul", u, d(v))),
        "div": lambda: (
            "div",
            ("add", ("mul", d(u), v), ("neg", ("mul", u, d(v)))),
            ("mul", v, v),
        ),
    }[op]()


def evaluate(e, x):
    """The value of a formula."""
    if e == "x":
        return x
    if isinstance(e, (int, float)):
        return e
    op, *args = e
    u = evaluate(args[0], x)
    if op in ("exp", "sin", "cos"):
        return getattr(math, op)(u)
    if op == "neg":
        return -u
    v = evaluate(args[1], x)
    return {"add": lambda: u + v, "mul": lambda: u * v, "div": lambda: u / v}[op]()


formula = ("div", 2, ("sin", ("exp", ("neg", "x"))))
symbolic = evaluate(d(formula), at)
print(d(formula))
print(symbolic)

# %% [markdown]
# **4 · Automatically.** Run the program on numbers that remember. No formula of the derivative
# ever exists; there are only numbers, multiplied along the graph.

# %%
x = Value(at)
(2 / sin(exp(-x))).backward()
automatic = x.grad
automatic

# %% tags=["hide-input"]
assert math.isclose(by_hand, symbolic, rel_tol=1e-13)
assert math.isclose(by_hand, automatic, rel_tol=1e-13)
assert math.isclose(by_hand, numerical, rel_tol=1e-6)  # the odd one out

# %% [markdown]
# ## Nudging: the U curve
#
# The numerical answer has only about 8 right digits. A smaller step $h$ should help: the
# straight line is a better fit on a shorter piece.
#
# **Predict.** Plot the error against $h$, from $10^{-1}$ down to $10^{-16}$. What is the shape?


# %% tags=["hide-input"]
def relative_error(number):
    return max(abs(number / by_hand - 1), 1e-17)


def forward(h):
    return (f(at + h) - f(at)) / h


def central(h):
    return (f(at + h) - f(at - h)) / (2 * h)


def complex_step(h):
    return (2 / cmath.sin(cmath.exp(-(at + 1j * h)))).imag / h


hs = [10 ** (-k / 4) for k in range(11, 65)]
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for method, colour, style in (
    (forward, "#E69F00", "o-"),
    (central, "#0072B2", "s-"),
    (complex_step, "#009E73", "^-"),
):
    name = method.__name__.replace("_", " ")
    errors = [relative_error(method(h)) for h in hs]
    ax.loglog(hs, errors, style, ms=3, color=colour, label=name)
ax.axhline(2.2e-16, color="gray", lw=1, ls=":")
ax.set(xlabel="step h", ylabel="relative error")
ax.invert_xaxis()
ax.legend()
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# A **U**. On the left the step is too large: the curve is not a line there. On the right it is too
# small: $f(x+h)$ and $f(x-h)$ agree in almost all their digits, and the subtraction throws those
# away. The best you can get is a compromise: here a little below $10^{-8}$ for one-sided and near
# $10^{-6}$ for two-sided nudging. Another function would need another step.
#
# </details>
#
# The green curve is a trick: nudge in the **imaginary** direction. Then there is nothing to
# subtract:
#
# $$f(x + ih) \approx f(x) + ih f'(x) \quad\Rightarrow\quad
# f'(x) \approx \frac{\operatorname{Im} f(x + ih)}{h}$$
#
# Its error falls to rounding level and stays there. But the function must accept complex numbers,
# and it still costs one run per input.

# %%
best = min(relative_error(central(h)) for h in hs)
print(f"best of central:   {best:.1e}")
print(f"complex, h=1e-100: {relative_error(complex_step(1e-100)):.1e}")
print(f"automatic:         {relative_error(automatic):.1e}")
assert best > 1e-13
assert relative_error(complex_step(1e-100)) < 1e-14
assert relative_error(automatic) < 1e-14
assert relative_error(central(1e-15)) > 1e-4  # the right arm of the U

# %% [markdown]
# ## Algebra: expression swell
#
# Let us differentiate something that a program would compute in a loop:
#
# $$g_0 = x, \qquad g_{k+1} = g_k \cdot \sin g_k$$
#
# As a program this is one line more per round. Count what the four methods have to handle: the
# symbols in the derivative's formula, and the nodes in the engine's graph.


# %%
def size(e):
    return 1 if not isinstance(e, tuple) else 1 + sum(size(part) for part in e[1:])


def nodes(value, seen):
    if id(value) not in seen:
        seen.add(id(value))
        for parent in value.parents:
            nodes(parent, seen)
    return len(seen)


rounds = range(1, 9)
symbols, counts = [], []
g, v = "x", Value(1.1, "x")
start = v
for k in rounds:
    g = ("mul", g, ("sin", g))
    v = v * sin(v)
    symbols.append(size(d(g)))
    counts.append(nodes(v, set()))
    print(f"{k} rounds: {symbols[-1]:7d} symbols, {counts[-1]:3d} nodes")

# %%
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.semilogy(rounds, symbols, "o-", color="#D55E00", label="symbols in the derivative")
ax.semilogy(rounds, counts, "s-", color="#0072B2", label="nodes of the graph")
ax.set(xlabel="rounds", ylabel="size (logarithmic)")
ax.legend()
plt.show()

# %% [markdown]
# This is **expression swell**. The product rule writes both factors down again, each time. The
# numbers, of course, agree:

# %%
v.backward()
print(evaluate(d(g), 1.1), start.grad)
assert math.isclose(evaluate(d(g), 1.1), start.grad, rel_tol=1e-12)
assert symbols[-1] > 500 * counts[-1]

# %% [markdown]
# ## The price per parameter
#
# A network has many parameters, and we need the derivative by **each**. Take the simplest neuron:
#
# $$f(w) = \tanh(w_1 x_1 + \dots + w_n x_n)$$
#
# **Predict.** From 100 to 1000 parameters, by what factor does each method become slower?
#
# - Numerically: $n + 1$ runs of a function of cost $n$.
# - Symbolically: $n$ formulas $(1 - \tanh^2(w \cdot x))\, x_i$, each of size $n$.
# - Automatically: one run forward, one run backward.


# %% tags=["hide-input"]
def neuron(ws, xs):
    return math.tanh(sum(w * x for w, x in zip(ws, xs, strict=True)))


def numerically(ws, xs, h=1e-6):
    base, gradient = neuron(ws, xs), []
    for i in range(len(ws)):
        nudged = [*ws[:i], ws[i] + h, *ws[i + 1 :]]
        gradient.append((neuron(nudged, xs) - base) / h)
    return gradient


def symbolically(ws, xs):  # each partial is a formula of its own, evaluated on its own
    return [(1 - neuron(ws, xs) ** 2) * x for x in xs]


def automatically(ws, xs):
    values = [Value(w) for w in ws]
    tanh(dot(values, xs)).backward()
    return [value.grad for value in values]


def seconds(method, n):
    ws, xs = [0.01 * math.sin(i) for i in range(n)], [math.cos(i) for i in range(n)]
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        method(ws, xs)
        times.append(time.perf_counter() - begin)
    return min(times)


sizes = [10, 30, 100, 300, 1000]
fig, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
for method, style, colour in (
    (numerically, "o-", "#E69F00"),
    (symbolically, "s--", "#CC79A7"),
    (automatically, "^-", "#0072B2"),
):
    ax.loglog(
        sizes, [seconds(method, n) for n in sizes], style, color=colour, label=method.__name__
    )
ax.set(xlabel="number of parameters", ylabel="seconds for the whole gradient")
ax.legend()
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Numerically and symbolically: about 100 times slower, because $n$ pieces of work of size $n$ make
# $n^2$. Automatically: about 10 times. The backward pass costs a small multiple of the forward
# pass, **however many parameters there are**. That is why networks with billions of them can be
# trained.
#
# (A clever algebra system would notice that all formulas share one $\tanh$. Sharing
# subexpressions is exactly what the graph does by itself.)
#
# </details>

# %%
ws, xs = [0.3, -0.2, 0.5], [1.0, 2.0, -1.5]
print(numerically(ws, xs), symbolically(ws, xs), automatically(ws, xs), sep="\n")
for a, b, c in zip(numerically(ws, xs), symbolically(ws, xs), automatically(ws, xs), strict=True):
    assert math.isclose(b, c, rel_tol=1e-14) and math.isclose(a, b, rel_tol=1e-4)

# %% [markdown]
# ## What you take with you
#
# | | exact? | cost of $n$ derivatives | needs |
# |---|---|---|---|
# | by hand | yes, if you are | your afternoon | patience |
# | numerical | no: the U curve | $n$ + 1 runs | any function |
# | symbolic | yes | formulas that swell | a formula |
# | **automatic** | **yes** | **a few runs** | the program itself |
#
# Nudging keeps one important job: it **checks** the others. Use it so in your own work.
#
# Next you build the machine yourself. → **4 · Build your own Value**
