"""Lanes compute what single instructions compute: every opcode, at every kind of number."""

import itertools
import random
from array import array

import pytest

import autodiff
from autodiff import Value
from autodiff.primitive import PRIMITIVES
from autodiff.program import Program, jit
from tests.support.data import identical
from tests.support.magnitudes import as_good, magnitudes

llvmlite = pytest.importorskip("llvmlite")

from autodiff import rules  # noqa: E402 - after the check for llvmlite
from autodiff.program.lane_layout import LaneLayout  # noqa: E402 - the same
from autodiff.program.llvm_machine import LlvmExecutable  # noqa: E402 - the same
from autodiff.program.opcodes import (  # noqa: E402 - the same
    FORWARD_ALONE,
    REVERSE_ALONE,
    CodeError,
    verify,
)
from autodiff.program.python_machine import PythonExecutable  # noqa: E402 - the same
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
        for start in range(0, len(POINTS), 5):
            some = {0: 1.5, lanes - 1: -0.5, lanes // 2: 0.0}
            seeds = ({lanes - 2: 2.0}, some, {})[(start + at) % 3]
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


def test_a_mean_of_squares_is_strided_in_every_order():
    ws = [Value(0.1 * k - 1.0) for k in range(21)]
    total = 0.0
    for w in ws:
        total = total + w * w
    for k in range(20):
        total = total + ws[k] * 0.5
    y = total * 0.25 + autodiff.dot(ws[1:9], ws[10:18]) + autodiff.affine(ws[::3], ws[1::3], ws[2])
    program = Program.of(y, inputs=ws)
    machine = LlvmExecutable(program)
    code = machine._sweep(program.outputs)
    table = machine.machine.table
    kinds = [opcode.name for opcode, _ in instructions(table, code)]
    assert kinds.count("strided") == 2 and "strided_half" not in kinds
    y.backward()
    frame = machine.forward([w.data for w in ws])
    assert frame.outputs == [y.data]
    assert list(machine.reverse(frame, {0: 1.0})) == [w.grad for w in ws]


@pytest.mark.parametrize("count", [4, 8, 11])
@pytest.mark.parametrize("steps", [(1, 1), (1, 0), (2, 3)])
def test_strided_sums_touch_what_gets_a_zero(count, steps):
    """A contribution of -0.0 counts as one: it must not look like none."""
    da, db = steps
    leaves = 1 + da * count + max(db * count, 1)
    a, b = (range(1, 1 + da * count, da), [1 + da * count + db * k for k in range(count)])
    program = Program(
        leaves=leaves, constants=(), primitives=(rules.affine, rules.mul),
        operands=((*a, *b, 0), (leaves, 0)), outputs=(leaves + 1,),
        passive=frozenset() if db else frozenset(b),
    )  # fmt: skip
    machine, python = LlvmExecutable(program), PythonExecutable(program)
    kinds = [opcode.form for opcode, _ in instructions(machine.machine.table, machine._forward)]
    assert kinds == ["strided", "fixed"]
    for numbers in ([-1.0] + [0.0] * (leaves - 1), [0.5 - k % 3 for k in range(leaves)]):
        for seed in (1.0, -1.0, 0.0):
            found, want = (
                one.reverse(one.forward(numbers), {0: seed}) for one in (machine, python)
            )
            for leaf in set(range(leaves)) - program.passive:
                assert identical(found[leaf], want[leaf]), leaf


# ---- code that is not valid ------------------------------------------------------------------


def instructions(table, words):
    """Each instruction's opcode and place."""
    at, found = 0, []
    while words[at]:
        opcode = table.opcodes[words[at]]
        found.append((opcode, at))
        at += opcode.length(words, at)
    return found


def reads(opcode, words, at):
    """The last slots that an instruction reads or writes, by the description of its form."""
    if opcode.form == "strided":
        out, init, count, a, da, b, db = words[at + 1 : at + 8]
        return [out, init, a + da * (count - 1), b + db * (count - 1)]
    if opcode.form in ("lane shared", "pairs"):
        out, lanes, count = words[at + 1 : at + 4]
        head = 6 if opcode.form == "lane shared" else 4
        init = [words[at + 4] + words[at + 5] * (lanes - 1)] if head == 6 else []
        factors = words[at + head : at + head + 2 * count]
        beyond = [b + lanes - 1 for b in factors[1::2]]
        return [out + lanes - 1, *init, *factors[::2], *beyond]
    head = {"fixed": 2, "n-ary": 3, "affine": 4, "sum": 4, "lane fixed": 3, "lane n-ary": 4,
            "lane affine": 4, "products": 4}[opcode.form]  # fmt: skip
    count = {
        "fixed": lambda: len(opcode.primitive.variables), "n-ary": lambda: words[at + 2],
        "affine": lambda: 2 * words[at + 3], "sum": lambda: words[at + 3],
        "lane fixed": lambda: len(opcode.primitive.variables), "lane n-ary": lambda: words[at + 3],
        "lane affine": lambda: 1 + 2 * words[at + 3], "products": lambda: 2 * words[at + 3],
    }[opcode.form]()  # fmt: skip
    if not opcode.form.startswith(("lane", "products")):
        init = [words[at + 2]] if opcode.form in ("affine", "sum") else []
        return [words[at + 1], *init, *words[at + head : at + head + count]]
    last = words[at + 2] - 1
    columns = words[at + head : at + head + 2 * count]
    found = [start + step * last for start, step in zip(columns[::2], columns[1::2], strict=True)]
    return [words[at + 1] + last, *found]


def shared_layers(examples):
    """The Program of two layers with shared weights, whose inner factors are neighbours."""
    weights = [[Value(0.1 * k + 0.3 * j) for k in range(5)] for j in range(7)]

    @jit
    def total(rows):
        losses = []
        for row in rows:
            hidden = [autodiff.tanh(autodiff.dot(w[:3], row)) for w in weights]
            out = weights[2][4] + weights[0][3] * hidden[0] + weights[1][3] * hidden[1]
            losses.append(autodiff.maximum(out * out, hidden[2]))
        return autodiff.sum(losses)

    total([[0.3 * k + j for j in range(3)] for k in range(examples)])
    ((variant,),) = total._variants.values()
    return variant.program


@pytest.mark.parametrize(
    ("kind", "forms"),
    [
        ("rows", {"lane fixed", "lane n-ary", "lane affine", "products"}),
        ("shared", {"lane fixed", "lane shared", "lane affine", "products", "pairs"}),
        ("alone", {"fixed", "n-ary", "affine", "strided"}),
    ],
)
def test_every_word_counts(kind, forms):
    """Code with one wrong word is refused, or does nothing outside the memory."""

    def few(h, p):
        left, right = autodiff.exp(p[0]), autodiff.exp(p[1])
        return autodiff.hypot(*h[:2]) + left * h[0] + right * h[1] - autodiff.take(h, p[3])

    def many(h, p):
        some = [HEADS[name](h, p) for name in ("fold", "maximum", "where")]
        return autodiff.sum(some) + autodiff.dot(h[1:], p)

    if kind == "shared":
        program = shared_layers(13)
    else:
        program, _ = net(6, few) if kind == "rows" else net(1, many)
    machine = LlvmExecutable(program, exact=kind == "alone")
    table, slots, room = machine.machine.table, machine.layout.slots, machine._scratch
    refused = kept = 0
    for code, reverse in ((machine._forward, False), (machine._sweep(program.outputs), True)):
        verify(table, code, slots, room=room, reverse=reverse)
        elsewhere = FORWARD_ALONE if reverse else REVERSE_ALONE
        assert {opcode.form for opcode, _ in instructions(table, code)} >= forms - {*elsewhere}
        for at in range(len(code)):
            word = code[at]
            for wrong in (0, 4, word + 1, word - 1, 2 * word, slots, 2**32 - 1):
                code[at] = max(wrong, 0)
                try:
                    verify(table, code, slots, room=room, reverse=reverse)
                except CodeError:
                    refused += 1
                    continue
                kept += 1
                for opcode, place in instructions(table, code):
                    assert max(reads(opcode, code, place)) < slots
                    if opcode.form.endswith("n-ary"):
                        assert opcode.tail < code[place + opcode.head - 1] < room
            code[at] = word
    assert refused > 400 and kept > 100


def test_each_pass_has_forms_of_its_own():
    table = lanes_of(copies(rules.mul, 2, 8, (1,))).machine.table
    affine, products = table.named("lane_affine").number, table.named("products").number
    forward = array("I", [affine, 8, 4, 1, 0, 1, 0, 1, 4, 1, 0])
    reverse = array("I", [products, 8, 4, 1, 0, 1, 4, 1, 0])
    verify(table, forward, 12)
    verify(table, reverse, 12, reverse=True)
    for code, backward in ((forward, True), (reverse, False)):
        with pytest.raises(CodeError, match="not in this pass"):
            verify(table, code, 12, reverse=backward)


@pytest.mark.parametrize("name", ["maximum", "take", "hypot"])
def test_an_n_ary_instruction_has_operands_and_room_for_them(name):
    machine = lanes_of(copies(PRIMITIVES[name], 3, 5, (1,)))
    table, code, slots = machine.machine.table, machine._forward, machine.layout.slots
    opcode = table.opcodes[code[0]]
    assert opcode.form == "lane n-ary"
    for given in range(12):
        words = array("I", [opcode.number, code[1], 5, given, *[0, 1] * given, 0])
        if opcode.tail < given < 8:
            verify(table, words, slots, room=8)
        else:
            with pytest.raises(CodeError, match=f"{given} operands"):
                verify(table, words, slots, room=8)
