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
# # 4 · Four ways to differentiate
#
# **The question.** By hand, by nudging, by algebra, by machine: there are four ways to get a
# derivative, and they give the same number. Why, then, does all of machine learning use only one
# of them?
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it; upload the folder exercises.
# # %pip install "scalar-autodiff[plot]"

# %% tags=["hide-input"]
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

# %%
import cmath
import math
import time

import matplotlib.pyplot as plt

import exercises as ex
from autodiff import Value, check_gradients, dot, draw, exp, sin, tanh

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
# (Not too large a step, though: $f$ has poles at $x = -4.512$ and $-4.477$, where
# $\sin e^{-x} = 0$. A nudge beyond 0.013 jumps over one. We begin at $h = 0.0018$.)
#
# **Predict.** Plot the error against $h$, from there down to $10^{-16}$. What is the shape?

# %% tags=["hide-input"]
ex.predict(
    "The error, as the step h becomes smaller,",
    answer="falls, then rises",
    wrong={
        "falls": "f(x + h) and f(x) agree in more and more digits: what is left?",
        "rises": "on a shorter piece the curve is straighter",
        "stays": "on a shorter piece the curve is straighter",
    },
    because="first the line fits better, then the digits are lost",
)

# %% [markdown]
# The answer is in the picture.


# %% tags=["hide-input"]
def relative_error(number):
    return abs(number / by_hand - 1)


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
    errors = [max(relative_error(method(h)), 1e-17) for h in hs]  # a logarithmic axis has no 0
    ax.loglog(hs, errors, style, ms=3, color=colour, label=name)
ax.axhline(2.2e-16, color="gray", lw=1, ls=":")
ax.set(xlabel="step h", ylabel="relative error (no error at all: at the bottom)")
ax.invert_xaxis()
ax.legend()
plt.show()

# %% [markdown]
# <details><summary>Reveal</summary>
#
# A **U**. On the left the step is too large: the curve is not a line there. On the right it is too
# small: $f(x+h)$ and $f(x-h)$ agree in almost all their digits, and the subtraction throws those
# away. The best you can get is a compromise: here $h$ between $10^{-10}$ and $10^{-9}$ for
# one-sided and near $3 \cdot 10^{-7}$ for two-sided nudging. (One reads "take $10^{-8}$". This
# function is steep and bends strongly, so its best steps are smaller.) Another function would need
# another step.
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


def typical(method, h):
    """The median error for steps near h: a single one may be right by luck."""
    return sorted(relative_error(method(h * 1.03**k)) for k in range(-10, 11))[10]


best_steps = [min(hs, key=lambda h, m=m: typical(m, h)) for m in (forward, central)]
print("best steps, one-sided and two-sided:", *(f"{h:.0e}" for h in best_steps))
assert 1e-10 <= best_steps[0] <= 2e-9 and 1e-7 < best_steps[1] < 1e-6
poles = [-math.log(29 * math.pi), -math.log(28 * math.pi)]
print("poles at", *(f"{pole:.3f}" for pole in poles))
assert poles[0] < at - hs[0] and at + hs[0] < poles[1] and at - 0.1 < poles[0]
print(f"best of central:   {best:.1e}")
print(f"complex, h=1e-100: {relative_error(complex_step(1e-100)):.1e}")
print(f"automatic:         {relative_error(automatic):.1e}")
assert best > 1e-13
assert relative_error(complex_step(1e-100)) < 1e-14
assert relative_error(automatic) < 1e-14
assert relative_error(central(1e-15)) > 1e-4  # the right arm of the U

# %% [markdown]
# **Drag the step.** Another function: $e^x$ at 0, whose slope is 1. Here is its one-sided quotient
# $(e^h - 1)/h$ as a graph, with $h = 0.1^k$. Drag $k$ from 1 to the right.
#
# **Predict.** For which whole $k$ does the quotient have the most right digits?

