"""Losses: how far predictions are from targets, as one Value.

Each takes predictions and targets that are two single numbers, or two sequences of equal shape
(nested ones too); numbers and Values both ways. `reduction` says what becomes of several: "mean"
(over all numbers, as in PyTorch), "sum", or "none" for the list of single losses. Definitions and
defaults are those of `torch.nn.functional`, without its clamps: where the mathematics has no
value there is an error, and no number that hides it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import autodiff
from autodiff import Value
from nn.errors import DataError
from nn.parts.checks import fraction, is_data, is_rate
from nn.parts.classes import minus_dot_log_softmax, over_classes, smoothed
from nn.parts.loss_primitives import bce, bce_logits, huber_distance
from nn.parts.one_or_several import Results
from nn.parts.shapes import over_numbers, plain

#: the class index that counts for nothing, PyTorch's
IGNORED = -100

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
    return over_numbers("mse", squared_error, predictions, targets, reduction)


def l1(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """Mean absolute error abs(x - t); the derivative at x = t is 0.

    >>> l1(Value(3.0), 5.0)
    Value(2.0)
    """
    return over_numbers("l1", lambda x, t: abs(x - t), predictions, targets, reduction)


def huber(predictions: Any, targets: Any, reduction: str = "mean", delta: float = 1.0) -> Results:
    """(x - t)²/2 where abs(x - t) ≤ delta, and delta·(abs(x - t) - delta/2) beyond.

    A squared error on which outliers pull with a bounded force: the gradient is x - t, cut to
    [-delta, delta]. Derivatives at the bound are those of the quadratic branch.

    >>> huber(Value(3.0), 0.0), huber(Value(0.5), 0.0)
    (Value(2.5), Value(0.125))
    """
    if not is_data(delta) and not delta > 0.0:
        raise DataError(f"huber: delta = {delta!r} must be above 0")
    return over_numbers(
        "huber", lambda x, t: huber_distance(x, t, delta), predictions, targets, reduction
    )


def hinge(predictions: Any, targets: Any, reduction: str = "mean") -> Results:
    """max(0, 1 - t·x) for targets of -1 and 1: zero once a score is right by a margin of 1.

    >>> hinge([Value(0.25), Value(3.0)], [-1, 1], reduction="sum")
    Value(1.25)
    """
    return over_numbers("hinge", _hinge, predictions, targets, reduction)


def _hinge(score: Any, target: Any) -> Any:
    if is_data(target):
        if not isinstance(target, Value):  # it must be valid, and no `if` asks
            autodiff.take([0.0, 0.0], (target + 1.0) / 2.0)
    elif target not in (-1, 1):
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
    return over_numbers("binary_cross_entropy", bce, predictions, targets, reduction)


def binary_cross_entropy_with_logits(
    predictions: Any, targets: Any, reduction: str = "mean", pos_weight: Any = None
) -> Results:
    """Binary cross-entropy of p = sigmoid(z), from the logit z, for any z.

    (1 - t)·log(1 + exp(z)) + t·log(1 + exp(-z)); the gradient is (1 - t)·σ(z) - t·σ(-z) in z and
    -z in t. A part whose weight is 0 is left out, so an infinite z gives the limit: 0 for z = inf
    and t = 1 (where z - z·t is nan, PyTorch's answer). `pos_weight`
    multiplies the part with t, so that rare positive examples count more: a number, or a list
    with one for each number of a row.

    >>> binary_cross_entropy_with_logits(Value(800.0), 0.0)
    Value(800.0)
    >>> binary_cross_entropy_with_logits([Value(0.0), Value(0.0)], [1, 0], "sum", pos_weight=3.0)
    Value(2.772588722239781)
    """
    name = "binary_cross_entropy_with_logits"

    def plainly(x: Any, t: Any) -> Any:
        if is_data(t):
            if not isinstance(t, Value):  # it must be valid, and no `if` asks: this raises
                autodiff.sqrt(t * (1.0 - t))
        elif t < 0.0 or t > 1.0:
            raise DataError(f"{name}: a target is {t!r:.60}; it must lie in [0, 1]")
        return bce_logits(x, t)

    if pos_weight is None:
        return over_numbers(name, plainly, predictions, targets, reduction)
    weights = plain(pos_weight)
    for number in weights if isinstance(weights, list) else [weights]:
        if not is_data(number) and not is_rate(number):
            raise DataError(f"{name}: pos_weight = {number!r:.60} must be 0 or more, and finite")

    def single(x: Any, t: Any, weight: Any) -> Any:
        plainly(0.0, t)  # the target is checked
        below, above = autodiff.softplus(x), autodiff.softplus(-x)
        return _weighted(1.0 - t, below) + _weighted(weight * t, above)

    return over_numbers(name, single, predictions, targets, reduction, weights)


def _weighted(weight: Any, part: Any) -> Any:
    """Their product; 0 for a plain weight of 0, whatever the part."""
    product = weight * part
    return product if isinstance(weight, Value) else autodiff.where(weight == 0.0, 0.0, product)


def cross_entropy(
    logits: Any,
    targets: Any,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    *,
    weight: Any = None,
    ignore_index: int | None = IGNORED,
) -> Results:
    """-log softmax(logits)[target], for one example or a batch of them.

    Logits are a list with one number for each class, or a list of such lists. A target is a class
    index, or a list of probabilities of the classes; the loss is then -Σ tₖ·log softmax(logits)ₖ.
    The gradient by the logits is softmax(logits) minus the target's probabilities.
    `label_smoothing` first moves that share of the target's probability evenly to all classes.
    `weight` has one number for each class, by which its term is multiplied; the mean over class
    indices is then Σ loss/Σ weight[target]. Targets equal to `ignore_index` count for nothing.

    >>> cross_entropy([Value(0.0), Value(0.0)], 1)
    Value(0.6931471805599453)
    >>> cross_entropy([[0.0, 1.0], [2.0, 0.0], [0.0, 0.0]], [1, 0, -100], weight=[1.0, 3.0])
    0.2666782683994103
    """
    share = fraction("cross_entropy: label_smoothing", label_smoothing, DataError)

    def single(row: list[Any], target: Any, weights: list[Any] | None) -> Any:
        if isinstance(target, list) or share:
            shares = smoothed(row, target, share)
            if weights is not None:
                shares = [w * t for w, t in zip(weights, shares, strict=True)]
            return minus_dot_log_softmax(row, shares)
        loss = -autodiff.log_softmax(row, target)
        return loss if weights is None else autodiff.take(weights, target) * loss

    return over_classes("cross_entropy", single, logits, targets, reduction, weight, ignore_index)


def nll(
    log_probabilities: Any,
    targets: Any,
    reduction: str = "mean",
    *,
    weight: Any = None,
    ignore_index: int | None = IGNORED,
) -> Results:
    """Negative log-likelihood, -log_probabilities[target], for one example or a batch of them.

    `weight` and `ignore_index` as for `cross_entropy`.

    >>> from autodiff import log_softmax
    >>> nll(log_softmax([Value(0.0), Value(0.0)]), 1)
    Value(0.6931471805599453)
    """

    def single(row: list[Any], target: Any, weights: list[Any] | None) -> Any:
        if isinstance(target, list):
            raise DataError("nll: a class index is a whole number, not a list of probabilities")
        loss = -autodiff.take(row, target)
        return loss if weights is None else autodiff.take(weights, target) * loss

    return over_classes("nll", single, log_probabilities, targets, reduction, weight, ignore_index)


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

    True of every loss in `LOSSES`, if all examples have equally many numbers, and all count. So a
    compiled step may trace one example and map it over the batch.
    """
    if loss not in _MEANS:
        return False
    if loss in (cross_entropy, nll) and IGNORED in (
        targets.ravel() if hasattr(targets, "ravel") else targets
    ):
        return False  # an average of those that count
    if hasattr(targets, "shape"):  # an array
        return True
    return len({len(t) if isinstance(t, (list, tuple)) else None for t in targets}) == 1
