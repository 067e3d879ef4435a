"""C, backpropagation by hand, compiled with -O3 where there is a compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.moons_data import RATE, REGULARIZATION, SIZES, Moons
from benchmarks.peers.moons_arrays import Step


def load(data: Moons) -> Step:
    compiler = shutil.which("cc")
    if compiler is None:
        raise ImportError("no C compiler")
    if data.sizes != SIZES:
        raise ImportError(f"written for the sizes {SIZES} only")
    folder = tempfile.mkdtemp()
    library = Path(folder) / "moons.so"
    source = Path(__file__).with_name("moons.c")
    flags = ["-O3", "-march=native", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run([compiler, *flags, str(source)], check=True)
    function: Any = ctypes.CDLL(str(library)).step
    function.restype = ctypes.c_double
    count = len(data.points)
    points = (ctypes.c_double * (2 * count))(*[x for point in data.points for x in point])
    targets = (ctypes.c_double * count)(*data.targets)
    size = len(data.parameters)
    flat, gradient = (ctypes.c_double * size)(*data.parameters), (ctypes.c_double * size)()
    decay = ctypes.c_double(REGULARIZATION)

    def run(rate: float) -> Any:
        return function(count, points, targets, flat, gradient, ctypes.c_double(rate), decay)

    def at_start() -> list[float]:
        run(0.0)
        return list(gradient)

    return Step("C by hand, -O3", at_start, lambda: run(RATE))
