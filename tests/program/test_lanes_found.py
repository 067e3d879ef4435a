"""Lanes found in plain Python loops: how much is grouped, and that gradients are right."""

import itertools
import random

import pytest

import autodiff
from autodiff import Value, jit, relu
from tests.support.data import identical
from tests.support.magnitudes import as_good, magnitudes

llvmlite = pytest.importorskip("llvmlite")

from autodiff.program.lowering.lane_layout import LaneLayout  # noqa: E402 - after the check for llvmlite
from autodiff.program.machine import llvm_machine  # noqa: E402 - the same
from benchmarks.gpt_model import flat, loss_of, notebook  # noqa: E402 - the same
from benchmarks.moons_data import moons  # noqa: E402 - the same


@pytest.fixture(autouse=True)
def _lanes(monkeypatch):
    """Without bodies, which serve most of these loops as well: see test_bodies.py."""
    monkeypatch.setenv("AUTODIFF_MACHINE", "llvm")
    monkeypatch.setattr(llvm_machine, "roll", lambda program: None)


def variant_of(compiled):
    """The only trace of a jitted function."""
    ((variant,),) = compiled._variants.values()
    return variant


def numbers_of(variant, arguments):
    """The leaves of its Program at the arguments, a flat list of numbers."""
    return [*map(float, arguments), *[leaf.data for leaf in variant.captured]]


def compare(f, args, parameters, flat_arguments=()):
    """jit(f) against f, with and without lanes; the Program's layout."""
    want = f(*args)
    want.backward()
    expected = [(p.grad, setattr(p, "grad", 0.0))[0] for p in parameters]
    exact, lanes = jit(f, exact=True), jit(f)
    for _ in range(2):
        y = exact(*args)
        y.backward()
        assert y.data == want.data
        found = [(p.grad, setattr(p, "grad", 0.0))[0] for p in parameters]
        assert all(map(identical, found, expected))
    variant = None
    for _ in range(2):
        y = lanes(*args)
        y.backward()
        assert y.data == want.data
        variant = variant_of(lanes)
        sizes = magnitudes(variant.program, numbers_of(variant, flat_arguments), {0: 1.0})
        of = dict(zip(map(id, variant.captured), sizes[variant.program.arguments :], strict=True))
        for p, w in zip(parameters, expected, strict=True):
            assert as_good(p.grad, w, of.get(id(p), 0.0))
            p.grad = 0.0
    return variant.machine.layout


LOOPS = {
    "two lists": lambda row: autodiff.exp(row[0]) * autodiff.exp(row[1]),
    "every second": lambda row: autodiff.sin(row[0]) + autodiff.exp(autodiff.sin(row[2])),
    "three in turn": lambda row: (
        autodiff.tanh(row[0]) * autodiff.tanh(row[1]) - autodiff.tanh(row[3])
    ),
    "the same twice": lambda row: (row[0] - row[1]) * (row[0] - row[1]),
    "backwards": lambda row: row[3] / row[2] - row[1] / row[0],
}


@pytest.mark.parametrize("layout", ["rows", "columns", "reversed rows"])
@pytest.mark.parametrize("name", LOOPS)
def test_one_loop_needs_few_instructions_however_its_data_lie(name, layout):
    source = random.Random(3)
    leaves = [Value(source.uniform(0.5, 2.0)) for _ in range(80)]
    rows = [leaves[4 * k : 4 * k + 4] for k in range(20)]
    if layout == "columns":
        rows = [leaves[k::20] for k in range(20)]
    elif layout == "reversed rows":
        rows.reverse()

    def f():
        return autodiff.sum([LOOPS[name](row) for row in rows]) + autodiff.sum(leaves)

    layout = compare(f, (), leaves)
    assert len(layout.kept) > 60 and len(layout.stretches) <= 8


def test_pairs_of_points_whose_differences_are_computed_twice():
    source = random.Random(4)
    points = [[Value(source.gauss(0.0, 1.0)) for _ in range(3)] for _ in range(18)]

    def energy():
        total = 0.0
        for i, p in enumerate(points):
            for q in points[:i]:
                square = sum((a - b) * (a - b) for a, b in zip(p, q, strict=True))
                total = total - 1.0 / (square + 0.01)
        return total

    layout = compare(energy, (), [x for point in points for x in point])
    assert len(layout.kept) > 1200 and len(layout.stretches) < 330


# ---- networks on 100 points ------------------------------------------------------------------


