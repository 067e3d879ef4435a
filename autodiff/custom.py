"""`@primitive`: a user's own elementary operation, on a par with the built-in ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from .call import call
from .errors import OperandError
from .opaque import traced
from .primitive import PRIMITIVES, Primitive, Rule

_BUILT_IN = frozenset(PRIMITIVES)


def primitive(
    *,
    local_derivatives: Sequence[Rule],
    textbook: Sequence[str] = (),
    domain: str | None = None,
    kink: str | None = None,
    source: str | None = None,
) -> Callable[[Callable[..., float]], Callable[..., Any]]:
    """Turn a function of floats into a primitive with the given local derivatives.

    `local_derivatives` has one function (z, x, y, ...) per argument; z is the output. They are
    called once, on symbols, so they use arithmetic and the functions of autodiff, and choose with
    `autodiff.where`. A function of `*xs` is n-ary and has one rule, for one of its arguments.
    Where the rule is written so, gradients, higher derivatives, pictures and compiled code all
    follow from it. The function itself is traced in the same way where that is safe, so that it is
    machine code too; where it decides by `if`, or calls the math module, Python computes it, and
    `jit(f).explain()` says so. `textbook` (the same derivatives as formulas in text) and `domain`
    ("x > 0") serve pictures, messages and tests.

    Raises OperandError when the number of rules is wrong or a rule cannot be traced.

    >>> @primitive(local_derivatives=[lambda z, x: 3 * x * x], textbook=["3*x**2"])
    ... def cube(x):
    ...     return x * x * x
    >>> from autodiff import Value
    >>> x = Value(2.0)
    >>> y = cube(x)
    >>> y.backward()
    >>> y.data, x.grad
    (8.0, 12.0)
    """

    def decorate(function: Callable[..., float]) -> Callable[..., Any]:
        parameters = list(inspect.signature(function).parameters.values())
        n_ary = len(parameters) == 1 and parameters[0].kind is parameters[0].VAR_POSITIONAL
        names = ["x"] if n_ary else [parameter.name for parameter in parameters]
        if len(local_derivatives) != len(names):
            raise OperandError(
                f"{function.__name__}: {len(local_derivatives)} local derivatives for "
                f"{len(names)} arguments; give one per argument"
            )
        name = function.__name__
        if name in _BUILT_IN or not name.isidentifier():
            name = f"{function.__module__}.{function.__qualname__}"

        def forward(*operands: float) -> float:
            return float(function(*operands))

        formula = None if n_ary else traced(function, names, _BUILT_IN)
        made = Primitive(
            name, forward, local_derivatives, textbook, variables=names, columns=int(n_ary),
            domain=domain, kink=kink, source=source,
            function=None if formula is None else lambda *_: formula,
            doc=(function.__doc__ or f"The primitive {name}.").strip().split("\n")[0],
        )  # fmt: skip
        made.strict = True
        _trace(made)
        PRIMITIVES[name] = made

        def public(*operands: Any) -> Any:
            if not n_ary and len(operands) != len(names):
                raise OperandError(f"{name} takes {len(names)} numbers, not {len(operands)}")
            return call(made, *operands)

        public.__name__ = public.__qualname__ = function.__name__
        public.__module__, public.__doc__ = function.__module__, function.__doc__
        public.primitive = made  # type: ignore[attr-defined]  # for those who want to look it up
        return public

    return decorate


def _trace(made: Primitive) -> None:
    """Trace the rules now, so that a mistake shows where the primitive is defined."""
    try:
        assert made.formulas is not None
    except Exception as error:
        raise OperandError(
            f"{made.name}: its local derivatives cannot be traced: {error}. They take (z, "
            f"{', '.join(made.variables)}) and use arithmetic and the functions of autodiff"
        ) from error
