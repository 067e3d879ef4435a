"""Sentences of the course that were false once or were missing, each beside what computes it.

A row: what it is about, the lesson, the words that say it, and the code that computes or checks
it ("" where the words are an argument).
"""

import re
from pathlib import Path

import pytest

LESSONS = Path(__file__).parent.parent.parent / "notebooks" / "lessons"

#: Once false: what stood there is in brackets.
MENDED = [
    ("steps 1 and 2 have one operation (five graphs, one of them with two)", "06",
     "The first two build graphs of a single operation", "ex.check_add(Value)"),
    ("the upstream index (yᵢ for xᵢ)", "08",
     "the *upstream index* is not: it must be $j$", "assert not same(grads(w1), wrong_index)"),
    ("counting is better than the GPT (better than any counting)", "17",
     "not better than counting done well**: 1.494 against 1.445", "abs(new - 1.494) < 0.02"),
    ("three letters, interpolated (three is worse than two)", "17",
     "**interpolate**", "abs(counting - 1.445) < 0.001"),
    ("ten thousand steps (try them)", "17",
     "what it gained on the towns that it saw, it lost", "assert long_old < 0.7 * old"),
    ("relu nets to second order (flat)", "13",
     "in the weights of **one layer**", "assert two_layers == [[0.0, 3.0], [3.0, 0.0]]"),
    ("flat activations (sigmoid, tanh, relu only)", "07",
     "So are ELU, softplus, SiLU and GELU far to the left", "assert len(flat) == 7"),
    ("a dead neuron (never wakes)", "07",
     "But its input can move", "assert z2.data > 0"),
    ("a parameter of m examples (two paths)", "07", "$m$ paths, added", "means = ["),
    ("the hidden layer (depth)", "07", "that is why a hidden layer helps", ""),
    ("the best step (a little below 1e-8)", "04",
     "between $10^{-10}$ and $10^{-9}$ for one-sided", "assert 1e-10 <= best_steps[0] <= 2e-9"),
    ("the plot of errors (from 1e-1, over poles)", "04",
     "poles at $x = -4.512$ and $-4.477$", "assert poles[0] < at - hs[0]"),
    ("swell is lost sharing (tree against graph)", "04",
     "it is **sharing that is lost**", "assert table[-1][0] == 766 and table[-1][3] < 60"),
    ("Newton (jumps to the lowest place)", "13",
     "That is its lowest place if $f'' > 0$", "grad(grad(cos))(u) < 0"),
    ("the largest curvature (the steepest)", "13", "largest *in absolute value*", "largest,"),
    ("generated code (as one would write, with power_term)", "14",
     "and so are the lines", 'assert "d_t6 = d_C * (2.0 * t6)" in source'),
    ("paths of neon (millions)", "16",
     "280 million million paths on 2 284 nodes", "assert nodes == 2284"),
    ("df/db beside sin 90 (no word on it)", "01",
     "That is a coincidence", "assert abs(by_b(-4.5) - math.sin(90)) > 0.2"),
]  # fmt: skip

#: Once missing.
TAUGHT = [
    ("index argument: weight, bias, input", "08", "is the **index argument**",
     "assert same(grads(w1), outer)"),
    ("a parameter inside a layer", "07", r"\sum_j \frac{dL}{dy_j}", "check_gradients(cost_of"),
    ("a layer as a box, both ways", "09", "On the way back it gets $dL/dy$", "plt.show()"),
    ("the sigmoid's slope in steps", "07", r"= \sigma\,(1 - \sigma)", "d_steps ="),
    ("six products written out", "07", "All six products", "print(derivation(C, p))"),
    ("binary cross-entropy as a formula", "08", "The loss is the **binary cross-entropy**",
     "formula = -sum("),
    ("all gradients of the classifier", "08", "**Step 5, the hidden layer.**",
     "check_gradients(classifier_loss, theta, gradient="),
    ("why only the recursion is ordered", "12", "**Only this recursion has an order:**",
     "def recursion("),
    ("gradient form beside row form", "09", r"\nabla_{\!x}\,c = J^\top\,\nabla_{\!a}\,c",
     "assert same(row_form, flat(column_form))"),
    ("the matrix nobody builds", "09", "= 10^6$ entries", "entries = outputs * inputs * outputs"),
    ("θ as one vector", "08", "all parameters stand in **one list**", ""),
    ("why -∇ is steepest", "10", r"$-\nabla E$ goes down fastest",
     "assert rates_found.index(min(rates_found)) == 6"),
    ("d and ∂ where they differ", "02", "Here the two signs of notebook 1 part",
     "assert math.isclose(local["),
    ("history, with dates that were looked up", "05", "in 1980, in his thesis at Illinois", ""),
]  # fmt: skip


@pytest.mark.parametrize(("about", "lesson", "words", "code"), [*MENDED, *TAUGHT])
def test_the_course_says_it_and_computes_it(about, lesson, words, code):
    (script,) = LESSONS.glob(f"{lesson}_*.py")
    text = script.read_text(encoding="utf-8")
    said = " ".join(re.sub(r"\n# ?", " ", text).split())
    assert words in said, f"{about}: {script.stem} no longer says so"
    assert code in text, f"{about}: {script.stem} no longer computes it"
