"""500 random programs with shared subexpressions: value, gradient, Hessian-vector product.

Each number has its own tolerance in ulps, which a plain correct engine attains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autodiff as ad
from autodiff import Value
from tests.support.data import load, ulps
from tests.support.known import known

PROGRAMS = load("programs")["programs"]

OPERATIONS: dict[str, Callable[..., Any]] = {
    "rsub": lambda c, x: c - x,
    "rdiv": lambda c, x: c / x,
    "rpow": lambda c, x: c**x,
    "powc": lambda x, c: x**c,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
}


def run(program: dict[str, Any], inputs: Sequence[Any]) -> Any:
    nodes = list(inputs)
    for name, *operands in program["ops"]:
        operation = OPERATIONS.get(name) or known(name, {})
        nodes.append(operation(*[x[1] if isinstance(x, list) else nodes[x] for x in operands]))
    return nodes[program["output"]]


def check(program: dict[str, Any], name: str, found: Sequence[float]) -> None:
    exact = program[name]
    largest = max(map(abs, exact))
    for a, b, tolerance in zip(found, exact, program[f"{name}_tol_ulps"], strict=True):
        near = abs(a - b) <= program[f"{name}_norm_rtol"] * largest
        assert near or ulps(a, b) <= tolerance, (program["id"], name, list(found), exact)


def test_values_and_gradients() -> None:
    assert len(PROGRAMS) == 500
    for program in PROGRAMS:
        xs = [Value(x) for x in program["inputs"]]
        output = run(program, xs)
        output.backward()
        assert ulps(output.data, program["value"]) <= program["value_tol_ulps"], program["id"]
        check(program, "grad", [x.grad for x in xs])


def test_gradients_as_graphs() -> None:
    for program in PROGRAMS:
        xs = [Value(x) for x in program["inputs"]]
        output = run(program, xs)
        output.backward()
        assert [x.data for x in ad.gradient(output, xs)] == [x.grad for x in xs]


def test_hessian_vector_products() -> None:
    for program in PROGRAMS:

        def f(xs: list[Any], program: dict[str, Any] = program) -> Any:
            return run(program, xs)

        check(program, "hvp", ad.hvp(f, (program["inputs"],), (program["direction"],)))


def test_hessian_vector_products_forward_over_reverse() -> None:
    for program in PROGRAMS[:100]:

        def f(xs: list[Any], program: dict[str, Any] = program) -> Any:
            return run(program, xs)

        _, product = ad.jvp(ad.grad(f), (program["inputs"],), (program["direction"],))
        check(program, "hvp", product)
