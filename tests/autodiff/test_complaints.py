"""What errors say, and who counts as the engine when they look for the user's line."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

import autodiff
import nn
from autodiff import NonFiniteError, Value, strict
from autodiff.complaints import is_inside


def test_the_engine_and_what_carries_its_mark_is_inside() -> None:
    """Nothing in the engine knows the name of the package nn."""
    assert is_inside("autodiff.value") and is_inside(nn.layers.__name__) and is_inside("nn")
    assert not any(map(is_inside, ("__main__", "tests.autodiff", "math", "absent.package", "")))


@pytest.mark.parametrize("marked", [False, True])
def test_messages_name_the_first_line_outside(
    marked: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A package of layers by somebody else sets the mark, and its users read their own lines."""
    source = f"__autodiff_inside__ = {marked}\n\n\ndef layer(x):\n    return x * x\n"
    (tmp_path / "my_layers.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    layers = import_module("my_layers")
    with strict(), pytest.raises(NonFiniteError) as caught:
        layers.layer(Value(1e200, "x"))
    del sys.modules["my_layers"]
    assert ("my_layers.py" in str(caught.value)) is not marked
    assert ("test_complaints.py" in str(caught.value)) is marked


def test_where_in_the_line_that_asks_is_explained() -> None:
    """Both branches are computed before `where` is called: the message says so to whom it fits."""
    x = Value(-1.0, "x")
    with pytest.raises(autodiff.DomainError, match="both branches of where"):
        autodiff.where(x > 0, autodiff.log(x), 0.0)
