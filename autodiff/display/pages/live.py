"""What a live walkthrough gets besides the picture: the Program, and its texts as templates.

The page computes values, local derivatives and contributions itself. For every step it has one
set of texts per way in which the step may turn out: a contribution, a skipped one (a selection
chose another operand, or nothing arrives), either of them at a kink.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from autodiff.display.notation import MathmlBackend, Slot, TextBackend, typeset
from autodiff.display.notation.text import SpeechBackend
from autodiff.display.picture.composed import Picture
from autodiff.display.picture.paint import ClassPainter
from autodiff.display.picture.theme import LIGHT
from autodiff.display.picture.view import Link, link_title
from autodiff.display.picture.wires import WireDrawing, kind_of
from autodiff.display.snapshot import Graph, Local, Node, Operand
from autodiff.display.steps import BackwardStep, ForwardStep, Step, Steps
from autodiff.display.text.captions import forward_sentence, sentence
from autodiff.display.text.equations import lines, only_path
from autodiff.formula import Apply, Constant, is_literal
from autodiff.javascript import bundle, has_javascript
from autodiff.javascript.bundle import text

from .phrases import Markup
from .predictions import question
from .stepper_data import heading
from .templates import markup

_NO_FORMULA = "a function without a formula depends on it"
#: math.js computes no higher derivative: a page would stand still
_HIGHEST_ORDER = 1000.0
_TOO_HIGH = "a derivative of so high an order is not computed on a page"
_OF_ALL = "which operand is the largest does not change on a page"
_CHOSEN = "no derivative here; {} is chosen"


def live_data(steps: Steps, picture: Picture, digits: int, still: bool = False) -> dict[str, Any]:
    """The Program and the templates; a `still` picture has the texts of the last step alone."""
    return _Live(steps, picture, digits, still).data()


def scripts(graph: Graph) -> str:
    """The machine and the functions that the page needs."""
    used = [node.primitive for node in graph if node.primitive and has_javascript(node.primitive)]
    parts = [bundle(primitive.name for primitive in used), text("machine.js")]
    parts += [text("columns.js")] if any(primitive.columns for primitive in used) else []
    parts += [text("kinks.js")] if any(primitive.kink for primitive in used) else []
    return "\n".join(parts)


def _rule(step: BackwardStep) -> Any:
    assert step.user is not None and step.user.primitive is not None
    return step.user.primitive.derivative(step.position or 0, len(step.user.operands))


def _may_skip(step: BackwardStep) -> bool:
    rule = _rule(step)
    return is_literal(rule, 0.0) or (isinstance(rule, Apply) and rule.name == "when")


class _Live:
    def __init__(self, steps: Steps, picture: Picture, digits: int, still: bool) -> None:
        self.still = still
        self.given, self.picture, self.digits = steps, picture, digits
        self.math, self.speech = MathmlBackend(digits), SpeechBackend(digits)
        slots = [Slot.of(f"v{node.index}", node.value) for node in steps.graph]

        def marked(node: Node) -> Node:
            operands = (
                o if o.node is None else Operand(o.node, slots[o.node]) for o in node.operands
            )
            return replace(node, value=slots[node.index], operands=tuple(operands))

        self.graph = Graph([marked(node) for node in steps.graph], steps.graph.roots)
        self.graph.shared["ties"] = 1.0  # at ties no formula is shown
        adjoints = [Slot.of(f"a{node.index}", 0.0) for node in steps.graph]
        self.steps = Steps(self.graph, [self._marked(step) for step in steps], adjoints)
        #: the nodes at which it may happen that nothing arrives
        self.none_possible = [True] * len(self.graph)
        self.none_possible[self.graph.roots[0]] = False
        for step in steps.backward:
            if step.user is not None and not self._doubtful(step):
                self.none_possible[step.receiver.index] = False
        #: nodes that stay what they are, and why
        self.fixed = {node.index: why for node in steps.graph if (why := _why_fixed(node))}

    def _marked(self, step: Step) -> Step:
        nodes, n = self.graph.nodes, step.number
        if isinstance(step, ForwardStep):
            node = nodes[step.node.index]
            return ForwardStep(n, node, self.graph.expression(node), node.operands, node.value)
        receiver = nodes[step.receiver.index]
        if step.user is None or step.position is None:
            return replace(step, receiver=receiver)
        user = nodes[step.user.index]
        local = self.graph._local(user, step.position)
        slope, formula = Slot.of(f"l{n}", 1.0), local.formula
        value = formula.value if isinstance(formula, Constant) else slope
        return replace(
            step, kind="contribution", receiver=receiver, user=user,
            local=replace(local, value=value, kink=""),
            upstream=Slot.of(f"a{user.index}", 1.0), contribution=Slot.of(f"c{n}", 1.0),
            total=Slot.of(f"t{n}", 1.0),
        )  # fmt: skip

    def _doubtful(self, step: BackwardStep) -> bool:
        assert step.user is not None
        return _may_skip(step) or self.none_possible[step.user.index]

    def _variants(
        self, step: BackwardStep, first: bool, none: bool
    ) -> Iterator[tuple[str, BackwardStep]]:
        """(key, step) for each way in which it may turn out: c, s or u; k at a kink; n for none."""
        assert step.user is not None and step.user.primitive is not None and step.local is not None
        chosen = Slot.of(f"k{step.number}", 0.0)
        ways = [("", step.local)]
        if step.user.primitive.kink:
            ways.append(
                ("k", replace(step.local, kink=_CHOSEN.format(chosen.mark()), value=chosen))
            )
        for mark, local in ways:
            nothing = replace(local, value=None)
            totals = [("", step.total)] * (not first) + [("n", None)] * none
            if not is_literal(_rule(step), 0.0):
                for empty, _ in totals:
                    yield f"c{mark}{empty}", replace(step, local=local)
            for empty, total in totals:
                skipped = replace(step, kind="skipped", contribution=None, total=total)
                if _may_skip(step):
                    yield f"s{mark}{empty}", replace(skipped, local=nothing)
                if self.none_possible[step.user.index]:
                    yield f"u{mark}{empty}", replace(skipped, local=local, upstream=None)
                    if _may_skip(step):
                        yield f"us{mark}{empty}", replace(skipped, local=nothing, upstream=None)

    # ---- the data ------------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        graph, view = self.given.graph, self.picture.view
        constants: dict[float, int] = {}
        nodes: list[Any] = []
        for node in graph:
            if node.primitive is None or node.index in self.fixed:
                nodes.append(None)
                continue
            slots = [
                operand.node
                if operand.node is not None
                else len(graph) + constants.setdefault(operand.value, len(constants))
                for operand in node.operands
            ]
            nodes.append([node.primitive.name, slots])
        reach = dict(self.fixed)  # all nodes that fixed ones depend on: they have no sliders
        for node in reversed(graph.nodes):
            if node.index in reach:
                reach |= dict.fromkeys(node.parents, reach[node.index])
        return {
            "program": {"nodes": nodes, "constants": list(constants)},
            "values": [node.value for node in graph],
            "inputs": [
                [leaf.index, str(leaf.name), reach.get(leaf.index, "")]
                for leaf in self.given.leaves
            ],
            "root": self.given.root.index,
            "still": self.still,
            "digits": self.digits,
            "scale": self.picture.look.scale,
            "heading": markup(lambda: heading(self.steps, self.math)),
            "steps": [self._step(step) for step in self.steps],
            "wires": {link.key: self._wire(link) for link in view.links if link.local is not None},
            "cards": {
                card.key: [card.title, card.node, card.truth]
                for card in view.cards
                if card.node is not None
            },
        }

    def _step(self, step: Step) -> dict[str, Any]:
        silent = self.still and step is not self.steps[-1]
        if isinstance(step, BackwardStep) and step.user is not None:
            return self._edge(step, silent)
        if silent:
            return {}
        return self._forward(step) if isinstance(step, ForwardStep) else self._end(step)

    def _edge(self, step: BackwardStep, silent: bool) -> dict[str, Any]:
        assert step.user is not None and step.local is not None
        before = [
            each for each in self.steps.backward
            if each.receiver is step.receiver and each.number < step.number
        ]  # fmt: skip
        found: dict[str, Any] = {}
        for key, variant in self._variants(step, not before, all(map(self._doubtful, before))):
            changed = {step.number: variant}
            if before and key.endswith("n"):
                changed[before[-1].number] = replace(before[-1], total=None)
            found[key] = None if silent else self._texts(variant, changed)
        edge = [step.user.index, step.position, step.receiver.index]
        data: dict[str, Any] = {"edge": edge, "reads": [f"n{node}" for node in step.local.reads]}
        given = self.given[step.number - 1]
        if step.user.index in self.fixed and isinstance(given, BackwardStep) and given.local:
            data["slope"] = given.local.value
        elif any("k" in key for key in found):
            data["kink"] = True
        if silent:
            return data
        return data | {"as": found} | ({"uses": step.uses} if step.summed else {}) | self._ask(step)

    def _ask(self, step: Step) -> dict[str, Any]:
        asked = question(self.steps, step, self.math)
        return {"ask": asked["ask"]} if asked else {}

    def _texts(self, step: Step, changed: Mapping[int, Step] | None = None) -> list[Any]:
        """[the sentence, the equations, what is spoken after the sentence]"""
        steps = self.steps
        if changed:
            items = [changed.get(each.number, each) for each in steps]
            steps = Steps(self.graph, items, steps.adjoints)

        def line(backend: MathmlBackend | SpeechBackend, at: int) -> str:
            return lines(steps, step, backend)[at]

        count = range(len(lines(steps, step, self.speech)))
        math = [markup(partial(line, self.math, at)) for at in count]
        spoken = [markup(partial(line, self.speech, at)) for at in count]
        return [markup(lambda: sentence(steps, step)), math, spoken]

    def _end(self, step: BackwardStep) -> dict[str, Any]:
        found = {"": self._texts(step)}
        if step.kind == "result" and only_path(self.steps) and any(self.none_possible):
            users = [each for each in self.steps.backward if each.user]
            found["s"] = self._texts(step, {s.number: replace(s, kind="skipped") for s in users})
        return {"as": found}

    def _forward(self, step: ForwardStep) -> dict[str, Any]:
        node = step.node
        ways = {"": step}
        if self.graph.condition(node) is not None:  # said in words, false and true
            ways = {str(at): replace(step, value=float(at)) for at in (0, 1)}
        found = {key: self._texts(way)[1:] for key, way in ways.items()}
        return {"said": self._said(step), "as": found, "node": node.index} | self._ask(step)

    def _said(self, step: ForwardStep) -> list[Any]:
        """[the sentence without readers, its beginning with some, step and word of each reader]"""
        readers = [
            (each.number - 1, (each.user.index, each.position or 0))
            for each in self.steps.backward
            if each.user and each.local and step.node.index in each.local.reads
        ]
        without = forward_sentence(self.steps, step, [])
        if step.expression is None or not readers:
            return [Markup(without)]
        words = [
            typeset(self.graph.partial(self.graph.nodes[user], at), TextBackend())
            for _, (user, at) in readers
        ]
        one = forward_sentence(self.steps, step, [readers[0][1]])
        pairs = [[i, Markup(word)] for (i, _), word in zip(readers, words, strict=True)]
        return [Markup(without), Markup(one.removesuffix(f"{words[0]}.")), pairs]

    def _wire(self, link: Link) -> dict[str, Any]:
        """For each way: [title, markup of the label, class of the line]."""
        view, layout = self.picture.view, self.picture.layout
        route = layout.routes[view.links.index(link)]
        user = self.graph.nodes[view.cards[link.target].node or 0]
        step = next(s for s in self.steps.backward if s.user is user and s.position == link.rank)
        found: dict[str, Any] = {}
        for key, variant in self._variants(step, False, False):
            if key in found or key[0] == "u":
                continue
            local: Local = variant.local  # type: ignore[assignment]  # contributions have one
            about = replace(link, local=local)
            title = markup(partial(link_title, self.graph, user, link.rank, local))
            painter = ClassPainter(LIGHT)
            wire = WireDrawing(about, route, layout.direction, self.picture.look, painter)
            found[key] = [title, markup(wire.label), kind_of(about)]
        if len(found) == 1:  # the label stands in the picture, only its number changes
            return {key: [title] for key, (title, *_) in found.items()}
        return found


def _why_fixed(node: Node) -> str:
    primitive = node.primitive
    if primitive is None:
        return ""
    if not has_javascript(primitive):
        return _NO_FORMULA
    if {"peak", "dominant"} & set(primitive.shared):
        return _OF_ALL
    high = primitive.name == "sinc_derivative" and node.operands[0].value >= _HIGHEST_ORDER
    return _TOO_HIGH if high else ""
