"""Damaged state files at every byte, and arguments of jit that nobody should pass."""

from __future__ import annotations

import json
import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import autodiff as ad
import nn
from autodiff import Value

STATE = {"w": [0.5, -1.25e-300, math.inf], "name": "run", "n": 3, "on": True, "none": None}


def read(path: Path, data: bytes) -> Any:
    """What load makes of a file with this content; None where it refuses."""
    path.write_bytes(data)
    try:
        return nn.load(path)
    except nn.StateError:
        return None


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    nn.save(STATE, path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # the last byte is the end of the line
        assert read(path, whole[:length]) is None, length
    assert read(path, whole) == STATE


@pytest.mark.parametrize("seed", range(3))
def test_a_file_damaged_at_any_byte_is_refused_or_says_the_same(tmp_path: Path, seed: int) -> None:
    """Spaces between tokens may change; a number, a name or their order may not."""
    path, rng = tmp_path / "state.json", random.Random(seed)
    nn.save(STATE, path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        byte = whole[place] ^ (1 << rng.randrange(8)) if seed else rng.randrange(256)
        assert read(path, whole[:place] + bytes([byte]) + whole[place + 1 :]) in (None, STATE)


@pytest.mark.parametrize(
    "text",
    ["null", "0", '""', "[]", "{}", "NaN", "[" * 5000, '{"a":' * 5000, "1" * 5000, '"\\ud800"',
     '{"format": "scalar-autodiff state"}', '{"format": "scalar-autodiff state", "version": 1}',
     '{"format": "scalar-autodiff state", "version": 1, "sha256": 1, "state": 1e999}',
     '{"format": "scalar-autodiff state", "version": true, "state": 1}', "\ufeff{}", "{} {}"],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_foreign_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    assert read(path, text.encode("utf-8", "surrogatepass")) is None


@pytest.mark.parametrize("wrong", [None, "1", True, [1.0], {}, 10**400, 1j, Value(1.0)], ids=repr)
def test_states_with_wrong_entries_change_nothing(wrong: Any) -> None:
    model = nn.MLP(1, [1], seed=0)
    before = model.state_dict()
    for name in before:
        with pytest.raises(nn.StateError):
            model.load_state_dict(before | {name: wrong})
    assert model.state_dict() == before


def _mutations(rng: random.Random, item: Any) -> Any:
    """A state in which one thing, somewhere, is something else."""
    odd = [None, -1, 1.5, "x", [], {}, True, 10**400, math.nan, [1.0] * 99]
    if isinstance(item, dict) and item and rng.random() < 0.8:
        key = rng.choice(sorted(item))
        return item | {key: _mutations(rng, item[key])}
    if isinstance(item, list) and item and rng.random() < 0.5:
        place = rng.randrange(len(item))
        return [*item[:place], _mutations(rng, item[place]), *item[place + 1 :]]
    return rng.choice(odd)


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop])
def test_states_of_optimizers_are_loaded_whole_or_not_at_all(kind: Any) -> None:
    rng = random.Random(kind.__name__)
    parameters = [Value(0.5), Value(-1.0)]
    optimizer = kind(parameters, lr=0.1)
    for _ in range(300):
        before = json.dumps(optimizer.state_dict())
        state = _mutations(rng, optimizer.state_dict())
        try:
            optimizer.load_state_dict(state)
        except nn.StateError:
            assert json.dumps(optimizer.state_dict()) == before
        else:
            optimizer.load_state_dict(json.loads(before))
        parameters[0].grad = 1.0
        optimizer.step()


# ---- jit -------------------------------------------------------------------------------------


class Odd:
    """Neither a number nor a container."""


@ad.jit
def first_of(x: Any, other: Any = None) -> Any:
    return x * 2.0


ODD_ARGUMENTS = [
    None, "text", b"bytes", True, 1j, ..., Odd(), Odd, len, float("nan"), math.inf, -0.0, 10**300,
    Fraction(1, 3), range(3), frozenset({1}), [], {}, (), [[]], [1.0, [2.0, {"a": 3.0}]], [None],
    {"k": "v"}, {1: 2.0}, [Odd()], slice(1), lambda: 0,
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_ARGUMENTS, ids=lambda odd: type(odd).__name__)
def test_odd_arguments_beside_a_number(odd: Any) -> None:
    """They select a trace, or are refused by name; the number comes out right either way."""
    for number in (3.0, -1.0):
        try:
            found = first_of(number, odd)
        except (TypeError, ad.AutodiffError):
            continue
        assert found.data == 2.0 * number


@pytest.mark.parametrize("odd", ODD_ARGUMENTS, ids=lambda odd: type(odd).__name__)
def test_odd_arguments_behave_as_without_jit(odd: Any) -> None:
    def outcome(function: Any) -> Any:
        try:
            result = function(odd)
        except (TypeError, ValueError, AttributeError, ad.AutodiffError) as error:
            return isinstance(error, TypeError)
        return repr(getattr(result, "data", result))

    def double(x: Any) -> Any:
        return x * 2.0

    assert outcome(ad.jit(double)) == outcome(double)


def test_an_argument_that_contains_itself() -> None:
    loop: list[Any] = [1.0]
    loop.append(loop)
    with pytest.raises((RecursionError, ValueError, TypeError)):
        first_of(1.0, loop)
    assert first_of(2.0).data == 4.0


@pytest.mark.filterwarnings("ignore::autodiff.program.jit.JitWarning")
def test_many_structures_do_not_pile_up() -> None:
    f = ad.jit(lambda xs: ad.sum(xs) if xs else 0.0)
    for length in range(100):
        f([1.0] * length)
    assert len(f._variants) <= 64
