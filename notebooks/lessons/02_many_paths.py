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
# # 2 · Many paths
#
# **The question.** In notebook 1 every value was used once, so one path led from the input to the
# output. Now look at
#
# $$c = x^2 \cdot \sin x$$
#
# Here $x$ acts on $c$ along *two* paths. How do their influences combine? And what happens when
# there are not two paths but a billion billion?
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
from autodiff import Value, count_paths, derivation, draw, sin, walkthrough


def slope(g, u, h=1e-6):
    """The derivative by nudging, as in notebook 1."""
    return (g(u + h) - g(u - h)) / (2 * h)


# %% [markdown]
# ## Two paths
#
# Name the pieces: $a_1 = x^2$, $a_2 = \sin x$, $c = a_1 a_2$. A nudge of $x$ moves $a_1$ **and**
# $a_2$. Each of them moves $c$. For tiny nudges the two movements simply **add**:
#
# $$\frac{dc}{dx} = \sum_i \frac{dc}{da_i}
# \frac{\partial a_i}{\partial x}
# = \underbrace{a_2 \cdot 2x}_{\text{through } a_1}
# + \underbrace{a_1 \cdot \cos x}_{\text{through } a_2}$$
#
# That is the multivariate chain rule: **multiply along a path, add over the paths.**

# %%
x = 1.2
through_a1 = math.sin(x) * 2 * x
through_a2 = x**2 * math.cos(x)
by_hand = through_a1 + through_a2
print(f"{through_a1:.6f} + {through_a2:.6f} = {by_hand:.6f}")

# %%
x = Value(1.2, "x")
a1 = (x**2).named("a1")
a2 = sin(x).named("a2")
c = (a1 * a2).named("c")
c.backward()
print("engine: ", x.grad)
print("nudging:", slope(lambda u: u**2 * math.sin(u), 1.2))
assert math.isclose(x.grad, by_hand)
assert math.isclose(x.grad, slope(lambda u: u**2 * math.sin(u), 1.2), rel_tol=1e-8)

# %% [markdown]
# Step through it. Watch the card of $x$ in the backward pass: the first contribution writes a
# number there, and the second one **adds** to it.
#
# **Predict.** Now drag $x$ to the right. Between 1.2 and 3 the two contributions cancel: at
# which $x$? (On paper: the two products of the formula add up to 0.)

# %%
walkthrough(c, live=True)

# %% tags=["hide-input"]
ex.predict(
    "The two paths cancel at x = ?",
    answer=2.289,
    wrong={
        1.5708: "there cos x is 0, so the path through a2 brings nothing; the other one does",
        3.1416: "there sin x is 0, so the path through a1 brings nothing; the other one does",
        0: "there each of them is 0; look between 1.2 and 3",
    },
    because="2x sin x = -x² cos x, that is tan x = -x/2",
)

# %%
low, high = 1.2, 3.0
while low < (middle := (low + high) / 2) < high:
    u = Value(middle)
    (u**2 * sin(u)).backward()
    low, high = (middle, high) if u.grad > 0 else (low, middle)
print(f"x = {low:.6f}: {math.sin(low) * 2 * low:.6f} + ({low**2 * math.cos(low):.6f})")
assert math.isclose(math.tan(low), -low / 2, rel_tol=1e-12)
assert abs(low - 2.28893) < 1e-5

# %% [markdown]
# The engine can also write the sum down: first in symbols, then with the formulas, then with the
# numbers.

# %%
print(derivation(c, x))

# %% [markdown]
# ## All paths, by brute force
#
# A `Value` knows its operands and the local derivative by each of them. So listing all paths from
# the output back to `x` takes a few lines.


# %%
def all_paths(node, target):
    """Every path from node back to target, as a list of (name, local derivative)."""
    if node is target:
        return [[]]
    found = []
    for parent, local in zip(node.parents, node.local_derivatives, strict=True):
        step = (f"∂{node.label}/∂{parent.label}", local())  # one step alone
        found += [[step, *rest] for rest in all_paths(parent, target)]
    return found


x = Value(0.7, "x")
p = (x * x).named("p")
q = sin(p).named("q")
r = (p + q).named("r")
s = (q * r).named("s")

total = 0.0
for path in all_paths(s, x):
    product = math.prod(factor for _, factor in path)
    total += product
    print(f"{product:10.6f}  =  " + " · ".join(name for name, _ in path))
print(f"{total:10.6f}  =  ds/dx")


def s_by(u):
    return math.sin(u * u) * (u * u + math.sin(u * u))


assert len(all_paths(s, x)) == count_paths(s, x) == 6
assert math.isclose(total, slope(s_by, 0.7), rel_tol=1e-8)  # by nudging

