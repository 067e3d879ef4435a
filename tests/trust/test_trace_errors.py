"""Every TraceError names the user's line and a remedy, and who follows the remedy is helped."""

from __future__ import annotations

import ast
import copy
import json
import math
import pickle
import re
import statistics
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value, jit, vmap
from autodiff.program.tracing.trace import TraceError

_TRACING = Path(ad.__file__).parent / "program"
_KINDS = ("TraceError", "UnfitArgument", "NoAttribute")
w = Value(2.0, "w")


class Odd:
    """No container of numbers."""


class Real(float):
    """More than a number."""


class Text(str):
    """More than text."""


class Case(NamedTuple):
    """What is refused, the remedy's text, and the function and arguments with the remedy."""

    refused: Callable[..., Any]
    args: tuple[Any, ...]
    remedy: str
    instead: Callable[..., Any] | None = None
    others: tuple[Any, ...] | None = None


_KEPT: list[Any] = []
with pytest.raises(TraceError):
    jit(lambda y: _KEPT.append(y * 2.0) or y)(1.0)


def _leaked(x: Any) -> Any:
    return _KEPT[0] + x


def _written(xs: Any) -> Any:
    xs.append(1.0)
    return ad.sum(xs)


def _stored(x: Any, kept: list[Any] = []) -> Any:  # noqa: B006 - what is wrong with it
    kept.append(x * w)
    return x


def _own_leaf(x: Any) -> Any:
    v = Value(3.0)
    return v, v * x


def _circle(x: Any) -> Any:
    made = [x]
    made.append(made)
    return made


def _in_a_thread(x: Any) -> Any:
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(x * w))
    thread.start()
    thread.join()
    return made[0] * x


def _gradient_text(v: Any) -> Any:
    return v if "0" in repr(v) else -v


def _set(name: str) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        if name == "data":
            x.data = 1.0
        else:
            x.grad = 1.0
        return x * w

    return f


def _with_gradient() -> Value:
    v = Value(3.0)
    v.grad = 1.0
    return v


_times = lambda x: x * w  # noqa: E731 - what many cases use
_ITEM, _V, _ONES = (1.0,), (Value(1.5, "x"),), np.ones(2)
CASES: dict[str, Case] = {
    "a leak that is used": Case(_leaked, (1.0,), "return it from the function", _times),
    "math.sin": Case(lambda x: math.sin(x) * w, _V, "functions of autodiff", lambda x: ad.sin(x)),
    "data": Case(lambda x: x.data * w, _V, "compute with the Value itself", _times),
    "data of a parameter": Case(lambda x: w.data * x, _V, "compute with the Value", _times),
    "setting data": Case(_set("data"), _V, "update parameters outside", _times),
    "label": Case(lambda x: x * len(x.label), _V, "pass the text as an argument",
                  lambda x, label: x * len(label), (*_V, "x")),
    "grad": Case(lambda x: x.grad * w, _V, "use autodiff.grad", lambda x: ad.grad(_times)(x)),
    "setting grad": Case(_set("grad"), _V, "set gradients outside", _times),
    "backward": Case(lambda x: (x * w).backward(), _V, "call backward() on the result", _times),
    "item": Case(lambda x: x.item(), _V, "return it and read it then", _times),
    "a gradient's text": Case(_gradient_text, (_with_gradient(),), "write f'{v:.3f}'",
                              lambda v: v if "3" in f"{v:.3f}" else -v),
    "pickling": Case(lambda x: copy.copy(x), _V, "copy results after the call", _times),
    "float32": Case(lambda x: x[0] + x[1], (np.ones(2, np.float32),), "pass x.astype(float)",
                    lambda x: x[0] + x[1], (np.ones(2, np.float32).astype(float),)),
    "functions of float32": Case(lambda x: np.exp(x).sum(), (np.ones(2, np.float32),),
                                 "pass x.astype(float)", lambda x: np.exp(x).sum(),
                                 (np.ones(2, np.float32).astype(float),)),
    "ints that wrap": Case(lambda x: x[0] * x[1], (np.array([100, 100], np.uint8),),
                           "pass x.tolist()", lambda x: x[0] * x[1], ([100, 100],)),
    "text of an entry": Case(lambda x: len(repr(x[0])) * w, (_ONES,), "pass x.tolist(), or make",
                             lambda x: len(str(x)) * w, ([1.0, 1.0],)),
    "an array of an array": Case(lambda x: np.asarray(x)[0] * w, (_ONES,), "take a copy: x.copy()",
                                 lambda x: x.copy()[0] * w),
    "memory": Case(lambda x: x.data.nbytes * w, (_ONES,), "compute with the array itself",
                   lambda x: x.nbytes * w),
    "memory as another dtype": Case(lambda x: x.view(int)[0] * w, (_ONES,), "use x.astype(...)",
                                    lambda x: x.astype(int)[0] * w),
    "x.flat as an array": Case(lambda x: np.asarray(x.flat)[0] * w, (_ONES,), "use x.ravel()",
                               lambda x: x.ravel()[0] * w),
    "a function of parts": Case(lambda x: np.apply_along_axis(sum, 0, x) * w, (_ONES,),
                                "put the results together", lambda x: sum(x) * w),
    "an array of a list": Case(lambda x: np.array([x, 2])[1] * w, (1.0,), "write numpy.stack",
                               lambda x: np.stack([x, 2])[1] * w),
    "floats of a list": Case(lambda x: np.array([x, 2], float)[1] * w, (1.0,), "write numpy.stack",
                             lambda x: np.stack([x, 2])[1] * w),
    "a long double": Case(lambda x: x * np.longdouble(2.0) * w, (1.0,), "use float(...) or int",
                          lambda x: x * float(np.longdouble(2.0)) * w),
    "a library's int": Case(lambda n: statistics.mean([n, 4]) * w, (3,), "(autodiff.mean)",
                            lambda n: ad.mean([n, 4]) * w),
    "a number's data": Case(lambda x: x.data, (1.0,), "pass a Value", _times, _V),
    "iterator": Case(ad.sum, (iter([1.0]),), "pass list(...) of it", ad.sum, ([1.0],)),
    "masked": Case(ad.sum, (np.ma.array([1.0]),), ".filled(...)", ad.sum, (np.array([1.0]),)),
    "fields": Case(lambda x: x["a"][0] * w, (np.zeros(1, [("a", float)]),), "a dict of them",
                   lambda x: x["a"][0] * w, ({"a": np.zeros(1)},)),
    "mapping": Case(lambda x: x["a"] * w, (MappingProxyType({"a": 1.0}),), "pass dict(...) of it",
                    lambda x: x["a"] * w, ({"a": 1.0},)),
    "keys": Case(lambda x: len(x) * w, ({"a": 1.0}.keys(),), "pass list(...) of it",
                 lambda x: len(x) * w, (["a"],)),
    "a subclass of float": Case(_times, (Real(1.0),), "pass float(...) of it", _times, (1.0,)),
    "a subclass of str": Case(lambda x: len(x) * w, (Text("a"),), "pass str(...) of it",
                              lambda x: len(x) * w, ("a",)),
    "memoryview": Case(lambda x: x[0] * w, (memoryview(_ONES),), "pass list(...) of it",
                       lambda x: x[0] * w, ([1.0],)),
    "from inside an array": Case(lambda x: x[0], (np.array([{"a": 1.0}], object),),
                                 "pass a list instead", lambda x: x[0], ([{"a": 1.0}],)),
    "a Value as a key": Case(lambda x: {x * w: 1.0}, _V, "return pairs",
                             lambda x: [(x * w, 1.0)]),
    "an object": Case(lambda x: Odd(), _V, "return numbers, text", _times),
    "an iterator made": Case(lambda x: iter([x]), _V, "return numbers, text", lambda x: [x]),
    "a leaf made": Case(_own_leaf, _ITEM, "make it outside", lambda x: (w, w * x)),
    "a circle": Case(_circle, _ITEM, "without the circle", lambda x: [x, [x]]),
    "written": Case(_written, ([1.0],), "work on a copy", lambda x: ad.sum([*x, 1.0])),
    "stored": Case(_stored, _ITEM, "store the result", lambda x: (x, x * w)),
    "a plain number needed": Case(lambda x: json.dumps(x), (1.0,), "compute it outside", _times),
    "another thread": Case(_in_a_thread, _V, "compute it inside", lambda x: x * w * x),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_line_and_remedy(name: str) -> None:
    """The line is one of this file: of the function, or of the call with such an argument."""
    case = CASES[name]
    compiled = jit(case.refused)
    for _ in range(2):  # a second call is refused as the first one was
        with pytest.raises(TraceError) as caught:
            compiled(*case.args)
        line, what, remedy = caught.value.args
        assert re.fullmatch(re.escape(__file__) + r":\d+", line), line
        assert what and case.remedy in remedy, str(caught.value)
        assert str(caught.value) == f"{line}: {what}; {remedy}"
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), again.args) == (type(caught.value), caught.value.args)
    if case.instead is not None:
        others = case.args if case.others is None else case.others
        followed, expected = jit(case.instead), case.instead(*others)
        for _ in range(2):
            assert _numbers(followed(*others)) == _numbers(expected)


