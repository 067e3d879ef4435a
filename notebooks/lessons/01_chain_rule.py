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
# # 1 · The chain rule, one step at a time
#
# **The question.** Here is a small, nasty function:
#
# $$f(x) = \frac{2}{\sin(e^{-x})} \qquad\text{at}\qquad x = -4.499$$
#
# If $x$ grows by a tiny amount, how much does $f$ change, and in which direction?
# We find the number in three ways. Then we watch a machine find it.
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
from autodiff import Value, draw, exp, sin, walkthrough

# %% [markdown]
# ## Forward: small steps
#
# Nobody has to understand $f$ as a whole. Cut it into steps that are too small to be difficult:
#
# $$a = -x, \qquad b = e^{a}, \qquad c = \sin b, \qquad f = \frac{2}{c}$$
#
# Each step uses only the result of the step before it. Compute them in order and **keep every
# result**: we shall need them again.

# %%
x = -4.499
a = -x
b = math.exp(a)
c = math.sin(b)
f = 2 / c
print(f"a = {a}\nb = {b}\nc = {c}\nf = {f}")

# %% tags=["hide-input"]
assert abs(b - 89.9271591627878) < 1e-12
assert abs(c - 0.924235237080218) < 1e-12
assert abs(f - 2.163951253707082) < 1e-12

# %% [markdown]
# ## Backward: one local derivative per step
#
# Now ask each step alone: *if your input grows a little, by what factor does your output follow?*
# That factor is the step's **local derivative**. A table of derivatives gives all four:
#
# | step | local derivative | needs |
# |---|---|---|
# | $a = -x$ | $\partial a/\partial x = -1$ | nothing |
# | $b = e^a$ | $\partial b/\partial a = e^a$ | $b$ itself |
# | $c = \sin b$ | $\partial c/\partial b = \cos b$ | $b$ |
# | $f = 2/c$ | $\partial f/\partial c = -2/c^2$ | $c$ |
#
# The last column says why we kept the results.
#
# **Predict.** Which of the four factors is the largest? Will the product be positive or negative?

# %% tags=["hide-input"]
ex.predict(
    "Which of the four factors has the largest size?",
    answer="∂b/∂a",
    wrong={
        "∂a/∂x": "it is -1",
        "∂c/∂b": "a cosine is at most 1",
        "∂f/∂c": "-2/c**2 is about -2.3, for c = 0.92",
    },
    because="e^a is 90",
)

