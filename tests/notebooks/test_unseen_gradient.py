"""The measure of the course: whoever has read 01 to 07 derives a gradient that was never shown.

Two hidden neurons with a shared input: h1 = tanh(w1*x + b1), h2 = tanh(w2*x + b2),
p = v1*h1 + v2*h2 + c, C = (p - y)**2. Each step stands on a sentence; the test keeps them.
"""

import math
import re
from pathlib import Path

import pytest

import autodiff
from autodiff import check_gradients, tanh

LESSONS = Path(__file__).parent.parent.parent / "notebooks" / "lessons"

#: What the step needs, the lesson that says it, and its words.
SENTENCES = [
    ("keep all results", "01_chain_rule", "Compute them in order and **keep every result**"),
    ("multiply along a path", "02_many_paths", "**multiply along a path, add over the paths.**"),
    ("d and ∂", "02_many_paths", "one term for each **use** of $v$"),
    ("start with dC/dC = 1", "07_neurons", "Begin at the end with $dL/dL = 1$"),
    ("dC/dp = 2(p - y)", "07_neurons", "A square $L = u^2$ passes on $2u$"),
    ("a sum passes on 1", "03_gates", "**copies**: both get $g$"),
    ("dC/dv1 = g*h1, dC/dh1 = g*v1", "03_gates", "each gets $g$ times *the other*"),
    ("dC/dz = dC/dh*(1 - h*h)", "07_neurons", "for tanh that is $1 - h^2$"),
    ("why 1 - h*h", "07_neurons", r"(1 + \tanh z)(1 - \tanh z) = 1 - \tanh^2 z"),
    ("dC/dw = d*x, dC/db = d", "07_neurons", "A weight gets what comes back times its input"),
    (
        "x has two uses",
        "07_neurons",
        "A value with **several uses** gets one contribution from each",
    ),
    ("prove it", "04_four_ways", "`gradient=` takes a derivative that"),
]


@pytest.mark.parametrize(("needed", "lesson", "words"), SENTENCES)
def test_the_sentence_is_there(needed, lesson, words):
    text = re.sub(r"\n# ?", " ", (LESSONS / f"{lesson}.py").read_text(encoding="utf-8"))
    text = " ".join(text.split())
    assert words in text, f"{needed}: {lesson} no longer says so"


def test_the_sentences_are_enough():
    def cost(x, w1, w2, b1, b2, v1, v2, c):
        return (v1 * tanh(w1 * x + b1) + v2 * tanh(w2 * x + b2) + c - 1.0) ** 2

    def derived(x, w1, w2, b1, b2, v1, v2, c):
        h1, h2 = math.tanh(w1 * x + b1), math.tanh(w2 * x + b2)  # keep all results
        g = 2 * (v1 * h1 + v2 * h2 + c - 1.0)  # a square passes on 2u; the sum copies it
        d1 = g * v1 * (1 - h1 * h1)  # the mul gate swaps, tanh multiplies by 1 - h*h
        d2 = g * v2 * (1 - h2 * h2)
        return d1 * w1 + d2 * w2, d1 * x, d2 * x, d1, d2, g * h1, g * h2, g  # two uses: add

    point = (0.5, 0.8, -1.2, 0.1, 0.3, 0.7, -0.4, 0.2)
    check_gradients(cost, *point, gradient=derived)
    assert derived(*point) == pytest.approx(autodiff.grad(cost, argnums=tuple(range(8)))(*point))


def test_the_lessons_do_not_give_it_away():
    """It is an exercise of 07; if a lesson up to 07 derived it, it would not be unseen."""
    for script in sorted(LESSONS.glob("0[1-7]_*.py")):
        text = script.read_text(encoding="utf-8")
        assert "d1 * w1 + d2 * w2" not in text and "delta1 * w1" not in text
