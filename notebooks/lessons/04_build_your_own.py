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
# # 4 · Build your own Value
#
# **The question.** How much code does it take to build a machine that differentiates?
#
# Guess a number of lines. Then build it. Every step has a **checker**. It runs your code on random
# graphs, tells you what is wrong, and gives a hint. Any correct solution passes.
#
# As you open this notebook, most checkers say ✗. Turning them into ✓ is your job.

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
from exercises.solutions import by_hand, value, witnesses

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

    # Step 5: __pow__, for a fixed exponent

    # Step 6: tanh

    def backward(self):
        self.grad = 1.0
        # Step 1: give each parent local * self.grad


# %%
total = Value(2.0) + Value(3.0)
print(total.data, [parent.data for parent in total.parents], total.local)
assert total.data == 5.0 and len(total.parents) == len(total.local) == 2

# %% [markdown]
# ## Step 1 · Add
#
# Make `backward()` work for sums. Each parent's `grad` **grows** by `local * self.grad`.
#
# **Predict.** For `b = a + a`, what goes wrong if you write `=` where `+=` belongs?
#
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
# must give 4. And a *second* call of `backward()` should add the same again: 8.

# %%
ex.check_backward(Value)

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
# ## Steps 5 and 6 · Power and tanh
#
# $$\frac{d}{dx} x^n = n\,x^{n-1} \qquad\qquad \frac{d}{dx}\tanh x = 1 - \tanh^2 x$$

# %%
ex.check_power(Value)

# %%
ex.check_tanh(Value)

# %% [markdown]
# ## Step 7 · A neuron
#
# A neuron is one line: $\tanh(w_1 x_1 + \dots + w_n x_n + b)$.


# %%
def neuron(ws, xs, b):
    return b


ex.check_neuron(neuron)

# %% [markdown]
# ## The answer to the question
#
# There is one solution in `exercises/solutions/value.py`. Look at it **after** your own. It has
# about 40 lines.

# %%
for check in (ex.check_add, ex.check_mul, ex.check_power, ex.check_tanh, ex.check_backward):
    result = check(value.Value)
    print(result)
    assert result
assert ex.check_twice(value.Value)
assert ex.check_topological_order(value.order)
assert ex.check_neuron(value.neuron)

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
# ## With pencil and paper
#
# Four more exercises, in any order. Each is a function of plain numbers.
#
# 1. **Local derivatives.** One function per operand. All of these:

# %%
print(", ".join(ex.OPERATIONS))
ex.check_local_derivatives("mul", lambda x, y: y, lambda x, y: y)

# %% [markdown]
# 2. **Three neurons in a row**, ReLU, ReLU, sigmoid, squared error (see notebook 5): all six
#    partial derivatives. Beware of dead ReLUs.


# %%
def three_layers(x, y, theta, b):
    return [0.0] * 6


ex.check_three_layers(three_layers)

# %% [markdown]
# 3. **Softmax and cross-entropy, backwards** (see notebook 8).


# %%
def softmax_gradient(logits, target):
    return [0.0] * len(logits)


ex.check_softmax_cross_entropy(softmax_gradient)

# %% [markdown]
# 4. **A training loop** (see notebook 7): `train(Value, xs, ys, steps, rate)` fits $wx + b$.


# %%
def train(Value, xs, ys, steps, rate):
    return 0.0, 0.0


ex.check_training_loop(train)

# %%
for name, derivatives in by_hand.LOCAL_DERIVATIVES.items():
    assert ex.check_local_derivatives(name, *derivatives)
assert ex.check_three_layers(by_hand.three_layers)
assert ex.check_softmax_cross_entropy(by_hand.softmax_cross_entropy)
assert ex.check_training_loop(by_hand.train)

# %% [markdown]
# ## What you take with you
#
# - A `Value` remembers parents and local derivatives. `backward()` is a loop over a sorted list.
# - Most bugs of such engines are one of six. You have met them all.
#
# Now put the numbers to work. → **5 · Neurons, layers, networks**