# %% [markdown]
# ## d and ∂
#
# Here the two signs of notebook 1 part for the first time. Take the last step, $s = q \cdot r$ with
# $r = p + q$:
#
# - $\partial s/\partial q = r$: one step, **that operand alone**. It is the number on the wire.
# - $ds/dq = r + q$: **through all paths**, and one of them goes through $r$. It is the number on
#   the card.
#
# $$\frac{ds}{dq} = \underbrace{\frac{ds}{ds}\cdot\frac{\partial s}{\partial q}}_{\text{direct}} +
# \underbrace{\frac{ds}{dr}\cdot\frac{\partial r}{\partial q}}_{\text{through } r}
# \qquad\qquad \frac{dL}{dv} = \sum_{\text{uses } z \text{ of } v}
# \frac{dL}{dz}\cdot\frac{\partial z}{\partial v}$$
#
# The formula on the right is all of backpropagation: the result $L$, any value $v$, and one term
# for each **use** of $v$. If an operation uses $v$ twice, as $v \cdot v$ does, that is two uses.
#
# > **Books write ∂L/∂w.** A leaf such as a weight depends on nothing, so among leaves "all others
# > held fixed" and "through all paths" are the same number: our $dL/dw$ is the books'
# > $\partial L/\partial w$.

# %%
s.backward()
local = dict(zip(("q", "r"), (d() for d in s.local_derivatives), strict=True))
print(f"∂s/∂q = {local['q']:.3f}    ds/dq = {q.grad:.3f}")
assert math.isclose(local["q"], r.data) and math.isclose(q.grad, r.data + q.data)


def s_of(q_step, q_whole):
    """s, with q nudged in the last step alone, or everywhere."""
    return (q.data + q_step + q_whole) * (p.data + q.data + q_whole)


print("by nudging:", slope(lambda h: s_of(h, 0.0), 0.0), slope(lambda h: s_of(0.0, h), 0.0))
assert math.isclose(slope(lambda h: s_of(h, 0.0), 0.0), local["q"], rel_tol=1e-8)
assert math.isclose(slope(lambda h: s_of(0.0, h), 0.0), q.grad, rel_tol=1e-8)
s.zero_grad()

# %% [markdown]
# **Predict.** $x \cdot x$ is a product of $x$ with itself. How many paths does that make?

