"""Schedules: chains, one after the other, states, and clear errors. PyTorch's numbers are in
test_against_pytorch.py; here PyTorch itself runs beside ours, where it is installed."""

import itertools
import math
import warnings

import pytest

import nn
from autodiff import Value

KINDS = {
    "StepLR": {"step_size": 3, "gamma": 0.5},
    "MultiStepLR": {"milestones": [2, 5, 5, 9, 0], "gamma": 0.3},
    "ExponentialLR": {"gamma": 0.9},
    "LinearLR": {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 7},
    "CosineAnnealingLR": {"T_max": 8, "eta_min": 0.001},
    "LambdaLR": {"lr_lambda": lambda epoch: 1 / (1 + epoch)},
}


def _optimizer(lr=0.4):
    return nn.SGD([Value(0.0)], lr=lr)


def _make(name, optimizer):
    return getattr(nn, name)(optimizer, **KINDS[name])


def _rates(optimizer, schedules, count=30):
    rates = [optimizer.lr]
    for _ in range(count):
        for schedule in schedules:
            schedule.step()
        rates.append(optimizer.lr)
    return rates


@pytest.mark.extras
@pytest.mark.parametrize("milestones", [None, [7], [0]])
def test_every_pair_gives_the_bits_of_pytorch(milestones):
    torch = pytest.importorskip("torch")
    theirs = torch.optim.lr_scheduler
    for names in itertools.product(KINDS, repeat=2):
        optimizer, other = _optimizer(), torch.optim.SGD([torch.zeros(1)], lr=0.4)
        schedules = [_make(name, optimizer) for name in names]
        peers = [getattr(theirs, name)(other, **KINDS[name]) for name in names]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, about their own optimizer's step
            if milestones is not None:
                schedules = [nn.SequentialLR(optimizer, schedules, milestones)]
                peers = [theirs.SequentialLR(other, peers, milestones)]
            for _ in range(50):
                assert optimizer.lr == other.param_groups[0]["lr"], names
                for schedule in (*schedules, *peers):
                    schedule.step()


@pytest.mark.parametrize("name", KINDS)
def test_alone_both_forms_agree(name):
    optimizer = _optimizer()
    schedule = _make(name, optimizer)
    for epoch, rate in enumerate(_rates(optimizer, [schedule])):
        assert math.isclose(rate, schedule.rate(epoch), rel_tol=1e-13), epoch


def test_a_cosine_begins_again_where_it_ended():
    """The lowest point is 0: what follows cannot be computed from it in proportion."""
    optimizer = _optimizer(1.0)
    rates = _rates(optimizer, [nn.CosineAnnealingLR(optimizer, T_max=4)], 8)
    assert rates[4] == 0.0 and rates[8] == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("sequential", [False, True])
def test_a_restored_chain_goes_on_with_the_same_bits(name, sequential, tmp_path):
    def start():
        optimizer = _optimizer()
        schedules = [_make(name, optimizer), nn.ExponentialLR(optimizer, 0.8)]
        if sequential:
            schedules = [nn.SequentialLR(optimizer, schedules, [4])]
        return optimizer, schedules

    optimizer, schedules = start()
    for split in (2, 4, 6):
        optimizer, schedules = start()
        whole = _rates(optimizer, schedules, 12)
        first, before = start()
        _rates(first, before, split)
        nn.save([schedule.state_dict() for schedule in before], tmp_path / "s.json")
        second, after = start()
        for schedule, state in zip(after, nn.load(tmp_path / "s.json"), strict=True):
            schedule.load_state_dict(state)
        assert _rates(second, after, 12 - split) == whole[split:]


def test_states_from_before_there_were_chains_still_load():
    optimizer = _optimizer(1.0)
    schedule = nn.StepLR(optimizer, 2, gamma=0.5)
    schedule.load_state_dict({"schedule": "StepLR", "base_lr": 8.0, "last_epoch": 5})
    assert (optimizer.lr, schedule.last_epoch) == (2.0, 5)
    schedule.step()
    assert optimizer.lr == 1.0


def test_sequences_in_a_sequence():
    optimizer = _optimizer(1.0)
    inner = nn.SequentialLR(
        optimizer, [nn.ExponentialLR(optimizer, 0.5), nn.LambdaLR(optimizer, lambda e: 3.0)], [2]
    )
    outer = nn.SequentialLR(optimizer, [nn.ExponentialLR(optimizer, 0.1), inner], [1])
    assert _rates(optimizer, [outer], 4) == [1.0, 1.0, 0.5, 3.0, 3.0]
    assert [outer.rate(epoch) for epoch in range(5)] == [1.0, 1.0, 0.5, 3.0, 3.0]


