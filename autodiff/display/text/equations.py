"""The equations of a step, as data: written once, then set as text, MathML, LaTeX or speech.

Every equation is true as it stands. d is the whole derivative, the sum over all uses of a node;
∂ is one step by one operand alone; a running sum has no symbol, because it is not yet df/dx.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autodiff.display.notation import Backend, Figure, Role, T, figures, relation, typeset
from autodiff.display.snapshot import Graph, Local, Node
from autodiff.display.steps import BackwardStep, ForwardStep, Step, Steps
from autodiff.formula import Apply, Constant, Formula

#: longest path whose product the last step writes out, most leaves that it lists
LONGEST_PRODUCT, MOST_LEAVES = 7, 9
_LEAVES_PER_LINE = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equation. `role` colours it; narrow places leave `detail` out."""

    formula: Formula
    role: Role = ""
    strong: bool = False
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """Sides that are equal, with words before and after. `adds` is += before the second side."""

    sides: tuple[Side, ...]
    before: str = ""
    after: str = ""
    condition: Formula | None = None
    afterwards: str = ""
    adds: bool = False

    def short(self) -> Equation:
        """Without the details."""
        return replace(self, sides=tuple(side for side in self.sides if not side.detail))


def write(equation: Equation, backend: Backend[T]) -> T:
    """The equation in one format: ≈ between two sides where a number of either is rounded."""
    parts: list[T] = [backend.word(equation.before)] if equation.before else []
    before: list[float] = []
    for position, side in enumerate(equation.sides):
        numbers = figures(side.formula)
        if position:
            adds = equation.adds and position == 1
            sign = "+=" if adds else relation(backend.digits, *before, *numbers)
            parts.append(backend.operator(sign))
        before = numbers
        out = backend.colour(typeset(side.formula, backend, 2 * LONGEST_PRODUCT), side.role)
        parts.append(backend.strong(out) if side.strong else out)
    parts += [backend.word(equation.after)] if equation.after else []
    if equation.condition is not None:
        parts.append(typeset(equation.condition, backend))
    parts += [backend.word(equation.afterwards)] if equation.afterwards else []
    return backend.row(parts)


def equations(steps: Steps, step: Step) -> list[Equation]:
    """The equations of a step, the most important one first for a contribution's terminal line."""
    if isinstance(step, ForwardStep):
        return [_forward(steps.graph, step)]
    return list(_KINDS[step.kind](steps, step))


def _forward(graph: Graph, step: ForwardStep) -> Equation:
    """c = sin b ≈ sin(89.93) ≈ 0.9242"""
    left, result = Side(step.node.symbol), Side(Figure(step.value), "value", strong=True)
    asked, numbers = graph.condition(step.node), graph.numbers(step.node)
    if asked is not None:
        return Equation((left,), "", ": ", asked, " is true" if step.value else " is false")
    if step.expression is None or numbers is None:
        return Equation((left, result))
    return Equation((left, Side(step.expression), Side(numbers, detail=True), result))


def _seed(steps: Steps, step: BackwardStep) -> Iterator[Equation]:
    yield Equation((Side(steps.graph.whole(step.receiver)), _total(1.0)))


def _local(graph: Graph, user: Node, position: int, local: Local) -> Equation:
    """∂c/∂b = cos b ≈ cos(89.93) ≈ −0.3818"""
    assert local.value is not None
    left, alone = Side(graph.partial(user, position), "local"), isinstance(local.formula, Constant)
    value = Side(Figure(local.value, "local"), "local", detail=not (alone or local.kink))
    if local.kink:  # the formula has no meaning here: what was chosen is all there is
        return Equation((left, value), after=f" ({local.kink})")
    sides = [left] if alone else [left, Side(local.formula, "local")]
    if isinstance(local.numbers, Apply) and not alone:
        sides.append(Side(local.numbers, detail=True))
    asked = local.condition if not isinstance(local.condition, Constant) else None
    after = " because " if asked is not None else ""
    return Equation((*sides, value), after=after, condition=asked)


