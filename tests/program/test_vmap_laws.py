"""vmap equals plain mapping: every primitive, random programs, kinds of arguments and results."""

import math
import random
from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value, rules, vmap
from autodiff.modes import uncompiled
from autodiff.primitive import Primitive
from autodiff.rules import PRIMITIVES
from autodiff.value import record
from tests.support.data import identical, load
from tests.support.domains import domain, well_inside
from tests.support.effort import examples
from tests.support.known import LOSSES, known
from tests.support.magnitudes import as_good, magnitudes
from tests.support.programs import OPERATIONS, Program, build

pytestmark = pytest.mark.usefixtures("machine")

COUNTS = (1, 2, 7, 8, 9, 513)


def weights(count):
    """Seeds that differ from example to example."""
    return [1.0 + (7 * at % 5) / 4 for at in range(count)]


def numbers_in(tree):
    """The numbers and Values of a result, in order."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)) or hasattr(tree, "tolist"):
        return [number for part in tree for number in numbers_in(part)]
    return [tree]


def data(x):
    return x.data if isinstance(x, Value) else x


def equal(a, b):
    """The same bits, or the same constant that is no number."""
    return identical(a, b) if isinstance(a, float) and isinstance(b, float) else a == b


def swept(results, leaves):
    """Forward numbers of results, and the gradients of leaves of their weighted sum."""
    numbers = numbers_in(list(results))
    parts = [(k, x) for k, x in zip(weights(len(numbers)), numbers, strict=True)]
    parts = [(k, x) for k, x in parts if isinstance(x, Value)]
    for leaf in leaves:
        leaf.grad = 0.0
    if parts:
        ad.dot(*zip(*parts, strict=True)).backward()
    return list(map(data, numbers)), [leaf.grad for leaf in leaves]


def sizes_of(results, leaves):
    """How large the terms of each gradient are: sums of positive and negative ones may be small."""
    numbers = numbers_in(list(results))
    pairs = zip(weights(len(numbers)), numbers, strict=True)
    parts = [(k, x) for k, x in pairs if isinstance(x, Value)]
    if not parts or not leaves:
        return [0.0] * len(leaves)
    program = ad.Program.of(ad.dot(*zip(*parts, strict=True)), inputs=leaves)
    return magnitudes(program, [leaf.data for leaf in leaves], {0: 1.0})


def assert_maps(f, columns, leaves=(), in_axes=0):
    """vmap(f) gives the bits of the plain loop, and its gradients up to rounding of their sums."""
    axes = [in_axes] * len(columns) if isinstance(in_axes, int) else in_axes
    count = len(next(c for c, axis in zip(columns, axes, strict=True) if axis == 0))
    rows = [
        [c[at] if axis == 0 else c for c, axis in zip(columns, axes, strict=True)]
        for at in range(count)
    ]
    each = [f(*row) for row in rows]
    expected, wanted = swept(each, leaves)
    with uncompiled():
        sizes = sizes_of([f(*row) for row in rows], leaves)
    mapped = vmap(f, in_axes)
    for _ in range(2):
        found, got = swept(mapped(*columns), leaves)
        assert len(found) == len(expected) and all(map(equal, found, expected))
        for a, b, size in zip(got, wanted, sizes, strict=True):
            assert identical(a, b) or as_good(a, b, size), (a, b, size)


# ---- primitives ------------------------------------------------------------------------------


BUILT_IN = sorted(p.name for p in vars(rules).values() if isinstance(p, Primitive))


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_primitive(name):
    primitive, rng = PRIMITIVES[name], random.Random(name)
    first = domain(name).sample(primitive, rng)
    table = [first]
    while len(table) < 19:
        row = domain(name).sample(primitive, rng)
        if len(row) == len(first):
            table.append(row)

    def f(row):
        return record(primitive, row)

    assert_maps(f, [[[Value(x) for x in row] for row in table]])
    table = [[Value(x) for x in row] for row in table]
    assert_maps(f, [table], [leaf for row in table for leaf in row])
    # Some operands are shared: their derivative is a sum over the examples.
    shared = [Value(x) for x in first]
    for at in range(len(first)):
        column = [row[at] for row in table]

        def g(x, at=at):
            return record(primitive, [*shared[:at], x, *shared[at + 1 :]])

        usable = []
        for x in column:
            operands = numbers_with(first, at, x.data)
            if domain(name).inside(*operands) and well_inside(primitive, operands):
                usable.append(x)
        if usable:
            assert_maps(g, [usable], [*shared, *usable])


def numbers_with(numbers, at, number):
    return [*numbers[:at], number, *numbers[at + 1 :]]


@pytest.mark.parametrize("name", sorted({r["name"] for r in load("reference")["records"]} - LOSSES))
def test_reference(name):
    """All points of the reference that have a value, special ones too, in one batch."""
    groups = {}
    for entry in load("reference")["records"]:
        if entry["name"] == name:
            groups.setdefault((str(entry["params"]), len(entry["args"])), []).append(entry)
    for entries in groups.values():
        function = known(name, entries[0]["params"])
        table = []
        for entry in entries:
            row = [Value(x) for x in entry["args"]]
            try:
                function(*row)
            except (ValueError, ArithmeticError):
                continue
            table.append(row)
        if table:

            def f(row, function=function):
                return function(*row)

            leaves = [leaf for row in table for leaf in row]
            expected, wanted = swept([f(row) for row in table], leaves)
            found, got = swept(vmap(f)(table), leaves)
            assert all(map(equal, found, expected))
            assert all(
                identical(a, b) or math.isclose(a, b, rel_tol=1e-12) or a == b
                for a, b in zip(got, wanted, strict=True)
            )


# ---- random programs -------------------------------------------------------------------------


@given(st.integers(0, 10**9), st.sampled_from(COUNTS), st.data())
@examples(40)
def test_random_programs(seed, count, draw):
    rng = random.Random(seed)
    inputs = [rng.uniform(-3.0, 3.0) for _ in range(rng.randint(1, 4))]
    program = build(rng.choice, inputs, rng.randint(1, 12))
    count = min(count, 40)
    rows = [inputs]
    while len(rows) < count:
        row = [x + rng.choice((0.0, 1e-3, -1e-3)) for x in inputs]
        if defined(program, row):
            rows.append(row)
    captured = [Value(x) for x in inputs]
    own = draw.draw(st.lists(st.booleans(), min_size=len(inputs), max_size=len(inputs)))
    values = draw.draw(st.booleans())
    table = [[Value(x) if values else x for x in row] for row in rows]
    for row in table:  # what all examples share has one number
        for at, mine in enumerate(own):
            if not mine:
                row[at] = Value(inputs[at]) if values else inputs[at]
    table = [row for row in table if defined(program, [data(x) for x in row])]

    def f(row):
        return program(*[row[at] if mine else captured[at] for at, mine in enumerate(own)])

    leaves = [*captured, *[x for row in table for x in row if values]]
    assert_maps(f, [table], leaves)


def defined(program, inputs):
    """Whether every operation is well inside its domain, and no guard in it decides otherwise."""
    nodes = program.nodes(inputs)
    for step in program.steps:
        operands = [x if isinstance(x, float) else nodes[x] for x in step.operands]
        if not OPERATIONS[step.name].inside(*operands):
            return False
    return all(map(math.isfinite, nodes))


def test_the_programs_of_the_strategy_are_programs():
    assert isinstance(build(random.Random(0).choice, [1.0], 2), Program)


# ---- how many examples -----------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
def test_any_number_of_examples(count):
    w, b = Value(0.7, "w"), Value(-0.1, "b")
    rng = random.Random(count)
    xs = [[rng.uniform(-2, 2), rng.uniform(-2, 2)] for _ in range(count)]
    ts = [Value(rng.uniform(-1, 1)) for _ in range(count)]
    assert_maps(lambda x, t: (ad.tanh(w * x[0] + b * x[1]) - t) ** 2, [xs, ts], [w, b, *ts])


def test_no_examples():
    assert list(vmap(lambda x: x * 2)([])) == []
    np = pytest.importorskip("numpy")
    assert list(vmap(lambda x: x * 2)(np.empty((0, 3)))) == []
    with pytest.raises(ValueError, match="empty"):
        ad.mean(vmap(lambda x: x * 2)([]))


# ---- results ---------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")
w = Value(1.5, "w")
computed = w * w
RESULTS = {
    "one": lambda x: w * x,
    "tuple": lambda x: (w * x, x + w),
    "list": lambda x: [x * x, [w - x]],
    "dict": lambda x: {"a": x * w, "b": {"c": ad.sin(x)}},
    "named": lambda x: Point(x * w, w + x),
    "the same twice": lambda x: (lambda y: [y, y])(x * w),
    "with constants": lambda x: (x * w, 2.0, None, "text", 7),
    "constant": lambda x: 2.0,
    "none": lambda x: None,
    "argument": lambda x: x,
    "argument and shared": lambda x: (x, w, computed * 1.0),
    "captured": lambda x: w,
    "shared computation": lambda x: w * w,
    "both": lambda x: [w * w, x * computed],
    "empty": lambda x: [],
    "minus zero": lambda x: 0.0 * x,
    "detached": lambda x: (x * w).detach() * w,
    "compared": lambda x: ad.where(x > 0.0, x * w, w),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results(name):
    def structure(tree):
        if isinstance(tree, dict):
            return {key: structure(item) for key, item in tree.items()}
        if isinstance(tree, (list, tuple)):
            return type(tree).__name__, *map(structure, tree)
        return "number" if isinstance(tree, (float, Value)) else tree

    f = RESULTS[name]
    xs = [Value(x) for x in (-1.0, 0.5, 2.0, 3.0, -4.0)]
    assert [structure(y) for y in vmap(f)(xs)] == [structure(f(x)) for x in xs]
    assert_maps(f, [xs], [w, *xs])
    assert_maps(f, [[x.data for x in xs]], [w])


def test_labels_of_results_and_scopes():
    with ad.scope("batch"):
        results = vmap(lambda x: (x * w).named("y"))([1.0, 2.0])
    assert [y.label for y in results] == ["y", "y"]
    assert [y.scope for y in results] == [("batch",)] * 2 or isinstance(results, list)


# ---- arguments -------------------------------------------------------------------------------


def test_values_among_mapped_and_shared_arguments():
    a, b = Value(2.0), Value(-3.0)
    hidden = a * b
    xs = [a, b, a, hidden, Value(0.5)]
    leaves = [a, b, xs[-1]]
    assert_maps(lambda x, y: x * y + a * x, [xs, b], leaves, in_axes=(0, None))
    assert_maps(lambda x, y: x * y[0] - y[1], [xs, [a, hidden]], leaves, in_axes=[0, None])
    assert_maps(lambda p: p[0] * p[1] + hidden, [[[x, a] for x in xs]], leaves)
    assert_maps(lambda p: p[0] * p[1], [[[a, a], [a, b], [b, b], [a, 2.0]]], leaves)
    assert_maps(lambda x, y: x * y, [[a, b], [b, b]], leaves)
    assert_maps(lambda x, y: x * x * y, [[a, a], a], leaves, in_axes=(0, None))


def test_dicts_lists_and_tuples():
    xs = {"p": [1.0, 2.0, 3.0], "q": [(0.5, 1), (1.5, 2), (2.5, 3)]}
    plain = [{"p": p, "q": q} for p, q in zip(xs["p"], xs["q"], strict=True)]

    def f(x):
        return w * x["p"] + x["q"][0] * x["q"][1]

    assert [y.data for y in vmap(f)(xs)] == [data(f(x)) for x in plain]
    assert [y.data for y in vmap(f)(plain)] == [data(f(x)) for x in plain]
    assert_maps(lambda r, s: r[0] * s + w, [[(1.0, 2), (3.0, 4)], (5, 6)], [w])
    assert_maps(lambda r: r["v"] * w, [[{"v": 1.0}, {"v": 2.0}]], [w])


def test_ints_and_floats_mixed():
    assert_maps(lambda x: x * w, [[1, 2.0, 3, -4.5]], [w])
    assert_maps(lambda r: r[0] * w + r[1] - r[2], [[[1, 2.5, 3], [0.5, 4, 3], [1, 1, 1]]], [w])
    assert_maps(lambda x: x * w, [[2**60, 1, 2.5]], [w])
    assert_maps(lambda x: x * w, [[True, False, True]], [w])


def test_ints_as_indices_and_counts():
    table = [Value(0.5 + k) for k in range(4)]
    assert_maps(lambda i: ad.take(table, i) * w, [[3, 0, 0, 2, 1]], [w, *table])
    assert_maps(lambda i: table[i] * w, [[3, 0, 0, 2, 1]], [w, *table])
    # The index of the first column is an int for every example, whatever the others are.
    rows = [[0, 1.5], [1, 2], [3, 0.5]]
    assert_maps(lambda r: table[r[0]] * r[1], [rows], table)

    def power(n):
        y = w
        for _ in range(n):
            y = y * w
        return y

    assert_maps(power, [[0, 3, 1, 3, 3, 2]], [w])


def test_ragged_rows_and_texts():
    """Examples of several structures: each structure is traced."""
    assert_maps(lambda r: ad.sum(r) * w, [[[1.0], [2.0, 3.0], [4.0], [], [5.0, 6.0]]], [w])
    assert_maps(
        lambda x, kind: x * w if kind == "linear" else ad.sin(x * w),
        [[1.0, 2.0, 3.0, 4.0], ["linear", "sine", "sine", "linear"]],
        [w],
    )
    many = [[float(n)] * n for n in range(1, 40)]  # more structures than are worth a trace
    assert_maps(lambda r: ad.mean(r) * w, [many], [w])


def test_arrays():
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(11, 2, 3))

    def f(a, t):
        return a[0, 0] * w + ad.sum(a[1]) * t

    t = rng.integers(-3, 3, size=11)
    for kind in (float, np.float32, np.int64, np.uint8):
        assert_maps(f, [x.astype(kind), t], [w])
    assert_maps(f, [np.asfortranarray(x), t[::-1]], [w])
    assert_maps(f, [x[::2], t[:6].tolist()], [w])
    assert_maps(f, [list(x), list(t)], [w])
    assert_maps(lambda a: w * 2.0, [np.empty((3, 0))], [w])
    values = np.array([[Value(a), Value(a + 1)] for a in range(5)], dtype=object)
    assert_maps(lambda r: r[0] * r[1] + w, [values], [w, *values.ravel()])
    assert_maps(lambda a: (a @ [w, 2.0, 1.0]).sum(), [x], [w])
    matrix = rng.normal(size=(2, 3))
    assert_maps(lambda a, m: (m * a).sum() * w, [x, matrix], [w], (0, None))
    wide = rng.normal(size=(9, 30))
    assert_maps(lambda r: ad.dot(r.tolist(), [w] * 30), [wide], [w])
    flags = np.array([True, False, True])
    assert [data(y) for y in vmap(lambda x, c: x * w if c else x + w)([1.0, 2.0, 3.0], flags)] == [
        1.5, 3.5, 4.5
    ]  # fmt: skip


class Frame:
    """As much of a data frame as vmap looks at: columns are what its keys are."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, key):
        raise KeyError(key)

    def to_numpy(self):
        return self.array


def test_data_frames():
    np = pytest.importorskip("numpy")
    frame = Frame(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert [y.data for y in vmap(lambda r: r[0] * r[1] * w)(frame)] == [3.0, 18.0]


def test_nested():
    table = [[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]]
    inner = vmap(lambda x, y: x * x * w + y, in_axes=(0, None))
    assert_maps(lambda row, y: ad.sum(inner(row, y)), [table, [w, 2.0, w]], [w])
    assert_maps(lambda row: inner(row, w), [table], [w])
    squares = vmap(lambda x: x * w)
    assert_maps(lambda x: x * x, [list(squares([1.0, 2.0]))])
    twice = vmap(lambda x: x * x)(squares([1.0, 2.0, 3.0]))
    assert swept(twice, [w]) == ([2.25, 9.0, 20.25], [2 * 1.5 * (1 + 4 * 1.5 + 9 * 2)])
