"""The benchmarks still run, and the engines that they compare agree. Nothing is timed here."""

from __future__ import annotations

import json

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.gpt_model import NOTEBOOK, TaggedCells, flat, notebook, start
from benchmarks.moons_data import moons
from benchmarks.peers import load
from benchmarks.report import table
from benchmarks.rows import WORKLOADS, Disagreement, Options, Row, agree
from benchmarks.workloads.chain import CHAINS, gradient
from benchmarks.workloads.moons import gradients
from benchmarks.workloads.rosenbrock import evaluation, exact_gradient

PEERS = [
    "autodiff",
    "tuples",
    pytest.param("micrograd", marks=pytest.mark.extras),
    pytest.param("torch", marks=pytest.mark.extras),
]


@pytest.fixture(autouse=True)
def what_the_suite_has_frozen_stays(monkeypatch) -> None:
    """Else each collection of this and of all later tests walks through the whole suite."""
    monkeypatch.setattr("gc.unfreeze", lambda: None)


def engine(name: str):
    pytest.importorskip({"tuples": "benchmarks", "autodiff": "autodiff"}.get(name, name))
    return load(name)


def test_the_moons_task_has_the_size_that_is_reported() -> None:
    data = moons()
    assert data.operations == 65_077
    assert len(data.parameters) == 337
    assert moons() == data


@pytest.mark.parametrize("name", PEERS)
def test_engines_have_the_same_gradients(name: str) -> None:
    numbers, reference = engine(name), load("tuples")
    data = moons(8, (2, 4, 1))
    agree(name, gradients(numbers, data), gradients(reference, data))
    start = [0.5, -0.25, 1.5, 2.0]
    leaves = evaluation(numbers, start)()[1]
    agree(name, [numbers.gradient(leaf) for leaf in leaves], exact_gradient(start))
    for kind in CHAINS:
        if kind == "arithmetic" or "sin" in numbers.functions:
            agree(name, gradient(kind, numbers, 100), gradient(kind, reference, 100))


def test_a_disagreement_is_an_error() -> None:
    assert agree("same", [1.0, 2.0], [1.0, 2.0]) == 0.0
    for wrong in ([1.0, 2.1], [1.0, float("nan")]):
        with pytest.raises(Disagreement, match="wrong: gradients differ"):
            agree("wrong", wrong, [1.0, 2.0])


def test_every_eager_workload_runs_and_is_reported(tmp_path, capsys) -> None:
    report = tmp_path / "report.json"
    engines = [f"--engine={name}" for name in ("autodiff", "tuples", "floats")]
    assert benchmarks.main(["eager", "--quick", *engines, f"--json={report}"]) == 0
    written = json.loads(report.read_text(encoding="utf-8"))
    tables = {row["table"] for row in written["rows"]}
    printed = capsys.readouterr().out
    assert all(title in printed for title in tables)
    for word in ("moons", "rosenbrock", "chain of functions", "chain of arithmetic"):
        assert any(word in title for title in tables)
    assert written["environment"]["python"]


def test_a_missing_peer_is_reported(monkeypatch) -> None:
    def absent(name: str):
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr("benchmarks.peers.load", absent)
    rows = list(WORKLOADS["rosenbrock"].run(Options(runs=1, quick=True, engines=("torch",))))
    assert [row.note for row in rows] == ["missing: No module named 'torch'"]
    assert "missing" in table(rows)


def test_the_table_compares_with_the_baseline() -> None:
    rows = [Row("t", "ours", "", 2.0, baseline=True), Row("t", "theirs", "slow", 5.0, spread=0.1)]
    assert "2.5x" in table(rows)


def test_the_gpt_is_that_of_the_notebook() -> None:
    """Its cells alone are imported: none that draws, trains or reads a file."""
    source = TaggedCells(NOTEBOOK, "model").get_data(str(NOTEBOOK)).decode()
    assert "matplotlib" not in source
    assert len(flat(start())) == 4192
    assert start() == start(42) != start(1)
    line = notebook.loss_of.__code__.co_firstlineno
    assert NOTEBOOK.read_text(encoding="utf-8").splitlines()[line - 1].startswith("def loss_of")


def test_training_and_batches_run_and_are_reported(tmp_path, capsys) -> None:
    pytest.importorskip("numpy", reason="needs the extra jit")
    report = tmp_path / "report.json"
    command = ["moons_batch", "gpt_training", "--quick", "--engine=numpy", f"--json={report}"]
    assert benchmarks.main(command) == 0
    printed = capsys.readouterr().out
    for word in ("first call", "by hand", "steps 1 to 2", "held-out", "temperature", "of 1 are"):
        assert word in printed


def test_an_unknown_workload_is_an_error(capsys) -> None:
    assert benchmarks.main(["mooons"]) == 2
    assert "no workload mooons" in capsys.readouterr().err
