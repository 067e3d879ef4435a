"""All parameters in one step: the bits are those of one parameter after the other."""

import copy
import math
import random
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autodiff import Value, buffers
from nn.parts import together
from nn.parts.together import Arrays

np = pytest.importorskip("numpy")

COUNT = 9

OPTIMIZERS = {
    "SGD": lambda ps: nn.SGD(ps, lr=0.1),
    "SGD climbing": lambda ps: nn.SGD(ps, lr=0.1, maximize=True),
    "SGD with momentum": lambda ps: nn.SGD(ps, lr=0.1, momentum=0.9, dampening=0.25),
    "SGD after Nesterov": lambda ps: nn.SGD(ps, 0.1, 0.9, weight_decay=0.01, nesterov=True),
    "Adam": lambda ps: nn.Adam(ps, lr=0.05),
    "Adam, amsgrad": lambda ps: nn.Adam(ps, 0.05, (0.5, 0.7), amsgrad=True, weight_decay=0.1),
    "Adam climbing": lambda ps: nn.Adam(ps, 0.05, maximize=True, weight_decay=0.1),
    "Adam without means": lambda ps: nn.Adam(ps, 0.05, (0.0, 0.0)),
    "AdamW": lambda ps: nn.AdamW(ps, lr=0.05, weight_decay=0.1),
    "AdamW climbing": lambda ps: nn.AdamW(ps, lr=0.05, amsgrad=True, maximize=True),
    "RMSprop": lambda ps: nn.RMSprop(ps, lr=0.02, weight_decay=0.1),
    "RMSprop centered": lambda ps: nn.RMSprop(ps, lr=0.02, momentum=0.5, centered=True),
    "RMSprop climbing": lambda ps: nn.RMSprop(ps, lr=0.02, maximize=True),
}
SCHEDULES = [
    lambda o: nn.ExponentialLR(o, gamma=0.9),
    lambda o: nn.CosineAnnealingLR(o, T_max=7),
    lambda o: nn.LinearLR(o, total_iters=3),
]


def bits(numbers):
    return struct.pack(f"{len(numbers)}d", *numbers)


class Two(nn.Module):
    """Two groups of parameters that can be frozen apart."""

    def __init__(self, moved):
        self.first, self.second = Part(4), Part(COUNT - 4)
        if moved:
            order = self.parameters()
            random.Random(moved).shuffle(order)
            buffers.move(order[:5])  # the others follow at the first step


class Part(nn.Module):
    """Some parameters."""

    def __init__(self, count):
        self.weights = [Value(0.3 * k - 0.5) for k in range(count)]


def start(make, moved):
    model = Two(moved)
    return model, make(model)


def state(model, optimizer):
    saved = optimizer.state_dict()
    numbers = [bits(each) for each in saved["buffers"].values()]
    return bits(list(model.state_dict().values())), saved["steps"], numbers


def run(model, optimizer, gradients, frozen=(), schedule=None):
    for at, row in enumerate(gradients):
        if at in frozen:
            model.second.freeze()
        optimizer.zero_grad()
        for parameter, gradient in zip(model.parameters(), row, strict=True):
            parameter.grad += gradient
        optimizer.step()
        model.unfreeze()
        if schedule is not None:
            schedule.step()


