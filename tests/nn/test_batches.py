"""A compiled step on many examples: one is traced and mapped over all, and it learns the same."""

import math
import random
import signal

import pytest

import autodiff
import nn
from autodiff import vmap
from nn.losses import LOSSES, is_mean
from nn.training.step import EACH_TRACED

np = pytest.importorskip("numpy")

COUNT = EACH_TRACED + 31
RNG = random.Random(5)
INPUTS = [[RNG.uniform(-1, 1), RNG.uniform(-1, 1)] for _ in range(COUNT)]
SIDES = [int(x * y > 0) for x, y in INPUTS]


def probabilities(count):
    numbers = [RNG.random() + 0.01 for _ in range(count)]
    return [number / sum(numbers) for number in numbers]


#: by loss: targets, and what comes after the hidden layer
CASES = [
    ("mse", [x * y for x, y in INPUTS], 1),
    ("mse", [[x, y] for x, y in INPUTS], 2),
    ("mse", SIDES, 1),
    ("mse", [side if at % 2 else float(side) for at, side in enumerate(SIDES)], 1),
    ("mse", [[side, 0.5] for side in SIDES], 2),
    ("l1", [x - y for x, y in INPUTS], 1),
    ("huber", [3 * x for x, _ in INPUTS], 1),
    ("hinge", [2 * side - 1 for side in SIDES], 1),
    ("binary_cross_entropy", SIDES, "sigmoid"),
    ("binary_cross_entropy_with_logits", SIDES, 1),
    ("binary_cross_entropy_with_logits", [0.9 * side + 0.05 for side in SIDES], 1),
    ("cross_entropy", [side + (x > 0) for side, (x, _) in zip(SIDES, INPUTS, strict=True)], 3),
    ("cross_entropy", [probabilities(3) for _ in INPUTS], 3),
    ("cross_entropy", ["ab"[side] for side in SIDES], 2),
    ("nll", SIDES, "log_softmax"),
]


class Network(nn.Module):
    """A network that counts how often it is run, with a last step of its own."""

    def __init__(self, last):
        self.network = nn.MLP(2, [4, last if isinstance(last, int) else 2], "tanh", seed=2)
        self.last = last
        self.runs = 0

    def __call__(self, row):
        self.runs += 1
        outputs = self.network(row)
        if self.last == "sigmoid":
            return autodiff.sigmoid(outputs[0] - outputs[1])
        return autodiff.log_softmax(outputs) if self.last == "log_softmax" else outputs


def train(loss, targets, last, inputs=INPUTS, **options):
    model = Network(last)
    optimizer = nn.SGD(model, lr=0.1, momentum=0.5)
    history = nn.fit(model, inputs, targets, loss=loss, optimizer=optimizer, epochs=4, **options)
    return model, history


@pytest.mark.parametrize(("loss", "targets", "last"), CASES)
def test_it_learns_the_same(loss, targets, last):
    plain, expected = train(loss, targets, last)
    compiled, found = train(loss, targets, last, compile=True)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-12)
    for a, b in zip(plain.parameters(), compiled.parameters(), strict=True):
        assert a.data == pytest.approx(b.data, rel=1e-9, abs=1e-12)
        assert a.grad == pytest.approx(b.grad, rel=1e-9, abs=1e-12)


def test_few_traces_and_every_loss_of_the_table(monkeypatch):
    assert {case[0] for case in CASES} == set(LOSSES)
    monkeypatch.delenv("AUTODIFF_MACHINE", raising=False)
    if autodiff.program.machine.chosen().name == "llvm":
        model, _ = train("mse", SIDES, 1, compile=True)
        assert model.runs < 10  # and not COUNT


def test_batches_of_both_kinds():
    """A last batch with few examples is traced as a whole."""
    options = {"batch_size": EACH_TRACED + 1, "metrics": ["accuracy"]}
    _, expected = train("hinge", [2 * side - 1 for side in SIDES], 1, **options)
    _, found = train("hinge", [2 * side - 1 for side in SIDES], 1, compile=True, **options)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-12)
    assert found["accuracy"] == expected["accuracy"]