def _numbers(result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        return [_numbers(part) for part in result]
    if isinstance(result, dict):
        return result
    return result.data if isinstance(result, Value) else float(result)


def test_the_line_is_the_one_that_asks() -> None:
    def helper(x: Any) -> Any:
        y = x * w
        return y.data

    code = helper.__code__
    with pytest.raises(TraceError) as caught:
        jit(lambda x: helper(x))(1.0)
    assert caught.value.args[0] == f"{code.co_filename}:{code.co_firstlineno + 2}"
    with pytest.raises(TraceError) as caught:
        vmap(lambda x: helper(x))([1.0])
    assert caught.value.args[0] == f"{code.co_filename}:{code.co_firstlineno + 2}"


def _sites() -> dict[str, ast.Call]:
    """Every call that makes one of these errors, by its place."""
    found = {}
    for path in sorted(_TRACING.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in _KINDS or (name in ("_refuse", "refuse") and len(node.args) > 1):
                    found[f"{path.name}:{node.lineno}"] = node
    return found


def test_no_error_is_raised_without_line_and_remedy() -> None:
    """Whoever adds one adds a case above: each remedy in the code is shown by one of them."""
    shown = [case.remedy for case in CASES.values()]
    sites = _sites()
    assert len(sites) > 25
    for place, call in sites.items():
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        own = name == "_refuse"
        assert len(call.args) == (2 if own else 3), place
        if not own:
            assert ast.unparse(call.args[0]) in ("caller()", "line", "self._line"), place
        remedy = call.args[-1]
        if isinstance(remedy, (ast.Constant, ast.JoinedStr)):
            text = ast.unparse(remedy)
            if "pass {remedy}" not in text:  # eight of them are in the table
                assert any(part in ast.literal_eval(text.lstrip("f")) for part in shown), place
        else:  # what it was given, or a constant
            assert ast.unparse(remedy) in ("remedy", "WIDER", "_REMEDY"), place
    with pytest.raises(TypeError):
        TraceError("no line and no remedy")  # type: ignore[call-arg]  # what is refused
