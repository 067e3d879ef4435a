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
# # 17 · Towns that do not exist
#
# **The question.** Notebook 16 fitted a GPT on a page. Now we train one in earnest: 4 192 numbers,
# the towns of a map, a thousand steps. Will it learn the *language* of the map, or only the map by
# heart? And what does a step cost, when every multiplication is a scalar one?
#
# Letters and signs: [the symbol card](symbols.md).

# %%
# On a hosted notebook, remove the first # of the next line and run it; upload towns.txt as well.
# # %pip install "scalar-autodiff[jit,plot]"

# %% tags=["hide-input"]
import sys

sys.path.append("..")  # where exercises lies for the script in the folder lessons

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

import exercises as ex

plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})

# %% tags=["model"]
import math
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

import nn
from autodiff import Program, Value, exp, jit, log, relu, take

# %% [markdown]
# ## A map
#
# Three hundred towns, one to a line. All of them are made up. Thirty are put aside: the model will
# never see them, and they will tell us what it has understood.


# %% tags=["model"]
def read_map(file):
    """The towns to learn from, and those put aside."""
    towns = Path(file).read_text(encoding="utf-8").split()
    random.Random(0).shuffle(towns)
    return towns[30:], towns[:30]


# %%
places = Path("towns.txt"), Path("../towns.txt")  # the second for the script in lessons
known, held_out = read_map(next(place for place in places if place.exists()))
print(len(known), "towns to learn from:", *known[:8], "...")

# %% [markdown]
# A model wants numbers, so every letter gets one: a **token**. Token 0 stands for the edge of a
# name, before its first letter and after its last one.


# %% tags=["model"]
def encode(name):
    """The tokens of a name: a is 1, z is 26, and the edges are 0."""
    return [0, *(ord(letter) - ord("a") + 1 for letter in name), 0]


def decode(tokens):
    """The name that the tokens spell."""
    return "".join(chr(ord("a") + token - 1) for token in tokens if token != 0)


# %%
print(encode("quenby"))
assert encode("quenby") == [0, 17, 21, 5, 14, 2, 25, 0]
assert all(decode(encode(town)) == town for town in known)

# %% [markdown]
# From one name we get several questions. What comes after *q*? What comes after *qu*? After *que*?
#
# ## Counting
#
# The simplest model counts: after *l*, how often was each letter next? (A tenth is added to each
# count, so that nothing is impossible.) Its grade is the **cross-entropy** of notebook 12: the mean
# of $-\log p$, where $p$ is the probability that it gave to the letter that really came. Who knows
# nothing gets $\log 27$.


# %%
def counting_model(look_back):
    """The cross-entropy per letter of held-out names, by counts after the last letters."""
    after = defaultdict(Counter)
    for name in known:
        tokens = [0] * (look_back - 1) + encode(name)
        for i in range(look_back, len(tokens)):
            after[tuple(tokens[i - look_back : i])][tokens[i]] += 1
    surprises = []
    for name in held_out:
        tokens = [0] * (look_back - 1) + encode(name)
        for i in range(look_back, len(tokens)):
            counts = after[tuple(tokens[i - look_back : i])]
            p = (counts[tokens[i]] + 0.1) / (counts.total() + 27 * 0.1)
            surprises.append(-math.log(p))
    return sum(surprises) / len(surprises)


one_letter, two_letters, three_letters = (counting_model(n) for n in (1, 2, 3))
print(f"knows nothing            {math.log(27):.2f}")
print(f"counts, one letter back  {one_letter:.2f}")
print(f"counts, two letters back {two_letters:.2f}")
print(f"counts, three            {three_letters:.2f}")
assert two_letters < one_letter < math.log(27)

# %% [markdown]
# **Predict.** Looking two letters back is better than one. Why is three *worse* than two?
#
# <details><summary>Reveal</summary>
#
# There are $27^3$ ways to have three letters, and only three hundred names. Many triples of a new
# town were never seen, and then the counts say nothing. A model that looks far back must see what
# is *similar*: *holm* ends a town after *yew* just as it does after *wisp*. Counts cannot. Vectors
# can.
#
# </details>

# %% tags=["hide-input"]
assert three_letters > two_letters

