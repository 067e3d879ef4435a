"""Every test here runs on each machine that works on this computer."""

import importlib.util

import pytest

MACHINES = ["python"] + (["llvm"] if importlib.util.find_spec("llvmlite") else [])


@pytest.fixture(params=MACHINES)
def machine(request, monkeypatch):
    monkeypatch.setenv("AUTODIFF_MACHINE", request.param)
    return request.param


@pytest.fixture
def np():
    return pytest.importorskip("numpy")
