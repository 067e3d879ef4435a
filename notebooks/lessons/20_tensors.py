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
# # 20 · From scalars to tensors
#
# **The question.** The large libraries compute with tables of numbers, not with single ones. Is
# that another theory, or the same one with longer words?
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
from autodiff import Value, check_gradients, draw
from autodiff import tanh as scalar_tanh

# %% [markdown]
# ## One rule for all products
#
# A product of tables is written with indices: $C_{ik} = \sum_j A_{ij} B_{jk}$. Short: `ij,jk->ik`.
# Indices that do not stand behind the arrow are summed. It is a sum of products, so by notebook 8:
#
# $$\frac{dL}{dA_{ij}} = \sum_k \frac{dL}{dC_{ik}}\,B_{jk} \qquad \frac{dL}{dB_{jk}} = \sum_i
# A_{ij}\,\frac{dL}{dC_{ik}}$$
#
# In short: `ik,jk->ij` and `ij,ik->jk`. That is the whole rule: **put the upstream gradient in the
# place of the operand, and exchange its letters with the result's.** No transpose has to be
# remembered.
#
# **Predict.** A scalar product is `i,i->`. What is the rule for the gradient of the first operand?

# %% tags=["hide-input"]
ex.predict(
    "In short?",
    answer=",i->i",
    wrong={
        "i,i->": "that is the forward rule; upstream is a single number",
        "i,i->i": "the upstream gradient has no index",
        "i,->i": "the right numbers; but the upstream gradient comes first here",
    },
    because="the upstream number times the other operand",
)


# %%
def einsum(rule, *tables):
    """The sum of products that a rule describes, for tables as nested lists. Slow and plain."""
    inputs, output = rule.split("->")
    names = inputs.split(",")
    size = {}
    for letters, table in zip(names, tables, strict=True):
        for letter in letters:
            size[letter] = len(table)
            table = table[0]

    def at(table, letters, index):
        for letter in letters:
            table = table[index[letter]]
        return table

    summed = [letter for letter in size if letter not in output]

    def total(index, left):
        if left:
            return sum(total({**index, left[0]: i}, left[1:]) for i in range(size[left[0]]))
        product = 1.0
        for table, letters in zip(tables, names, strict=True):
            product = product * at(table, letters, index)
        return product

    def build(index, left):
        if not left:
            return total(index, summed)
        return [build({**index, left[0]: i}, left[1:]) for i in range(size[left[0]])]

    return build({}, output)


def backward_rules(rule):
    """The rules for the gradients of the two operands; the upstream gradient comes first."""
    (a, b), out = rule.split("->")[0].split(","), rule.split("->")[1]
    return f"{out},{b}->{a}", f"{a},{out}->{b}"


print(backward_rules("ij,jk->ik"), backward_rules("i,i->")[0])
assert (
    backward_rules("ij,jk->ik") == ("ik,jk->ij", "ij,ik->jk")
    and backward_rules("i,i->")[0] == ",i->i"
)

# %% [markdown]
# Against the engine, which knows only single numbers:

# %%
A, B = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], [[0.2, -0.1], [0.4, 0.3], [-0.5, 0.6]]
G = [[0.7, -0.3], [1.5, 0.9]]  # dL/dC
As, Bs = [[Value(u) for u in row] for row in A], [[Value(u) for u in row] for row in B]
einsum("ij,ij->", G, einsum("ij,jk->ik", As, Bs)).backward()
to_a, to_b = backward_rules("ij,jk->ik")
by_rule_a, by_rule_b = einsum(to_a, G, B), einsum(to_b, A, G)
for nested, values in ((by_rule_a, As), (by_rule_b, Bs)):
    for row, numbers in zip(values, nested, strict=True):
        assert all(math.isclose(v.grad, u) for v, u in zip(row, numbers, strict=True))
print(by_rule_a, by_rule_b, sep="\n")

# %% [markdown]
# ## Broadcasting, backwards
#
# A bias row is added to **each** row of a table. Forwards it is copied; so backwards its
# contributions are **added** (notebook 3). A library that stretches forwards has to sum up
# backwards.
#
# **Predict.** A bias of length 3 is added to a table of 5 rows, and the loss is the sum of
# everything.

# %% tags=["hide-input"]
ex.predict(
    "The gradient of one bias number?",
    answer=5,
    tolerance=0.01,
    wrong={
        1: "it is used once per row",
        3: "that is the length of the row",
        15: "there are 15 numbers, and each bias number is in 5 of them",
    },
    because="one use per row",
)

# %%
bias = [Value(0.1), Value(0.2), Value(0.3)]
sum(1.0 * i + c for i in range(5) for c in bias).backward()
print([c.grad for c in bias])
assert [c.grad for c in bias] == [5.0, 5.0, 5.0]

# %% [markdown]
# ## A tensor Value in some forty lines
#
# The engine of notebook 6, with tables in the nodes. Each operation says how the upstream table
# becomes the gradient tables of its operands.


