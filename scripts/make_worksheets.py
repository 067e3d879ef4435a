#!/usr/bin/env python3
"""Write docs/worksheets: a graph to fill in and its answer sheet per lesson, quizzes, the keys.

    python scripts/make_worksheets.py

Every number is computed by the engine. To print other numbers, change a point in `LESSONS`.
Also writes the table of exercises in notebooks/exercises/README.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

import autodiff as ad  # noqa: E402 - found by the line above
import exercises as ex  # noqa: E402 - the same
from autodiff import Value  # noqa: E402 - the same

FOLDER = ROOT / "docs" / "worksheets"
README = ROOT / "notebooks" / "exercises" / "README.md"

Function = Callable[..., Value]


class Lesson(NamedTuple):
    """A lesson's worksheet, f(**point), and its exit question about another point."""

    f: Function
    formula: str
    point: dict[str, float]
    question: str
    answer: Callable[[], float | str]


def slope(f: Function, wrt: str, **point: float) -> float:
    """The derivative of f by one of its arguments."""
    leaves = {name: Value(number) for name, number in point.items()}
    f(**leaves).backward()
    return leaves[wrt].grad


def value(f: Function, **point: float) -> float:
    """The number of f."""
    return f(**{name: Value(number) for name, number in point.items()}).data


def _entropy(a: Value, b: Value) -> Value:
    return ad.log(ad.exp(a) + ad.exp(b)) - a


def _chain(x: Value) -> Value:
    for _ in range(3):
        x = ad.sigmoid(x)
    return x


def _sines(x: Value) -> Value:
    for _ in range(3):
        x = ad.sin(x)
    return x


def _attend(s: Value, t: Value) -> Value:
    p = 1 / (1 + ad.exp(t - s))
    return p * 3 + (1 - p) * 5


def _code(x: Value, y: Value) -> Value:
    t2 = x * y + x
    return (ad.tanh(t2) - t2) * y


def _twice(a: Value) -> Value:
    b = a * a
    return b * b + b


def _fit(w: Value, b: Value) -> Value:
    return (w * 2 + b - 3) ** 2


def _two(w: Value, v: Value, x: Value) -> Value:
    return ad.tanh(w * x) + ad.tanh(v * x)