usual = st.floats(-3.0, 3.0)
odd = st.sampled_from([0.0, -0.0, 5e-324, -1e-310, 1e-200, 1e150, -1e150, 1e308])
rows = st.lists(
    st.lists(usual | odd, min_size=COUNT, max_size=COUNT), min_size=1, max_size=6
)  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(
    gradients=rows,
    frozen=st.sets(st.integers(0, 5)),
    which=st.integers(0, 3),
    seed=st.integers(1, 9),
)
def test_every_optimizer_has_the_same_bits(name, gradients, frozen, which, seed):
    found = []
    for moved in (0, seed):
        model, optimizer = start(OPTIMIZERS[name], moved)
        schedule = SCHEDULES[which](optimizer) if which < len(SCHEDULES) else None
        run(model, optimizer, gradients, frozen, schedule)
        found.append(state(model, optimizer))
        kinds = {type(parameter) for parameter in model.parameters()}
        assert kinds == {buffers.BufferedValue if moved else Value}
    assert found[0] == found[1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_really_done_together(name, monkeypatch):
    model, optimizer = start(OPTIMIZERS[name], 1)
    shapes = []
    update = type(optimizer).update

    def spy(self, index, p, g):
        shapes.append(p.shape)
        return update(self, index, p, g)

    monkeypatch.setattr(type(optimizer), "update", spy)
    run(model, optimizer, [[0.5] * COUNT] * 3, frozen={1})
    assert shapes == [(COUNT,), (4,), (COUNT,)]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("moved", [(0, 3), (3, 0), (2, 5)])
def test_a_restored_run_goes_on_with_the_same_bits(name, moved, tmp_path):
    rng = random.Random(5)
    gradients = [[rng.gauss(0.0, 1.0) for _ in range(COUNT)] for _ in range(8)]
    model, optimizer = start(OPTIMIZERS[name], moved[0])
    run(model, optimizer, gradients, frozen={1, 6})
    first, early = start(OPTIMIZERS[name], moved[0])
    run(first, early, gradients[:3], frozen={1})
    nn.save({"model": first.state_dict(), "optimizer": early.state_dict()}, tmp_path / "s.json")
    saved = nn.load(tmp_path / "s.json")
    second, late = start(OPTIMIZERS[name], moved[1])
    run(second, late, gradients[5:6])  # what it had before is gone
    second.load_state_dict(saved["model"])
    late.load_state_dict(saved["optimizer"])
    run(second, late, gradients[3:], frozen={3})
    assert state(second, late) == state(model, optimizer)


def test_running_quantities_can_be_seen_set_and_saved(tmp_path):
    model, optimizer = start(OPTIMIZERS["Adam"], 1)
    run(model, optimizer, [[1.0] * COUNT])
    assert list(optimizer.steps) == [1] * COUNT
    assert list(optimizer.exp_avg) == [1 - 0.9] * COUNT
    nn.save(vars(optimizer)["exp_avg"], tmp_path / "m.json")
    assert nn.load(tmp_path / "m.json") == [1 - 0.9] * COUNT
    optimizer.exp_avg[2] = 0.5  # an entry,
    optimizer.exp_avg_sq = [0.25] * COUNT  # a list in place of the array,
    optimizer.steps = [3] * COUNT
    run(model, optimizer, [[0.0] * COUNT])
    assert optimizer.exp_avg[2] == 0.9 * 0.5 and isinstance(optimizer.exp_avg_sq, array)
    assert optimizer.exp_avg_sq[0] == 0.999 * 0.25 and optimizer.steps[0] == 4


def test_a_frozen_model_stays_as_it_is():
    model, optimizer = start(OPTIMIZERS["Adam"], 1)
    before = state(model, optimizer)
    model.freeze()
    for parameter in model.parameters():
        parameter.grad = 1.0
    optimizer.step()
    model.unfreeze()
    assert state(model, optimizer) == before


@pytest.mark.parametrize(
    ("make", "gradient"),
    [
        (lambda ps: nn.Adam(ps, eps=0.0), 0.0),
        (lambda ps: nn.RMSprop(ps, eps=0.0), 0.0),
    ],
)
def test_what_raises_for_one_raises_for_all(make, gradient):
    gradients = [1.0] * 3 + [gradient] * (COUNT - 3)
    found = []
    for moved in (0, 1):
        model, optimizer = start(make, moved)
        with pytest.raises(ZeroDivisionError):
            run(model, optimizer, [gradients])
        found.append(state(model, optimizer))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("gradient", [math.nan, math.inf, -math.inf, 1.7e308])
def test_what_is_not_finite_goes_the_same_way(name, gradient):
    gradients = [[1.0] * COUNT, [gradient] * 2 + [1.0] * (COUNT - 2), [0.5] * COUNT]
    found = []
    for moved in (0, 1):
        model, optimizer = start(OPTIMIZERS[name], moved)
        run(model, optimizer, gradients)
        found.append((model.state_dict(), optimizer.state_dict()))
    assert repr(found[0]) == repr(found[1])


class Signs(nn.SGD):
    """A user's own formula, for floats: it says nothing of arrays."""

    def update(self, index, p, g):
        return super().update(index, p, 1.0 if g > 0.0 else -1.0)


class Softened(nn.optimizer.Optimizer):
    """A user's own formula that takes arrays, and says so."""

    elementwise = True
    buffers = ("last",)

    def update(self, index, p, g):
        mean = self.last[index] = (self.last[index] + g) / 2.0
        return p - self.lr * mean / self.math.sqrt(1.0 + g * g)


@pytest.mark.parametrize("kind", [Signs, Softened])
def test_optimizers_of_users(kind):
    found = []
    for moved in (0, 1):
        model, optimizer = start(lambda ps: kind(ps, lr=0.1), moved)
        run(model, optimizer, [[0.3 * k - 1.0 for k in range(COUNT)]] * 3)
        found.append(state(model, optimizer))
    assert found[0] == found[1]


def test_powers_are_those_of_python():
    counts = np.array(random.Random(3).sample(range(1, 4000), 900))
    for base in (0.9, 0.999, 0.3):
        found = Arrays(np).power(base, counts)
        assert bits(found.tolist()) == bits([base ** int(count) for count in counts])
        assert Arrays(np).power(base, counts[:1]) == base ** int(counts[0])


def test_two_optimizers_share_a_buffer():
    found = []
    for moved in (False, True):
        ws = [Value(0.1 * k) for k in range(20)]
        first, second = nn.SGD(ws[::2], lr=0.1), nn.Adam(ws[1::2], lr=0.1)
        third = nn.SGD(ws[3:12], lr=0.3)
        if moved:
            buffers.move(ws)
        for w in ws:
            w.grad = w.data - 0.7
        for optimizer in (first, second, third, first):
            optimizer.step()
        third.zero_grad()
        found.append(([w.data for w in ws], [w.grad for w in ws]))
    assert found[0] == found[1]


@pytest.mark.parametrize("moved", [0, 1])
def test_gradients_and_vectors_of_moved_parameters(moved):
    model, _ = start(OPTIMIZERS["SGD"], moved)
    parameters = model.parameters()
    nn.vector_to_parameters(range(COUNT), parameters)
    assert nn.parameters_to_vector(parameters) == list(range(COUNT))
    for k, parameter in enumerate(parameters):
        parameter.grad = float(k)
    assert nn.clip_grad_norm_(parameters, 1.0) == math.hypot(*range(COUNT))
    assert math.hypot(*[p.grad for p in parameters]) == pytest.approx(1.0)
    nn.clip_grad_value_(parameters, 0.25)
    assert max(p.grad for p in parameters) == 0.25
    model.zero_grad()
    assert not any(p.grad for p in parameters)


def test_model_and_optimizer_can_be_copied_together():
    model, optimizer = start(OPTIMIZERS["Adam"], 1)
    run(model, optimizer, [[1.0] * COUNT])
    before = state(model, optimizer)
    twin, other = copy.deepcopy((model, optimizer))
    run(twin, other, [[1.0] * COUNT])
    assert state(model, optimizer) == before != state(twin, other)
    run(model, optimizer, [[1.0] * COUNT])
    assert state(model, optimizer) == state(twin, other)


@pytest.mark.parametrize("version", ["1.26.4", np.__version__])
def test_numpy_raises_inside_a_step_and_not_outside(version, monkeypatch):
    """Before NumPy 2 its settings are those of the thread, afterwards of the context."""
    monkeypatch.setattr(np, "__version__", version)
    big = np.array([1e308])
    strictly = together._raising(np)
    with np.errstate(all="warn"):  # whatever the tests before have left
        before = np.geterr()
        for _ in range(2):
            with pytest.raises(FloatingPointError):
                strictly(np.multiply, big, 10.0)
            assert strictly(np.multiply, 1e-300, np.array([1e-300])).tolist() == [0.0]
            assert np.geterr() == before
    assert strictly(strictly, np.multiply, 2.0, 3.0) == 6.0  # as where two threads make a step
    with np.errstate(over="ignore"):
        assert np.isinf(big * 10.0).all()