# %%
class Tensor:
    """A table of numbers, as a list of rows, that remembers how it was computed."""

    def __init__(self, data, parents=(), pull=None):
        self.data, self.parents, self.pull = data, parents, pull
        self.grad = [[0.0] * len(row) for row in data]

    def __matmul__(self, other):
        def pull(g):
            return einsum("ik,jk->ij", g, other.data), einsum("ij,ik->jk", self.data, g)

        return Tensor(einsum("ij,jk->ik", self.data, other.data), (self, other), pull)

    def add_row(self, bias):
        data = [[u + c for u, c in zip(row, bias.data[0], strict=True)] for row in self.data]
        return Tensor(data, (self, bias), lambda g: (g, [[sum(c) for c in zip(*g, strict=True)]]))

    def tanh(self):
        out = [[math.tanh(u) for u in row] for row in self.data]

        def pull(g):
            return (
                [
                    [k * (1 - t * t) for k, t in zip(*rows, strict=True)]
                    for rows in zip(g, out, strict=True)
                ],
            )

        return Tensor(out, (self,), pull)

    def sum(self):
        data = [[sum(map(sum, self.data))]]
        return Tensor(data, (self,), lambda g: ([[g[0][0]] * len(row) for row in self.data],))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = [[1.0]]
        for node in reversed(order):
            for parent, g in zip(
                node.parents, node.pull(node.grad) if node.pull else (), strict=True
            ):
                parent.grad = [
                    [u + v for u, v in zip(*rows, strict=True)]
                    for rows in zip(parent.grad, g, strict=True)
                ]


# %% [markdown]
# A layer on a batch, $L = \sum \tanh(XW + b)$. The graph has **seven** nodes, whatever the size of
# the tables. By hand: with $T = \tanh(XW + b)$, $dL/dW = X^\top(1 - T \odot T)$.

# %%
X, W, b = [[0.5, -1.0], [1.5, 2.0]], [[0.1, -0.4, 0.3], [0.7, 0.2, -0.6]], [[0.1, 0.2, 0.3]]
x, w, c = Tensor(X), Tensor(W), Tensor(b)
out = (x @ w).add_row(c).tanh()
out.sum().backward()

# by hand
slopes = [[1 - t * t for t in row] for row in out.data]
by_hand = einsum("ni,nj->ij", X, slopes)

# by single numbers
ws, cs = [[Value(u) for u in row] for row in W], [Value(u) for u in b[0]]
loss = sum(
    scalar_tanh(row[0] * ws[0][j] + row[1] * ws[1][j] + cs[j]) for row in X for j in range(3)
)
loss.backward()
print("tensor ", w.grad)
print("by hand", by_hand)
print("scalars", [[v.grad for v in row] for row in ws])
for i in range(2):
    for j in range(3):
        assert math.isclose(w.grad[i][j], ws[i][j].grad) and math.isclose(
            w.grad[i][j], by_hand[i][j]
        )
assert all(math.isclose(u, v.grad) for u, v in zip(c.grad[0], cs, strict=True))


def loss_by_weights(*flat):
    rows = [flat[:3], flat[3:]]
    return sum(
        scalar_tanh(r[0] * rows[0][j] + r[1] * rows[1][j] + b[0][j]) for r in X for j in range(3)
    )


flat_gradient = tuple(u for row in w.grad for u in row)
check_gradients(loss_by_weights, *W[0], *W[1], gradient=lambda *_: flat_gradient)  # by nudging
draw(loss, direction="down", collapse=True)

# %% [markdown]
# So tensors change nothing in the theory: the same order, the same sum over uses, the same local
# derivatives, written for whole tables. They change the **speed**: one node stands for thousands of
# multiplications, which a machine can do side by side.
#
# ## What you take with you
#
# - Indices carry the rule: upstream in the operand's place, letters exchanged.
# - What is copied forwards is summed backwards: broadcasting.
# - A tensor engine is a scalar engine with tables in its nodes.
#
# How do the libraries that everybody uses do it? → **21 · How the big ones do it**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `backward(rule)`: the two rules, as text, that give the operands' gradients.
#
# For "ij,jk->ik" the first is "ik,jk->ij": upstream, the other operand, and where it goes.


# %%
def backward(rule):
    return None  # your code


ex.check_einsum(backward)

# %% [markdown]
# **2** •• · `unbroadcast(G, kind)`: the gradient of b in A + b, if G arrives (a list of rows).
#
# b was a "row" (one number per column), a "column" (one per row) or a "number"; give a list.


# %%
def unbroadcast(G, kind):
    return None  # your code


ex.check_unbroadcast(unbroadcast)

# %% [markdown]
# **3** • · `backward(A, B, G)` for C = AB: [dA, dB], if G is dL/dC. All are lists of rows.


# %%
def backward(A, B, G):
    return None  # your code


ex.check_matmul(backward)

# %% [markdown]
# **4** • · `backward(x, g)`: what sum(x) and mean(x) pass to each number of x, if g arrives: two
# lists.


# %%
def backward(x, g):
    return None  # your code


ex.check_reductions(backward)
