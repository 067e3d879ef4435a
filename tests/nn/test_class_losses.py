"""Class weights, ignored targets and pos_weight: singular points, data of compiled steps, errors.

PyTorch's values and gradients of every combination are in test_against_pytorch.py.
"""

import math
import random
import struct

import pytest

import autodiff
import nn
from autodiff import Value, jit
from nn.losses import is_mean

INF = math.inf
RNG = random.Random(8)
ROWS = [[RNG.gauss(0.0, 3.0) for _ in range(3)] for _ in range(5)]
INDICES = [2, -100, 0, 1, 1]
SOFT = [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
WEIGHT = [0.3, 2.0, 0.0]


def _values(rows):
    return [[Value(z) for z in row] for row in rows]


def _flat(items):
    return [x for item in items for x in _flat(item)] if isinstance(items, list) else [items]


def _bits(numbers):
    return struct.pack(f"{len(numbers)}d", *numbers)


@pytest.mark.parametrize(
    ("row", "target"),
    [([1.0, -INF, 1.0], 1), ([0.0, -INF, 3.0], 1), ([-INF, 0.0], 0), ([-INF, 5.0, -INF], 2)],
)
def test_a_target_whose_logit_is_minus_infinity(row, target):
    """The loss is infinite, and the gradient was nan: it is softmax minus one-hot, as anywhere."""
    expected = [p - (k == target) for k, p in enumerate(autodiff.softmax(row))]
    for given in (target, Value(float(target))):
        (values,) = _values([row])
        loss = nn.cross_entropy(values, given)
        loss.backward()
        assert loss.data == INF
        assert [v.grad for v in values] == pytest.approx(expected, rel=1e-15)


COMBINATIONS = [
    (name, arguments | {"reduction": reduction}, targets)
    for name, arguments, targets in [
        ("cross_entropy", {}, INDICES), ("cross_entropy", {"weight": WEIGHT}, INDICES),
        ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.25}, INDICES),
        ("cross_entropy", {"ignore_index": 1}, [2, 1, 0, 1, 1]),
        ("cross_entropy", {"weight": WEIGHT}, SOFT), ("cross_entropy", {}, SOFT),
        ("nll", {}, INDICES), ("nll", {"weight": WEIGHT, "ignore_index": 2}, [2, 2, 0, 1, 1]),
        ("binary_cross_entropy_with_logits", {"pos_weight": WEIGHT}, SOFT),
        ("binary_cross_entropy_with_logits", {"pos_weight": 3.0}, SOFT),
    ]
    for reduction in ("mean", "sum", "none")
]  # fmt: skip
HARD = [
    ROWS,
    [[50.0, 0.0, -3.0], [0.0, 0.0, 0.0], [-40.0, 700.0, 1e-9], [INF, 1.0, 0.0], [800.0, 0.0, 0.0]],
    [[-INF, 0.0, 2.0], [1.0, -INF, 1.0], [-INF, 3.0, 3.0], [0.0, -INF, 1.0], [2.0, 0.5, -INF]],
]


@pytest.mark.parametrize(
    ("name", "arguments", "targets"), COMBINATIONS, ids=[f"{c[0]}-{c[1]}" for c in COMBINATIONS]
)
@pytest.mark.parametrize("rows", HARD, ids=["usual", "large", "infinite"])
def test_targets_as_data_give_the_same_bits(name, arguments, targets, rows):
    """Compiled steps took another formula: 0 for a loss of 1e-22, nan where a class of weight 0
    has an infinite logit."""
    np = pytest.importorskip("numpy")
    loss = getattr(nn, name)
    compiled = jit(lambda xs, ts: loss(xs, ts, **arguments), exact=True)
    found = []
    for compute, ts in ((lambda xs, ts: loss(xs, ts, **arguments), targets),
                        (compiled, np.array(targets))):  # fmt: skip
        values = _values(rows)
        losses = _flat(compute(values, ts))
        for each in losses:
            each.backward()
        found.append([each.data for each in losses] + [v.grad for v in _flat(values)])
    finite = [[number == number for number in numbers] for numbers in found]
    assert finite[0] == finite[1]
    for mine, theirs in zip(*found, strict=True):
        assert mine != mine or math.isclose(mine, theirs, rel_tol=1e-14, abs_tol=1e-300)
    if rows is ROWS:
        count = len(found[0]) - len(_flat(rows))
        assert _bits(found[0][:count]) == _bits(found[1][:count])


def test_one_program_serves_every_class_and_the_ignored_ones():
    pytest.importorskip("numpy")
    compiled = jit(lambda row, target: nn.cross_entropy(row, target, "sum"))
    for target in (0, 1, 2, -100):
        values, twins = _values([ROWS[0], ROWS[0]])
        loss, expected = compiled(values, target), nn.cross_entropy(twins, target, "sum")
        assert loss.data == expected.data
    assert "1 structure" in compiled.explain() and "path 1 of 1" in compiled.explain()


def test_weights_may_be_learnt():
    weights = [Value(w) for w in (1.0, 2.0, 0.5)]
    nn.cross_entropy(ROWS[0], 1, "sum", weight=weights).backward()
    assert [w.grad for w in weights] == [0.0, nn.cross_entropy(ROWS[0], 1), 0.0]