LESSONS: dict[str, Lesson] = {
    "chain_rule": Lesson(
        lambda x: 2 / ad.sin(ad.exp(-x)), "f = 2/sin(exp(−x))", {"x": -0.5},
        "f = 2/sin(exp(−x)). What is df/dx at x = 0.3?",
        lambda: slope(lambda x: 2 / ad.sin(ad.exp(-x)), "x", x=0.3),
    ),
    "many_paths": Lesson(
        lambda p, q: q * (p + q), "s = q·(p + q)", {"p": 0.5, "q": 2.0},
        "s = q·r with r = p + q, at p = 1 and q = 3. What is ds/dq?",
        lambda: slope(lambda p, q: q * (p + q), "q", p=1.0, q=3.0),
    ),
    "gates": Lesson(
        lambda a, b, c: (a + b) * ad.maximum(b, c), "f = (a + b)·max(b, c)",
        {"a": 1.0, "b": 2.0, "c": -1.0},
        "f = (a + b)·max(b, c) at a = 1, b = 4, c = 3. What is df/db?",
        lambda: slope(lambda a, b, c: (a + b) * ad.maximum(b, c), "b", a=1.0, b=4.0, c=3.0),
    ),
    "four_ways": Lesson(
        lambda x: x * ad.log(x), "f = x·log x", {"x": 2.0},
        "f = x². What does (f(x + h) − f(x))/h give at x = 3 with h = 0.1?",
        lambda: (value(lambda x: x * x, x=3.1) - value(lambda x: x * x, x=3.0)) / 0.1,
    ),
    "forward_or_backward": Lesson(
        lambda x, y: x * y + x, "f = x·y + x", {"x": 3.0, "y": -2.0},
        "A function has 200 inputs and 3 outputs. How many backward sweeps give its Jacobian?",
        lambda: 3.0,
    ),
    "build_your_own": Lesson(
        _twice, "b = a·a; c = b·b + b", {"a": 2.0},
        "b = a·a; c = b·b + b. What is dc/da at a = 1?", lambda: slope(_twice, "a", a=1.0),
    ),
    "neurons": Lesson(
        lambda w, x, b: ad.tanh(w * x + b), "h = tanh(w·x + b)", {"w": 0.5, "x": 2.0, "b": -0.4},
        "h = relu(w·x + b) at w = −2, x = 1, b = 0.5. What is dh/dw?",
        lambda: slope(lambda w, x, b: ad.relu(w * x + b), "w", w=-2.0, x=1.0, b=0.5),
    ),
    "matrices": Lesson(
        lambda x, w, v: (x * w) * 2 + (x * v) * 3, "ℓ = 2·(x·w) + 3·(x·v)",
        {"x": 1.5, "w": 0.5, "v": -1.0},
        "y₁ = x·w, y₂ = x·v, ℓ = 2y₁ + 3y₂. What is dℓ/dx at w = 0.5, v = 2, x = 1?",
        lambda: slope(lambda x, w, v: (x * w) * 2 + (x * v) * 3, "x", x=1.0, w=0.5, v=2.0),
    ),
    "jacobians": Lesson(
        _two, "s = tanh(w·x) + tanh(v·x)", {"w": 0.5, "v": -1.0, "x": 1.0},
        "A layer has 20 inputs and 10 outputs. How many entries has the Jacobian of its outputs by "
        "its weights?",
        lambda: 10.0 * 200.0,
    ),
    "training": Lesson(
        _fit, "L = (2w + b − 3)²", {"w": 0.5, "b": 1.0},
        "L = (2w + b − 3)², w = b = 0, rate 0.1. What is w after one step?",
        lambda: 0.0 - 0.1 * slope(_fit, "w", w=0.0, b=0.0),
    ),
    "vanishing": Lesson(
        _chain, "f = σ(σ(σ(x)))", {"x": 0.0},
        "The slope of σ is at most 0.25. By what factor, at most, do five of them in a row with "
        "weights 1 pass on a gradient?",
        lambda: slope(ad.sigmoid, "x", x=0.0) ** 5,
    ),
    "softmax": Lesson(
        _entropy, "L = log(exp a + exp b) − a", {"a": 1.0, "b": 0.0},
        "Two logits, both 0; the target is the first. What is the derivative of the cross-entropy "
        "by the first?",
        lambda: slope(_entropy, "a", a=0.0, b=0.0),
    ),
    "second_derivatives": Lesson(
        lambda x, y: x**3 * y, "f = x³·y", {"x": 2.0, "y": -1.0},
        "f = x³·y. What is d²f/dx dy at x = 2, y = −1?",
        lambda: ad.hessian(lambda v: v[0] ** 3 * v[1])([2.0, -1.0])[0][1],
    ),
    "compile_it": Lesson(
        _code, "t2 = x·y + x; f = (tanh t2 − t2)·y", {"x": 0.5, "y": 1.0},
        "t1 = x·x; t2 = t1 + x; f = t2·t1. What is df/dx at x = 1?",
        lambda: slope(lambda x: (x * x + x) * (x * x), "x", x=1.0),
    ),
    "memory": Lesson(
        _sines, "y = sin(sin(sin x))", {"x": 1.0},
        "A chain of 100 steps, a checkpoint every 10. How many numbers are kept at the same time?",
        lambda: float(ex.check_checkpoints.solution()(100, 10)[0]),
    ),
    "gpt": Lesson(
        _attend, "out = p·3 + (1 − p)·5, p = σ(s − t)", {"s": 1.0, "t": 0.5},
        "A model knows nothing about 27 signs. What is its loss?",
        lambda: float(ex.check_first_loss.solution()(27)[0]),
    ),
    "towns": Lesson(
        lambda w: -ad.log(w * 0.8 + (1 - w) * 0.1), "L = −log(0.8w + 0.1(1 − w))", {"w": 0.5},
        "A pair that was never seen: its single count gives 0.1, the weight of pairs is 0.9. What "
        "is its probability?",
        lambda: value(lambda w: w * 0.0 + (1 - w) * 0.1, w=0.9),
    ),
    "debugging": Lesson(
        lambda x: x * x + x, "f = x·x + x", {"x": 3.0},
        "f = x·x + x at x = 3. An engine with = for += says df/dx = 3 or 4. Which number "
        "is right?",
        lambda: slope(lambda x: x * x + x, "x", x=3.0),
    ),
    "stability": Lesson(
        lambda x: ad.maximum(x, 0.0) + ad.log1p(ad.exp(-ad.fabs(x))),
        "f = max(x, 0) + log1p(exp(−|x|))", {"x": -1.0},
        "What is the slope of log(1 + exp(x)) at x = 0?",
        lambda: slope(ad.softplus, "x", x=0.0),
    ),
    "tensors": Lesson(
        lambda x, y, b: (x + b) * 2 + (y + b) * 3, "ℓ = 2·(x + b) + 3·(y + b)",
        {"x": 1.0, "y": 2.0, "b": 0.5},
        "b is added to each of 4 rows; each row's upstream gradient is 0.5. What is dL/db?",
        lambda: slope(lambda b: (b + b + b + b) * 0.5, "b", b=0.0),
    ),
    "big_ones": Lesson(
        lambda x, y: (x * y) * (x + y), "f = (x·y)·(x + y)", {"x": 2.0, "y": 3.0},
        "f = detach(x·y)·(x + y) at x = 2, y = 3. What is df/dx?",
        lambda: float(ex.check_detach.solution()(2.0, 3.0)[0]),
    ),
}  # fmt: skip

