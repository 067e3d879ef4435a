"""Lanes compute what single instructions compute: every opcode, at every kind of number."""

import itertools
import random

import pytest

import autodiff
from autodiff import Value
from autodiff.primitive import PRIMITIVES
from autodiff.program import Program
from tests.support.data import identical
from tests.support.effort import FACTOR
from tests.support.magnitudes import as_good, magnitudes

llvmlite = pytest.importorskip("llvmlite")

from autodiff import rules  # noqa: E402 - after the check for llvmlite
from autodiff.program.lowering.lane_layout import LaneLayout  # noqa: E402 - the same
from autodiff.program.machine.llvm_machine import LlvmExecutable  # noqa: E402 - the same
from autodiff.program.machine.python_machine import PythonExecutable  # noqa: E402 - the same
from tests.program.test_machine import POINTS  # noqa: E402 - the same

#: copies of an instruction, and the steps of its operands from copy to copy (0: one for all)
ARRANGEMENTS = [
    (4, (1,)), (5, (2, 0)), (8, (3, 1)), (13, (1, 0, 2)), (13, (0, 1, 3)), (16, (1, 2)), (9, (0,)),
]  # fmt: skip


def copies(primitive, count, lanes, steps, passive=()):
    """`lanes` results of one primitive of `count` operands; operand k of them lies steps[k] apart.

    Operand k of the passive positions is a plain number.
    """
    starts, leaves = [], 0
    chosen = list(itertools.islice(itertools.cycle(steps), count))
    for step in chosen:
        starts.append(leaves)
        leaves += max(step * lanes, 1)
    operands = tuple(
        tuple(start + step * lane for start, step in zip(starts, chosen, strict=True))
        for lane in range(lanes)
    )
    return Program(
        leaves=leaves, constants=(), primitives=(primitive.total,) * lanes, operands=operands,
        outputs=tuple(range(leaves, leaves + lanes)),
        passive=frozenset(row[at] for row in operands for at in passive),
    )  # fmt: skip


def lanes_of(program):
    """The Program in lanes; that they are used is part of the test."""
    made = LlvmExecutable(program, exact=False)
    assert isinstance(made.layout, LaneLayout) and made.layout.worthwhile
    return made


def points(program, start, name):
    """Special numbers for the leaves, different ones for neighbours."""
    numbers = [POINTS[(start + 7 * at) % len(POINTS)] for at in range(program.leaves)]
    whole = {"gauss": 1, "power_term": 3}.get(name)  # internal, for whole n only
    if whole is not None:
        for row in program.operands:
            numbers[row[whole]] = float(row[whole] % 4)
    return numbers


