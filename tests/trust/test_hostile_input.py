"""Input that was made to break things: formulas, command lines, numbers.

The inputs come from hostile.py with fixed seeds; the campaigns that found the faults below tried
some hundred thousand of them, these tests a few hundred.
"""

from __future__ import annotations

import contextlib
import io
import random
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff as ad
from autodiff import Value
from autodiff.expression import parse
from autodiff.shell import main
from tests.trust import hostile

ROOT = Path(__file__).parents[2]


def command(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


# ---- the command line ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(150))
def test_any_command_line_works_or_is_told_in_words(seed, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # --svg and its like write files
    monkeypatch.setattr("sys.stdin", io.StringIO())
    arguments = hostile.arguments(random.Random(seed))
    code, out, err = command(arguments)
    assert code in (0, 2) or (code == 1 and "--check" in arguments)
    assert "fault of autodiff" not in err
    assert code != 2 or any(line.startswith("error: ") for line in err.splitlines())
    assert all(character.isprintable() or character == "\n" for character in out + err)


def test_latex_of_a_variable_that_does_not_occur() -> None:
    """It was a KeyError, told as a fault of autodiff."""
    code, out, _ = command(["2*x", "x=1", "y_1=3", "--latex"])
    assert code == 0
    assert r"\frac{\mathrm{d}f}{\mathrm{d}y_{1}} &= 0" in out


def test_words_of_the_user_in_messages_have_no_control_characters(tmp_path, monkeypatch) -> None:
    """`--wrt` and the name of a file that was written came through as they were typed."""
    monkeypatch.chdir(tmp_path)
    for arguments in (["--wrt", "\x1b]0;t\x07"], ["--svg", "\u202eg\x07"]):
        _, _, err = command(["x", "x=1", *arguments])
        assert all(character.isprintable() or character == "\n" for character in err)


def test_check_at_points_where_steps_are_lost_in_rounding() -> None:
    """A difference over a step of width 0 was a ZeroDivisionError."""
    code, _, err = command(["(maximum(1e-300,pi)%leaky_relu(x,1e300))", "x=1e-320", "--check"])
    assert code in (0, 1)
    assert "fault of autodiff" not in err


CAMPAIGN = """
import random, resource
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20, 600 * 2**20))
from tests.trust.hostile import arguments, expression
from autodiff.shell import main
from autodiff.expression import parse
for seed in range(1000, 1150):
    main([word for word in arguments(random.Random(seed)) if word != "--step"])
"""


def test_time_and_memory_are_bounded(tmp_path) -> None:
    # The limits are set by the child itself: between fork and exec it would still have all the
    # memory of a test process into which peers were imported.
    done = subprocess.run(
        [sys.executable, "-c", CAMPAIGN], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("seed", range(0, 1000, 100))
def test_any_text_is_parsed_or_refused(seed) -> None:
    rng = random.Random(seed)
    for _ in range(100):
        with contextlib.suppress(ad.ExpressionError):
            parse(hostile.expression(rng))


# ---- Values made of odd things ---------------------------------------------------------------


class Liar:
    """Says that it is a number; its conversion goes wrong in every way."""

    as_integer_ratio = None

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def __float__(self) -> float:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "odd",
    [
        None, "1.0", b"1", 1j, [], [1.0], (), {}, set(), object(), type, float, len, ...,
        Liar("1.0"), Liar(None), Liar(TypeError("no")), Liar(ValueError("no")), range(3),
        float.__float__, NotImplemented,
    ],
    ids=lambda odd: type(odd).__name__,
)  # fmt: skip
def test_what_is_no_number_is_refused_with_its_kind(odd) -> None:
    x = Value(2.0, "x")
    with pytest.raises(ad.OperandError, match=type(odd).__name__):
        Value(odd)
    with pytest.raises(ad.OperandError):
        x.data = odd
    with pytest.raises(ad.OperandError):
        x.grad = odd
    with pytest.raises(ad.OperandError):
        x.backward(odd)
    with pytest.raises(ad.OperandError):
        ad.exp(odd)
    operations = [lambda: x + odd, lambda: odd * x, lambda: x**odd]
    if not isinstance(odd, (str, bytes)):  # text % x formats x, as text % [2.0] does the list
        operations.append(lambda: odd % x)
    for operate in operations:
        with pytest.raises(TypeError):
            operate()
    assert (x.data, x.grad) == (2.0, 0.0)


@pytest.mark.parametrize("label", [3, b"x", ["x"], 1.5, object()])
def test_a_label_is_a_string(label) -> None:
    with pytest.raises(ad.OperandError, match="label"):
        Value(1.0, label)
    with pytest.raises(ad.OperandError, match="label"):
        Value(1.0).named(label)
