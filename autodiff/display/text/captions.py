"""What is said about a step: one sentence that is true of this very step."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff.display.notation import DIGITS, TextBackend, relation, shown, typeset
from autodiff.display.notation.text import ordinal
from autodiff.display.steps import BackwardStep, ForwardStep, Step, Steps
from autodiff.display.steps import steps as steps_of
from autodiff.value import Value

from .equations import only_path

_TEXT = TextBackend()
_LISTED = 3  # names or derivatives in one sentence


def sentence(steps: Steps, step: Step, text: TextBackend = _TEXT) -> str:
    """One sentence about the step, for people who see it for the first time."""
    if isinstance(step, ForwardStep):
        return forward_sentence(steps, step, steps.readers[step.node.index], text)
    return _SENTENCES[step.kind](steps, step, text)


def _listed(words: Sequence[str]) -> str:
    """a, b and c; a long list is cut."""
    words = list(dict.fromkeys(words))
    if len(words) > _LISTED + 1:
        return f"{', '.join(words[:_LISTED])} and {len(words) - _LISTED} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def forward_sentence(
    steps: Steps, step: ForwardStep, readers: Sequence[tuple[int, int]], text: TextBackend = _TEXT
) -> str:
    """The sentence of a forward step whose value these local derivatives read."""
    name, graph = text.name(step.node.name), steps.graph
    if step.expression is None:
        return f"{name} is an input: its value is given."
    operands = [text.name(graph.nodes[parent].name) for parent in step.node.parents]
    start = f"Compute {name} from {_listed(operands)}" if operands else f"Compute {name}"
    start += ", the output" * (step.node is steps.root)
    if readers:
        wanted = [typeset(graph.partial(graph.nodes[u], at), text) for u, at in readers[:9]]
        return f"{start}, and keep it: the backward pass needs it for {_listed(wanted)}."
    return f"{start}. No local derivative reads its value."


def _seed(steps: Steps, step: BackwardStep, text: TextBackend) -> str:
    name = text.name(step.receiver.name)
    return f"The backward pass starts at the output: the derivative of {name} by itself is 1."


def _contribution(steps: Steps, step: BackwardStep, text: TextBackend) -> str:
    assert step.user and step.local and step.position is not None
    graph, receiver, user = steps.graph, text.name(step.receiver.name), text.name(step.user.name)
    arrived = typeset(graph.whole(step.user), text)
    wanted = typeset(graph.whole(step.receiver), text)
    if step.local.kink:
        return f"{_use(step, wanted)}{user} has a kink: {step.local.kink}."
    if not step.summed:
        value = step.local.value or 0.0
        slope = _number(value)
        if not step.local.reads and abs(value) == 1.0:
            way, what = ("with", "as it is") if value == 1.0 else ("against", "with the other sign")
            return (
                f"{user} moves one for one {way} {receiver}: "
                f"what has arrived at {user}, {arrived}, is passed on {what}."
            )
        if not step.local.reads:
            return (
                f"{user} changes {slope} times as fast as {receiver}, wherever it is; "
                f"what has arrived at {user}, {arrived}, is multiplied by that."
            )
        at = [graph.nodes[node] for node in step.local.reads]
        where = _listed([f"{text.name(node.name)} {_number(node.value, sign=True)}" for node in at])
        return (
            f"At {where}, {user} changes {slope} times as fast as {receiver}; "
            f"multiply that by what has arrived at {user}, {arrived}."
        )
    by, slot = receiver, graph.slot(step.user, step.position)
    if slot:
        by = f"the {ordinal(slot)} {receiver}"
    if step.use == 1:
        return f"{_use(step, wanted)}through {by} in {user}. The contributions add up."
    end = f"; {wanted} is complete" if step.use == step.uses else ""
    return f"{_use(step, wanted)}through {by} in {user}{end}."


def _number(value: float, sign: bool = False) -> str:
    """`2`, `≈ 0.3333`; with an = sign where asked for."""
    return f"{relation(DIGITS, value, exact='= ' if sign else '', rounded='≈ ')}{shown(value)}"


def _use(step: BackwardStep, wanted: str) -> str:
    return f"Contribution {step.use} of {step.uses} to {wanted}: " if step.summed else ""


def _skipped(steps: Steps, step: BackwardStep, text: TextBackend) -> str:
    assert step.user is not None and step.local is not None
    receiver, user = text.name(step.receiver.name), text.name(step.user.name)
    wanted = typeset(steps.graph.whole(step.receiver), text)
    start = _use(step, wanted)
    if step.upstream is None:
        return f"{start}nothing arrives at {user}, so {receiver} gets no contribution here."
    if step.local.kink:
        return f"{start}{user} has a kink: {step.local.kink}, so {receiver} gets no contribution."
    if steps.graph.condition(steps.graph.nodes[step.receiver.index]) is not None:
        return f"{receiver} decides which branch {user} takes: a decision has no derivative."
    if step.local.condition is None:
        return f"{start}{user} does not change with {receiver}, so there is none."
    return f"{start}{user} did not choose {receiver}, so {receiver} gets no contribution here."


def _result(steps: Steps, step: BackwardStep, text: TextBackend) -> str:
    alone = only_path(steps) is not None
    what = "along the only path, the local derivatives multiply"
    return f"Done: {what if alone else 'every input has its gradient'}."


_SENTENCES = {
    "seed": _seed, "contribution": _contribution, "skipped": _skipped, "result": _result
}  # fmt: skip


def kinks(value: Value) -> list[str]:
    """What was chosen where there is no derivative: `|x| at x = 0: no derivative here; …`."""
    passes = steps_of(value)
    found: dict[str, None] = {}
    for step in passes.backward:
        if step.local is not None and step.local.kink and step.user is not None:
            expression = passes.graph.expression(step.user)
            assert expression is not None
            at = f"{step.receiver.name} {_number(step.receiver.value, sign=True)}"
            found[f"{typeset(expression, _TEXT)} at {at}: {step.local.kink}"] = None
    return list(found)
