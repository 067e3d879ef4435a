"""Losses: how far predictions are from targets, as one Value.

Each takes predictions and targets that are two single numbers, or two sequences of equal shape
(nested ones too); numbers and Values both ways. `reduction` says what becomes of several: "mean"
(over all numbers, as in PyTorch), "sum", or "none" for the list of single losses. Definitions and
defaults are those of `torch.nn.functional`, without its clamps: where the mathematics has no
value there is an error, and no number that hides it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, cast

import autodiff
from autodiff import ShapeError, Value
from nn.errors import DataError
from nn.loss_primitives import bce, bce_logits, huber_distance
from nn.results import Results

#: a function of predictions and targets
Loss = Callable[[Any, Any], Any]


def squared_error(prediction: Any, target: Any) -> Value:
    """(prediction - target)² of two numbers; the gradient is 2(prediction - target).

    >>> squared_error(Value(3.0), 1.0)
    Value(4.0)
    """
    error: Value = prediction - target
    return error**2


def mse(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """Mean squared error, 1/m·Σ(x - t)², with gradient 2(x - t)/m.

    `reduction="half_mean"` is 1/(2m)·Σ(x - t)², with gradient (x - t)/m.

    >>> mse([Value(1.0), Value(3.0)], [0.0, 0.0], reduction="half_mean")
    Value(2.5)
    """
    if reduction == "half_mean":
        return cast("Results", 0.5 * mse(predictions, targets))
    return _each("mse", squared_error, predictions, targets, reduction)


def l1(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """Mean absolute error abs(x - t); the derivative at x = t is 0.

    >>> l1(Value(3.0), 5.0)
    Value(2.0)
    """
    return _each("l1", lambda x, t: abs(x - t), predictions, targets, reduction)


def huber(predictions: Any, targets: Any, reduction: str = "mean", delta: float = 1.0) -> Results:
    """(x - t)²/2 where abs(x - t) ≤ delta, and delta·(abs(x - t) - delta/2) beyond.

    A squared error on which outliers pull with a bounded force: the gradient is x - t, cut to
    [-delta, delta]. Derivatives at the bound are those of the quadratic branch.

    >>> huber(Value(3.0), 0.0), huber(Value(0.5), 0.0)
    (Value(2.5), Value(0.125))
    """
    if not delta > 0.0:
        raise DataError(f"huber: delta = {delta!r} must be above 0")

    def single(x: Any, t: Any) -> Any:
        return huber_distance(x, t, delta)

    return _each("huber", single, predictions, targets, reduction)


def hinge(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """max(0, 1 - t·x) for targets of -1 and 1: zero once a score is right by a margin of 1.

    >>> hinge([Value(0.25), Value(3.0)], [-1, 1], reduction="sum")
    Value(1.25)
    """
    return _each("hinge", _hinge, predictions, targets, reduction)


def _hinge(score: Any, target: Any) -> Any:
    if not isinstance(target, Value) and target not in (-1, 1):
        raise DataError(f"hinge: a target is {target!r}; hinge needs -1 and 1 (not 0 and 1)")
    return autodiff.relu(1.0 - target * score)


def binary_cross_entropy(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """-(t·log p + (1 - t)·log(1 - p)) for a probability p and a target t from 0 to 1.

    0·log 0 counts as 0. The gradient is (p - t)/(p(1 - p)) in p and log((1 - p)/p) in t.
    Raises ValueError where p or t lies outside [0, 1], and where the loss is infinite: p = 0 for
    a target above 0, p = 1 for one below 1. A network that gives logits (any number) needs
    `binary_cross_entropy_with_logits`, which is accurate everywhere.

    >>> binary_cross_entropy(Value(0.5), 1.0)
    Value(0.6931471805599453)
    """
    return _each("binary_cross_entropy", bce, predictions, targets, reduction)


def binary_cross_entropy_with_logits(
    predictions: Any, targets: Any, reduction: str = "mean"
) -> Results:
    """Binary cross-entropy of p = sigmoid(z), from the logit z, for any finite z.

    (1 - t)·log(1 + exp(z)) + t·log(1 + exp(-z)); the gradient is (1 - t)·σ(z) - t·σ(-z) in z and
    -z in t.

    >>> binary_cross_entropy_with_logits(Value(800.0), 0.0)
    Value(800.0)
    """
    name = "binary_cross_entropy_with_logits"
    return _each(name, bce_logits, predictions, targets, reduction)


def cross_entropy(
    logits: Any, targets: Any, reduction: str = "mean", label_smoothing: float = 0.0
) -> Results:
    """-log softmax(logits)[target], for one example or a batch of them.

    Logits are a list with one number for each class, or a list of such lists. A target is a class
    index, or a list of probabilities of the classes; the loss is then -Σ tₖ·log softmax(logits)ₖ.
    The gradient by the logits is softmax(logits) minus the target's probabilities.
    `label_smoothing` first moves that share of the target's probability evenly to all classes.

    >>> cross_entropy([Value(0.0), Value(0.0)], 1)
    Value(0.6931471805599453)
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise DataError(f"cross_entropy: label_smoothing = {label_smoothing!r} is not in [0, 1]")

    def single(row: list[Any], target: Any) -> Any:
        if isinstance(target, (list, tuple)) or label_smoothing:
            return _cross_entropy_of_weights(row, _smooth(row, target, label_smoothing))
        return _cross_entropy_of_class(row, target)

    return _batch("cross_entropy", single, logits, targets, reduction)


