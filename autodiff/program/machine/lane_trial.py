"""Which functions of the machine have the bits of Python here: those of lane_math.py in which
variant, and whether hypot of loops.py.

They are compiled alone and compared at many points, bit for bit. A function that differs anywhere
is left out: the machine calls the C library for it, one number after the other.
"""

from __future__ import annotations

import ctypes
import math
import random
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.program.numpy_types import Array, NumPy, numpy

from .code import Code
from .emit import Emitter
from .lane_math import NAMES, VARIANTS, LaneMath
from .registers import WIDTH

_POINTS = 1 << 20


def chosen(
    direct: Sequence[str], load: Callable[[str, Sequence[str]], Any], *, fused: bool
) -> dict[str, str]:
    """For each function that agrees everywhere its variant.

    `load` compiles LLVM assembly that calls some functions of the C library.
    """
    names = [name for name in NAMES if name in direct]
    variants = VARIANTS if fused else VARIANTS[:1]
    engine = load(_text(names, variants), names)
    np = numpy()
    found = {"hypot": "loop"} if _hypot_agrees(engine) else {}
    xs = _points(np)
    for name in names:
        expected = np.empty(len(xs))
        _call(engine, f"scalar.{name}", xs, expected)
        for variant in variants:
            results = np.empty(len(xs))
            _call(engine, f"{variant}.{name}", xs, results)
            same = results.view(np.int64) == expected.view(np.int64)
            if (same | np.isnan(results)).all():
                found.setdefault(name, variant)
    return found


def _points(np: NumPy) -> Array:
    """Numbers of every size that these functions can take, those of everyday more densely."""
    source = np.random.default_rng(22)
    part = _POINTS // 4
    sizes = np.asarray(10.0) ** source.uniform(-18.0, 16.0, part) * source.choice([-1.0, 1.0], part)
    near = [source.uniform(-bound, bound, part) for bound in (1.0, 8.0, 750.0)]
    return np.concatenate([sizes, *near])


def _call(engine: Any, name: str, xs: Array, results: Array) -> None:
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    kind(engine.get_function_address(name))(xs.ctypes.data, results.ctypes.data, len(xs))


def _hypot_agrees(engine: Any) -> bool:
    kind = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_uint32)
    run, source = kind(engine.get_function_address("hypot")), random.Random(21)
    for _ in range(1500):
        count, size = source.randint(2, 9), source.uniform(-3.0, 3.0)
        xs = array("d", [source.gauss(0.0, 1.0) * 10.0**size for _ in range(count)])
        if run(xs.buffer_info()[0], count) != math.hypot(*xs):
            return False
    return True


def _text(names: Sequence[str], variants: Sequence[str]) -> str:
    unit = Emitter("trial", (), names, {"hypot": "loop"})
    code = Code(unit, "hypot", unit.double, [unit.pointer, unit.word], public=True)
    code.ret(code.call(unit.loop("hypot"), *code.args))
    kinds = [unit.pointer, unit.pointer, unit.word]
    for name in names:
        code = Code(unit, f"scalar.{name}", None, kinds, public=True)
        xs, results, count = code.args
        with code.count(count) as at:
            results[at] = code.call(unit.library(name), xs[at])
        code.ret()
        for variant in variants:
            code = Code(unit, f"{variant}.{name}", None, kinds, public=True)
            xs, results, count = code.args
            with code.count(count // WIDTH) as at:
                first = at * WIDTH
                x = xs.lanes[first]
                results.lanes[first] = LaneMath(code, variant).emit(name, x)
            code.ret()
    return str(unit.module)