# %% tags=["hide-input"]
ex.predict(
    "The sign of df/dx: 1 or -1?",
    answer=-1,
    wrong={
        1: "three of the four factors are negative",
    },
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# $e^a \approx 90$ is by far the largest: a small change of $x$ becomes 90 times as large in $b$.
# Three of the four factors are negative ($-1$, $\cos b \approx -0.38$, $-2/c^2 \approx -2.3$),
# so the product is negative.
#
# </details>

# %%
local_a = -1.0  # ∂a/∂x
local_b = b  # ∂b/∂a: exp(a) was computed in the forward pass: it is b
local_c = math.cos(b)  # ∂c/∂b
local_f = -2 / c**2  # ∂f/∂c
print(local_a, local_b, local_c, local_f, sep="\n")

# %% [markdown]
# Do you trust the table? Check each step by nudging its input by a little bit $h$ to both sides:
#
# $$g'(u) \approx \frac{g(u + h) - g(u - h)}{2h}$$


# %%
def slope(g, u, h=1e-6):
    return (g(u + h) - g(u - h)) / (2 * h)


by_nudging = [
    slope(lambda u: -u, x),
    slope(math.exp, a),
    slope(math.sin, b),
    slope(lambda u: 2 / u, c),
]
for exact, nudged in zip([local_a, local_b, local_c, local_f], by_nudging, strict=True):
    print(f"{exact:20.12f} {nudged:20.12f}")
    assert math.isclose(exact, nudged, rel_tol=1e-6)

# %% [markdown]
# One sign for each thing: $\partial b/\partial a$ is **one step alone**, the factor of step $b$.
# $df/da$, with a straight d, is what comes out **through everything** between $a$ and $f$. While
# there is one path only, a step next to the end is both: $df/dc = \partial f/\partial c$.
#
# ## The chain rule
#
# Nudge $x$. The nudge arrives at $a$ times $-1$. It arrives at $b$ times 90 more, and so on. Each
# step multiplies what it receives:
#
# $$\frac{df}{dx} = \frac{\partial f}{\partial c} \cdot \frac{\partial c}{\partial b}
# \cdot \frac{\partial b}{\partial a} \cdot \frac{\partial a}{\partial x}$$
#
# We multiply from the left, from the output back to the input. Every partial product has a
# meaning of its own: it is the derivative of $f$ by an intermediate result.

# %%
df_dc = local_f
df_db = df_dc * local_c
df_da = df_db * local_b
df_dx = df_da * local_a
print(f"df/dc = {df_dc:.6f}\ndf/db = {df_db:.6f}\ndf/da = {df_da:.6f}\ndf/dx = {df_dx:.6f}")

# %% [markdown]
# So $f$ falls about 80 times as fast as $x$ grows. Nudging the whole function agrees:


# %%
def toy(x):
    return 2 / math.sin(math.exp(-x))


print("by hand:      ", df_dx)
print("by nudging:   ", slope(toy, x))
assert math.isclose(df_dx, -80.39305660176542, rel_tol=1e-12)
assert math.isclose(slope(toy, x), df_dx, rel_tol=1e-5)

# %% [markdown]
# Here is the picture. The function shoots to infinity on both sides (where $\sin$ is zero), and
# our number is the slope of the straight line.

# %% tags=["hide-input"]
grid = [-4.5075 + i * 0.0001 for i in range(256)]
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(grid, [toy(u) for u in grid], color="#0072B2", label="f")
near = [-4.508, -4.492]
ax.plot(near, [f + df_dx * (u - x) for u in near], "--", color="#D55E00", label="slope −80.4")
ax.plot([x], [f], "o", color="black")
ax.set(xlabel="x", ylabel="f(x)", ylim=(1, 6))
ax.legend()
plt.show()

# %% [markdown]
# ## Now the machine
#
# A `Value` is a number that remembers how it was computed. Write the formula as usual. Then
# `backward()` does exactly what we did: it goes back from the output and multiplies.

# %%
x = Value(-4.499, label="x")
a = (-x).named("a")
b = exp(a).named("b")
c = sin(b).named("c")
f = (2 / c).named("f")
f.backward()
for node in (f, c, b, a, x):
    print(f"{node.label}:  value {node.data:12.6f}   df/d{node.label} {node.grad:12.6f}")

# %%
by_hand = [1.0, df_dc, df_db, df_da, df_dx]
for node, number in zip((f, c, b, a, x), by_hand, strict=True):
    assert math.isclose(node.grad, number, rel_tol=1e-14)

# %% [markdown]
# The value remembers its whole history, so it can be drawn. Each card is one step: its formula,
# its value, and the derivative of $f$ by it. Each arrow carries the local derivative.

# %%
draw(f)

# %% [markdown]
# And it can be played. Press ▶, or use the arrow keys. First the five values are computed from
# left to right. Then the derivatives come back from right to left, one factor at a time.
#
# This one is *live*: its numbers can be moved, too. Drag the card of $x$ (with shift: in finer
# steps), use the arrow keys on it, or type a number below the picture. Everything follows.
#
# **Predict.** Drag $x$ slowly to the right, until $df/dx$ is 0. What is $f$ there? Guess first.

# %%
walkthrough(f, live=True)

# %% tags=["hide-input"]
ex.predict(
    "Where df/dx is 0, f is",
    answer=2,
    wrong={
        0: "2 divided by something is never 0",
        1: "that is c, the sine",
        2.164: "that is f where we started",
    },
    because="sin b is 1 there, the highest that a sine can be, and 2/1 = 2",
)

# %%
left, right = -4.499, -4.49
while left < (middle := (left + right) / 2) < right:  # halve the piece in which the sign changes
    u = Value(middle)
    (2 / sin(exp(-u))).backward()
    left, right = (middle, right) if u.grad < 0 else (left, middle)
print(f"df/dx = 0 at x = {left:.6f}: b = {math.exp(-left):.4f}, f = {toy(left)}")
print(f"the factor that is 0: cos b = {math.cos(math.exp(-left)):.1e}")
assert abs(toy(left) - 2) < 1e-12 and abs(math.cos(math.exp(-left))) < 1e-10

# %% [markdown]
# The steps as text, for the terminal (`python -m autodiff` prints it without any notebook):

# %%
print(walkthrough(f))

# %% tags=["hide-input"]
assert math.isclose(x.grad, slope(toy, -4.499), rel_tol=1e-5)

# %% [markdown]
# ## A slip that you can find on slides
#
# A well-known slide computes this very example. It rounds $b = 89.927$ to 90. Then it says
# $\sin 90 = 1$ and $\cos 90 = 0$, so $f = 2$ and $df/dx = 0$.
#
# **Predict.** Where is the mistake? When would the slide be right?

# %% tags=["hide-input"]
ex.predict(
    "What is wrong?",
    answer="the unit",
    wrong={
        "the formula": "the steps and their derivatives are right",
        "the rounding": "that is a second, smaller slip: see below",
        "the chain rule": "multiplying is right; a factor is not",
    },
    because="90 degrees is a quarter turn; 90 radians are more than 14 turns",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# $\sin 90 = 1$ holds for 90 **degrees**. Derivatives use radians: $\sin' = \cos$ is true for
# radians only. 90 radians are more than 14 full turns, and $\sin 90 = 0.894$. (Our
# $df/db = 0.893980$ looks almost the same as $\sin 90 = 0.893997$. That is a coincidence: one is
# $-2\cos b/\sin^2 b$, and the two part as soon as $x$ moves.)
#
# With the slide's numbers there *is* a place where it is right, and you have dragged $x$ there:
# $\sin$ is 1 and $\cos$ is 0 after 14 turns and a quarter, at $b = 28.5\,\pi$, that is
# $x = -\ln(28.5\,\pi) \approx -4.4946$.
#
# </details>

# %%
print("df/db", df_db, " sin 90", math.sin(90))
assert abs(df_db - math.sin(90)) < 2e-5  # near each other here ...


def by_b(x):
    """df/db at another x."""
    return -2 * math.cos(math.exp(-x)) / math.sin(math.exp(-x)) ** 2


print("at x = -4.5:", by_b(-4.5))
assert abs(by_b(-4.5) - math.sin(90)) > 0.2  # ... and not there
right_place = -math.log(28.5 * math.pi)
print(f"the slide is right at x = {right_place:.6f}: f = {toy(right_place)}")
assert abs(toy(right_place) - 2) < 1e-12 and abs(slope(toy, right_place)) < 1e-4

# %% [markdown]
# If the sine took degrees, the whole function would be another one, with an extra step
# $b' = b\,\pi/180$ and its own factor. Let us compute that one properly:

# %%
x = Value(-4.499, "x")
in_degrees = 2 / sin(exp(-x) * (math.pi / 180))
in_degrees.backward()
print("f    ", in_degrees.data)
print("df/dx", x.grad)
assert abs(in_degrees.data - 2.0) < 1e-5  # the slide's 2 ...
assert 0.0 < x.grad < 0.005  # ... and almost its 0: b is near 90°, the top of the sine

# %% [markdown]
# **Predict.** In radians $f$ shoots to infinity 0.013 to the left of $x$, where $b$ is 29 half
# turns. Drag $x$ to the left here, where $b$ is in degrees: how far is it to the first pole?

# %%
draw(in_degrees, live=True)

# %% tags=["hide-input"]
ex.predict(
    "How far to the left, in degrees?",
    answer=0.694,
    wrong={
        0.013: "that is the way in radians; degrees are smaller, so b has farther to go",
        90: "b has 90 degrees to go; but how far has x?",
        2: "b must double; how far must x move, so that e^-x doubles?",
    },
    because="sin is 0 again at 180 degrees: e^-x must double, and ln 2 is 0.69",
)

# %%
to_the_pole = math.log(180 / math.exp(4.499))
print("in radians:", -4.499 + math.log(29 * math.pi), "  in degrees:", to_the_pole)
assert abs(math.sin(math.radians(math.exp(4.499 + to_the_pole)))) < 1e-12
assert abs(to_the_pole - 0.694) < 1e-3

# %% [markdown]
# ## A second slip: rounding in the middle
#
# Suppose we notice the radians, but still round $b$ to 90 before the backward pass. That is a
# change of less than one part in a thousand. What does it do to the derivative?

# %%
rounded = -2 / math.sin(90) ** 2 * math.cos(90) * 90 * -1
print(f"with b = 89.927…: {df_dx:.1f}\nwith b = 90:      {rounded:.1f}")
assert abs(rounded + 100.9) < 0.05

# %% [markdown]
# A quarter more! The sine sees the *absolute* change of $b$, and 0.073 radians is a lot on a
# circle of 6.28. **Never round before the end.**
#
# ## A second function, in full
#
# Compute $dg/dx$ for $g(x) = \ln(1 + e^{x})$ at $x = 0.5$: first by hand in steps, then
# with `Value`, then by nudging.

# %% tags=["hide-input"]
ex.predict(
    "dg/dx at 0.5, two digits?",
    answer=0.6225,
    tolerance=0.02,
    wrong={
        1.6487: "that is ∂a/∂x alone",
        0.3775: "that is ∂g/∂b alone: 1/b",
    },
    because="a/(1 + a)",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $a = e^x$, $b = 1 + a$, $g = \ln b$. The factors are $1/b$, $1$ and $a$, so
# $dg/dx = a/(1 + a) = e^x/(1 + e^x) \approx 0.6225$. This is the *sigmoid*; we meet it again
# in notebook 7.
#
# </details>

# %%
from autodiff import log

x = Value(0.5, "x")
g = log(1 + exp(x))
g.backward()
by_hand = math.exp(0.5) / (1 + math.exp(0.5))
print(x.grad, by_hand, slope(lambda u: math.log(1 + math.exp(u)), 0.5))
assert math.isclose(x.grad, by_hand)
assert math.isclose(x.grad, slope(lambda u: math.log(1 + math.exp(u)), 0.5), rel_tol=1e-8)

# %% [markdown]
# ## What you take with you
#
# - Cut a function into steps; each step knows its **local derivative**.
# - The **forward pass** computes and keeps the values. The **backward pass** multiplies local
#   derivatives from the output to the input.
# - A derivative is easy to check: nudge and look.
#
# So far each value was used only once. What if it is used twice? → **2 · Many paths**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** • · `derivative(x)`: df/dx of f = sqrt(1 + sin(x\*\*2)).


# %%
def derivative(x):
    return None  # your code


ex.check_nest(derivative)

# %% [markdown]
# **2** •• · `place(k)`: the x at which 2/sin(exp(-x)) is exactly 2 with slope 0, as the slide says.
#
# That is where exp(-x) is a quarter turn after k full turns; for k = 14 it is near the slide's.


# %%
def place(k):
    return None  # your code


ex.check_slide(place)

# %% [markdown]
# **3** •• · `errors(x, digits)`: how far off b and df/dx are if b is rounded to that many digits.
#
# f = 2/sin(b), b = exp(-x). Give [round(b, digits) - b, slope with the rounded b - slope].


# %%
def errors(x, digits):
    return None  # your code


ex.check_rounding(errors)
