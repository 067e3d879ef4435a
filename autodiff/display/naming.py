"""A name for every node: the user's own where there is one, else a letter that is still free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from autodiff.leaves import Place, places
from autodiff.value import Value

from .notation import Name, parse_name
from .notation.names import Namesakes, automatic_names


def named(order: Sequence[Value], roots: Sequence[Value], names: Mapping[str, Any]) -> list[Name]:
    """The names of the nodes of a graph, all different.

    In this order: labels, the variable names in `names`, `f` for an unnamed output, and for the
    rest a, b, c, … in topological order. What looks the same counts as the same (x1, x_1, x₁).
    """
    given = {id(value): name for name, value in _variables(names)}
    labels = {
        index: parse_name(label)
        for index, value in enumerate(order)
        if (label := given.get(id(value)) if value.label is None else value.label) is not None
    }
    found: list[Name | None] = [None] * len(order)
    taken: set[str] = set()
    namesakes = Namesakes(set(map(str, labels.values())))

    def take(index: int, name: Name) -> None:
        """Of two nodes with one label the second gets a number that no label has."""
        found[index] = name = name if str(name) not in taken else namesakes.another(name)
        taken.add(str(name))

    for index, name in labels.items():
        take(index, name)
    outputs = {id(root) for root in roots}
    unnamed = [at for at, value in enumerate(order) if at not in labels and id(value) in outputs]
    for count, index in enumerate(unnamed, 1):
        name = Name("f", str(count) if len(unnamed) > 1 else "")
        if str(name) not in taken and order[index].primitive is not None:
            take(index, name)
    for index, name in network_names(order).items():
        if found[index] is None:
            take(index, name)
    fresh = automatic_names(taken)
    return [name if name is not None else next(fresh) for name in found]


def network_names(order: Sequence[Value]) -> dict[int, Name]:
    """Names of parameters and hidden values, for the models that `autodiff.leaves` is told about.

    w⁽¹⁾₂₁ is layer 1, neuron 2, input 1, and b⁽¹⁾₂ its bias; z⁽¹⁾₂ is its weighted sum, h⁽¹⁾₂ its
    output, ŷ that of the last layer, with the example in brackets where there are several.
    Layers are numbered as the values go through them.
    """
    known = _by_structure(order)
    known.update(places([value for value in order if value.primitive is None]))
    if not known:
        return {}
    number = {id(value): index for index, value in enumerate(order)}
    depth = [0] * len(order)
    users: list[list[int]] = [[] for _ in order]
    for index, value in enumerate(order):
        for parent in [number[id(each)] for each in value.parents if id(each) in number]:
            users[parent].append(index)
            depth[index] = max(depth[index], depth[parent] + 1)
    first: dict[int | str, int] = {}  # layers by where they are used first
    for identity, place in known.items():
        if not place.name and place.neuron:
            at = min((depth[user] for user in users[number[identity]]), default=0)
            first[_key(place)] = min(at, first.get(_key(place), at))
    layers = {layer: str(n) for n, layer in enumerate(sorted(first, key=first.__getitem__), 1)}
    found: dict[int, Name] = {}
    sums: dict[tuple[int | str, int], list[int]] = {}
    for identity, place in known.items():
        index, layer = number[identity], layers.get(_key(place), "")
        if place.name:
            found[index] = parse_name(place.name)
            continue
        numbers = [n for n in (place.neuron, place.input) if n]
        sub = ("," if max(numbers, default=0) > 9 else "").join(map(str, numbers))
        found[index] = Name("w" if place.input else "b", sub, layer=layer)
        if place.input < 2:  # the bias, or the first weight where there is none
            for user in users[index]:
                affine = order[user].primitive
                if affine is not None and affine.name == "affine":
                    calls = sums.setdefault((_key(place), place.neuron), [])
                    calls += [user] * (user not in calls)
    last = str(len(layers))
    widths = Counter(layer for layer, _ in sums)
    for (owner, neuron), calls in sums.items():
        layer, sub = layers.get(owner, ""), str(neuron) if neuron else ""
        for example, index in enumerate(sorted(calls), 1):
            mark = str(example) if len(calls) > 1 else ""
            after = order[users[index][0]] if len(users[index]) == 1 else None
            active = after is not None and len(after.operands) == 1
            final = layer == last
            alone = final and widths[owner] == 1
            out = Name("y" if final else "h", "" if alone else sub, "hat" if final else "",
                       layer="" if final else layer, example=mark)  # fmt: skip
            found[index] = Name("z", sub, layer=layer, example=mark) if active else out
            if active:
                found[users[index][0]] = out
    return found


def _key(place: Place) -> int | str:
    return place.layer if isinstance(place.layer, str) else id(place.layer)


def _by_structure(order: Sequence[Value]) -> dict[int, Place]:
    """Places of weights whose model is unknown or gone: a neuron is a fused weighted sum of leaves.

    Its layer is the number of such sums behind it.
    """
    level: dict[int, int] = {}
    layers: dict[int, dict[tuple[int, ...], int]] = {}
    found: dict[int, Place] = {}
    for value in order:
        behind = max((level.get(id(parent), 0) for parent in value.parents), default=0)
        level[id(value)] = behind
        if value.primitive is None or value.primitive.name != "affine":
            continue
        level[id(value)] += 1
        rows = len(value.operands) // 2
        own = (value.operands[-1], *value.operands[:rows])  # the bias is input 0
        if not all(_is_value(each) and each.primitive is None for each in own[1:]):
            continue
        neurons = layers.setdefault(behind, {})
        number = neurons.setdefault(tuple(map(id, own[1:])), len(neurons) + 1)
        for position, each in enumerate(own):
            if _is_value(each) and each.primitive is None and each.label is None:
                found.setdefault(id(each), Place(f"layer {behind}", number, position))
    if sum(map(len, layers.values())) == 1:  # a neuron alone has no layer
        found = {key: place._replace(neuron=0) for key, place in found.items()}
    return found


def _variables(names: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(name, Value) pairs, entries of lists included; of one Value the last pair counts."""
    pairs: list[tuple[str, Any]] = []
    for name, item in names.items():
        if name.startswith("_"):
            continue
        if _is_value(item):
            pairs.append((name, item))
        elif isinstance(item, (list, tuple)) and item and all(map(_is_value, item)):
            pairs += [(f"{name}_{index}", entry) for index, entry in enumerate(item)]
    return pairs[::-1]


def _is_value(item: Any) -> TypeGuard[Value]:
    return isinstance(item, Value)