def test_an_ignored_example_has_a_gradient_of_0_and_no_share_in_the_mean():
    values = _values([[INF, math.nan, 0.0], [1.0, 2.0, 3.0]])
    loss = nn.cross_entropy(values, [-100, 0])
    loss.backward()
    assert loss.data == nn.cross_entropy([1.0, 2.0, 3.0], 0)
    assert [v.grad for v in values[0]] == [0.0] * 3
    assert nn.cross_entropy(values, [-100, 0], "none")[0].data == 0.0
    assert nn.nll(values[0], -100, "sum").data == 0.0


def test_one_example_is_not_averaged():
    """As in PyTorch: the weight of one example alone cancels in the mean."""
    plain = nn.cross_entropy(ROWS[0], 0)
    assert nn.cross_entropy(ROWS[0], 0, weight=[4.0, 1.0, 1.0]) == pytest.approx(plain, rel=1e-15)
    assert nn.cross_entropy(ROWS[0], 0, "none", weight=[4.0, 1.0, 1.0]) == 4.0 * plain


def test_ignored_examples_are_not_mapped_one_by_one():
    """The mean is over those that count; one example mapped over all would weigh each alike."""
    np = pytest.importorskip("numpy")
    for loss in (nn.cross_entropy, nn.nll):
        assert is_mean(loss, [0, 1]) and is_mean(loss, np.array([0, 1]))
        assert not is_mean(loss, [0, -100]) and not is_mean(loss, np.array([-100, 1]))
    inputs = [[x / 200.0] for x in range(200)]
    targets = [-100 if k % 3 else k % 2 for k in range(200)]
    found = []
    for compile in (False, True):
        model = nn.MLP(1, [2], seed=0)
        history = nn.fit(model, inputs, targets, loss="cross_entropy",
                         optimizer=nn.SGD(model, lr=1.0), epochs=3, compile=compile)  # fmt: skip
        found.append(history["loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize("weight", [0.5, 1.0, 7.0])
@pytest.mark.parametrize("z", [-800.0, -1.0, 0.0, 40.0])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_positive_examples_may_weigh_more(weight, z, t):
    x = Value(z)
    loss = nn.binary_cross_entropy_with_logits(x, t, pos_weight=weight)
    loss.backward()
    up, down = autodiff.softplus(z), autodiff.softplus(-z)
    slope = (1 - t) * autodiff.sigmoid(z) - weight * t * autodiff.sigmoid(-z)
    assert loss.data == pytest.approx((1 - t) * up + weight * t * down, rel=1e-15)
    assert x.grad == pytest.approx(slope, rel=1e-14)


BATCH = [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.cross_entropy(BATCH, [0, 1], weight=[1.0]), "weight needs 2 numbers"),
        (lambda: nn.cross_entropy(BATCH, [0, 1], weight=2.0), "weight needs 2 numbers"),
        (lambda: nn.cross_entropy(BATCH, [0, 1], weight=[1.0, -1.0]), "class weight is -1.0"),
        (lambda: nn.nll(BATCH, [0, 1], weight=[1.0, math.nan]), "class weight is nan"),
        (lambda: nn.nll(BATCH, [0, 1], weight=[1.0, "2"]), "class weight is '2'"),
        (lambda: nn.nll(BATCH, [0, 1], weight=[0.0, 0.0]), "no target counts"),
        (lambda: nn.nll(BATCH, [-100, -100]), "no target counts"),
        (lambda: nn.cross_entropy(BATCH[0], 1, ignore_index=1), "no target counts"),
        (lambda: nn.cross_entropy(BATCH, [-100, 0], ignore_index=None), "class -100 is not one"),
        (lambda: nn.cross_entropy(BATCH, [-1, 0]), "class -1 is not one"),
        (lambda: nn.cross_entropy(BATCH, [0, [0.5, 0.5]]), "indices, or lists of probabilities"),
        (lambda: nn.cross_entropy([[0.0, 1.0], [1.0]], [0, 0]), "an example has not 2 numbers"),
        (lambda: nn.cross_entropy([[], []], [0, 0]), "one number for each class"),
        (lambda: nn.cross_entropy(BATCH, [0, 0], label_smoothing=math.nan), "not in .0, 1."),
        (lambda: nn.cross_entropy(BATCH, [0, 0], reduction="average"), "no reduction 'average'"),
        (lambda: nn.nll(BATCH, [[0.5, 0.5], [1.0, 0.0]]), "not a list of probabilities"),
        (lambda: nn.nll(BATCH, [0, 1], ignore_index=math.nan), "ignore_index = nan is no whole"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [2]), r"a target is 2; it must lie in"),
        (
            lambda: nn.binary_cross_entropy_with_logits([1.0], [-1], pos_weight=2.0),
            "a target is -1; it must lie in",
        ),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [1], pos_weight=-1), "pos_weight = -1"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [1], pos_weight=[1, 2]), "2 weights"),
        (lambda: nn.binary_cross_entropy_with_logits(1.0, 1, pos_weight=[1]), "needs a list of"),
        (lambda: nn.binary_cross_entropy_with_logits([1.0], [1], pos_weight=INF), "must be 0 or"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("loss", [nn.mse, nn.l1, nn.huber, nn.hinge, nn.binary_cross_entropy])
@pytest.mark.parametrize("wrong", [1j, None, "x", {}])
def test_what_is_no_number_is_refused(loss, wrong):
    """The squared error of a complex number was a complex loss."""
    for predictions, targets in (([0.5, wrong], [1, 1]), ([0.5, 0.5], [1, wrong])):
        with pytest.raises(TypeError, match="takes real numbers and Values, not"):
            loss(predictions, targets)
