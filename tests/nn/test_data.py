"""Data: whatever comes becomes plain lists; data sets are drawn from their seed."""

import math
import random

import pytest

import nn
from nn.data.rows import to_rows, to_targets

DATASETS = {
    "moons": nn.moons,
    "circles": nn.circles,
    "spirals": nn.spirals,
    "xor": nn.xor,
    "yin_yang": nn.yin_yang,
    "flowers": nn.flowers,
    "rents": nn.rents,
}


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets_depend_on_their_seed_alone(name):
    make = DATASETS[name]
    random.seed(1)
    before = random.getstate()
    first = make(40, seed=3)
    assert random.getstate() == before
    random.random()
    assert make(40, seed=3) == first
    if name != "xor":
        assert make(40, seed=4) != first
    inputs, targets = first
    assert len(inputs) == len(targets) == 40
    assert all(type(number) is float for row in inputs for number in row)
    if name == "rents":
        return
    counts = [targets.count(label) for label in sorted(set(targets))]
    assert max(counts) - min(counts) <= 1


def test_moons_and_circles_lie_where_they_should():
    inputs, targets = nn.moons(50, noise=0.0)
    for (x, y), label in zip(inputs, targets, strict=True):
        centre = (1.0, 0.5) if label else (0.0, 0.0)
        assert math.isclose(math.dist((x, y), centre), 1.0)
        assert (y <= 0.5 + 1e-12) if label else (y >= -1e-12)
    inputs, targets = nn.circles(51, noise=0.0, factor=0.3)
    for point, label in zip(inputs, targets, strict=True):
        assert math.isclose(math.hypot(*point), 0.3 if label else 1.0)
    assert len({tuple(point) for point in inputs}) == 51


def test_spirals_have_as_many_arms_as_asked():
    inputs, targets = nn.spirals(60, noise=0.0, classes=3)
    assert sorted(set(targets)) == [0, 1, 2]
    assert all(0.1 - 1e-12 <= math.hypot(*point) <= 1.0 + 1e-12 for point in inputs)


def test_yin_yang_is_a_disc_with_two_dots():
    inputs, targets = nn.yin_yang(300)
    for (x, y), label in zip(inputs, targets, strict=True):
        assert math.dist((x, y), (0.5, 0.5)) <= 0.5
        near_dot = min(math.dist((x, y), (0.25, 0.5)), math.dist((x, y), (0.75, 0.5))) <= 0.1
        assert near_dot == (label == 2)
    assert nn.data.plane._yin_yang_class(0.0, 0.4, 0.1, 0.5) == 0
    assert nn.data.plane._yin_yang_class(0.0, -0.4, 0.1, 0.5) == 1
    assert nn.data.plane._yin_yang_class(-0.25, -0.15, 0.1, 0.5) == 0
    assert nn.data.plane._yin_yang_class(0.25, 0.15, 0.1, 0.5) == 1


def test_lists_arrays_frames_and_columns_are_accepted():
    expected = [[1.0, 2.0], [3.0, 4.0]]
    assert to_rows([(1, 2), [3, 4]]) == expected
    assert to_rows(iter([[1, 2], [3, 4]])) == expected
    assert to_rows([5, 6]) == [[5.0], [6.0]]
    assert to_targets([1, 2.5, True]) == [1, 2.5, 1]
    assert to_targets([[1.0], [2.0]]) == [1.0, 2.0]
    assert to_targets([[1, 2], (3, 4)]) == expected
    numpy = pytest.importorskip("numpy")
    assert to_rows(numpy.array(expected)) == expected
    assert to_rows([numpy.array([1, 2]), numpy.array([3, 4])]) == expected
    assert to_targets(numpy.array([1, 2])) == [1, 2]
    assert all(type(target) is int for target in to_targets(numpy.array([1, 2])))


class Frame:
    """What a pandas DataFrame looks like from here: iterating it gives its column names."""

    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(["a", "b"])

    def to_numpy(self):
        numpy = pytest.importorskip("numpy")
        return numpy.array(self.rows)


