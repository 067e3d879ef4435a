"""Solutions of the lessons from second derivatives on. A function has the name of its checker."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

Rows = list[list[float]]


def relu_hessian(w1: float, w2: float, x: float) -> Rows:
    mixed = x if w1 * x > 0 else 0.0
    return [[0.0, mixed], [mixed, 0.0]]


def newton(x: float, steps: int) -> float:
    for _ in range(steps):
        x -= math.tan(x)  # -sin/-cos
    return x


def hvp(gradient: Any, x: list[float], v: list[float]) -> list[float]:
    h = 1e-5
    ahead = gradient([a + h * b for a, b in zip(x, v, strict=True)])
    behind = gradient([a - h * b for a, b in zip(x, v, strict=True)])
    return [(p - q) / (2 * h) for p, q in zip(ahead, behind, strict=True)]


def kind(a: float, b: float, c: float) -> str:
    if a * c - b * b < 0:
        return "saddle"
    return "minimum" if a > 0 else "maximum"


def generated(x: float, y: float) -> list[float]:
    u = x * y + x
    t = math.tanh(u)
    return [(t - u) * y, -(t**2) * y * (y + 1), -(t**2) * y * x + t - u]


def traces(xs: list[float]) -> int:
    return len({x > 0 for x in xs})


def ways(ifs: int, calls: int) -> int:
    return int(min(2**ifs, calls))


def shared(text: str) -> int:
    return {"a*b + a*b": 2, "a*b + b*a": 2, "a*a": 1, "sin(a)*sin(a)": 2, "a + b*c": 2,
            "(a + b)*(a + b)": 2}[text]  # fmt: skip


def checkpoints(steps: int, every: int) -> list[int]:
    return [steps // every + every, 2 * steps]


def distance(steps: int) -> list[float]:
    k = math.isqrt(steps)
    return [k, steps / k + k]


def sweep(x: float, steps: int, every: int) -> float:
    kept = {0: x}
    for index in range(steps):
        x += math.sin(x) / 2
        if (index + 1) % every == 0:
            kept[index + 1] = x
    gradient = 1.0
    for begin in range(steps - every, -1, -every):
        here = kept[begin]
        segment = [here]
        for _ in range(every - 1):
            here += math.sin(here) / 2
            segment.append(here)
        for each in reversed(segment):
            gradient *= 1 + math.cos(each) / 2
    return gradient


def remember(name: str) -> str:
    if name in ("add", "neg"):
        return "nothing"
    return "output" if name in ("exp", "tanh", "relu") else "input"


def _softmax(z: list[float]) -> list[float]:
    powers = [math.exp(each - max(z)) for each in z]
    return [each / sum(powers) for each in powers]


def attend(q: list[float], K: Rows, V: Rows, g: list[float]) -> list[Any]:
    d, n = len(q), len(K)
    root = math.sqrt(d)
    p = _softmax([sum(q[j] * K[i][j] for j in range(d)) / root for i in range(n)])
    dp = [sum(g[j] * V[i][j] for j in range(d)) for i in range(n)]
    mean = sum(p[i] * dp[i] for i in range(n))
    ds = [p[i] * (dp[i] - mean) / root for i in range(n)]
    dq = [sum(ds[i] * K[i][j] for i in range(n)) for j in range(d)]
    return [
        dq,
        [[ds[i] * q[j] for j in range(d)] for i in range(n)],
        [[a * b for b in g] for a in p],
    ]


def first_loss(n: int) -> list[float]:
    return [math.log(n), 1 / n]


def mask(scores: list[float], t: int) -> list[float]:
    return _softmax(scores[: t + 1]) + [0.0] * (len(scores) - t - 1)


def interpolated(text: str, a: str, b: str, w: float) -> float:
    after = [y for x, y in pairwise(text) if x == a]
    pair = after.count(b) / len(after) if after else 0.0
    return w * pair + (1 - w) * text.count(b) / len(text)


def stop(seen: list[float], held: list[float]) -> list[float]:
    best = min(range(len(held)), key=lambda i: held[i])
    return [best, held[best] - seen[best]]


def temperature(logits: list[float], T: float) -> list[float]:
    return _softmax([z / T for z in logits])


def perplexity(probabilities: list[float]) -> list[float]:
    loss = -math.log(math.prod(probabilities)) / len(probabilities)
    return [loss, math.exp(loss)]


def check(f: Any, df: Any, x: float) -> bool:
    h = 1e-5
    nudged = (f(x + h) - f(x - h)) / (2 * h)
    return bool(abs(df(x) - nudged) <= 1e-4 * max(abs(nudged), abs(df(x))))


def first_bad(values: list[float]) -> int:
    return next((i for i, v in enumerate(values) if not math.isfinite(v)), -1)


def symptoms(symptom: str) -> str:
    return {
        "twice as large at each step": "no zero_grad",
        "exactly 0 everywhere, loss changes nothing": "detached",
        "nan from the third step on": "rate too large",
        "right by 1/N": "sum for mean",
        "one neuron always 0": "dead relu",
        "right but for shared values": "= for +=",
    }[symptom]


def find(nudged: list[float], given: list[float]) -> list[float]:
    off = [abs(b / a - 1) for a, b in zip(nudged, given, strict=True)]
    at = off.index(max(off))
    return [at, given[at] / nudged[at]]


def _stable(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def saturated(x: float) -> float:
    return _stable(x) * _stable(-x)


def from_logit(z: float, t: float) -> list[float]:
    return [t * softplus(-z) + (1 - t) * softplus(z), (1 - t) * _stable(z) - t * _stable(-z)]


def roots(x: float, d: float) -> float:
    return d / (math.sqrt(x + d) + math.sqrt(x))


def einsum(rule: str) -> list[str]:
    operands, out = rule.split("->")
    a, b = operands.split(",")
    return [f"{out},{b}->{a}", f"{out},{a}->{b}"]


def unbroadcast(G: Rows, kind: str) -> list[float]:
    if kind == "column":
        return [sum(row) for row in G]
    columns = [sum(column) for column in zip(*G, strict=True)]
    return columns if kind == "row" else [sum(columns)]


def matmul(A: Rows, B: Rows, G: Rows) -> list[Any]:
    n = range(len(A))
    dA = [[sum(G[i][k] * B[j][k] for k in n) for j in n] for i in n]
    dB = [[sum(A[i][j] * G[i][k] for i in n) for k in n] for j in n]
    return [dA, dB]


def reductions(x: list[float], g: float) -> list[Any]:
    return [[g for _ in x], [g / len(x) for _ in x]]


def tape(tape: Any, inputs: list[float]) -> list[float]:
    values = dict(enumerate(inputs))
    for k, sign, i, j in tape:
        values[k] = values[i] + values[j] if sign == "+" else values[i] * values[j]
    grads = dict.fromkeys(values, 0.0)
    grads[max(values)] = 1.0
    for k, sign, i, j in tape[::-1]:
        grads[i] += grads[k] * (1 if sign == "+" else values[j])
        grads[j] += grads[k] * (1 if sign == "+" else values[i])
    return [grads[0], grads[1]]


def detach(x: float, y: float) -> list[float]:
    return [x * y, x * y]


def accumulate(data: list[float], size: int, rate: float) -> float:
    return rate * 2 * sum(data) / len(data)  # all at once: the same


def last_layer(x: float, w: float, v: float) -> list[float]:
    h = math.tanh(w * x)
    return [(v * h - 1) * h, (v * h - 1) * v * (1 - h**2) * x]


def bias(g: list[float]) -> list[float]:
    return g


def own_slope(x: list[float], g: list[float]) -> list[float]:
    return [b * math.cos(a) for a, b in zip(x, g, strict=True)]


def column_row(name: str) -> str:
    return {"weights": "outer", "input": "matrix times vector", "bias": "copy"}[name]


def ratio(x: float, h: float) -> list[float]:
    return [((x + h) ** 2 - x**2) / h, 2 * x]


def ones(b: list[float], n: int) -> Rows:
    return [b] * n


def vector_by_vector(x: list[float]) -> Rows:
    s = [_stable(each) for each in x]
    return [[s[i] * (1 - s[i]) if i == j else 0.0 for j in range(len(x))] for i in range(len(x))]


def gap(seen: list[float], held: list[float]) -> list[float]:
    return [b - a for a, b in zip(seen, held, strict=True)]
