"""The command line: what it prints, what it writes, and that it never shows a traceback."""

from __future__ import annotations

import fcntl
import json
import math
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from autodiff import primitive
from autodiff.primitive import PRIMITIVES
from autodiff.shell import main
from autodiff.shell.options import Mistake, pointed, read

ROOT = Path(__file__).parents[2]


class Result:
    """What the command line did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def autodiff(capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process."""

    def run(*arguments: str) -> Result:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(
        [sys.executable, "-m", "autodiff", *arguments],
        capture_output=True, text=True, encoding="utf-8", env=environment, timeout=60,
    )  # fmt: skip


# ---- results ---------------------------------------------------------------------------------


def test_the_toy_is_what_one_gets_without_arguments(autodiff) -> None:
    toy, explicit = autodiff(), autodiff("2/sin(exp(-x))", "x=-4.499")
    assert toy.code == 0
    assert toy.out == explicit.out
    assert "df/dx = -80.39305660176" in toy.out.splitlines()[-1]
    numbered = [line for line in toy.out.splitlines() if line[:2].strip().isdigit()]
    assert [int(line[:2]) for line in numbered] == list(range(1, 12))
    forward, backward = toy.out.split("backward pass")
    assert forward.count("\n") == 1 + 5 + 1
    assert "df/db = df/dc · ∂c/∂b ≈ (−2.341) · (−0.3818) ≈ 0.8940   ∂c/∂b = cos b" in backward


def test_several_variables_and_values_that_are_expressions(autodiff) -> None:
    result = autodiff("x*y + sin(x)", "x=2", "y=pi/3")
    lines = result.out.splitlines()[-3:]
    assert lines[0] == f"f = {2 * (math.pi / 3) + math.sin(2.0)!r}"
    assert lines[1] == f"df/dx = {math.pi / 3 + math.cos(2.0)!r}"
    assert lines[2] == "df/dy = 2.0"


def test_an_expression_may_begin_with_a_minus_sign(autodiff) -> None:
    assert autodiff("-x**2", "x=3").out.endswith("f = -9.0\ndf/dx = -6.0\n")
    assert autodiff("--x", "x=3").out.endswith("df/dx = 1.0\n")
    assert autodiff("-sin(x)", "x=0").out.endswith("df/dx = -1.0\n")
    assert autodiff("--", "-x", "x=-3").out.endswith("df/dx = -1.0\n")


def test_wrt_chooses_derivatives(autodiff) -> None:
    arguments = ["x*y*z", "x=2", "y=3", "z=4"]
    assert autodiff(*arguments, "--wrt", "y").out.endswith("f = 24.0\ndf/dy = 8.0\n")
    both = autodiff(*arguments, "--wrt=z", "--wrt", "x").out
    assert both.endswith("f = 24.0\ndf/dz = 6.0\ndf/dx = 12.0\n")
    assert autodiff(*arguments, "--wrt", "y,z").out.endswith("df/dy = 8.0\ndf/dz = 6.0\n")


def test_a_variable_that_does_not_occur_has_derivative_zero(autodiff) -> None:
    assert autodiff("x**2", "x=3", "y=1").out.endswith("df/dx = 6.0\ndf/dy = 0.0\n")


def test_a_formula_without_variables_is_a_value(autodiff) -> None:
    result = autodiff("2**10 - 24")
    assert result.code == 0
    assert result.out == "f = 1000.0\n"


def test_the_names_of_steps_do_not_collide_with_variables(autodiff) -> None:
    out = autodiff("f*a + sin(f)", "f=1", "a=2").out
    assert "d" in out
    values = [line for line in out.splitlines() if " = " in line and not line[:1].isspace()]
    assert len({line.split(" = ")[0] for line in values}) == len(values)


def test_digits(autodiff) -> None:
    assert "−2.341342514" in autodiff("--digits", "10").out
    for wrong in ("0", "18", "x", "-1", "9" * 5000):
        result = autodiff("--digits", wrong)
        assert result.code == 2
        assert "1 to 17" in result.err


def test_help(autodiff) -> None:
    for flag in ("--help", "-h"):
        result = autodiff(flag)
        assert result.code == 0
        for option in ("--wrt", "--svg", "--html", "--dot", "--latex", "--python", "--check",
                       "--step", "--json", "--digits"):  # fmt: skip
            assert option in result.out


