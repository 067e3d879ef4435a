"""No text that a learner reads names an operation that stands in no textbook.

Every public function and every loss, and the graphs of their first derivatives: at ordinary points,
at kinks and at ties, where one operand outweighs the others, with constants among the operands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nn
from autodiff import Value, draw, functions, gradient, to_latex, walkthrough
from autodiff.primitive import PRIMITIVES

Story = Callable[..., Any]
#: functions of one number whose domain has neither 0 nor 0.7 or -0.7 in it
POINTS: dict[str, tuple[float, ...]] = {
    "acosh": (2.0, 1.0), "erfinv": (0.3,), "logit": (0.2, 0.5), "log1mexp": (0.7,), "atanh": (0.3,),
    **dict.fromkeys(("log", "log2", "log10", "gamma", "lgamma", "digamma"), (0.7, 2.5)),
    "log1p": (0.7, 0.0), "sqrt": (0.7, 0.0), "asin": (0.7, 1.0), "acos": (0.7, 1.0),
}  # fmt: skip
ANYWHERE = (0.7, -0.7, 0.0, 1.0, 6.0)
#: functions of several numbers, as functions of two and perhaps of constants
SEVERAL: dict[str, Story] = {
    "affine": lambda x, y: functions.affine([x, 2.0], [y, 3.0], 1.0),
    "atan2": functions.atan2, "copysign": functions.copysign, "hypot": functions.hypot,
    "fmod": functions.fmod, "remainder": functions.remainder, "logaddexp": functions.logaddexp,
    "maximum": lambda x, y: functions.maximum(x, y, 1.0), "minimum": functions.minimum,
    "clip": lambda x, y: functions.clip(x, y, 6.0),
    "dist": lambda x, y: functions.dist([x, y], [1.0, 2.0]),
    "dot": lambda x, y: functions.dot([x, y], [y, 2.0]),
    "log_softmax": lambda x, y: functions.log_softmax([x, y, 0.0])[0],
    "softmax": lambda x, y: functions.softmax([x, y, 0.0])[0],
    "logsumexp": lambda x, y: functions.logsumexp([x, y, 0.0]),
    "mean": lambda x, y: functions.mean([x, y, 1.0]), "sum": lambda x, y: functions.sum([x, y]),
    "norm": lambda x, y: functions.norm([x, y], 3) + functions.norm([x, 2.0, y]),
    "pow": lambda x, y: functions.pow(x, 3.0) + functions.pow(2.0, y) + functions.pow(x * x, y),
    "prod": lambda x, y: functions.prod([x, y, 2.0]),
    "polygamma": lambda x, y: functions.polygamma(1, x * x + 1.0),
    "take": lambda x, y: functions.take([x, y, 1.0], Value(1.0, "i")) * x,
    "where": lambda x, y: functions.where(functions.relu(x) > y, x, y) * x,
    "xlogy": lambda x, y: functions.xlogy(x, y * y + 1.0),
    "xlog1py": lambda x, y: functions.xlog1py(x, y * y),
    "operators": lambda x, y: abs(x) + x // 2.0 + x % 2.0 + round(x, 1) - y / 2.0,
    "mse": lambda x, y: nn.mse([x, y], [0.5, 1.0]), "l1": lambda x, y: nn.l1([x, y], [0.5, 1.0]),
    "huber": lambda x, y: nn.huber([x, y], [0.5, 4.0]),
    "hinge": lambda x, y: nn.hinge([x, y], [1.0, -1.0]),
    "binary_cross_entropy": lambda x, y: nn.binary_cross_entropy([functions.sigmoid(x)], [1.0]),
    "with logits": lambda x, y: nn.binary_cross_entropy_with_logits([x, y], [1.0, 0.25]),
    "cross_entropy": lambda x, y: nn.cross_entropy([x, y, 0.0], 1),
    "smoothed": lambda x, y: nn.cross_entropy([x, y], 1, label_smoothing=0.1),
    "weighted": lambda x, y: nn.cross_entropy([x, y], 1, weight=[1.0, 2.0]),
    "nll": lambda x, y: nn.nll(functions.log_softmax([x, y, 0.0]), 1),
}  # fmt: skip
PAIRS = ((0.7, 1.3), (1.0, 1.0), (5.0, 0.5), (0.5, -4.0))
#: primitives that are no public function, but read as what they are
_PLAIN = {"sign", "ties", "where", "round", "gelu_tanh"}
_INTERNAL = (set(PRIMITIVES) - set(functions.__all__) - _PLAIN) | {
    "bce", "bce_logits", "huber_distance", "trunc_quotient",
}  # fmt: skip
_CLUMSY = re.compile(r"\d [<>≥≤=≠] \d+ (if|does)|\)⁰|[a-z]⁰ ·|[a-z]¹ ·|\{[01]\} \\cdot|\bone\b")


def _cases() -> Iterator[Any]:
    for name in functions.__all__:
        if name in SEVERAL or name == "Number":
            continue
        points = [(x,) for x in POINTS.get(name, ANYWHERE)]
        yield pytest.param(getattr(functions, name), points, id=name)
    for name, story in SEVERAL.items():
        points = [p for p in PAIRS if name != "clip" or p[1] < 6.0]
        yield pytest.param(story, points, id=name)


def _texts(y: Value) -> Iterator[str]:
    yield str(walkthrough(y))
    yield to_latex(y).replace("\\_", "_").replace("}(", "(")
    yield draw(y).svg


@pytest.mark.parametrize(("story", "points"), [*_cases()])
def test_every_name_is_one_of_a_textbook(story: Story, points: list[tuple[float, ...]]) -> None:
    """The first derivative of softmax had 73 steps with `below_peak` and `exp_below` in them."""
    for point in points:
        xs = [Value(x, name) for x, name in zip(point, "xy", strict=False)]
        y = story(*xs)
        for shown in (y, *gradient(y, xs)):
            for text in _texts(shown):
                assert not _INTERNAL.intersection(re.findall(r"(\w+)\(", text)), (point, text)
                assert not _CLUMSY.search(text), (point, text)