def test_other_losses_are_taken_as_a_whole():
    def largest(predictions, targets):
        pairs = zip(predictions, targets, strict=True)
        return autodiff.maximum(*[abs(x - t) for x, t in pairs])

    assert not is_mean(largest, SIDES)
    _, expected = train(largest, SIDES, 1)
    _, found = train(largest, SIDES, 1, compile=True)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-12)


def test_examples_of_different_lengths_weigh_by_their_numbers():
    class Counts(nn.Module):
        def __init__(self):
            self.w = autodiff.Value(0.5)

        def __call__(self, row):
            return [self.w * x for x in row[1 : 2 + int(row[0])]]

    inputs = [[float(at % 2), 1.0, 2.0] for at in range(COUNT)]
    targets = [row[1 : 2 + int(row[0])] for row in inputs]
    assert not is_mean(nn.mse, targets) and is_mean(nn.mse, np.array(inputs))
    results = []
    for compile in (False, True):
        model = Counts()
        nn.fit(model, inputs, targets, loss="mse", optimizer=nn.SGD(model, lr=0.1), epochs=2,
               compile=compile)  # fmt: skip
        results.append(model.w.data)
    assert results[0] == pytest.approx(results[1], rel=1e-12)


@pytest.mark.parametrize("compile", [False, True])
def test_a_loss_that_is_not_finite_is_explained(compile):
    class Explodes(nn.Module):
        def __init__(self):
            self.w = autodiff.Value(1.0, "w")

        def __call__(self, row):
            return (self.w * row[0]) * 1e200 * row[1]

    rows = [[1.0, 1e-200]] * (COUNT - 1) + [[1.0, 1e150]]
    model = Explodes()
    with pytest.raises(nn.TrainingError, match=r"the loss is inf.*Cause"):
        nn.fit(model, rows, [0.0] * COUNT, loss="l1", optimizer=nn.SGD(model), epochs=1,
               compile=compile)  # fmt: skip
    assert (model.w.data, model.w.grad) == (1.0, 0.0)


def test_an_error_inside_the_model_names_the_example():
    class Logs(nn.Module):
        def __init__(self):
            self.w = autodiff.Value(1.0, "w")

        def __call__(self, row):
            return autodiff.log(self.w * row[0])

    model = Logs()
    step = nn.training.step.training_step(model, nn.mse, nn.SGD(model), compile=True)
    rows = np.ones((COUNT, 1))
    rows[140] = -1.0
    with pytest.raises(ValueError, match="log") as caught:
        step(rows, np.zeros(COUNT))
    assert "example 140 " in caught.value.__notes__[0]


def test_ctrl_c_ends_the_run_after_its_step():
    def press(epoch, record):
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)

    model, history = train("mse", SIDES, 1, compile=True, callbacks=[press])
    assert history.stopped == "interrupted" and len(history["loss"]) == 2
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_a_run_in_two_parts_has_the_same_bits():
    targets = [x * y for x, y in INPUTS]
    model = Network(1)
    optimizer = nn.Adam(model, lr=0.05)
    options = {"loss": "mse", "optimizer": optimizer, "batch_size": 140, "compile": True}
    history = nn.fit(model, INPUTS, targets, epochs=2, **options)
    nn.fit(model, INPUTS, targets, epochs=2, history=history, **options)
    again = Network(1)
    options["optimizer"] = nn.Adam(again, lr=0.05)
    whole = nn.fit(again, INPUTS, targets, epochs=4, **options)
    assert whole["loss"] == history["loss"]
    assert [p.data for p in again.parameters()] == [p.data for p in model.parameters()]


def test_losses_of_one_example_make_up_the_mean():
    """What `is_mean` promises, for every loss that it promises it of."""
    for loss, targets, last in CASES:
        if isinstance(targets[0], str):
            continue
        model, compute = Network(last), LOSSES[loss]
        whole = compute([model(row) for row in INPUTS], targets)
        parts = vmap(lambda x, t, f=compute, m=model: f([m(x)], [t]))(INPUTS, targets)
        assert is_mean(compute, targets)
        assert autodiff.mean(parts).data == pytest.approx(whole.data, rel=1e-12)