def test_what_students_type_is_read_and_shown_back(autodiff) -> None:
    result = autodiff("2x^2 + max(x, y)", "x=3", "y=−2π")
    assert result.code == 0
    shown = result.out.splitlines()
    assert shown[:2] == ["read as: 2*x**2 + maximum(x, y)", "read as: y = -2*pi"]
    assert shown[-3:] == ["f = 21.0", "df/dx = 13.0", "df/dy = 0.0"]
    assert "read as" not in autodiff("2*x**2 + maximum(x, y)", "x=3", "y=-6").out
    assert "df/dx = 7.0" in autodiff("x(x+1)", "x=3").out


@pytest.mark.parametrize("option", ["--json", "--latex", "--python", "--svg=-", "--dot=-"])
def test_what_programs_read_stays_clean(autodiff, option) -> None:
    """The echo once stood before the JSON."""
    result = autodiff("2x", "x=3", option)
    assert result.err == "read as: 2*x\n"
    starts = {"--json": "{", "--svg=-": "<svg", "--dot=-": "digraph"}
    assert result.out.startswith(starts.get(option, ""))
    assert "read as" not in result.out and "df/dx = 2.0\n" not in result.out
    if option == "--json":
        assert json.loads(result.out)["expression"] == "2*x"


def test_wrt_alone_lists_nothing_else(autodiff) -> None:
    out = autodiff("x*y", "x=2", "y=3", "--wrt", "x").out
    assert out.splitlines()[-2:] == ["f = 6.0", "df/dx = 3.0"]
    assert not any("/" in line and "," in line for line in out.splitlines())  # all in one line


# ---- json --------------------------------------------------------------------------------------


def test_json(autodiff) -> None:
    report = json.loads(autodiff("x*y + x", "x=2", "y=3", "--wrt", "x", "--json").out)
    assert report["expression"] == "x*y + x"
    assert report["variables"] == {"x": 2.0, "y": 3.0}
    assert report["value"] == 8.0
    assert report["gradient"] == {"x": 4.0}
    numbers = [step["number"] for step in report["steps"]]
    assert numbers == list(range(1, len(numbers) + 1))
    into_x = [
        step for step in report["steps"]
        if step["pass"] == "backward" and step["kind"] == "contribution" and step["receiver"] == "x"
    ]  # fmt: skip
    assert [step["use"] for step in into_x] == [1, 2]
    assert sum(step["contribution"] for step in into_x) == into_x[-1]["total"] == 4.0


def test_json_of_what_json_cannot_say(autodiff) -> None:
    report = json.loads(autodiff("sqrt(x)", "x=0", "--json").out)
    assert report["gradient"] == {"x": "inf"}


