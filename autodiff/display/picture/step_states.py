"""What the picture shows at each step: the stepper's script and the SVG frames say the same.

The layout never changes from step to step. A step only decides which numbers have been computed,
which card receives something, and which wire carries it.
"""

from __future__ import annotations

from autodiff.display.steps import BackwardStep, ForwardStep, Step, Steps

from .cards import CardState
from .composed import Moment
from .view import View
from .wires import WireState


def moment_at(steps: Steps, view: View, number: int) -> Moment:
    """The state of every card and wire at step `number`, counted from 1."""
    step = steps[number - 1]
    if isinstance(step, ForwardStep):
        return _forward(steps, view, step)
    return _backward(steps, view, step)


def _forward(steps: Steps, view: View, step: ForwardStep) -> Moment:
    now = step.node.index
    read = set(step.node.parents)
    cards, wires = {}, {}
    for card in view.cards:
        if card.node is not None:
            states = ("computed",) if card.node == now else ("read",) if card.node in read else ()
            known = card.node <= now
            cards[card.key] = CardState(states, not known, card.value if known else None)
    for link in view.links:
        user = view.cards[link.target].node
        assert user is not None
        carries = ("carries",) if user == now else ()
        wires[link.key] = WireState(carries, user > now, labelled=False)
        if link.constant:
            source = view.cards[link.source]
            cards[source.key] = CardState((), user > now, source.value)
    return Moment(cards, wires)


def _backward(steps: Steps, view: View, step: BackwardStep) -> Moment:
    grads: dict[int, float | None] = {}
    done: set[str] = set()
    for earlier in steps[: step.number]:
        if isinstance(earlier, BackwardStep) and earlier.kind != "result":
            grads[earlier.receiver.index] = earlier.total
            if (key := wire_key(earlier)) is not None:
                done.add(key)
    nothing = 0.0 if step.kind == "result" else None
    cards, wires = {}, {}
    for card in view.cards:
        shown = CardState(value=card.value)
        if card.node is not None:
            grad = grads.get(card.node)
            states = card_states(steps, step, card.node)
            shown = CardState(states, False, card.value, nothing if grad is None else grad)
        cards[card.key] = shown
    flows = step.kind != "skipped"
    active = WireState(("flows" if flows else "blocked",), backwards=flows)
    for link in view.links:
        waiting = WireState(labelled=link.key in done)
        wires[link.key] = active if link.key == wire_key(step) else waiting
    return Moment(cards, wires)


def card_states(steps: Steps, step: BackwardStep, node: int) -> tuple[str, ...]:
    """How a backward step marks a card."""
    reads = step.local.reads if step.local is not None and step.kind == "contribution" else ()
    sends = step.user is not None and node == step.user.index
    leaf = step.kind == "result" and steps.graph.nodes[node].primitive is None
    receives = leaf or (step.kind != "result" and node == step.receiver.index)
    return ("read", "lit") * (node in reads) + ("sender",) * sends + ("receiver",) * receives


def wire_key(step: Step) -> str | None:
    """The key of the wire that a backward step runs along."""
    if isinstance(step, BackwardStep) and step.user is not None:
        return f"e{step.user.index}_{step.position}"
    return None
