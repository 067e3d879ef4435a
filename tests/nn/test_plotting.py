"""Pictures: they return their Axes, touch no global state, and can be told apart without colour."""

import subprocess
import sys

import pytest

import nn

pytest.importorskip("matplotlib")


def _history():
    history = nn.History()
    for epoch in range(3):
        history.add({"loss": 1.0 / (epoch + 1), "accuracy": epoch / 2})
    return history


def test_a_boundary_shows_regions_line_and_examples():
    model = nn.MLP(2, [1], seed=0)
    ax = nn.plot_decision_boundary(model, *nn.xor(), resolution=8)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1"]
    line = [c for c in ax.collections if list(getattr(c, "levels", [])) == [0.0]]
    assert len(line) == 1
    markers = [c.get_paths()[0].vertices.tolist() for c in ax.collections[-2:]]
    assert markers[0] != markers[1]


def test_several_classes_and_labels():
    inputs = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    model = nn.MLP(2, [3], seed=0)
    ax = nn.plot_decision_boundary(model, inputs, ["a", "b", "c"], resolution=5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]
    ax = nn.plot_decision_boundary(model, inputs, [0, 1, 2], classes=["x", "y", "z"], resolution=5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["x", "y", "z"]


def test_targets_of_minus_one_and_no_targets():
    model = nn.MLP(2, [1], seed=0)
    ax = nn.plot_decision_boundary(model, [[0, 0], [1, 1]], [-1, 1], resolution=5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class -1", "class 1"]
    assert nn.plot_decision_boundary(model, [[0, 0], [1, 1]], resolution=5).get_legend() is None


def test_a_boundary_needs_two_inputs():
    with pytest.raises(nn.DataError, match="for two inputs, not 3"):
        nn.plot_decision_boundary(nn.MLP(3, [1]), [[1, 2, 3]])


def test_curves_of_a_history():
    ax = nn.plot_history(_history())
    left, right = ax.figure.axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "accuracy")
    assert list(left.get_lines()[0].get_ydata()) == [1.0, 0.5, 1 / 3]
    styles = {line.get_linestyle() for axes in (left, right) for line in axes.get_lines()}
    assert len(styles) == 2


def test_some_curves_and_a_logarithmic_scale():
    ax = nn.plot_history(_history(), ["accuracy"])
    assert (ax.get_ylabel(), len(ax.figure.axes)) == ("accuracy", 1)
    assert nn.plot_history(_history(), ["loss"], log=True).get_yscale() == "log"
    with pytest.raises(nn.DataError, match="the history is empty"):
        nn.plot_history(nn.History())


def test_given_axes_are_used():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    ax = figure.add_subplot()
    assert nn.plot_history(_history(), ax=ax) is ax
    assert nn.plot_decision_boundary(nn.MLP(2, [1]), *nn.xor(), resolution=5, ax=ax) is ax


def test_neither_pyplot_nor_matplotlib_is_imported_before_it_is_needed():
    program = (
        "import sys, nn\n"
        "assert not {'matplotlib', 'numpy', 'tqdm'} & set(sys.modules)\n"
        "nn.plot_decision_boundary(nn.MLP(2, [1]), *nn.xor(), resolution=5)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    env = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=env, check=True)
