"""Optimizers and schedules: errors, states, and training that goes on with the same bits."""

import copy
import math

import pytest

import nn
from autodiff import Value

OPTIMIZERS = {
    "sgd": lambda params: nn.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda params: nn.Adam(params, lr=0.05),
    "amsgrad": lambda params: nn.Adam(params, lr=0.05, amsgrad=True, weight_decay=0.01),
    "adamw": lambda params: nn.AdamW(params, lr=0.05),
    "rmsprop": lambda params: nn.RMSprop(params, lr=0.02, momentum=0.5, centered=True),
}


def _bowl(values):
    return sum((i + 1) * (v - i) ** 2 for i, v in enumerate(values))


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_finds_the_bottom_of_a_bowl(make):
    values = [Value(3.0), Value(-2.0)]
    optimizer = make(values)
    for _ in range(400):
        optimizer.zero_grad()
        _bowl(values).backward()
        optimizer.step()
    assert math.isclose(values[0].data, 0.0, abs_tol=0.1)
    assert math.isclose(values[1].data, 1.0, abs_tol=0.1)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_restored_run_goes_on_with_the_same_bits(make, tmp_path):
    def start():
        values = [Value(3.0), Value(-2.0)]
        optimizer = make(values)
        return values, optimizer, nn.ExponentialLR(optimizer, gamma=0.9)

    def run(values, optimizer, schedule, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            _bowl(values).backward()
            optimizer.step()
            schedule.step()

    whole = start()
    run(*whole, 10)

    first = start()
    run(*first, 4)
    state = {
        "values": [v.data for v in first[0]],
        "optimizer": first[1].state_dict(),
        "schedule": first[2].state_dict(),
    }
    nn.save(state, tmp_path / "run.json")
    state = nn.load(tmp_path / "run.json")

    second = start()
    nn.vector_to_parameters(state["values"], second[0])
    second[1].load_state_dict(state["optimizer"])
    second[2].load_state_dict(state["schedule"])
    run(*second, 6)
    assert [v.data for v in second[0]] == [v.data for v in whole[0]]
    assert second[1].state_dict() == whole[1].state_dict()


def test_a_state_restores_the_settings():
    optimizer = nn.Adam([Value(1.0)], lr=1, betas=(0.5, 0.6))
    other = nn.Adam([Value(1.0)])
    other.load_state_dict(optimizer.state_dict())
    assert (other.lr, other.betas) == (1.0, (0.5, 0.6))
    assert repr(other).startswith("Adam(1 parameters, lr=1.0, betas=(0.5, 0.6), eps=1e-08")


def test_model_and_optimizer_can_be_copied_together():
    model = nn.MLP(1, [1], seed=0)
    twin, optimizer = copy.deepcopy((model, nn.SGD(model, lr=1.0)))
    for parameter in twin.parameters():
        parameter.grad = 1.0
    optimizer.step()
    moved = [p.data - q.data for p, q in zip(twin.parameters(), model.parameters(), strict=True)]
    assert moved == pytest.approx([-1.0, -1.0])


def _changed(state, **changes):
    return {**state, **changes}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: [], "this is no state of SGD"),
        (lambda s: _changed(s, optimizer="Adam"), "no state of SGD, but of 'Adam'"),
        (lambda s: _changed(s, steps=[1, 2]), "SGD.steps needs 1 numbers, the state has 2"),
        (lambda s: _changed(s, steps=None), "SGD.steps needs 1 numbers, the state has no list"),
        (lambda s: _changed(s, steps=["x"]), "holds something that is no number"),
        (lambda s: _changed(s, steps=[1.5]), "are no counts"),
        (lambda s: _changed(s, steps=[-1]), "are no counts"),
        (lambda s: _changed(s, buffers={}), "needs the buffers momentum_buffer"),
        (lambda s: _changed(s, buffers={"momentum_buffer": [1, 2]}), "momentum_buffer needs 1"),
        (lambda s: _changed(s, settings={}), "needs the settings lr, momentum"),
        (lambda s: _changed(s, settings=_changed(s["settings"], lr="fast")), "lr = 'fast' must be"),
        (
            lambda s: _changed(s, settings=_changed(s["settings"], nesterov=1)),
            "nesterov = 1 must be",
        ),
        (lambda s: _changed(s, settings=_changed(s["settings"], lr=True)), "lr = True must be"),
    ],
)
def test_a_wrong_state_is_refused_and_changes_nothing(change, message):
    optimizer = nn.SGD([Value(1.0)], lr=0.5, momentum=0.5)
    before = optimizer.state_dict()
    with pytest.raises(nn.StateError, match=message):
        optimizer.load_state_dict(change(optimizer.state_dict()))
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.SGD([]), "at least one parameter"),
        (lambda: nn.SGD([1.0]), "parameter 0 is no Value but 1.0"),
        (lambda: nn.SGD([Value(1.0) + 1.0]), "parameter 0 is computed from others"),
        (lambda: nn.SGD([v := Value(1.0), v]), "each parameter once"),
        (lambda: nn.SGD([Value(1.0)], lr=-1), "lr = -1 must be 0 or more"),
        (lambda: nn.SGD([Value(1.0)], lr=math.nan), "lr = nan must be"),
        (lambda: nn.SGD([Value(1.0)], nesterov=True), "needs a momentum"),
        (lambda: nn.Adam([Value(1.0)], betas=(0.9, 1.0)), "betas .* in .0, 1."),
        (lambda: nn.StepLR(nn.SGD([Value(1.0)]), 0), "step_size = 0 must be 1 or more"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_schedules_refuse_a_foreign_state():
    schedule = nn.StepLR(nn.SGD([Value(1.0)]), 2)
    with pytest.raises(nn.StateError, match="no state of StepLR"):
        schedule.load_state_dict({"schedule": "ExponentialLR"})
    with pytest.raises(nn.StateError, match="needs a base_lr and a last_epoch"):
        schedule.load_state_dict({"schedule": "StepLR", "base_lr": 1.0, "last_epoch": -1})


def test_the_number_of_parameters_is_kept_when_a_generator_is_given():
    model = nn.MLP(1, [2], seed=0)
    assert len(nn.SGD(p for p in model.parameters()).params) == 4
    assert len(nn.SGD(model).params) == 4


def test_clipping_by_norm_can_refuse_what_is_not_finite():
    value = Value(1.0)
    value.grad = math.nan
    with pytest.raises(ValueError, match="the norm of the gradients is nan"):
        nn.clip_grad_norm_([value], 1.0, error_if_nonfinite=True)
    for norm_type in (2.0, math.inf, 1.0):
        assert math.isnan(nn.clip_grad_norm_([value], 1.0, norm_type))
