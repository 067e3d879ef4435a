"""Formulas as MathML, made while the site is built: no script and no font is fetched for them."""

from __future__ import annotations

import re
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)
#: a function's name and what it is applied to, which the converter sets without a space: sinx
_APPLIED = re.compile(r"(<mi>[a-z]{2,}</mi>)(?=<(?:mi|mn|msub|msup|mfrac|msubsup|mrow><m[in])\b)")
#: what stands upright: words, and letters in \\mathrm (which the converter writes as numbers)
_UPRIGHT = re.compile(r"<mi>([A-Za-z]{2,}|&#x000[4-7][0-9A-F];)</mi>")


def mathml(latex: str, display: str) -> str:
    """LaTeX as a `math` element."""
    markup = latex2mathml.converter.convert(latex, display=display)
    markup = _APPLIED.sub(r'\1<mo>&#x2061;</mo><mspace width="0.167em"/>', markup)
    return _UPRIGHT.sub(r'<mi class="upright" mathvariant="normal">\1</mi>', markup)


def _visit_inline(translator: Any, node: nodes.Element) -> None:
    translator.body.append(_converted(node, "inline"))
    raise nodes.SkipNode


def _visit_block(translator: Any, node: nodes.Element) -> None:
    translator.body.append(f'<div class="formula">{_converted(node, "block")}</div>')
    raise nodes.SkipNode


def _converted(node: nodes.Element, display: str) -> str:
    try:
        return mathml(node.astext(), display)
    except Exception as error:  # noqa: BLE001 - whatever the converter cannot read ends the build
        LOG.warning("no MathML for %r: %r", node.astext(), error, location=node)
        return ""


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of Sphinx's own formulas."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    app.config.html_math_renderer = "mathml"  # type: ignore[attr-defined]  # a setting like any other
    return {"parallel_read_safe": True}