# ---- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "pointer"),
    [
        (["x 2", "x=3"], "error: an operator is missing before 2: write x*2", "  x 2\n    ^"),
        (["1/2x", "x=3"], "two ways: write 1/(2*x) or (1/2)*x", "  1/2x\n     ^"),
        (["xy", "x=1", "y=2"], "error: xy has no value: did you mean x*y?", "  xy\n  ^"),
        (["x2", "x=1"], "error: x2 has no value: did you mean x*2?", "  x2\n  ^"),
        (["x", "x=4,499"], "error: a comma has no meaning here: write 4.499", "  x=4,499\n     ^"),
        (["x", "x=abc"], "error: abc has no value here: write a number", "  x=abc\n    ^"),
        (["x", "x=2*y", "y=3"], "error: y has no value here", "  x=2*y\n      ^"),
        (["x", "x=-nan"], "error: nan is no number", "  x=-nan\n     ^"),
        (["x", "x=1e400"], "error: the number is too large for a float", "  x=1e400\n    ^"),
        (["x", "x=1e200*1e200"], "error: x is inf, and", "  x=1e200*1e200\n    ^"),
        (["x", "x=log(-1)"], "outside the domain", "  x=log(-1)\n    ^"),
        (["x", "x=1<2"], "error: a comparison is no number", "  x=1<2\n    ^"),
        (["x", "x="], "error: x is given no value: write a number", "  x=\n    ^"),
        (["sni(x)", "x=3"], "error: there is no function sni: did you mean sin?", "  sni(x)\n  ^"),
        (["3 + log(x)", "x=-1"],
         "error: log(x): x = -1.0 is outside the domain x > 0", "  3 + log(x)\n      ^"),
        (["1/(x - 3)", "x=3"], "outside the domain", "  1/(x - 3)\n   ^"),
        (["9**9**9"], "too large for a float", "  9**9**9\n   ^"),
        (["x > 1", "x=3"], "error: a comparison is no number", "  x > 1\n  ^"),
        (["2*lenght", "length=1"], "lenght has no value: did you mean length?",
         "  2*lenght\n    ^"),
        (["x*y", "x=1"], "error: y has no value", "  x*y\n    ^"),
        # once an IndexError: the branch that is not chosen is computed, too
        (["where(x>0, x, y)", "x=1"], "error: y has no value",
         "  where(x>0, x, y)\n                ^"),
    ],
)  # fmt: skip
def test_mistakes_in_formulas_are_pointed_at(autodiff, arguments, message, pointer) -> None:
    result = autodiff(*arguments)
    assert result.code == 2
    assert result.out == ""
    first, _, rest = result.err.partition("\n")
    assert message in first
    assert rest == pointer + "\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*y"], "error: x, y: no value given; write x=... y=... after it"),
        (["x", "x=1", "--worksheet"], "error: --worksheet writes two files"),
        (["x", "x=1", "--worksheet", "--svg", "-"], "error: --worksheet writes two files"),
        (["x", "x=1", "--svg", "-", "--json"], "error: --svg - and --json: the standard output"),
        (["x", "x=1", "--svg=-", "--dot", "-"], "error: --svg - and --dot -: the standard output"),
        (["x", "x=1", "x=2"], "error: x is given two values"),
        (["x", "+", "1", "x=2"], "error: + is no value of a variable"),
        (["x", "2=3"], "error: 2 is no name of a variable"),
        (["x", "=3"], "is no name of a variable"),
        (["x", "x=="], "error: x== is no value of a variable"),
        (["x", "pi=3"], "error: pi is a constant already"),
        (["x", "sin=3"], "error: sin is a function already"),
        ([""], "error: there is no expression"),
        (["x", "x=1", "--wrt", "y"], "error: --wrt: y is no variable here; there are x"),
        (["x", "x=1", "--wrt"], "error: --wrt needs a variable"),
        (["x", "x=1", "--svg", "--json"], "error: --svg needs a file name"),
        (["x", "x=1", "--svgg", "f"], "error: there is no option --svgg: did you mean --svg?"),
        (["x", "x=1", "--josn"], "did you mean --json?"),
        (["(" * 100_000], "error: an expression has at most"),
    ],
)
def test_other_mistakes_take_one_line(autodiff, arguments, message) -> None:
    result = autodiff(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--svg", "--html", "--dot"])
def test_a_file_that_cannot_be_written(autodiff, tmp_path, option) -> None:
    for path in (tmp_path / "nowhere" / "f", tmp_path, Path("nul\0byte")):
        result = autodiff("x", "x=1", option, str(path))
        assert result.code == 2
        assert result.err.startswith("error: cannot write ")
        assert result.err.count("\n") == 1


def test_the_pointer_stays_under_the_place_in_long_and_wide_texts() -> None:
    text = "1+" * 200 + "$" + "+1" * 200
    shown, caret = pointed(text, 400).splitlines()
    assert shown[caret.index("^")] == "$"
    assert len(shown) < 90
    assert pointed("\x1b[31m", 0) == "  ?[31m\n  ^"
    assert pointed("変数$", 2).splitlines()[1] == "      ^"


def test_the_request() -> None:
    request = read(["x", "x = -3", "--digits=7", "--svg", "-.svg", "--json"])
    assert request.assignments == [("x", "-3")]
    assert (request.digits, request.svg, request.flags) == (7, "-.svg", {"json"})
    with pytest.raises(Mistake):
        read(["x", "y"])


# ---- files and other outputs -------------------------------------------------------------------


def test_files(autodiff, tmp_path) -> None:
    svg, html, dot = (tmp_path / f"toy.{end}" for end in ("svg", "html", "dot"))
    result = autodiff("--svg", str(svg), f"--html={html}", "--dot", str(dot))
    assert result.code == 0
    assert "df/dx" in result.out
    assert result.err.splitlines() == [f"wrote {path}" for path in (svg, html, dot)]
    assert svg.read_text(encoding="utf-8").lstrip().startswith(("<svg", "<?xml"))
    assert "<html" in html.read_text(encoding="utf-8")
    assert dot.read_text(encoding="utf-8").startswith("digraph")


def test_a_worksheet_and_its_answers(autodiff, tmp_path) -> None:
    sheet = tmp_path / "week 1.svg"
    result = autodiff("x*sin(y)", "x=2.125", "y=1", f"--svg={sheet}", "--worksheet")
    answers = tmp_path / "week 1-answers.svg"
    assert result.err.splitlines() == [f"wrote {sheet}", f"wrote {answers}"]
    assert "0.8415" in answers.read_text(encoding="utf-8")
    assert "0.8415" not in sheet.read_text(encoding="utf-8")


def test_digits_reach_the_files(autodiff, tmp_path) -> None:
    files = [tmp_path / f"f.{end}" for end in ("svg", "html", "dot")]
    autodiff("sin(x)", "x=1", "--digits=9", *[f"--{file.suffix[1:]}={file}" for file in files])
    for file in files:
        assert "0.841470985" in file.read_text(encoding="utf-8")


def test_latex(autodiff) -> None:
    result = autodiff("x*sin(x)", "x=2", "--latex")
    assert result.code == 0
    assert r"\partial" in result.out
    assert r"\cos" in result.out


def test_python(autodiff) -> None:
    result = autodiff("x*sin(x)", "x=2", "--python")
    if result.code == 2:  # an installation without the compiled side says so in one line
        assert result.err == "error: --python: this installation lacks autodiff.program\n"
        return
    assert result.code == 0
    compile(result.out, "<printed>", "exec")
    assert "sin" in result.out


def test_check(autodiff) -> None:
    result = autodiff("x*sin(y)", "x=2", "y=1", "--check")
    assert result.code == 0
    assert "agrees" in result.err


def test_check_finds_a_wrong_rule(autodiff) -> None:
    @primitive(local_derivatives=[lambda z, x: 3.0 * x])
    def square_with_a_fault(x: float) -> float:
        return x * x

    try:
        result = autodiff("square_with_a_fault(x)", "x=2", "--check")
    finally:
        del PRIMITIVES[square_with_a_fault.__name__]
    assert result.code == 1
    assert "square_with_a_fault" in result.err


# ---- as a process ------------------------------------------------------------------------------


def test_as_a_process() -> None:
    done = command("-x**2", "x=3", PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("df/dx = -6.0\n")
    assert "∂" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_the_signs_gets_ascii(encoding) -> None:
    done = command("x/y", "x=1", "y=3", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "df/dx" in done.stdout


@pytest.mark.parametrize("what", ["--html=-", "--svg=-", "--dot=-", "--python"])
def test_a_file_on_the_output_keeps_its_characters(what) -> None:
    """Where the locale is plain C a page was full of question marks, and said it was UTF-8."""
    plain, wide = ({"PYTHONIOENCODING": each, "PYTHONUTF8": "1"} for each in ("ascii", "utf-8"))
    one, two = (command("2*λ", "λ=3", what, **each) for each in (plain, wide))
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout
    assert "λ" in one.stdout


def test_letters_in_pieces() -> None:
    done = command("√λ", "λ=4", LC_ALL="C", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "= 0.25" in done.stdout


def test_names_that_the_terminal_cannot_show_do_not_stop_it() -> None:
    done = command("2*λ", "λ=3", PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "arguments",
    [
        ["9**9**9"],
        ["(" * 100_000],
        ["().__class__"],
        ["__import__('os').system('id')"],
        [""],
        ["\x1b]0;title\x07\n\n"],
        ["x" * 9_000],
        ["-" * 9_000],
        ["exp(" * 90 + "1" + ")" * 90],
        ["x" + "*x" * 199, "x=1e300"],
    ],
)
def test_hostile_input_costs_little_and_says_one_line(arguments) -> None:
    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, 600 * 2**20))

    done = subprocess.run(
        [sys.executable, "-m", "autodiff", *arguments],
        capture_output=True, text=True, cwd=ROOT, preexec_fn=limits, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    if done.returncode == 0:  # x**200 at 1e300 is inf, as Python says
        return
    assert done.returncode == 2
    first, *pointer = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert len(pointer) in (0, 2)
    assert all(character.isprintable() or character == "\n" for character in done.stderr)


def test_a_reader_that_leaves_early() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "autodiff", "x" + "*x" * 150, "x=1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_a_closed_standard_output() -> None:
    shell = f'"{sys.executable}" -m autodiff x x=1 >&-'
    done = subprocess.run(shell, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "autodiff", "x", "x=1"],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write to the standard output")
    assert done.stderr.count("\n") == 1


def test_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "autodiff", "--step"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        process.stdout.read(5)  # the first step is shown: it waits for a key
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert b"Traceback" not in errors
    assert process.returncode in (0, 130)


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a suite in the background ignores it
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """The command line on a terminal of its own, of a given width."""

    def __init__(self, *arguments: str, columns: int = 80, **settings: str) -> None:
        self.end, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, columns))
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
        environment.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autodiff", *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
            preexec_fn=_own_terminal,  # or Ctrl-C reaches nobody
        )  # fmt: skip
        os.close(theirs)

    def until(self, text: str) -> str:
        """What is shown up to a text."""
        shown = b""
        while text.encode() not in shown:
            shown += self.piece(1)
        return shown.decode()

    def piece(self, longest: int) -> bytes:
        """What comes next; an error rather than a test that waits for ever."""
        ready, _, _ = select.select([self.end], [], [], 20.0)
        if not ready:
            self.process.kill()
            raise TimeoutError
        return os.read(self.end, longest)

    def rest(self) -> str:
        """What is shown until the program ends."""
        shown = b""
        try:
            while piece := self.piece(4096):
                shown += piece
        except TimeoutError:
            raise
        except OSError:  # Linux says EIO at the end
            pass
        os.close(self.end)
        self.process.wait(30)
        return shown.decode()

    def type(self, keys: str) -> None:
        time.sleep(0.2)  # what is shown was written before the program waits for keys
        os.write(self.end, keys.encode())


