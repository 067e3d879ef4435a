"""The same numbers as PyTorch: stored ones always, PyTorch itself where it is installed."""

import importlib.util
import math
from pathlib import Path

import pytest

import nn
from autodiff import Value
from tests.support.data import load

STORED = load("nn_torch")
SCRIPT = Path(__file__).parents[2] / "scripts" / "make_nn_reference.py"


def _id(case):
    return f"{case['name']}-{case['arguments']}"


def _near(found, expected):
    """Nested lists of numbers, equal to 1e-12."""
    if isinstance(expected, (list, dict)):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        keys = expected if isinstance(expected, dict) else range(len(expected))
        for key in keys:
            _near(found[key], expected[key])
    elif isinstance(expected, float):
        assert math.isclose(float(found), expected, rel_tol=1e-12, abs_tol=1e-15), (found, expected)
    else:
        assert found == expected


def _values(items):
    return [_values(item) for item in items] if isinstance(items, list) else Value(items)


def _read(items, what):
    return [_read(item, what) for item in items] if isinstance(items, list) else what(items)


@pytest.mark.parametrize("case", STORED["losses"] + STORED["class_losses"], ids=_id)
def test_losses(case):
    predictions = _values(case["predictions"])
    loss = getattr(nn, case["name"])(predictions, case["targets"], **case["arguments"])
    _near(_read(loss, lambda value: value.data), case["loss"])
    for single in _flat(loss):
        single.backward()
    _near(_read(predictions, lambda value: value.grad), case["gradient"])


def _flat(items):
    return [v for item in items for v in _flat(item)] if isinstance(items, list) else [items]


@pytest.mark.parametrize("case", STORED["optimizers"], ids=_id)
def test_optimizers(case):
    parameters = _values(case["start"])
    optimizer = getattr(nn, case["name"])(parameters, **case["arguments"])
    for gradients, expected in zip(case["gradients"], case["path"], strict=True):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        _near([parameter.data for parameter in parameters], expected)


@pytest.mark.parametrize("case", STORED["schedules"], ids=_id)
def test_schedules(case):
    optimizer = nn.SGD([Value(0.0)], lr=case["lr"])
    schedule = getattr(nn, case["name"])(optimizer, **case["arguments"])
    for epoch, expected in enumerate(case["rates"]):
        _near(optimizer.lr, expected)
        assert schedule.last_epoch == epoch
        schedule.step()


@pytest.mark.parametrize("case", STORED["chained"], ids=lambda c: f"{c['members']}")
def test_several_schedules_on_one_optimizer(case):
    """Each took the rate that it found for the first one: a cosine after a warm-up began at a
    third of the rate, and a second schedule undid what the first had done."""
    optimizer = nn.SGD([Value(0.0)], lr=case["lr"])
    schedules = [getattr(nn, name)(optimizer, **given) for name, given in case["members"]]
    if case["milestones"] is not None:
        schedules = [nn.SequentialLR(optimizer, schedules, case["milestones"])]
    for expected in case["rates"]:
        _near(optimizer.lr, expected)
        for schedule in schedules:
            schedule.step()


@pytest.mark.parametrize("case", STORED["clipping"], ids=lambda case: f"{case['norm_type']}")
def test_clipping(case):
    parameters = [Value(0.0) for _ in case["gradients"]]
    for parameter, gradient in zip(parameters, case["gradients"], strict=True):
        parameter.grad = gradient
    norm = nn.clip_grad_norm_(parameters, case["max_norm"], float(case["norm_type"]))
    _near(norm, case["norm"])
    _near([parameter.grad for parameter in parameters], case["clipped"])


@pytest.mark.parametrize("case", STORED["initial_bounds"], ids=_id)
def test_bounds_of_initializers(case):
    draw = getattr(nn, case["name"])(**case["arguments"])
    rng = nn.parts.initializers.generator(1)
    largest = max(abs(draw(6, 4, rng)) for _ in range(5000))
    assert math.isclose(largest, case["largest"], rel_tol=0.005)


@pytest.mark.extras
def test_pytorch_still_gives_the_stored_numbers():
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("make_nn_reference", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    found = script.reference()
    for part in ("losses", "optimizers", "schedules", "chained", "clipping", "class_losses",
                 "initial_bounds"):  # fmt: skip
        _near(found[part], STORED[part])


@pytest.mark.extras
def test_defaults_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    for name in ("SGD", "Adam", "AdamW", "RMSprop"):
        theirs = getattr(torch.optim, name)([torch.zeros(1)]).defaults
        for setting, value in getattr(nn, name)([Value(0.0)]).settings().items():
            assert theirs[setting] == value, (name, setting)