def check(program, numbers, seeds):
    """Lanes against the exact machine and Python: outputs, and the sweep from some of them."""
    exact, python, lanes = LlvmExecutable(program), PythonExecutable(program), lanes_of(program)
    frames = [machine.forward(numbers) for machine in (exact, python, lanes)]
    for results in zip(*[frame.outputs for frame in frames], strict=True):
        assert identical(results[0], results[1]) and identical(results[0], results[2]), numbers
    assert frames[0].suspect == frames[2].suspect
    want, _, got = [
        machine.reverse(frame, seeds)
        for machine, frame in zip((exact, python, lanes), frames, strict=True)
    ]
    uses = [0] * program.slots
    for row in program.operands:
        for slot in row:
            uses[slot] += 1
    sizes = None
    for leaf in set(range(program.leaves)) - program.passive:
        if uses[leaf] < 2:
            assert identical(got[leaf], want[leaf]), (leaf, numbers)
            continue
        sizes = sizes or magnitudes(program, numbers, seeds)
        assert as_good(got[leaf], want[leaf], sizes[leaf]), (leaf, numbers)
        untouched = identical(want[leaf], -0.0)
        assert identical(got[leaf], -0.0) == untouched, (leaf, numbers)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive(name):
    primitive = PRIMITIVES[name]
    least = 2 * primitive.columns + primitive.tail
    counts = [primitive.arity] if primitive.arity else [least, least + 3 * primitive.columns]
    for count, (at, (lanes, steps)) in itertools.product(counts, enumerate(ARRANGEMENTS)):
        program = copies(primitive, count, lanes, steps, [at % count] if at > 2 else ())
        # Every third point with each arrangement, so that together they meet them all; or all.
        first, stride = (0, 5) if FACTOR > 1 else (at % 3 * 5, 15)
        for start in range(first, len(POINTS), stride):
            some = {0: 1.5, lanes - 1: -0.5, lanes // 2: 0.0}
            seeds = ({lanes - 2: 2.0}, some, {})[(start // 5 + at) % 3]
            check(program, points(program, start + at, name), seeds)


def test_instructions_that_differ_in_one_operand_are_not_alike():
    """What differs: the primitive, the number of operands, a gradient that somebody wants."""
    add, mul, sin = rules.add, rules.mul, rules.sin
    rows = [(add, (0, 1)), (mul, (0, 1)), (mul, (0, 0)), (sin, (0,)), (rules.maximum, (0, 1)),
            (rules.maximum, (0, 1, 2)), (add, (0, 3)), (add, (3, 0)), (sin, (3,))]  # fmt: skip
    leaves = 20
    primitives, operands = [], []
    for lane in range(5):
        for primitive, row in rows:
            primitives.append(primitive)
            operands.append(tuple(4 * lane + slot for slot in row))
    program = Program(
        leaves=leaves, constants=(), primitives=tuple(primitives), operands=tuple(operands),
        outputs=tuple(range(leaves, leaves + len(primitives))),
        passive=frozenset(range(3, leaves, 4)),
    )  # fmt: skip
    check(program, [0.1 + 0.3 * at for at in range(leaves)], dict.fromkeys(range(0, 45, 2), 1.5))


def side_by_side(rows, leaves, passive=()):
    """A Program of (primitive, operands), all of them outputs."""
    primitives, operands = zip(*rows, strict=True)
    return Program(
        leaves=leaves, constants=(), primitives=primitives, operands=operands,
        outputs=tuple(range(leaves, leaves + len(rows))), passive=frozenset(passive),
    )  # fmt: skip


def test_neighbours_of_another_kind():
    """Operands that go on as if they belonged together, in instructions that do not."""
    kinds = [rules.add, rules.mul]
    mixed = side_by_side([(kinds[k % 2], (2 * k, 2 * k + 1)) for k in range(12)], 24)
    sines = side_by_side([(rules.sin, (k,)) for k in range(12)], 12, passive=range(0, 12, 2))
    powers = side_by_side([(rules.pow, (2 * k, 2 * k + 1)) for k in range(12)], 24,
                          passive=[2 * k + k % 2 for k in range(12)])  # fmt: skip
    for program in (mixed, sines, powers):
        numbers = [0.3 * k + 0.1 for k in range(program.leaves)]
        check(program, numbers, dict.fromkeys(range(12), 0.7))


def test_columns_that_go_in_opposite_directions_are_no_lanes():
    program = side_by_side([(rules.mul, (9 - k, 10 + k)) for k in range(10)], 20)
    exact, other = LlvmExecutable(program), LlvmExecutable(program, exact=False)
    assert not isinstance(other.layout, LaneLayout)
    numbers, seeds = [0.1 * k + 0.3 for k in range(20)], dict.fromkeys(range(10), 1.5)
    frames = [machine.forward(numbers) for machine in (exact, other)]
    assert frames[0].outputs == frames[1].outputs
    assert exact.reverse(frames[0], seeds) == other.reverse(frames[1], seeds)


def net(samples, head):
    """The Program of a little net with one number out per sample, and its leaves' numbers.

    A sample's last number is an index.
    """
    source = random.Random(7)
    weights = [[Value(source.uniform(-1, 1)) for _ in range(4)] for _ in range(5)]
    points = [
        [*[Value(source.uniform(-1, 1)) for _ in range(3)], Value(float(k % 5))]
        for k in range(samples)
    ]
    found = []
    for point in points:
        hidden = [
            autodiff.relu(w[0] * point[0] + w[1] * point[1] + w[2] * point[2] + w[3])
            for w in weights
        ]
        found.append(head(hidden, point))
    leaves = [x for row in (*weights, *points) for x in row]
    return Program.of(*found, inputs=leaves), [leaf.data for leaf in leaves]


HEADS = {
    "fold": lambda h, p: h[0] * p[0] + h[1] * p[1] + h[2] * p[2] + h[3] * p[0] + h[4],
    "dot": lambda h, p: autodiff.dot(h[:3], p[:3]),
    "sum of squares": lambda h, p: autodiff.sum([x * x for x in h]) * p[1],
    "affine": lambda h, p: autodiff.affine(h, [*p, p[0]], p[2]),
    "maximum": lambda h, p: autodiff.maximum(*h, *p),
    "logsumexp": lambda h, p: autodiff.logsumexp(h) - p[0],
    "take": lambda h, p: autodiff.take(h, p[3]) * autodiff.exp(p[1]),
    "hypot": lambda h, p: autodiff.hypot(*h, p[2]) + autodiff.hypot(p[0], h[0]),
    "where": lambda h, p: autodiff.where(p[3], h[0] / p[1], (h[1] + 1.0) ** p[0]),
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("samples", [4, 9, 16])
def test_layers(head, samples):
    program, numbers = net(samples, HEADS[head])
    every = dict.fromkeys(range(samples), 1.0)
    for seeds in (every, {0: -2.0}, {samples - 1: 0.5, 1: 3.0}, {}):
        check(program, numbers, seeds)
