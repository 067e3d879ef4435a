"""The virtual machine: code that is verified, a cache that may fail, numbers of both machines."""

import math
import os
import struct
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

import autodiff
import autodiff.rules
from autodiff import Value
from autodiff.primitive import PRIMITIVES
from autodiff.program import Program, jit
from autodiff.program.instructions import ProgramError
from autodiff.program.machine import MachineError, cache, chosen

llvmlite = pytest.importorskip("llvmlite")

from autodiff.program.lowering.fusion import Analysis  # noqa: E402 - needs llvmlite
from autodiff.program.lowering.opcodes import CodeError, verify  # noqa: E402 - needs llvmlite
from autodiff.program.machine.compiled import machine_for  # noqa: E402 - needs llvmlite
from autodiff.program.machine.llvm_machine import LlvmExecutable  # noqa: E402 - needs llvmlite
from autodiff.program.machine.python_machine import PythonExecutable  # noqa: E402 - needs llvmlite

ROOT = Path(__file__).parents[2]
POINTS = [0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.0, 3.0, -2.5, 1e-3, 40.0, -40.0, 800.0, 1e200, 5e-324,
          math.inf, -math.inf, math.nan]  # fmt: skip


def program_of(primitive, count):
    """The Program of one primitive on `count` leaves, without going through its public function."""
    return Program(leaves=count, constants=(), primitives=(primitive.total,),
                   operands=(tuple(range(count)),), outputs=(count,))  # fmt: skip


def bits(x):
    return "nan" if x != x else struct.pack("d", x)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_has_the_same_bits_on_both_machines(name):
    primitive = PRIMITIVES[name]
    arities = [primitive.arity] if primitive.arity else [2 * primitive.columns + primitive.tail]
    for count in arities:
        program = program_of(primitive, count)
        machines = PythonExecutable(program), LlvmExecutable(program)
        for start in range(len(POINTS)):
            numbers = [POINTS[(start + 5 * at) % len(POINTS)] for at in range(count)]
            if name == "gauss":
                numbers[1] = float(start % 4)  # internal, for whole n only: else complex numbers
            frames = [machine.forward(numbers) for machine in machines]
            left, right = [frame.outputs[0] for frame in frames]
            assert bits(left) == bits(right), numbers
            sweeps = [
                machine.reverse(frame, {0: 1.5})
                for machine, frame in zip(machines, frames, strict=True)
            ]
            for a, b in zip(*sweeps, strict=True):
                assert bits(a + 0.0) == bits(b + 0.0), numbers


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_where_a_primitive_raises_its_total_twin_is_not_finite(name):
    """So that a run without any nan or infinity cannot have left a domain."""
    primitive = PRIMITIVES[name]
    count = primitive.arity or 2 * primitive.columns + primitive.tail
    for start in range(len(POINTS)):
        numbers = [POINTS[(start + 7 * at) % len(POINTS)] for at in range(count)]
        try:
            primitive.forward(*numbers)
        except (ValueError, ArithmeticError):
            assert not math.isfinite(primitive.total.forward(*numbers)), numbers


def test_constants_of_all_kinds_of_operations_stand_before_the_first_result():
    """Left operands first, then right ones, then those among many; one slot for each number."""
    x = Value(2.0, "x")
    made = autodiff.sum([x, 7.0, 3.0 - x, 5.0, -0.0]) + x * 5.0 + autodiff.exp(x) * 0.0
    program = Program.of(made)
    assert list(map(bits, program.constants)) == list(map(bits, (3.0, 5.0, 0.0, 7.0, -0.0)))
    assert max(max(row) for row in program.operands) < program.slots - 1
    assert program.evaluate(2.0) == [made.data] == [25.0]


def test_folds_fuse_and_are_taken_apart_where_order_would_change():
    ws = [Value(0.5 + k) for k in range(4)]
    plain = Program.of(ws[0] * ws[1] + ws[2] * ws[3] + ws[1])
    assert len(Analysis.of(plain).folds) == 1 and len(LlvmExecutable(plain).layout.kept) == 1
    w = ws[0]
    # w gets shares from the product w*h and, in between, from h itself: fused, they would swap.
    h = autodiff.sin(w * 3.0)
    y = w * ws[1] + w * ws[2] + h * w
    found = LlvmExecutable(Program.of(y * h + y))
    assert found.layout.kept
    y = y * h + y
    y.backward()
    order = [w, ws[1], ws[2]]
    program = Program.of(y, inputs=order)
    assert program.gradient(*[v.data for v in order]) == [v.grad for v in order]


