"""Optional packages: imported where they are first used, with advice where they are missing."""

from __future__ import annotations

import importlib
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