def net(data, activation):
    """One number for a point, in plain Python; `activation(layer, number)`."""
    parameters = [Value(x) for x in data.parameters]

    def forward(x):
        at, sizes = 0, data.sizes
        for layer, (inner, outer) in enumerate(itertools.pairwise(sizes)):
            y = []
            for _ in range(outer):
                total = parameters[at + inner]
                for k in range(inner):
                    total = total + parameters[at + k] * x[k]
                at += inner + 1
                y.append(activation(layer, total) if layer < len(sizes) - 2 else total)
            x = y
        return x[0]

    return parameters, forward


def plain(layer, x):
    return relu(x)


def with_if(layer, x):
    if layer:
        return relu(x)
    return x if x > 0.0 else 0.0 * x


def hinge(number, score, target):
    return relu(1.0 - target * score)


def two_kinds(number, score, target):
    return (score - target) ** 2 if number % 3 == 0 else hinge(number, score, target)


def tails(number, score, target):
    for _ in range(random.Random(number).randrange(5)):
        score = autodiff.tanh(score) * 0.9 + score * 0.1
    return hinge(number, score, target)


def mean_loss(data, activation=plain, loss=hinge):
    parameters, forward = net(data, activation)

    def f(points, targets):
        total, squares = 0.0, 0.0
        for number, (x, target) in enumerate(zip(points, targets, strict=True)):
            total = total + loss(number, forward(x), target)
        for p in parameters:
            squares = squares + p * p
        return total * (1.0 / len(points)) + 1e-4 * squares

    return f, parameters


@pytest.mark.parametrize(
    ("points", "sizes", "options", "limit"),
    [
        (100, (2, 16, 16, 1), {}, (6700, 60)),
        (10, (2, 16, 16, 1), {}, (670, 45)),
        (40, (2, 8, 8, 1), {"activation": with_if}, (1500, 500)),
        (60, (2, 8, 8, 1), {"loss": two_kinds}, (2100, 60)),
        (60, (2, 8, 8, 1), {"loss": tails}, (2200, 220)),
    ],
    ids=["plain", "10 samples", "an if in each neuron", "two losses", "different lengths"],
)
def test_moons(points, sizes, options, limit):
    data = moons(points, sizes)
    f, parameters = mean_loss(data, **options)
    arguments = [*[x for point in data.points for x in point], *data.targets]
    layout = compare(f, (data.points, data.targets), parameters, arguments)
    assert len(layout.kept) > limit[0] and len(layout.stretches) <= limit[1]


def test_moons_with_data_as_constants():
    data = moons(60, (2, 8, 8, 1))
    f, parameters = mean_loss(data)
    layout = compare(lambda: f(data.points, data.targets), (), parameters)
    assert len(layout.kept) > 2000 and len(layout.stretches) <= 60


@pytest.mark.parametrize("letters", [3, 5])
def test_gpt(letters):
    model = notebook.untrained(42)
    tokens = [
        Value(float(t))
        for t in (0, *random.Random(letters).choices(range(1, 27), k=letters - 1), 0)
    ]
    layout = compare(
        lambda *ts: loss_of(model, list(ts)), tokens, flat(model), [t.data for t in tokens]
    )
    assert isinstance(layout, LaneLayout) and len(layout.stretches) < len(layout.kept) / 7


def test_a_graph_without_structure_stays_exact():
    source = random.Random(1)
    leaves = [Value(source.uniform(-1, 1)) for _ in range(60)]
    choices = [(source.random(), source.randrange(60 + k), source.randrange(60 + k))
               for k in range(2000)]  # fmt: skip

    def f():
        nodes = list(leaves)
        for kind, a, b in choices:
            x, y = nodes[a], nodes[b]
            nodes.append(autodiff.tanh(x) if kind < 0.3 else x * y if kind < 0.6 else x + y)
        return autodiff.sum(nodes[-40:])

    layout = compare(f, (), leaves)
    assert not isinstance(layout, LaneLayout)


def test_training_with_one_decorator():
    data = moons(20, (2, 4, 1))

    def train(decorate):
        f, parameters = mean_loss(data)
        step, losses = decorate(f), []
        for _ in range(15):
            loss = step(data.points, data.targets)
            loss.backward()
            losses.append(loss.data)
            for p in parameters:
                p.data -= 0.1 * p.grad
                p.grad = 0.0
        return losses, [p.data for p in parameters]

    eager = train(lambda f: f)
    assert train(jit(exact=True)) == eager
    losses, numbers = train(jit)
    assert losses == pytest.approx(eager[0], rel=1e-12)
    assert numbers == pytest.approx(eager[1], rel=1e-11)
