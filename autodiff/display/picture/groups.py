"""Which nodes a picture draws as one card: scopes, and the units of networks without scopes.

A scope may have been entered several times (a network applied to two inputs). Each connected
piece of it is a card of its own, and a scope whose result comes back into it (a recurrent cell)
is cut where it is entered again, so that collapsed graphs never have cycles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autodiff.display.snapshot import Graph, Node

#: a scope can be collapsed down to any prefix of this many names
_DEEPEST = 8

Label = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Some nodes that share a card, in topological order."""

    number: int
    name: str
    members: tuple[int, ...]
    outputs: tuple[int, ...]
    #: the scopes around it
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a picture, and the leaves that are part of several of them and not drawn."""

    of: dict[int, int]
    groups: tuple[Group, ...]
    hidden: frozenset[int] = field(default_factory=frozenset)

    def group_of(self, node: int) -> Group | None:
        """The group of a node, if it is in one."""
        number = self.of.get(node)
        return None if number is None else self.groups[number]

    def cards(self, graph: Graph) -> int:
        """How many cards the picture will have, constants not counted."""
        return len(graph) - len(self.of) - len(self.hidden) + len(self.groups)


def by_depth(graph: Graph, depth: int) -> Grouping:
    """Collapse scopes to their first `depth` names."""
    return _grouped(graph, [node.scope[:depth] for node in graph])


def by_name(graph: Graph, names: Iterable[str]) -> Grouping:
    """Collapse the scopes of these names, wherever they are nested. KeyError if there is none."""
    wanted, known = set(names), {name for node in graph for name in node.scope}
    if missing := wanted - known:
        listed = ", ".join(map(repr, sorted(known)[:12])) or "none"
        raise KeyError(f"no scope is called {min(missing)!r}; the graph has {listed}")
    labels: list[Label] = []
    for node in graph:
        at = next((i for i, name in enumerate(node.scope, 1) if name in wanted), 0)
        labels.append(node.scope[:at])
    return _grouped(graph, labels)


def deepest(graph: Graph) -> int:
    """The greatest nesting of scopes."""
    return min(max((len(node.scope) for node in graph), default=0), _DEEPEST)


def units(graph: Graph, depth: int = 2) -> Grouping:
    """The neurons (or, with `depth` 1, the layers) of a network that was built without scopes.

    A neuron is a fused weighted sum, its own leaves (weights and bias, used nowhere else), and an
    activation that is its only user. Its layer is the number of neurons behind it. A network that
    was called on several examples has a card for each of them.
    """
    uses = graph.uses
    sums: list[set[Neuron]] = [set() for _ in graph]
    for node in graph:
        own = _weights(node)
        for parent in node.parents:
            sums[parent].add(own if parent in own else ())
    labels: list[Label] = [()] * len(graph)
    level = [0] * len(graph)
    numbers: dict[int, dict[Neuron, int]] = {}
    calls: dict[Neuron, int] = Counter(own for node in graph if (own := _weights(node)))
    called: dict[Neuron, int] = Counter()
    hidden: set[int] = set()
    for node in graph:
        level[node.index] = max((level[parent] for parent in node.parents), default=0)
        own = _weights(node)
        if not own or any(graph.nodes[n].primitive is not None or sums[n] != {own} for n in own):
            continue
        layer = level[node.index] = level[node.index] + 1
        neuron = numbers.setdefault(layer, {}).setdefault(own, len(numbers[layer]) + 1)
        called[own] += 1
        example = f" [{called[own]}]" if calls[own] > 1 else ""
        names = f"layer {layer}", f"neuron {neuron}"
        label = (*names[: depth - 1], names[depth - 1] + example)
        labels[node.index] = label
        for leaf in own:
            if uses[leaf] > 1:
                hidden.add(leaf)
            else:
                labels[leaf] = label
    for node in graph:
        parents = node.parents
        alone = len(node.operands) == len(parents) == 1 and uses[parents[0]] == 1
        if alone and labels[parents[0]] and graph.nodes[parents[0]].primitive is not None:
            labels[node.index] = labels[parents[0]]
    return _grouped(graph, labels, pieces=False, hidden=hidden)


Neuron = tuple[int, ...]


def _weights(node: Node) -> Neuron:
    """The weights and the bias of a weighted sum; () if the node is no such sum."""
    terms = None if node.primitive is None else node.primitive.terms
    if terms is None or len(terms.factors) < 2:
        return ()
    start, rows = terms.split(node.operands)
    operands = [weight for weight, *_ in rows] + ([start] if terms.tail else [])
    return tuple(operand.node for operand in operands if operand.node is not None)


def _grouped(
    graph: Graph, labels: list[Label], pieces: bool = True, hidden: Iterable[int] = ()
) -> Grouping:
    hidden = _adopt_leaves(graph, labels).union(hidden)
    entered = _entries(graph, labels)
    keys = [(label, entered[index]) if label else None for index, label in enumerate(labels)]
    members = _by_key(_leaders(graph, keys) if pieces else keys)
    users = _users_outside(graph, members)
    groups = []
    for number, nodes in enumerate(members):
        *around, name = labels[nodes[0]]
        groups.append(Group(number, name, tuple(nodes), tuple(users[number]), tuple(around)))
    of = {node: group.number for group in groups for node in group.members}
    return Grouping(of, tuple(groups), frozenset(hidden))


def _adopt_leaves(graph: Graph, labels: list[Label]) -> set[int]:
    """Leaves that only one scope uses belong to it; returns those that all its pieces share.

    A leaf that the user has labelled is a variable of the problem and stays visible.
    """
    own = own_leaves(graph, labels)
    hidden = {leaf for leaf in own if graph.uses[leaf] > 1}
    for leaf, label in own.items():
        labels[leaf] = () if leaf in hidden else label
    return hidden


def own_leaves(graph: Graph, labels: Sequence[Label]) -> dict[int, Label]:
    """The unlabelled leaves that are used in one scope only, with that scope."""
    users: list[set[Label]] = [set() for _ in graph]
    for node in graph:
        for parent in node.parents:
            users[parent].add(labels[node.index])
    found = {}
    for node in graph:
        label, *others = users[node.index] or {()}
        own = node.label is None or labels[node.index] == label
        if label and own and not others and node.primitive is None:
            found[node.index] = label
    return found


def _entries(graph: Graph, labels: Sequence[Label]) -> list[int]:
    """How often a path to each node has left its own scope and come back.

    A scope is followed up to its last node: thousands of scopes, one after another, stay cheap.
    """
    last = {label: index for index, label in enumerate(labels)}
    entries = [0] * len(graph)
    seen: list[dict[Label, tuple[int, bool]]] = []
    for node in graph:
        merged: dict[Label, tuple[int, bool]] = {}
        label = labels[node.index]
        for parent in node.parents:
            inside = labels[parent] == label
            for name, (count, outside) in seen[parent].items():
                away = outside or (name == label and not inside)
                best = merged.get(name, (-1, False))
                merged[name] = max(best, (count, away))
        if label:
            count, away = merged.get(label, (0, False))
            entries[node.index] = count + away
            merged[label] = (count + away, False)
        later = ((name, entry) for name, entry in merged.items() if last[name] > node.index)
        seen.append({name: (count, outside or name != label) for name, (count, outside) in later})
    return entries


def _by_key(keys: Sequence[object]) -> list[list[int]]:
    members: dict[object, list[int]] = {}
    for index, key in enumerate(keys):
        members.setdefault(key, []).append(index)
    members.pop(None, None)
    return list(members.values())


def _leaders(graph: Graph, keys: Sequence[object]) -> list[int | None]:
    """For each node with a key the first of those with the same key that it is connected with."""
    leader = list(range(len(graph)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for node in graph:
        for parent in node.parents:
            if keys[parent] is not None and keys[parent] == keys[node.index]:
                a, b = find(parent), find(node.index)
                leader[max(a, b)] = min(a, b)
    return [None if key is None else find(index) for index, key in enumerate(keys)]


def _users_outside(graph: Graph, members: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each group the members that others use, or that are outputs of the graph."""
    group = {node: number for number, nodes in enumerate(members) for node in nodes}
    outputs: list[dict[int, None]] = [{} for _ in members]
    for node in graph:
        for parent in node.parents:
            number = group.get(parent)
            if number is not None and group.get(node.index) != number:
                outputs[number][parent] = None
    for root in graph.roots:
        if root in group:
            outputs[group[root]][root] = None
    return [sorted(found) for found in outputs]
