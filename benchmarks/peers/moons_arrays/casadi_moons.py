"""CasADi: the same scalar loop, traced into its SX virtual machine."""

from __future__ import annotations

import time
from typing import Any

import casadi as casadi_
import numpy as np

from benchmarks.moons_data import RATE, Moons
from benchmarks.peers.moons_arrays import Step
from benchmarks.workloads.moons import loss_of

casadi: Any = casadi_  # its type information is wrong about buffers


def load(data: Moons) -> Step:
    start = time.process_time()
    symbols = casadi.SX.sym("p", len(data.parameters))
    parts = [symbols[index] for index in range(len(data.parameters))]
    loss = loss_of(data, parts, lambda x: casadi.fmax(x, 0.0))
    function = casadi.Function("step", [symbols], [loss, casadi.gradient(loss, symbols)])
    build = time.process_time() - start
    flat = np.array(data.parameters)
    buffer, call = function.buffer()
    value, gradient = np.zeros(1), np.zeros(len(flat))
    buffer.set_arg(0, flat.data)
    buffer.set_res(0, value.data)
    buffer.set_res(1, gradient.data)

    def step(keep: Any = (buffer, function)) -> Any:  # call() holds neither
        call()
        np.subtract(flat, RATE * gradient, out=flat)
        return value[0]

    def at_start() -> list[float]:
        call()
        return list(map(float, gradient))

    return Step(f"CasADi {casadi.__version__}, SX", at_start, step, build)