def test_a_data_frame_gives_its_rows_and_not_its_column_names():
    assert to_rows(Frame([[1.0, 2.0], [3.0, 4.0]])) == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_rows([[1.0], [math.nan]]), "row 1 holds nan"),
        (lambda: to_rows([[math.inf]]), "row 0 holds inf"),
        (lambda: to_rows([[1.0], ["x"]]), "row 1 holds 'x', which is no number"),
        (lambda: to_rows([[1.0], [None]]), "row 1 holds None"),
        (lambda: to_rows([[1.0, 2.0], [1.0]]), "row 1 has 1 numbers, row 0 has 2"),
        (lambda: to_rows([]), "there are no examples"),
        (lambda: to_rows("abc"), "a list or array of examples is needed"),
        (lambda: to_rows(5), "a list or array of examples is needed"),
        (lambda: to_targets([0, math.nan]), "target 1 holds nan"),
        (lambda: nn.encode_labels(["a", "b"], ["a"]), "label 1 is 'b'"),
        (lambda: nn.train_test_split([1], [1]), "leaves no examples on one side of 1"),
        (lambda: nn.train_test_split([1, 2], [1, 2], test_size=1.5), "test_size = 1.5"),
        (lambda: nn.train_test_split([1, 2], [1]), "2 inputs and 1 targets"),
        (lambda: list(nn.batches([1], [1], 0)), "batch_size = 0"),
        (lambda: nn.moons(1), "n = 1 must be 2 or more"),
        (lambda: nn.yin_yang(9, r_small=0.3), "the dots need"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(nn.DataError, match=message):
        call()


def test_labels_become_indices():
    assert nn.encode_labels(["b", "a", "b"]) == ([1, 0, 1], ["a", "b"])
    assert nn.encode_labels(["b"], ["b", "c"]) == ([0], ["b", "c"])


def test_a_split_keeps_pairs_together_and_loses_none():
    inputs, targets = [[float(i)] for i in range(10)], list(range(10))
    train_x, test_x, train_t, test_t = nn.train_test_split(inputs, targets, test_size=0.25, seed=5)
    assert (len(train_x), len(test_x)) == (7, 3)
    assert [int(x) for (x,) in train_x + test_x] == train_t + test_t
    assert sorted(train_t + test_t) == targets


def test_batches_cover_everything_once():
    parts = list(nn.batches(range(7), range(7), 3, seed=1))
    assert [len(xs) for xs, _ in parts] == [3, 3, 1]
    assert sorted(x for xs, _ in parts for x in xs) == list(range(7))
    assert all(xs == ts for xs, ts in parts)
    assert list(nn.batches(range(3), range(3))) == [([0, 1, 2], [0, 1, 2])]


def test_standardised_inputs_have_mean_0_and_deviation_1():
    rows, _ = nn.moons(50)
    scaled = nn.Standardiser(rows)(rows)
    for column in zip(*scaled, strict=True):
        assert math.isclose(sum(column) / 50, 0.0, abs_tol=1e-12)
        assert math.isclose(math.hypot(*column) / math.sqrt(50), 1.0)


def test_flowers_are_as_their_description_says():
    inputs, targets = nn.flowers(3000, seed=5)
    assert all(cm == round(cm, 1) and cm >= 0.1 for row in inputs for cm in row)
    for kind, means in enumerate(nn.data.tables._KINDS):
        rows = [row for row, target in zip(inputs, targets, strict=True) if target == kind]
        scale = nn.Standardiser(rows)
        assert scale.mean == pytest.approx(means, abs=0.03)
        sides = zip(means, nn.data.tables._SPREADS, strict=True)
        expected = [math.hypot(0.06 * m, s) for m, s in sides]
        assert scale.std == pytest.approx(expected, rel=0.1)
    assert max(row[2] for row, t in zip(inputs, targets, strict=True) if t == 0) < 2.8
    assert nn.flowers(3, noise=0.0)[0][0] in [list(kind) for kind in nn.data.tables._KINDS]


def test_rents_are_their_formula():
    for (area, distance, age), rent in zip(*nn.rents(50, noise=0.0, seed=1), strict=True):
        price = 7.0 + 9.0 * math.exp(-distance / 5.0) - 0.03 * age
        assert rent == round(area * price, 2) and 20.0 <= area <= 120.0 and distance <= 30.0


@pytest.mark.parametrize("size", [1.0, 1e200, 1.7e308, 1e-200, 1e-310])
def test_scaling_at_any_size(size):
    """The square of a distance overflowed: every input of 1e200 became 0."""
    scale = nn.Standardiser([[size], [-size], [size], [-size]])
    assert scale.std == [pytest.approx(size)] and scale.mean == [0.0]
    assert scale([[size], [-size]]) == [[pytest.approx(1.0)], [pytest.approx(-1.0)]]


def test_numbers_close_together_and_far_from_0_keep_their_spread():
    scale = nn.Standardiser([[1e200], [math.nextafter(1e200, math.inf)]])
    assert [row[0] for row in scale([[1e200], [math.nextafter(1e200, 2e200)]])] != [0.0, 0.0]
    huge = nn.Standardiser([[1.7e308], [-1.7e308], [-1.7e308]])
    assert huge([[1.7e308], [-1.7e308]]) == [[pytest.approx(2**0.5)], [pytest.approx(-(2**-0.5))]]


@pytest.mark.parametrize("number", [0.1, 1e200, -1.7e308, 5e-324, 0.0])
@pytest.mark.parametrize("count", [1, 3, 7, 10])
def test_a_column_that_never_changes_becomes_0(number, count):
    """The mean of three 0.1 is not 0.1: the rounding was taken for a spread."""
    scale = nn.Standardiser([[number]] * count)
    assert scale.std == [1.0] and scale([[number]]) == [[0.0]]


def test_scaling_needs_rows_of_the_same_length_and_tells_what_it_does():
    scale = nn.Standardiser([[1.0, 5.0], [3.0, 5.0]])
    assert repr(scale) == "Standardiser(2 inputs, mean=[2.0, 5.0], std=[1.0, 1.0])"
    assert repr(nn.Standardiser([[1.0] * 99])).count("1.0") == 16
    with pytest.raises(nn.DataError, match="rows of 2 numbers are scaled, not of 1"):
        scale([1.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.moons(10.5), lambda: nn.moons(True), lambda: nn.moons(9, noise=-1.0),
        lambda: nn.circles(9, noise=math.nan), lambda: nn.spirals(9, classes=0),
        lambda: nn.xor(noise="x"), lambda: nn.flowers(2), lambda: nn.rents(0),
        lambda: nn.yin_yang(9, r_big=math.inf), lambda: nn.yin_yang(9, r_big=1e308),
        lambda: nn.circles(9, factor=math.nan), lambda: nn.spirals(9, turns=math.inf),
        lambda: nn.rents(3, noise=math.inf), lambda: nn.train_test_split([1, 2], [1, 2], "half"),
    ],
)  # fmt: skip
def test_data_sets_refuse_what_they_cannot_draw(call):
    """A yin-yang of infinite radius looked for a point inside for ever."""
    with pytest.raises(nn.DataError):
        call()