def plain(text: str) -> list[str]:
    """The lines without colours."""
    return re.sub("\x1b\\[[0-9;]*m", "", text).replace("\r", "").split("\n")


def test_the_table_fits_the_terminal() -> None:
    for columns in (34, 60):
        shown = Terminal("x*sin(y) + x", "x=2", "y=3", columns=columns).rest()
        assert "\x1b[" in shown
        assert max(map(len, plain(shown))) <= columns
        assert plain(shown)[-2].startswith("df/dy = ")
    assert "\x1b[" not in Terminal("x", "x=2", NO_COLOR="1").rest()
    assert "df/dx" in Terminal("2*x", "x=2", columns=0).rest()  # it does not say how wide it is


@pytest.mark.parametrize("last", ["q\n", "\x04", "\x03"])
def test_stepping_on_a_terminal(last: str) -> None:
    """A sentence was torn inside words; any key stepped on; after Ctrl-D the line went on."""
    terminal = Terminal("x*sin(x)", "x=3", "--step", columns=30)
    page = terminal.until("quit] ")
    terminal.type("\n")
    page = terminal.until("quit] ")
    assert "2/" in page
    lines = plain(page)
    assert max(map(len, lines)) <= 30
    words = set(re.findall("[a-z]+", " ".join(lines)))
    assert {"compute", "value", "backward"} & {word.lower() for word in words}
    terminal.type("hello\n")
    assert "2/" not in (said := terminal.until("or q] ")) and "3/" not in said
    terminal.type("b\n")
    assert "1/" in terminal.until("quit] ")
    terminal.type(last)
    rest = plain(terminal.rest())
    assert not any("Traceback" in line for line in rest)
    if last != "\x03":
        assert rest[-2].startswith("df/dx = ")
        assert any(line.startswith("f = ") for line in rest)
    assert terminal.process.returncode in ((0, 130) if last == "\x03" else (0,))


def test_stepping_by_key() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autodiff", "x*x", "x=3", "--step"],
        input="\n\nb\nq\n", capture_output=True, text=True, encoding="utf-8", cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1/" in done.stdout
    assert done.stdout.endswith("df/dx = 6.0\n")
