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
# # 6 · Build your own Value
#
# **The question.** How much code does it take to build a machine that differentiates?
#
# Guess a number of lines. Then build it. Every step has a **checker**. It runs your code on random
# graphs, tells you what is wrong, and gives a hint. Any correct solution passes.
#
# As you open this notebook, most checkers say ✗. Turning them into ✓ is your job.
#
# The steps are numbered 1 to 12. The first two build graphs of a single operation; graphs of
# several operations come with step 4.
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it. The checkers are in the
# folder notebooks/exercises of the repository: put it next to this notebook.
# # %pip install "scalar-autodiff[plot]"

# %%
import math
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

import exercises as ex
from autodiff import Value as Engine
from exercises.solutions import value, witnesses

# %% [markdown]
# ## What must a number remember?
#
# To go back from a result to its inputs, a number needs three things besides its value:
#
# 1. its **parents**: the numbers that it was made of;
# 2. the **local derivative** towards each parent;
# 3. a place for its **gradient**, 0 at first.
#
# Here is the start. Addition is done: $z = x + y$ has the local derivatives 1 and 1. The rest is
# yours. Come back to this cell for each step, change it, and run it again.


# %%
class Value:
    def __init__(self, data, parents=(), local=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.local = local

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    __radd__ = __add__  # Python calls this for 1 + a

    # Step 2: __mul__ and __rmul__

    # Step 6: __pow__, for a fixed exponent

    # Step 7: tanh

    # Steps 8 to 12: __sub__ and __rsub__, __truediv__ and __rtruediv__, exp, log, relu

    def backward(self):
        # Step 1: self gets 1.0, each parent local * self.grad. (Step 4 makes it work on any graph.)
        pass


# %%
total = Value(2.0) + Value(3.0)
print(total.data, [parent.data for parent in total.parents], total.local)
assert total.data == 5.0 and len(total.parents) == len(total.local) == 2

# %% [markdown]
# ## Step 1 · Add
#
# Make `backward()` work for a single sum. Each parent's `grad` **grows** by `local * self.grad`.
#
# **Predict.** For `b = a + a`, what goes wrong if you write `=` where `+=` belongs?

# %% tags=["hide-input"]
ex.predict(
    "db/da with = in place of +=?",
    answer=1,
    wrong={
        2: "that is the right derivative: two contributions of 1",
        0: "the last contribution is kept",
    },
    because="the second contribution overwrites the first",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# `a` is a parent twice. With `=` the second contribution overwrites the first, and the gradient
# is 1 instead of 2.
#
# </details>

# %%
ex.check_add(Value)

# %% [markdown]
# ## Step 2 · Multiply
#
# For $z = x \cdot y$ the local derivative towards $x$ is $y$, and towards $y$ it is $x$.

# %%
ex.check_mul(Value)

# %% [markdown]
# ## Step 3 · The order
#
# Notebook 2 showed why it matters: a node may pass its gradient on only when it is complete. Write
# `order(root, parents)`. It returns all nodes that `root` depends on, **parents before children**,
# each once. Call `parents(node)` to get a node's parents.


# %%
def order(root, parents):
    return [root]


ex.check_topological_order(order)

# %% [markdown]
# <details><summary>A hint</summary>
#
# Visit a node: mark it, visit its parents, and only *then* append it. A marked node is not
# visited again. Mark by `id(node)`.
#
# </details>
#
# ## Step 4 · Backward on any graph
#
# Now use `order` in `backward()`: go through the list in reverse. Mind that `b = a + a; c = b + b`
# must give 4.

# %%
ex.check_backward(Value)

# %% [markdown]
# ## Step 5 · Twice
#
# A *second* call of `backward()` should add the same again: 8.

# %%
ex.check_twice(Value)

# %% [markdown]
# <details><summary>A hint for the second call</summary>
#
# Keep the gradients of *this* pass in a dictionary of their own. At the end, add them to the
# `grad` of each node. Then nothing left over from the first pass can take part in the second.
#
# </details>
#
# ## Steps 6 and 7 · Power and tanh
#
# $$\frac{d}{dx} x^n = n\,x^{n-1} \qquad\qquad \frac{d}{dx}\tanh x = 1 - \tanh^2 x$$

# %%
ex.check_power(Value)

# %%
ex.check_tanh(Value)

# %% [markdown]
# ## Steps 8 to 12 · The rest of the keyboard
#
# Subtraction, division, exp, log and relu. Two of them need care when a *plain number* stands on
# the left: `1 - a` calls `__rsub__`, and `2 / a` calls `__rtruediv__`.

# %%
ex.check_sub(Value)

# %%
ex.check_div(Value)

# %%
ex.check_exp(Value)

# %%
ex.check_log(Value)

# %%
ex.check_relu(Value)

# %% [markdown]
# ## The answer to the question
#
# There is one solution in `exercises/solutions/value.py`. Look at it **after** your own. It has
# about 40 lines for steps 1 to 7.

# %%
assert ex.check_topological_order(value.order)
steps = (
    ex.check_add,
    ex.check_mul,
    ex.check_backward,
    ex.check_twice,
    ex.check_power,
    ex.check_tanh,
)
for check in steps:
    result = check(value.Value)
    print(result)
    assert result

# %% [markdown]
# Is it any good? Here is the same expression with the 40 lines, with the engine of this project,
# and by nudging.


# %%
def expression(x, y):
    s = x * y + x
    return s * s + (s + y) ** 3


def nudge(f, x, y, h=1e-6):
    return (f(x + h, y) - f(x - h, y)) / (2 * h)


small, large = value.Value(0.5), Engine(0.5)
expression(small, value.Value(-1.2)).backward()
expression(large, Engine(-1.2)).backward()
print(small.grad, large.grad, nudge(expression, 0.5, -1.2))
assert math.isclose(small.grad, large.grad)
assert math.isclose(small.grad, nudge(expression, 0.5, -1.2), rel_tol=1e-7)

# %% [markdown]
# What does the big engine add? Eighty more functions, exact digits where the textbook formula
# loses them, graphs of a million nodes, second derivatives, pictures, compiled code, and errors
# that explain themselves. The idea is the same.
#
# ## The bug zoo
#
# Six engines with one fault each. They run. They even give right answers, most of the time. This
# is how such bugs live in real programs.

# %%
for fault, meaning in ex.FAULTS.items():
    print(f"{fault:24s} {meaning}")

# %% [markdown]
# `specimen(1)` to `specimen(6)` are the sick classes. To convict one, write a **witness**: a small
# computation whose gradient comes out wrong. Then name the fault. Here is a first try, on
# specimen 1:


# %%
def witness(V):
    a = V(3.0)
    (a + a).backward()
    return a.grad


print(witness(ex.specimen(1)))
ex.check_bug(1, "= for +=", witness)

# %% [markdown]
# That witness shows nothing: 2 is right. Try other operations, other orders, plain numbers on the
# left, two calls of `backward()`. **Your turn:** convict all six.
#
# <details><summary>One of them, solved</summary>
#
# Specimen 3 forgets the value in *number + value*:
# `def witness(V): a = V(2.0); (1 + a).backward(); return a.grad` gives 0 instead of 1. The name
# of the fault is `"__radd__ leaks .data"`.
#
# </details>


# %%
def number_on_the_left(V):
    a = V(2.0)
    (1 + a * a).backward()
    return a.grad


result = ex.check_bug(3, "__radd__ leaks .data", number_on_the_left)
print(result)
assert result
for number, fault, conviction in witnesses.ANSWERS:  # the others, without telling
    assert ex.check_bug(number, fault, conviction)

# %% [markdown]
# ## What you take with you
#
# - A `Value` remembers parents and local derivatives. `backward()` is a loop over a sorted list.
# - Such bugs run, and are right most of the time. A small witness convicts them.
#
# Now put the numbers to work. → **7 · Neurons, layers, networks**

# %% [markdown]
# ## Exercises
#
# Steps 1 to 12 above (`check_add` to `check_relu`) are the exercises of this notebook, and so are
# the six specimens of the zoo (`check_bug`). Two more, for those who want them:
#
# 1. One local derivative per operand, for each of these operations:

# %%
print(", ".join(ex.OPERATIONS))
ex.check_local_derivatives("mul", lambda x, y: x, lambda x, y: y)

# %% [markdown]
# 2. Write a specimen of your own: an engine with one fault that survives `a * a`. Which witness
#    convicts it?
