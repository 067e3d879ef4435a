"""Mutation testing: plant one small fault at a time, and see whether some test fails.

    python scripts/mutate.py rules losses --count 30 --seed 1

plants 30 random faults in each of the named parts (in all parts without a name), in a copy of the
project, runs the tests that belong to the part, and prints the share that was noticed ("killed")
and every fault that was not. A survivor is a missing test, or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 300
"""Seconds for the tests of one fault; an endless loop counts as noticed."""

_PROGRAM = ("program", "lower", "trace", "variant", "python_machine")

#: name: (sources, tests; quick ones that notice much come first)
PARTS: dict[str, tuple[list[str], list[str]]] = {
    "rules": (
        ["autodiff/rules.py", "autodiff/special/activations.py"],
        [
            "autodiff/test_rules",
            "autodiff/test_conventions",
            "autodiff/test_reference",
            "autodiff/test_special",
            "autodiff/test_higher_orders",
        ],
    ),
    "value": (
        ["autodiff/value.py", "autodiff/number.py", "autodiff/pullback.py"],
        [
            "autodiff/test_value",
            "autodiff/test_context",
            "autodiff/test_rules",
            "autodiff/test_graph",
            "trust/test_stories",
        ],
    ),
    "graph": (
        ["autodiff/graph.py", "autodiff/copying.py", "autodiff/context.py"],
        [
            "autodiff/test_graph",
            "autodiff/test_value",
            "autodiff/test_context",
            "trust/test_interrupts",
        ],
    ),
    "transform": (
        ["autodiff/transform"],
        [
            "autodiff/test_transform",
            "autodiff/test_gradient",
            "autodiff/test_replay",
            "autodiff/test_expansion",
            "autodiff/test_laws",
            "autodiff/test_higher_orders",
            "autodiff/test_conventions",
        ],
    ),
    "program": (
        [f"autodiff/program/{name}.py" for name in _PROGRAM],
        ["program/test_jit", "program/test_compose", "program/test_same_bits"],
    ),
    "losses": (
        ["nn/losses.py", "nn/loss_primitives.py"],
        ["nn/test_losses", "nn/test_against_pytorch"],
    ),
    "optimizers": (
        ["nn/optimizers.py", "nn/optimizer.py"],
        ["nn/test_optimizers", "nn/test_against_pytorch", "nn/test_state"],
    ),
}

_SWAPS = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "*",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


class Fault(NamedTuple):
    """A piece of a file, as (first byte, byte after the last), and what takes its place."""

    file: Path
    line: int
    span: tuple[int, int]
    before: str
    after: str

    def planted(self) -> bytes:
        """The file with the fault."""
        source = (ROOT / self.file).read_bytes()
        return source[: self.span[0]] + self.after.encode() + source[self.span[1] :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before}  ->  {self.after}"


def faults_in(file: Path) -> Iterator[Fault]:
    """Every fault that can be planted in a file."""
    source = (ROOT / file).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _expressions(ast.parse(source)):
        assert node.end_lineno is not None and node.end_col_offset is not None
        first = starts[node.lineno - 1] + node.col_offset
        last = starts[node.end_lineno - 1] + node.end_col_offset
        before = " ".join(source[first:last].decode().split())
        for after in _changes(node):
            yield Fault(file, node.lineno, (first, last), before, f"({after})")


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that are computed: no annotations, messages, documentation."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_params") or _is_aside(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield child
            if isinstance(child, ast.AST):
                yield from _expressions(child)


def _is_aside(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TypeVar":
        return True
    is_check = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_check or isinstance(node, (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import))


def _changes(node: ast.expr) -> Iterator[str]:
    """What may stand in the place of an expression: swapped, dropped, moved by one, negated."""
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPS:
        left, right = f"({ast.unparse(node.left)})", f"({ast.unparse(node.right)})"
        yield f"{left} {_SWAPS[type(node.op)]} {right}"
        yield left
        if isinstance(node.op, (ast.Add, ast.Mult)):
            yield right
        elif isinstance(node.op, ast.Sub):
            yield f"{right} - {left}"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPS:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        yield f"({left}) {_SWAPS[type(node.ops[0])]} ({right})"
        yield f"not ({ast.unparse(node)})"
    elif isinstance(node, ast.BoolOp):
        word = " or " if isinstance(node.op, ast.And) else " and "
        yield word.join(f"({ast.unparse(value)})" for value in node.values)
        yield ast.unparse(node.values[0])
    elif isinstance(node, ast.UnaryOp):
        yield ast.unparse(node.operand)
    elif isinstance(node, ast.IfExp):
        yield ast.unparse(node.body)
        yield ast.unparse(node.orelse)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield repr(not node.value)
        elif isinstance(node.value, (int, float)):
            yield repr(node.value + 1)
            if node.value:
                yield "0"
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
        first, second = map(ast.unparse, node.args)
        if not any(isinstance(argument, ast.Starred) for argument in node.args):
            yield f"{ast.unparse(node.func)}({second}, {first})"


def survives(fault: Fault, tree: Path, tests: Sequence[str]) -> bool:
    """Whether all tests, and the examples in the file itself, pass with the fault planted."""
    place = tree / fault.file
    original = place.read_bytes()
    place.write_bytes(fault.planted())
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        command += ["--tb=no", "-W", "ignore::SyntaxWarning", *tests, str(fault.file)]
        done = subprocess.run(
            command, cwd=tree, capture_output=True, timeout=TIMEOUT,
            env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    finally:
        place.write_bytes(original)
    return done.returncode == 0


def sources(part: str) -> list[Path]:
    """The files of a part; a folder means all files in it."""
    found = []
    for name in PARTS[part][0]:
        path = ROOT / name
        found += sorted(path.glob("*.py")) if path.is_dir() else [path]
    return [path.relative_to(ROOT) for path in found]


def tests_of(part: str) -> list[str]:
    """The test files of a part, as arguments of pytest."""
    names = PARTS[part][1]
    return [f"tests/{name}.py" if "test_" in name else f"tests/{name}" for name in names]


def examine(part: str, count: int, seed: int, tree: Path) -> tuple[int, list[Fault]]:
    """How many faults were planted in a part, and those that no test noticed."""
    every = [fault for file in sources(part) for fault in faults_in(file)]
    rng = random.Random(f"{part} {seed}")
    chosen = rng.sample(every, min(count, len(every)))
    survivors = []
    for number, fault in enumerate(chosen, 1):
        begin = time.monotonic()
        alive = survives(fault, tree, tests_of(part))
        word = "SURVIVED" if alive else "killed"
        print(f"{part} {number}/{len(chosen)} {word} {time.monotonic() - begin:.0f} s  {fault}")
        sys.stdout.flush()
        if alive:
            survivors.append(fault)
    print(f"{part}: {len(every)} possible, {len(chosen)} planted, ", end="")
    print(f"{len(chosen) - len(survivors)} killed, {len(survivors)} survived", flush=True)
    return len(chosen), survivors


def main() -> int:
    """Examine the parts named on the command line; 1 if a fault survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts")
    parser.add_argument("--count", type=int, default=30, help="how many faults in each part")
    parser.add_argument("--seed", type=int, default=0, help="which faults")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        skip = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv", "dist")
        shutil.copytree(ROOT, tree, ignore=skip)
        planted, survivors = 0, []
        for part in chosen.parts or PARTS:
            count, alive = examine(part, chosen.count, chosen.seed, tree)
            planted += count
            survivors += alive
    print(f"{planted - len(survivors)} of {planted} killed; survivors:")
    for fault in survivors:
        print(f"  {fault}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
