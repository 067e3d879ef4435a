"""What a live walkthrough gets besides the picture: the Program, and its texts as templates.

The page computes values, local derivatives and contributions itself. For every step it has one
set of texts per way in which the step may turn out: a contribution, a skipped one (a selection
chose another operand, or nothing arrives), either of them at a kink.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from autodiff.display.notation import MathmlBackend, Slot, TextBackend, typeset
from autodiff.display.notation.speech import SpeechBackend
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
        items = [self._marked(step) for step in steps]
        adjoints = [Slot.of(f"a{node.index}", 0.0) for node in steps.graph]
        self.steps = Steps(self.graph, items, adjoints)
        self.none_possible = self._none_possible()
        self.fixed = self._fixed()

    # ---- marked steps --------------------------------------------------------------------------

    def _marked(self, step: Step) -> Step:
        nodes, n = self.graph.nodes, step.number
        if isinstance(step, ForwardStep):
            node = nodes[step.node.index]
            return ForwardStep(n, node, self.graph.expression(node), node.operands, node.value)
        receiver = nodes[step.receiver.index]
        if step.user is None or step.position is None:
            return replace(step, receiver=receiver)
        user = nodes[step.user.index]
        local = replace(
            self.graph._local(user, step.position), value=Slot.of(f"l{n}", 1.0), kink=""
        )
        if isinstance(local.formula, Constant):
            local = replace(local, value=local.formula.value)
        return replace(
            step, kind="contribution", receiver=receiver, user=user, local=local,
            upstream=Slot.of(f"a{user.index}", 1.0), contribution=Slot.of(f"c{n}", 1.0),
            total=Slot.of(f"t{n}", 1.0),
        )  # fmt: skip

    def _none_possible(self) -> list[bool]:
        """The nodes at which it may happen that nothing arrives."""
        found = [True] * len(self.graph)
        found[self.graph.roots[0]] = False
        for step in self.given.backward:
            if step.user is not None and not found[step.user.index] and not self._may_skip(step):
                found[step.receiver.index] = False
        return found

    def _rule(self, step: BackwardStep) -> Any:
        assert step.user is not None and step.user.primitive is not None
        return step.user.primitive.derivative(step.position or 0, len(step.user.operands))

    def _may_skip(self, step: BackwardStep) -> bool:
        rule = self._rule(step)
        return is_literal(rule, 0.0) or (isinstance(rule, Apply) and rule.name == "when")

    def _variants(
        self, step: BackwardStep, first: bool, none: bool
    ) -> Iterator[tuple[str, BackwardStep]]:
        """(key, step) for each way in which it may turn out: c, s or u; k at a kink; n for none."""
        assert step.user is not None and step.local is not None
        rule, kinks = self._rule(step), step.user.primitive is not None and step.user.primitive.kink
        chosen = _CHOSEN.format(f"{Slot.of(f'k{step.number}', 0.0).mark()}")
        for kink in ("", chosen) if kinks else ("",):
            mark = "k" if kink else ""
            local = replace(step.local, kink=kink)
            if kink:
                local = replace(local, value=Slot.of(f"k{step.number}", 0.0))
            nothing = replace(local, value=None)
            totals = [("", step.total)] if not first else []
            if none:
                totals.append(("n", None))
            if not is_literal(rule, 0.0):
                for empty, _ in totals:
                    yield f"c{mark}{empty}", replace(step, local=local)
            for empty, total in totals:
                skipped = replace(step, kind="skipped", contribution=None, total=total)
                if self._may_skip(step):
                    yield f"s{mark}{empty}", replace(skipped, local=nothing)
                if self.none_possible[step.user.index]:
                    yield f"u{mark}{empty}", replace(skipped, local=local, upstream=None)
                    if self._may_skip(step):
                        yield f"us{mark}{empty}", replace(skipped, local=nothing, upstream=None)

    # ---- the data ------------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        graph = self.given.graph
        cards = [card for card in self.picture.view.cards if card.node is not None]
        links = [link for link in self.picture.view.links if link.local is not None]
        constants: dict[float, int] = {}
        nodes: list[Any] = []
        fixed = self.fixed
        for node in graph:
            if node.primitive is None or node.index in fixed:
                nodes.append(None)
                continue
            slots = [
                operand.node
                if operand.node is not None
                else len(graph) + constants.setdefault(operand.value, len(constants))
                for operand in node.operands
            ]
            nodes.append([node.primitive.name, slots])
        reach = self._reach(fixed)
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
            "wires": {link.key: self._wire(link) for link in links},
            "cards": {card.key: [card.title, card.node, card.truth] for card in cards},
        }

    def _fixed(self) -> dict[int, str]:
        """Nodes that stay what they are, and why."""
        found: dict[int, str] = {}
        for node in self.given.graph:
            if node.primitive and not has_javascript(node.primitive):
                found[node.index] = _NO_FORMULA
            elif (
                node.primitive
                and node.primitive.name == "sinc_derivative"
                and node.operands[0].value >= _HIGHEST_ORDER
            ):
                found[node.index] = _TOO_HIGH
        return found

    def _reach(self, fixed: dict[int, str]) -> dict[int, str]:
        """All nodes that fixed ones depend on: their inputs have no sliders."""
        found = dict(fixed)
        for node in reversed(self.given.graph.nodes):
            if node.index in found:
                found |= dict.fromkeys(node.parents, found[node.index])
        return found

    def _step(self, step: Step) -> dict[str, Any]:
        silent = self.still and step is not self.steps[-1]
        if silent and (isinstance(step, ForwardStep) or step.user is None):
            return {}
        if isinstance(step, ForwardStep):
            return self._forward(step)
        if step.user is None:
            return self._texts_of(step) if step.kind == "seed" else self._result(step)
        index = step.number - 1
        items = list(self.steps.items)
        same = [
            i for i, each in enumerate(items[:index])
            if isinstance(each, BackwardStep) and each.receiver is step.receiver
        ]  # fmt: skip
        earlier = same[-1] if same else None
        found: dict[str, Any] = {}
        for key, variant in self._variants(step, not same, all(map(self._doubtful, same))):
            if silent:
                found[key] = None
                continue
            changed = list(items)
            changed[index] = variant
            if earlier is not None and key.endswith("n"):
                before = changed[earlier]
                assert isinstance(before, BackwardStep)
                changed[earlier] = replace(before, total=None)
            found[key] = self._texts(Steps(self.graph, changed, self.steps.adjoints), variant)
        reads = [f"n{node}" for node in step.local.reads] if step.local else []
        edge = [step.user.index, step.position, step.receiver.index]
        data: dict[str, Any] = {"edge": edge, "reads": reads}
        if step.user.index in self.fixed:
            given = self.given.items[index]
            assert isinstance(given, BackwardStep) and given.local is not None
            data["slope"] = given.local.value
        elif any("k" in key for key in found):
            data["kink"] = True
        if silent:
            return data
        asked = question(self.steps, step, self.math)
        return (
            data
            | {"as": found}
            | ({"uses": step.uses} if step.uses > 1 else {})
            | ({"ask": asked["ask"]} if asked else {})
        )

    def _texts(self, steps: Steps, step: Step) -> list[Any]:
        """[the sentence, the equations, what is spoken after the sentence]"""
        count = len(lines(steps, step, self.speech))
        say = markup(lambda: sentence(steps, step))

        def line(backend: MathmlBackend | SpeechBackend, at: int) -> str:
            return lines(steps, step, backend)[at]

        math = [markup(partial(line, self.math, at)) for at in range(count)]
        spoken = [markup(partial(line, self.speech, at)) for at in range(count)]
        return [say, math, spoken]

    def _texts_of(self, step: Step, steps: Steps | None = None) -> dict[str, Any]:
        return {"as": {"": self._texts(steps or self.steps, step)}}

    def _result(self, step: BackwardStep) -> dict[str, Any]:
        found = {"": self._texts(self.steps, step)}
        if only_path(self.steps) is not None and any(self.none_possible):
            items = [
                replace(each, kind="skipped")
                if isinstance(each, BackwardStep) and each.user
                else each
                for each in self.steps.items
            ]
            found["s"] = self._texts(Steps(self.graph, items, self.steps.adjoints), step)
        return {"as": found}

    def _forward(self, step: ForwardStep) -> dict[str, Any]:
        node = step.node
        readers = [
            (each.number - 1, (each.user.index, each.position or 0))
            for each in self.steps.backward
            if each.user and each.local and node.index in each.local.reads
        ]
        truth = self.graph.condition(node) is not None  # said in words, false and true
        values = [0.0, 1.0] if truth else [node.value]
        found: dict[str, Any] = {}
        for at, value in enumerate(values):
            texts = self._texts(self.steps, replace(step, value=value))
            found[str(at) if len(values) > 1 else ""] = texts[1:]
        data: dict[str, Any] = {"said": self._said(step, readers), "as": found, "node": node.index}
        asked = question(self.steps, step, self.math)
        return data | ({"ask": asked["ask"]} if asked else {})

    def _said(self, step: ForwardStep, readers: list[tuple[int, tuple[int, int]]]) -> list[Any]:
        """[the sentence without readers, its beginning with some, step and word of each reader]"""
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

    def _doubtful(self, index: int) -> bool:
        step = self.steps.items[index]
        assert isinstance(step, BackwardStep) and step.user is not None
        return self._may_skip(step) or self.none_possible[step.user.index]

    def _wire(self, link: Link) -> dict[str, Any]:
        """For each way: [title, markup of the label, class of the line]."""
        view, layout = self.picture.view, self.picture.layout
        route = layout.routes[view.links.index(link)]
        user = self.graph.nodes[view.cards[link.target].node or 0]
        step = next(s for s in self.steps.backward if s.user is user and s.position == link.rank)
        found: dict[str, Any] = {}
        for key, variant in self._variants(step, False, False):
            if key in found or key[0] == "u" or key.endswith("n"):
                continue
            local: Local = variant.local  # type: ignore[assignment]  # contributions have one
            self.graph._locals[user.index, link.rank] = local
            about = replace(link, local=local)
            title = markup(lambda: link_title(self.graph, user, link.rank))
            painter = ClassPainter(LIGHT)
            wire = WireDrawing(about, route, layout.direction, self.picture.look, painter)
            label = markup(wire.label)
            found[key] = [title, label, kind_of(about)]
        del self.graph._locals[user.index, link.rank]
        if len(found) == 1:  # the label stands in the picture, only its number changes
            return {key: [title] for key, (title, *_) in found.items()}
        return found
