"""What editors, `help` and `inspect` show of names that are loaded late or made by functions."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
import typing
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value, functions

COMPLETIONS = {
    "import autodiff as ad\nad.dr": {"draw", "draw_dot", "Drawing"},
    "import autodiff as ad\ny = ad.Value(1.0) + 1\ny.backw": {"backward"},
    "import autodiff as ad\nad.draw(ad.Value(1.0)).sv": {"svg"},
    "import autodiff as ad\nad.exp(ad.Value(1.0)).zero": {"zero_grad"},
    "import nn\nnn.mse([1], [2]).backw": {"backward"},
}


@pytest.mark.extras
@pytest.mark.parametrize("program", COMPLETIONS)
def test_editors_complete_names(program: str) -> None:
    """Names that are loaded at first use were unknown to them."""
    jedi = pytest.importorskip("jedi")
    lines = program.split("\n")
    found = {each.name for each in jedi.Script(program).complete(len(lines), len(lines[-1]))}
    assert found >= COMPLETIONS[program]


@pytest.mark.parametrize("package", [ad, nn])
def test_hints_can_be_read(package: Any) -> None:
    """typing.get_type_hints(draw) raised NameError: Value was imported for checkers only."""
    for name in package.__all__:
        thing = getattr(package, name)
        for each in vars(thing).values() if inspect.isclass(thing) else [thing]:
            public = not getattr(each, "__name__", "_").startswith("_")
            if each is ad.Program.executable:  # its result is defined above it
                continue
            if inspect.isfunction(each) and (public or each is vars(thing).get("__init__")):
                typing.get_type_hints(each)


def test_lists_of_public_names_agree() -> None:
    assert sorted(ad.__all__) == sorted(set(ad.__all__))
    assert set(functions.__all__) | set(ad._HOME) <= set(ad.__all__)
    assert set(ad.__all__) <= set(dir(ad))
    assert "import_module" not in dir(ad)


def test_help_shows_names_and_arguments() -> None:
    """help(Value) showed forward(self, other) for every operator."""
    text = pydoc.plain(pydoc.render_doc(Value))
    for name in ("add", "rsub", "pow", "rmod", "floordiv", "lt", "eq"):
        assert f" __{name}__(self" in text
    assert "forward(" not in text
    assert "exp(self" in text


def test_signatures_are_those_of_the_function() -> None:
    def cost(weights: list[float], *, scale: float = 2.0) -> Value:
        """What it costs."""
        return ad.norm(weights) * Value(scale)

    for transformed in (
        ad.grad(cost), ad.jit(cost), ad.vmap(cost), ad.hessian(cost), ad.no_grad(cost),
    ):  # fmt: skip
        assert inspect.signature(transformed) == inspect.signature(cost)
        assert transformed.__doc__ == "What it costs."
    assert list(inspect.signature(ad.atan2).parameters) == ["y", "x"]
    assert list(inspect.signature(ad.exp).parameters) == ["x"]


def test_a_users_primitive_shows_its_own_source() -> None:
    @ad.primitive(local_derivatives=[lambda z, v: 2 * v])
    def squared_for_help(v: float) -> float:
        return v * v

    assert "v * v" in inspect.getsource(squared_for_help)
    assert str(inspect.signature(squared_for_help)).startswith("(v")
    assert squared_for_help.__qualname__.endswith("<locals>.squared_for_help")


@pytest.mark.parametrize(
    "name", ["exp", "arcsin", "log", "__add__", "__rsub__", "__lt__", "__abs__"]
)
def test_methods_pickle(name: str) -> None:
    method = getattr(Value, name)
    assert pickle.loads(pickle.dumps(method)) is method
    assert copy.deepcopy(method) is method


@pytest.mark.parametrize("name", functions.__all__)
def test_functions_pickle(name: str) -> None:
    function = getattr(ad, name)
    if name != "Number":
        assert pickle.loads(pickle.dumps(function)) is function


def test_blocks_decorate_without_brackets() -> None:
    x = Value(3.0)

    @ad.no_grad
    def square(v: Value) -> Value:
        """v*v"""
        return v * v

    assert square(x).parents == () and square.__doc__ == "v*v"
    assert (x * x).parents == (x, x)
    with pytest.raises(TypeError, match="no_grad decorates a function, not int"):
        ad.no_grad(3)  # type: ignore[call-overload]  # the mistake that is meant


TAKERS: dict[str, Any] = {
    "grad": ad.grad, "value_and_grad": ad.value_and_grad, "jacobian": ad.jacobian,
    "hessian": ad.hessian, "jit": ad.jit, "vmap": ad.vmap, "to_jax": ad.to_jax, "vjp": ad.vjp,
    "jvp": lambda f: ad.jvp(f, (1.0,), (1.0,)), "hvp": lambda f: ad.hvp(f, (1.0,), (1.0,)),
    "check_gradients": lambda f: ad.check_gradients(f, 1.0),
    "numerical_gradient": lambda f: ad.numerical_gradient(f, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_no_function_is_refused_at_once(name: str) -> None:
    """grad(3) was accepted, and failed where its result was called."""
    with pytest.raises(ad.OperandError, match=f"^{name} takes a function, not int"):
        TAKERS[name](3)
    with pytest.raises(ad.OperandError, match="a Value; for a Value there are backward"):
        TAKERS[name](Value(3.0))


def test_a_function_that_returns_a_container_is_told_so() -> None:
    with pytest.raises(ad.OperandError, match="what the function returned is a container of 2"):
        ad.grad(lambda x: [x, x])(1.0)  # type: ignore[arg-type,return-value]  # meant