# %% tags=["hide-input"]
ex.predict(
    "How many paths lead from x to p = x·x?",
    answer=2,
    wrong={
        1: "the product has two factors, and x is both of them",
    },
    because="one through each factor",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Two: one through the left factor, one through the right. Each has the local derivative $x$, so
# together they give $2x$, as they must. That is why every line above appears twice.
#
# </details>

# %%
s.backward()
assert math.isclose(x.grad, total)
draw(s, direction="down")

# %% [markdown]
# ## The number of paths explodes
#
# Build a ladder: $v_1 = x + x$, $v_2 = v_1 + v_1$, and so on. Each rung doubles the number of
# paths. With $n$ rungs there are $2^n$.
#
# **Predict.** How long does the engine need for 60 rungs, that is for
# 1 152 921 504 606 846 976 paths?

# %% tags=["hide-input"]
ex.predict(
    "For 60 rungs the engine needs about",
    answer="a millisecond",
    wrong={
        "an hour": "one path a nanosecond would take 36 years",
        "thirty years": "that is what listing the paths would take",
    },
    because="it visits each node once",
)

# %% [markdown]
# (`count_paths(y, x)` counts without listing. It is the reverse sweep with every local derivative
# replaced by 1: a node hands the number of ways to the top on to its operands.)


# %%
def ladder(rungs):
    start = Value(1.0, "x")
    top = start
    for _ in range(rungs):
        top = top + top
    return start, top


for rungs in (1, 2, 3, 10):
    start, top = ladder(rungs)
    print(f"{rungs:3d} rungs: {len(all_paths(top, start)):5d} paths")
    assert count_paths(top, start) == len(all_paths(top, start)) == 2**rungs

start, top = ladder(60)
top.backward()
print(f" 60 rungs: derivative {start.grad:.0f}, {count_paths(top, start)} paths")
assert start.grad == 2.0**60

# %% [markdown]
# <details><summary>Reveal</summary>
#
# No time at all: 60 steps. The engine does not walk along paths. It visits each **node** once,
# when everything above it is finished. Shared pieces of paths are computed once.
#
# $$\text{work of path by path} \sim 2^n \qquad \text{work of node by node} \sim n$$
#
# </details>

# %% tags=["hide-input"]
rungs = range(1, 31)
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.semilogy(rungs, [2**n for n in rungs], "o-", ms=3, color="#D55E00", label="paths")
ax.semilogy(rungs, [2 * n for n in rungs], "o-", ms=3, color="#0072B2", label="edges visited")
ax.set(xlabel="rungs of the ladder", ylabel="count (logarithmic)")
ax.legend()
plt.show()

# %% [markdown]
# ## Why the order matters
#
# Visit each node once: but *when*? Here is the most obvious backward pass. It adds a contribution
# to the operand's gradient, then goes on to that operand at once.


# %%
def eager_backward(node, grads):
    """WRONG, on purpose: hurries on before the gradient of `node` is complete."""
    for parent, local in zip(node.parents, node.local_derivatives, strict=True):
        grads[parent] = grads.get(parent, 0.0) + local() * grads[node]
        eager_backward(parent, grads)


# %% [markdown]
# Try it on the smallest ladder: $b = a + a$ and $c = b + b$. So $c = 4a$ and $dc/da = 4$.
#
# **Predict.** What does the hasty version give?

# %% tags=["hide-input"]
ex.predict(
    "dc/da by the hasty version?",
    answer=6,
    wrong={
        4: "that is the right derivative; the hasty version gets another number",
        8: "not everything is counted twice",
        2: "follow each visit to b: there are two",
    },
    because="the first contribution to b is passed on twice",
)

# %%
a = Value(3.0, "a")
b = (a + a).named("b")
c = (b + b).named("c")
grads = {c: 1.0}
eager_backward(c, grads)
print("hasty version:", grads[a])
assert grads[a] == 6.0  # and not 4

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Six. The first visit to $b$ brings 1, and is passed on: $a$ gets $1 + 1 = 2$. Then the second
# contribution arrives at $b$, whose gradient is now 2, and *the whole 2* is passed on: $a$ gets
# $2 + 2$ more. The first 1 has been counted twice.
#
# </details>
#
# The cure: pass a gradient on only when it is **complete**, when all users of the node have
# contributed. An order in which every node comes before its operands is a (reversed)
# **topological order**. A depth-first walk finds one:


# %%
def topological_order(node, order, seen):
    if id(node) not in seen:
        seen.add(id(node))
        for parent in node.parents:
            topological_order(parent, order, seen)
        order.append(node)  # after all of its operands
    return order


def patient_backward(output):
    grads = {output: 1.0}
    for node in reversed(topological_order(output, [], set())):
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            grads[parent] = grads.get(parent, 0.0) + local() * grads[node]
    return grads


print("patient version:", patient_backward(c)[a])
assert patient_backward(c)[a] == 4.0

# %% [markdown]
# One more mistake that everybody makes once: `=` where `+=` belongs. Then the last path wins and
# the others are forgotten.


# %%
def forgetful_backward(output):
    """WRONG, on purpose: overwrites instead of adding."""
    grads = {output: 1.0}
    for node in reversed(topological_order(output, [], set())):
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            grads[parent] = local() * grads[node]
    return grads


print("forgetful:", forgetful_backward(c)[a])
assert forgetful_backward(c)[a] == 1.0
c.backward()
print("engine:   ", a.grad)
assert a.grad == slope(lambda u: (u + u) + (u + u), 3.0, h=0.5) == 4.0

# %% [markdown]
# ## Depth
#
# Our `topological_order` calls itself. On a long chain Python gives up. The engine walks without
# recursion, so a chain of a hundred thousand steps is fine.

# %%
x = Value(1.0, "x")
long_chain = x
for _ in range(100_000):
    long_chain = long_chain + 1e-5

limit = sys.getrecursionlimit()
try:
    topological_order(long_chain, [], set())
    gave_up = False
except RecursionError:
    gave_up = True
print(f"ours gave up (Python's limit is {limit} calls): {gave_up}")
long_chain.backward()
print("engine:", x.grad)
assert gave_up and x.grad == 1.0

# %% [markdown]
# ## What you take with you
#
# - Multiply along a path, **add** over the paths: gradients accumulate with `+=`.
# - There may be exponentially many paths, but only as many steps as edges.
# - A node passes its gradient on when it is complete: that is what the **topological order** is
#   for.
#
# You now know backpropagation.
# First look at it once more, as at a circuit. → **3 · Gates**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** • · `derivatives(p, q)` for s = q\*r with r = p + q: [∂s/∂q, ds/dq, ds/dp].
#
# ∂s/∂q is the step from q to s alone, with r held fixed; d goes through all paths.


# %%
def derivatives(p, q):
    return None  # your code


ex.check_local_and_whole(derivatives)

# %% [markdown]
# **2** •• · `count(root, leaf, parents)`: how many paths lead from the leaf to the root, in one
# sweep.
#
# `parents(node)` gives the operands of a node, twice if it is used twice. From a node to itself
# there is one path. A graph of 41 nodes here has a million million paths: visit each node once.


# %%
def count(root, leaf, parents):
    return None  # your code


ex.check_count_paths(count)

# %% [markdown]
# **3** •• · `backward(root)`: fill in `grad` of every node that root depends on.
#
# A node has `parents`, `locals` (the local derivative towards each) and `grad`, 0.0 at first. The
# eager one goes down at once, and passes on what has not all arrived yet: make it wait.


# %%
def backward(root):
    return None  # your code


ex.check_eager(backward)

# %% [markdown]
# **4** ••• · `derivatives(x, y)` for f = a\*sin(y) - x\*y with a = x\*x: [df/dx, df/dy].


# %%
def derivatives(x, y):
    return None  # your code


ex.check_two_paths(derivatives)
