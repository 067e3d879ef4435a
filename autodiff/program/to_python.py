"""`to_python`: a Program as straight-line Python, as one would write backpropagation by hand."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Sequence
from dataclasses import replace

from autodiff.errors import OperandError, ShapeError
from autodiff.value import Value

from .inputs import Leaf, Tree
from .program import Program
from .python_text import Printer


def to_python(
    f_or_value: Value | Program | Callable[..., Tree], /, *examples: Tree, name: str | None = None
) -> str:
    """Readable Python source that computes a value and its gradient: forward, then backward.

    Takes a Value (whose graph is printed, as a function of its leaves), a Program, or a function
    together with `examples` of its arguments (for a function of numbers they may be left out).
    The source defines one function of the leaves, which returns the value (a tuple of values for
    several) and the tuple of derivatives. It runs on floats, where it equals the engine, and on
    NumPy arrays, entry by entry. Comments give the local derivatives of the chain rule.

    >>> x = Value(-4.499, label="x")
    >>> print(to_python((2 / (-x).exp().sin()).named("f")))
    from autodiff.program.elementwise import cos, exp, sin
    <BLANKLINE>
    <BLANKLINE>
    def f_and_gradient(x):
        # forward
        t0 = -x
        t1 = exp(t0)
        t2 = sin(t1)
        f = 2.0 / t2
        # backward: d_v is the derivative of the result by v
        d_f = 1.0
        d_t2 = d_f * (-f / t2)  # f = 2.0 / t2
        d_t1 = d_t2 * cos(t1)  # t2 = sin(t1)
        d_t0 = d_t1 * t1  # t1 = exp(t0)
        d_x = -d_t0  # t0 = -x
        return f, (d_x,)
    """
    program, title = program_for("to_python", f_or_value, examples)
    return Printer(program).source(name or title)


def program_for(name: str, f_or_value: object, examples: Sequence[Tree]) -> tuple[Program, str]:
    """The Program and the title of what a printer called `name` was given."""
    if isinstance(f_or_value, Value):
        label = f_or_value.label
        return Program.of(f_or_value), _identifier(label) if label else "value"
    if isinstance(f_or_value, Program):
        return f_or_value, "value"
    if not callable(f_or_value):
        kind = type(f_or_value).__name__
        raise OperandError(f"{name} takes a Value, a Program or a function, not {kind}")
    program = program_of(f_or_value, examples)
    return program, _identifier(getattr(f_or_value, "__name__", "value"))


def program_of(f: Callable[..., Tree], examples: Sequence[Tree]) -> Program:
    """The Program of a function, traced at examples of its arguments (at 0.5 where none)."""
    from .tracing.containers import flatten
    from .tracing.copied import rebuild
    from .tracing.traced_run import trace, trace_anywhere

    f = inspect.unwrap(f)
    if not examples:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = [
            parameter
            for parameter in inspect.signature(f).parameters.values()
            if parameter.kind in kinds and parameter.default is parameter.empty
        ]
        examples = tuple(Value(0.5, parameter.name) for parameter in parameters)
        run = trace_anywhere
    else:
        run = trace
    found: list[Leaf] = []
    flatten((tuple(examples), {}), found)
    numbers = [x if isinstance(x, Value) else Value(float(x)) for x in found]
    variant = run("to_python", f, rebuild(tuple(examples), iter(numbers), []), {}, numbers)
    if variant.results == 0:
        raise ShapeError("the function returned nothing that depends on its arguments")
    if variant.guards:
        raise OperandError(
            f"the function decides by numbers at {variant.guards[0].line}: a single Program "
            "cannot follow; use autodiff.where"
        )
    # What f computes and drops is run as well, but is no result.
    return replace(variant.program, outputs=variant.program.outputs[: variant.results])


def _identifier(name: str) -> str:
    return name if name.isidentifier() and not keyword.iskeyword(name) else "value"
