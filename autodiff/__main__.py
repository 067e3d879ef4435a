"""`python -m autodiff "2/sin(exp(-x))" x=-4.499`: differentiate a formula and show every step.

Exit codes: 0; 1 when --check finds a disagreement; 2 for a mistake, told in one line; 130 after
Ctrl-C; 141 when nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from .commandline import USAGE, Mistake, Request, read
from .errors import AutodiffError, ExpressionError
from .expression import parse_with_places
from .expression.evaluation import evaluate_formula
from .expression.tokens import printable
from .formula import Formula, variables
from .graph import topological_order
from .value import Value


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by the shell: >&-
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    try:
        return _guarded(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 141
    except OSError as error:
        print(f"error: cannot write to the standard output: {error.strerror}", file=sys.stderr)
        code = 2
    _discard(sys.stdout)
    return code


def _guarded(arguments: list[str]) -> int:
    """Run, with mistakes and warnings as one line each on standard error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    with warnings.catch_warnings():
        warnings.showwarning = lambda warning, *_: print(f"note: {warning}", file=sys.stderr)
        try:
            code = run(arguments, sys.stdout)
        except AutodiffError as error:
            mistake = error if isinstance(error, Mistake) else Mistake(str(error))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours is told in one line, too
            mistake = Mistake(
                f"{type(error).__name__}: {error} (a fault of autodiff: please report)"
            )
        else:
            sys.stdout.flush()
            return code
    sys.stdout.flush()
    print(mistake, file=sys.stderr)
    return 2


def _discard(stream: TextIO) -> None:
    """Let Python's own flush at exit go nowhere."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def run(arguments: list[str], out: TextIO) -> int:
    """Do what the command line asks for; raises `AutodiffError` for what the user should change."""
    request = read(arguments)
    if "help" in request.flags:
        out.write(USAGE)
        return 0
    values = {name: Value(_number(text), name) for name, text in request.assignments}
    formula, result = _evaluate(request.expression, values)
    result.backward()
    shown = _shown(request, values)
    if "json" in request.flags:
        from .display.steps import steps
        from .display.text.json_report import as_json

        out.write(as_json(request.expression, values, shown, steps(result)) + "\n")
    else:
        _print(request, shown, result, out)
    _write_files(request, result)
    return _check(formula, values, result) if "check" in request.flags else 0


def _number(text: str) -> float:
    """The value of a variable, which may be an expression of constants."""
    return _evaluate(text, {})[1].data


def _evaluate(text: str, values: Mapping[str, Value]) -> tuple[Formula, Value]:
    """Parse and compute; every failure is a `Mistake` at its place in the text."""
    try:
        formula, places = parse_with_places(text)
    except ExpressionError as error:
        raise Mistake(str(error), text, error.position) from None
    missing = [name for name in variables(formula) if name not in values]
    if missing and not values:
        missing_values = " ".join(f"{name}=..." for name in missing)
        raise Mistake(f"{', '.join(missing)}: no value given; write {missing_values} after it")
    failed: list[Formula] = []
    try:
        result = evaluate_formula(formula, values, failed.append)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Mistake(str(error), text, places[id(failed[-1])]) from None
    if isinstance(result, bool):
        raise Mistake("a comparison is no number; choose with where(x > 0, a, b)", text, 0)
    return formula, result if isinstance(result, Value) else Value(result, "f")


def _shown(request: Request, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """The variables whose derivatives are wanted."""
    for name in request.wrt:
        if name not in values:
            known = f"there are {', '.join(values)}" if values else "there are none"
            raise Mistake(
                f"--wrt: {printable(name) or 'an empty name'} is no variable here; {known}"
            )
    return {name: values[name] for name in request.wrt} or values


def _print(request: Request, shown: Mapping[str, Value], result: Value, out: TextIO) -> None:
    """The steps or what was asked for instead, then the results with all their digits."""
    from .display.steps import steps
    from .display.text.terminal import interact, render, wants_ascii, wants_colour

    if "latex" in request.flags:
        from .display import derivation

        occurs = set(map(id, topological_order(result)))
        for name, wrt in shown.items():
            if id(wrt) in occurs:
                out.write(f"{derivation(result, wrt).latex}\n")
            else:
                out.write(_no_path(result, name))
    if "python" in request.flags:
        try:
            from . import to_python
        except ImportError:
            raise Mistake("--python: this installation lacks autodiff.program") from None
        out.write(f"{to_python(result).rstrip()}\n")
    if request.flags & {"latex", "python"}:
        return
    passes = steps(result)
    if "step" in request.flags:
        interact(passes, digits=request.digits, write=out)
    elif shown:  # a formula of constants alone has no steps worth a table
        table = render(
            passes,
            color=wants_colour(out),
            ascii=wants_ascii(out),
            width=os.get_terminal_size(out.fileno()).columns if out.isatty() else None,
            digits=request.digits,
        )
        out.write(f"{table}\n")
    name = passes.root.name.ascii
    out.write(f"{name} = {result.data!r}\n")
    for variable, value in shown.items():
        out.write(f"d{name}/d{variable} = {value.grad!r}\n")


def _no_path(result: Value, name: str) -> str:
    """The derivation by a variable that does not occur, as LaTeX."""
    from .display.notation import LatexBackend, parse_name

    top, by = parse_name(result.label or "f"), parse_name(name)
    backend = LatexBackend()
    whole = backend.derivative(backend.name(top), backend.name(by))
    return f"\\begin{{aligned}}\n{whole} &= 0\n\\end{{aligned}}\n"


def _write_files(request: Request, result: Value) -> None:
    from .display import draw, to_dot, walkthrough

    if request.svg is not None:
        _write(request.svg, draw(result, digits=request.digits).svg)
    if request.worksheet is not None:
        sheet = draw(result, digits=request.digits, worksheet=True)
        assert sheet.answers is not None
        path = Path(request.worksheet)
        _write(request.worksheet, sheet.svg)
        _write(str(path.with_stem(f"{path.stem}-answers")), sheet.answers.svg)
    if request.html is not None:
        live = "static" not in request.flags
        _write(request.html, walkthrough(result, digits=request.digits, live=live).page)
    if request.dot is not None:
        _write(request.dot, to_dot(result, digits=request.digits))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Mistake(f"cannot write {printable(path)}: {reason}") from None
    print(f"wrote {printable(path, 200)}", file=sys.stderr)


def _check(formula: Formula, values: Mapping[str, Value], result: Value) -> int:
    """Compare with numerical derivatives, and name the kinks; 1 if they disagree."""
    from .check import check_gradients
    from .display.text.captions import kinks

    def function(*numbers: Any) -> Any:
        return evaluate_formula(formula, dict(zip(values, numbers, strict=True)))

    try:
        check_gradients(function, *[value.data for value in values.values()])
    except AssertionError as error:
        print(f"check: {error}", file=sys.stderr)
        return 1
    print("check: agrees with numerical derivatives, first and second order", file=sys.stderr)
    for kink in kinks(result):
        print(f"check: {kink}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
