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
# # 18 · Debug a gradient
#
# **The question.** The loss does not fall. There is no error message: a wrong gradient is a number
# like any other. How do you find out what is wrong?
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
from itertools import pairwise

import exercises as ex
import nn
from autodiff import GradientCheckError, Value, check_gradients, draw, exp, log, relu, tanh

# %% [markdown]
# ## A recipe
#
# From cheap to dear. Stop at the first step that says something.
#
# 1. **Loss at the start.** Does it have the value of a model that knows nothing ($\log n$ for $n$
#    classes, the variance of the targets for squares)?
# 2. **One example.** Can the model learn a single example by heart? If not, it is not the data.
# 3. **Zeros.** Which parameters have a gradient of exactly 0? They are cut off, or dead.
# 4. **nan and inf.** Where is the *first* one, in the forward pass?
# 5. **Nudge.** `check_gradients` on the smallest piece that misbehaves. A ratio of exactly 2, $N$
#    or $-1$ between the gradient and its check names the fault.
# 6. **The loop.** If gradients are right and the loss does not fall: zero them, look at the sign,
#    then at the learning rate.
#
# Here is a run that works: a line through six points. After it come nine that are sick.

# %%
xs = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
ys = [2 * x + 1 for x in xs]


def run(steps=60, rate=0.2, *, loss=nn.mse, zero=True, sign=-1.0, model=None, start=0.0):
    """Train; the losses of all steps, and the parameters."""
    w, b = Value(start, "w"), Value(start, "b")
    model = model or (lambda w, b, x: w * x + b)
    losses = []
    for _ in range(steps):
        if zero:
            w.grad = b.grad = 0.0
        E = loss([model(w, b, x) for x in xs], ys)
        E.backward()
        losses.append(E.data)
        w.data += sign * rate * w.grad
        b.data += sign * rate * b.grad
    return losses, (w, b)


losses, (w, b) = run()
print(
    "healthy:",
    round(losses[0], 4),
    "→",
    f"{losses[-1]:.1e}",
    " w, b =",
    round(w.data, 3),
    round(b.data, 3),
)
assert losses[-1] < 1e-4

# %% [markdown]
# **Predict.** In one of the nine runs the gradients are never set to zero. What will its loss do?

# %% tags=["hide-input"]
ex.predict(
    "Without zero_grad the loss",
    answer="swings up and down",
    wrong={
        "falls, only more slowly": "the steps grow with every gradient that is kept",
        "stays": "the steps grow",
        "is nan at once": "the first step is right",
    },
    because="old gradients push on like a heavy ball",
)

# %% [markdown]
# ## Nine patients
#
# | | fault | how it shows |
# |---|---|---|
# | 1 | gradients are not set to zero | the loss swings |
# | 2 | the sign: uphill | the loss grows from the first step |
# | 3 | learning rate too large | the loss grows, swinging |
# | 4 | learning rate too small | the loss creeps |
# | 5 | a sum for a mean | as 3, although the rate was right for the mean |
# | 6 | a `.data` in the model | one gradient is exactly 0 |
# | 7 | a dead ReLU | all its gradients are exactly 0 |
# | 8 | all weights start at 0 in a deep net | zeros, or all neurons stay equal |
# | 9 | log of a probability of 0 | an error or nan in the forward pass |

# %%
patients = {
    "1 no zero": run(zero=False),
    "2 uphill": run(10, sign=1.0),
    "3 rate too large": run(10, rate=1.2),
    "4 rate too small": run(rate=0.0005),
    "5 sum for mean": run(10, loss=lambda p, y: nn.mse(p, y, reduction="sum")),
    "6 .data": run(model=lambda w, b, x: w.data * x + b),
    "7 dead": run(model=lambda w, b, x: relu(w * x + b - 5.0)),
}
for name, (history, (w, b)) in patients.items():
    print(
        f"{name:17s} {history[0]:8.3f} → {history[-1]:9.3g}  dw = {w.grad:9.3g}  db = {b.grad:9.3g}"
    )
ends = {name[0]: history[-1] / history[0] for name, (history, _) in patients.items()}
assert ends["2"] > 1 and ends["3"] > 1 and ends["5"] > 1 and ends["4"] > 0.8
curve = patients["1 no zero"][0]
assert sum(u < v for u, v in pairwise(curve)) > 15  # it rises again and again
assert patients["6 .data"][1][0].grad == 0.0
assert patients["7 dead"][1][0].grad == patients["7 dead"][1][1].grad == 0.0

# %% [markdown]
# Patient 8: two tanh neurons and all weights 0. By hand: $dL/dv_i = g\,h_i = 0$ since $h_i = 0$,
# and $dL/dw_i = g\,v_i(1 - h_i^2)\,x = 0$ since $v_i = 0$. And patient 9: the first nan or error
# is where to look, not the last.

