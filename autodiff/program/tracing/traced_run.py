"""One run of a function on traced numbers, and what is to be refused of it."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Sequence

from autodiff.complaints import is_inside, is_library
from autodiff.graph import Node
from autodiff.modes import entered
from autodiff.program.inputs import Arguments, Leaf, Named, Tree, spread
from autodiff.value import Value
from autodiff.watched import Reads, remembered_reads

from .copied import Copied, rebuild
from .effects import refuse_changes, refuse_effects, refuse_leaks
from .objects import Objects
from .recording import Recording
from .returned import Shape
from .trace import TraceError
from .variant import Variant
from .watch import Watch


class Retrace(Exception):
    """A run gave no usable trace: the function raised, or caught what an operation raised."""


def trace(
    name: str, function: Callable[..., Tree], args: Arguments, kwargs: Named,
    numbers: Sequence[Leaf], exact: bool = True, settle: bool = False,
) -> Variant:  # fmt: skip
    """Run a function once on traced Values and keep what it did.

    Raises Retrace where the run cannot be kept and the eager function must decide, TraceError
    where the function does what a trace cannot hold.
    """
    recording = Recording(settle=settle)
    line = line_of(function)
    objects = Objects((args, kwargs))
    try:
        try:
            variant, reads = _traced(recording, name, function, args, kwargs, numbers, exact, line)
        finally:
            recording.close()
        reads.forget_the_dead()
        refuse_effects(objects, line)
        refuse_leaks(recording, line)
    except BaseException:
        objects.restore()
        raise
    watch = Watch(function, reads, variant.captured)
    variant.frozen, variant.watch = watch.frozen, watch or None
    variant.written = sorted({name for _, name in reads.written})
    return variant


def _traced(
    recording: Recording, name: str, function: Callable[..., Tree], args: Arguments, kwargs: Named,
    numbers: Sequence[Leaf], exact: bool, line: str,
) -> tuple[Variant, Reads]:  # fmt: skip
    """The same, the trace still open."""
    whole, numbers = numbers, spread(numbers)
    leaves: list[Node] = []
    arguments: list[Node] = []
    first: dict[int, Node] = {}
    for number in numbers:
        if isinstance(number, Value) and id(number) in first:
            leaves.append(first[id(number)])
            arguments.append(Value(0.0))  # a slot that nothing reads: the first one serves both
            continue
        leaf = recording.argument(number, getattr(number, "label", None))
        leaves.append(leaf)
        arguments.append(leaf)
        if isinstance(number, Value):
            first[id(number)] = leaf
    passive = {at for at, number in enumerate(numbers) if not isinstance(number, Value)}
    copies: list[Copied] = []
    traced_args, traced_kwargs = rebuild((args, kwargs), iter(leaves), copies)
    try:
        with (
            entered(
                observer=recording.observe,
                make=recording.make,
                asked=recording.asked,
                recording=True,
                scope=(),
            ),
            remembered_reads() as reads,
        ):
            box = [function(*traced_args, **traced_kwargs)]
    except TraceError:
        raise
    except Exception as error:
        recording.listed.judge()
        if recording.refused:
            raise recording.refused from None
        raise Retrace from error
    recording.listed.judge()
    if recording.refused:
        raise recording.refused
    if recording.raised:
        raise Retrace
    with entered(observer=recording.observe):  # an OrderedDict asks its keys for their hashes
        refuse_changes(copies, line)
        shape = Shape(box, copies, line, recording.nodes)
    return Variant(name, recording, whole, arguments, passive, shape, exact), reads


def line_of(function: Callable[..., Tree]) -> str:
    """Where a function is defined, for messages."""
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = function.func
    for each in (function, getattr(type(function), "forward", None), type(function).__call__):
        if (code := getattr(each, "__code__", None)) is not None:
            return f"{code.co_filename}:{code.co_firstlineno}"
    return getattr(function, "__name__", type(function).__name__)


def untraceable(name: str, cause: BaseException) -> TraceError:
    """The error for a function that works on plain numbers and not on those of a trace."""
    line = name
    for frame, number in traceback.walk_tb(cause.__traceback__):
        if not (is_inside(frame.f_globals.get("__name__", "")) or is_library(frame.f_code)):
            line = f"{frame.f_code.co_filename}:{number}"
    return TraceError(
        line,
        f"{type(cause).__name__}: {cause}: {name} records this function once on numbers that "
        "stand for others, and here something needs a plain one",
        "compute it outside, or pass it as a part of the structure (a string, None, an object)",
    )


def trace_anywhere(
    name: str,
    function: Callable[..., Tree],
    args: Arguments,
    kwargs: Named,
    numbers: Sequence[Leaf],
) -> Variant:
    """Trace where the numbers do not matter, at the first of some that f is defined for.

    `numbers` are the arguments' places as Values or floats, as for `trace`.
    """
    failure: BaseException | None = None
    for number in (0.5, 1.0, 2.0, 0.0, -0.5):
        examples = [
            Value(number, x.label) if isinstance(x, Value) else number if x == 0.5 else x
            for x in numbers
        ]
        try:
            return trace(name, function, args, kwargs, examples)
        except Retrace as error:
            failure = failure or error.__cause__
    assert failure is not None
    raise failure
