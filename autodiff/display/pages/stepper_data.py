"""What the stepper's script gets: the picture once, and for every step its caption and changes."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from autodiff.display.assets import asset
from autodiff.display.notation import MathmlBackend, figures, relation, typeset
from autodiff.display.notation.text import SpeechBackend
from autodiff.display.picture.cards import numeral
from autodiff.display.picture.composed import Picture
from autodiff.display.picture.paint import ClassPainter
from autodiff.display.picture.step_states import wire_key
from autodiff.display.picture.svg import canvas, spans
from autodiff.display.picture.theme import (
    DARK,
    LIGHT,
    STYLES,
    Theme,
    state_rules,
    stylesheet,
    variables,
)  # fmt: skip
from autodiff.display.steps import BackwardStep, Step, Steps
from autodiff.display.text.captions import sentence
from autodiff.display.text.equations import lines
from autodiff.display.text.formula_latex import definitions

from .phrases import Markup, fold
from .predictions import question

#: styles that another step, or another number, may bring
_MAY_COME = {"unused", "wire", "none", "grad", "value", "symbol", "local"}
#: the size of most texts
_SIZE = "13"
#: the tooltips of cards and wires
_COMPUTED = re.compile(r'(<g data-key="[ne][^"]*">)<title>[^<]*</title>')
#: inputs in the heading
_LEAVES = 6


def stepper_data(steps: Steps, picture: Picture, digits: int, told: bool = True) -> dict[str, Any]:
    """Picture, captions and what changes at every step; all wires and cards by their keys.

    Not `told`: without the texts.
    """
    math, speech = MathmlBackend(digits), SpeechBackend(digits)
    return {
        "title": picture.title,
        **({"heading": Markup(heading(steps, math))} if told else {}),
        "forward": len(steps.forward),
        "leaves": [f"n{leaf.index}" for leaf in steps.leaves],
        "steps": [_step(steps, picture, step, math, speech, told) for step in steps],
        "order": [f"n{step.node.index}" for step in steps.forward],
        "inputs": _inputs(picture),
    }


def image(picture: Picture, theme: Theme, told: bool = True) -> str:
    """The picture after the last step, with the classes and keys that the script needs.

    Not `told`: the tooltips of numbers that the page computes are empty.
    Its style sheet is for where no script runs: it stands in an image, which has a page of its own.
    """
    layout = picture.layout
    markup = picture.markup(ClassPainter(LIGHT)).replace(f' font-size="{_SIZE}"', "")
    if not told:
        markup = _COMPUTED.sub(r"\1<title/>", markup)
    there = set(re.findall(r'class="([a-z]+)"', markup)) | _MAY_COME
    used = [name for name in STYLES if name in there]
    style = (
        f"<style>:root{{{variables(theme)};background:var(--ground)}}"
        f".back{{display:none}}{stylesheet('svg', used)}</style>"
    )
    more = {"role": "img", "font-size": _SIZE, "aria-label": picture.title}
    return canvas(layout.width, layout.height, style + markup, more)


@cache
def css(live: bool) -> tuple[str, list[str]]:
    """The style sheet of the stepper, folded: the colours, the states of the picture, its rules."""
    rules = [
        f".box{{{variables(LIGHT)}}}",
        f"@media screen{{.box.dark{{{variables(DARK)}}}}}",
        state_rules("svg"),
        asset("stepper.css"),
        *([asset("live.css")] if live else []),
    ]
    return fold(Markup("".join(rules)))


def literal(data: dict[str, Any], phrases: list[str]) -> str:
    """The arguments of the script: nothing in them can end or reopen the script element.

    Only `</s`, `<!` and `<s` (of `script`) mean something there; escaping every `<` would make
    the page twice as long.
    """
    text = json.dumps([data, phrases], ensure_ascii=False, separators=(",", ":"))[1:-1]
    return re.sub("<(?=!|/?[sS])", r"\\u003c", text)


def heading(steps: Steps, math: MathmlBackend) -> str:
    """The formula, if it is short, and the point."""
    nodes, leaves = steps.graph.nodes, steps.leaves
    if not leaves or leaves[0] is steps.root:
        return ""
    found = definitions(steps.graph)
    index, formula = found[-1]
    parts = [math.name(nodes[index].name)]
    if sum(nodes[each].primitive is not None for each, _ in found) == 1:
        sign = relation(math.digits, *figures(formula))
        parts += [math.operator(sign), typeset(formula, math)]
    point = []
    for leaf in leaves[:_LEAVES]:
        sign = relation(math.digits, leaf.value)
        value = math.number(leaf.value, "value")
        point.append(f"<math>{math.name(leaf.name)}{math.operator(sign)}{value}</math>")
    rest = ", …" if len(leaves) > _LEAVES else ""
    return f"<math>{math.row(parts)}</math> at {', '.join(point)}{rest}"


def _inputs(picture: Picture) -> dict[str, list[str]]:
    """For each card the wires and pills that lead into it."""
    found: dict[str, list[str]] = {}
    for link in picture.view.links:
        keys = found.setdefault(picture.view.cards[link.target].key, [])
        keys.append(link.key)
        if link.constant:
            keys.append(picture.view.cards[link.source].key)
    return found


def _step(
    steps: Steps, picture: Picture, step: Step, math: MathmlBackend, speech: SpeechBackend,
    told: bool,
) -> dict[str, Any]:  # fmt: skip
    data: dict[str, Any] = {}  # a live page writes the texts itself
    if told:
        caption = sentence(steps, step)
        said = [caption, *lines(steps, step, speech)]
        data = {
            "say": caption,
            **(question(steps, step, math) or {}),
            "math": [Markup(line) for line in lines(steps, step, math)],
            "speak": ". ".join(line.rstrip(".") for line in said) + ".",
        }
    if not isinstance(step, BackwardStep):
        return data | {"read": [f"n{parent}" for parent in dict.fromkeys(step.node.parents)]}
    data |= {"kind": step.kind, "to": f"n{step.receiver.index}"}
    if not told and step.user is not None:  # all of it follows from the edge
        return {}
    if step.user is not None:
        data |= {"from": f"n{step.user.index}", "wire": wire_key(step)}
    if step.local is not None and step.kind == "contribution":
        data["read"] = [f"n{node}" for node in step.local.reads]
    if step.total is not None:
        data["grad"] = spans(numeral(step.total, math.digits), 13.0 * picture.look.scale)
    return data
