"""What the command line does: prints the steps, writes files, compares.

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

from autodiff.check import check_gradients
from autodiff.display import Steps, derivation, draw, steps, to_dot, walkthrough
from autodiff.display.notation import LatexBackend, parse_name
from autodiff.display.text.captions import kinks
from autodiff.display.text.formula_latex import aligned
from autodiff.display.text.json_report import as_json
from autodiff.display.text.terminal import interact, render, wants_ascii, wants_colour
from autodiff.errors import AutodiffError
from autodiff.expression.evaluation import evaluate_formula
from autodiff.files import write_file
from autodiff.grammar.tokens import printable
from autodiff.graph import topological_order
from autodiff.value import Value

from .formulas import Computed, compute
from .options import USAGE, Mistake, Request, read


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by the shell: >&-
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    try:
        return _guarded(_typed() if arguments is None else arguments)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 141
    except OSError as error:
        print(f"error: cannot write to the standard output: {error.strerror}", file=sys.stderr)
        code = 2
    _discard(sys.stdout)
    return code


def _typed() -> list[str]:
    """The arguments: √ comes in pieces where the locale is plain C and the terminal is not."""
    return [os.fsencode(each).decode("utf-8", "surrogateescape") for each in sys.argv[1:]]


def _guarded(arguments: list[str]) -> int:
    """Run, with mistakes and warnings as one line each on standard error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # files are UTF-8 everywhere: see _as_a_file
    with warnings.catch_warnings():
        warnings.showwarning = lambda warning, *_: print(f"note: {warning}", file=sys.stderr)
        try:
            code = run(arguments, sys.stdout)
        except AutodiffError as error:
            mistake = error if isinstance(error, Mistake) else Mistake(str(error))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours is told in one line, too
            what = f"{type(error).__name__}: {error}"
            mistake = Mistake(f"{what} (a fault of autodiff: please report)")
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
    computed = compute(request)
    values, result = computed.values, computed.result
    shown = _shown(request, values)
    result.backward()
    pure = request.prints_a_file or bool(request.flags & {"json", "latex", "python"})
    for line in computed.echo:
        print(f"read as: {line}", file=sys.stderr if pure else out)
    if "json" in request.flags:
        out.write(as_json(computed.text, values, shown, steps(result)) + "\n")
    elif not request.prints_a_file:
        _print(request, shown, result, out)
    _write_files(request, result, out)
    return _check(computed) if "check" in request.flags else 0


def _shown(request: Request, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """The variables whose derivatives are wanted."""
    for name in request.wrt:
        if name not in values:
            known = f"there are {', '.join(values) or 'none'}"
            what = printable(name) or "an empty name"
            raise Mistake(f"--wrt: {what} is no variable here; {known}")
    return {name: values[name] for name in request.wrt} or values


def _print(request: Request, shown: Mapping[str, Value], result: Value, out: TextIO) -> None:
    """The steps or what was asked for instead, then the results with all their digits."""
    if request.flags & {"latex", "python"}:
        _as_a_file(out)
    if "latex" in request.flags:
        occurs = set(map(id, topological_order(result)))
        for name, wrt in shown.items():
            found = id(wrt) in occurs
            out.write(f"{derivation(result, wrt).latex}\n" if found else _no_path(result, name))
    if "python" in request.flags:
        try:
            from autodiff import to_python
        except ImportError:
            raise Mistake("--python: this installation lacks autodiff.program") from None
        out.write(f"{to_python(result).rstrip()}\n")
    if request.flags & {"latex", "python"}:
        return
    passes = steps(result)
    if len(shown) < len(passes.leaves) and passes.backward[-1].kind == "result":
        # The last step lists all derivatives; the lines below list those that are wanted.
        passes = Steps(passes.graph, passes.items[:-1], passes.adjoints)
    if "step" in request.flags:
        interact(passes, digits=request.digits, write=out)
    elif shown:  # a formula of constants alone has no steps worth a table
        color, ascii = wants_colour(out), wants_ascii(out)
        table = render(passes, color=color, ascii=ascii, width=_width(out), digits=request.digits)
        out.write(f"{table}\n")
    name = passes.root.name.ascii
    out.write(f"{name} = {result.data!r}\n")
    for variable, value in shown.items():
        out.write(f"d{name}/d{variable} = {value.grad!r}\n")


def _width(out: TextIO) -> int | None:
    """The columns of a terminal; None for a file, a pipe, and a terminal that does not say."""
    try:
        return os.get_terminal_size(out.fileno()).columns if out.isatty() else None
    except (OSError, ValueError):
        return None


def _no_path(result: Value, name: str) -> str:
    """The derivation by a variable that does not occur, as LaTeX."""
    top, by = (LatexBackend().name(parse_name(each)) for each in (result.label or "f", name))
    return aligned([f"{LatexBackend().derivative(top, by)} &= 0"]) + "\n"


def _write_files(request: Request, result: Value, out: TextIO) -> None:
    sheet = request.worksheet or ("worksheet" in request.flags and request.svg) or None
    if request.svg is not None and request.svg != sheet:
        _write(request.svg, draw(result, digits=request.digits).svg, out)
    if sheet is not None:
        drawing = draw(result, worksheet=True, digits=request.digits)
        assert drawing.answers is not None
        _write(sheet, drawing.svg, out)
        stem, end = os.path.splitext(sheet)  # noqa: PTH122 - of any text, also one that is no path
        _write(f"{stem}-answers{end}", drawing.answers.svg, out)
    if request.html is not None:
        live = "static" not in request.flags
        _write(request.html, walkthrough(result, digits=request.digits, live=live).page, out)
    if request.dot is not None:
        _write(request.dot, to_dot(result, digits=request.digits), out)


def _write(path: str, text: str, out: TextIO) -> None:
    if path == "-":
        _as_a_file(out)
        out.write(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        write_file(path, text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Mistake(f"cannot write {printable(path)}: {reason}") from None
    print(f"wrote {printable(path, 200)}", file=sys.stderr)


def _as_a_file(out: TextIO) -> None:
    """What a program reads keeps its characters, whatever a terminal could show of them."""
    if hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8")


def _check(computed: Computed) -> int:
    """Compare with numerical derivatives; 1 if they disagree."""
    formula, values = computed.formula, computed.values

    def function(*numbers: Any) -> Any:
        return evaluate_formula(formula, dict(zip(values, numbers, strict=True)))

    try:
        check_gradients(function, *(value.data for value in values.values()))
    except AssertionError as error:
        print(f"check: {error}", file=sys.stderr)
        return 1
    print("check: agrees with numerical derivatives, first and second order", file=sys.stderr)
    for kink in kinks(computed.result):
        print(f"check: {kink}", file=sys.stderr)
    return 0
