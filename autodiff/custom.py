"""`@primitive`: a user's own elementary operation, on a par with the built-in ones."""

from __future__ import annotations

import functools
import inspect
import keyword
import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol, cast, overload

from .call import call
from .errors import OperandError
from .locks import fork_safe
from .number import Operand
from .opaque import traced
from .primitive import PRIMITIVES, Primitive, Rule
from .reals import Real
from .value import Value

_BUILT_IN = frozenset(PRIMITIVES)
#: how users' primitives were defined: by the function and its rules
_definitions: dict[str, tuple[Any, tuple[Any, ...]]] = {}
_naming = fork_safe()


if TYPE_CHECKING:

    class Elementary(Protocol):
        """A user's primitive: a function of numbers that carries its `Primitive`."""

        primitive: Any

        @overload
        def __call__(self, *operands: Real) -> float: ...
        @overload
        def __call__(self, *operands: Operand) -> Value: ...

else:  # nobody asks at run time
    Elementary = Callable[..., Any]


def primitive(
    *,
    local_derivatives: Sequence[Rule],
    textbook: Sequence[str] = (),
    domain: str | None = None,
    kink: str | None = None,
    source: str | None = None,
) -> Callable[[Callable[..., float]], Elementary]:
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

    def decorate(function: Callable[..., float]) -> Elementary:
        parameters = list(inspect.signature(function).parameters.values())
        n_ary = len(parameters) == 1 and parameters[0].kind is parameters[0].VAR_POSITIONAL
        names = ["x"] if n_ary else [parameter.name for parameter in parameters]
        if len(local_derivatives) != len(names):
            raise OperandError(
                f"{function.__name__}: {len(local_derivatives)} local derivatives for "
                f"{len(names)} arguments; give one per argument"
            )
        definition = function, tuple(local_derivatives)

        def forward(*operands: float) -> float:
            return float(function(*operands))

        formula = None if n_ary else traced(function, names, _BUILT_IN)
        with _naming:
            name = _name(definition)
            made = Primitive(
                name, forward, local_derivatives, textbook, variables=names, columns=int(n_ary),
                domain=domain, kink=kink, source=source,
                function=None if formula is None else lambda *_: formula,
                doc=(function.__doc__ or f"The primitive {name}.").strip().split("\n")[0],
            )  # fmt: skip
            made.strict = True
            made.home = function.__module__, function.__qualname__
            try:  # now, so that a mistake shows where the primitive is defined
                assert made.formulas is not None
            except Exception as error:
                raise OperandError(
                    f"{name}: its local derivatives cannot be traced: {error}. They take (z, "
                    f"{', '.join(names)}) and use arithmetic and the functions of autodiff"
                ) from error
            PRIMITIVES[name] = made
            _definitions[name] = definition

        @functools.wraps(function)
        def public(*operands: Any) -> Any:
            if not n_ary and len(operands) != len(names):
                raise OperandError(f"{name} takes {len(names)} numbers, not {len(operands)}")
            return call(made, *operands)

        public.primitive = made  # type: ignore[attr-defined]  # for those who want to look it up
        return cast("Elementary", public)

    return decorate


def _name(definition: tuple[Any, tuple[Any, ...]]) -> str:
    """The name of a new primitive, which no other one has: graphs, rules and machines go by it.

    A cell of a notebook that is run again defines the same primitive; the next product of a
    factory is another one, `power_2`.
    """
    function, _ = definition
    first = re.sub(r"\W+", "_", function.__name__).strip("_")
    if first in _BUILT_IN or not first.isidentifier() or keyword.iskeyword(first):
        first = re.sub(r"[\W_]+", "_", f"{function.__module__}.{function.__name__}").strip("_")
    name, number = first, 1
    while name in PRIMITIVES and not _is_same(definition, _definitions.get(name)):
        number += 1
        name = f"{first}_{number}"
    return name


def _is_same(one: tuple[Any, tuple[Any, ...]], other: tuple[Any, tuple[Any, ...]] | None) -> bool:
    """Whether two definitions are the same code, which sees the same numbers."""
    if other is None or len(one[1]) != len(other[1]):
        return False
    pairs = zip((one[0], *one[1]), (other[0], *other[1]), strict=True)
    return all(a is b or _sees(a) == _sees(b) is not None for a, b in pairs)


def _sees(function: Any) -> Any:
    """The code and the place of a plain function; None where it has numbers of its own."""
    if not isinstance(function, FunctionType) or function.__closure__ or function.__defaults__:
        return None
    return function.__code__, id(function.__globals__), function.__kwdefaults__
