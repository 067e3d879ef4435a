"""Code words: strided sums keep the order of the graph; no wrong word reaches beyond the memory."""

import dataclasses
import random
from array import array

import pytest

import autodiff
from autodiff import Value, jit
from autodiff.primitive import PRIMITIVES
from autodiff.program import Program
from tests.support.data import identical

llvmlite = pytest.importorskip("llvmlite")

from autodiff import rules  # noqa: E402 - after the check for llvmlite
from autodiff.program.lowering.opcodes import (  # noqa: E402 - the same
    FORWARD_ALONE,
    REVERSE_ALONE,
    CodeError,
    verify,
)
from autodiff.program.machine.llvm_machine import LlvmExecutable  # noqa: E402 - the same
from autodiff.program.machine.python_machine import PythonExecutable  # noqa: E402 - the same
from tests.program.test_lanes import HEADS, copies, lanes_of, net  # noqa: E402 - the same


def instructions(table, words):
    """Each instruction's opcode and place."""
    at, found = 0, []
    while words[at]:
        opcode = table.opcodes[words[at]]
        found.append((opcode, at))
        at += opcode.length(words, at)
    return found


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


@pytest.mark.parametrize("seed", range(80))
def test_strided_sums_keep_the_order_of_the_graph(seed):
    """Factors that overlap, stand still or come as init: three contributions show the order."""
    source = random.Random(seed)
    count, leaves = source.randrange(4, 8), 24
    (start, step), (other, slower) = [(source.randrange(3), source.randrange(3)) for _ in "ab"]
    if seed % 5 == 0:
        start, step = other, slower
    other += 10 * (seed % 3 == 0) * (slower < 2)
    a = [start + step * k for k in range(count)]
    b = [other + slower * k for k in range(count)]
    xs = [Value(source.uniform(-2.0, 2.0)) for _ in range(leaves)]
    init = xs[source.choice([a[0], b[-1], leaves - 1])]
    y = autodiff.affine([xs[k] for k in a], [xs[k] for k in b], init)
    y = autodiff.tanh(y) * 1.3 + autodiff.dot(xs, [xs[5 * k % leaves] for k in range(leaves)])
    passive = [(), set(a) - set(b), set(b) - set(a)][seed % 4 % 3]
    program = dataclasses.replace(Program.of(y, inputs=xs), passive=frozenset(passive))
    numbers = [leaf.data for leaf in xs]
    found, want = (
        machine.reverse(machine.forward(numbers), {0: 0.9})
        for machine in (LlvmExecutable(program), PythonExecutable(program))
    )
    for leaf in set(range(leaves)) - program.passive:
        assert identical(found[leaf], want[leaf]), leaf


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
            for wrong in (0, word + 1, word - 1, 2 * word, slots - 1, slots, 2**32 - 1):
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


def test_empty_instructions_are_refused():
    table = lanes_of(copies(rules.mul, 2, 8, (1,))).machine.table
    strided, products = table.named("strided").number, table.named("products").number
    for words, text in (
        ([products, 8, 0, 0, 0], "no lanes"), ([strided, 8, 0, 0, 1, 1, 4, 1, 0], "no terms"),
        ([strided, 8, 0, 4, 1, 0, 4, 1, 0], "no step"),
    ):  # fmt: skip
        with pytest.raises(CodeError, match=text):
            verify(table, array("I", words), 12, reverse=True)


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
