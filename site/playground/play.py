"""What the playground asks of the engine: a formula and numbers in, a live picture and text out.

The same reading and computing as on the command line (autodiff.shell), so formulas mean the same
and mistakes are told in the same words.
"""

import json
import warnings

from autodiff import derivation, to_latex, to_python, walkthrough
from autodiff.display.snapshot import snapshot
from autodiff.errors import AutodiffError, ExpressionError
from autodiff.expression import read
from autodiff.formula import variables
from autodiff.graph import topological_order
from autodiff.shell.formulas import Computed, compute
from autodiff.shell.options import Mistake, Request

START = "1"
#: letters that stand for numbers, so that x(x + 1) is a product from the first time on
LETTERS = frozenset("abcdkmnpqrstuvwxyz")


def respond(question: str) -> str:
    """The answer to a question, both as JSON: {formula, numbers, picture} to {echo, ...}."""
    asked = json.loads(question)
    return json.dumps(answer(asked["formula"], asked["numbers"], asked.get("picture", True)))


def answer(text: str, numbers: dict[str, str], picture: bool = True) -> dict[str, object]:
    """All that the page shows of a formula at the numbers given; `error` where it has no sense.

    A variable without a number starts at 1. Without `picture`, the text alone.
    """
    found: dict[str, object] = {"formula": text}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            names = _variables(text, {*numbers, *LETTERS})
            given = {name: numbers.get(name, START) for name in names}
            found["numbers"] = given
            found |= _told(compute(Request(text, list(given.items()))), picture)
        except Mistake as mistake:
            found["error"] = str(mistake)
        except AutodiffError as error:
            found["error"] = f"error: {error}"
        except RecursionError:
            found["error"] = "error: this is nested too deeply for a browser"
        except Exception as error:  # noqa: BLE001 - a fault of ours is told in one line, too
            name = type(error).__name__
            found["error"] = f"error: {name}: {error} (a fault of autodiff: please report)"
    found["notes"] = [str(warning.message) for warning in caught]
    return found


def _variables(text: str, known: set[str]) -> list[str]:
    try:
        return list(variables(read(text, known).formula))
    except ExpressionError as error:
        raise Mistake(str(error), text, error.position) from None


def _told(computed: Computed, picture: bool) -> dict[str, object]:
    result, values = computed.result, computed.values
    result.backward()
    graph = snapshot(result)
    present = set(map(id, topological_order(result)))
    lines = [derivation(result, each) for each in values.values() if id(each) in present]
    told: dict[str, object] = {
        "echo": list(computed.echo),
        "name": graph.nodes[graph.roots[0]].name.ascii,
        "values": {name: value.data for name, value in values.items()},
        "result": repr(result.data),
        "gradients": {name: repr(value.grad) for name, value in values.items()},
        "derivation": [each.mathml for each in lines],
        "latex": "\n\n".join([to_latex(result), *(each.latex for each in lines)]),
        "python": to_python(result),
    }
    if picture:
        told["picture"] = walkthrough(result, live=True).html
    return told
