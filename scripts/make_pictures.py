"""Make the pictures of the README and of docs/: docs/pictures/*.svg.

    python scripts/make_pictures.py [FOLDER]

Everything is seeded, so the engine's own drawings are the same bytes each time; the decision
boundary is drawn by matplotlib (extra `plot`), whose bytes depend on its version.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from autodiff import Value, draw, exp, sin, walkthrough
from nn import MLP, SGD, fit, moons, mse, plot_decision_boundary

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"


def toy() -> Value:
    """2/sin(exp(-x)) at x = -4.499, after backward."""
    x = Value(-4.499, "x")
    f: Value = (2 / sin(exp(-x))).named("f")
    f.backward()
    return f


def write_toy(folder: Path) -> None:
    """The graph with values, gradients and local derivatives, for light and dark pages."""
    (folder / "toy.svg").write_text(draw(toy()).svg + "\n", encoding="utf-8")
    (folder / "toy_dark.svg").write_text(draw(toy(), theme="dark").svg + "\n", encoding="utf-8")


def write_stepper(folder: Path) -> None:
    """One moment of a walkthrough: the second of two contributions arrives."""
    x = Value(0.5, "x")
    a = (x * x).named("a")
    y = (a * sin(x)).named("y")
    with tempfile.TemporaryDirectory() as frames:
        walkthrough(y).frames(Path(frames))
        chosen = sorted(Path(frames).iterdir())[-2]
        text = chosen.read_text(encoding="utf-8")
    (folder / "stepper.svg").write_text(text.rstrip() + "\n", encoding="utf-8")


def write_network(folder: Path) -> None:
    """A network of two layers with its loss: every neuron is one card."""
    model = MLP(2, [4, 4, 1], activation="tanh", seed=3)
    loss = mse(model([Value(0.5, "x1"), Value(-1.0, "x2")]), 1.0).named("loss")
    loss.backward()
    drawing = draw(loss, collapse=True)
    (folder / "network.svg").write_text(drawing.svg + "\n", encoding="utf-8")


def write_boundary(folder: Path) -> None:
    """What MLP(2, [16, 16, 1]) has learned of two moons."""
    import matplotlib as mpl

    inputs, targets = moons(100, noise=0.1, seed=1)
    model = MLP(2, [16, 16, 1], seed=1)
    fit(
        model, inputs, targets, loss="binary_cross_entropy_with_logits",
        optimizer=SGD(model, lr=0.5, momentum=0.9), epochs=40, progress=False,
    )  # fmt: skip
    axes = plot_decision_boundary(model, inputs, targets)
    with mpl.rc_context({"svg.hashsalt": "scalar-autodiff"}):
        axes.figure.savefig(folder / "boundary.svg", metadata={"Date": None}, bbox_inches="tight")


def main() -> int:
    """Make all of them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    for write in (write_toy, write_stepper, write_network, write_boundary):
        write(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