#: What a learner should know before: the question, and how its answer is computed.
PREREQUISITES: list[tuple[str, Callable[[], float]]] = [
    ("What is the slope of x² at x = 3?", lambda: slope(lambda x: x * x, "x", x=3.0)),
    ("What is the slope of 5x − 7?", lambda: slope(lambda x: 5 * x - 7, "x", x=1.0)),
    ("What is the slope of 1/x at x = 2?", lambda: slope(lambda x: 1 / x, "x", x=2.0)),
    ("e⁰ = ?", lambda: value(ad.exp, x=0.0)),
    ("What is the slope of eˣ at x = 0?", lambda: slope(ad.exp, "x", x=0.0)),
    ("log(e³) = ?", lambda: value(lambda x: ad.log(ad.exp(x)), x=3.0)),
    ("What is the slope of sin x at x = 0, in radians?", lambda: slope(ad.sin, "x", x=0.0)),
    ("f(x) = (2x + 1)². What is f'(1)?", lambda: slope(lambda x: (2 * x + 1) ** 2, "x", x=1.0)),
    ("f = x·y with y = 4 held fixed. How much does f grow if x grows by 0.1?",
     lambda: 0.1 * slope(lambda x, y: x * y, "x", x=1.0, y=4.0)),
    ("x₁·w₁ + x₂·w₂ with x = (1, 2) and w = (3, −1) = ?",
     lambda: value(lambda a, b: a * 3 + b * -1, a=1.0, b=2.0)),
]  # fmt: skip


def shown(answer: float | str) -> str:
    """A number with five digits."""
    return answer if isinstance(answer, str) else f"{answer:.5g}".replace("-", "−")


def _graph(lesson: Lesson) -> Value:
    leaves = {name: Value(number, name) for name, number in lesson.point.items()}
    result = lesson.f(**leaves)
    result.label = "f" if result.label is None else result.label
    result.backward()
    return result


def sheets() -> dict[str, str]:
    """All files by name."""
    files: dict[str, str] = {}
    for name, lesson in LESSONS.items():
        result = _graph(lesson)
        for suffix, blank in (("", True), ("_answers", False)):
            svg = ad.draw(result, worksheet=blank).svg
            # Paper has no tooltips, and on a screen they would tell.
            files[f"{name}{suffix}.svg"] = re.sub(r"<title>.*?</title>", "", svg).rstrip() + "\n"
    files["quiz.md"], files["answers.md"] = _quiz(False), _quiz(True)
    return files


def _quiz(answers: bool) -> str:
    title = "# Answers" if answers else "# Quizzes"
    lines = [title, "", "Written by scripts/make_worksheets.py; every number is computed.", ""]
    lines += ["## Before the course", ""]
    for number, (question, answer) in enumerate(PREREQUISITES, 1):
        lines.append(f"{number}. {question}" + (f" **{shown(answer())}**" if answers else ""))
    lines += ["", "## After each lesson", ""]
    lines.append("| lesson | worksheet | exit question |" + (" answer |" if answers else ""))
    lines.append("|---|---|---|" + ("---|" if answers else ""))
    for name, lesson in LESSONS.items():
        title = name.replace("_", " ")
        point = ", ".join(f"{k} = {shown(v)}" for k, v in lesson.point.items())
        suffix = "_answers" if answers else ""
        sheet = f"[{lesson.formula}]({name}{suffix}.svg) at {point}"
        cells = [title, sheet, lesson.question] + ([shown(lesson.answer())] if answers else [])
        lines.append("| " + " | ".join(cell.replace("|x|", "abs x") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def readme() -> str:
    """The README of the exercises with a fresh table."""
    rows = ["| lesson | exercises |", "|---|---|"]
    for name, checkers in ex.LESSONS.items():
        marks = ", ".join(f"`{each.__name__}` {'•' * each.level}" for each in checkers)
        rows.append(f"| [{name.replace('_', ' ')}]({name}.py) | {marks} |")
    text = README.read_text(encoding="utf-8")
    return re.sub(
        r"(?<=<!-- exercises:begin -->\n).*?(?=<!-- exercises:end -->)",
        lambda _: "\n".join(rows) + "\n", text, flags=re.DOTALL,
    )  # fmt: skip


def main() -> None:
    """Write everything."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in sheets().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    README.write_text(readme(), encoding="utf-8", newline="\n")
    print(f"{len(LESSONS)} worksheets with answers, and quizzes, in {FOLDER}")


if __name__ == "__main__":
    main()
