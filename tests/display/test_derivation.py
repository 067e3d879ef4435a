"""The chain rule written out, and LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autodiff import OperandError, Value, exp, maximum, sin, tanh
from autodiff.display import derivation, draw, steps, to_latex
from autodiff.display.plainly import plainly
from autodiff.display.snapshot import snapshot
from autodiff.display.text.path_counts import paths_between
from autodiff.graph import topological_order
from tests.display.graphs import (
    GRAPHS,
    chain,
    hostile,
    ladder,
    neuron,
    selections,
    three_layers,
    toy,
    two_paths,
)


def test_the_toy_is_one_product() -> None:
    f = toy()
    written = derivation(f, "x")
    assert str(written) == (
        "df/dx: 1 path\n"
        "df/dx = ∂f/∂c · ∂c/∂b · ∂b/∂a · ∂a/∂x\n"
        "      = −2/c² · cos(b) · e^a · (−1)\n"
        "      ≈ (−2.341) · (−0.3818) · 89.93 · (−1)\n"
        "      ≈ −80.39\n"
    )
    assert written.paths == 1 and written.value == pytest.approx(-80.39305660176542)
    assert written.text(ascii=True).isascii()


def test_paths_add_up() -> None:
    written = derivation(two_paths(), "x")
    assert str(written).splitlines()[1:] == [
        "df/dx = ∂f/∂v · ∂v/∂x + ∂f/∂u · ∂u/∂x",
        "      = u · 1 + v · y",
        "      = (−6) · 1 + 1 · (−2)",
        "      = −6 + (−2)",
        "      = −8",
    ]
    assert written.products == [-6.0, -2.0] and repr(written) == "<Derivation of df/dx: 2 paths>"


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_the_value_is_the_gradient_by_every_node(name: str) -> None:
    value = GRAPHS[name]()
    value.backward()
    for node, *_, grad in plainly(value)[:8]:
        written = derivation(value, node)
        assert written.value == pytest.approx(grad, rel=1e-13, abs=1e-16)
        if written.paths <= 12 and "node by node" not in str(written):
            assert sum(written.products) == pytest.approx(grad, rel=1e-12, abs=1e-16)
        ET.fromstring(written.mathml)
        assert str(written) and written.latex.startswith("\\begin{aligned}")


def test_grad_is_neither_read_nor_changed() -> None:
    f = toy()
    f.grad = 17.0
    assert derivation(f, "x").value == pytest.approx(-80.39305660176542) and f.grad == 17.0


@pytest.mark.parametrize("rungs", [30, 200])
def test_many_paths_are_counted_without_being_enumerated(rungs: int) -> None:
    value = ladder(rungs)
    written = derivation(value, "x")
    assert written.paths == 2**rungs and written.value == 2.0**rungs
    text = str(written)
    assert f"{2**rungs} paths" in text and "node by node" in text
    assert (len(text.splitlines()) < 50 and "⋮" in text) or rungs == 30
    with pytest.raises(ValueError, match="paths; the sum over them"):
        _ = written.products


def test_the_recursive_form_names_adjoints() -> None:
    lines = str(derivation(ladder(5), "x")).splitlines()
    assert lines[1] == "f̄ = 1"
    assert lines[2] == "ḡ = f̄ · ∂f/∂g① + f̄ · ∂f/∂g② = 1 · 1 + 1 · 1 = 2"
    assert lines[-1].startswith("x̄ = ā · ∂a/∂x") and lines[-1].endswith("= 32")
    assert (
        r"\bar{g} &= \bar{f} \cdot \frac{\partial f}{\partial {g}_{(1)}}"
        in derivation(ladder(5), "x").latex
    )


def test_paths_without_a_contribution_are_counted_apart() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    written = derivation(maximum(a, b) * a, a)
    assert written.paths == 1 and written.value == 2.0
    assert "1 more without a contribution" in str(written)
    assert str(derivation(maximum(a, b), a)).splitlines()[1] == "df/da = 0"


def test_paths_of_an_operand_used_twice() -> None:
    x = Value(3.0, "x")
    graph = snapshot(x * x)
    found = paths_between(graph, 0, 1)
    assert found.count == 2 and len(list(found)) == 2


def test_long_paths_need_no_recursion() -> None:
    assert derivation(chain(5000), "x").paths == 1


def test_nodes_are_found_by_label_or_by_any_spelling_of_their_name() -> None:
    n = neuron()
    assert {derivation(n, name).value for name in ("w0", "w_0", "w₀")} == {
        derivation(n, "w0").value
    }


def test_unknown_nodes_are_named() -> None:
    with pytest.raises(KeyError, match="no node is called 'w'; there are x, a, b"):
        derivation(toy(), "w")
    with pytest.raises(KeyError, match="not part of the graph of f"):
        derivation(toy(), Value(1.0))
    with pytest.raises(OperandError, match="not float"):
        derivation(1.0, "x")  # type: ignore[arg-type]


# ---- to_latex ----------------------------------------------------------------------------------


def test_short_formulas_are_one_equation() -> None:
    assert to_latex(toy()) == r"f = \frac{2}{\sin(e^{-x})}"
    assert to_latex(toy(), numbers=True) == r"f = \frac{2}{\sin(e^{-x})} \approx 2.164"
    assert to_latex(Value(2.0, "x")) == "x = 2"


def test_labelled_and_shared_nodes_have_equations_of_their_own() -> None:
    x = Value(1.0, "x")
    y = sin(x)
    text = to_latex(y * y + exp(x).named("t"))
    assert text == (
        "\\begin{aligned}\na &= \\sin x \\\\\nt &= e^{x} \\\\\nf &= a \\cdot a + t\n\\end{aligned}"
    )


def test_deep_and_exponentially_large_formulas_stay_small() -> None:
    assert len(to_latex(chain(2000))) < 40_000
    assert len(to_latex(ladder(200))) < 10_000
    x = Value(0.5, "x")
    assert to_latex(tanh(x), names={"other": x}) == r"f = \tanh x"
    assert to_latex(tanh(Value(0.5)), names={}) == r"f = \tanh a"


# ---- a real TeX engine -------------------------------------------------------------------------


@pytest.mark.extras
def test_latex_compiles(tmp_path: Path) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not installed")
    values = [toy(), two_paths(), neuron(), selections(), three_layers(-1.2), hostile(), ladder(30)]
    body = []
    for value in values:
        body.append(f"\\[{to_latex(value, numbers=True)}\\]")
        leaf = topological_order(value)[0]
        body.append(f"\\[{derivation(value, leaf).latex}\\]\\newpage")
        body.append(draw(value).tikz if value is not values[-1] else "")
    source = (
        "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{amsmath,tikz}"
        "\\maxdeadcycles=500\\begin{document}\n" + "\n\n".join(body) + "\n\\end{document}\n"
    )
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    answer = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
    )
    log = answer.stdout.decode(errors="replace")
    assert answer.returncode == 0, log[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000


def test_no_factor_of_one_is_glued_to_what_follows() -> None:
    """It printed 1σ(z₃) and 1 · 1y."""
    for make in GRAPHS.values():
        value = make()
        for leaf in steps(value).leaves[:3]:
            text = str(derivation(value, str(leaf.name)))
            assert not re.search(r"(?<![\d.₀-₉])1[^\W\d]", text.partition("\n")[2]), text
