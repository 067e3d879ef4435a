"""Layout by Graphviz's `dot`, for those who prefer it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from autodiff.errors import MissingExtraError

from . import Box, Direction, Layout, Placed, Route, Wire

_INCH = 72.0
_MARGIN = 14.0
_CLEAR = 5.0  # between a label and the wires around it


def dot_engine(boxes: Sequence[Box], wires: Sequence[Wire], direction: Direction) -> Layout:
    """Positions from `dot`; MissingExtraError, with what to install, where there is none."""
    program = shutil.which("dot")
    if program is None:
        raise MissingExtraError(
            "engine='dot' needs Graphviz's program dot, which pip cannot install: use your "
            "system's package (apt install graphviz, brew install graphviz, winget install "
            "graphviz), or leave engine out for the built-in layout"
        )
    answer = subprocess.run(
        [program, "-Tjson"], input=_source(boxes, wires, direction), capture_output=True,
        text=True, timeout=120, check=True,
    )  # fmt: skip
    return _read(json.loads(answer.stdout), boxes, wires, direction)


def _source(boxes: Sequence[Box], wires: Sequence[Wire], direction: Direction) -> str:
    ranks = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}[direction]
    lines = [f'digraph {{ rankdir={ranks}; nodesep=0.3; ranksep=0.5; node [shape=box label=""]']
    upright = direction in ("down", "up")
    for number, box in enumerate(boxes):
        width, height = (box.across, box.along) if upright else (box.along, box.across)
        size = f"width={width / _INCH:.4f} height={height / _INCH:.4f}"
        lines.append(f"b{number} [fixedsize=true {size}]")
    for number, wire in enumerate(wires):
        label = ""
        if wire.label is not None:
            across = wire.label.before + wire.label.after
            width, height = (across, wire.label.along) if upright else (wire.label.along, across)
            size = f'width="{width + 2 * _CLEAR:.0f}" height="{height + 2 * _CLEAR:.0f}"'
            table = f'<table border="0" fixedsize="true" {size}><tr><td></td></tr></table>'
            label = f" label=<{table}>"
        lines.append(f"b{wire.source} -> b{wire.target} [id=w{number}{label} arrowhead=none]")
    return "\n".join([*lines, "}"])


def _read(
    answer: dict[str, Any], boxes: Sequence[Box], wires: Sequence[Wire], direction: Direction
) -> Layout:
    _, _, width, height = map(float, answer["bb"].split(","))

    def point(text: str) -> tuple[float, float]:
        x, y = text.split(",")[-2:]
        return float(x) + _MARGIN, height - float(y) + _MARGIN

    upright = direction in ("down", "up")
    placed: dict[int, Placed] = {}
    for item in answer.get("objects", []):
        number = int(item["name"][1:])
        x, y = point(item["pos"])
        w, h = boxes[number].along, boxes[number].across
        w, h = (h, w) if upright else (w, h)
        placed[number] = Placed(x - w / 2, y - h / 2, w, h, (x + w / 2, y))
    routes = [Route() for _ in wires]
    for item in answer.get("edges", []):
        route = routes[int(item["id"][1:])]
        route.points = [point(pair) for pair in item["pos"].split() if pair[0] not in "se"]
        if "lp" in item:
            x, y = point(item["lp"])  # the middle; ours is where the wire would run
            label = wires[int(item["id"][1:])].label
            shift = (label.before - label.after) / 2 if label is not None else 0.0
            route.label = (x + shift, y) if upright else (x, y + shift)
    return Layout(
        [placed[number] for number in range(len(boxes))], routes, width + 2 * _MARGIN,
        height + 2 * _MARGIN, direction,
    )  # fmt: skip