# %% [markdown]
# ## Counting, done well
#
# It would be unfair to stop here. Where three letters were never seen, *ask two*; where two are
# rare, trust one more. So **interpolate**: begin with $p = 1/27$ and let ever longer contexts
# correct it,
#
# $$p \;\leftarrow\; \frac{\text{count} + k\,p}{\text{total} + k}$$
#
# where $k$ is the number of *different* letters that came after this context (I. Witten and T.
# Bell, 1991). A context that is always followed by the same letter is trusted at once.
#
# **Predict.** Three letters back alone were worse than two. Interpolated?

# %% tags=["hide-input"]
ex.predict(
    "Three letters back, interpolated with two, one and none, are",
    answer="better than two",
    wrong={
        "worse than two": "where the triple was never seen, the pair still speaks",
        "exactly as good as two": "where the triple was seen, it knows more",
    },
    because="each context speaks where it has something to say",
)


# %%
def interpolated(look_back):
    """-log p of each held-out letter, each context correcting the shorter one."""
    after = defaultdict(Counter)
    for name in known:
        tokens = [0] * (look_back - 1) + encode(name)
        for i in range(look_back, len(tokens)):
            for length in range(look_back + 1):
                after[tuple(tokens[i - length : i])][tokens[i]] += 1
    surprises = []
    for name in held_out:
        tokens = [0] * (look_back - 1) + encode(name)
        for i in range(look_back, len(tokens)):
            p = 1 / 27
            for length in range(look_back + 1):
                counts = after[tuple(tokens[i - length : i])]
                kinds = len(counts)
                if kinds:
                    p = (counts[tokens[i]] + kinds * p) / (counts.total() + kinds)
            surprises.append(-math.log(p))
    return surprises


mixed = {n: sum(interpolated(n)) / len(interpolated(n)) for n in (1, 2, 3, 4)}
for n, grade in mixed.items():
    print(f"interpolated, {n} back   {grade:.3f}")
counting = mixed[3]
assert counting == min(mixed.values()) and abs(counting - 1.445) < 0.001

# %% [markdown]
# ## From tokens to vectors
#
# Each token has a row of 16 numbers, its **embedding**, and so has each place in the name. They
# start random and are learned like all others. The whole model is nine tables:

# %% tags=["model"]
WIDTH, HEADS, BLOCK, LETTERS = 16, 4, 16, 27
SHAPES = {
    "tokens": (LETTERS, WIDTH),  # what a letter is
    "places": (BLOCK, WIDTH),  # where it stands
    "query": (WIDTH, WIDTH),  # what it looks for
    "key": (WIDTH, WIDTH),  # what it can be found by
    "value": (WIDTH, WIDTH),  # what it tells
    "out": (WIDTH, WIDTH),  # what becomes of all that was told
    "up": (4 * WIDTH, WIDTH),  # a network with one hidden layer
    "down": (WIDTH, 4 * WIDTH),
    "head": (LETTERS, WIDTH),  # a score for each letter that may come next
}


