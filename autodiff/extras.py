"""Optional packages: imported where they are first used, with advice where they are missing."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType

from .errors import MissingExtraError

_NAME = "scalar-autodiff"
#: What every installation brings: no extra has them.
_PLAIN = ("graphviz", "tqdm")


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which command brings it.

    >>> require("math", "plot").pi > 3
    True
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        if error.name is not None and error.name.split(".")[0] != package:
            raise
        raise MissingExtraError(
            f"{package} is not installed; install it with: {command(package, extra)}"
        ) from error


def check_companion(folder: str, name: str, begins: str) -> None:
    """Warn where another distribution has written its files over a package of this one.

    `pip install nn` does so without a word, and then `nn.MLP` is missing.
    """
    try:
        with open(f"{folder}/{name}/__init__.py", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib costs import time
            found = file.read(len(begins))
    except OSError:  # not there at all: an import says so
        return
    if found != begins:
        warnings.warn(
            f"the package {name!r} in {folder} is not the one that came with autodiff: another "
            f"distribution has the same name. Uninstall that one (python -m pip uninstall {name}), "
            "then install this again",
            stacklevel=3,
        )


def command(package: str, extra: str) -> str:
    """The command that installs a missing package into this installation."""
    if package in _PLAIN:
        return f"python -m pip install {package}"
    return f'python -m pip install {_source(extra)}"'


def _source(extra: str) -> str:
    """What pip is to install again, with the extra: from where it came the first time."""
    import json  # here, and not for every `import autodiff`
    from importlib import metadata
    from pathlib import Path
    from urllib.parse import unquote, urlsplit

    try:
        origin = metadata.distribution(_NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:  # run from its sources
        return f'"{Path(__file__).parents[1]}[{extra}]'
    if origin is None:  # from an index
        return f'"{_NAME}[{extra}]'
    told = json.loads(origin)
    address = urlsplit(told["url"])
    if address.scheme != "file":
        kind = told.get("vcs_info", {}).get("vcs")
        return f'"{_NAME}[{extra}] @ {f"{kind}+" if kind else ""}{told["url"]}'
    editable = "-e " if told.get("dir_info", {}).get("editable") else ""
    return f'{editable}"{unquote(address.path)}[{extra}]'
