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
# # 16 · A scalar GPT
#
# **The question.** The models that write text are called transformers. They are huge. But what is
# the *smallest* thing that works the same way? Ours has twelve hundred numbers, fits on a page, and
# invents chemical elements.
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it; upload the folder exercises.
# # %pip install "scalar-autodiff[jit,plot]"

# %% tags=["hide-input"]
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

# %%
import math
import random
import time

import matplotlib.pyplot as plt

import exercises as ex
import nn
from autodiff import (
    Value,
    count_paths,
    dot,
    draw,
    exp,
    jit,
    mean,
    no_grad,
    relu,
    softmax,
    sqrt,
    take,
)
from autodiff.graph import statistics

# %% [markdown]
# ## The text
#
# Some eighty names. The task: given the beginning of a name, guess the next letter. A dot marks the
# beginning and the end.

# %%
words = """
hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium
aluminium silicon sulfur chlorine argon potassium calcium scandium titanium vanadium chromium
manganese iron cobalt nickel copper zinc gallium germanium arsenic selenium bromine krypton
rubidium strontium yttrium zirconium niobium technetium ruthenium rhodium palladium silver cadmium
indium tin antimony tellurium iodine xenon caesium barium lanthanum cerium neodymium promethium
samarium europium gadolinium terbium holmium erbium thulium ytterbium lutetium hafnium tantalum
tungsten rhenium osmium iridium platinum gold mercury thallium lead bismuth polonium radon radium
thorium uranium neptunium plutonium americium curium
""".split()
alphabet = "." + "".join(sorted(set("".join(words))))
words = [word for word in words if len(word) <= 9]


def encode(word):
    return [alphabet.index(letter) for letter in f".{word}."]


print(len(words), "words,", len(alphabet), "symbols:", alphabet)
print(encode("neon"))
assert encode("neon") == [0, *(alphabet.index(letter) for letter in "neon"), 0]
assert all(alphabet[t] in word for word in words for t in encode(word)[1:-1])

# %% [markdown]
# ## Attention
#
# Each letter becomes a list of 8 numbers, a **vector**. A letter asks a question (query) and every
# earlier letter offers a key and a value. Where query and key fit, the value is taken:
#
# $$\text{weights} = \mathrm{softmax}\Big(\frac{q \cdot k_1}{\sqrt d}, \dots,
# \frac{q \cdot k_t}{\sqrt d}\Big) \qquad \text{result} = \sum_s \text{weight}_s\, v_s$$
#
# Dot products, exponentials, sums. You know all of it from notebooks 1 to 12.


# %%
def attend(query, keys, values):
    """What the query finds among the keys, and the weights with which it looks."""
    scale = 1 / math.sqrt(len(query))
    weights = softmax([scale * dot(query, key) for key in keys])
    return [dot(weights, column) for column in zip(*values, strict=True)], weights


found, weights = attend([1.0, 0.0], [[3.0, 0.0], [0.0, 3.0]], [[10.0, 0.0], [0.0, 10.0]])
print("weights", weights, "result", found)
assert math.isclose(sum(weights), 1.0) and found[0] > 8.0

# %% [markdown]
# **Drag the query.** The same two keys, $(3, 0)$ and $(0, 3)$, and the number $1$ as the value of
# the first, $-1$ as that of the second: what is found lies between them. The query is $(1, 0)$, and
# softmax is written out: a power for each score, and its share of the sum.
#
# **Predict.** Drag $q_2$ up. When is the result 0, half of each?

# %%
q1, q2 = Value(1.0, "q1"), Value(0.0, "q2")
fit = 3 / math.sqrt(2)  # q·k/√d is 3·q1/√2 for the first key, 3·q2/√2 for the second
e1, e2 = exp(fit * q1).named("e1"), exp(fit * q2).named("e2")
draw(((e1 - e2) / (e1 + e2)).named("found"), live=True)

# %% tags=["hide-input"]
ex.predict(
    "q2 = ?",
    answer=1,
    wrong={
        0.5: "the first key still fits better: 3·1 against 3·0.5",
        3: "the key is 3 long; but the query is compared with both",
        0: "there the first key wins",
    },
    because="both dot products are 3 then, and equal scores share equally",
)

# %%
for second in (0.0, 0.5, 1.0, 2.0):
    (result,), shares = attend([1.0, second], [[3.0, 0.0], [0.0, 3.0]], [[1.0], [-1.0]])
    print(f"q2 = {second}: weights {[round(w, 4) for w in shares]}, found {result:.4f}")
    powers = math.exp(fit), math.exp(fit * second)
    share = (powers[0] - powers[1]) / sum(powers)
    assert (result > 0) == (second < 1) and math.isclose(result, share, abs_tol=1e-15)

# %% [markdown]
# ## The model
#
# One block: attention with two heads, then a small network. Each adds its result to what was there
# (a *residual* connection, so the gradient has a short path home). Before each, the vector is
# scaled to a standard length.

