"""The picture of a model: units as circles, weights as wires that show their size and sign.

Any object draws itself that answers `__architecture__()` with its layers: for each neuron the
weights, the bias (None without one) and the name of the activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from autodiff.display.layout import Layout
from autodiff.display.notation import Name, RunsBackend, plain, shown
from autodiff.errors import OperandError

from .paint import Painter
from .svg import clean, document, element, number, spans
from .text_width import text_width

Neuron = tuple[Sequence[float], float | None, str]

_RADIUS, _BETWEEN, _COLUMN, _MARGIN, _HEAD = 17.0, 54.0, 190.0, 26.0, 44.0
#: more units of a layer are not told apart: the middle ones are left out
_MOST = 24


class Architecture(Protocol):
    """A model that can say what its layers are."""

    def __architecture__(self) -> list[list[Neuron]]:
        """For each layer, for each neuron: weights, bias, activation."""


class Network:
    """A model as a picture: what `Drawing` needs of one."""

    def __init__(self, layers: Sequence[Sequence[Neuron]], title: str, digits: int = 4) -> None:
        inputs = max((len(weights) for weights, _, _ in layers[0]), default=0)
        self.sizes: list[int] = [inputs, *map(len, layers)]
        self.layers = layers
        self.title = title
        self.digits = digits
        self.strongest: float = max(
            (abs(w) for layer in layers for weights, _, _ in layer for w in weights), default=0.0
        )
        tallest = max(min(size, _MOST) for size in self.sizes)
        width = 2 * _MARGIN + 2 * _RADIUS + _COLUMN * len(layers) + 30.0
        height = _HEAD + 2 * _MARGIN + _BETWEEN * (tallest - 1) + 2 * _RADIUS
        self.layout: Layout = Layout([], [], width, height)

    def svg(self, painter: Painter, *, background: str | None = None) -> str:
        """The complete document."""
        out = [wire for column in range(len(self.layers)) for wire in self._wires(column, painter)]
        out += [unit for column in range(len(self.sizes)) for unit in self._units(column, painter)]
        size = self.layout.width, self.layout.height
        return document(self.title, *size, background, "".join(out))

    def _shown(self, column: int) -> list[int | None]:
        """The units of a column from above, None for those that are left out."""
        size = self.sizes[column]
        if size <= _MOST:
            return list(range(size))
        half = _MOST // 2
        return [*range(half), None, *range(size - half + 1, size)]

    def _at(self, column: int, row: int) -> tuple[float, float]:
        count = len(self._shown(column))
        middle = _HEAD + (self.layout.height - _HEAD) / 2
        y = middle + (row - (count - 1) / 2) * _BETWEEN
        return _MARGIN + _RADIUS + column * _COLUMN, y

    def _wires(self, column: int, painter: Painter) -> list[str]:
        rows = {unit: row for row, unit in enumerate(self._shown(column)) if unit is not None}
        found: list[tuple[float, str]] = []
        for row, unit in enumerate(self._shown(column + 1)):
            weights = self.layers[column][unit][0] if unit is not None else ()
            for source, weight in enumerate(weights):
                if source in rows:
                    ends = self._at(column, rows[source]), self._at(column + 1, row)
                    name = RunsBackend().name(_parameter("w", column, (unit or 0) + 1, source + 1))
                    found.append((abs(weight), self._wire(ends, weight, name, painter)))
        return [wire for _, wire in sorted(found, key=lambda pair: pair[0])]

    def _wire(self, ends: Any, weight: float, name: Any, painter: Painter) -> str:
        """Blue is positive; orange and dashed is negative: colour is never the only difference."""
        (x0, y0), (x1, y1) = ends
        strength = min(abs(weight) / self.strongest, 1.0) if self.strongest else 0.0
        theme = painter.theme
        look: dict[str, str | float] = {
            "d": f"M{number(x0 + _RADIUS)} {number(y0)}L{number(x1 - _RADIUS)} {number(y1)}",
            "stroke": theme.grad if weight < 0 else theme.value,
            "stroke-width": 0.6 + 4.4 * strength,
            "stroke-opacity": 0.25 + 0.65 * strength,
        }
        if weight < 0:
            look["stroke-dasharray"] = "7 3"
        title = f"<title>{clean(plain(name))} = {weight!r}</title>"
        return element("g", {}, title + element("path", look))

    def _units(self, column: int, painter: Painter) -> list[str]:
        theme, out = painter.theme, []
        units = self.layers[column - 1] if column else ()
        kinds = list(dict.fromkeys(activation for _, _, activation in units))
        head = "inputs" if not column else f"layer {column}"
        x = self._at(column, 0)[0]
        for line, words in enumerate([head, "/".join(kinds)]):
            y = _MARGIN + 14.0 * line - 6.0
            out.append(painter.text("caption", (x, y), 11.0, clean(words)))
        for row, unit in enumerate(self._shown(column)):
            x, y = self._at(column, row)
            if unit is None:
                out.append(painter.text("name", (x, y + 5), 16.0, "⋮"))
                continue
            place: dict[str, str | float] = {"cx": x, "cy": y, "r": _RADIUS}
            look = {"fill": theme.card, "stroke": theme.wire, "stroke-width": "1.4"}
            name = Name("x", str(unit + 1)) if not column else self._output(column, unit)
            runs = RunsBackend().name(name)
            width = max(text_width(plain(runs), 14.0, "serif"), 1.0)
            size = min(14.0, 14.0 * 1.7 * _RADIUS / width)
            title = f"<title>{clean(str(name))}</title>"
            if column and (bias := units[unit][1]) is not None:
                about = str(_parameter("b", column - 1, unit + 1))
                title = f"<title>{clean(f'{about} = {bias!r}')}</title>"
                below = f"b {shown(bias, min(self.digits, 3))}"
                at = (x, y + _RADIUS + 10.0)
                out.append(painter.text("name", at, 8.5, clean(below)))
            inner = spans(runs, size, painter.colours)
            text = painter.text("math", (x, y + 0.34 * size), size, inner)
            out.append(element("g", {}, title + element("circle", {**place, **look}) + text))
        return out

    def _output(self, column: int, unit: int) -> Name:
        last = column == len(self.layers)
        sub = "" if last and self.sizes[-1] == 1 else str(unit + 1)
        return Name("y", sub, "hat") if last else Name("h", sub, layer=str(column))


def _parameter(base: str, layer: int, *at: int) -> Name:
    sub = ("," if max(at) > 9 else "").join(map(str, at))
    return Name(base, sub, layer=str(layer + 1))


def network(model: Architecture, digits: int) -> Network:
    """The picture of a model: its layers, and how many parameters they have."""
    layers = model.__architecture__()
    if not layers:
        raise OperandError(f"{type(model).__name__} has no layers of neurons to draw")
    count = sum(len(weights) + (bias is not None) for each in layers for weights, bias, _ in each)
    sizes = [len(layers[0][0][0]), *map(len, layers)]
    title = f"{type(model).__name__}: {' → '.join(map(str, sizes))}, {count} parameters"
    return Network(layers, title, digits)
