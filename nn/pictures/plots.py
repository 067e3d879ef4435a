"""Pictures of training: matplotlib, imported when the first one is drawn.

Every function returns the Axes that it drew on. Without `ax` it makes a Figure of its own, not
through pyplot, so no global state changes; a notebook shows it (`ax.figure` too). Save it with
`ax.figure.savefig(...)`. Colours are those of Okabe and Ito, which colour-blind readers can tell
apart, and every class has a marker of its own besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import Any

from autodiff import require
from nn.data.rows import check_lengths, encode_labels, to_list, to_rows
from nn.errors import DataError
from nn.training.history import History
from nn.training.metrics import predicted_class
from nn.training.predicting import predict

#: Colours by Okabe and Ito ("Color universal design", 2008), the darkest ones first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
#: pixels per inch in notebooks: sharp on the screens of today
_DPI = 144
MARKERS = "os^Dv*PX"
LINES = ("-", "--", ":", "-.")


def plot_decision_boundary(
    model: Callable[[Any], Any],
    inputs: Any,
    targets: Any = None,
    *,
    threshold: float = 0.0,
    classes: Sequence[Any] | None = None,
    resolution: int = 80,
    ax: Any = None,
) -> Any:
    """Which class a model of two inputs predicts where, with the examples on top.

    The plane is coloured by class on a grid of resolution x resolution points. For a model with
    one output, a line marks where it equals `threshold` (0 for scores and logits, 0.5 for
    probabilities). Targets are class indices, -1 and 1, or labels out of `classes`. Raises
    DataError for other than two inputs; needs matplotlib (extra `plot`).

    >>> corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> ax = plot_decision_boundary(lambda x: x[0] + x[1] - 1.5, corners, [0, 0, 0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    rows = to_rows(inputs)
    if len(rows[0]) != 2:
        raise DataError(f"a decision boundary is drawn for two inputs, not {len(rows[0])}")
    ax = _new_axes(5.0, 4.5) if ax is None else ax
    xs, ys = (_grid_line([row[axis] for row in rows], resolution) for axis in (0, 1))
    outputs = [predict(model, [[x, y] for x in xs]) for y in ys]
    regions = [[predicted_class(output, threshold) for output in line] for line in outputs]
    top = max(max(line) for line in regions)
    tints = [_colour(mark) for mark in range(top + 1)]
    levels = [mark - 0.5 for mark in range(top + 2)]
    ax.contourf(xs, ys, regions, levels=levels, colors=tints, alpha=0.22)
    if not isinstance(outputs[0][0], list):
        ax.contour(xs, ys, outputs, levels=[threshold], colors="#333333", linewidths=1.5)
    if targets is not None:
        _draw_examples(ax, rows, targets, classes)
    ax.set(xlabel="x₀", ylabel="x₁", xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    ax.set_aspect("equal")
    return ax


def plot_history(
    history: History, names: Sequence[str] | None = None, *, log: bool = False, ax: Any = None
) -> Any:
    """The curves of a run: losses on the left axis, accuracies, if any, on one on the right.

    `names` picks some of `history.records`. `log` makes the scale of the losses logarithmic.
    Returns the Axes of the losses; the other one is `ax.figure.axes[-1]`.

    >>> history = History()
    >>> history.add({"loss": 0.5, "accuracy": 0.7}); history.add({"loss": 0.2, "accuracy": 0.9})
    >>> ax = plot_history(history)
    >>> [axes.get_ylabel() for axes in ax.figure.axes]
    ['loss', 'accuracy']
    """
    chosen = list(history.records) if names is None else list(names)
    if not chosen or history.epochs == 0:
        raise DataError("the history is empty: there is nothing to draw")
    ax = _new_axes(6.0, 4.0) if ax is None else ax
    rates = [name for name in chosen if name.endswith("accuracy")]
    right = ax.twinx() if rates and len(rates) < len(chosen) else ax
    epochs = range(1, history.epochs + 1)
    for index, name in enumerate(chosen):
        (right if name in rates else ax).plot(
            epochs, history[name], color=_colour(index), linestyle=LINES[index % len(LINES)],
            marker="." if history.epochs == 1 else "", label=name.replace("_", " "),
        )  # fmt: skip
    ax.set(xlabel="epoch", ylabel="accuracy" if right is ax and rates else "loss")
    if log:
        ax.set_yscale("log")
    if rates:
        right.set_ylim(-0.02, 1.02)
        right.set_ylabel("accuracy")
    lines = [line for axes in {ax: 0, right: 0} for line in axes.get_lines()]
    # On the right axes, which are drawn last: curves do not cross it.
    right.legend(lines, [line.get_label() for line in lines], loc="best", framealpha=0.9)
    return ax


def _new_axes(width: float, height: float) -> Any:
    """Axes in a figure of their own; both show themselves in any notebook."""
    figure = require("matplotlib.figure", "plot").Figure(
        figsize=(width, height), layout="constrained"
    )
    axes = figure.add_subplot()
    # Figures that pyplot does not know are shown only where its inline mode is on.
    figure._repr_png_ = axes._repr_png_ = partial(_png, figure)
    return axes


def _png(figure: Any) -> bytes:
    written = BytesIO()
    figure.savefig(written, format="png", dpi=_DPI)
    return written.getvalue()


def _grid_line(numbers: Sequence[float], count: int) -> list[float]:
    """Evenly spaced numbers from a little below the smallest to a little above the largest."""
    low, high = min(numbers), max(numbers)
    margin = 0.15 * (high - low) or 1.0
    step = (high - low + 2.0 * margin) / (count - 1)
    return [low - margin + step * index for index in range(count)]


def _draw_examples(
    ax: Any, rows: Sequence[Sequence[float]], targets: Any, classes: Sequence[Any] | None
) -> None:
    marks = to_list(targets)
    if any(isinstance(mark, str) for mark in marks):
        marks, classes = encode_labels(marks, classes)
    check_lengths(rows, marks)
    for value in sorted(set(marks)):
        index = max(int(value), 0)  # -1 and 1 are drawn like 0 and 1
        chosen = [row for row, mark in zip(rows, marks, strict=True) if mark == value]
        ax.scatter(
            [x for x, _ in chosen], [y for _, y in chosen], s=30, color=_colour(index),
            marker=MARKERS[index % len(MARKERS)], edgecolors="white", linewidths=0.7, zorder=3,
            label=f"class {value:g}" if classes is None else str(classes[index]),
        )  # fmt: skip
    ax.legend(loc="best", framealpha=0.9)


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]