# %%
x, y = 0.7, 1.0
ws, vs = [Value(0.0, "w1"), Value(0.0, "w2")], [Value(0.0, "v1"), Value(0.0, "v2")]
((sum(v * tanh(w * x) for v, w in zip(vs, ws, strict=True)) - y) ** 2).backward()
print("8: dL/dw", [w.grad for w in ws], "dL/dv", [v.grad for v in vs])
assert all(p.grad == 0.0 for p in (*ws, *vs))

try:
    probability = exp(Value(-800.0))  # too small for a float: 0
    log(probability)
    outcome = "fine"
except ValueError as error:
    outcome = str(error).splitlines()[0]
print("9:", outcome)
assert outcome != "fine"

# %% [markdown]
# ## The ratio names the fault
#
# Step 5 in practice. Somebody has derived the gradient of $L = \frac1N\sum (w x_n + b - y_n)^2$ by
# hand, and forgot the $\frac1N$. (Another forgot the 2.)
#
# **Predict.** $N = 6$. What is the ratio of the first one's gradient to the right one?

# %% tags=["hide-input"]
ex.predict(
    "The ratio?",
    answer=6,
    tolerance=0.01,
    wrong={
        2: "that is the other one, and it would be 1/2",
        0.1667: "the division by 6 is missing: too large or too small?",
        36: "one factor N is missing",
    },
    because="N",
)


# %%
def mean_loss(w, b):
    return nn.mse([w * x + b for x in xs], ys)


def forgot_mean(w, b):
    errors = [w * x + b - y for x, y in zip(xs, ys, strict=True)]
    return 2 * sum(e * x for e, x in zip(errors, xs, strict=True)), 2 * sum(errors)


check_gradients(mean_loss, 0.3, -0.2, order=1)  # the engine is not the patient
try:
    check_gradients(mean_loss, 0.3, -0.2, gradient=forgot_mean)
    report = "passed"
except GradientCheckError as error:
    report = str(error)
print(report)
w, b = Value(0.3), Value(-0.2)
mean_loss(w, b).backward()
ratios = [
    wrong / right for wrong, right in zip(forgot_mean(0.3, -0.2), (w.grad, b.grad), strict=True)
]
print("ratios", ratios)
assert report != "passed" and all(math.isclose(r, 6.0) for r in ratios)

# %% [markdown]
# ## Look at it
#
# For a small graph nothing beats a picture. Patient 6, one example: where does $w$ stand?

# %%
w, b = Value(0.5, "w"), Value(0.1, "b")
loss = ((w.data * 1.5 + b - 4.0) ** 2).named("loss")
loss.backward()
labels = []
stack = [loss]
while stack:
    node = stack.pop()
    labels.append(node.label)
    stack += node.parents
print("w in the graph:", "w" in labels, "  b in the graph:", "b" in labels)
assert "w" not in labels and "b" in labels
draw(loss)

# %% [markdown]
# ## What you take with you
#
# - From cheap to dear: loss at the start, one example, zeros, the first nan, nudging, the loop.
# - A gradient that is exactly 0 is cut off or dead; a ratio of 2, $N$ or $-1$ names a slip.
# - `check_gradients` on the smallest piece ends every quarrel.
#
# Some numbers are wrong although every formula is right. → **19 · Numerical stability**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `check(f, df, x)`: True if df(x) is the slope of f at x, by nudging; False if it is
# off by 1e-3.
#
# Right at x = 9, where exp is 8000, and at x = -6, where it is 0.002, too.


# %%
def check(f, df, x):
    return None  # your code


ex.check_check(check)

# %% [markdown]
# **2** • · `first(values)`: the index of the first number of a forward pass that is nan or inf;
# else -1.


# %%
def first(values):
    return None  # your code


ex.check_first_bad(first)

# %% [markdown]
# **3** • · `cause(symptom)`: the likeliest of "no zero_grad", "detached", "rate too large", "sum
# for mean", "dead relu", "= for +=".
#
# The symptoms: "twice as large at each step"; "exactly 0 everywhere, loss changes nothing"; "nan
# from the third step on"; "right by 1/N"; "one neuron always 0"; "right but for shared values".


# %%
def cause(symptom):
    return None  # your code


ex.check_symptoms(cause)

# %% [markdown]
# **4** •• · `find(nudged, given)`: which of the given gradients is wrong, and by what factor.
#
# `nudged` are the right ones, by differences; exactly one of `given` is a multiple of it.


# %%
def find(nudged, given):
    return None  # your code


ex.check_find(find)
