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
# # 12 · Softmax and cross-entropy
#
# **The question.** A classifier with many classes ends in exponentials, a sum, a quotient and a
# logarithm. Its gradient should be a monster. It is one subtraction. Why?
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
import nn
from autodiff import Value, dot, draw, exp, log, log_softmax, logsumexp, relu, softmax, tanh

# %% [markdown]
# ## From scores to probabilities
#
# The network's last layer gives one score $o_k$ per class, any numbers: the **logits**. Softmax
# makes them positive and lets them add up to 1:
#
# $$p_k = \frac{e^{o_k}}{\sum_j e^{o_j}}$$
#
# The loss of an example of class $c$ is $-\log p_c$: 0 if the network was sure and right, large if
# it was sure and wrong.
#
# **Predict.** If 100 is added to every logit, what happens to the probabilities?

# %% tags=["hide-input"]
ex.predict(
    "The probabilities",
    answer="stay",
    wrong={
        "grow": "they add up to 1 before and after",
        "become equal": "differences of logits are the same as before",
        "overflow": "this is about the mathematics; the machine's answer follows below",
    },
    because="the factor e^100 cancels",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Nothing. The factor $e^{100}$ cancels. Only differences of logits matter.
#
# </details>

# %%
o = [Value(number, f"o{k}") for k, number in enumerate([1.0, 2.0, 0.5])]
p = softmax(o)
print([round(q.data, 4) for q in p])
shifted = softmax([u.data + 100 for u in o])
assert math.isclose(sum(q.data for q in p), 1.0)
assert all(math.isclose(a.data, b) for a, b in zip(p, shifted, strict=True))

# %% [markdown]
# ## The gradient, by hand
#
# Write the loss so that the quotient disappears:
#
# $$\ell = -\log p_c = -o_c + \log \sum_j e^{o_j}$$
#
# The first term has the derivative $-1$ by $o_c$, and 0 by the others. The second has the
# derivative $e^{o_k}/\sum_j e^{o_j}$ by $o_k$. But that *is* $p_k$. So
#
# $$\frac{d\ell}{do_k} = p_k - [k = c]$$
#
# *What the network says, minus what is true.*

# %%
c = 1
loss = -log(p[c])
loss.backward()
by_hand = [q.data - (k == c) for k, q in enumerate(p)]


def loss_at(logits):
    return math.log(sum(math.exp(u) for u in logits)) - logits[c]


for k in range(3):
    up = [u.data + 1e-6 * (k == j) for j, u in enumerate(o)]
    down = [u.data - 1e-6 * (k == j) for j, u in enumerate(o)]
    nudged = (loss_at(up) - loss_at(down)) / 2e-6
    print(f"engine {o[k].grad:10.7f}   by hand {by_hand[k]:10.7f}   nudged {nudged:10.7f}")
    assert math.isclose(o[k].grad, by_hand[k], rel_tol=1e-12)
    assert math.isclose(nudged, by_hand[k], rel_tol=1e-7)

# %% [markdown]
# The derivatives add up to 0, as they must: adding the same number to all logits changes nothing.
#
# The picture shows the two terms: $o_c$ acts directly, and all logits act through **one** shared
# node, the logarithm of the sum. Its local derivatives *are* the probabilities.

# %%
two_terms = (logsumexp(o) - o[c]).named("loss")
two_terms.zero_grad()
two_terms.backward()
draw(two_terms)

# %% tags=["hide-input"]
assert abs(sum(u.grad for u in o)) < 1e-15

# %% [markdown]
# **Drag the logits.** The same, with one more input: $s$ is added to *all* logits. Drag $o_1$, the
# logit of the true class, far to the right and far to the left. Then drag $s$.
#
# **Predict.** Where does $d\ell/do_1$ go to on the left, and what is $d\ell/ds$?

# %%
s = Value(0.0, "s")
shifted = [u.detach() + s for u in o]
draw((logsumexp(shifted) - shifted[c]).named("loss"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "Far to the left, dl/do1 is nearly",
    answer=-1,
    wrong={
        0: "that is far to the right, where the network is sure and right",
        1: "it is p - 1 with p near 0",
        -0.3333: "that is p - 1 for three equal logits and no truth: too small",
    },
    because="p is nearly 0 there, and p - 1 is left: a loud call to come back",
)

# %% tags=["hide-input"]
ex.predict(
    "and dl/ds, wherever you drag?",
    answer=0,
    wrong={
        1: "the first term brings 1; the second one takes it away",
        -1: "the second term brings -1; the first one brings 1",
    },
    because="the three derivatives add up to 0: only differences of logits matter",
)

# %%
for o1 in (-8.0, 2.0, 8.0):
    logits, s = [Value(1.0), Value(o1), Value(0.5)], Value(0.7)
    lifted = [u + s for u in logits]
    (logsumexp(lifted) - lifted[1]).backward()
    print(f"o1 = {o1:4}: dl/do1 = {logits[1].grad:9.6f}   dl/ds = {s.grad:.1e}")
    assert abs(s.grad) < 1e-15
    assert math.isclose(logits[1].grad, softmax([1.0, o1, 0.5])[1] - 1, rel_tol=1e-9)

# %% [markdown]
# ## Big numbers
#
# **Predict.** What does the formula give for the logits 1000 and 0?

# %% tags=["hide-input"]
ex.predict(
    "The textbook formula gives",
    answer="an error",
    wrong={
        "1000": "that is the right answer; but e^1000 is no float",
        "0": "class 1 has almost no probability, so its loss is large",
    },
    because="e^1000 is larger than any float",
)

# %% [markdown]
# Try:


# %%
def naive(logits, c):
    return -log(exp(logits[c]) / sum(exp(u) for u in logits))


try:
    naive([Value(1000.0), Value(0.0)], 1)
    outcome = "fine"
except OverflowError as error:
    outcome = f"OverflowError: {error}"
print(outcome)
assert outcome != "fine"

# %% [markdown]
# <details><summary>Reveal</summary>
#
# $e^{1000}$ is larger than any float. Yet the answer, 1000, is harmless. The cure: subtract the
# largest logit first. It cancels anyway. `logsumexp` does that, and **log-softmax** is
# $o_k - \mathrm{logsumexp}(o)$: no division and no logarithm of a tiny number.
#
# </details>

# %%
big = [Value(1000.0), Value(0.0)]
stable = -log_softmax(big)[1]
stable.backward()
print(stable.data, [u.grad for u in big])
assert stable.data == 1000.0 and [u.grad for u in big] == [1.0, -1.0]
assert logsumexp([1000.0, 0.0]) == 1000.0

# %% [markdown]
# `nn.cross_entropy(logits, c)` is the same in one call. Give it logits, not probabilities.
#
# ## A deep classifier, by recursion
#
# $N$ fully connected layers without bias, $o^{(n)} = \varphi(W^{(n)} o^{(n-1)})$, the last one
# without $\varphi$. Write $z^{(n)} = W^{(n)} o^{(n-1)}$ for what goes into $\varphi$, and
# $\delta^{(n)} = d\ell/dz^{(n)}$. Now derive the way from $\delta^{(n+1)}$ back to $\delta^{(n)}$.
# What does $z^{(n)}_i$ do? It makes $o^{(n)}_i = \varphi(z^{(n)}_i)$, and that is used by
# **every** number of the next layer, $z^{(n+1)}_j = \sum_i w^{(n+1)}_{ji}\, o^{(n)}_i$. Add over
# the uses:
#
# $$\delta^{(n)}_i = \frac{d\ell}{dz^{(n)}_i} = \underbrace{\Big(\sum_j
# \frac{d\ell}{dz^{(n+1)}_j} \cdot \frac{\partial z^{(n+1)}_j}{\partial
# o^{(n)}_i}\Big)}_{d\ell/do^{(n)}_i} \cdot \frac{\partial o^{(n)}_i}{\partial z^{(n)}_i}
# = \Big(\sum_j \delta^{(n+1)}_j\, w^{(n+1)}_{ji}\Big)\, \varphi'(z^{(n)}_i)$$
#
# **Only this recursion has an order:** $\delta^{(n)}$ needs $\delta^{(n+1)}$, so it runs from the
# last layer to the first. The gradient of a weight needs one $\delta$ and one stored output, and
# nothing waits for it: those may be computed in any order, or never. The last layer has no
# $\varphi$, so it has no $\varphi'$ either; its $\delta$ is the subtraction above. In short:
#
# $$\delta^{(N)} = p - [k = c] \qquad
# \delta^{(n)} = \Big(W^{(n+1)\top} \delta^{(n+1)}\Big) \odot \varphi'(z^{(n)}) \qquad
# \frac{d\ell}{dw^{(n)}_{ij}} = \delta^{(n)}_i\, o^{(n-1)}_j$$

# %%
x, target = [0.3, -0.7, 0.5], 1
weights = [
    [[0.2, -0.5, 0.1], [0.7, 0.3, -0.2], [-0.4, 0.6, 0.9], [0.15, -0.35, 0.45]],
    [[0.5, -0.1, 0.2, 0.3], [-0.6, 0.4, 0.1, -0.2]],
    [[0.9, -0.8], [0.1, 0.25], [-0.45, 0.65]],
]


def classifier(phi):
    """The loss, the pre-activations of each layer, and the weights, on the engine."""
    W = [[[Value(w) for w in row] for row in matrix] for matrix in weights]
    z, out = [], x
    for depth, matrix in enumerate(W):
        z.append([dot(row, out) for row in matrix])
        out = [phi(u) for u in z[-1]] if depth < len(W) - 1 else z[-1]
    return nn.cross_entropy(out, target), z, W


def recursion(phi, slope):
    """The same gradients from the three equations, on plain numbers."""
    outs, z = [x], []
    for depth, matrix in enumerate(weights):
        z.append([dot(row, outs[-1]) for row in matrix])
        outs.append([phi(u) for u in z[-1]] if depth < len(weights) - 1 else z[-1])
    delta = [q - (k == target) for k, q in enumerate(softmax(z[-1]))]
    gradients = []
    for n in reversed(range(len(weights))):
        gradients.insert(0, [[d * u for u in outs[n]] for d in delta])
        if n > 0:
            back = [dot(column, delta) for column in zip(*weights[n], strict=True)]
            delta = [g * slope(u) for g, u in zip(back, z[n - 1], strict=True)]
    return gradients


for phi, slope in ((tanh, lambda u: 1 - tanh(u) ** 2), (relu, lambda u: float(u > 0))):
    loss, z, W = classifier(phi)
    loss.backward()
    for matrix, expected in zip(W, recursion(phi, slope), strict=True):
        for row, numbers in zip(matrix, expected, strict=True):
            for w, number in zip(row, numbers, strict=True):
                assert math.isclose(w.grad, number, rel_tol=1e-12, abs_tol=1e-15)
    print(f"{phi.__name__}: loss {loss.data:.6f}, all 26 weight gradients agree")

# %% [markdown]
# One of them by nudging, to be sure:

# %%
loss, z, W = classifier(tanh)
loss.backward()
found = W[0][2][1].grad
kept = weights[0][2][1]
sides = []
for h in (1e-6, -1e-6):
    weights[0][2][1] = kept + h
    sides.append(classifier(tanh)[0].data)
weights[0][2][1] = kept
print(found, (sides[0] - sides[1]) / 2e-6)
assert math.isclose(found, (sides[0] - sides[1]) / 2e-6, rel_tol=1e-7)

# %% [markdown]
# **No bias?** Nothing is lost. Give every layer one more input that is always 1. The weight of
# that input is the bias.

# %%
with_bias = nn.Layer(3, 2, activation="tanh", seed=1)
without = nn.Layer(4, 2, activation="tanh", bias=False)
nn.vector_to_parameters(nn.parameters_to_vector(with_bias.parameters()), without.parameters())
a = with_bias(x)
b = without([*x, 1.0])
print([u.data for u in a], [u.data for u in b])
assert all(math.isclose(u.data, v.data) for u, v in zip(a, b, strict=True))

# %% [markdown]
# ## Three spirals
#
# Three classes that wind around each other. The last layer has three outputs; the loss is
# cross-entropy. (Training takes a few seconds.)

# %%
inputs, targets = nn.spirals(90, noise=0.02, turns=0.6, classes=3, seed=0)
model = nn.MLP(2, [12, 3], activation="tanh", seed=3)
history = nn.fit(
    model,
    inputs,
    targets,
    loss="cross_entropy",
    optimizer=nn.Adam(model, lr=0.05),
    epochs=70,
    batch_size=30,
    metrics=["accuracy"],
)
print("accuracy", history["accuracy"][-1])
assert history["accuracy"][-1] > 0.9

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
nn.plot_history(history, ax=left)
nn.plot_decision_boundary(model, inputs, targets, ax=right, resolution=60)
plt.show()

# %% [markdown]
# Ask the model about a point between two arms. It is not sure, and says so:

# %%
for point in (inputs[0], [0.0, 0.0]):
    print([round(q, 3) for q in softmax(nn.predict(model, [point])[0])])
assert max(softmax(nn.predict(model, [[0.0, 0.0]])[0])) < 0.99

# %% [markdown]
# ## What you take with you
#
# - Softmax and the logarithm belong together; their gradient is *prediction minus truth*.
# - Compute with logits, never with $e^{1000}$.
# - The recursion of the texts is the reverse sweep, layer by layer.
#
# And the derivative of a derivative? → **13 · Second derivatives**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `gradient(logits, target)`: the derivatives of -log(softmax(logits)[target]) by each
# logit.
#
# Any finite logits must work, 1000 and -1000 too.


# %%
def gradient(logits, target):
    return None  # your code


ex.check_softmax_cross_entropy(gradient)

# %% [markdown]
# **2** • · `as_sigmoid(o1, o2)` for p₁ = exp(o1)/(exp(o1) + exp(o2)) = σ(z): [z, p₁, dp₁/do1,
# dp₁/do2].


# %%
def as_sigmoid(o1, o2):
    return None  # your code


ex.check_two_classes(as_sigmoid)

# %% [markdown]
# **3** •• · `loss_and_gradient(logits, t)` for L = -sum of t_k\*log(p_k): [L, [dL/do_k for each
# k]].


# %%
def loss_and_gradient(logits, t):
    return None  # your code


ex.check_soft_targets(loss_and_gradient)

# %% [markdown]
# **4** •• · `logsumexp(z)`: log of the sum of exp(z), for logits of 1000 and of -1000, too.


# %%
def logsumexp(z):
    return None  # your code


ex.check_logsumexp(logsumexp)

# %% [markdown]
# **5** • · `slopes(z)` for p = sigmoid(z) and target 1: [d(p - 1)\*\*2/dz, d(-log p)/dz].
#
# At z = -6 they are -0.005 and -0.998: that is why.


# %%
def slopes(z):
    return None  # your code


ex.check_squares(slopes)
