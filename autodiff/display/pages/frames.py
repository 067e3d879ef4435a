"""One SVG per step, for slides: the picture at that moment with its caption below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

from autodiff.display.assets import asset
from autodiff.display.layout import Point
from autodiff.display.notation import Runs, RunsBackend
from autodiff.display.picture.composed import Picture
from autodiff.display.picture.export import converted
from autodiff.display.picture.paint import Painter
from autodiff.display.picture.step_states import moment_at
from autodiff.display.picture.svg import as_image, clean, document, element, spans
from autodiff.display.picture.text_width import runs_width, text_width
from autodiff.display.picture.theme import Theme
from autodiff.display.steps import ForwardStep, Step, Steps
from autodiff.display.text.captions import sentence
from autodiff.display.text.equations import lines
from autodiff.extras import require

_LINE, _SIZE, _SENTENCE, _TOP = 30.0, 20.0, 14.0, 34.0


def frame_svgs(
    steps: Steps, picture: Picture, theme: Theme, background: str | None, digits: int
) -> Iterator[str]:
    """The frames in order, all of the same size."""
    backend = RunsBackend(digits)
    rows = [lines(steps, step, backend) for step in steps]
    most = max(map(len, rows))
    width, height = picture.layout.width, picture.layout.height
    size = width, height + (_TOP + _SENTENCE + most * _LINE + 24.0)
    painter = Painter(theme)
    for step, equations in zip(steps, rows, strict=True):
        inner = picture.markup(painter, moment_at(steps, picture.view, step.number))
        inner += "".join(_caption(steps, step, equations, (width, height), painter))
        yield document(picture.title, *size, background, inner)


def _caption(
    steps: Steps, step: Step, rows: list[Runs], below: Point, painter: Painter
) -> Iterator[str]:
    width, top = below
    room = width - 2 * 12.0
    said = sentence(steps, step)
    size = _SENTENCE * min(1.0, room / max(text_width(said, _SENTENCE), 1.0))
    yield painter.text("caption", (width / 2, top + _TOP), max(size, 7.0), clean(said))
    for index, runs in enumerate(rows):
        fit = _SIZE * min(1.0, room / max(runs_width(runs, _SIZE), 1.0))
        at = (width / 2, top + _TOP + (index + 1) * _LINE)
        yield painter.text("math", at, fit, spans(runs, fit, painter.colours))
    kind = "forward" if isinstance(step, ForwardStep) else "backward"
    place = (width - 12.0, top + 12.0)
    yield painter.text("caption", place, 10.5, f"{kind} {step.number}/{len(steps)}", "end")


def animated(frames: Sequence[str], seconds: float) -> str:
    """All frames in one SVG, each shown in its turn; where nothing moves, the last one is seen."""
    count = len(frames)
    head, _, _ = frames[0].partition(">")
    out = [head, ">"]
    for index, frame in enumerate(frames):
        inner = frame[frame.index(">") + 1 : frame.rindex("</svg>")]
        changes = {0.0: "hidden", index / count: "visible"}
        if index < count - 1:
            changes[(index + 1) / count] = "hidden"
        times = ";".join(f"{time:.5f}" for time in changes)
        turn = element("animate", {
            "attributeName": "visibility", "dur": f"{seconds * count:g}s",
            "repeatCount": "indefinite", "calcMode": "discrete", "keyTimes": times,
            "values": ";".join(changes.values()),
        })  # fmt: skip
        seen = {} if index == count - 1 else {"visibility": "hidden"}
        out.append(element("g", seen, turn + inner))
    return "".join([*out, "</svg>\n"])


def gif(frames: Sequence[str], seconds: float) -> bytes:
    """The frames as a GIF; needs the extra `export`."""
    images = require("PIL.Image", extra="export")
    pictures = [images.open(BytesIO(converted(frame, "png"))).convert("RGB") for frame in frames]
    out = BytesIO()
    pictures[0].save(
        out, "GIF", save_all=True, append_images=pictures[1:], duration=round(1000 * seconds),
        loop=0,
    )  # fmt: skip
    return out.getvalue()


def slides(frames: Sequence[str], title: str) -> str:
    """A page of slides, one frame each: space, arrows or a wheel go on; printed, one a sheet."""
    sections = "".join(f"<section>{as_image(frame, title)}</section>\n" for frame in frames)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{clean(title)}</title>\n<style>{asset('slides.css')}</style>\n</head>\n"
        f"<body>\n{sections}</body>\n</html>\n"
    )
