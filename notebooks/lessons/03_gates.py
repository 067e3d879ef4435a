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
# # 3 · Gates
#
# **The question.** A circuit diagram can be read at a glance: what flows where, and what stops it.
# Can a backward pass be read like that, without a formula?
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

import exercises as ex
from autodiff import Value, check_gradients, draw, exp, maximum, tanh

# %% [markdown]
# ## Three gates
#
# Send a gradient $g$ backwards into an operation. What comes out towards each operand? It is $g$
# times the local derivative, so the three most frequent operations have three characters:
#
# | gate | local derivatives | backwards it |
# |---|---|---|
# | $x + y$ | 1 and 1 | **copies**: both get $g$ |
# | $x \cdot y$ | $y$ and $x$ | **swaps**: each gets $g$ times *the other* |
# | $\max(x, y)$ | 1 for the larger, 0 for the smaller | **routes**: the larger gets $g$ |
#
# **Predict.** $x = 3$, $y = -2$, and $g = 5$ arrives.

# %% tags=["hide-input"]
ex.predict(
    "What does the mul gate pass to x?",
    answer=-10,
    wrong={
        15: "that is g times x; the gate swaps",
        5: "that is what an add gate passes",
        -2: "that is the local derivative; it is multiplied by what arrives",
    },
    because="5 · (−2)",
)

# %% tags=["hide-input"]
ex.predict(
    "What does the max gate pass to y?",
    answer=0,
    wrong={
        5: "the larger one gets it, and that is x",
        2.5: "only a tie is split",
    },
    because="all of it goes to x",
)


# %%
def passes(gate, x=3.0, y=-2.0, g=5.0):
    """What a gate passes to x and to y when g arrives, by the engine."""
    x, y = Value(x), Value(y)
    (g * gate(x, y)).backward()
    return x.grad, y.grad


def nudged(gate, x=3.0, y=-2.0, g=5.0, h=1e-6):
    by_x = g * (gate(x + h, y) - gate(x - h, y)) / (2 * h)
    by_y = g * (gate(x, y + h) - gate(x, y - h)) / (2 * h)
    return by_x, by_y


gates = {"add": lambda x, y: x + y, "mul": lambda x, y: x * y, "max": maximum}
by_hand = {"add": (5.0, 5.0), "mul": (5.0 * -2.0, 5.0 * 3.0), "max": (5.0, 0.0)}
for name, gate in gates.items():
    print(name, "by hand", by_hand[name], "engine", passes(gate), "nudged", nudged(gate))
    assert passes(gate) == by_hand[name]
    assert all(
        math.isclose(a, b, abs_tol=1e-7) for a, b in zip(nudged(gate), by_hand[name], strict=True)
    )

# %% [markdown]
# And a **wire that splits**, a value that is used twice? Forwards it copies, so backwards it
# **adds**. That is notebook 2. Copying and adding are each other's way back.
#
# ## Reading a circuit
#
# $f = (a + b) \cdot \max(b, c)$ at $a = 1$, $b = 4$, $c = 2$. No formula of a derivative is
# needed. Start with 1 at $f$. The mul gate swaps: the sum gets $\max = 4$, the max gets the sum,
# 5. The add gate copies: $a$ gets 4, $b$ gets 4. The max gate routes its 5 to $b$, the larger one.
#    $b$ is used twice: add.
#
# **Predict.** The three derivatives.

# %% tags=["hide-input"]
ex.predict(
    "df/db?",
    answer=9,
    wrong={
        4: "b has a second use, in the max",
        5: "b has a second use, in the sum",
        20: "contributions are added, not multiplied",
    },
    because="4 through the sum and 5 through the max",
)

# %%
a, b, c = Value(1.0, "a"), Value(4.0, "b"), Value(2.0, "c")
f = ((a + b).named("s") * maximum(b, c).named("m")).named("f")
f.backward()
print("df/da", a.grad, " df/db", b.grad, " df/dc", c.grad)
assert (a.grad, b.grad, c.grad) == (4.0, 9.0, 0.0)
check_gradients(lambda a, b, c: (a + b) * maximum(b, c), 1.0, 4.0, 2.0, order=1)
draw(f)

