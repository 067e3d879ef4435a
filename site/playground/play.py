"""What the playground asks of the engine: a formula and numbers in, a live page and text out."""

import json

from autodiff import to_latex, to_python
from autodiff.display import walkthrough
from autodiff.errors import AutodiffError
from autodiff.expression import parse
from autodiff.expression.evaluation import evaluate_formula
from autodiff.formula import variables
from autodiff.value import Value

START = 1.0


def respond(question: str) -> str:
    """The answer to a question, both as JSON: {formula, values} to {echo, page, ...} or {error}."""
    asked = json.loads(question)
    try:
        return json.dumps(answer(asked["formula"], asked.get("values", {})))
    except (AutodiffError, ArithmeticError, ValueError, TypeError) as error:
        position = getattr(error, "position", None)
        return json.dumps({"error": str(error), "position": position})


def answer(text: str, numbers: dict[str, float]) -> dict[str, object]:
    """The live page of a formula at the numbers given, its derivation and its code."""
    formula = parse(text)
    values = {name: Value(numbers.get(name, START), name) for name in variables(formula)}
    result = evaluate_formula(formula, values)
    if not isinstance(result, Value):
        result = Value(result, "f")
    result.backward()
    return {
        "echo": text,
        "page": walkthrough(result).page,
        "values": {name: value.data for name, value in values.items()},
        "gradients": {name: value.grad for name, value in values.items()},
        "result": result.data,
        "latex": to_latex(result),
        "python": to_python(result),
    }