def nll(log_probabilities: Any, targets: Any, reduction: str = "mean") -> Results:
    """Negative log-likelihood, -log_probabilities[target], for one example or a batch of them.

    >>> from autodiff import log_softmax
    >>> nll(log_softmax([Value(0.0), Value(0.0)]), 1)
    Value(0.6931471805599453)
    """

    def single(row: list[Any], target: Any) -> Any:
        return -_entry("nll", row, target)

    return _batch("nll", single, log_probabilities, targets, reduction)


#: Losses by name, for `nn.fit`.
LOSSES: dict[str, Loss] = {
    function.__name__: function
    for function in (
        mse, l1, huber, hinge, binary_cross_entropy, binary_cross_entropy_with_logits,
        cross_entropy, nll,
    )
}  # fmt: skip


#: Those that are, for a batch, the mean of what they are for each example alone.
_MEANS = frozenset(LOSSES.values())


def is_mean(loss: Loss, targets: Any) -> bool:
    """Whether the loss of a batch is the mean of the losses of its examples, one by one.

    True of every loss in `LOSSES`, if all examples have equally many numbers. So a compiled step
    may trace one example and map it over the batch.
    """
    if loss not in _MEANS:
        return False
    if hasattr(targets, "shape"):  # an array
        return True
    return len({len(t) if isinstance(t, (list, tuple)) else None for t in targets}) == 1


def _cross_entropy_of_class(row: list[Any], target: Any) -> Any:
    """log Σⱼ exp(zⱼ - z_k) for class k: it keeps the digits of a loss near 0.

    log_softmax(z)[k] = z_k - log Σⱼ exp(zⱼ) is the same and rounds to 0 there, its derivative
    softmax - 1 too.
    """
    chosen = _entry("cross_entropy", row, target)
    if isinstance(target, Value):
        return autodiff.logsumexp(row) - chosen
    others = [z - chosen for index, z in enumerate(row) if index != target]
    return autodiff.logsumexp([0.0, *others])


def _cross_entropy_of_weights(row: list[Any], weights: list[Any]) -> Any:
    """-Σ tₖ·log softmax(z)ₖ, without the classes of weight 0: 0·log 0 counts as 0."""
    logs = autodiff.log_softmax(row)
    used = [k for k, weight in enumerate(weights) if isinstance(weight, Value) or weight != 0.0]
    return -autodiff.dot([weights[k] for k in used], [logs[k] for k in used])


