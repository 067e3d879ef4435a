"""Two ways to write the same shapes: with attributes (static SVG) or with classes (the stepper)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autodiff.display.layout import Point
from autodiff.display.notation import DIGITS

from .svg import element
from .theme import PENDING_OPACITY, STYLES, Theme, attributes


@dataclass(frozen=True, slots=True)
class Look:
    """How cards and wires are drawn."""

    scale: float = 1.0
    digits: int = DIGITS
    compact: bool = False
    labels: bool = True
    #: what a worksheet leaves blank: "values", "gradients" or "all"
    blank: str = ""

    def hides(self, what: str) -> bool:
        """Whether "values" or "gradients" are to be written in."""
        return self.blank in ("all", what)


@dataclass(frozen=True, slots=True)
class State:
    """What a group of shapes is in the middle of: the later ones of theme.STATES win."""

    states: tuple[str, ...] = ()
    #: its turn has not come yet
    pending: bool = False


class Painter:
    """Writes presentation attributes only: valid in browsers, Inkscape and rsvg-convert."""

    #: whether a script will change the picture, which then holds all its variants
    interactive = False

    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    @property
    def colours(self) -> Mapping[str, str] | None:
        """Colours by role inside text; None where classes do it."""
        return {"value": self.theme.value, "grad": self.theme.grad, "local": self.theme.local}

    def attributes(self, style: str, states: tuple[str, ...]) -> dict[str, str]:
        """The look of a shape."""
        return attributes(style, self.theme, states)

    def shape(self, tag: str, style: str, states: tuple[str, ...], **geometry: float | str) -> str:
        """A rectangle or path; invisible ones are left out."""
        look = self.attributes(style, states)
        return "" if look == {"fill": "none"} else element(tag, {**geometry, **look})

    def text(
        self, style: str, at: Point, size: float, inner: str, anchor: str = "middle",
        states: tuple[str, ...] = (), slot: str = "",
    ) -> str:  # fmt: skip
        """A line of text; `slot` is the name under which the stepper finds it."""
        place: dict[str, str | float] = {"x": at[0], "y": at[1], "font-size": size}
        if anchor != "start":
            place["text-anchor"] = anchor
        if slot and self.interactive:
            place["data-slot"] = slot
        return element("text", {**place, **self.attributes(style, states)}, inner)

    def group(self, key: str, inner: str, state: State) -> str:
        """Everything that belongs to one card or wire."""
        return element("g", {"opacity": PENDING_OPACITY} if state.pending else {}, inner)


class ClassPainter(Painter):
    """Writes classes; the stepper's style sheet and script do the rest."""

    interactive = True

    @property
    def colours(self) -> None:
        return None

    def attributes(self, style: str, states: tuple[str, ...]) -> dict[str, str]:
        assert style in STYLES
        return {"class": style}

    def group(self, key: str, inner: str, state: State) -> str:
        return element("g", {"data-key": key}, inner)
