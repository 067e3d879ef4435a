"""What a picture shows of a graph: a card per node, or per group of nodes, and the wires between.

From here on nothing is computed any more; the view decides what is visible (collapsed scopes, the
neighbourhood of one node) and what stands on every card.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from autodiff.display.notation import (
    DIGITS,
    Run,
    Runs,
    RunsBackend,
    Symbol,
    TextBackend,
    figures,
    plain,
    relation,
    typeset,
)
from autodiff.display.notation.names import harmless, written_out
from autodiff.display.notation.rewrite import SPELLED
from autodiff.display.snapshot import Graph, Local, Node
from autodiff.formula import Apply, Formula

from .groups import Group, Grouping, own_leaves

Kind = Literal["value", "constant", "group", "more"]

_LONGEST_HEADING = 34  # characters
_LONGEST_TITLE = 2000
_LONGEST_NAME = 10  # in a heading that would be too long


@dataclass(frozen=True, slots=True)
class Card:
    """A card or pill. `node` is the node whose value and gradient it shows."""

    key: str
    kind: Kind
    heading: Runs
    title: str
    node: int | None = None
    value: float | None = None
    grad: float | None = None
    #: for frames around scopes
    scope: tuple[str, ...] = ()
    #: an input: worksheets show its value
    given: bool = False
    #: a condition: its value is true or false
    truth: bool = False
    #: a line below the numbers
    note: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A wire between cards, by their positions in the view.

    A link between two nodes knows its local derivative; one that enters a group knows the
    derivative of the group's output by the source, `weight`.
    """

    key: str
    source: int
    target: int
    rank: int
    title: str = ""
    local: Local | None = None
    constant: bool = False
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Cards and links of one picture."""

    graph: Graph
    cards: tuple[Card, ...]
    links: tuple[Link, ...]
    #: what its group cards stand for, by their number
    grouping: Grouping | None = None

    def with_formulas(self) -> View:
        """The same view with the local derivatives on its wires."""
        links = tuple(map(self._with_formula, self.links))
        cards = list(self.cards)
        for link in links:
            if link.local is not None and link.local.kink:
                cards[link.target] = replace(cards[link.target], note=link.local.kink)
        return replace(self, cards=tuple(cards), links=links)

    def _with_formula(self, link: Link) -> Link:
        user, source = self.cards[link.target].node, self.cards[link.source].node
        if link.constant or not link.key.startswith("e") or user is None or source is None:
            return link
        node = self.graph.nodes[user]
        local = self.graph.local(node, link.rank)
        about = link_title(self.graph, node, link.rank, local)
        return replace(link, local=local, title=about)

    def with_grads(self, grad_of: Callable[[int], float | None]) -> View:
        """The same view with other gradients on its cards, by the number of the node."""
        cards = [c if c.node is None else replace(c, grad=grad_of(c.node)) for c in self.cards]
        return replace(self, cards=tuple(cards))

    @property
    def size(self) -> int:
        """How many cards there are; constants are none."""
        return sum(card.kind in ("value", "group") for card in self.cards)

    def position(self, node: int) -> int | None:
        """The card that shows a node."""
        return next((i for i, card in enumerate(self.cards) if card.node == node), None)


def whole(graph: Graph, grouping: Grouping | None = None, digits: int = DIGITS) -> View:
    """The view of a graph; groups become one card each."""
    return _Builder(graph, grouping or Grouping({}, ()), digits).view()


class _Builder:
    def __init__(self, graph: Graph, grouping: Grouping, digits: int) -> None:
        self.graph = graph
        self.digits = digits
        self.grouping = grouping
        self.runs = RunsBackend(digits)
        self.cards: list[Card] = []
        self.links: list[Link] = []
        self.card_of: dict[int, int] = {}
        self.scopes = own_leaves(graph, [node.scope for node in graph])

    def view(self) -> View:
        for node in self.graph:
            if node.index in self.grouping.hidden:
                continue
            group = self.grouping.group_of(node.index)
            if node.index in self.card_of:
                continue
            for member in (node.index,) if group is None else group.members:
                self.card_of[member] = len(self.cards)
            self.cards.append(self.value_card(node) if group is None else self.group_card(group))
        for node in self.graph:
            if node.index in self.card_of and node.index not in self.grouping.of:
                self.join(node)
        for group in self.grouping.groups:
            self.join_group(group)
        return View(self.graph, tuple(self.cards), tuple(self.links), self.grouping)

    # ---- cards ---------------------------------------------------------------------------------

    def value_card(self, node: Node) -> Card:
        return Card(
            f"n{node.index}", "value", heading(self.graph, node, self.digits), whole_label(node),
            node.index, node.value, node.grad,
            self.scopes.get(node.index, node.scope),
            node.primitive is None, self.graph.condition(node) is not None,
        )  # fmt: skip

    def group_card(self, group: Group) -> Card:
        outputs = group.outputs
        node = self.graph.nodes[outputs[0]] if len(outputs) == 1 else None
        about = f"{written_out(group.name[:_LONGEST_TITLE])} ({len(group.members)} nodes)"
        name: Runs = (Run(harmless(group.name)),)
        if node is not None and (node.name.layer or node.name.example or node.name.accent):
            name = self.runs.name(node.name)  # h⁽¹⁾₂[3] says more than "neuron 2"
        card = Card(f"g{group.number}", "group", name, about, scope=group.scope)
        if node is None:
            return card
        return replace(card, node=node.index, value=node.value, grad=node.grad)

    def constant(self, value: float, node: Node, rank: int) -> int:
        key = f"c{node.index}_{rank}"
        self.cards.append(
            Card(key, "constant", self.runs.number(value, "value"), f"the constant {value!r}",
                 value=value, scope=node.scope)
        )  # fmt: skip
        return len(self.cards) - 1

    # ---- links ---------------------------------------------------------------------------------

    def join(self, node: Node) -> None:
        target = self.card_of[node.index]
        for rank, operand in enumerate(node.operands):
            key = f"e{node.index}_{rank}"
            if operand.node is None:
                source = self.constant(operand.value, node, rank)
                self.links.append(Link(key, source, target, rank, constant=True))
            elif operand.node not in self.grouping.hidden:
                self.links.append(Link(key, self.card_of[operand.node], target, rank))

    def join_group(self, group: Group) -> None:
        target = self.card_of[group.members[0]]
        weights = group_derivatives(self.graph, group)
        for rank, (node, weight) in enumerate(weights.items()):
            if node not in self.grouping.hidden:
                key, source = f"h{group.number}_{rank}", self.card_of[node]
                self.links.append(Link(key, source, target, rank, weight=weight))


def group_derivatives(graph: Graph, group: Group) -> dict[int, float | None]:
    """The nodes that a group reads, in order, with the derivative of its output by each."""
    members = set(group.members)
    found: dict[int, float | None] = {}
    adjoints = dict.fromkeys(group.outputs if len(group.outputs) == 1 else (), 1.0)
    for index in reversed(group.members):
        node = graph.nodes[index]
        upstream = adjoints.get(index)
        for position, operand in enumerate(node.operands):
            if operand.node is None:
                continue
            local = graph.local_value(node, position) if upstream is not None else None
            gain = upstream * local if upstream is not None and local is not None else None
            if operand.node not in members:
                before = found.setdefault(operand.node, None)
                if gain is not None:
                    found[operand.node] = gain + (before or 0.0)
            elif gain is not None:
                adjoints[operand.node] = adjoints.get(operand.node, 0.0) + gain
    return found


def heading(graph: Graph, node: Node, digits: int = DIGITS) -> Runs:
    """`c = sin b`, shortened when it would be too long for a card."""
    backend = RunsBackend(digits)
    name = backend.name(node.name)
    expression = graph.expression(node)
    if expression is None or node.primitive is None:
        return name
    sign = backend.operator(relation(digits, *figures(expression)))
    for formula in (expression, _abridged(expression)):
        runs = (*name, *sign, *typeset(formula, backend))
        if len(plain(runs)) <= _LONGEST_HEADING:
            return runs
    known = node.primitive.reads is None and node.primitive.name not in SPELLED
    return (*name, Run(f" = {node.primitive.name}(…)" if known else " = …"))


def _abridged(formula: Formula) -> Formula:
    """The formula with long names cut."""
    if isinstance(formula, Apply):
        return Apply(formula.name, tuple(map(_abridged, formula.operands)))
    if isinstance(formula, Symbol) and len(formula.shown.base) > _LONGEST_NAME:
        cut = formula.shown.base[: _LONGEST_NAME - 1].rstrip("…") + "…"
        if cut.startswith("\u2068"):  # an isolate that names.harmless opened is closed again
            cut += "\u2069"
        return replace(formula, shown=replace(formula.shown, base=cut))
    return formula


def whole_label(node: Node) -> str:
    """The label as the user wrote it, if it is shorter than a page."""
    if node.label is None:
        return str(node.name)
    long = len(node.label) > _LONGEST_TITLE
    return written_out(node.label[:_LONGEST_TITLE] + "…" * long)


def link_title(graph: Graph, user: Node, position: int, local: Local) -> str:
    """The tooltip of a wire."""
    backend = TextBackend()
    if local.value is None:
        receiver = graph.nodes[user.operands[position].node or 0]
        return f"{receiver.name} gets no contribution from {user.name}"
    partial = typeset(graph.partial(user, position), backend)
    if local.kink:  # the formula has no meaning here
        return f"{partial} = {local.value!r}; {local.kink}"
    text = typeset(local.formula, backend)
    sign = relation(backend.digits, *figures(local.formula))
    return f"{partial} {sign} {text} {sign} {local.value!r}"