# %% [markdown]
# A consequence that matters in practice: with a mul gate, a **large** input makes the gradient of
# *the other* large. Multiply all inputs of a neuron by 1000, and the gradients of its weights are
# 1000 times as large. That is why data is scaled before training.
#
# ## Big gates, small gates
#
# Is tanh a gate, or is it a circuit? You may choose. As one gate its local derivative is
# $1 - \tanh^2$. As a circuit of small gates:
#
# $$e = \exp(2x) \qquad n = e - 1 \qquad d = e + 1 \qquad t = \frac{n}{d}$$
#
# By hand: $\partial t/\partial n = 1/d$ and $\partial t/\partial d = -n/d^2$. The add gates copy
# both to $e$, where they are added: $dt/de = 1/d - n/d^2 = 2/d^2$. Then
# $\partial e/\partial x = 2e$.
#
# **Predict.** Will the pieces give the same gradient as the big gate?

# %% tags=["hide-input"]
ex.predict(
    "The circuit gives",
    answer="the same gradient",
    wrong={
        "a larger gradient": "the chain rule does not care where the cuts are",
        "a smaller gradient": "the chain rule does not care where the cuts are",
    },
    because="cuts are a matter of taste; the derivative is not",
)

# %%
x = Value(0.8, "x")
e = exp(2 * x).named("e")
n, d = (e - 1).named("n"), (e + 1).named("d")
t = (n / d).named("t")
t.backward()

whole = Value(0.8)
tanh(whole).backward()
by_hand = 2 / d.data**2 * 2 * e.data
by_nudging = (math.tanh(0.8 + 1e-6) - math.tanh(0.8 - 1e-6)) / 2e-6
print("pieces", x.grad, " one gate", whole.grad, " by hand", by_hand, " nudged", by_nudging)
assert math.isclose(x.grad, whole.grad, rel_tol=1e-12) and math.isclose(x.grad, by_hand)
assert math.isclose(x.grad, by_nudging, rel_tol=1e-8)
draw(t)

# %% [markdown]
# So an engine may have few gates or many. Big ones make small graphs, and can be computed with more
# care: at $x = 400$ the pieces overflow, and the gate does not.

# %%
print("one gate at 400:", tanh(Value(400.0)).data)
try:
    exp(Value(800.0))
    outcome = "fine"
except OverflowError as error:
    outcome = f"in pieces: OverflowError: {str(error).splitlines()[0]}"
print(outcome)
assert tanh(Value(400.0)).data == 1.0 and outcome != "fine"

# %% [markdown]
# ## What you take with you
#
# - Backwards, **add copies, mul swaps, max routes**; a value used twice **adds**.
# - A gradient can be read off a circuit, gate by gate.
# - Where you cut a function into gates changes the graph, never the derivative.
#
# By hand, by gates, by nudging: which ways are there, and why is one used? → **4 · Four ways to
# differentiate**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** • · `backward(x, y, g)`: what x + y, x\*y and max(x, y) pass to x and to y, if g arrives.
#
# Six numbers: [x of add, y of add, x of mul, y of mul, x of max, y of max].


# %%
def backward(x, y, g):
    return None  # your code


ex.check_gates(backward)

# %% [markdown]
# **2** •• · `derivatives(x)` for t = n/d, n = e - 1, d = e + 1, e = exp(2\*x): [dt/dn, dt/dd,
# dt/de, dt/dx].
#
# The last one must be 1 - tanh(x)\*\*2.


# %%
def derivatives(x):
    return None  # your code


ex.check_tanh_pieces(derivatives)

# %% [markdown]
# **3** •• · `derivatives(a, b, c)` for f = (a + b)\*max(b, c): [df/da, df/db, df/dc], gate by gate.


# %%
def derivatives(a, b, c):
    return None  # your code


ex.check_circuit(derivatives)
