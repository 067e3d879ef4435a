"""Texts with slots, and markup that a page has once."""

from __future__ import annotations

import random

from autodiff.display.notation import Slot
from autodiff.display.pages.phrases import Markup, fold, unfold
from autodiff.display.pages.templates import markup, template


def test_folded_markup_unfolds_to_itself() -> None:
    rng = random.Random(1)

    def some(depth: int) -> str:
        if depth == 0:
            return rng.choice(
                ["<mi>a</mi>", "<mn>12</mn>", "<mspace/>", "x", '<mi class="w">é</mi>']
            )
        return f"<mrow>{''.join(some(depth - 1) for _ in range(rng.randint(1, 3)))}</mrow>"

    texts = [some(rng.randint(0, 4)) for _ in range(60)]
    folded, phrases = fold([Markup(text) for text in texts])
    assert [unfold(text, phrases) for text in folded] == texts
    assert sum(map(len, [*folded, *phrases])) < sum(map(len, texts)) / 2


def test_any_text_unfolds_to_itself() -> None:
    """Also with every mark in it, and with more phrases than there are short signs."""
    words = [f"{a}{b}" for a in "abcdefghijklmn" for b in "pqrstuvwxyz"]
    texts = [Markup(f"{word} ~$#! <b>{word} 🙂</b> &}}{{ {word}") for word in words * 3]
    folded, phrases = fold(texts)
    assert [unfold(text, phrases) for text in folded] == texts
    assert len(phrases) > 88 and phrases[0] == "\t"


def test_what_is_no_markup_stays() -> None:
    data = {"say": "a < b > c", "steps": [1, None, "<mi>a</mi><mi>a</mi>"]}
    assert fold(data) == (data, ["~"])


def test_brackets_of_a_slot_that_stands_twice_are_insertions() -> None:
    """Those of two numbers overlapped: the text of a dot product was mixed up on live pages."""
    x = Slot.of("x", 1.0)

    def render() -> str:
        text = f"({x.mark()})" if x.negative else x.mark()
        return f"{text} + ({text} * 2)" if not x.negative else f"{text} + (({text} * 2))"

    assert template(render) == [
        "", "x::1", [" + (", ["x", 1, 4, 4, "("]], "x::1", [" * 2)", ["x", 1, 5, 5, ")"]],
    ]  # fmt: skip
    assert isinstance(markup(lambda: "<mi>a</mi>"), Markup)
