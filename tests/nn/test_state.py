"""States as files: every bit survives, and a bad file changes nothing."""

import json
import math
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from nn.files import state as files

HARD = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]


def _bits(number):
    return struct.pack(">d", number)


def _from_bits(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64)))
def test_floats_keep_their_bits(numbers):
    again = files._decode(json.loads(json.dumps(files._encode(numbers, "state"), allow_nan=False)))
    assert list(map(_bits, again)) == list(map(_bits, numbers))


def test_a_model_keeps_its_bits(tmp_path):
    model = nn.MLP(len(HARD), [1], bias=False, seed=0)
    odd_nan = _from_bits("fff8000000000001")
    nn.vector_to_parameters([*HARD[:-1], odd_nan], model.parameters())
    model.save(tmp_path / "model.json")
    with pytest.warns(UserWarning, match=r"1 numbers .* are nan, such as layers.0.neurons.0.weig"):
        twin = nn.MLP(len(HARD), [1], bias=False, seed=1).load(tmp_path / "model.json")
    assert [_bits(p.data) for p in twin.parameters()] == [_bits(p.data) for p in model.parameters()]


def test_nested_states(tmp_path):
    state = {"epoch": 3, "loss": [0.5, math.inf], "name": "run", "done": False, "none": None}
    nn.save(state, str(tmp_path / "run.json"))
    assert nn.load(tmp_path / "run.json") == state
    text = (tmp_path / "run.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    nn.save({"a": 1.0}, path)
    old = path.read_bytes()

    def fail(handle):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        nn.save({"a": 2.0}, path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_read_back_is_refused_before_the_file_is_touched(tmp_path):
    path = tmp_path / "model.json"
    for wrong in ({1: 2.0}, {"a": {1, 2}}, {"a": object()}, {"a": {"float": "inf"}}):
        with pytest.raises(nn.StateError, match="state"):
            nn.save(wrong, path)
    assert not path.exists()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    nn.save([1.0], tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert nn.load(tmp_path / "real.json") == [1.0]


def _truncated(text):
    return text[: len(text) // 2]


def _one_digit_changed(text):
    return text.replace("0.5", "0.6")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_truncated, "damaged or no state file"),
        (_one_digit_changed, "does not agree with|do not agree with"),
        (lambda text: "", "damaged or no state file"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "version 2"),
        (lambda text: '{"weights": [1.0]}', "is no state file"),
        (lambda text: "[1, 2]", "is no state file"),
        (lambda text: "\x80" + text, "damaged or no state file"),
        (lambda text: "[" * 100_000, "damaged or no state file"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_and_changes_nothing(tmp_path, damage, message):
    path = tmp_path / "model.json"
    model = nn.MLP(1, [1], seed=0)
    nn.vector_to_parameters([0.5, 0.25], model.parameters())
    model.save(path)
    path.write_text(damage(path.read_text()), encoding="latin-1")
    before = model.state_dict()
    with pytest.raises(nn.StateError, match=message):
        model.load(path)
    assert model.state_dict() == before


def test_a_state_of_another_model_is_refused(tmp_path):
    nn.MLP(1, [2], seed=0).save(tmp_path / "wide.json")
    with pytest.raises(nn.StateError, match=r"unexpected: layers.0.neurons.1.weight.0, "):
        nn.MLP(1, [1], seed=0).load(tmp_path / "wide.json")


def test_long_lists_are_cut_short():
    with pytest.raises(nn.StateError, match="and 325 more") as caught:
        nn.MLP(2, [16, 16, 1]).load_state_dict({})
    assert len(str(caught.value)) < 600