# %%
WIDTH, HEADS, LONGEST = 8, 2, 10


class GPT(nn.Module):
    def __init__(self, symbols, seed):
        rng = random.Random(seed)

        def matrix(rows, columns, size=0.3):
            return [[Value(rng.gauss(0, size)) for _ in range(columns)] for _ in range(rows)]

        self.letter = matrix(symbols, WIDTH)
        self.place = matrix(LONGEST, WIDTH)
        self.query, self.key, self.value = (matrix(WIDTH, WIDTH) for _ in range(3))
        self.mix = matrix(WIDTH, WIDTH)
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.out = matrix(symbols, WIDTH)

    def forward(self, tokens):
        """The logits of the next letter, after each letter; and the attention of the last one."""
        keys, values, all_logits = [], [], []
        for place, token in enumerate(tokens):
            columns = zip(*self.letter, strict=True)
            x = [take(c, token) + p for c, p in zip(columns, self.place[place], strict=True)]

            h = standard(x)
            q, k, v = (linear(m, h) for m in (self.query, self.key, self.value))
            keys.append(heads(k))
            values.append(heads(v))
            looks = [
                attend(part, [k[i] for k in keys], [v[i] for v in values])
                for i, part in enumerate(heads(q))
            ]
            x = add(x, linear(self.mix, [u for found, _ in looks for u in found]))

            h = [relu(u) for u in linear(self.up, standard(x))]
            x = add(x, linear(self.down, h))
            all_logits.append(linear(self.out, standard(x)))
        return all_logits, [weights for _, weights in looks]


def linear(matrix, x):
    return [dot(row, x) for row in matrix]


def add(x, y):
    return [u + v for u, v in zip(x, y, strict=True)]


def heads(x):
    size = WIDTH // HEADS
    return [x[i * size : (i + 1) * size] for i in range(HEADS)]


def standard(x):
    scale = 1 / sqrt(mean([u * u for u in x]) + 1e-5)
    return [u * scale for u in x]


def loss_of(model, tokens):
    logits, _ = model(tokens[:-1])
    return nn.cross_entropy(logits, tokens[1:])


gpt = GPT(len(alphabet), seed=1)
print(len(gpt.parameters()), "parameters")

# %% [markdown]
# **Predict.** An untrained model knows nothing. What loss should it have, roughly?