def untrained(seed):
    """Tables of random Values."""
    dice = random.Random(seed)
    return {
        name: [[Value(dice.gauss(0, 0.1)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in SHAPES.items()
    }


def parameters(model):
    """All numbers of all tables."""
    return [number for table in model.values() for row in table for number in row]


# %%
model = untrained(seed=42)
print(len(parameters(model)), "parameters")
assert len(parameters(model)) == 4192

# %% [markdown]
# ## Attention is a weighted mean
#
# Here is everything that the model does with vectors. **Softmax** turns scores into weights that
# add up to 1. **Attention** compares a query with the key of each earlier letter, and takes the
# mean of their values, weighted by how well they fit. (Our scores stay small; notebook 12 has the
# softmax for large ones.)


# %% tags=["model"]
def add(x, y):
    return [a + b for a, b in zip(x, y, strict=True)]


def linear(table, x):
    """One weighted sum for each row of a table."""
    return [sum(w * a for w, a in zip(row, x, strict=True)) for row in table]


def standard(x):
    """x, scaled so that the mean of its squares is 1."""
    mean = sum(a * a for a in x) / len(x)
    scale = (mean + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(scores):
    """Positive weights that add up to 1."""
    powers = [exp(score) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def attend(query, keys, values):
    """The mean of the values, weighted by how well their keys fit the query."""
    scores = [sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]
    weights = softmax([score / len(query) ** 0.5 for score in scores])
    return [
        sum(w * v for w, v in zip(weights, column, strict=True))
        for column in zip(*values, strict=True)
    ]


# %% [markdown]
# **Predict.** Three earlier letters tell 0, 30 and 60. The query fits none of them. What is the
# result? And if it fits the third key far better than the others?

# %%
keys, told = [[1.0, 0.0], [-1.0, 0.0], [0.0, 5.0]], [[0.0], [30.0], [60.0]]
(nobody,) = attend([0.0, 0.0], keys, told)
(third,) = attend([0.0, 4.0], keys, told)
print(nobody, third)

# %% [markdown]
# <details><summary>Reveal</summary>
#
# If all fit equally, all weights are 1/3: the plain mean, 30. If one fits far better, its weight is
# nearly 1, and we get what it tells. Between the two lies a slope, so there is a derivative, and
# the model can *learn* where to look.
#
# </details>

# %% tags=["hide-input"]
assert math.isclose(nobody, 30.0) and 59.9 < third < 60.0

# %% [markdown]
# ## The whole model
#
# A letter looks back with four **heads** at once; each uses a quarter of the vector. What they find
# is added to the vector, and so is the output of a small ReLU network. At the end, softmax gives
# the probability of each letter to come next.


# %% tags=["model"]
def guesses(model, tokens):
    """For each place, the probabilities of the 27 tokens to come next."""
    keys, values, result = [], [], []
    size = WIDTH // HEADS
    for place, token in enumerate(tokens):
        x = [take(column, token) for column in zip(*model["tokens"], strict=True)]
        x = standard(add(x, model["places"][place]))

        h = standard(x)
        query = linear(model["query"], h)
        keys.append(linear(model["key"], h))
        values.append(linear(model["value"], h))
        found = []
        for start in range(0, WIDTH, size):
            head = slice(start, start + size)
            found += attend(query[head], [key[head] for key in keys], [v[head] for v in values])
        x = add(x, linear(model["out"], found))

        hidden = [relu(h) for h in linear(model["up"], standard(x))]
        x = add(x, linear(model["down"], hidden))
        result.append(softmax(linear(model["head"], x)))
    return result


def loss_of(model, tokens):
    """The mean cross-entropy of the next token."""
    losses = []
    for probabilities, token in zip(guesses(model, tokens[:-1]), tokens[1:], strict=True):
        losses.append(-log(take(probabilities, token)))
    return sum(losses) / len(losses)


# %% [markdown]
# `take(column, token)` is `column[token]`, as an operation of the graph. (Why not just index? You
# will see when we compile.) Three checks: an untrained model knows nothing, so it gets about
# $\log 27$. Each list of probabilities adds up to 1. And a weight deep inside has the gradient that
# nudging finds.

# %%
tokens = encode("quenby")
loss = loss_of(model, tokens)
loss.backward()
print(f"loss {loss.data:.3f}, log 27 = {math.log(27):.3f}")
assert abs(loss.data - math.log(27)) < 0.3
assert all(math.isclose(sum(p).data, 1.0) for p in guesses(model, tokens))

weight = model["key"][3][5]
kept, sides = weight.data, []
for h in (1e-5, -1e-5):
    weight.data = kept + h
    sides.append(loss_of(model, tokens).data)
weight.data = kept
nudged = (sides[0] - sides[1]) / 2e-5
print("engine", weight.grad, "nudged", nudged)
assert math.isclose(weight.grad, nudged, rel_tol=1e-4, abs_tol=1e-11)

# %% [markdown]
# ## What does a step cost?
#
# The graph of a single name, with all that happens in it:

# %%
tokens = encode("gorsewick")
operations = len(Program.of(loss_of(model, tokens)).primitives)
print(f"{operations:,} operations for the loss of gorsewick, and the same way back")
lengths = {len(town) for town in known}
assert operations > 50_000 and len(lengths) == 6

# %% [markdown]
# **Predict.** `jit` records this graph once, and replays it with other letters (notebook 14). For a
# name of another length it needs another recording. How many recordings for our map? And how much
# faster is a replay than building the graph?


# %%
def eager(tokens):
    return loss_of(model, tokens)


compiled = jit(eager)


def seconds_per_pass(function, repeat):
    """Forward and backward."""
    begin = time.perf_counter()
    for _ in range(repeat):
        function(tokens).backward()
    return (time.perf_counter() - begin) / repeat


compiled(tokens)  # the first call records
seconds = {"eager": seconds_per_pass(eager, 3), "compiled": seconds_per_pass(compiled, 100)}
print(f"eager {seconds['eager'] * 1e3:.0f} ms, compiled {seconds['compiled'] * 1e3:.2f} ms")

# %% [markdown]
# <details><summary>Reveal</summary>
#
# One recording for each length, and our towns have 5 to 10 letters: six. `take` is why it is no
# more. An index in Python would be frozen in the recording; `take` reads the letter when the
# recording is replayed.
#
# </details>
#
# Faster, but is it the same? All 4 192 gradients agree. (A machine that adds in another order may
# differ in the last digit, no more.)

# %%
gradients = []
for function in (eager, compiled):
    for p in parameters(model):
        p.grad = 0.0
    loss = function(encode("mossmere"))
    loss.backward()
    gradients.append([loss.data, *(p.grad for p in parameters(model))])
largest = max(abs(g) for g in gradients[0])
apart = max(abs(g - other) for g, other in zip(*gradients, strict=True))
print("largest gradient", largest, "largest difference", apart)
assert apart < 1e-12 * largest

# %% [markdown]
# And micrograd, the little engine that showed so many people how this works? It has no `exp` and no
# `log`, so it cannot run this model. But we can time an operation of it, if it is installed, and
# multiply: an estimate.

# %%
try:
    from micrograd.engine import Value as Micro
except ImportError:
    each = 30e-6  # seconds, as measured by `python -m benchmarks gpt_training`
else:
    begin = time.perf_counter()
    for _ in range(5):
        weights = [Micro(0.01 * i) for i in range(100)]
        total = Micro(0.0)
        for i in range(40):
            total = total + sum(w * (0.1 * i) for w in weights).relu()
        total.backward()
    each = (time.perf_counter() - begin) / (5 * 40 * 202)
seconds["micrograd (estimate)"] = each * operations
print(
    f"micrograd: about {each * 1e6:.0f} µs for an operation, {each * operations:.1f} s for a pass"
)

# %% tags=["hide-input"]
names = sorted(seconds, key=seconds.get)
times = [seconds[name] * 1e3 for name in names]
fig, ax = plt.subplots(figsize=(7, 1.8), layout="constrained")
ax.hlines(range(3), 0.01, times, color="lightgray", lw=1)
ax.scatter(times, range(3), color=["#0072B2", "#0072B2", "#D55E00"], zorder=3)
for place, t in enumerate(times):
    ax.text(t * 1.4, place, f"{t:,.0f} ms" if t >= 10 else f"{t:.2g} ms", va="center")
ax.set_yticks(range(3), names)
ax.set(xscale="log", xlim=(0.01, 3e4), ylim=(-0.5, 2.5))
ax.set_xlabel("forward and backward, one name (milliseconds)")
plt.show()
assert seconds["compiled"] < seconds["eager"]

# %% [markdown]
# ## A thousand steps
#
# One town per step, drawn with dice. The learning rate falls to zero in a straight line. These four
# lines you know from notebook 10; `Adam` is the optimizer that gives each number a step size of its
# own.


# %% tags=["model"]
def train(model, names, steps, seed):
    """Train the model, and return the loss of each step."""
    step = jit(lambda tokens: loss_of(model, tokens))
    optimizer = nn.Adam(parameters(model), lr=0.01)
    schedule = nn.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps)
    dice = random.Random(seed)
    losses = []
    for _ in range(steps):
        loss = step(encode(dice.choice(names)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(loss.data)
    return losses


# %%
STEPS = 1000
model = untrained(seed=42)
begin = time.perf_counter()
losses = train(model, known, STEPS, seed=1)
took = time.perf_counter() - begin
print(f"{STEPS} steps in {took:.1f} s, {took / STEPS * 1e3:.1f} ms each, recordings included")
for name in ("eager", "micrograd (estimate)"):
    print(f"{name}: {STEPS * seconds[name] / 60:.0f} minutes for forward and backward alone")

# %% [markdown]
# Part of our time went into the six recordings; the steps between them are quicker.
#
# And now the exam, with the thirty towns that it has never seen. The code of the model does not
# care whether it computes with Values or with plain numbers; for an exam we need no gradients.

# %%
numbers = {name: [[w.data for w in row] for row in table] for name, table in model.items()}


def exam(names):
    """Cross-entropy per letter."""
    letters = [len(name) + 1 for name in names]
    losses_ = [loss_of(numbers, encode(name)) for name in names]
    return sum(n * each for n, each in zip(letters, losses_, strict=True)) / sum(letters)


new, old = exam(held_out), exam(known[:30])
print(f"held out {new:.2f}, towns it has seen {old:.2f}")

# %% tags=["hide-input"]
smooth = [sum(losses[i : i + 40]) / 40 for i in range(0, STEPS, 40)]
fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
ax.plot(losses, ".", ms=2, color="#9ecae1")
ax.plot(range(20, STEPS, 40), smooth, color="#0072B2", lw=2, label="training, mean of 40 steps")
lines = {
    "knows nothing": math.log(27),
    "one letter back": one_letter,
    "two letters back": two_letters,
    "three, interpolated": counting,
}
for label, height in lines.items():
    ax.axhline(height, color="gray", ls=":", lw=1)
    ax.text(
        STEPS * 1.03,
        height - 0.06 * (height == counting),
        label,
        va="center",
        color="dimgray",
        fontsize="small",
    )
ax.plot(STEPS, new, "D", color="#D55E00", label="the held-out towns", clip_on=False, zorder=3)
ax.set(xlabel="step", ylabel="cross-entropy per letter", xlim=(0, STEPS), ylim=(0.5, 3.5))
ax.legend(frameon=False, loc="upper right", bbox_to_anchor=(1.0, 0.92))
plt.show()
assert smooth[-1] < 0.6 * math.log(27)
assert counting < new < two_letters < one_letter

# %% [markdown]
# Better than plain counts, on towns that it has never seen. So it has learned something *about*
# names. But it is **not better than counting done well**: 1.494 against 1.445. How sure is that?
# Thirty names are few letters. Compare letter by letter, with a standard error:

# %%
by_counting = interpolated(3)
by_model = [
    -math.log(probabilities[token])
    for name in held_out
    for probabilities, token in zip(
        guesses(numbers, encode(name)[:-1]), encode(name)[1:], strict=True
    )
]
apart = [m - c for m, c in zip(by_model, by_counting, strict=True)]
mean_apart = sum(apart) / len(apart)
spread = math.sqrt(sum((d - mean_apart) ** 2 for d in apart) / (len(apart) - 1))
error_of_mean = spread / math.sqrt(len(apart))
print(f"{len(apart)} letters: the model is worse by {mean_apart:.3f} ± {error_of_mean:.3f}")
assert math.isclose(mean_apart, new - counting, rel_tol=1e-9) and abs(new - 1.494) < 0.02
assert mean_apart < 2 * error_of_mean  # so small a difference may be chance

# %% [markdown]
# So on these towns counting is ahead, by about as much as chance would explain. What is certain:
# twenty lines of counting do *as well* as four thousand trained numbers. A network begins to win
# where contexts are longer and texts are larger than any table of counts. **Judge next to something
# simple**: that is worth more than a beautiful loss curve.
#
# It is a little better still on the towns that it trained on: some of it is learning by heart.
#
# ## Ten times as long
#
# The training loss is still falling. So let it train for ten thousand steps.
#
# **Predict.** What happens to the grade on the held-out towns?

# %% tags=["hide-input"]
ex.predict(
    "The held-out grade becomes",
    answer="worse",
    wrong={
        "better": "4 192 numbers can hold 270 names by heart",
        "as good as counting": "it was nearly there; but look at what is left to learn",
    },
    because="it learns the map by heart",
)

# %%
short = numbers
long_model = untrained(seed=42)
train(long_model, known, 10 * STEPS, seed=1)
numbers = {name: [[w.data for w in row] for row in t] for name, t in long_model.items()}
long_new, long_old = exam(held_out), exam(known[:30])
print(f"{STEPS:6d} steps: held out {new:.3f}, seen {old:.3f}")
print(f"{10 * STEPS:6d} steps: held out {long_new:.3f}, seen {long_old:.3f}")
numbers = short  # the better model founds the towns
assert long_old < 0.7 * old and long_new > new

# %% [markdown]
# That is **overfitting**, the lesson of notebook 10 once more: what it gained on the towns that it
# saw, it lost on those that it did not. More training is not more learning.
#
# ## Founding towns
#
# Ask for the probabilities of the first letter, throw dice, go on from there. A **temperature**
# $T$ raises the probabilities to the power $1/T$: below 1 the likely letters get likelier.


# %% tags=["model"]
def invent(model, dice, temperature):
    """A new name, letter by letter."""
    tokens = [0]
    while len(tokens) < BLOCK:
        probabilities = guesses(model, tokens)[-1]
        weights = [p ** (1 / temperature) for p in probabilities]
        tokens.append(dice.choices(range(LETTERS), weights)[0])
        if tokens[-1] == 0:
            break
    return decode(tokens)


# %%
for temperature in (0.3, 0.6, 1.0, 1.5):
    dice = random.Random(3)
    print(temperature, *(invent(numbers, dice, temperature) for _ in range(8)), sep="  ")

# %% [markdown]
# **Predict.** Of forty towns at temperature 0.6, how many are on our map already?

# %% tags=["hide-input"]
ex.predict(
    "Most of them, half, or few?",
    answer="few",
    wrong={
        "most": "it was stopped before it knew the map by heart",
        "half": "fewer",
    },
    because="it speaks the language, it does not quote",
)

# %% [markdown]
# Count:

# %%
dice = random.Random(7)
inventions = [invent(numbers, dice, temperature=0.6) for _ in range(40)]
fresh = [name for name in inventions if name not in known + held_out]
for i in range(0, 40, 8):
    print(*inventions[i : i + 8])
print(len(fresh), "of 40 are new")

# %% [markdown]
# <details><summary>Reveal</summary>
#
# Only a few are on the map. It does not quote, it speaks the language: beginnings that exist,
# endings that exist, and the joints between them sound right.
#
# </details>

# %%
endings = tuple("mere holm fell ford dale wick ton by moor stead ow in a".split())
assert len(fresh) >= 20
assert sum(name.endswith(endings) for name in inventions) >= 24

# %% [markdown]
# ## What does it expect?
#
# A town that is on no map, letter by letter. Each column is the answer after the letters so far;
# the ring marks the letter that comes.

# %% tags=["hide-input"]
name = "wrenholm"
tokens = encode(name)
columns = guesses(numbers, tokens[:-1])
symbols = ["·", *"abcdefghijklmnopqrstuvwxyz"]
fig, ax = plt.subplots(figsize=(5.2, 5.8), layout="constrained")
ax.imshow(list(zip(*columns, strict=True)), cmap="Blues", vmin=0, vmax=1, aspect="auto")
ax.plot(range(len(columns)), tokens[1:], "o", mfc="none", mec="#D55E00", ms=12, mew=1.5)
ax.set_xticks(range(len(columns)), [symbols[token] for token in tokens[:-1]])
ax.set_yticks(range(LETTERS), symbols)
ax.set(xlabel="read so far (· is the edge)", ylabel="expected next")
plt.show()

# %% [markdown]
# The beginning is a surprise: no town that it knows begins so. But look at the end. It has never
# seen the word *wrenholm*, and after *wrenho* it is sure.

# %%
certain = [probabilities[token] for probabilities, token in zip(columns, tokens[1:], strict=True)]
print([round(p, 2) for p in certain])
assert certain[6] > 0.8 and certain[6] > 5 * certain[1]

# %% [markdown]
# ## What you take with you
#
# - A language model is a classifier: which letter is next? Its loss is notebook 12's.
# - Attention is a weighted mean whose weights are computed, and therefore learned.
# - Judge a model by what it was never shown, and next to something simple. Here the simple thing
#   won.
# - Written in scalars, trained in seconds: the loop stayed the same, `jit` is one word.
#
# You have now seen the whole way, from $2/\sin(e^{-x})$ to a model that speaks. What remains is
# craft: → **18 · Debug a gradient**

# %% [markdown]
# ## Exercises
#
# Write each function, run its cell, and read what the checker says. It runs your code on many
# points and looks at numbers only: any right solution passes. The dots say how hard.

# %% [markdown]
# **1** •• · `probability(text, a, b, w)` of b after a: w\*pairs(a, b)/pairs(a, any) + (1 -
# w)\*count(b)/n.
#
# If no pair begins with a, the first quotient is 0. n is the length of the text.


# %%
def probability(text, a, b, w):
    return None  # your code


ex.check_interpolated(probability)

# %% [markdown]
# **2** • · `stop(seen, held)`: the index to stop at, and how far held-out and seen loss lie apart
# there.


# %%
def stop(seen, held):
    return None  # your code


ex.check_stop(stop)

# %% [markdown]
# **3** • · `probabilities(logits, T)`: softmax at a temperature.


# %%
def probabilities(logits, T):
    return None  # your code


ex.check_temperature(probabilities)

# %% [markdown]
# **4** • · `measure(probabilities)` that a model gave to what came: [mean of -log p, exp of it].


# %%
def measure(probabilities):
    return None  # your code


ex.check_perplexity(measure)
