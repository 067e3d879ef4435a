"""Mutation testing: plant one small fault at a time, and see whether some test fails.

    python scripts/mutate.py rules losses --count 30 --seed 1 | tee log
    python scripts/mutate.py rules losses --again log

The first command plants 30 random faults in each of the named parts (in all parts without a name),
in a copy of the project, runs the tests that belong to the part, and prints the share that was
noticed ("killed") and every fault that was not. A survivor is a missing test, or a change that
changes nothing. The second command plants the survivors of the first once more.

One process imports pytest and what the tests need, and forks for every test file: a fault costs a
fraction of a second where the first file notices it. Files that notice much come first.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from faults import Fault, faults_in

ROOT = Path(__file__).resolve().parents[1]
MEMORY = 6 << 30
"""Bytes that the tests of one fault may use; an endless list counts as noticed."""

_PROGRAM = (
    "instructions", "lowering/lower", "tracing/trace", "tracing/variant", "machine/python_machine",
)  # fmt: skip

#: name: (sources, tests beside the examples in the source itself)
PARTS: dict[str, tuple[list[str], list[str]]] = {
    "rules": (
        ["autodiff/rules"],
        [
            "autodiff/test_conventions", "autodiff/test_reference", "autodiff/test_special",
            "autodiff/test_higher_orders", "trust/test_stories", "autodiff/test_rules",
        ],
    ),
    "value": (
        ["autodiff/value.py", "autodiff/number.py", "autodiff/reals.py", "autodiff/pullback.py"],
        [
            "autodiff/test_value", "autodiff/test_modes", "autodiff/test_conventions",
            "trust/test_stories", "autodiff/test_graph", "autodiff/test_rules",
        ],
    ),
    "graph": (
        [
            "autodiff/graph.py", "autodiff/copying.py", "autodiff/modes.py",
            "autodiff/strictness.py", "autodiff/collector.py",
        ],
        [
            "autodiff/test_graph", "autodiff/test_value", "autodiff/test_modes",
            "autodiff/test_strictness", "autodiff/test_collector",
            "trust/test_stories", "trust/test_interrupts", "program/test_compose",
        ],
    ),
    "transform": (
        ["autodiff/transform"],
        [
            "autodiff/test_transform", "autodiff/test_gradient", "autodiff/test_replay",
            "autodiff/test_expansion", "autodiff/test_laws", "autodiff/test_conventions",
            "trust/test_stories", "autodiff/test_higher_orders", "autodiff/test_transform_numpy",
        ],
    ),
    "program": (
        [f"autodiff/program/{name}.py" for name in _PROGRAM],
        [
            "program/test_jit", "program/test_compose", "program/test_source",
            "trust/test_stories", "program/test_machine", "program/test_same_bits",
        ],
    ),
    "losses": (
        [
            "nn/losses.py", "nn/parts/loss_primitives.py", "nn/parts/classes.py",
            "nn/parts/shapes.py",
        ],
        [
            "nn/test_losses", "nn/test_class_losses", "trust/test_stories",
            "nn/test_against_pytorch",
        ],
    ),
    "optimizers": (
        ["nn/optimizers.py", "nn/optimizer.py", "nn/schedules", "nn/training/gradients.py"],
        [
            "nn/test_optimizers", "nn/test_schedules", "nn/test_clipping", "trust/test_stories",
            "nn/test_state", "nn/test_against_pytorch", "nn/test_training",
        ],
    ),
}  # fmt: skip

#: imported once; what is not installed, and what does not fork well, is left to the tests
_HEAVY = (
    "hypothesis", "hypothesis.strategies", "hypothesis.internal.conjecture.engine", "numpy",
    "llvmlite.binding", "tqdm",
)  # fmt: skip


class Judge:
    """Runs the tests of one part, in a copy of the project, in the order that finds most."""

    def __init__(self, tree: Path, sources: Sequence[Path], names: Sequence[str]) -> None:
        self.tree = tree
        examples = [str(path) for path in sources]
        self.files = [*examples, *(f"tests/{name}.py" for name in names)]
        self.kills = dict.fromkeys(self.files, 0)
        self.seconds: dict[str, float] = {}
        for file in self.files:
            begin = time.monotonic()
            if self._fails(file, 600.0):
                sys.exit(f"{file} fails without a fault")
            self.seconds[file] = time.monotonic() - begin

    def survives(self, fault: Fault) -> bool:
        """Whether all tests, and the examples in the file itself, pass with the fault planted."""
        place = self.tree / fault.file
        original = place.read_bytes()
        place.write_bytes(fault.planted(original))
        try:
            return not any(self._notices(file) for file in self._order(fault))
        finally:
            place.write_bytes(original)

    def _order(self, fault: Fault) -> list[str]:
        """Most kills for the time that it takes first; examples of other files not at all."""
        tests = [file for file in self.files if file.startswith("tests")]
        tests.sort(key=lambda file: self.seconds[file] / (1 + self.kills[file]))
        return [str(fault.file), *tests]

    def _notices(self, file: str) -> bool:
        failed = self._fails(file, 10.0 + 5 * self.seconds[file])
        self.kills[file] += failed
        return failed

    def _fails(self, file: str, timeout: float) -> bool:
        child = os.fork()
        if child == 0:
            _test(self.tree, file)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status) not in (0, 5)  # 5: no tests there
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True


def _test(tree: Path, file: str) -> None:
    """Run the tests of a file and leave with pytest's exit code. Runs in the forked process."""
    code = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.chdir(tree)
        os.environ.update(PYTHONPATH=str(tree), PYTHONDONTWRITEBYTECODE="1")
        sys.dont_write_bytecode = True
        nowhere = os.open(os.environ.get("MUTATE_OUTPUT", os.devnull), os.O_WRONLY | os.O_APPEND)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        options = ["-q", "-x", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
        options += ["-m", "not extras", "-W", "ignore::SyntaxWarning"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = int(pytest.main([*options, file]))
    finally:
        os._exit(code)


def sources(part: str) -> list[Path]:
    """The files of a part; a folder means all files in it."""
    found = []
    for name in PARTS[part][0]:
        path = ROOT / name
        found += sorted(path.glob("*.py")) if path.is_dir() else [path]
    return [path.relative_to(ROOT) for path in found]


def examine(part: str, chosen: Sequence[Fault], tree: Path) -> list[Fault]:
    """Plant the chosen faults in a part; those that no test noticed."""
    judge = Judge(tree, sources(part), PARTS[part][1])
    survivors = []
    for number, fault in enumerate(chosen, 1):
        begin = time.monotonic()
        alive = judge.survives(fault)
        word = "SURVIVED" if alive else "killed"
        seconds = time.monotonic() - begin
        print(f"{part} {number}/{len(chosen)} {word} {seconds:.0f} s  {fault}", flush=True)
        if alive:
            survivors.append(fault)
    return survivors


def main() -> int:
    """Examine the parts named on the command line; 1 if a fault survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts")
    parser.add_argument("--count", type=int, default=30, help="how many faults in each part")
    parser.add_argument("--seed", type=int, default=0, help="which faults")
    parser.add_argument("--again", type=Path, help="the survivors in what an earlier run printed")
    arguments = parser.parse_args()
    lines = arguments.again.read_text().splitlines() if arguments.again else []
    wanted = {line.split(": ", 1)[1] for line in lines if " SURVIVED " in line}
    for name in _HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        skip = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv", "dist")
        shutil.copytree(ROOT, tree, ignore=skip)
        planted, survivors = 0, []
        for part in arguments.parts or PARTS:
            every = [fault for file in sources(part) for fault in faults_in(ROOT, file)]
            if arguments.again:
                chosen = [fault for fault in every if fault.text in wanted]
            else:
                rng = random.Random(f"{part} {arguments.seed}")
                chosen = rng.sample(every, min(arguments.count, len(every)))
            alive = examine(part, chosen, tree)
            print(f"{part}: {len(every)} possible, {len(chosen)} planted, ", end="")
            print(f"{len(chosen) - len(alive)} killed, {len(alive)} survived", flush=True)
            planted += len(chosen)
            survivors += alive
    print(f"{planted - len(survivors)} of {planted} killed; survivors:")
    for fault in survivors:
        print(f"  {fault}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