def test_code_is_verified():
    table = machine_for([]).table
    mul = table.of(autodiff.rules.mul, [True, True]).number
    good = array("I", [mul, 2, 0, 1, 0])
    verify(table, good, 3)
    fold = table.named("fold").number
    for words in (
        [mul, 2, 0, 3, 0], [mul, 3, 0, 1, 0], [9999, 2, 0, 1, 0], [mul, 2, 0], [mul, 2, 0, 1],
        [0, 0], [], [fold, 2, 0, 7, 0, 1, 0], [fold, 2],
    ):  # fmt: skip
        with pytest.raises(CodeError):
            verify(table, array("I", words), 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"operands": ((0, 5),)}, {"operands": ((0,),)}, {"outputs": (9,)}, {"operands": ()},
        {"arguments": 7}, {"operands": ((-1, 0),)}, {"operands": ((0, 2),)},
    ],
)  # fmt: skip
def test_programs_are_validated(changes):
    good = {"leaves": 2, "constants": (), "primitives": (autodiff.rules.mul,),
            "operands": ((0, 1),), "outputs": (2,)}  # fmt: skip
    Program(**good)
    with pytest.raises(ProgramError):
        Program(**{**good, **changes})


def test_an_n_ary_primitive_has_its_single_operands():
    with pytest.raises(ProgramError, match="take cannot take 0 operands"):
        Program(leaves=1, constants=(), primitives=(autodiff.rules.take,), operands=((),),
                outputs=(1,))  # fmt: skip


def test_constants_are_shared_and_zeros_kept_apart():
    x = Value(2.0)
    program = Program.of(x * 3.0 + 3.0 - 0.0 + -0.0)
    assert len(program.constants) == 3


def test_a_cache_that_cannot_be_used_is_no_error(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    for place in ("", str(blocked / "inside")):
        monkeypatch.setenv("AUTODIFF_CACHE", place)
        cache.store("key", b"data")
        assert cache.load("key") is None
    monkeypatch.setenv("AUTODIFF_CACHE", str(tmp_path / "good"))
    cache.store("key", b"data")
    assert cache.load("key") == b"data"
    (stored,) = (tmp_path / "good").iterdir()
    stored.write_bytes(stored.read_bytes()[:-1] + b"X")
    assert cache.load("key") is None
    for number in range(20):
        cache.store(f"key{number}", b"data")
    assert len(list((tmp_path / "good").iterdir())) == 16


def test_choice_of_the_machine(monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", "python")
    assert chosen().name == "python"
    monkeypatch.setenv("AUTODIFF_MACHINE", "abacus")
    with pytest.raises(MachineError, match="abacus"):
        chosen()


def test_works_without_the_extra():
    program = (
        "import sys\n"
        "sys.modules['llvmlite'] = sys.modules['numpy'] = None\n"
        "from autodiff import Value, jit, to_python\n"
        "x = Value(3.0)\n"
        "y = jit(lambda a: x * x * a)(2.0)\n"
        "y.backward()\n"
        "print(y.data, x.grad)\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "AUTODIFF_MACHINE"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          cwd=ROOT, env=environment, check=True)  # fmt: skip
    assert done.stdout.split() == ["18.0", "12.0"]


def test_memory_of_dead_results_is_used_again():
    w = Value(2.0)
    f = jit(lambda x: w * x)
    f(1.0)
    (variants,) = f._variants.values()
    pool = variants[0].machine._pool.known
    results = [f(float(k)) for k in range(20)]
    for k, y in enumerate(results):
        assert y.data == 2.0 * k
    del results, y
    assert 1 <= len(pool) <= 8
    square = jit(lambda x: w * w * x)
    for _ in range(3):
        first, second = square(1.0), square(10.0)
        first.backward()
        second.backward()
        assert w.grad == 44.0
        w.grad = 0.0


def test_code_lives_as_long_as_somebody_has_its_address():
    """Sweeps of many results push each other's code out; a start held the address alone."""
    count = 40
    program = Program(leaves=1, constants=(), primitives=(autodiff.rules.exp.total,) * count,
                      operands=((0,),) * count, outputs=tuple(range(1, count + 1)))  # fmt: skip
    machine = LlvmExecutable(program)
    frame = machine.forward([0.1])
    for at in [*range(count), 0]:
        assert machine.sweep(frame, at, 2.0).tolist() == [2.0 * math.exp(0.1)]
        for address, _, words in machine._starts.values():
            assert address == words.buffer_info()[0]
