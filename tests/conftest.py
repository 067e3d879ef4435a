"""Settings of the whole suite."""

import gc
from importlib.util import find_spec

import pytest
from hypothesis import settings

# Reproducible and without time limits by default; --hypothesis-profile=deep to search.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("ci")

# The tests of the command line open terminals as Unix has them.
collect_ignore = [] if find_spec("termios") else ["autodiff/test_main.py"]

#: modules and pages whose examples need an extra
NEEDS = {
    "autodiff.parameters": "numpy",
    "autodiff.program.arrays": "numpy",
    "autodiff/program/README.md::README": "llvmlite",
    "nn.pictures.plots": "matplotlib",
}


def pytest_collection_finish() -> None:
    """All that is imported and collected stays: no collection has to walk through it again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip examples that need what is not installed."""
    for item in items:
        names = [name.rpartition(".")[0] for name in (item.name, item.nodeid)]
        needed = next((NEEDS[name] for name in names if name in NEEDS), None)
        if needed is not None and find_spec(needed) is None:
            item.add_marker(pytest.mark.skip(reason=f"{needed} is not installed"))