def _entry(name: str, row: list[Any], target: Any) -> Any:
    """The number of the class; an index that is a Value (data of a compiled step) is looked up."""
    if isinstance(target, Value):
        return autodiff.take(row, target)
    try:
        index = operator.index(target)
    except TypeError:
        raise DataError(f"{name}: a class index is a whole number, not {target!r:.60}") from None
    if not 0 <= index < len(row):
        raise DataError(
            f"{name}: class {index} is not one of the classes 0 to {len(row) - 1}; "
            "nn.encode_labels numbers any labels from 0"
        )
    return row[index]


def _smooth(row: list[Any], target: Any, share: float) -> list[Any]:
    """The target's probabilities, with a share of them spread evenly over the classes."""
    if not isinstance(target, (list, tuple)):
        _entry("cross_entropy", row, target)
        target = [1.0 if index == target else 0.0 for index in range(len(row))]
    if len(target) != len(row):
        raise ShapeError(f"cross_entropy: {len(target)} probabilities for {len(row)} classes")
    for p in target:
        if not 0.0 <= p <= 1.0:
            raise DataError(f"cross_entropy: the target {p!r} is no probability")
    return [(1.0 - share) * p + share / len(row) for p in target] if share else list(target)


def _each(
    name: str, single: Callable[[Any, Any], Any], predictions: Any, targets: Any, reduction: str
) -> Results:
    """A loss of single numbers over two numbers or two sequences of the same shape."""
    losses = _map(name, single, _plain(predictions), _plain(targets))
    if isinstance(losses, list) and reduction != "none":
        losses = list(_flat(losses))
    return _reduce(name, losses, reduction)


def _batch(
    name: str, single: Callable[[list[Any], Any], Any], rows: Any, targets: Any, reduction: str
) -> Results:
    """A loss of a row and a target over one of each, or over a batch."""
    rows, targets = _plain(rows), _plain(targets)
    if not isinstance(rows, list) or not rows:
        raise ShapeError(f"{name} takes one number for each class, in a list")
    if not isinstance(rows[0], list):
        return _reduce(name, single(rows, targets), reduction)
    if not isinstance(targets, list) or len(targets) != len(rows):
        raise ShapeError(f"{name}: {len(rows)} examples need as many targets in a list")
    losses = [single(row, target) for row, target in zip(rows, targets, strict=True)]
    return _reduce(name, losses, reduction)


def _plain(items: Any) -> Any:
    """Sequences and arrays as lists, all the way down; a single number as it is."""
    if isinstance(items, (list, tuple)):
        return [_plain(item) for item in items]
    return _plain(items.tolist()) if hasattr(items, "tolist") else items


def _map(name: str, single: Callable[[Any, Any], Any], xs: Any, ts: Any) -> Any:
    """The loss of each prediction and target, through lists in lists of the same shape."""
    if not isinstance(xs, list) and not isinstance(ts, list):
        return single(xs, ts)
    if not isinstance(xs, list) or not isinstance(ts, list):
        raise ShapeError(f"{name}: predictions and targets differ in shape: {xs!r:.60}, {ts!r:.60}")
    if len(xs) != len(ts):
        raise ShapeError(f"{name}: {len(xs)} predictions for {len(ts)} targets")
    if not xs:
        raise ShapeError(f"{name}: there are no predictions")
    return [_map(name, single, x, t) for x, t in zip(xs, ts, strict=True)]


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _reduce(name: str, losses: Any, reduction: str) -> Results:
    """One loss as it is; a list of them by their mean, their sum, or not at all."""
    if reduction not in ("mean", "sum", "none"):
        more = ", half_mean" if name == "mse" else ""
        raise ValueError(f"{name}: no reduction {reduction!r}; there are mean, sum, none{more}")
    if not isinstance(losses, list) or reduction == "none":
        return cast("Results", losses)
    whole = autodiff.mean if reduction == "mean" else autodiff.sum
    return cast("Results", whole(losses))
