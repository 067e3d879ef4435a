"""Networks learn: each data set from its seed, with the same bits on every run."""

import subprocess
import sys

import pytest

import nn

BCE = "binary_cross_entropy_with_logits"


def _solved(epoch, record):
    return record["accuracy"] >= 0.99


def _train(data, sizes, loss=BCE, activation="tanh", lr=0.05, epochs=60, batch_size=25):
    model = nn.MLP(2, sizes, activation=activation, seed=1)
    history = nn.fit(
        model, *data, loss=loss, optimizer=nn.Adam(model, lr=lr), epochs=epochs,
        batch_size=batch_size, metrics=["accuracy"], callbacks=[_solved],
    )  # fmt: skip
    return history["accuracy"][-1]


def test_xor():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    inputs, targets = nn.xor()
    nn.fit(model, inputs, targets, loss=BCE, optimizer=nn.Adam(model, lr=0.1), epochs=100)
    outputs = nn.predict(model, inputs)
    assert nn.classify(model, inputs, threshold=0.0) == targets
    assert min(map(abs, outputs)) > 2  # sure of it, too


def test_moons():
    assert _train(nn.moons(100), [8, 8, 1]) >= 0.99


def test_moons_with_hinge_loss_and_sgd_as_micrograd_does_it():
    inputs, targets = nn.moons(60, seed=1)
    model = nn.MLP(2, [16, 1], seed=1)
    optimizer = nn.SGD(model, lr=0.5, momentum=0.9)
    history = nn.fit(
        model, inputs, [2 * t - 1 for t in targets], loss="hinge", optimizer=optimizer,
        epochs=80, metrics=["accuracy"], callbacks=[_solved],
    )  # fmt: skip
    assert history["accuracy"][-1] >= 0.99


def test_circles():
    assert _train(nn.circles(100), [8, 1], lr=0.1) >= 0.99


def test_spirals():
    assert _train(nn.spirals(100), [12, 12, 1], lr=0.03, epochs=100) >= 0.99


def test_yin_yang():
    inputs, targets = nn.yin_yang(150)
    data = (nn.Standardiser(inputs)(inputs), targets)
    accuracy = _train(
        data, [24, 3], loss="cross_entropy", activation="relu", epochs=40, batch_size=15
    )
    assert accuracy >= 0.93


_PROGRAM = """
import nn
model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
data = nn.circles(20)
nn.fit(model, *data, loss="mse", optimizer=nn.Adam(model, lr=0.1), epochs=5, batch_size=7)
print([number.hex() for number in model.state_dict().values()])
"""


def test_a_run_gives_the_same_bits_in_every_process():
    runs = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(runs) == 1


@pytest.mark.extras
def test_iris_is_classified_with_at_least_95_percent_on_held_out_flowers():
    datasets = pytest.importorskip("sklearn.datasets")
    iris = datasets.load_iris()
    labels = [str(iris.target_names[index]) for index in iris.target]
    train_x, test_x, train_t, test_t = nn.train_test_split(iris.data, labels, seed=0)
    scale = nn.Standardiser(train_x)
    model = nn.MLP(4, [8, 3], activation="tanh", seed=0)
    history = nn.fit(
        model, scale(train_x), train_t, loss="cross_entropy",
        optimizer=nn.AdamW(model, lr=0.03), epochs=30, batch_size=16,
    )  # fmt: skip
    found = nn.classify(model, scale(test_x), history.classes)
    right = sum(label == target for label, target in zip(found, test_t, strict=True))
    assert right / len(test_t) >= 0.95
