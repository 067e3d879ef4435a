"""vmap over columns that mix ints and floats: each number is of its kind, as in the loop."""

import json
import random
import re
import warnings

import pytest

from autodiff import Value, mean, vmap
from autodiff.program.jit import JitWarning
from autodiff.program.machine import chosen
from autodiff.program.tracing.trace import TraceError

pytestmark = pytest.mark.usefixtures("machine")

w = Value(3.0)
table = [Value(0.5), Value(1.5), Value(2.5)]

#: What tells an int from a float. Such columns once counted as floats: "1.0" where f has "1".
TELLS = {
    "str": lambda x: w * len(str(x)),
    "format": lambda x: w * len(f"{x}|{x:>6}"),
    "text as result": lambda x: f"{x!r}",
    "percent": lambda x: "%s %r" % (x, x),  # noqa: UP031 - another way to text
    "isinstance": lambda x: w * 2 if isinstance(x, int) else w,
    "type": lambda x: type(x).__name__,
    "hash": lambda x: {1: "one", 2.5: "more"}.get(x),
    "json": lambda x: json.dumps([x]),
    "bits": lambda x: w * (x << 2 if isinstance(x, int) else x * 4),
    "int operators": lambda x: w * (x >> 1),
    "index": lambda x: table[x] * w,
    "attributes": lambda x: hasattr(x, "bit_length"),
    "negated zero": lambda x: -x * 1,
    "whole arithmetic": lambda x: (x * 3 + 1, x // 2, x % 2),
    "round": lambda x: (round(x), round(x, 1)),
    "kinds of results": lambda x: [x * 2, w * x, {"a": x + 1}],
    "itself": lambda x: x,
}

COLUMNS = {
    "an int first": [1, 2.0, 3, 4.5, 0, -0.0],
    "a float first": [2.0, 1, 0.0, 0],
    "whole numbers beyond floats": [2**53, 2.5, 2**60 + 1, 1, -(2**60)],
}


def shown(run):
    """Results with all bits, or the error; a float of a result is a Value in compiled ones."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)
            return re.sub(r"Value\(([^)]*)\)", r"\1", repr(run()))
    except TraceError:
        return None
    except Exception as error:  # noqa: BLE001 - whatever f raises is its outcome
        return type(error), str(error)


@pytest.mark.parametrize("name", TELLS)
@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_every_number_is_of_its_own_kind(name, column):
    f = TELLS[name]
    refused = name in ("json", "index")  # with a TraceError, where it is not answered
    forms = [
        (f, column),
        (lambda r: f(r[0]), [(x, 2.0) for x in column]),
        (
            lambda r: [f(r[0]), f(r[2])],
            [[x, 7, y] for x, y in zip(column, column[::-1], strict=True)],
        ),
        (lambda r: f(r["a"]), [{"a": x, "b": [1.0]} for x in column]),
    ]
    for g, rows in forms:
        mapped, expected = vmap(g), shown(lambda g=g, rows=rows: [g(row) for row in rows])
        for _ in range(2):
            got = shown(lambda mapped=mapped, rows=rows: list(mapped(rows)))
            assert got == expected or (got is None and refused)
    columns = {"a": column, "b": column[::-1]}
    got = shown(lambda: list(vmap(lambda d: [f(d["a"]), f(d["b"])])(columns)))
    expected = shown(lambda: [[f(x), f(y)] for x, y in zip(*columns.values(), strict=True)])
    assert got == expected or (got is None and refused)


def test_gradients_of_patterns_add_up():
    rows = [[1, 2.5, 3], [0.5, 4, 3], [1, 1, 1], [0.5, 0.5, 3], [2, 2.5, 5]]
    gradients = []
    for results in (vmap(lambda r: w * r[0] * r[1] + r[2])(rows),
                    [w * r[0] * r[1] + r[2] for r in rows]):  # fmt: skip
        w.grad = 0.0
        total = mean(results)
        total.backward()
        gradients.append((total.data, pytest.approx(w.grad, rel=1e-14)))
    w.grad = 0.0
    assert gradients[0] == gradients[1]


def test_more_patterns_than_are_traced_run_plainly_and_a_warning_names_the_columns(machine):
    rng = random.Random(0)
    rows = [[rng.choice((1, 0.5)) for _ in range(6)] for _ in range(200)]

    def f(r, s):
        return w * len(str(r)) * s

    mapped = vmap(f, (0, None))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", JitWarning)
        for _ in range(2):
            assert [y.data for y in mapped(rows, 2.0)] == [f(r, 2.0).data for r in rows]
    if chosen().batches:  # else each runs as jit runs it
        (warning,) = [str(each.message) for each in told if "mixed" in str(each.message)]
        assert "number 0 of argument 0, number 1 of argument 0" in warning
        assert "[float(x) for x in column]" in warning
    floats = [[*map(float, r)] for r in rows]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [y.data for y in vmap(f, (0, None))(floats, 2.0)] == [f(r, 2.0).data for r in floats]
