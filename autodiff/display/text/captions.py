"""What is said about a step: one sentence, and the equations below it, in any output format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from autodiff.display.notation import Backend, Figure, Role, is_exact, shown, typeset
from autodiff.display.snapshot import Graph, Local, Node
from autodiff.display.steps import BackwardStep, ForwardStep, Step, Steps
from autodiff.formula import Apply, Constant, Formula

T = TypeVar("T")

#: longest path whose product the last step writes out, most leaves that it lists
LONGEST_PRODUCT, MOST_LEAVES = 7, 9
_LEAVES_PER_LINE = 3


def sentence(step: Step) -> str:
    """One sentence about the step, for people who see it for the first time."""
    if isinstance(step, ForwardStep):
        if step.expression is None:
            return f"{step.node.name} is an input: its value is given."
        return "Compute the value and keep it: the backward pass will need it."
    return _SENTENCES[step.kind](step)


def _seed_sentence(step: BackwardStep) -> str:
    name = step.receiver.name
    return f"The backward pass starts at the output: the derivative of {name} by itself is 1."


def _contribution_sentence(step: BackwardStep) -> str:
    if step.paths == 1:
        return "Local derivative first, then multiply by the upstream gradient."
    which = f"Path {step.path} of {step.paths} into {step.receiver.name}"
    if step.path == 1:
        return f"{which}: its contributions will be added up."
    return f"{which}: gradients over different paths add up."


def _skipped_sentence(step: BackwardStep) -> str:
    assert step.user is not None and step.local is not None
    receiver, user = step.receiver.name, step.user.name
    path = f" (path {step.path} of {step.paths})" if step.paths > 1 else ""
    if step.upstream is None:
        return f"Nothing arrives at {user}, so {receiver} gets no contribution here{path}."
    if step.local.condition is None:
        return f"{user} does not change with {receiver}: no contribution{path}."
    return f"{user} did not choose {receiver}, so {receiver} gets no contribution here{path}."


def _result_sentence(step: BackwardStep) -> str:
    return "Done: every input has its gradient."


_SENTENCES = {
    "seed": _seed_sentence,
    "contribution": _contribution_sentence,
    "skipped": _skipped_sentence,
    "result": _result_sentence,
}


def equations(steps: Steps, step: Step, backend: Backend[T]) -> list[T]:
    """The equations of a step."""
    writer = _Writer(steps, backend)
    if isinstance(step, ForwardStep):
        return [writer.forward(step)]
    return list(getattr(writer, step.kind)(step))


class _Writer(Generic[T]):
    """Writes equations with one back end."""

    def __init__(self, steps: Steps, backend: Backend[T]) -> None:
        self.steps = steps
        self.b = backend
        self.graph: Graph = steps.graph
        self.top = backend.name(steps.root.name)

    # ---- pieces --------------------------------------------------------------------------------

    def partial(self, by: Node, of: Node | None = None, role: Role = "grad") -> T:
        top = self.top if of is None else self.b.name(of.name)
        return self.b.colour(self.b.partial(top, self.b.name(by.name)), role)

    def relation(self, *values: float) -> T:
        return self.b.operator("=" if is_exact(self.b.digits, *values) else "≈")

    def number(self, value: float, role: Role, bracket: bool = False) -> T:
        out = self.b.number(value, role)
        return self.b.bracket(out) if bracket and shown(value).negative else out

    def product(self, factors: Sequence[tuple[float, Role]]) -> T:
        parts: list[T] = []
        for position, (value, role) in enumerate(factors):
            parts += [self.b.operator("·")] * (position > 0)
            parts.append(self.number(value, role, bracket=position > 0))
        return self.b.row(parts)

    # ---- steps ---------------------------------------------------------------------------------

    def forward(self, step: ForwardStep) -> T:
        result = self.b.strong(self.b.number(step.value, "value"))
        name = self.b.name(step.node.name)
        if step.expression is None:
            return self.b.row([name, self.relation(step.value), result])
        parts = [name, self.b.operator("="), typeset(step.expression, self.b)]
        numbers = self.graph.numbers(step.node)
        assert numbers is not None
        used = list(_figures(numbers))
        if isinstance(numbers, Apply):
            parts += [self.relation(*used), typeset(numbers, self.b)]
        return self.b.row([*parts, self.relation(*used, step.value), result])

    def seed(self, step: BackwardStep) -> Iterator[T]:
        one = self.b.strong(self.b.number(1.0, "grad"))
        yield self.b.row([self.partial(step.receiver), self.b.operator("="), one])

    def local(self, user: Node, receiver: Node, local: Local) -> T:
        """∂c/∂b = cos b ≈ cos(89.93) ≈ −0.3818"""
        assert local.value is not None
        parts = [self.partial(receiver, user, "local"), self.b.operator("=")]
        parts.append(self.b.colour(typeset(local.formula, self.b), "local"))
        if isinstance(local.formula, Constant):
            return self.b.row(parts)
        used = list(_figures(local.numbers))
        result = self.number(local.value, "local")
        if isinstance(local.numbers, Apply):
            parts += [self.relation(*used), typeset(local.numbers, self.b)]
        return self.b.row([*parts, self.relation(*used, local.value), result])

    def contribution(self, step: BackwardStep) -> Iterator[T]:
        assert step.user and step.local and step.upstream is not None
        assert step.local.value is not None and step.contribution is not None
        line = self.local(step.user, step.receiver, step.local)
        if step.local.condition is not None:
            holds = self.b.row([self.b.word(" because "), typeset(step.local.condition, self.b)])
            line = self.b.row([line, holds])
        yield line
        several = step.paths > 1
        factors: list[tuple[float, Role]] = [(step.upstream, "grad"), (step.local.value, "local")]
        result = self.number(step.contribution, "grad")
        chain = self.b.row(
            [
                self.partial(step.receiver),
                self.b.operator("+=" if several else "="),
                self.partial(step.user),
                self.b.operator("·"),
                self.partial(step.receiver, step.user, "local"),
                self.relation(step.upstream, step.local.value),
                self.product(factors),
                self.relation(step.upstream, step.local.value, step.contribution),
                result if several else self.b.strong(result),
            ]
        )
        yield chain
        if several:
            yield self.running_sum(step)

    def running_sum(self, step: BackwardStep) -> T:
        assert step.total is not None and step.contribution is not None
        parts = [self.partial(step.receiver)]
        before = self.before(step)
        total = self.b.strong(self.number(step.total, "grad"))
        if before is not None:
            parts += [
                self.relation(before, step.contribution),
                self.number(before, "grad"),
                self.b.operator("+"),
                self.number(step.contribution, "grad", bracket=True),
                self.relation(before, step.contribution, step.total),
                total,
            ]
        else:
            parts += [self.relation(step.total), total]
        if step.path < step.paths:
            parts.append(self.b.word(" so far"))
        return self.b.row(parts)

    def before(self, step: BackwardStep) -> float | None:
        """The running sum before this step; None for the first contribution."""
        if step.path == 1:
            return None
        for earlier in reversed(self.steps[: step.number - 1]):
            if isinstance(earlier, BackwardStep) and earlier.receiver is step.receiver:
                return earlier.total
        return None

    def skipped(self, step: BackwardStep) -> Iterator[T]:
        assert step.user and step.local
        parts = [self.partial(step.receiver, step.user, "local")]
        parts += [self.b.word(": "), self.b.word("no contribution")]
        if step.local.condition is not None and step.local.value is None:
            parts += [self.b.word(", "), typeset(step.local.condition, self.b)]
            parts.append(self.b.word(" does not hold"))
        yield self.b.row(parts)

    def result(self, step: BackwardStep) -> Iterator[T]:
        leaves = self.steps.leaves
        path = self.only_path()
        if path is not None:
            yield self.whole_product(path)
            return
        shown_leaves = leaves[:MOST_LEAVES]
        for first in range(0, len(shown_leaves), _LEAVES_PER_LINE):
            parts: list[T] = []
            for leaf in shown_leaves[first : first + _LEAVES_PER_LINE]:
                parts += [self.b.separator()] * bool(parts) + [self.gradient(leaf)]
            yield self.b.row(parts)
        if len(leaves) > MOST_LEAVES:
            yield self.b.word(f"… and {len(leaves) - MOST_LEAVES} more")

    def gradient(self, leaf: Node) -> T:
        """The finished derivative by a leaf: 0 where nothing has arrived."""
        value = self.steps.adjoints[leaf.index]
        total = self.b.strong(self.number(value or 0.0, "grad"))
        return self.b.row([self.partial(leaf), self.relation(value or 0.0), total])

    def only_path(self) -> list[BackwardStep] | None:
        """The steps along the only path, if there is only one and it is not too long."""
        chain = [step for step in self.steps.backward if step.kind in ("contribution", "skipped")]
        if any(step.paths > 1 or step.kind == "skipped" for step in chain):
            return None
        if len(self.steps.leaves) != 1 or not 1 < len(chain) <= LONGEST_PRODUCT:
            return None
        return chain

    def whole_product(self, path: Sequence[BackwardStep]) -> T:
        parts = [self.partial(path[-1].receiver), self.b.operator("=")]
        factors: list[tuple[float, Role]] = []
        for position, step in enumerate(path):
            assert step.user and step.local and step.local.value is not None
            parts += [self.b.operator("·")] * (position > 0)
            parts.append(self.partial(step.receiver, step.user, "local"))
            factors.append((step.local.value, "local"))
        total = path[-1].total
        assert total is not None
        numbers = [value for value, _ in factors]
        parts += [self.relation(*numbers), self.product(factors), self.relation(*numbers, total)]
        return self.b.row([*parts, self.b.strong(self.number(total, "grad"))])


def _figures(formula: Formula) -> Iterator[float]:
    """The numbers of a formula that may be shown rounded."""
    if isinstance(formula, (Figure, Constant)):
        yield formula.value
    elif isinstance(formula, Apply):
        for operand in formula.operands:
            yield from _figures(operand)
