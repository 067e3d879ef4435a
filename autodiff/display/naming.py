"""A name for every node: the user's own where there is one, else a letter that is still free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .notation import Name, parse_name
from .notation.names import Namesakes, automatic_names

if TYPE_CHECKING:
    from autodiff.value import Value


def named(order: Sequence[Value], roots: Sequence[Value], names: Mapping[str, Any]) -> list[Name]:
    """The names of the nodes of a graph, all different.

    In this order: labels, the variable names in `names`, `f` for an unnamed output, and for the
    rest a, b, c, … in topological order. What looks the same counts as the same (x1, x_1, x₁).
    """
    given = {id(value): name for name, value in _variables(names)}
    wanted: list[Name | None] = []
    for value in order:
        label = value.label if value.label is not None else given.get(id(value))
        wanted.append(None if label is None else parse_name(label))
    outputs = {id(root) for root in roots}
    # Two nodes with the same label: the first keeps it, the others get a number that no label has.
    taken: set[str] = set()
    namesakes = Namesakes({str(name) for name in wanted if name is not None})
    found: list[Name | None] = []
    for name in wanted:
        if name is not None:
            name = name if str(name) not in taken else namesakes.another(name)
            taken.add(str(name))
        found.append(name)
    unnamed_outputs = [
        index for index, value in enumerate(order) if found[index] is None and id(value) in outputs
    ]
    for count, index in enumerate(unnamed_outputs):
        name = Name("f", str(count + 1) if len(unnamed_outputs) > 1 else "")
        if str(name) not in taken and order[index].primitive is not None:
            found[index] = name
            taken.add(str(name))
    fresh = automatic_names(taken)
    return [name if name is not None else next(fresh) for name in found]


def _variables(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, Value) pairs, entries of lists included; later pairs lose against earlier ones."""
    pairs: list[tuple[str, Any]] = []
    for name, item in names.items():
        if name.startswith("_"):
            continue
        if _is_value(item):
            pairs.append((name, item))
        elif isinstance(item, (list, tuple)) and item and all(map(_is_value, item)):
            pairs += [(f"{name}_{index}", entry) for index, entry in enumerate(item)]
    return iter(reversed(pairs))


def _is_value(item: Any) -> bool:
    return hasattr(type(item), "local_derivatives")