def test_reprs_are_one_line():
    optimizer = _optimizer()
    assert repr(nn.StepLR(optimizer, 3)) == (
        "StepLR(step_size=3, gamma=0.1, base_lr=0.4, last_epoch=0)"
    )
    schedule = nn.SequentialLR(optimizer, [nn.ExponentialLR(optimizer, 0.5)], [])
    assert repr(schedule).count("\n") == 0 and "ExponentialLR(gamma=0.5" in repr(schedule)
    assert "0x" not in repr(nn.LambdaLR(optimizer, lambda epoch: 1.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o: nn.StepLR(o, 1.5), "step_size = 1.5 must be 1 or more, and a whole"),
        (lambda o: nn.StepLR(o, True), "step_size = True"),
        (lambda o: nn.StepLR(o, 2, gamma=-1.0), "gamma = -1.0 must be 0 or more"),
        (lambda o: nn.ExponentialLR(o, math.nan), "gamma = nan"),
        (lambda o: nn.ExponentialLR(o, "fast"), "gamma = 'fast'"),
        (lambda o: nn.MultiStepLR(o, [1.5]), "a milestone = 1.5"),
        (lambda o: nn.LinearLR(o, start_factor=0.0), "start_factor = 0 must be above"),
        (lambda o: nn.LinearLR(o, total_iters=0), "total_iters = 0"),
        (lambda o: nn.CosineAnnealingLR(o, 0), "T_max = 0"),
        (lambda o: nn.CosineAnnealingLR(o, 3, eta_min=-1), "eta_min = -1"),
        (lambda o: nn.StepLR(o.params[0], 2), "StepLR needs an optimizer, not Value"),
        (lambda o: nn.LambdaLR(o, lambda e: math.nan), "the learning rate nan for epoch 0"),
        (lambda o: nn.LambdaLR(o, lambda e: -1.0), "it must be finite, and 0 or more"),
        (lambda o: nn.SequentialLR(o, [], []), "0 schedules need a milestone between"),
        (lambda o: nn.SequentialLR(o, [nn.StepLR(o, 2)], [3]), "1 schedules need a milestone"),
        (lambda o: nn.SequentialLR(o, [nn.StepLR(_optimizer(), 2)], []), "of its own optimizer"),
        (lambda o: nn.SequentialLR(o, ["StepLR"], []), "of its own optimizer"),
        (lambda o: nn.SequentialLR(o, [nn.StepLR(o, 2)] * 3, [5, 5]), "do not increase"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises((ValueError, TypeError, nn.TrainingError), match=message):
        call(_optimizer())


def test_a_rate_that_leaves_all_bounds_is_refused_and_nothing_changes():
    optimizer = _optimizer(1e300)
    schedule = nn.ExponentialLR(optimizer, 1e6)
    schedule.step()
    for _ in range(2):
        with pytest.raises(nn.TrainingError, match="ExponentialLR gives the learning rate inf for"):
            schedule.step()
    assert (optimizer.lr, schedule.last_epoch) == (1e306, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": "StepLR"}, {"base_lr": math.nan}, {"base_lr": -1.0}, {"last_epoch": True},
        {"lr": math.inf}, {"schedulers": []}, {"schedulers": [{}, {}]}, {"schedulers": None},
    ],
)  # fmt: skip
def test_a_foreign_state_is_refused_and_changes_nothing(change):
    optimizer = _optimizer()
    schedules = [nn.StepLR(optimizer, 2), nn.ExponentialLR(optimizer, 0.5)]
    schedule = nn.SequentialLR(optimizer, schedules, [3])
    _rates(optimizer, [schedule], 4)
    before = schedule.state_dict(), optimizer.lr
    with pytest.raises(nn.StateError):
        schedule.load_state_dict(schedule.state_dict() | change)
    assert (schedule.state_dict(), optimizer.lr) == before


def test_an_optimizer_keeps_its_first_rate_to_itself():
    """It is a schedule's business: neither a setting of the optimizer nor part of its state."""
    optimizer = _optimizer()
    nn.LinearLR(optimizer)
    assert optimizer.initial_lr == 0.4 and "initial_lr" not in optimizer.state_dict()["settings"]
    assert "initial" not in repr(optimizer)