# %%
k = Value(1.0, "k")
h = (0.1**k).named("h")
draw(((exp(h) - 1) / h).named("quotient"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "k = ?",
    answer=8,
    tolerance=0.001,
    wrong={
        9: "there the subtraction has thrown a digit more away",
        6: "the line still fits badly: half of h is the error",
        7: "the line still fits badly: half of h is the error",
        12: "there the subtraction has thrown too many digits away",
        16: "e^h is 1 there: the quotient is 0",
    },
    because="half of h is lost by the line, 10^-16/h by the digits: both are about 10^-8",
)

# %%
off = {}
for k in range(1, 17):
    quotient = (math.exp(0.1**k) - 1) / 0.1**k
    off[k] = abs(quotient - 1)
    print(f"k = {k:2d}   quotient {quotient:.12f}   error {off[k]:.0e}")
assert min(off, key=off.get) == 8

# %% [markdown]
# ## Algebra: expression swell
#
# Let us differentiate something that a program would compute in a loop:
#
# $$g_0 = x, \qquad g_{k+1} = g_k \cdot \sin g_k$$
#
# As a program this is one line more per round. Count two things for $g$ and for its derivative
# $g'$: the symbols of the formula written out (a **tree**), and the *different* pieces in it (a
# **graph**, in which equal pieces are shared).


# %%
def size(e):
    return 1 if not isinstance(e, tuple) else 1 + sum(size(part) for part in e[1:])


def pieces(e, found):
    """The different parts of a formula."""
    found.add(e)
    if isinstance(e, tuple):
        for part in e[1:]:
            pieces(part, found)
    return found


rounds = range(1, 9)
table = []
g, v = "x", Value(1.1, "x")
start = v
for k in rounds:
    g = ("mul", g, ("sin", g))
    v = v * sin(v)
    row = [size(g), len(pieces(g, set())), size(d(g)), len(pieces(d(g), set()))]
    table.append(row)
    print(f"{k} rounds: g {row[0]:4d} as a tree, {row[1]:2d} as a graph;", end="   ")
    print(f"g' {row[2]:5d} as a tree, {row[3]:2d} as a graph")

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
kinds = ("g, tree", "g, graph", "g′, tree", "g′, graph")
for kind, style, sizes in zip(
    kinds, ("o--", "s--", "o-", "s-"), zip(*table, strict=True), strict=True
):
    colour = "#D55E00" if "tree" in kind else "#0072B2"
    ax.semilogy(rounds, sizes, style, ms=4, color=colour, label=kind)
ax.set(xlabel="rounds", ylabel="size (logarithmic)")
ax.legend()
plt.show()

# %% [markdown]
# This is **expression swell**, and the picture shows where it comes from. Even $g$ itself, written
# out, doubles with each round: 766 symbols. The derivative as a *graph* stays small. So it is not
# differentiation that swells, it is **sharing that is lost** when a graph is written out as a
# formula. An engine never writes it out. The numbers, of course, agree:

# %%
v.backward()
print(evaluate(d(g), 1.1), start.grad)
assert math.isclose(evaluate(d(g), 1.1), start.grad, rel_tol=1e-12)
assert table[-1][0] == 766 and table[-1][3] < 60 and table[-1][2] > 100 * table[-1][3]

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
ex.predict(
    "From 100 to 1000 parameters nudging becomes slower by a factor of about",
    answer="100",
    wrong={
        "10": "there are 10 times as many runs, and each run takes 10 times as long",
        "1000": "two factors of 10, not three",
    },
    because="n runs of size n",
)

# %% tags=["hide-input"]
ex.predict(
    "and the automatic way by about",
    answer="10",
    wrong={
        "100": "one run forward and one back, whatever n is; each is 10 times as long",
        "1": "the function itself has 10 times as many steps",
    },
    because="two runs of size n",
)

# %% [markdown]
# Measured:


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
# ## Nudging as a judge
#
# A right gradient passes in silence, a wrong one is convicted. `gradient=` takes a derivative that
# **you** found. Ours from the top of this notebook is right. With a sign forgotten it is not:


# %%
from autodiff import GradientCheckError


def program(x):
    return 2 / sin(exp(-x))


check_gradients(program, at)  # the engine's derivative
check_gradients(program, at, gradient=f_prime)  # ours, by hand
try:
    check_gradients(program, at, gradient=lambda x: -f_prime(x))
    verdict = "passed"
except GradientCheckError as error:
    verdict = str(error)
print(verdict)
assert "wrong" in verdict

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
# Nudging keeps one important job: it **checks** the others. `check_gradients` does it for you, with
# steps of its own choice, and tells where a gradient differs.
#
# The automatic way multiplied from the output back. Why not from the input? → **5 · Forward or
# backward?**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** ••• · `differentiate(expression)` gives the derivative by x as an expression.
#
# An expression is "x", a number, or a tuple: ("+", a, b), ("\*", a, b), ("log", a), ("tanh", a).
# Yours may also use ("-", a, b), ("/", a, b) and ("\*\*", a, number).


# %%
def differentiate(expression):
    return None  # your code


ex.check_rules(differentiate)

# %% [markdown]
# **2** • · `slope(f, x, h)`: the slope of f at x from two points, h to the left and h to the right.


# %%
def slope(f, x, h):
    return None  # your code


ex.check_difference(slope)

# %% [markdown]
# **3** ••• · `steps(f, second, third, eps)`: the h with the smallest error, to one side and
# symmetric.
#
# To one side the error is 2\*eps\*|f|/h + h\*|second|/2; symmetric it is eps\*|f|/h +
# h\*\*2\*|third|/6.


# %%
def steps(f, second, third, eps):
    return None  # your code


ex.check_best_step(steps)

# %% [markdown]
# **4** •• · `slope(x)`: the derivative of exp(x)\*x by one complex number, x + 1e-20j.


# %%
def slope(x):
    return None  # your code


ex.check_complex_step(slope)

# %% [markdown]
# **5** • · `repair(x, h)`. A text writes "df/dx ≈ h/(f(x + h) - f(x))". For f = x\*\*2: [the right
# ratio, its limit].


# %%
def repair(x, h):
    return None  # your code


ex.check_ratio(repair)