# %% tags=["hide-input"]
ex.predict(
    "For 24 symbols, the loss at the start?",
    answer=3.2,
    tolerance=0.1,
    wrong={
        0: "that is the loss of one who knows everything",
        24: "the loss is a logarithm",
        0.04: "that is the probability; the loss is minus its logarithm",
    },
    because="log 24 = 3.2",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# If all symbols are equally likely, each has the probability $1/n$ and the loss is $\log n$. Ours
# is a little worse: its random weights prefer some letters for no reason. A good first check of
# any classifier.
#
# </details>

# %%
tokens = encode("neon")
untrained = sum(loss_of(gpt, encode(word)).data for word in words) / len(words)
print(f"loss {untrained:.3f}, log n = {math.log(len(alphabet)):.3f}")
assert abs(untrained - math.log(len(alphabet))) < 0.6

# %% [markdown]
# A letter must not look into the future. So change the last letter, and look at the earlier
# outputs: they must stay the same.

# %%
with no_grad():
    one, _ = gpt(encode("neon")[:-1])
    other, _ = gpt(encode("neot")[:-1])
assert [[u.data for u in row] for row in one[:-1]] == [[u.data for u in row] for row in other[:-1]]
assert [u.data for u in one[-1]] != [u.data for u in other[-1]]

# %% [markdown]
# ## Is the gradient right?
#
# By hand we know it at the output: *prediction minus truth*, divided by the number of letters
# (notebook 12). For a weight deep inside we nudge.

# %%
logits, _ = gpt(tokens[:-1])
loss = nn.cross_entropy(logits, tokens[1:])
loss.backward()
for row, target in zip(logits, tokens[1:], strict=True):
    p = softmax([u.data for u in row])
    for k, u in enumerate(row):
        assert math.isclose(u.grad, (p[k] - (k == target)) / len(logits), abs_tol=1e-15)

numbers = {id(p): p for p in gpt.parameters()}
paths = sum(count_paths(loss, p) for p in numbers.values())
nodes = statistics(loss)["nodes"]
print(f"{nodes:,} nodes, {paths:.1e} paths from the parameters to the loss of neon")
assert nodes == 2284 and f"{paths:.1e}" == "2.8e+14"  # as the last section says

deep = gpt.key[2][5]
kept, sides = deep.data, []
for h in (1e-5, -1e-5):
    deep.data = kept + h
    sides.append(loss_of(gpt, tokens).data)
deep.data = kept
nudged = (sides[0] - sides[1]) / 2e-5
print("engine", deep.grad, "nudged", nudged)
assert math.isclose(deep.grad, nudged, rel_tol=1e-5, abs_tol=1e-10)

# %% [markdown]
# ## Training
#
# One word per step, in random order. `jit` compiles one program per length of word
# (notebook 14).

# %%
STEPS = 1000  # more steps give better elements

step_loss = jit(lambda tokens: loss_of(gpt, tokens))
optimizer = nn.Adam(gpt, lr=0.01)
schedule = nn.CosineAnnealingLR(optimizer, T_max=STEPS)
rng = random.Random(0)
losses = []
begin = time.perf_counter()
for _ in range(STEPS):
    optimizer.zero_grad()
    loss = step_loss(encode(rng.choice(words)))
    loss.backward()
    optimizer.step()
    schedule.step()
    losses.append(loss.data)
print(f"{STEPS} steps in {time.perf_counter() - begin:.1f} s")

# %% tags=["hide-input"]
smooth = [sum(losses[i : i + 50]) / 50 for i in range(0, STEPS, 50)]
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(range(25, STEPS, 50), smooth, "o-", ms=3, color="#0072B2")
ax.axhline(math.log(len(alphabet)), color="gray", ls=":", label="knows nothing")
ax.set(xlabel="step", ylabel="loss (mean of 50)")
ax.legend()
plt.show()
assert smooth[-1] < 0.7 * untrained

# %% [markdown]
# ## Inventing elements
#
# Start with a dot. Ask for the probabilities of the next letter, throw dice, append the letter,
# ask again. A **temperature** below 1 makes the model bolder in what it knows.


# %%
def invent(dice, temperature=0.7):
    tokens = [0]
    with no_grad():
        while len(tokens) < LONGEST:
            logits, _ = gpt(tokens)
            p = softmax([u.data / temperature for u in logits[-1]])
            tokens.append(dice.choices(range(len(alphabet)), p)[0])
            if tokens[-1] == 0:
                break
    return "".join(alphabet[t] for t in tokens).strip(".")


dice = random.Random(7)
inventions = [invent(dice) for _ in range(24)]
print(" ".join(inventions))

# %% [markdown]
# **Predict.** Which ending will be the most frequent one?

# %% tags=["hide-input"]
ex.predict(
    "The ending?",
    answer="-ium",
    wrong={
        "-ine": "four gases end so; but look at the metals",
        "-on": "a few end so; but look at the metals",
        "-gen": "three end so; but look at the metals",
    },
    because="more than half of the words end so",
)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# *-ium*, of course: more than half of the words end so. Twelve hundred numbers have found out.
#
# </details>

# %%
endings = sum(word.endswith("um") for word in inventions)
print(endings, "of 24 end in -um")
assert endings >= 4

# %% [markdown]
# ## Where does it look?
#
# The attention of the last letter of *sodiu*, head by head: which earlier letters help to guess the
# *m*?

# %% tags=["hide-input"]
with no_grad():
    _, looks = gpt(encode("sodiu")[:-1])
rows = [[w.data for w in head] for head in looks]
fig, ax = plt.subplots(figsize=(5.5, 2.2), layout="constrained")
ax.imshow(rows, cmap="Blues", vmin=0, vmax=1)
ax.set_xticks(range(6), list(".sodiu"))
ax.set_yticks(range(HEADS), [f"head {i + 1}" for i in range(HEADS)])
for i, row in enumerate(rows):
    for j, w in enumerate(row):
        ax.text(j, i, f"{w:.2f}", ha="center", color="white" if w > 0.5 else "black")
plt.show()
assert all(math.isclose(sum(row), 1.0) for row in rows)

# %% [markdown]
# ## What you take with you
#
# - A GPT is dot products, softmax, ReLU and sums; its gradient is the chain rule.
# - The big ones do the same with 100 million times as many numbers, and with matrices instead of
#   single numbers, for speed.
#
# You began with $2/\sin(e^{-x})$ and one path. For the word *neon* this network has 280 million
# million paths on 2 284 nodes, and not one new idea was needed to differentiate it.
# That is the whole point of automatic differentiation.
#
# Was that learning, or learning by heart? And what does it cost? → **17 · Towns that do not exist**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** ••• · `backward(q, K, V, g)` for out = sum of p_i\*V_i, p = softmax(q·K_i/sqrt(d)): [dq,
# dK, dV].
#
# g is dL/dout; K and V are lists of rows; d is the length of q.


# %%
def backward(q, K, V, g):
    return None  # your code


ex.check_attend(backward)

# %% [markdown]
# **2** • · `at_start(n)`: the cross-entropy of a model that knows nothing of n signs, and its
# probability.


# %%
def at_start(n):
    return None  # your code


ex.check_first_loss(at_start)

# %% [markdown]
# **3** •• · `weights(scores, t)`: the attention of place t over all places; later places get 0.


# %%
def weights(scores, t):
    return None  # your code


ex.check_mask(weights)