def _contribution(steps: Steps, step: BackwardStep) -> Iterator[Equation]:
    graph, left = steps.graph, Side(steps.graph.whole(step.receiver), "grad")
    assert step.user and step.local and step.upstream is not None and step.position is not None
    assert step.local.value is not None and step.contribution is not None
    yield _local(graph, step.user, step.position, step.local)
    symbols = (graph.whole(step.user), graph.partial(step.user, step.position))
    numbers = (Figure(step.upstream, "grad"), Figure(step.local.value, "local"))
    right = Side(Figure(step.contribution, "grad"), "grad", strong=not step.summed)
    sides = left, Side(Apply("mul", symbols)), Side(Apply("mul", numbers)), right
    yield Equation(sides, adds=step.summed)
    yield from _sum(steps, step)


def _skipped(steps: Steps, step: BackwardStep) -> Iterator[Equation]:
    assert step.user and step.local and step.position is not None
    asked, fails = step.local.condition, None
    after = ": no contribution"
    if step.local.kink:
        after += f" ({step.local.kink})"
    elif isinstance(asked, Constant):
        after += ", not chosen"
    elif asked is not None and step.local.value is None:
        after, fails = f"{after}, ", asked
    partial = Side(steps.graph.partial(step.user, step.position), "local")
    yield Equation((partial,), "", after, fails, "" if fails is None else " does not hold")
    yield from _sum(steps, step)


def _sum(steps: Steps, step: BackwardStep) -> Iterator[Equation]:
    """The running sum from the second contribution on; it is df/dx only after the last one."""
    if step.use == 1 or step.total is None:
        return
    last = step.use == step.uses
    sides = [Side(steps.graph.whole(step.receiver), "grad")] if last else []
    before = _before(steps, step)
    if before is not None and step.contribution is not None:
        terms = (Figure(before, "grad"), Figure(step.contribution, "grad"))
        sides.append(Side(Apply("add", terms)))
    elif not last:
        return
    yield Equation((*sides, _total(step.total)), before="" if last else "sum so far: ")


def _before(steps: Steps, step: BackwardStep) -> float | None:
    """The running sum before this step; None if nothing has arrived."""
    for earlier in reversed(steps[: step.number - 1]):
        if isinstance(earlier, BackwardStep) and earlier.receiver is step.receiver:
            return earlier.total
    return None


def _total(value: float) -> Side:
    return Side(Figure(value, "grad"), "grad", strong=True)


def _result(steps: Steps, step: BackwardStep) -> Iterator[Equation]:
    path = only_path(steps)
    if path is not None:
        yield _whole_product(steps, path)
        return
    for leaf in steps.leaves[:MOST_LEAVES]:  # 0 where nothing has arrived
        value = steps.adjoints[leaf.index] or 0.0
        yield Equation((Side(steps.graph.whole(leaf)), _total(value)))


def only_path(steps: Steps) -> list[BackwardStep] | None:
    """The steps along the only path, if there is only one and it is not too long."""
    chain = [step for step in steps.backward if step.kind in ("contribution", "skipped")]
    if any(step.summed or step.kind == "skipped" for step in chain):
        return None
    return chain if len(steps.leaves) == 1 and 1 < len(chain) <= LONGEST_PRODUCT else None


def _whole_product(steps: Steps, path: Sequence[BackwardStep]) -> Equation:
    """df/dx = ∂f/∂c · ∂c/∂b · … ≈ (−2.341) · (−0.3818) · … ≈ −80.39"""
    symbols: list[Formula] = []
    numbers: list[Formula] = []
    for step in path:
        assert step.user and step.position is not None
        assert step.local and step.local.value is not None
        symbols.append(steps.graph.partial(step.user, step.position))
        numbers.append(Figure(step.local.value, "local"))
    assert path[-1].total is not None
    sides = Side(Apply("mul", tuple(symbols))), Side(Apply("mul", tuple(numbers)))
    left = Side(steps.graph.whole(path[-1].receiver))
    return Equation((left, *sides, _total(path[-1].total)))


_KINDS = {"seed": _seed, "contribution": _contribution, "skipped": _skipped, "result": _result}


def lines(steps: Steps, step: Step, backend: Backend[T]) -> list[T]:
    """The equations of a step, set; the finished gradients share lines."""
    written = [write(equation, backend) for equation in equations(steps, step)]
    if not isinstance(step, BackwardStep) or step.kind != "result":
        return written
    rows = [
        backend.joined(written[first : first + _LEAVES_PER_LINE], backend.separator)
        for first in range(0, len(written), _LEAVES_PER_LINE)
    ]
    if (rest := len(steps.leaves) - len(written)) > 0 and only_path(steps) is None:
        rows.append(backend.word(f"… and {rest} more"))
    return rows
